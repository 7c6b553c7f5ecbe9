//! A record as a reader sees it: every field's effective value and what stands open.

use std::fmt;

use documents::View;
use serde_json::Value as Json;
use signed::{RecordId, StatementHash, Timestamp};

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::Kind;
use crate::seal::SealTimes;
use crate::status::Context;

/// A record as a reader sees it.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// Every field's effective value: W, A, M, C, L and S together.
    pub body: Json,
    /// Where it stands.
    pub status: String,
    /// A step that waits for the server to confirm it.
    pub proposed: Option<String>,
    /// Where it would stand if what is proposed were confirmed; else as `status`.
    pub status_if_confirmed: String,
    /// Who answers for it: users, or `team:NAME`.
    pub owners: Vec<String>,
    /// The effective urgency.
    pub urgency: String,
    /// The effective due time (an action's `due`, a check's `attend_by`).
    pub due: Option<Timestamp>,
    /// A line for a list.
    pub title: String,
    /// What is open.
    pub gaps: Vec<Gap>,
    /// Registers in which more than one value stands.
    pub conflicts: Vec<Conflict>,
    /// Whether its words are sealed.
    pub sealed: bool,
    /// Whether something is still to be done.
    pub open: bool,
    /// `{text?, set?, reason, author, at}` of each addendum.
    pub addenda: Vec<Json>,
    /// Accounts of another person or device that say it differently (R10).
    pub differs: Vec<RecordId>,
    /// Milliseconds between the account's end and its recording, if over policy (R4).
    pub delay_ms: Option<i64>,
    /// R5, R11: what every reader is to see at once, such as `parent_present`.
    pub notices: Vec<String>,
}

/// A register in which more than one value stands.
#[derive(Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// The values, the present winner last.
    pub values: Vec<ConflictValue>,
}

/// One of the values.
#[derive(Clone, PartialEq)]
pub struct ConflictValue {
    /// The value.
    pub value: Json,
    /// Who wrote it.
    pub by: String,
    /// When, if known.
    pub at: Option<Timestamp>,
    /// The step that wrote it, if one did.
    pub statement: Option<StatementHash>,
}

/// What a document says, as a reader sees it.
#[must_use]
pub fn shown(_kind: &Kind, _view: &View, _ctx: &Context<'_>) -> Shown {
    Shown::empty()
}

/// A draft, as its author sees it: status `draft`, and what a seal would find missing.
#[must_use]
pub fn shown_draft(_kind: &Kind, body: &Body, _when: &SealTimes<'_>) -> Shown {
    Shown { body: Json::Object(body.0.clone()), ..Shown::empty() }
}

impl Shown {
    fn empty() -> Self {
        Self {
            body: Json::Object(serde_json::Map::new()),
            status: String::from("draft"),
            proposed: None,
            status_if_confirmed: String::from("draft"),
            owners: Vec::new(),
            urgency: String::from("standard"),
            due: None,
            title: String::new(),
            gaps: Vec::new(),
            conflicts: Vec::new(),
            sealed: false,
            open: true,
            addenda: Vec::new(),
            differs: Vec::new(),
            delay_ms: None,
            notices: Vec::new(),
        }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shown({}, {} gaps, {} conflicts)", self.status, self.gaps.len(), self.conflicts.len())
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conflict({}, {} values)", self.path, self.values.len())
    }
}

impl fmt::Debug for ConflictValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "value by {}", self.by)
    }
}
