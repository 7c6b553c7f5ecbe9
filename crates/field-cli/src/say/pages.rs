//! Each command's answer, for a person.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::table::{short, table};
use super::{count, list, plain, text};
use crate::args::Command;

/// Characters of a title or value in a table.
const CELL_CHARS: usize = 44;

/// Members of `show` that have a place of their own on the page.
const SHOWN_APART: [&str; 17] = [
    "id",
    "kind",
    "case",
    "status",
    "urgency",
    "owner",
    "due",
    "statements",
    "keys",
    "addenda",
    "conflicts",
    "delivery",
    "receipts",
    "links",
    "gaps",
    "title",
    "sealed",
];

/// The page of an answer.
pub(crate) fn page(command: &Command, value: &Json) -> String {
    match command {
        Command::Enrol { .. } => {
            format!("This device belongs to {} ({}).\n", text(value, "user"), text(value, "role"))
        }
        Command::New { .. } | Command::Edit { .. } if value["status"] == "boxed" => format!(
            "In the sealed box of this device: {}. Its key opens it; until then nobody can read it here.\n",
            text(value, "id")
        ),
        Command::New { kind, .. } => {
            with_gaps(format!("Saved on this device: {kind} {} ({}).\n", text(value, "id"), status(value)), value)
        }
        Command::Edit { .. } => with_gaps(format!("Changed: {} ({}).\n", text(value, "id"), status(value)), value),
        Command::Seal { .. } => with_gaps(format!("Sealed: {} ({}).\n", text(value, "id"), status(value)), value),
        Command::Addendum { .. } => with_gaps(format!("Added to {}.\n", text(value, "id")), value),
        Command::Do { verb, .. } => step(verb, value),
        Command::Show { .. } => show(value),
        Command::List { .. } | Command::Search { .. } => lines(value),
        Command::Attach { .. } => {
            format!("Attached on this device: {} ({} bytes).\n", text(value, "sha256"), plain(&value["bytes"]))
        }
        Command::FetchAttachment { .. } => {
            format!("{} bytes ({}) are in {}.\n", plain(&value["bytes"]), text(value, "type"), text(value, "to"))
        }
        Command::Timeline { .. } => timeline(value),
        Command::Export { unsent: true, .. } => format!(
            "Written: {}, {} for the server alone. It waits here too, until its own receipt.{}\n",
            text(value, "to"),
            count(&value["records"], "record", "records"),
            if value["more"] == true { " Not everything fitted." } else { "" }
        ),
        Command::Import { .. } => format!(
            "Taken in: {} sealed, {} here already. The next sync brings them to the server.\n",
            plain(&value["parts"]),
            plain(&value["already"])
        ),
        Command::Export { .. } => format!(
            "Written: {}, {} records, {} masked.\n",
            text(value, "file"),
            plain(&value["records"]),
            plain(&value["masked"])
        ),
        Command::VerifyBundle { .. } => bundle(value),
        Command::Prompts => prompts(value),
        Command::Matches => matches(value),
        Command::Box { done: None } => boxed(value),
        Command::Box { done: Some(_) } => format!("Taken out of the box; {} left.\n", plain(&value["left"])),
        Command::Status => standing(value),
        Command::Sync { .. } => synced(value),
        Command::Verify { .. } => verified(value),
        Command::Lock => String::from("Locked.\n"),
        Command::Rekey => String::from("The store has a new key.\n"),
        Command::Watch => format!("{value}\n"),
    }
}

fn status(value: &Json) -> String {
    text(value, "status").replace('_', " ")
}

fn with_gaps(mut page: String, value: &Json) -> String {
    let gaps = list(value, "gaps");
    if !gaps.is_empty() {
        page.push_str("Still missing:\n");
    }
    for gap in gaps {
        let _ = writeln!(page, "  {}: {} ({})", text(gap, "path"), text(gap, "message"), text(gap, "code"));
    }
    page
}

fn step(verb: &str, value: &Json) -> String {
    let verb = verb.replace('_', " ");
    let page = match value.get("proposed") {
        Some(_) => format!("Proposed: {verb}. It stands as {} until it is confirmed.\n", status(value)),
        None => format!("Done: {verb}. It is {} now.\n", status(value)),
    };
    with_gaps(page, value)
}

fn lines(value: &Json) -> String {
    let rows: Vec<Vec<String>> = value.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(row).collect();
    if rows.is_empty() {
        return String::from("Nothing.\n");
    }
    table(&["RECORDED", "KIND", "URGENCY", "STATUS", "WHAT", "ID"], &rows)
}

fn row(line: &Json) -> Vec<String> {
    let conflicts = line.get("conflicts").unwrap_or(&Json::Null);
    let mut status = status(line);
    if conflicts.as_u64().is_some_and(|n| n > 0) {
        let _ = write!(status, " ({})", count(conflicts, "conflict", "conflicts"));
    }
    vec![
        minute(text(line, "recorded_at")),
        text(line, "kind").replace('_', " "),
        text(line, "urgency").into(),
        status,
        short(text(line, "title"), CELL_CHARS),
        text(line, "id").into(),
    ]
}

