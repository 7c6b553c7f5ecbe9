//! How long a case is kept (R96): when it is looked at again, and what was decided. Nothing is erased but by
//! a decision.

use records::Policy;
use records::rules::{Row, look, switch};
use signed::{MediaHash, RecordId, Timestamp, code};

use super::Core;
use super::audit::{self, Note};
use super::erase::check;
use super::types::{DueCase, Effects, RetentionDecision, RetentionReview};
use super::work::Work;
use crate::error::ServerError;
use crate::store::keeping::RetentionRow;

/// The group of a case about which nothing was decided yet.
const FIRST_GROUP: u64 = 3;

const YEAR_MS: i64 = 31_557_600_000;

/// The clear period of a group, from the newest contact: 1 public protection, 2 other violent, sexual or serious
/// offences, 3 all other, 4 undetected and missing persons; `None` for a group that does not exist.
fn clear_ms(policy: &Policy, group: u64) -> Option<i64> {
    let years = match group {
        1 => policy.retention_1_review_years,
        2 => policy.retention_2_clear_years,
        3 => policy.retention_3_clear_years,
        4 => policy.retention_4_clear_years,
        _ => return None,
    };
    Some(years.max(policy.retention_least_years).saturating_mul(YEAR_MS))
}

impl Core {
    /// Cases whose review is due at this moment, the one that waits longest first.
    pub fn retention_due(&self) -> Result<Vec<DueCase>, ServerError> {
        let work = Work::begin(self)?;
        let mut due = Vec::new();
        for case in work.tx.of_kind("case")? {
            let found = work.review_of(case)?;
            if found.next_review <= work.now {
                due.push(found);
            }
        }
        due.sort_by_key(|case| (case.next_review, case.case));
        // Nothing was written: the transaction is given back.
        Ok(due)
    }

    /// Records a decision about a case. `I.denied` unless an active data protection officer decides,
    /// `I.reason` without a reason, `I.value` for a group that does not exist or a next review that has
    /// passed, `A.not_found` for what is no case here. `erase` erases every record of it; `R96.held` where a
    /// hold stands on the case or any record of it, `R96.kept` in group 1 while a suspect is not known to be of the
    /// age until which it is kept (a record alone is erased by [`Core::erase`]); then nothing is done.
    pub fn retention_decide(&self, review: &RetentionReview) -> Result<Effects, ServerError> {
        let mut work = Work::begin(self)?;
        work.officer(&review.by)?;
        check(&review.reason)?;
        let wrong = |what| Err(ServerError::new(code::I_VALUE, what));
        if clear_ms(&self.policy(), review.group).is_none() {
            return wrong("review groups are 1 to 4");
        }
        if review.decision != RetentionDecision::Erase && review.next_review <= work.now {
            return wrong("the next review lies ahead");
        }
        let case = review.case;
        let is_case = work.tx.document(case)?.is_some_and(|row| row.kind == "case" && !row.key.is_empty());
        if !is_case {
            return Err(ServerError::new(code::A_NOT_FOUND, "no such case"));
        }
        let erases = review.decision == RetentionDecision::Erase;
        if erases && work.kept_until_age(case, review.group)? {
            return Err(ServerError::new(code::R96_KEPT, "a case of group 1 is kept until its suspects are of age"));
        }
        let files = if erases { work.erase_case(review)? } else { Vec::new() };
        let number = work.tx.retentions()?.last().map_or(0, |row| row.number) + 1;
        work.tx.append_retention(&RetentionRow {
            number,
            case,
            group: review.group,
            next_review: review.next_review,
            decision: review.decision.as_str().to_owned(),
            decided_by: review.by.clone(),
            decided_at: work.now,
            reason: self.vault.seal_reason(case, &review.reason)?,
        })?;
        let why = match review.decision {
            RetentionDecision::Retain => "retention_retain",
            RetentionDecision::Review => "retention_review",
            RetentionDecision::Erase => "retention_erase",
        };
        let note = Note { operation: "admin", who: review.by.as_str(), device: None, to: None, records: &[case], why };
        audit::append(work.tx.as_mut(), work.now, note)?;
        if erases {
            self.finish_erasing(work, &files)
        } else {
            Ok(Effects { grown: work.finish()?, moved: Vec::new() })
        }
    }
}

