//! Every policy value by its name in the file: one table, from which the commented file, its reading and
//! the row that reaches devices all come.

use signed::cbor::{Map, Value};
use signed::code;

use crate::gap::Gap;
use crate::policy::Policy;

/// One value a force can change.
pub struct Entry {
    /// Its name in the file; it ends in its unit.
    pub name: &'static str,
    /// The rule it belongs to.
    pub rule: &'static str,
    /// What it is.
    pub says: &'static str,
    unit_ms: i64,
    get: fn(&Policy) -> i64,
    set: fn(&mut Policy, i64),
}

const COUNT: i64 = 1;
const MINUTES: i64 = 60_000;
const HOURS: i64 = 60 * MINUTES;
const DAYS: i64 = 24 * HOURS;
/// The largest value of an entry, in its own unit.
const VALUE_MAX: i64 = 100_000;

macro_rules! entries {
    ($($name:literal $rule:literal $unit:ident $says:literal $($field:ident)? $([$list:ident $place:literal])?;)*) => {
        &[$(Entry {
            name: $name, rule: $rule, says: $says, unit_ms: $unit,
            get: |policy| { entries!(@get policy $($field)? $([$list $place])?) },
            set: |policy, value| { entries!(@set policy value $($field)? $([$list $place])?) },
        }),*]
    };
    (@get $policy:ident $field:ident) => { i64::try_from($policy.$field).unwrap_or(i64::MAX) };
    (@get $policy:ident [$list:ident $place:literal]) => { $policy.$list.get($place).copied().unwrap_or(0) };
    (@set $policy:ident $value:ident $field:ident) => {
        if let Ok(value) = $value.try_into() { $policy.$field = value; }
    };
    (@set $policy:ident $value:ident [$list:ident $place:literal]) => {
        if let Some(one) = $policy.$list.get_mut($place) { *one = $value; }
    };
}

/// The table.
// A field may be a count or milliseconds: what is one already converts to itself.
#[allow(clippy::useless_conversion, irrefutable_let_patterns)]
pub static ENTRIES: &[Entry] = entries! {
    "account_delay_hours" "R4" HOURS "an account written down later than this after it ended needs a reason" account_delay_max_ms;
    "draft_hours" "R9" HOURS "a draft unsealed for so long is asked for" draft_ms;
    "identity_check_minutes" "R13" MINUTES "the identity behind a serious possible match is checked within" identity_check_ms;
    "recurrence_days" "R14" DAYS "concerns about a child within so many days add up" recurrence_ms;
    "immediate_rung_1_minutes" "R16" MINUTES "an immediate item: who answers is told after" [immediate_rungs_ms 0];
    "immediate_rung_2_minutes" "R16" MINUTES "the sergeant after" [immediate_rungs_ms 1];
    "immediate_rung_3_minutes" "R16" MINUTES "the inspector after" [immediate_rungs_ms 2];
    "immediate_rung_4_minutes" "R16" MINUTES "the duty officers after" [immediate_rungs_ms 3];
    "urgent_rung_1_minutes" "R16" MINUTES "an urgent item: who answers is told after" [urgent_rungs_ms 0];
    "urgent_rung_2_minutes" "R16" MINUTES "the sergeant after" [urgent_rungs_ms 1];
    "urgent_rung_3_minutes" "R16" MINUTES "the inspector after" [urgent_rungs_ms 2];
    "urgent_rung_4_minutes" "R16" MINUTES "the duty officers after" [urgent_rungs_ms 3];
    "queue_urgent_minutes" "R19" MINUTES "an urgent item waits in a queue, or for an answer, so long" queue_urgent_ms;
    "phone_after_minutes" "R23" MINUTES "an urgent record unsent for so long goes by radio or phone" phone_after_ms;
    "sexual_indicator_age_below" "R26" COUNT "a child younger than this with a sexual indicator is immediate" sexual_indicator_age_below;
    "consent_age_below" "R27" COUNT "with a child younger than this no word of consent is a reason" consent_age_below;
    "follow_up_hours" "R32" HOURS "a child who could not be heard is spoken to again within" follow_up_ms;
    "check_immediate_minutes" "R35" MINUTES "a check on an immediate record is due after" check_immediate_ms;
    "check_urgent_hours" "R35" HOURS "on an urgent one after" check_urgent_ms;
    "check_hours" "R35" HOURS "on any other after" check_ms;
    "unknowns_need_endorsement" "R38" COUNT "so many unknown fields let low stand only with an endorsement" unknowns_need_endorsement;
    "positive_action_high_days" "R39" DAYS "positive action after a high assessment within" positive_action_high_ms;
    "positive_action_sergeant_days" "R39" DAYS "the sergeant is told after" positive_action_sergeant_ms;
    "positive_action_days" "R39" DAYS "after any other within" positive_action_ms;
    "left_to_family_days" "R46" DAYS "a contact left to the family is an officer's after" left_to_family_ms;
    "answer_working_hours" "R50" HOURS "an action is accepted or declined within so much working time" answer_working_ms;
    "evidence_queued_hours" "R53" HOURS "evidence on its way for longer counts as none" evidence_queued_ms;
    "unseen_school_days" "R54" COUNT "an outcome unseen for so many days may be closed by a sergeant" unseen_school_days;
    "promise_hours" "R55" HOURS "a promise without a time is due after" promise_ms;
    "crime_decision_hours" "R58" HOURS "a crime recording decision is due after" crime_decision_ms;
    "date_warning_1_days" "R71" COUNT "before a date owner and sergeant are told so many days" [date_warnings_days 0];
    "date_warning_2_days" "R71" COUNT "and again" [date_warnings_days 1];
    "date_warning_3_days" "R71" COUNT "and again" [date_warnings_days 2];
    "date_warning_4_days" "R71" COUNT "and again" [date_warnings_days 3];
    "extensions_before_inspector" "R72" COUNT "extensions a sergeant may grant" extensions_before_inspector;
    "case_stale_days" "R73" DAYS "a case without substance for so long is stale" case_stale_ms;
    "span_max" "R74" COUNT "officers a supervisor has at most" span_max;
    "case_old_days" "R77" DAYS "a case older than this is the inspector's to see" case_old_ms;
    "dip_sample" "R78" COUNT "open cases an inspector looks into each month" dip_sample;
    "contact_days" "R79" DAYS "nobody goes without a word for longer than" contact_ms;
    "offline_lock_days" "R92" DAYS "a device reads for so long without the server; it captures always" offline_lock_ms;
    "safety_plan_days" "R104" DAYS "a child's safety plan is reviewed within" safety_plan_ms;
    "submission_hours" "R106" HOURS "intelligence is handed on within" submission_ms;
    "early_evidence_minutes" "R108" MINUTES "a specialist is called and early evidence secured within" early_evidence_ms;
    "marker_review_days" "R112" DAYS "an unconfirmed marker is reviewed after" marker_review_ms;
    "prompts_max" "R120" COUNT "more live prompts of one person come as one ranked list" prompts_max;
};

