//! Who takes over, what is due when, who was spoken to, who is away, who asks for help.

use documents::Merge;

use super::{RECORD, SAID, SAIDS, TEXT, TEXTS, TIME, YN3, a, c, l, m, note, open_note, step, w};
use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape};

/// A handover.
pub static HANDOVER: Kind = Kind {
    name: "handover",
    says: "everything one person passes to another, accepted by name",
    drafted: false,
    part: "request",
    initial: "proposed",
    done: &["accepted"],
    fields: &[
        w("from", Shape::Id).must(),
        w("to", Shape::Id).must(),
        // The cause itself stays in STAFFING; what somebody thinks of the child or the reporter has no place.
        w("reason", Shape::Enum(&["planned", "unplanned", "permanent"])).must(),
        w("items", Shape::List(&Shape::Object(ITEM_HANDED))).must(),
        w("spoken", YN3).must(),
        w("spoken_at", TIME),
        a("missing_documents", TEXTS),
        a("questions", Shape::List(&Shape::Any)).computed(),
        c("accepted_by", Shape::Id).computed(),
        c("accepted_at", TIME).computed(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[
        step("question", &["proposed", "questioned"], "questioned", Argues::Open),
        step("accept", &["proposed", "questioned"], "accepted", Argues::Neither).owned_by(Owns::Author),
        open_note("assign").owned_by(Owns::To),
    ],
};

const ITEM_HANDED: &[Field] =
    &[w("record", RECORD).must(), w("state", TEXT), w("next_step", TEXT), w("deadline", TIME), w("risk", TEXT)];

/// A deadline.
pub static DEADLINE: Kind = Kind {
    name: "deadline",
    says: "a date by which something has to have happened",
    drafted: false,
    part: "request",
    initial: "open",
    done: &["answered"],
    fields: &[
        w(
            "deadline_kind",
            Shape::Enum(&[
                "bail_return",
                "review",
                "positive_action",
                "statement",
                "interview",
                "court_file",
                "lab_result",
                "conference",
                "dip_sample",
                "custom",
            ]),
        )
        .must()
        .also(&["kind"]),
        w("what", TEXT),
        w("about", Shape::List(&SAID)),
        w("for_record", RECORD),
        m("due", TIME, Caution::Earliest).must().reopens(),
        c("owner", Shape::Holder).by("assign"),
        c("waiting_on", Shape::Object(WAITING)),
        a("answered", Shape::List(&Shape::Any)).computed(),
        // R72: what the dates were moved for, and from the third on by which plan.
        a("extensions", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        step("answer", &["open", "reopened"], "answered", Argues::Closed),
        step("reopen", &["answered"], "reopened", Argues::Open),
        open_note("assign").owned_by(Owns::To),
        note("extend"),
    ],
};

const WAITING: &[Field] = &[c("for", TEXT), c("until", TIME)];

/// A line of the contact log.
pub static CONTACT_LOG: Kind = Kind {
    name: "contact_log",
    says: "that somebody was spoken to, was tried, or was not and why",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("person", SAID).must(),
        w("person_role", Shape::Enum(&["victim", "parent", "suspect", "reporter", "witness", "professional"])).must(),
        w("contact", Shape::Choice(&[("made", false), ("attempted", false), ("not_attempted", true)]))
            .must()
            .also(&["result", "outcome"]),
        w("at", TIME),
        w("how", TEXT),
        a("what_told", Shape::List(&Shape::Headed(TOLD))),
        // R113: of the end of which measure they were told; and a parent for which child.
        w("measure", RECORD),
        w("on_behalf_of", SAIDS),
    ],
    steps: &[],
};

const TOLD: &[Field] = &[w("text", TEXT).must(), w("due", TIME)];

/// Somebody is away.
pub static ABSENCE: Kind = Kind {
    name: "absence",
    says: "that somebody is away, and who covers",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["ended"],
    fields: &[
        w("user", Shape::Id).must(),
        w("from", TIME).must(),
        c("to", TIME),
        w("absence_kind", Shape::Enum(&["sick", "leave", "abstracted", "course", "moved", "left"]))
            .must()
            .also(&["kind"]),
        c("cover", Shape::Id).must(),
        l("hours_per_week", Shape::Int),
        c("fte_percent_of_cover", Shape::Int),
    ],
    steps: &[step("end", &["recorded", "reopened"], "ended", Argues::Closed)],
};

/// A partnership with a school.
pub static AGREEMENT: Kind = Kind {
    name: "agreement",
    says: "what a school and the police have signed about sharing",
    drafted: false,
    part: "request",
    initial: "in_force",
    done: &["ended"],
    fields: &[
        w("agreement_type", Shape::Enum(&["partnership", "named_contact"])).must().also(&["type"]),
        w("from", TIME).must(),
        c("to", TIME).must(),
        w("signed_by", TEXT).must(),
    ],
    steps: &[step("end", &["in_force", "reopened"], "ended", Argues::Closed)],
};

/// A request for help.
pub static HELP_REQUEST: Kind = Kind {
    name: "help_request",
    says: "that somebody needs help with something, and what they were answered",
    drafted: false,
    part: "request",
    initial: "open",
    done: &["answered"],
    fields: &[
        w("text", TEXT).must(),
        w("for_record", RECORD),
        w("to", Shape::Id),
        c("owner", Shape::Holder).by("assign"),
        // R124: a worry about how somebody sees or treats a child goes past that person.
        w("about_user", Shape::Id),
        Field::new("wellbeing", Merge::W, YN3),
        a("answers", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        step("answer", &["open", "reopened"], "answered", Argues::Closed),
        step("reopen", &["answered"], "reopened", Argues::Open),
        open_note("assign").owned_by(Owns::To),
    ],
};

/// A choice made at a language prompt.
pub static LANGUAGE_PROMPT: Kind = Kind {
    name: "language_prompt",
    says: "which wording was pointed at, and what its author chose",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("phrase_id", TEXT).must(),
        w("field", TEXT).must(),
        w("for_record", RECORD),
        w("list_version", Shape::Int),
        w("at", TIME),
        w("choice", Shape::Choice(&[("reworded", false), ("kept", true), ("is_quote", false)])).must(),
        // R117: it is counted, so its author may say what the count does not.
        a("notes", TEXTS),
    ],
    steps: &[],
};

/// An escalation, where somebody writes one by hand; the rules' own are computed.
pub static ESCALATION: Kind = Kind {
    name: "escalation",
    says: "that something was taken up a rung, and how it was resolved",
    drafted: false,
    part: "request",
    initial: "open",
    done: &["resolved"],
    fields: &[
        w("trigger", TEXT).must(),
        w("for_record", RECORD).must(),
        w("rung", Shape::Int),
        a("prompts", Shape::List(&Shape::Any)),
        a("resolved_by", Shape::List(&Shape::Any)).computed(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[
        step("answer", &["open", "reopened"], "resolved", Argues::Closed),
        step("reopen", &["resolved"], "reopened", Argues::Open),
        open_note("assign").owned_by(Owns::To),
    ],
};
