//! Values a force can change. Each names its rule; the defaults are those of the requirements.

use std::borrow::Cow;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

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
    /// R9: how long a draft may stay unsealed before its author is asked.
    pub draft_ms: i64,
    /// R23: how long an urgent record may wait for the server before the officer is told to use radio or phone.
    pub phone_after_ms: i64,
    /// R32: when a follow-up with a child who could not be spoken to is due.
    pub follow_up_ms: i64,
    /// R35: when a check is due on an immediate record.
    pub check_immediate_ms: i64,
    /// R35: the same on an urgent one.
    pub check_urgent_ms: i64,
    /// R35: the same on any other.
    pub check_ms: i64,
    /// R39: when positive action is due after a high KIRAT.
    pub positive_action_high_ms: i64,
    /// R39: when the sergeant is told of it.
    pub positive_action_sergeant_ms: i64,
    /// R39: when positive action is due after a medium or low one.
    pub positive_action_ms: i64,
    /// R46: when an officer must have made contact that was left to family or reporter.
    pub left_to_family_ms: i64,
    /// R58: when a crime recording decision is due.
    pub crime_decision_ms: i64,
    /// R73: without a substantive update for so long a case is stale.
    pub case_stale_ms: i64,
    /// R77: a case older than this is listed to the inspector.
    pub case_old_ms: i64,
    /// R79: without a contact for so long it is flagged.
    pub contact_ms: i64,
    /// R92: after so long without the server a device's reading ends until its user is authenticated again.
    pub offline_lock_ms: i64,
    /// R104: how far ahead a safety plan is reviewed at most.
    pub safety_plan_ms: i64,
    /// R106: when an intelligence submission is owed.
    pub submission_ms: i64,
    /// R108: when a specialist contact and early evidence are due.
    pub early_evidence_ms: i64,
    /// R112: after how long an unconfirmed marker is reviewed.
    pub marker_review_ms: i64,
    /// R13: when the identity behind a serious possible match has to be checked.
    pub identity_check_ms: i64,
    /// R14: the window in which concerns about a child add up.
    pub recurrence_ms: i64,
    /// R27: a child younger than this cannot have consented: no such word is a reason.
    pub consent_age_below: i64,
    /// R38: so many unknown fields let a low level stand only with a sergeant's endorsement.
    pub unknowns_need_endorsement: usize,
    /// R71: so many days before a date its owner and sergeant are told.
    pub date_warnings_days: [i64; 4],
    /// R74: officers a supervisor has at most before an alert.
    pub span_max: usize,
    /// R78: open cases an inspector is given each month.
    pub dip_sample: usize,
    /// R120: live prompts of one person above which they come as one list.
    pub prompts_max: usize,
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
        draft_ms: 12 * HOUR_MS,
        phone_after_ms: 10 * MINUTE_MS,
        follow_up_ms: 48 * HOUR_MS,
        check_immediate_ms: HOUR_MS,
        check_urgent_ms: 4 * HOUR_MS,
        check_ms: 24 * HOUR_MS,
        positive_action_high_ms: 7 * DAY_MS,
        positive_action_sergeant_ms: 3 * DAY_MS,
        positive_action_ms: 14 * DAY_MS,
        left_to_family_ms: 7 * DAY_MS,
        crime_decision_ms: 24 * HOUR_MS,
        case_stale_ms: 28 * DAY_MS,
        case_old_ms: 183 * DAY_MS,
        contact_ms: 28 * DAY_MS,
        offline_lock_ms: 45 * DAY_MS,
        safety_plan_ms: 28 * DAY_MS,
        submission_ms: 24 * HOUR_MS,
        early_evidence_ms: HOUR_MS,
        marker_review_ms: 183 * DAY_MS,
        identity_check_ms: 15 * MINUTE_MS,
        recurrence_ms: 183 * DAY_MS,
        consent_age_below: 16,
        unknowns_need_endorsement: 1,
        date_warnings_days: [14, 7, 2, 0],
        span_max: 12,
        dip_sample: 10,
        prompts_max: 8,
        working_hours: (8, 16),
        holidays: Cow::Borrowed(&[]),
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