impl Work<'_> {
    fn erase_case(&mut self, review: &RetentionReview) -> Result<Vec<MediaHash>, ServerError> {
        let case = review.case;
        let mut records = Vec::new();
        for id in self.tx.documents_of_case(case)?.into_iter().chain([case]) {
            // A draft goes with the record it is of; one that was never sealed has nobody else.
            let Some(row) = self.tx.document(id)?.filter(|row| !row.key.is_empty()) else { continue };
            let of = self.core.projection(&row).ok().flatten().and_then(|projection| projection.of);
            let record = if row.template == "draft" { of.unwrap_or(id) } else { id };
            if !records.contains(&record) {
                records.push(record);
            }
        }
        for record in &records {
            self.not_held(*record, Some(case))?;
        }
        let mut files = Vec::new();
        for record in records {
            if !self.erased(record)? {
                files.extend(self.erase_record(record, &review.by, &review.reason)?);
            }
        }
        Ok(files)
    }

    /// When a case is looked at next. A new contact begins the clear period anew; a date that was set to
    /// look again stands.
    fn review_of(&self, case: RecordId) -> Result<DueCase, ServerError> {
        let decided = self.tx.retention_of(case)?;
        let contact = self.tx.last_contact(case)?;
        let group = decided.as_ref().map_or(FIRST_GROUP, |row| row.group);
        let policy = self.core.policy();
        let clear = |from: Timestamp| look::later(from, clear_ms(&policy, group).unwrap_or(0));
        let next_review = match (&decided, contact) {
            (None, contact) => clear(contact.unwrap_or(self.now)),
            (Some(row), Some(contact)) if row.decision == "retain" && contact > row.decided_at => {
                row.next_review.max(clear(contact))
            }
            (Some(row), _) => row.next_review,
        };
        let held = self.tx.hold_on(case)?.is_some();
        Ok(DueCase {
            case,
            group,
            next_review,
            last_contact: contact,
            decision: decided.as_ref().map(|row| row.decision.clone()),
            decided_by: decided.map(|row| row.decided_by),
            held,
            young_child: self.young_child(case)?,
            kept_until_age: self.kept_until_age(case, group)?,
        })
    }

    /// Whether a case is one of group 1 with a suspect who is not yet of the age until which it is kept, as far as
    /// anybody knows.
    fn kept_until_age(&self, case: RecordId, group: u64) -> Result<bool, ServerError> {
        if group != 1 || !switch::on("R96") {
            return Ok(false);
        }
        let until = self.core.policy().retention_1_until_age;
        let below = |row: &Row| look::is(row, "suspect") && look::age(row, self.now).is_none_or(|age| age < until);
        Ok(self.persons_of(case)?.iter().any(below))
    }

    /// Whether somebody of the case is a child of whom the rules ask for special thought.
    fn young_child(&self, case: RecordId) -> Result<bool, ServerError> {
        let young_below = self.core.policy().retention_young_age_below;
        let young = |row: &Row| look::age(row, self.now).is_some_and(|age| age < young_below);
        Ok(self.persons_of(case)?.iter().any(young))
    }

    /// The people of a case whose records can be read.
    fn persons_of(&self, case: RecordId) -> Result<Vec<Row>, ServerError> {
        let mut persons = Vec::new();
        for id in self.tx.documents_of_case(case)? {
            match self.row_of(id) {
                Ok(row) => persons.extend(row.filter(|row| row.kind == "person")),
                Err(error) if error.code == code::A_DOCUMENT => {}
                Err(error) => return Err(error),
            }
        }
        Ok(persons)
    }
}

impl RetentionDecision {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "retain",
            Self::Review => "review",
            Self::Erase => "erase",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_a_clear_period_and_there_is_no_fifth() {
        let policy = Policy::DEFAULT;
        assert_eq!(clear_ms(&policy, 1), Some(10 * YEAR_MS));
        assert_eq!(clear_ms(&policy, FIRST_GROUP), Some(6 * YEAR_MS));
        assert_eq!((clear_ms(&policy, 0), clear_ms(&policy, 5)), (None, None));
        let hasty = Policy { retention_4_clear_years: 1, ..Policy::DEFAULT };
        assert_eq!(clear_ms(&hasty, 4), Some(6 * YEAR_MS), "nothing is looked at before the least");
    }
}
