//! `erase`, `hold` and `retention`: what a data protection officer does (R96).

use std::path::Path;

use serde_json::json;
use signed::{RecordId, Timestamp};

use super::admin::user_id;
use super::args::{HoldArgs, RetentionCommand};
use super::clock::open;
use super::print::Answer;
use crate::core::{RetentionDecision, RetentionReview};
use crate::failure::Failure;

/// `erase`.
pub(super) fn erase(
    dir: &Path,
    record: RecordId,
    approved_by: &str,
    reason: &str,
    now: Option<Timestamp>,
) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    core.erase(record, &user_id(approved_by)?, reason)?;
    let line = format!("Erased: {record}. What stays says that it was, and who approved it.");
    Ok(Answer::new(json!({ "id": record, "erased": true, "approved_by": approved_by }), vec![line]))
}

/// `hold`.
pub(super) fn hold(hold: &HoldArgs, subject: RecordId, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (by, release) = (user_id(&hold.by)?, hold.release);
    let (core, _) = open(&hold.dir, now)?;
    core.hold(subject, &by, &hold.reason, release)?;
    let line = format!("{}: {subject}.", if release { "Released" } else { "Held" });
    Ok(Answer::new(json!({ "id": subject, "held": !release, "by": by }), vec![line]))
}

/// `hold list`.
pub(super) fn holds(dir: &Path, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    let holds = core.holds()?;
    let value = holds.iter().map(|hold| {
        let released = hold.released.as_ref();
        json!({
            "id": hold.subject,
            "by": hold.by,
            "at": hold.at,
            "reason": hold.reason,
            "held": released.is_none(),
            "released_by": released.map(|(by, _, _)| by),
            "released_at": released.map(|(_, at, _)| at),
            "release_reason": released.map(|(_, _, why)| why),
        })
    });
    let rows = holds.iter().map(|hold| {
        let released = hold.released.as_ref().map_or_else(|| "-".to_owned(), |(_, at, _)| at.to_string());
        vec![hold.subject.to_string(), hold.by.to_string(), hold.at.to_string(), released, hold.reason.clone()]
    });
    let value = value.collect();
    Ok(Answer::table(value, &["record or case", "by", "since", "released", "reason"], rows.collect()))
}

/// `retention due` and `retention decide`.
pub(super) fn retention(command: RetentionCommand, now: Option<Timestamp>) -> Result<Answer, Failure> {
    match command {
        RetentionCommand::Due { dir } => due(&dir, now),
        RetentionCommand::Decide { dir, case, by, decision, group, next, reason } => {
            let review = RetentionReview { case, by: user_id(&by)?, decision, group, next_review: next, reason };
            decide(&dir, &review, now)
        }
    }
}

fn due(dir: &Path, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    let due = core.retention_due()?;
    let value = due.iter().map(|case| {
        json!({
            "case": case.case,
            "group": case.group,
            "next_review": case.next_review,
            "last_contact": case.last_contact,
            "decision": case.decision,
            "decided_by": case.decided_by,
            "held": case.held,
            "child_under_10": case.young_child,
            "kept_until_age": case.kept_until_age,
        })
    });
    let rows = due.iter().map(|case| {
        let yes = |is: bool| String::from(if is { "yes" } else { "-" });
        let decision = case.decision.clone().unwrap_or_else(|| "-".to_owned());
        let (id, since) = (case.case.to_string(), case.next_review.to_string());
        vec![
            id,
            case.group.to_string(),
            since,
            decision,
            yes(case.held),
            yes(case.young_child),
            yes(case.kept_until_age),
        ]
    });
    let heading = ["case", "group", "due since", "last decision", "held", "child under 10", "kept until age"];
    let value = value.collect();
    Ok(Answer::table(value, &heading, rows.collect()))
}

fn decide(dir: &Path, review: &RetentionReview, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    core.retention_decide(review)?;
    let (case, word) = (review.case, review.decision.as_str());
    let value = json!({
        "case": case,
        "decision": word,
        "group": review.group,
        "next_review": review.next_review,
        "decided_by": review.by,
    });
    let line = match review.decision {
        RetentionDecision::Erase => format!("Every record of case {case} was erased."),
        RetentionDecision::Retain | RetentionDecision::Review => {
            format!("Decided for case {case}: {word}, next review {}.", review.next_review)
        }
    };
    Ok(Answer::new(value, vec![line]))
}