impl Policy {
    /// The file `init` writes: every value explained, none set.
    #[must_use]
    pub fn commented_file() -> String {
        let mut file = String::from(
            "# The policy of this force. A line that begins with # is not in force; what it shows is the default.\n\
             # `sync-server policy --reload` takes changes up: they are versioned, audited and reach every device.\n\n",
        );
        for entry in ENTRIES {
            let value = (entry.get)(&Self::DEFAULT) / entry.unit_ms;
            file.push_str(&format!("# {}: {}\n# {} = {value}\n\n", entry.rule, entry.says, entry.name));
        }
        file
    }

    /// The policy with these values over the defaults; everything that is wrong is listed, by name.
    pub fn with<'v>(version: u64, values: impl Iterator<Item = (&'v str, i64)>) -> Result<Self, Vec<Gap>> {
        let mut policy = Self { version, ..Self::DEFAULT };
        let mut gaps = Vec::new();
        for (name, value) in values {
            match ENTRIES.iter().find(|entry| entry.name == name) {
                None => gaps.push(Gap::new(code::I_FIELD, name, "no such policy value")),
                Some(_) if !(0..=VALUE_MAX).contains(&value) => {
                    gaps.push(Gap::new(code::I_VALUE, name, "a whole number from 0 to 100000"));
                }
                Some(entry) => (entry.set)(&mut policy, value.saturating_mul(entry.unit_ms)),
            }
        }
        if gaps.is_empty() { Ok(policy) } else { Err(gaps) }
    }

    /// As it reaches a device: every value by its name.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let one = |entry: &Entry| (entry.name.to_owned(), Value::Int((entry.get)(self) / entry.unit_ms));
        Value::Map(ENTRIES.iter().map(one).collect::<Map>())
    }

    /// From such a row; what this version does not know is passed over.
    #[must_use]
    pub fn from_value(version: u64, value: &Value) -> Self {
        let mut policy = Self { version, ..Self::DEFAULT };
        for (name, value) in value.as_map().into_iter().flatten() {
            let entry = ENTRIES.iter().find(|entry| entry.name == name);
            if let (Some(entry), Value::Int(value)) = (entry, value)
                && (0..=VALUE_MAX).contains(value)
            {
                (entry.set)(&mut policy, value.saturating_mul(entry.unit_ms));
            }
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_reads_back_and_the_file_shows_the_defaults() {
        let policy = Policy::from_value(7, &Policy { version: 7, ..Policy::DEFAULT }.to_value());
        assert_eq!(policy, Policy { version: 7, ..Policy::DEFAULT });
        let file = Policy::commented_file();
        assert!(file.contains("# account_delay_hours = 24\n") && file.contains("# urgent_rung_3_minutes = 45\n"));
        let names: std::collections::BTreeSet<_> = ENTRIES.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), ENTRIES.len());
    }

    #[test]
    fn what_is_wrong_is_listed_by_name_and_nothing_of_it_is_taken() {
        let gaps = Policy::with(2, [("acount_delay", 1), ("draft_hours", -1)].into_iter()).unwrap_err();
        assert_eq!(gaps.iter().map(|gap| gap.path.as_str()).collect::<Vec<_>>(), ["acount_delay", "draft_hours"]);
        let policy = Policy::with(2, [("account_delay_hours", 1)].into_iter()).unwrap();
        assert_eq!((policy.account_delay_max_ms, policy.version), (HOURS, 2));
    }
}