fn timeline(value: &Json) -> String {
    let row = |line: &Json| {
        let what = [text(line, "step"), text(line, "part"), text(line, "entry")]
            .into_iter()
            .find(|what| !what.is_empty())
            .unwrap_or_default();
        let doubt = if line.get("skew_ms").is_some() { "clock off" } else { "" };
        // The value of an entry that is no text comes as JSON.
        let told = text(line, "text");
        let value = serde_json::from_str(told).ok().filter(|value: &Json| value.is_object() || value.is_array());
        let words = short(&value.map_or_else(|| told.to_owned(), |value| plain(&value)), CELL_CHARS);
        vec![
            minute(text(line, "at")),
            doubt.into(),
            text(line, "kind").into(),
            what.into(),
            text(line, "author").into(),
            words,
        ]
    };
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    table(&["AT", "", "KIND", "WHAT", "WHO", "WORDS"], &all.iter().map(row).collect::<Vec<_>>())
}

fn prompts(value: &Json) -> String {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        // R116: no rule fired, which is not the same as no risk.
        return String::from("No rule asks for anything now. Judgement remains yours.\n");
    }
    let row = |prompt: &Json| {
        let rung = prompt.get("rung").map(plain).unwrap_or_default();
        let due = minute(text(prompt, "due_at"));
        vec![due, text(prompt, "code").into(), rung, text(prompt, "text").into(), text(prompt, "record").into()]
    };
    table(&["DUE", "RULE", "RUNG", "WHAT", "RECORD"], &all.iter().map(row).collect::<Vec<_>>())
}

fn boxed(value: &Json) -> String {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return String::from("Nothing is left in the sealed box.\n");
    }
    let row = |left: &Json| {
        let words: Vec<String> = list(left, "words")
            .iter()
            .map(|said| format!("{}: {}", text(said, "path"), plain(&said["value"])))
            .collect();
        let number = plain(&left["number"]);
        vec![number, text(left, "at").into(), text(left, "kind").into(), text(left, "id").into(), words.join("; ")]
    };
    table(&["NUMBER", "SAID AT", "KIND", "RECORD", "WORDS"], &all.iter().map(row).collect::<Vec<_>>())
}

fn matches(value: &Json) -> String {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return String::from("No two records share a number, place or person, as far as this device holds them.\n");
    }
    let row = |found: &Json| {
        let records: Vec<&str> = list(found, "records").iter().filter_map(Json::as_str).collect();
        vec![text(found, "state").into(), text(found, "key_kind").into(), records.join(" "), text(found, "id").into()]
    };
    table(&["STATE", "SHARED", "RECORDS", "ID"], &all.iter().map(row).collect::<Vec<_>>())
}

/// `2026-11-22 09:30`: as much of a time as a person needs in a list.
fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn show(value: &Json) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "{} {}", text(value, "kind").replace('_', " "), text(value, "id"));
    for name in ["status", "urgency", "owner", "due", "case"] {
        if let Some(there) = value.get(name).filter(|there| !there.is_null()) {
            let _ = writeln!(page, "  {name}: {}", short(&plain(there), 200));
        }
    }
    for (name, there) in value.as_object().into_iter().flatten() {
        let apart = SHOWN_APART.contains(&name.as_str()) || there.is_null();
        if !apart {
            let _ = writeln!(page, "  {}: {}", name.replace('_', " "), clean(&plain(there)));
        }
    }
    for addendum in list(value, "addenda") {
        let _ = writeln!(page, "Added later: {}", clean(&plain(addendum)));
    }
    for conflict in list(value, "conflicts") {
        let values: Vec<String> =
            list(conflict, "values").iter().map(|v| clean(&plain(v.get("value").unwrap_or(&Json::Null)))).collect();
        let _ = writeln!(page, "Two answers for {}: {}", text(conflict, "path"), values.join(" | "));
    }
    let mut page = with_gaps(page, value);
    for delivery in list(value, "delivery") {
        let (to, state) = (text(delivery, "to"), text(delivery, "state").replace('_', " "));
        let _ = writeln!(page, "{state} {} {}", if to.is_empty() { "-" } else { to }, minute(text(delivery, "at")));
    }
    let statements = list(value, "statements");
    let good = statements.iter().filter(|s| s.get("verified") == Some(&json!(true))).count();
    let _ = writeln!(page, "{} of {} signatures verified", good, statements.len());
    page
}

