//! A concern: how a case starts.

use super::{SAID, SAIDS, TEXT, TEXTS, TIME, YN3, a, c, w};
use crate::kind::{Field, Kind, Shape};

/// The indicators of a concern.
pub const INDICATORS: &[&str] = &[
    "older_person",
    "criminal_exploitation",
    "domestic_abuse",
    "peer_harassment",
    "hotel_or_private_room",
    "gifts_alcohol_drugs",
    "missing_or_late",
    "sexual_rumour",
    "co_sleeping",
    "online_contact",
    "blackmail",
    "coercion",
    "named_group",
    "harsh_treatment",
    "drug_use_in_home",
];
const SOURCES: &[&str] = &["school", "999", "101", "partner", "child", "patrol", "intelligence"];

/// A concern.
pub static CONCERN: Kind = Kind {
    name: "concern",
    says: "a worry about a child, in the exact words it came in",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("source", Shape::Enum(SOURCES)).must(),
        w("exact_words", TEXT).must(),
        a("concern_items", Shape::List(&Shape::Object(CONCERN_ITEM))).must().reopens(),
        w("received_from", Shape::Headed(RECEIVED_FROM)).must(),
        w("relation_to_child", TEXT),
        a("where", SAIDS),
        a("phones", TEXTS),
        a("indicators", Shape::Set(INDICATORS)),
        c("known_to_school_log", YN3).must(),
        w("heard_how", Shape::Enum(&["direct", "second_hand", "rumour"])).must(),
        a("advice_given", Shape::List(&Shape::Object(ADVICE))),
        w("scheme_quoted", TEXT),
        // The reporter's words on how to come near, and who must not learn of it (R113).
        w("how_to_approach", TEXT),
        a("not_to_know", SAIDS),
        // How it was followed up and resolved, with the reasons (KCSIE).
        a("follow_up", Shape::List(&Shape::Object(FOLLOW_UP))),
    ],
    steps: &[],
};

/// One distinct worry.
pub(super) const CONCERN_ITEM: &[Field] = &[w("text", TEXT).must(), w("about_person", SAID)];
const RECEIVED_FROM: &[Field] = &[w("person", SAID), w("anonymous", Shape::Bool), w("relation_category", TEXT)];
const FOLLOW_UP: &[Field] =
    &[w("text", TEXT).must(), w("decision", TEXT), w("reason", TEXT), w("by", TEXT), w("at", TIME)];
const ADVICE: &[Field] = &[w("to", TEXT), w("text", TEXT).must()];
