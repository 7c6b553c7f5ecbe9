//! Which records may be about the same, judged from what two of them share.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use signed::{RecordId, Timestamp};

use super::keys::{Key, KeyKind, gather};
use super::person::{Likeness, PersonFacts, score};
use crate::access::Compartment;
use crate::rules::{Row, named};

/// One record, as far as matching looks at it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record.
    pub record: RecordId,
    /// Its case.
    pub case: Option<RecordId>,
    /// Who may hold it.
    pub compartment: Compartment,
    /// Its kind.
    pub kind: String,
    /// Its identifiers.
    pub keys: Vec<Key>,
    /// The people it says enough of to be weighed; none where all that is known of them is the key.
    pub people: Vec<PersonFacts>,
    /// Records it names.
    pub names: Vec<RecordId>,
    /// Whether it is about a suspect who is serious and open or recent.
    pub serious: bool,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Two records that may be about the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PossibleMatch {
    /// Its id: derived from the rule, the records and the kind of key, so the same wherever it is found.
    pub id: RecordId,
    /// `R12` or `R13`.
    pub rule: &'static str,
    /// By which kind of key.
    pub key_kind: KeyKind,
    /// The two records, the lower id first.
    pub records: [RecordId; 2],
    /// The one that was recorded first: a notice names it.
    pub earlier: RecordId,
    /// Whether anybody is told. What many share (a school, a hotel, a home, a helpline) links and alerts nobody.
    pub alerts: bool,
    /// Whether only those who hold the reporter's vault are told.
    pub vault_only: bool,
    /// Whether a serious suspect is in it: the identity check is due at once (15 minutes).
    pub serious: bool,
    /// For people: how like they are, where both records say enough of them.
    pub likeness: Option<Likeness>,
}

impl Entry {
    /// A record's row as an entry.
    #[must_use]
    pub fn of_row(row: &Row) -> Self {
        let found = gather(&row.kind, &row.body);
        Self {
            record: row.id,
            case: row.case,
            compartment: row.compartment.clone(),
            kind: row.kind.clone(),
            keys: found.list,
            people: found.people,
            names: named(&row.body),
            serious: serious(&row.body),
            recorded_at: row.recorded_at,
        }
    }
}

/// Whether a body is about a suspect who is serious: marked, or found so by a check.
#[must_use]
pub fn serious(body: &Json) -> bool {
    let list = |name: &str| body.get(name).and_then(Json::as_array).into_iter().flatten();
    let suspect = list("roles").any(|role| role == "suspect");
    let found = |name: &str| body.get("result").and_then(|result| result.get(name)) == Some(&Json::Bool(true));
    (suspect && list("markers").next().is_some()) || found("serious") || found("order_in_force")
}

/// The id of the match of two records by a kind of key.
#[must_use]
pub fn match_id(kind: KeyKind, one: RecordId, other: RecordId) -> RecordId {
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    RecordId::derived(&["match", kind.rule(), &low.to_string(), &high.to_string(), kind.as_str()])
}

/// What a new record has in common with those that share a key with it, one match for each pair and kind of key.
/// `shared` says of a key that many share it, beside what the records say themselves.
///
/// Records of one case and records of which one names the other are known to belong together and do not match;
/// nor does what is of one user alone (drafts, prompts, staffing).
#[must_use]
pub fn judge(new: &Entry, known: &[Entry], shared: &dyn Fn(&Key) -> bool) -> Vec<PossibleMatch> {
    let own: BTreeMap<(KeyKind, &str), &Key> = new.keys.iter().map(|key| ((key.kind, &*key.value), key)).collect();
    let mut found = Vec::new();
    for other in known.iter().filter(|other| may_match(new, other)) {
        // Of each kind in common: whether every such key is shared by many.
        let mut common: BTreeMap<KeyKind, bool> = BTreeMap::new();
        for key in &other.keys {
            if let Some(mine) = own.get(&(key.kind, &*key.value)) {
                let many = mine.shared || key.shared || shared(key);
                common.entry(key.kind).and_modify(|all| *all &= many).or_insert(many);
            }
        }
        for (kind, many) in common {
            found.extend(weigh(new, other, kind, many));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What two records have in common, as far as they say themselves what many share: see [`judge`].
#[must_use]
pub fn compare(new: &Entry, known: &Entry) -> Vec<PossibleMatch> {
    judge(new, std::slice::from_ref(known), &|_| false)
}

fn may_match(one: &Entry, other: &Entry) -> bool {
    let together = one.record == other.record || (one.case.is_some() && one.case == other.case);
    let names = one.names.contains(&other.record) || other.names.contains(&one.record);
    let open = |entry: &Entry| match entry.compartment {
        Compartment::Share { .. }
        | Compartment::ShareAction { .. }
        | Compartment::Call { .. }
        | Compartment::Police { .. }
        | Compartment::Intel { .. }
        | Compartment::Hub { .. }
        | Compartment::Reporter { .. } => true,
        Compartment::Staffing { .. } | Compartment::Prompts { .. } | Compartment::Draft { .. } | Compartment::Audit => {
            false
        }
    };
    !together && !names && open(one) && open(other)
}

fn weigh(new: &Entry, known: &Entry, kind: KeyKind, many: bool) -> Option<PossibleMatch> {
    if !crate::rules::switch::on(kind.rule()) {
        return None;
    }
    let mut likeness = None;
    // Where one of them says no more than the key, the key is all there is.
    if kind.of_person() && !new.people.is_empty() && !known.people.is_empty() {
        let pairs = new.people.iter().flat_map(|one| known.people.iter().map(move |other| score(one, other)));
        likeness = Some(pairs.flatten().max()?);
    }
    let vault = |entry: &Entry| matches!(entry.compartment, Compartment::Reporter { .. });
    let earlier = if (known.recorded_at, known.record) <= (new.recorded_at, new.record) { known } else { new };
    let (low, high) = if new.record <= known.record { (new, known) } else { (known, new) };
    Some(PossibleMatch {
        id: match_id(kind, new.record, known.record),
        rule: kind.rule(),
        key_kind: kind,
        records: [low.record, high.record],
        earlier: earlier.record,
        alerts: !many,
        vault_only: vault(new) || vault(known),
        serious: new.serious || known.serious,
        likeness,
    })
}
