//! What an app asks, as JSON: one struct for every request, and [`fn@parse`], which reads one without
//! trusting it.
//!
//! ```
//! use field_core::request::{self, New};
//!
//! let new: New = request::parse(br#"{"kind":"concern","body":{"exact_words":".."}}"#)?;
//! assert_eq!(new.kind, "concern");
//! # Ok::<(), field_core::FieldError>(())
//! ```

mod limits;
mod oversight;
mod parse;
mod read;
mod strict;

use std::fmt;

use crate::api::counted::SearchFor;

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};
use signed::{MediaHash, RecordId, Timestamp, code};
use wire::EnrolmentCode;

#[cfg(feature = "schema")]
use super::answer::{Hash, Id, Time};
use crate::error::{FieldError, Result};
use crate::types::ListFilter;

pub use limits::{REQUEST_BYTES_MAX, REQUEST_DEPTH_MAX};
pub use oversight::{Export, Exporting, Import, Timeline, VerifyBundle};
pub use parse::parse;

/// How a store is opened.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The store's folder; made if it is not there.
    pub path: String,
    /// Where the server is (`host:port`), kept from then on.
    pub server: Option<String>,
    /// For tests: a clock that starts here and runs.
    #[serde(default, deserialize_with = "read::time")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Time>"))]
    pub now: Option<Timestamp>,
    /// The language of the sentences meant for people, as a BCP 47 tag.
    pub locale: Option<String>,
}

/// Becoming somebody's device.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The one-time code, as it was given.
    pub code: String,
}

/// A new record.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct New {
    /// Its kind.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = kinds())))]
    pub kind: String,
    /// What it says, in the fields of its kind (`bodies/<kind>.schema.json`).
    #[serde(deserialize_with = "read::object")]
    pub body: JsonMap<String, Json>,
}

/// Working fields of a draft or a record are changed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The record.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
    /// New values by path: `a/b`, `list/<id>/x`, `list/+` to append; null takes a value away.
    #[serde(deserialize_with = "read::object")]
    pub set: JsonMap<String, Json>,
}

/// A draft is sealed: its words never change again.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The draft.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
}

/// Something is added to a sealed record.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Addendum {
    /// The record.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
    /// What is added, in words.
    pub text: Option<String>,
    /// Values for paths among the gaps of the seal.
    pub set: Option<JsonMap<String, Json>>,
    /// Why it is added now.
    pub reason: String,
}

/// A step of a record's state machine.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Do {
    /// The record.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
    /// The step.
    pub verb: String,
    /// What the step brings.
    pub body: Option<JsonMap<String, Json>>,
}

/// One record is opened and read; that is logged.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// The record.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
    /// What for, as it is to stand in the log. Of what is here as a headline it asks for the rest, where this role
    /// may open it.
    pub purpose: Option<String>,
}

/// Lines of records, newest first.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this case.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub case: Option<RecordId>,
    /// Only what is still to be done.
    pub open: Option<bool>,
    /// Only what waits for a receipt.
    pub unsent: Option<bool>,
    /// At most so many: what a screen shows.
    pub limit: Option<u32>,
    /// Only those that stand after this one: the last line of the page before.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub before: Option<RecordId>,
}

/// Full text over what this device holds.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words, or how they begin.
    pub text: String,
    /// Whether a person is searched.
    #[serde(default)]
    pub person: bool,
    /// What for, where a person is searched.
    pub purpose: Option<String>,
    /// The record a search of a person is for.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub record: Option<RecordId>,
}

impl From<Search> for SearchFor {
    fn from(search: Search) -> Self {
        let Search { text, person, purpose, record } = search;
        Self { text, person, purpose, record }
    }
}

/// Everything held, or one record, is checked against its signatures, hashes and receipts.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Only this record.
    #[serde(default, deserialize_with = "read::some_id")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    pub id: Option<RecordId>,
}

/// How the device and its store are.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Status {}

/// What is due now for this user.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Prompts {}

/// Records that may be about the same number, place or person.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Matches {}

/// Somebody has dealt with what the store refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BoxDone {
    /// Its number in `box_list`.
    pub number: u64,
}

/// What is still in the sealed box.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BoxList {}

/// A file is attached to a record or draft; given as a path or, up to what a request holds, in base64.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AttachmentAdd {
    /// The record.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
    /// Where the file lies.
    pub path: Option<String>,
    /// The file itself, in base64 with padding; not beside `path`.
    pub base64: Option<String>,
    /// What it is: `image/jpeg`.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
}

/// An attached file is decrypted into a file; fetched first where it is not on this device.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AttachmentFetch {
    /// The record.
    #[serde(deserialize_with = "read::id")]
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    pub id: RecordId,
    /// The file: the hash of its ciphertext, as `show` lists it.
    #[serde(deserialize_with = "read::media")]
    #[cfg_attr(feature = "schema", schemars(with = "Hash"))]
    pub sha256: MediaHash,
    /// Where to put it.
    pub to: String,
}

/// What the platform says of the network.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NetworkState {
    /// Whether anything can be reached at all.
    pub available: bool,
    /// Whether it costs by the byte.
    pub metered: Option<bool>,
    /// What it runs over, in the platform's word: `wifi`, `cellular`, `wired`.
    pub interface: Option<String>,
}

impl Enrol {
    /// The code, taken apart (`D.code_form` when it is none).
    pub fn code(&self) -> Result<EnrolmentCode> {
        let wrong = |_| FieldError::new(code::D_CODE_FORM, "this is not an enrolment code; copy all of it");
        self.code.parse().map_err(wrong)
    }
}

impl From<List> for ListFilter {
    fn from(list: List) -> Self {
        Self {
            kind: list.kind,
            case: list.case,
            open: list.open.unwrap_or_default(),
            unsent: list.unsent.unwrap_or_default(),
            limit: list.limit,
            before: list.before,
        }
    }
}

#[cfg(feature = "schema")]
fn kinds() -> Vec<&'static str> {
    // What the server alone makes, or a step on another record, cannot be asked for.
    let people = |kind: &&records::Kind| {
        let mut roles = records::Role::ALL.into_iter().filter(|role| *role != records::Role::Server);
        roles.any(|role| records::rights::may_begin(role, kind))
    };
    records::kinds().filter(people).map(|kind| kind.name).collect()
}

/// No request prints what it holds: most hold words of a record, and one a secret.
macro_rules! print_the_name_alone {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

print_the_name_alone!(AttachmentAdd AttachmentFetch Open Enrol New Edit Seal Addendum Do Show List Search Verify Status Prompts Matches NetworkState);
