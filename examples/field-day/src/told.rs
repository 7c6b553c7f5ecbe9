//! How the day is told: every sentence is made from the JSON answer of one device's own process.

use serde_json::{Value as Json, json};

/// Collects and prints the day.
#[derive(Debug, Default)]
pub struct Teller {
    quiet: bool,
    chapters: Vec<Json>,
}

impl Teller {
    /// Prints as it goes, unless quiet (for `--json` and tests).
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { quiet, chapters: Vec::new() }
    }

    /// A new part of the day.
    pub fn chapter(&mut self, title: &str) {
        self.line(&format!("\n{title}"));
        self.chapters.push(json!({"chapter": title, "seen": []}));
    }

    /// What a device shows, in a sentence, with the answer it was made from.
    pub fn sees(&mut self, whose: &str, sentence: &str, answer: &Json) {
        self.line(&format!("  {whose}'s screen: {sentence}"));
        let seen = self.chapters.last_mut().and_then(|chapter| chapter.get_mut("seen")).and_then(Json::as_array_mut);
        if let Some(seen) = seen {
            seen.push(json!({"device": whose, "sentence": sentence, "answer": answer}));
        }
    }

    /// The whole day.
    #[must_use]
    pub fn chapters(&self) -> &[Json] {
        &self.chapters
    }

    #[allow(clippy::print_stdout, reason = "telling the day is what this program is for")]
    fn line(&self, line: &str) {
        if !self.quiet {
            println!("{line}");
        }
    }
}

/// A text inside an answer, or a word that says it is not there.
#[must_use]
pub fn text<'a>(answer: &'a Json, path: &str) -> &'a str {
    answer.pointer(path).and_then(Json::as_str).unwrap_or("(nothing)")
}

/// Where a record stands, as a sentence.
#[must_use]
pub fn standing(answer: &Json) -> String {
    let who = match answer.get("owner") {
        Some(Json::String(owner)) => format!("with {owner}"),
        Some(Json::Array(owners)) if !owners.is_empty() => {
            let names: Vec<_> = owners.iter().filter_map(Json::as_str).collect();
            format!("with {}", names.join(" and "))
        }
        _ => "with nobody yet".into(),
    };
    format!("“{}” — {}, {who}, {}", text(answer, "/title"), text(answer, "/status"), text(answer, "/urgency"))
}

/// What has not left a device yet, as a sentence.
#[must_use]
pub fn unsent(status: &Json) -> String {
    let count = |name: &str| status.pointer(&format!("/unsent/{name}")).and_then(Json::as_u64).unwrap_or(0);
    let age = status.get("oldest_unsent_seconds").and_then(Json::as_u64).unwrap_or(0);
    let total = ["immediate", "urgent", "standard", "info"].map(count).iter().sum::<u64>();
    if total == 0 {
        return "everything has been sent".into();
    }
    format!(
        "not yet sent: {} immediate, {} urgent, {} other; the oldest has waited {age} s",
        count("immediate"),
        count("urgent"),
        count("standard") + count("info"),
    )
}
