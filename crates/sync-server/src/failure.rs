//! What a command answers when it could not do what it was asked.

use std::fmt;
use std::io;

use records::Gap;
use serde_json::{Value, json};
use signed::{Code, code};

use crate::error::ServerError;

/// A refusal or failure as the command line shows it: a permanent code, a sentence, and gaps where
/// something is missing. It holds no word of any record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The permanent code.
    pub code: Code,
    /// A sentence for the operator.
    pub message: String,
    /// What is missing, each with where.
    pub gaps: Vec<Gap>,
}

impl Failure {
    /// A refusal without gaps.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), gaps: Vec::new() }
    }

    /// A failure of the file system or the network. Only the kind of the error is said, since a
    /// path may hold a name.
    #[must_use]
    pub fn io(what: &str, error: &io::Error) -> Self {
        Self::new(code::A_IO, format!("{what}: {}", error.kind()))
    }

    /// What stands under `"error"`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let gaps: Vec<Value> = self.gaps.iter().map(Gap::to_json).collect();
        json!({
            "code": self.code.name,
            "number": self.code.number,
            "class": self.code.class.as_str(),
            "message": self.message,
            "gaps": gaps,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)?;
        self.gaps.iter().try_for_each(|gap| write!(f, "\n  {}: {} ({})", gap.path, gap.message, gap.code))
    }
}

impl std::error::Error for Failure {}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self { code: error.code, message: error.detail.to_owned(), gaps: error.gaps }
    }
}
