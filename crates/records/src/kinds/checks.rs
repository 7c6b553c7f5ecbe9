//! What was looked up about somebody, and what was handed on as intelligence.

use documents::View;
use signed::Value;

use super::{RECORD, SAID, SAIDS, TEXT, TIME, a, c, m, note, open_note, step, w};
use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape};

/// The systems in which somebody or something is looked up.
pub const SYSTEMS: &[&str] = &[
    "PNC",
    "PND",
    "force_intelligence",
    "force_crime",
    "control_room_log",
    "child_protection_plan_or_social_care",
    "child_abuse_unit",
    "ViSOR",
    "missing_index",
    "youth_offending",
    "online_exploitation_index",
    "image_index",
    "international",
    "open_source",
    "school_log",
];

/// A check.
pub static INTELLIGENCE_CHECK: Kind = Kind {
    name: "intelligence_check",
    says: "that somebody or something was looked up, or is to be, and what shows that it was done",
    drafted: false,
    part: "request",
    initial: "queued",
    done: &["done", "not_done"],
    fields: &[
        w("target", SAID).must(),
        w("target_kind", Shape::Enum(&["person", "phone", "address", "venue", "email", "username", "vehicle"])),
        w("system", Shape::Enum(SYSTEMS)).must(),
        w("system_reference", Shape::Object(REFERENCE)).must_if(),
        w("result", Shape::Object(RESULT)).must_if(),
        w("requested_for", RECORD).must(),
        w("lawful_purpose", TEXT).must(),
        // What its author says of it at `new`; without a reference it counts as claimed (R36).
        w("said_status", Shape::Choice(SAID_STATUS)).also(&["status"]),
        m("due", TIME, Caution::Earliest),
        c("owner", Shape::Holder).by("assign"),
        // R72: what the dates were moved for, and from the third on by which plan.
        a("extensions", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        step("claim", &["queued", "not_available_offline", "claimed", "not_done"], "claimed", Argues::Neither),
        step("complete", &["queued", "claimed", "not_available_offline", "not_done"], "done", Argues::Neither),
        step("not_done", &["queued", "claimed", "not_available_offline"], "not_done", Argues::Neither),
        step("reopen", &["done", "not_done"], "queued", Argues::Open),
        open_note("assign").owned_by(Owns::To),
        note("extend"),
    ],
};

const SAID_STATUS: &[(&str, bool)] =
    &[("done", false), ("claimed", false), ("not_done", true), ("not_available_offline", false), ("queued", false)];
/// What shows that a check was made.
pub(crate) const REFERENCE: &[Field] = &[w("ref", TEXT).must(), w("by", TEXT), w("at", TIME)];
/// What a check found.
pub(crate) const RESULT: &[Field] = &[
    w("found", Shape::Choice(&[("nothing_known", false), ("hit", true), ("error", true)])).must(),
    w("serious", Shape::Bool),
    w("order_in_force", Shape::Bool),
];

/// An intelligence submission.
pub static INTELLIGENCE_SUBMISSION: Kind = Kind {
    name: "intelligence_submission",
    says: "what was handed on as intelligence, or why it was not",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("from_record", RECORD).must(),
        w("targets", SAIDS).must(),
        w("reliability", TEXT),
        w("submitted_by", TEXT),
        w("at", TIME),
        w("system_reference", TEXT),
        w("not_submitted", TEXT),
    ],
    steps: &[],
};

/// Where a record stands before any step: a kind's own beginning, but for a check what its author said of
/// it. Said to be done without a reference, it is claimed (R36).
pub(crate) fn initial(kind: &Kind, view: &View) -> &'static str {
    if kind.name != INTELLIGENCE_CHECK.name {
        return kind.initial;
    }
    let Some((_, sealed)) = view.part(kind.part) else { return kind.initial };
    let referenced = sealed.get("system_reference").and_then(Value::as_map).is_some_and(|map| map.contains_key("ref"));
    match sealed.get("said_status") {
        Some(Value::Map(map)) if map.contains_key("not_done") => "not_done",
        Some(Value::Text(said)) => match said.as_str() {
            "done" | "claimed" if referenced || !crate::rules::switch::on("R36") => "done",
            "done" | "claimed" => "claimed",
            "not_available_offline" => "not_available_offline",
            _ => kind.initial,
        },
        _ => kind.initial,
    }
}
