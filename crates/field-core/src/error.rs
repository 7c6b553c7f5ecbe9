//! What goes wrong, as an app sees it: one code, one class, one sentence, and the gaps.

use std::fmt;

use documents::Refusal;
use documents::statement::signer_code;
use records::Gap;
use serde_json::Value as Json;
use signed::{Code, SignerError, code};

use crate::api::answer::{self, Failure};

/// A refusal or failure. Neither its message nor its gaps hold a word of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The permanent code; its class says what a caller can do.
    pub code: Code,
    /// A sentence for a person.
    pub message: String,
    /// Everything that stands in the way, by code and path.
    pub gaps: Vec<Gap>,
}

/// What every call of this crate answers.
pub type Result<T> = std::result::Result<T, FieldError>;

impl FieldError {
    /// A failure with a sentence for a person.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), gaps: Vec::new() }
    }

    /// A refusal whose reasons are gaps: the first gives the code.
    #[must_use]
    pub fn of_gaps(gaps: Vec<Gap>) -> Self {
        match gaps.first() {
            Some(first) => Self { code: first.code, message: first.message.clone(), gaps },
            None => Self::new(code::I_VALUE, "refused"),
        }
    }

    /// Whether only the device's key stood in the way.
    pub(crate) fn is_of_the_signer(&self) -> bool {
        [code::D_KEY_LOCKED, code::D_SIGNER, code::D_SIGNER_TIMEOUT].contains(&self.code)
    }

    /// The contract's `{"error":{..}}`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let error = Failure {
            code: self.code.into(),
            class: self.code.into(),
            number: self.code.number,
            message: self.message.clone(),
            gaps: answer::Gap::list(&self.gaps),
        };
        answer::json(&answer::Refusal { error })
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for FieldError {}

impl From<Gap> for FieldError {
    fn from(gap: Gap) -> Self {
        Self::of_gaps(vec![gap])
    }
}

impl From<Vec<Gap>> for FieldError {
    fn from(gaps: Vec<Gap>) -> Self {
        Self::of_gaps(gaps)
    }
}

impl From<records::Refused> for FieldError {
    fn from(refused: records::Refused) -> Self {
        let message = refused.gaps.first().map_or_else(|| String::from("refused"), |gap| gap.message.clone());
        Self { code: refused.code, message, gaps: refused.gaps }
    }
}

impl From<Refusal> for FieldError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.detail)
    }
}

impl From<SignerError> for FieldError {
    fn from(error: SignerError) -> Self {
        Self::new(signer_code(error), error.to_string())
    }
}

impl From<wire::WireError> for FieldError {
    fn from(error: wire::WireError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// SQLite's own messages can quote what a statement held: only its number goes on.
impl From<rusqlite::Error> for FieldError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        let Some(failure) = error.sqlite_error() else {
            return Self::new(code::STORE_DAMAGED, "a row of the store is not what was written");
        };
        let full = failure.code == C::DiskFull;
        let (code, message) = if full {
            (code::STORE_FULL, "the disk is full; nothing of this was written")
        } else if matches!(failure.code, C::DatabaseCorrupt | C::NotADatabase) {
            (code::STORE_DAMAGED, "the store on disk is damaged")
        } else if matches!(failure.code, C::DatabaseBusy | C::DatabaseLocked) {
            (code::STORE_IN_USE, "the store is in use")
        } else {
            let number = failure.extended_code;
            return Self::new(code::STORE_IO, format!("the store could not be read or written (SQLite {number})"));
        };
        Self::new(code, message)
    }
}

impl From<std::io::Error> for FieldError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let kind = error.kind();
        if matches!(kind, K::StorageFull | K::QuotaExceeded | K::FileTooLarge) {
            return Self::new(code::STORE_FULL, "the disk is full; nothing of this was written");
        }
        Self::new(code::STORE_IO, format!("the store's folder: {kind}"))
    }
}

/// A row of our own store that does not read back.
pub(crate) fn damaged(what: &'static str) -> FieldError {
    FieldError::new(code::STORE_DAMAGED, what)
}
