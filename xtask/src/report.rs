//! What was run, how it went, and what was left out and why.

use std::time::{Duration, Instant};

/// How one part went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ran and holds.
    Passed,
    /// It ran and does not hold, or could not be built.
    Failed(String),
    /// It did not run here.
    LeftOut(String),
}

/// One part of a run.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    name: String,
    outcome: Outcome,
    took: Duration,
}

/// The parts of a run, in order.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Vec<Part>,
}

impl Report {
    /// Runs one part, with a heading above its output.
    pub(crate) fn run(&mut self, name: &str, part: impl FnOnce() -> Result<(), String>) {
        println!("\n== {name}");
        let begun = Instant::now();
        let outcome = match part() {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        };
        self.parts.push(Part { name: name.into(), outcome, took: begun.elapsed() });
    }

    /// Notes a part that does not run here.
    pub(crate) fn leave_out(&mut self, name: &str, why: String) {
        self.parts.push(Part { name: name.into(), outcome: Outcome::LeftOut(why), took: Duration::ZERO });
    }

    /// How many parts failed.
    pub(crate) fn failed(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part.outcome, Outcome::Failed(_))).count()
    }

    /// How many parts did not run.
    pub(crate) fn left_out(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part.outcome, Outcome::LeftOut(_))).count()
    }

    /// One line a part.
    pub(crate) fn lines(&self) -> Vec<String> {
        let width = self.parts.iter().map(|part| part.name.len()).max().unwrap_or(0);
        let line = |part: &Part| match &part.outcome {
            Outcome::Passed => format!("{:width$}  passed    {:.1} s", part.name, part.took.as_secs_f64()),
            Outcome::Failed(why) => format!("{:width$}  FAILED    {:.1} s  {why}", part.name, part.took.as_secs_f64()),
            Outcome::LeftOut(why) => format!("{:width$}  left out  {why}", part.name),
        };
        self.parts.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_failed_and_what_was_left_out_and_why() {
        let mut report = Report::default();
        report.run("one", || Ok(()));
        report.run("second", || Err("it rained".into()));
        report.leave_out("third", "no umbrella".into());
        assert_eq!((report.failed(), report.left_out()), (1, 1));
        let lines = report.lines();
        assert!(lines[0].starts_with("one     passed"));
        assert!(lines[1].contains("FAILED") && lines[1].ends_with("it rained"));
        assert!(lines[2].ends_with("left out  no umbrella"));
    }
}
