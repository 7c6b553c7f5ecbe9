//! What a verb writes, or why it is refused.

use std::fmt;

use documents::View;
use serde_json::Value as Json;
use signed::cbor::Map;
use signed::{Code, UserId, code};

use crate::access::Role;
use crate::body::NewRecord;
use crate::gap::Gap;
use crate::kind::Kind;
use crate::shown::Shown;
use crate::status::Context;
use crate::writes::Writes;

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The user.
    pub user: &'a UserId,
    /// In which role.
    pub role: Role,
}

/// A step and what is written with it, in one change.
#[derive(Clone, PartialEq, Eq)]
pub struct Plan {
    /// The step's name in the statement.
    pub step: String,
    /// Its content.
    pub content: Map,
    /// What is written beside it.
    pub writes: Writes,
    /// The register it resolves: its value is written over all that stand there.
    pub resolves: Option<String>,
    /// Whether it waits for the server to confirm it (`proposed: true` stands in the content).
    pub proposed: bool,
    /// Records to be made with it.
    pub creates: Vec<NewRecord>,
    /// What this device cannot know (`.unknown_here`): for the statement's `gaps`.
    pub gaps: Vec<Gap>,
}

/// Why a verb is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct Refused {
    /// The first gap's code.
    pub code: Code,
    /// Everything that stands in the way.
    pub gaps: Vec<Gap>,
}

/// What a verb writes. `considered` is for a closing step: other records with their heads.
pub fn plan(
    _kind: &Kind,
    _view: &View,
    _shown: &Shown,
    _actor: Actor<'_>,
    verb: &str,
    _body: Json,
    _ctx: &Context<'_>,
    _new_id: &mut dyn FnMut() -> String,
) -> Result<Plan, Refused> {
    Err(Refused { code: code::I_VERB, gaps: vec![Gap::new(code::I_VERB, verb, "not yet")] })
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plan({}, {:?})", self.step, self.writes)
    }
}
