//! `report`: a table for people, rows for machines, and a chart where a picture says it faster.

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use serde_json::Value;
use signed::{Timestamp, code};

use super::clock::open;
use super::print::Answer;
use crate::core::ReportKind;
use crate::failure::Failure;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// How long urgent records took, to whom, and the worst
    Delivery,
    /// What each officer carries, weighted by hours
    Workload,
    /// What was told and is not done
    Overdue,
    /// Completeness of ethnicity, by capacity, role and outcome
    Completeness,
    /// Who came to meetings
    Attendance,
    /// School hours lost
    Abstraction,
    /// Claims that nothing shows
    Claims,
}

impl Kind {
    fn core(self) -> ReportKind {
        match self {
            Self::Delivery => ReportKind::Delivery,
            Self::Workload => ReportKind::Workload,
            Self::Overdue => ReportKind::Overdue,
            Self::Completeness => ReportKind::Completeness,
            Self::Attendance => ReportKind::Attendance,
            Self::Abstraction => ReportKind::Abstraction,
            Self::Claims => ReportKind::Claims,
        }
    }

    /// What a chart shows of it: the label and the number.
    fn bars(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Delivery => Some(("org", "p95_s")),
            Self::Workload => Some(("officer", "load")),
            Self::Overdue | Self::Completeness | Self::Attendance | Self::Abstraction | Self::Claims => None,
        }
    }
}

/// `report`.
pub(super) fn report(dir: &Path, kind: Kind, svg: Option<&Path>, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    let rows = core.report(kind.core())?;
    if let Some(to) = svg {
        let Some((label, number)) = kind.bars() else {
            return Err(Failure::new(code::I_USAGE, "there is a chart of delivery and of workload"));
        };
        std::fs::write(to, chart(&rows, label, number))
            .map_err(|error| Failure::io("the chart cannot be written there", &error))?;
    }
    let mut heading: Vec<String> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !heading.contains(name) {
            heading.push(name.clone());
        }
    }
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::from("-"),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let cells = rows.iter().map(|row| heading.iter().map(|name| cell(row.get(name))).collect()).collect();
    let names: Vec<&str> = heading.iter().map(String::as_str).collect();
    Ok(Answer::table(Value::Array(rows.clone()), &names, cells))
}

/// Bars as SVG: a label, a bar, its number.
fn chart(rows: &[Value], label: &str, number: &str) -> String {
    let bars: Vec<(String, f64)> = rows
        .iter()
        .filter_map(|row| Some((row.get(label)?.as_str()?.to_owned(), row.get(number)?.as_f64()?)))
        .collect();
    let most = bars.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let height = 40 + bars.len() * 28;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"14\">\n<text x=\"10\" y=\"22\">{number} by {label}</text>\n"
    );
    for (at, (name, value)) in bars.iter().enumerate() {
        let y = 40 + at * 28;
        let width = 440.0 * value / most;
        let _ = writeln!(
            svg,
            "<text x=\"10\" y=\"{}\">{}</text><rect x=\"200\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" \
             fill=\"#336699\"/><text x=\"{:.1}\" y=\"{}\">{value}</text>",
            y + 14,
            plain(name),
            205.0 + width,
            y + 14
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// A label within XML.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
