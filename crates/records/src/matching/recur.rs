//! R14: concerns about a child or household that add up.

use std::collections::BTreeMap;

use signed::{RecordId, Timestamp};

use crate::policy::Policy;

/// What several concerns within the window ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recurrence {
    /// Those within the window, each once, the earliest first.
    pub within: Vec<RecordId>,
    /// The latest of them: a review is due one working day after it.
    pub latest: Option<Timestamp>,
    /// Whether a sergeant is to review them as one: two or more, unless the policy says otherwise.
    pub review_due: bool,
    /// Whether a strategy discussion is proposed: three or more, unless the policy says otherwise.
    pub strategy_proposed: bool,
}

/// What these concerns ask for now. A concern is within the window for the time the policy gives from when it was
/// recorded; one from a clock that is ahead is within it too.
#[must_use]
pub fn recurrence(concerns: &[(RecordId, Timestamp)], now: Timestamp, policy: &Policy) -> Recurrence {
    let since = now.plus_millis(policy.recurrence_ms.saturating_neg());
    let mut each: BTreeMap<RecordId, Timestamp> = BTreeMap::new();
    for (record, at) in concerns.iter().filter(|(_, at)| *at > since) {
        let first = each.entry(*record).or_insert(*at);
        *first = (*first).min(*at);
    }
    let mut within: Vec<(Timestamp, RecordId)> = each.into_iter().map(|(record, at)| (at, record)).collect();
    within.sort_unstable();
    Recurrence {
        latest: within.last().map(|(at, _)| *at),
        review_due: within.len() >= policy.recurrence_review,
        strategy_proposed: within.len() >= policy.recurrence_strategy,
        within: within.into_iter().map(|(_, record)| record).collect(),
    }
}
