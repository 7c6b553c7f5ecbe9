//! The one declaration of every value a force can change: the struct, its defaults, the file, what is
//! read and what travels all come from it.
//!
//! A line says: what it is; its rule; the field, as the rules read it (lengths of time in milliseconds);
//! the default; its name in the file, which ends in the unit of the file; what it may be there.

use std::borrow::Cow;

use super::setting::{Form, Held as _, Setting, Unit};

const SECOND: i64 = Unit::Seconds.size();
const MINUTE: i64 = Unit::Minutes.size();
const HOUR: i64 = Unit::Hours.size();
const DAY: i64 = Unit::Days.size();

const fn seconds(least: i64, most: i64) -> Form {
    Form::Number { unit: Unit::Seconds, least, most }
}

const fn minutes(least: i64, most: i64) -> Form {
    Form::Number { unit: Unit::Minutes, least, most }
}

const fn hours(least: i64, most: i64) -> Form {
    Form::Number { unit: Unit::Hours, least, most }
}

const fn days(least: i64, most: i64) -> Form {
    Form::Number { unit: Unit::Days, least, most }
}

const fn count(least: i64, most: i64) -> Form {
    Form::Number { unit: Unit::One, least, most }
}

const RUNGS: Form = Form::Rising { count: 4, unit: Unit::Minutes, least: 1, most: 1_440 };

macro_rules! settings {
    ($( $group:literal { $(
        $(#[doc = $what:literal])+
        $rule:literal $field:ident: $type:ty = $default:expr, $name:literal $form:expr;
    )+ } )+) => {
        /// The policy in force. A field whose name ends in `_ms` is in milliseconds; each names its
        /// rule and what it is called in `policy.toml`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Policy {
            /// Its version, as it stands in every statement.
            pub version: u64,
            $($(
                #[doc = concat!($rule, ":", $($what),+, " (`", $name, "`)")]
                pub $field: $type,
            )+)+
        }

        impl Policy {
            /// The requirements' defaults.
            pub const DEFAULT: Self = Self { version: 1, $($( $field: $default, )+)+ };
        }

        pub(super) const SETTINGS: &[Setting] = &[ $($(
            Setting {
                group: $group,
                rule: $rule,
                name: $name,
                what: concat!($($what),+),
                form: $form,
                get: |policy, size| policy.$field.held(size),
                set: |policy, size, value| policy.$field.hold(size, value),
            },
        )+)+ ];
    };
}

