//! What oversight asks for: chronologies, and bundles that prove themselves.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use signed::{RecordId, code};

use super::read;
#[cfg(feature = "schema")]
use crate::api::answer::{Hash, Id};
use crate::api::timeline::Of;
use crate::bundle;
use crate::error::{FieldError, Result};

/// The chronology of a case or of a person: exactly one of the two.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Everything that names this person, and the person's own record.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub person: Option<RecordId>,
    /// Every record of this case.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub case: Option<RecordId>,
}

/// A bundle is written: of exactly one case or record, or of what this device has not sent yet.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// A whole case.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub case: Option<RecordId>,
    /// One record.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub record: Option<RecordId>,
    /// `true`: everything that waits to be sent, sealed for the server, for another device to carry. Nothing but
    /// `to` stands beside it.
    pub unsent: Option<bool>,
    /// The file; what was there is replaced.
    pub to: String,
    /// What it is made for, as it is to stand in the log.
    pub purpose: Option<String>,
    /// Who will have it, as it is to stand in the log.
    pub to_whom: Option<String>,
    /// With what the vault holds of a reporter: for holders of the vault alone.
    pub with_reporter: Option<bool>,
}

/// What an export is of.
#[derive(Clone, PartialEq, Eq)]
pub enum Exporting {
    /// A bundle that proves itself.
    Bundle(bundle::Export),
    /// Everything unsent, into this file, for another device to carry.
    Unsent(PathBuf),
}

/// A relay bundle is taken in.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The file.
    pub path: String,
}

/// A bundle is checked.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyBundle {
    /// The file.
    pub path: String,
    /// Only server keys of these pins count: SHA-256 in lower-case hex, as the force publishes them.
    #[serde(default, deserialize_with = "read::hashes")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<Hash>>"))]
    pub pins: Option<Vec<[u8; 32]>>,
}

impl Timeline {
    /// What it is of: `I.value` unless exactly one is named.
    pub fn of(&self) -> Result<Of> {
        match (self.person, self.case) {
            (Some(person), None) => Ok(Of::Person(person)),
            (None, Some(case)) => Ok(Of::Case(case)),
            (Some(_), Some(_)) | (None, None) => Err(one_of("a person or a case")),
        }
    }
}

impl From<VerifyBundle> for (PathBuf, Vec<[u8; 32]>) {
    fn from(request: VerifyBundle) -> Self {
        (PathBuf::from(request.path), request.pins.unwrap_or_default())
    }
}

impl Export {
    /// What is asked for: `I.value` unless exactly one is named.
    pub fn export(self) -> Result<Exporting> {
        let to = PathBuf::from(self.to);
        let what = match (self.case, self.record, self.unsent.unwrap_or_default()) {
            (Some(case), None, false) => bundle::What::Case(case),
            (None, Some(record), false) => bundle::What::Record(record),
            (None, None, true) if self.purpose.is_none() && self.to_whom.is_none() && self.with_reporter.is_none() => {
                return Ok(Exporting::Unsent(to));
            }
            (None, None, true) => {
                let message = "what is unsent is sealed for the server: it takes no purpose and nobody's name";
                return Err(FieldError::new(code::I_VALUE, message));
            }
            (Some(_), _, _) | (None, _, _) => return Err(one_of("a case, a record or what is unsent")),
        };
        Ok(Exporting::Bundle(bundle::Export {
            what,
            to,
            purpose: self.purpose,
            to_whom: self.to_whom,
            with_reporter: self.with_reporter.unwrap_or_default(),
        }))
    }
}

fn one_of(names: &str) -> FieldError {
    FieldError::new(code::I_VALUE, format!("this request names {names}, and one alone"))
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timeline")
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Export")
    }
}

impl fmt::Debug for Exporting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporting")
    }
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Import")
    }
}

impl fmt::Debug for VerifyBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyBundle")
    }
}