/// A text of several lines, without what would steer a terminal.
fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn standing(value: &Json) -> String {
    let mut page = String::new();
    let online = value.get("online") == Some(&json!(true));
    let _ = writeln!(page, "{}", if online { "The server was reached." } else { "No server was reached." });
    let unsent = value.get("unsent").and_then(Json::as_object);
    let waiting: Vec<String> = unsent
        .into_iter()
        .flatten()
        .filter(|(_, number)| number.as_u64().is_some_and(|n| n > 0))
        .map(|(urgency, number)| format!("{number} {urgency}"))
        .collect();
    if waiting.is_empty() {
        page.push_str("Nothing waits to be sent.\n");
    } else {
        let _ = writeln!(page, "Waiting to be sent: {}.", waiting.join(", "));
        if let Some(seconds) = value.get("oldest_unsent_seconds").and_then(Json::as_u64) {
            let _ = writeln!(page, "The oldest has waited {} min.", seconds / 60);
        }
    }
    if let Some(carried) = value.get("carried").filter(|carried| carried.as_u64() > Some(0)) {
        let _ = writeln!(page, "Carried for others: {}.", count(carried, "sealed part", "sealed parts"));
    }
    if !text(value, "last_receipt_at").is_empty() {
        let _ = writeln!(page, "Last receipt: {}.", minute(text(value, "last_receipt_at")));
    }
    if let Some(skew) = value.get("clock_skew_ms").and_then(Json::as_i64).filter(|skew| skew.abs() > 60_000) {
        let _ = writeln!(page, "This device's clock differs from the server's by {} s.", skew / 1000);
    }
    page
}

fn synced(value: &Json) -> String {
    let number = |name: &str| value.get(name).cloned().unwrap_or_default();
    let mut page = format!(
        "Sent {}, with {}; {} came.\n",
        count(&number("sent"), "record", "records"),
        count(&number("receipts"), "receipt", "receipts"),
        count(&number("received"), "change", "changes"),
    );
    for rejected in list(value, "rejected") {
        let _ =
            writeln!(page, "Not taken by the server, kept here: {} ({})", text(rejected, "id"), text(rejected, "code"));
    }
    page
}

fn verified(value: &Json) -> String {
    if value.get("ok") == Some(&json!(true)) {
        return String::from("Every signature, receipt and hash holds.\n");
    }
    let mut page = String::from("Something does not hold:\n");
    for fault in list(value, "faults") {
        let _ = writeln!(page, "  {}", clean(&plain(fault)));
    }
    page
}

fn bundle(value: &Json) -> String {
    let mut page = verified(value);
    let plainly = |name: &str| plain(&value[name]);
    let _ = writeln!(
        page,
        "{} records ({} masked), {} statements, {} receipts; made by {} at {}.",
        plainly("records"),
        plainly("masked"),
        plainly("statements"),
        plainly("receipts"),
        clean(&plainly("exported_by")),
        clean(&plainly("exported_at")),
    );
    if value["shown_checked"] == false {
        page.push_str("It was made under other rules: what it shows was not compared with its changes.\n");
    }
    page.push_str("Compare with what the force publishes:\n");
    for pin in list(value, "pins") {
        let _ = writeln!(page, "  pin {}", clean(&plain(pin)));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_a_table() {
        let list = Command::List { kind: None, case: None, open: false, unsent: false, limit: None, before: None };
        assert_eq!(page(&list, &json!([])), "Nothing.\n");
        let line = json!({"id": "i", "kind": "welfare_check", "urgency": "urgent", "status": "in_progress",
            "title": "t", "recorded_at": "2026-11-22T09:30:00.000Z", "conflicts": 1});
        let page = page(&list, &json!([line]));
        assert!(page.contains("2026-11-22 09:30  welfare check  urgent   in progress (1 conflict)  t"), "{page}");
    }

    #[test]
    fn a_gap_is_said_with_its_place() {
        let gap = json!({"code": "R6.safe_now", "path": "immediate_safety/safe_now", "message": "is the child safe?"});
        let value = json!({"id": "i", "status": "sealed_incomplete", "gaps": [gap]});
        let seal = Command::Seal { id: signed::RecordId([0; 16]) };
        let page = page(&seal, &value);
        assert!(page.starts_with("Sealed: i (sealed incomplete).\nStill missing:\n"), "{page}");
        assert!(page.contains("immediate_safety/safe_now: is the child safe? (R6.safe_now)"), "{page}");
    }

    #[test]
    fn a_chronology_says_an_entry_in_words() {
        let timeline = Command::Timeline { person: None, case: None };
        let line = json!({"at": "2026-11-22T09:30:00.000Z", "kind": "meeting", "entry": "invited", "author": "pc.green",
            "text": "{\"id\":\"x\",\"person\":{\"as_said\":\"Ms Reed\"},\"came\":true}"});
        let page = page(&timeline, &json!([line]));
        assert!(page.contains("came: yes, person: Ms Reed") && !page.contains('{'), "{page}");
    }

    #[test]
    fn an_account_cannot_steer_the_terminal() {
        let show = Command::Show { id: signed::RecordId([0; 16]), purpose: None };
        let value = json!({"kind": "concern", "id": "i", "what": "a\u{1b}[2Jb\r\nc", "subjects": [{"as_said": "Tom"}]});
        let page = page(&show, &value);
        assert!(page.contains("  what: a[2Jb\nc\n") && page.contains("  subjects: Tom\n"), "{page:?}");
    }
}
