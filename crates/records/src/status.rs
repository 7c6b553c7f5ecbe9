//! Where a record stands: computed from its steps, never stored.

use signed::{ChangeHash, RecordId, Timestamp};

use crate::policy::Policy;

/// What another record of the case says for open: a closing step must have considered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The other record.
    pub record: RecordId,
    /// The changes by which it argues.
    pub changes: Vec<ChangeHash>,
}

/// What the reader knows beside the document.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The reader's clock.
    pub now: Timestamp,
    /// Whether the server can be asked: without it, a step that closes is a proposal.
    pub online: bool,
    /// The policy in force.
    pub policy: &'a Policy,
    /// Other records that argue for open.
    pub arguments: &'a [Argument],
    /// Whether these heads of that record stand on this change.
    pub includes: &'a dyn Fn(&RecordId, &[ChangeHash], &ChangeHash) -> bool,
    /// Who wrote a change and when, where the reader knows it better than the statements.
    pub wrote: &'a dyn Fn(&documents::Dot) -> Option<(String, Option<Timestamp>)>,
    /// Whether delivery shows that the requester has seen the outcome.
    pub outcome_seen: bool,
}

impl<'a> Context<'a> {
    /// A reader who knows the document alone.
    #[must_use]
    pub fn at(now: Timestamp) -> Context<'a> {
        Context {
            now,
            online: false,
            policy: &Policy::DEFAULT,
            arguments: &[],
            includes: &|_, heads, change| heads.contains(change),
            wrote: &|_| None,
            outcome_seen: false,
        }
    }
}
