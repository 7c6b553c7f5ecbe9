//! An action: something one person asked of another, and what came of it.

use super::{RECORD, SAID, SAIDS, TEXT, TIME, a, c, m, note, open_note, step, w};
use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape};

const ACTION_KIND: &[&str] = &[
    "enquiry",
    "visit",
    "speak_to_child",
    "speak_to_parent",
    "referral",
    "check",
    "share",
    "promise",
    "meeting",
    "evidence",
    "court_or_charging_item",
];

/// R53: the kinds of action whose completion needs a file.
pub(crate) const NEEDS_FILE: [&str; 2] = ["evidence", "court_or_charging_item"];

/// An action.
pub static ACTION: Kind = Kind {
    name: "action",
    says: "something one person asked of another, and what came of it",
    drafted: false,
    part: "request",
    initial: "requested",
    done: &["closed", "declined"],
    fields: &[
        w("requested_by", Shape::Headed(REQUESTED_BY)).must(),
        w("exact_request", TEXT).must(),
        w("about", SAIDS).must(),
        w("action_kind", Shape::Enum(ACTION_KIND)).must().also(&["kind"]),
        c("owner", Shape::Holder).by("assign"),
        a("response", Shape::List(&Shape::Any)).computed(),
        m("due", TIME, Caution::Earliest).must().reopens(),
        c("status", TEXT).computed(),
        a("updates", Shape::List(&Shape::Record)).computed(),
        a("evidence", Shape::List(&Shape::Object(EVIDENCE))).must_if(),
        a("outcome", TEXT).computed(),
        a("outcome_told", Shape::Any).computed(),
        a("delivery", Shape::Any).computed(),
        a("hops", Shape::List(&Shape::Any)).computed(),
        a("escalations", Shape::List(&Shape::Record)).computed(),
        w("carried_context", Shape::List(&Shape::Any)).must_if(),
        // R77: while the school that is to do this is shut.
        c("alternative_contact", SAID),
        c("school_exception", Shape::Object(EXCEPTION)),
        // R72: what the dates were moved for, and from the third on by which plan.
        a("extensions", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        step("accept", &["requested", "accepted", "declined", "reopened"], "accepted", Argues::Neither)
            .owned_by(Owns::Author),
        step("decline", &["requested", "reopened"], "declined", Argues::Neither),
        step("start", &["accepted", "blocked", "reopened"], "in_progress", Argues::Neither),
        step("block", &["accepted", "in_progress", "reopened"], "blocked", Argues::Open),
        step("complete", &["accepted", "in_progress", "blocked", "reopened"], "completed", Argues::Closed),
        step("tell_outcome", &["completed"], "outcome_told", Argues::Closed),
        step("close", &["completed", "outcome_told"], "closed", Argues::Closed),
        step("reopen", &[], "reopened", Argues::Open),
        step("challenge", &["declined", "completed", "outcome_told", "closed", "reopened"], "reopened", Argues::Open),
        step("forward", &["requested", "accepted", "in_progress", "blocked", "reopened"], "requested", Argues::Open)
            .owned_by(Owns::To),
        open_note("assign").owned_by(Owns::To),
        note("extend"),
        // R101: what was said to have been asked, in the other side's own words.
        note("confirm"),
        note("differs"),
    ],
};

/// What an action's requester sees of its progress.
pub static ACTION_UPDATE: Kind = Kind {
    name: "action_update",
    says: "what has been done about an action, as its requester may see it",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("action", RECORD).must(),
        w("text", TEXT).must().also(&["update", "text_school", "text_shared"]),
        w("at", TIME),
        c("next_date", TIME),
        // Given at `new` and never stored here: it becomes the action_note.
        w("text_police", TEXT),
    ],
    steps: &[],
};

/// The police's own note beside an update.
pub static ACTION_NOTE: Kind = Kind {
    name: "action_note",
    says: "the police's own note beside an action's update, or beside what a referral leaves out",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("update", RECORD),
        w("action", RECORD).must(),
        w("text", TEXT).must().also(&["text_police"]),
        // R48: somebody's opinion, held here and never told as a fact.
        w("opinion", Shape::Bool),
    ],
    steps: &[],
};

const REQUESTED_BY: &[Field] = &[w("person", SAID).must(), w("org", TEXT).must()];
/// Until when something may wait, and why.
const EXCEPTION: &[Field] = &[c("until", TIME).must(), c("reason", TEXT).must()];
/// One thing that shows an action was done.
pub(crate) const EVIDENCE: &[Field] =
    &[w("ref", TEXT), w("sha256", TEXT).also(&["hash"]), w("type", TEXT), w("record", RECORD), w("added_at", TIME)];
