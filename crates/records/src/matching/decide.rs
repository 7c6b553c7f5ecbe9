//! What people decided about a match, and what that raises. A function of the decisions, so that whatever a
//! confirmation raised is gone with the rejection, and nothing has to be undone.

use std::fmt;

use signed::{Timestamp, UserId};

use super::judge::PossibleMatch;

/// One decision about a match. `Debug` does not show its reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is the same.
    pub confirmed: bool,
    /// Who decided; none where it was no person. Such a decision counts for nothing.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why. Without a reason it counts for nothing.
    pub reason: String,
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decision(confirmed: {}, at: {})", self.confirmed, self.at)
    }
}

/// Where a match stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided.
    Possible,
    /// A person says it is the same.
    Confirmed,
    /// A person says it is not.
    Rejected,
}

impl State {
    /// The word in `state`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }
}

/// What a match raises as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raises {
    /// Where it stands.
    pub state: State,
    /// `immediate`, or nothing.
    pub urgency: Option<&'static str>,
    /// When the identity behind it is to be checked by: while it is possible and the other record is serious.
    pub identity_check_due: Option<Timestamp>,
    /// What it raised once and no longer does.
    pub withdrawn: Vec<Withdrawn>,
}

/// Something a match raised that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// What: `immediate`.
    pub urgency: &'static str,
    /// From when it was raised.
    pub raised_at: Timestamp,
    /// When it was taken back.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
}

/// The decisions that count, in order of time: those a person gave a reason for. At one time a confirmation comes
/// last: the more cautious stands.
#[must_use]
pub fn history(decisions: &[Decision]) -> Vec<&Decision> {
    let counts = |decision: &&Decision| decision.by.is_some() && !decision.reason.trim().is_empty();
    let mut all: Vec<&Decision> = decisions.iter().filter(counts).collect();
    all.sort_by(|one, other| (one.at, one.confirmed, &one.by).cmp(&(other.at, other.confirmed, &other.by)));
    all
}

/// Where a match stands: the last decision counts, and it can be changed.
#[must_use]
pub fn state(decisions: &[Decision]) -> State {
    match history(decisions).last() {
        Some(last) if last.confirmed => State::Confirmed,
        Some(_) => State::Rejected,
        None => State::Possible,
    }
}

/// What a match raises: immediate urgency only where a person confirmed it and a suspect in it is serious and open
/// or recent. `found_at` is when it was found, `identity_check_ms` the policy's.
#[must_use]
pub fn raises(found: &PossibleMatch, decisions: &[Decision], found_at: Timestamp, identity_check_ms: i64) -> Raises {
    let state = state(decisions);
    let mut withdrawn = Vec::new();
    let mut raised: Option<Timestamp> = None;
    for decision in history(decisions).into_iter().filter(|_| found.serious) {
        match (raised, decision.confirmed, &decision.by) {
            (None, true, _) => raised = Some(decision.at),
            (Some(raised_at), false, Some(by)) => {
                withdrawn.push(Withdrawn { urgency: "immediate", raised_at, at: decision.at, by: by.clone() });
                raised = None;
            }
            _ => {}
        }
    }
    let open = found.serious && state == State::Possible;
    Raises {
        state,
        urgency: (found.serious && state == State::Confirmed).then_some("immediate"),
        identity_check_due: open.then(|| found_at.plus_millis(identity_check_ms)),
        withdrawn,
    }
}
