//! What keeps a child safe meanwhile, and what came of it at the school.

use super::{RECORD, SAID, SAIDS, TEXT, TEXTS, TIME, YN3, a, c, m, note, open_note, step, w};
use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape};

/// A protective measure.
pub static PROTECTIVE_MEASURE: Kind = Kind {
    name: "protective_measure",
    says: "bail conditions, an order, an agreement or a placement that protects somebody",
    drafted: false,
    part: "request",
    initial: "in_force",
    done: &["ended", "replaced"],
    fields: &[
        w("measure_kind", Shape::Enum(&["bail_condition", "order", "working_agreement", "placement"]))
            .must()
            .also(&["kind"]),
        w("terms", TEXT).must(),
        w("protects", SAIDS).must(),
        c("monitored_by", Shape::Object(MONITOR)).must(),
        w("from", TIME),
        m("to", TIME, Caution::Earliest).must(),
        a("ended", Shape::List(&Shape::Any)).computed(),
        // R72: what the dates were moved for, and from the third on by which plan.
        a("extensions", Shape::List(&Shape::Any)).computed(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[
        step("end", &["in_force", "breached", "reopened"], "ended", Argues::Neither),
        step("breach", &["in_force", "breached", "reopened"], "breached", Argues::Open),
        // R103: a sergeant names what protects them instead, or accepts the gap in writing.
        step("replace", &["ended", "breached", "in_force", "reopened"], "replaced", Argues::Closed),
        open_note("assign").owned_by(Owns::To),
        note("extend"),
    ],
};

const MONITOR: &[Field] = &[c("person", SAID), c("org", TEXT)];

/// A safety plan for one child.
pub static SAFETY_PLAN: Kind = Kind {
    name: "safety_plan",
    says: "what keeps one child safe while somebody may have access to them",
    drafted: false,
    part: "request",
    initial: "in_force",
    done: &["ended"],
    fields: &[
        w("child", SAID).must(),
        w("plan", TEXT).must(),
        c("owner", Shape::Holder).by("assign"),
        m("review_by", TIME, Caution::Earliest).must(),
        // R72: what the dates were moved for, and from the third on by which plan.
        a("extensions", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        note("reviewed"),
        step("end", &["in_force", "reopened"], "ended", Argues::Closed),
        open_note("assign").owned_by(Owns::To),
        note("extend"),
    ],
};

/// A device that was seen, used or declared.
pub static DEVICE_SEEN: Kind = Kind {
    name: "device_seen",
    says: "a phone or other device that was seen, used or declared, and whether it was taken",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("what", TEXT).must(),
        w("of", SAID),
        w("seen_at", TIME),
        w("seen_in", RECORD),
        c("taken", Shape::Choice(&[("seized", false), ("not_seized", true), ("not_asked", true)])).must(),
    ],
    steps: &[],
};

/// What the school and the police decided.
pub static SCHOOL_OUTCOME: Kind = Kind {
    name: "school_outcome",
    says: "which sanction a school imposed, beside what the police decided",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("about", SAIDS).must(),
        c("sanction", Shape::Enum(&["none", "internal", "suspension", "permanent_exclusion"])).must(),
        c("from", TIME),
        c("to", TIME),
        c("police_outcome", TEXT),
        c("linked_support", TEXT),
    ],
    steps: &[],
};

/// What was released of a record to a school (R47, R88): a record of its own, made by `release_extract` alone, in the
/// words that whoever released it screened. Of the record itself it holds an id, a kind and a time.
pub static EXTRACT: Kind = Kind {
    name: "extract",
    says: "what was released of a record to a school: from which, which parts, in words that were screened",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("of", RECORD).must(),
        w("of_kind", TEXT).must(),
        w("of_recorded_at", TIME),
        w("parts", TEXTS).must(),
        w("text", TEXT).must(),
        // Somebody of the school by name; absent where it is for the school's leads.
        w("to", Shape::Id),
    ],
    steps: &[],
};

/// What a school says of the service.
pub static FEEDBACK: Kind = Kind {
    name: "feedback",
    says: "what a school says of how its request was dealt with",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[w("action", RECORD).must(), w("text", TEXT).must(), w("helped", YN3)],
    steps: &[],
};
