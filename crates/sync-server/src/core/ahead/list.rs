//! The list of one device, and its one byte form.

use std::collections::{BTreeMap, BTreeSet};

use signed::cbor::{self, Value};
use signed::{DeviceId, Incarnation, RecordId};

use crate::error::ServerError;
use crate::store::Reading;
use crate::store::rows::DeviceEntry;

/// What goes ahead of its turn to one device, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// Names it in the device's words.
    pub(crate) id: [u8; 16],
    /// The life of the device's store that it is for.
    pub(crate) life: Incarnation,
    /// The device's cursor when it was begun, and the row up to which rows were looked through.
    pub(crate) start: u64,
    pub(crate) scanned: u64,
    /// How many places were ever sent: these never change their order.
    pub(crate) sent: u64,
    /// The documents.
    pub(crate) places: Vec<Place>,
    /// Documents with a row behind `start` that takes them away.
    pub(crate) withdrawn: BTreeSet<RecordId>,
    /// Statements of the directory, with the place that they went with.
    pub(crate) introduced: BTreeMap<u64, u64>,
}

/// One document in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The document.
    pub(crate) document: RecordId,
    /// Whether it is urgent or immediate: such ones do not wait for company.
    pub(crate) urgent: bool,
    /// How many of its changes went ahead, from the first; none until it was sent, and when it was
    /// passed over.
    pub(crate) changes: u64,
    /// The inbox's end at that moment.
    pub(crate) row: u64,
}

/// A position as an index.
pub(crate) fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

impl List {
    pub(crate) fn new(id: [u8; 16], life: Incarnation, start: u64) -> Self {
        Self {
            id,
            life,
            start,
            scanned: start,
            sent: 0,
            places: Vec::new(),
            withdrawn: BTreeSet::new(),
            introduced: BTreeMap::new(),
        }
    }

    /// Under which name the store keeps it.
    pub(crate) fn name(device: DeviceId) -> String {
        format!("ahead:{device}")
    }

    /// Its bytes in the store.
    pub(crate) fn stored(tx: &dyn Reading, device: DeviceId) -> Result<Option<Vec<u8>>, ServerError> {
        Ok(tx.meta(&Self::name(device))?.filter(|bytes| !bytes.is_empty()))
    }

    pub(crate) fn set(&mut self, position: u64, place: Place) {
        if let Some(one) = self.places.get_mut(index(position)) {
            *one = place;
        }
    }

    /// Puts documents right behind what was sent; what waits there already is not sent twice.
    pub(crate) fn insert(&mut self, documents: Vec<Place>) {
        let mut waiting = self.places.split_off(index(self.sent).min(self.places.len()));
        let new: BTreeSet<RecordId> = documents.iter().map(|place| place.document).collect();
        waiting.retain(|place| !new.contains(&place.document));
        self.places.extend(documents);
        self.places.append(&mut waiting);
    }

    /// Whether a statement of the directory went with an earlier place than this one.
    pub(crate) fn knows(&self, number: u64, position: u64) -> bool {
        self.introduced.get(&number).is_some_and(|at| *at < position)
    }

    /// Notes the statements of the directory that go with a place.
    pub(crate) fn introduce(&mut self, said: &[u64], position: u64) {
        for number in said {
            self.introduced.entry(*number).or_insert(position);
        }
    }

    /// A place with which nothing goes; what went with it before has to go with another.
    pub(crate) fn pass_over(&mut self, position: u64) {
        if let Some(place) = self.places.get_mut(index(position)) {
            (place.changes, place.row) = (0, 0);
        }
        self.introduced.retain(|_, at| *at != position);
    }

    /// Whether a device that stands there needs it no more.
    pub(crate) fn is_done(&self, device: &DeviceEntry) -> bool {
        device.cursor >= self.scanned || device.incarnation != self.life
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let place = |place: &Place| {
            let (document, urgent) = (Value::bytes(place.document.0), Value::Bool(place.urgent));
            Value::Array(vec![document, urgent, Value::uint(place.changes), Value::uint(place.row)])
        };
        let pair = |(number, at): (&u64, &u64)| Value::Array(vec![Value::uint(*number), Value::uint(*at)]);
        cbor::encode(&Value::Array(vec![
            Value::bytes(self.id),
            Value::bytes(self.life.0),
            Value::uint(self.start),
            Value::uint(self.scanned),
            Value::uint(self.sent),
            Value::Array(self.places.iter().map(place).collect()),
            Value::Array(self.withdrawn.iter().map(|id| Value::bytes(id.0)).collect()),
            Value::Array(self.introduced.iter().map(pair).collect()),
        ]))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let value = cbor::decode(bytes).ok()?;
        let [id, life, start, scanned, sent, places, withdrawn, introduced] = value.as_array()? else { return None };
        let record = |value: &Value| RecordId::from_slice(value.as_bytes()?).ok();
        let place = |value: &Value| {
            let [document, Value::Bool(urgent), changes, row] = value.as_array()? else { return None };
            let (changes, row) = (changes.as_uint()?, row.as_uint()?);
            Some(Place { document: record(document)?, urgent: *urgent, changes, row })
        };
        let pair = |value: &Value| {
            let [number, at] = value.as_array()? else { return None };
            Some((number.as_uint()?, at.as_uint()?))
        };
        Some(Self {
            id: id.as_bytes()?.try_into().ok()?,
            life: Incarnation(life.as_bytes()?.try_into().ok()?),
            start: start.as_uint()?,
            scanned: scanned.as_uint()?,
            sent: sent.as_uint()?,
            places: places.as_array()?.iter().map(place).collect::<Option<_>>()?,
            withdrawn: withdrawn.as_array()?.iter().map(record).collect::<Option<_>>()?,
            introduced: introduced.as_array()?.iter().map(pair).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u8, urgent: bool) -> Place {
        Place { document: RecordId([number; 16]), urgent, changes: 0, row: 0 }
    }

    fn order(list: &List) -> Vec<u8> {
        list.places.iter().map(|place| place.document.0[0]).collect()
    }

    #[test]
    fn what_was_sent_never_moves_and_what_is_new_goes_right_behind_it() {
        let mut list = List::new([1; 16], Incarnation([2; 16]), 40);
        list.insert((1..=5).map(|number| place(number, false)).collect());
        list.sent = 2;
        list.insert(vec![place(9, true), place(4, true)]);
        assert_eq!(order(&list), [1, 2, 9, 4, 3, 5]);
        // What was sent may have to go again: it changed.
        list.insert(vec![place(1, true)]);
        assert_eq!(order(&list), [1, 2, 1, 9, 4, 3, 5]);
        assert_eq!(List::from_bytes(&list.to_bytes()), Some(list));
    }

    #[test]
    fn a_statement_that_went_with_a_place_that_is_passed_over_goes_with_another() {
        let mut list = List::new([1; 16], Incarnation([2; 16]), 0);
        list.insert(vec![place(1, false), place(2, false)]);
        list.introduce(&[7], 0);
        assert!(list.knows(7, 1) && !list.knows(7, 0), "its own place sends it again");
        list.pass_over(0);
        assert!(!list.knows(7, 1));
    }

    #[test]
    fn what_does_not_read_back_is_no_list() {
        assert_eq!(List::from_bytes(&[]), None);
        assert_eq!(List::from_bytes(&[0x80]), None);
    }
}
