//! `audit` and `verify`.

use std::path::Path;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use signed::{RecordId, Timestamp, code};

use super::admin::user_id;
use super::clock::open;
use super::print::Answer;
use crate::core::{AuditFilter, AuditRow};
use crate::failure::Failure;

/// `audit`.
pub(super) fn audit(
    dir: &Path,
    record: Option<RecordId>,
    user: Option<String>,
    since: Option<Timestamp>,
    now: Option<Timestamp>,
) -> Result<Answer, Failure> {
    let filter = AuditFilter { record, user: user.as_deref().map(user_id).transpose()?, since };
    let (core, _) = open(dir, now)?;
    let rows = core.audit(&filter)?;
    let value = rows.iter().map(row).collect();
    let heading = ["number", "at", "operation", "who", "to", "why", "records"];
    let cells = rows.iter().map(|row| {
        let records: Vec<String> = row.records.iter().map(RecordId::to_string).collect();
        vec![
            row.number.to_string(),
            row.at.to_string(),
            row.operation.clone(),
            row.who.clone(),
            row.to.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            why(row),
            records.join(" "),
        ]
    });
    Ok(Answer::table(value, &heading, cells.collect()))
}

/// The word or code, the settings that changed, and the reason that was given.
fn why(row: &AuditRow) -> String {
    let settings = row.changed.iter().map(String::as_str);
    let words: Vec<&str> = std::iter::once(row.why.as_str()).chain(settings).chain(row.reason.as_deref()).collect();
    words.join(" ")
}

fn row(row: &AuditRow) -> Value {
    json!({
        "number": row.number,
        "at": row.at,
        "operation": row.operation,
        "who": row.who,
        "device": row.device,
        "to": row.to,
        "records": row.records,
        "why": row.why,
        "reason": row.reason,
        "changed": row.changed,
        "hash": HEXLOWER.encode(&row.hash),
    })
}

/// `verify`. Faults make it exit 1; its one JSON value then holds the error beside the answer.
pub(super) fn verify(dir: &Path, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    let found = core.verify()?;
    let faults: Vec<Value> = found.faults.iter().map(|fault| json!({"code": fault.code, "what": fault.what})).collect();
    let mut value = json!({
        "records": found.records,
        "statements": found.statements,
        "ok": found.ok,
        "faults": faults,
    });
    let mut lines = vec![format!("{} records with {} statements were checked.", found.records, found.statements)];
    lines.extend(found.faults.iter().map(|fault| format!("{}: {}", fault.code, fault.what)));
    if found.ok {
        lines.push("Everything is as it was written.".to_owned());
    } else {
        let failure = Failure::new(code::A_DAMAGED, "something is not as it was written");
        lines.push(failure.to_string());
        if let Some(fields) = value.as_object_mut() {
            fields.insert("error".to_owned(), failure.to_json());
        }
    }
    Ok(Answer { value, lines, failed: !found.ok })
}
