//! What a command prints.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::failure::Failure;

/// What a command answers: as one JSON value, and as lines for a person.
#[derive(Debug)]
pub(super) struct Answer {
    /// With `--json`.
    pub(super) value: Value,
    /// Without.
    pub(super) lines: Vec<String>,
    /// Whether the command's answer is a bad one: exit status 1.
    pub(super) failed: bool,
}

impl Answer {
    /// A good answer.
    pub(super) fn new(value: Value, lines: Vec<String>) -> Self {
        Self { value, lines, failed: false }
    }

    /// Rows as a table under a heading.
    pub(super) fn table(value: Value, heading: &[&str], rows: Vec<Vec<String>>) -> Self {
        let mut widths: Vec<usize> = heading.iter().map(|word| word.chars().count()).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let heading: Vec<String> = heading.iter().map(|word| (*word).to_owned()).collect();
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        };
        Self::new(value, std::iter::once(&heading).chain(&rows).map(line).collect())
    }
}

/// Prints an answer on stdout.
pub(super) fn answer(answer: &Answer, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", answer.value)?;
    } else {
        for line in &answer.lines {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}

/// Prints a failure: as JSON on stdout, or as a sentence on stderr.
pub(super) fn failure(failure: &Failure, json: bool) {
    // Where neither can be written the exit status still tells.
    if json {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{}", json!({"error": failure.to_json()})).and_then(|()| out.flush());
    } else {
        note(&failure.to_string());
    }
}

/// Says something beside the answer, on stderr.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "sync-server: {text}");
}
