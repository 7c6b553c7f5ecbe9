//! R12, R13: the same number, address, email or person in two records, whoever wrote them.
//!
//! [`keys()`] says which identifiers a record carries, each in its one normal form ([`mod@normal`]), so that a
//! server can compare keyed hashes of them and a device plain rows. People are found by a blocking key
//! (how the name sounds, with the birthday, an alias or a school) and then weighed by [`likeness()`]. What is
//! found is *possible* until somebody confirms or rejects it with a reason; both are reversible. A name alone
//! never links. Ethnicity, nationality, religion and the kind of school are looked at by nothing here (R115).

mod keys;
pub mod normal;
mod person;
mod screen;

use signed::{RecordId, Timestamp};

pub use keys::{KEYS_MAX, Key, KeyKind, keys, shared_by_many};
pub use person::{Likeness, PersonFacts, facts, likeness};
pub use screen::Screen;

/// The rule that finds a key of this kind.
#[must_use]
pub fn rule(kind: KeyKind) -> &'static str {
    if kind == KeyKind::Phone { "R12" } else { "R13" }
}

/// The id of the match of two records by a kind of key: the same wherever it is found.
#[must_use]
pub fn match_id(kind: KeyKind, one: RecordId, other: RecordId) -> RecordId {
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    RecordId::derived(&["match", rule(kind), &low.to_string(), &high.to_string(), kind.as_str()])
}

/// Two records that may be about the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// By which kind of key.
    pub kind: KeyKind,
    /// The two records, the lower id first.
    pub records: [RecordId; 2],
    /// Whether many share it (a school, a hotel, a home, a helpline): it links and alerts nobody.
    pub shared: bool,
}

/// One record, as far as matching looks at it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record.
    pub record: RecordId,
    /// Its case.
    pub case: Option<RecordId>,
    /// Its identifiers.
    pub keys: Vec<Key>,
    /// Who it is, for a person.
    pub person: Option<PersonFacts>,
}

/// What a new record has in common with one that shares a key with it. Records of one case are known to
/// belong together and do not match.
#[must_use]
pub fn compare(new: &Entry, known: &Entry) -> Vec<Found> {
    if new.record == known.record || (new.case.is_some() && new.case == known.case) {
        return Vec::new();
    }
    let mut found: Vec<Found> = Vec::new();
    for key in &new.keys {
        let Some(other) = known.keys.iter().find(|other| other.kind == key.kind && other.value == key.value) else {
            continue;
        };
        if key.kind.of_person() && !alike(new, known) {
            continue;
        }
        let records = if new.record <= known.record { [new.record, known.record] } else { [known.record, new.record] };
        let one = Found { kind: key.kind, records, shared: key.shared || other.shared };
        if !found.iter().any(|known| known.kind == one.kind) {
            found.push(one);
        }
    }
    found
}

fn alike(one: &Entry, other: &Entry) -> bool {
    match (&one.person, &other.person) {
        (Some(one), Some(other)) => likeness(one, other).is_some(),
        // A name in an account against a person's record: the key is all there is.
        _ => true,
    }
}

/// What somebody decided about a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is the same.
    pub confirmed: bool,
    /// When.
    pub at: Timestamp,
}

/// Where a match stands: the last decision counts, and every one is kept.
#[must_use]
pub fn state(decisions: &[Decision]) -> &'static str {
    match decisions.iter().max_by_key(|decision| decision.at) {
        Some(last) if last.confirmed => "confirmed",
        Some(_) => "rejected",
        None => "possible",
    }
}

/// Whether a match raises urgency: only a confirmed one, on a suspect who is open or recent and serious. On
/// rejection nothing of it is left.
#[must_use]
pub fn raises(decisions: &[Decision], serious: bool) -> bool {
    serious && state(decisions) == "confirmed"
}
