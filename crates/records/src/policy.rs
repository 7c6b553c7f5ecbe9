//! Values a force can change. Each names its rule; the defaults are those of the requirements.

use std::borrow::Cow;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The policy in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its version, as it stands in every statement.
    pub version: u64,
    /// R4: an account written down later than this after it ended needs a reason.
    pub account_delay_max_ms: i64,
    /// R72: extensions a sergeant may grant before an inspector must decide.
    pub extensions_before_inspector: usize,
    /// R26: a child younger than this with any sexual indicator makes the record immediate.
    pub sexual_indicator_age_below: i64,
    /// R16: after how long each rung of an immediate item is told: owner, sergeant, inspector, command.
    pub immediate_rungs_ms: [i64; 4],
    /// R16: the same of an urgent one.
    pub urgent_rungs_ms: [i64; 4],
    /// R19, R50: how long an urgent item may wait in a queue, or for an answer.
    pub queue_urgent_ms: i64,
    /// R50: working time in which an action is accepted or declined.
    pub answer_working_ms: i64,
    /// R54: school days after which an outcome that was told and not seen may be closed by a sergeant.
    pub unseen_school_days: i64,
    /// R55: when a promise without a time is due.
    pub promise_ms: i64,
    /// R53: how long evidence that was named may be on its way before the work counts as not done.
    pub evidence_queued_ms: i64,
    /// Working hours, from and to, on the wall clock.
    pub working_hours: (i64, i64),
    /// Holidays of the police, as days `YYYY-MM-DD`.
    pub holidays: Cow<'static, [Cow<'static, str>]>,
}

impl Policy {
    /// The requirements' defaults.
    pub const DEFAULT: Self = Self {
        version: 1,
        account_delay_max_ms: 24 * HOUR_MS,
        extensions_before_inspector: 2,
        sexual_indicator_age_below: 13,
        immediate_rungs_ms: [5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS, 20 * MINUTE_MS],
        urgent_rungs_ms: [15 * MINUTE_MS, 30 * MINUTE_MS, 45 * MINUTE_MS, 60 * MINUTE_MS],
        queue_urgent_ms: 15 * MINUTE_MS,
        answer_working_ms: 4 * HOUR_MS,
        unseen_school_days: 5,
        promise_ms: 24 * HOUR_MS,
        evidence_queued_ms: 24 * HOUR_MS,
        working_hours: (8, 16),
        holidays: Cow::Borrowed(&[]),
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
