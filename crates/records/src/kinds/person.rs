//! A person, once per compartment.

use super::{RECORD, SAID, SAIDS, TEXT, TEXTS, YN3, a, c, l, m, w};
use crate::kind::{Caution, Field, Kind, Shape};

const ROLES: &[&str] = &["child", "suspect", "sibling", "parent_carer", "professional", "witness", "reporter"];
const VULNERABILITIES: &[&str] = &[
    "autism",
    "learning",
    "mental_health",
    "disability",
    "in_care",
    "care_leaver",
    "missing_history",
    "exploitation_known",
    "language",
    "substance",
    "pregnant",
];
const MARKERS: &[&str] = &["firearms", "weapons", "violence", "drugs", "sexual_offender", "order_in_force"];

/// A person.
pub static PERSON: Kind = Kind {
    name: "person",
    says: "a person, as one compartment knows them",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        a("roles", Shape::Set(ROLES)).must(),
        a("names", TEXTS),
        // R119: a person who was only named, and why they were not spoken to yet.
        c("not_yet_spoken_to", TEXT),
        a("aliases", TEXTS),
        c("dob", Shape::Day).must_if(),
        c("estimated_age", Shape::Headed(ESTIMATED_AGE)).must_if(),
        m("treat_as_child", Shape::Bool, Caution::Order(&["true", "false"])),
        a("vulnerability", Shape::List(&Shape::Headed(VULNERABILITY))),
        a("communication_needs", TEXTS),
        c("social_worker", SAID),
        c("ethnicity_self_defined", Shape::Ethnicity).must(),
        l("ethnicity_officer_perceived", TEXT),
        c("nationality", Shape::TextOr(&["unknown"])),
        l("sex", TEXT),
        a("other_schools", TEXTS),
        c("household", RECORD),
        m("markers", Shape::List(&Shape::Headed(MARKER)), Caution::Union).reopens(),
        a("jobs_and_volunteering", Shape::List(&Shape::Headed(JOB))),
        c("contact_with_children", Shape::Headed(CONTACT)).must(),
        m("safe_contact", Shape::Object(SAFE_CONTACT), Caution::None),
        a("phones", TEXTS),
        a("emails", TEXTS),
        a("usernames", TEXTS),
        a("addresses", TEXTS),
    ],
    steps: &[],
};

const ESTIMATED_AGE: &[Field] = &[c("years", Shape::Int).must().also(&["age"]), c("basis", TEXT).must()];
const VULNERABILITY: &[Field] = &[
    w("vulnerability", Shape::Enum(VULNERABILITIES)).must().also(&["what"]),
    w("source", TEXT),
    w("heard_how", TEXT),
    w("date", Shape::Day),
];
const MARKER: &[Field] = &[
    w("marker", Shape::Enum(MARKERS)).must().also(&["what"]),
    w("source", TEXT),
    w("heard_how", TEXT),
    w("date", Shape::Day),
];
const JOB: &[Field] = &[w("what", TEXT).must(), w("contact_with_children", YN3)];
const CONTACT: &[Field] = &[c("yn3", YN3).must().also(&["answer", "value"]), c("evidence", TEXT)];
const SAFE_CONTACT: &[Field] = &[c("how", TEXT), c("when", TEXT), m("not_to_know", SAIDS, Caution::Union)];