settings! {
    "Writing down" {
        /// An account written down later than this after it ended needs a reason.
        "R4" account_delay_max_ms: i64 = 24 * HOUR, "account_delay_hours" hours(1, 720);
        /// A draft that stays unsealed for longer is asked about.
        "R9" draft_ms: i64 = 12 * HOUR, "draft_hours" hours(1, 168);
        /// An urgent record that the server has not acknowledged by then: the officer is told to use radio or phone.
        "R23" phone_after_ms: i64 = 10 * MINUTE, "phone_after_minutes" minutes(1, 120);
        /// A specialist contact and the early-evidence action after a report of rape are due by then.
        "R108" early_evidence_ms: i64 = HOUR, "early_evidence_minutes" minutes(1, 1_440);
    }
    "What belongs together" {
        /// The identity check of a possible match with something serious is due by then.
        "R13" identity_check_ms: i64 = 15 * MINUTE, "identity_check_minutes" minutes(1, 1_440);
        /// Concerns about a child add up over so long: six months.
        "R14" recurrence_ms: i64 = 183 * DAY, "recurrence_days" days(7, 3_660);
        /// With so many concerns they are reviewed as a whole.
        "R14" recurrence_review: usize = 2, "recurrence_review_concerns" count(2, 20);
        /// Working days in which that review is due.
        "R14" recurrence_review_days: i64 = 1, "recurrence_review_working_days" count(1, 20);
        /// With so many a strategy discussion is proposed.
        "R14" recurrence_strategy: usize = 3, "recurrence_strategy_concerns" count(2, 20);
    }
    "Prompts and escalation" {
        /// When each rung of an immediate item is told: owner, sergeant, inspector, command.
        "R16" immediate_rungs_ms: [i64; 4] = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 20 * MINUTE],
            "immediate_rungs_minutes" RUNGS;
        /// When each rung of an urgent item is told.
        "R16" urgent_rungs_ms: [i64; 4] = [15 * MINUTE, 30 * MINUTE, 45 * MINUTE, 60 * MINUTE],
            "urgent_rungs_minutes" RUNGS;
        /// Who decides at the last rung; without anybody here, all whose role is command.
        "R16" command_officers: Cow<'static, [Cow<'static, str>]> = Cow::Borrowed(&[]), "command_officers" Form::Users;
        /// How long an urgent item may wait in a queue, or for an answer.
        "R19, R50, R101" queue_urgent_ms: i64 = 15 * MINUTE, "queue_urgent_minutes" minutes(1, 1_440);
        /// Working days in which a named person takes any other item from a queue.
        "R19" queue_days: i64 = 1, "queue_working_days" count(1, 20);
        /// What is standard or for information leaves by then.
        "R21" notice_ms: i64 = 24 * HOUR, "notice_hours" hours(1, 168);
        /// An immediate visit is attended by then, where the request says no time.
        "R107" attend_immediate_ms: i64 = 15 * MINUTE, "attend_immediate_minutes" minutes(1, 240);
        /// An urgent one.
        "R107" attend_urgent_ms: i64 = 60 * MINUTE, "attend_urgent_minutes" minutes(1, 1_440);
        /// A scheduled one.
        "R107" attend_scheduled_ms: i64 = 24 * HOUR, "attend_scheduled_hours" hours(1, 720);
        /// Live prompts of one person above which they come as one ranked list.
        "R120" prompts_max: usize = 8, "prompts_max" count(1, 100);
    }
    "Age and vulnerability" {
        /// A child younger than this with any sexual indicator makes the record immediate.
        "R26" sexual_indicator_age_below: i64 = 13, "sexual_indicator_age_below" count(13, 18);
        /// A child younger than this cannot have consented: no such word is a reason.
        "R27" consent_age_below: i64 = 16, "consent_age_below" count(16, 18);
        /// School years by which somebody is older, among children.
        "R28" older_school_years: i64 = 2, "older_school_years" count(1, 5);
        /// A follow-up with a child who could not be spoken to is due by then.
        "R32" follow_up_ms: i64 = 48 * HOUR, "follow_up_hours" hours(1, 336);
        /// An unconfirmed marker or indicator is reviewed after so long: six months.
        "R112" marker_review_ms: i64 = 183 * DAY, "marker_review_days" days(7, 1_830);
    }
    "Checks and risk" {
        /// A check on an immediate record is due by then.
        "R35" check_immediate_ms: i64 = HOUR, "check_immediate_minutes" minutes(1, 1_440);
        /// A check on an urgent one.
        "R35" check_urgent_ms: i64 = 4 * HOUR, "check_urgent_hours" hours(1, 72);
        /// A check on any other.
        "R35" check_ms: i64 = 24 * HOUR, "check_hours" hours(1, 336);
        /// A search without a linked record is listed to the sergeant after so long.
        "R37" search_unlinked_ms: i64 = 24 * HOUR, "search_unlinked_hours" hours(1, 336);
        /// So many unknown fields let a low level stand only with a sergeant's endorsement.
        "R38" unknowns_need_endorsement: usize = 1, "unknowns_need_endorsement" count(1, 10);
        /// Positive action after a high KIRAT is due by then.
        "R39" positive_action_high_ms: i64 = 7 * DAY, "positive_action_high_days" days(1, 7);
        /// When the sergeant is told of it.
        "R39" positive_action_sergeant_ms: i64 = 3 * DAY, "positive_action_sergeant_days" days(1, 7);
        /// Positive action after a medium or low one.
        "R39" positive_action_ms: i64 = 14 * DAY, "positive_action_days" days(1, 92);
        /// How far ahead the review of a child's safety plan lies at most.
        "R104" safety_plan_ms: i64 = 28 * DAY, "safety_plan_days" days(1, 92);
        /// An intelligence submission, or a reasoned 'not', is owed by then.
        "R106" submission_ms: i64 = 24 * HOUR, "submission_hours" hours(1, 336);
    }
    "Contact, actions and promises" {
        /// Contact that was left to family or reporter is made by an officer after so long.
        "R46" left_to_family_ms: i64 = 7 * DAY, "left_to_family_days" days(1, 28);
        /// Working hours in which an action is accepted or declined.
        "R50" answer_working_ms: i64 = 4 * HOUR, "answer_working_hours" hours(1, 80);
        /// Whoever asked sees a change of state by then, if both are in coverage.
        "R51" state_shown_ms: i64 = 60 * SECOND, "state_shown_seconds" seconds(1, 3_600);
        /// Evidence that is on its way for longer counts as not there.
        "R53" evidence_queued_ms: i64 = 24 * HOUR, "evidence_queued_hours" hours(1, 336);
        /// School days after which a sergeant may close what was told and not seen.
        "R54" unseen_school_days: i64 = 5, "unseen_school_days" count(1, 60);
        /// A promise without a time is due by then.
        "R55" promise_ms: i64 = 24 * HOUR, "promise_hours" hours(1, 336);
        /// Those whom a measure protected are told by then that it does no more.
        "R113" protected_told_ms: i64 = 24 * HOUR, "protected_told_hours" hours(1, 168);
        /// Without a contact for so long a victim, parent, suspect or reporter is flagged.
        "R79" contact_ms: i64 = 28 * DAY, "contact_days" days(1, 183);
    }
    "Crime recording, referral, joint work" {
        /// A crime recording decision is due by then.
        "R58" crime_decision_ms: i64 = 24 * HOUR, "crime_decision_hours" hours(1, 24);
        /// A referral made by phone is followed in writing by then.
        "MARF" referral_written_ms: i64 = 24 * HOUR, "referral_written_hours" hours(1, 168);
        /// Working days in which whoever was referred to acknowledges; then the referrer asks.
        "MARF" referral_answer_days: i64 = 1, "referral_answer_working_days" count(1, 20);
    }
    "Supervision" {
        /// Working days in which a new supervisor acknowledges each high-risk item.
        "R70" takeover_days: i64 = 5, "takeover_working_days" count(1, 20);
        /// So many days before a date its owner and sergeant are told.
        "R71" date_warnings_days: [i64; 4] = [14, 7, 2, 0], "date_warnings_days"
            Form::Falling { count: 4, unit: Unit::One, least: 0, most: 92 };
        /// Extensions a sergeant may grant before an inspector must decide.
        "R72" extensions_before_inspector: usize = 2, "extensions_before_inspector" count(0, 10);
        /// Without a substantive update for so long a case is stale.
        "R73" case_stale_ms: i64 = 28 * DAY, "case_stale_days" days(1, 183);
        /// How often 'waiting on .. until ..' counts as an update.
        "R73" waiting_counts: usize = 2, "waiting_counts" count(0, 10);
        /// So many stale periods in a row ask for a sergeant's review on record.
        "R73" stale_review_periods: i64 = 2, "stale_review_periods" count(1, 10);
        /// Officers a supervisor has at most before an alert.
        "R74" span_max: usize = 12, "span_max" count(1, 100);
        /// Load for hours worked, in percent of the team's median, above which there is an alert.
        "R74" load_alert_percent: usize = 150, "load_alert_percent" count(101, 1_000);
        /// A case older than this is listed to the inspector: six months.
        "R77" case_old_ms: i64 = 183 * DAY, "case_old_days" days(7, 3_660);
        /// When schools are shut for so many days or more, what waits for one gets another contact or a date.
        "R77" school_break_days: i64 = 5, "school_break_days" count(1, 92);
        /// Open cases an inspector is given each month.
        "R78" dip_sample: usize = 10, "dip_sample" count(1, 1_000);
        /// Training older than this is due again: two years.
        "R82" training_ms: i64 = 730 * DAY, "training_days" days(30, 3_660);
        /// After so long in the role there is a reminder of its length: four years.
        "R83" tenure_ms: i64 = 1_461 * DAY, "tenure_days" days(183, 7_320);
        /// Working days in which somebody who asks for help is answered.
        "R118" help_days: i64 = 1, "help_working_days" count(1, 5);
        /// Working days after which a worry about an officer goes on to the inspector.
        "R124" worry_days: i64 = 1, "worry_working_days" count(1, 5);
    }
    "Reports" {
        /// Above so many percent unknown a report says that the data do not suffice.
        "R86" unknown_max_percent: usize = 10, "unknown_max_percent" count(0, 50);
        /// Cells of a report with fewer are not shown.
        "R86" cell_least: usize = 10, "cell_least" count(5, 100);
    }
    "Devices" {
        /// Without contact for so long a device is locked for reading; writing down stays possible.
        "R92" offline_lock_ms: i64 = 45 * DAY, "offline_lock_days" days(1, 183);
        /// A device's clock that is off by more is shown as wrong.
        "R95" skew_ms: i64 = 5 * MINUTE, "clock_skew_minutes" minutes(1, 60);
    }
    "Working time" {
        /// Full hours between which the police work, Monday to Friday, by the clock on the wall.
        "section 3" working_hours: (i64, i64) = (8, 16), "working_hours"
            Form::Rising { count: 2, unit: Unit::One, least: 0, most: 24 };
        /// Days on which they do not.
        "section 3" holidays: Cow<'static, [Cow<'static, str>]> = Cow::Borrowed(&[]), "holidays" Form::Days;
        /// Days and breaks on which schools are closed, beside those.
        "R54, R77" school_closed: Cow<'static, [Cow<'static, str>]> = Cow::Borrowed(&[]), "school_closed" Form::Days;
    }
    "Keeping and erasing" {
        /// What somebody opened with a reason they hold for so long; after that they say again why.
        "R91" opening_ms: i64 = 28 * DAY, "opening_days" days(1, 366);
        /// Group 1 is kept until the person would be of this age.
        "R96" retention_1_until_age: i64 = 100, "retention_group_1_until_age" count(75, 120);
        /// And is looked at again after so many years.
        "R96" retention_1_review_years: i64 = 10, "retention_group_1_review_years" count(1, 10);
        /// Group 2 is looked at after so many years without new contact.
        "R96" retention_2_clear_years: i64 = 10, "retention_group_2_clear_years" count(6, 30);
        /// Group 3.
        "R96" retention_3_clear_years: i64 = 6, "retention_group_3_clear_years" count(6, 30);
        /// Group 4.
        "R96" retention_4_clear_years: i64 = 6, "retention_group_4_clear_years" count(6, 30);
        /// Nothing is looked at before so many years.
        "R96" retention_least_years: i64 = 6, "retention_least_years" count(6, 30);
        /// Records about children younger than this are looked at one by one.
        "R96" retention_young_age_below: i64 = 10, "retention_young_age_below" count(10, 18);
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
