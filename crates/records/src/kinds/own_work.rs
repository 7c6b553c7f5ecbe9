//! What is kept of somebody's own work: searches, openings, training. Everything counted about a person is theirs to
//! see and to annotate (R117).

use super::{RECORD, TEXT, TEXTS, TIME, a, l, w};
use crate::kind::{Kind, Shape};

/// A search of a person: that it was made and what for, never the words that were searched.
pub static SEARCH: Kind = Kind {
    name: "search",
    says: "that a person was searched, why, and for which record",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    // Working fields: both may be answered after the search, which waits for neither.
    fields: &[l("purpose", TEXT), l("for_record", RECORD), w("at", TIME), a("notes", TEXTS)],
    steps: &[],
};

/// An opening with a reason: it turns a headline into content for its author, and stands in the audit.
pub static OPENING: Kind = Kind {
    name: crate::opening::OPENING,
    says: "that somebody opened a record that the role does not hold of itself, and why",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[w("opens", RECORD).must(), w("reason", TEXT).must()],
    steps: &[],
};

/// A course somebody has been on.
pub static TRAINING: Kind = Kind {
    name: "training",
    says: "a course somebody was trained in, and when",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("user", Shape::Id).must(),
        w("course", Shape::Enum(&["safeguarding", "call_taking"])).must(),
        w("trained_on", TIME).must(),
        a("notes", TEXTS),
    ],
    steps: &[],
};
