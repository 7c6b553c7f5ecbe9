//! A document's content put together change by change, without automerge: how the server reads.
//! The device reads through automerge ([`crate::document`]); a property test holds the two equal.

use crate::change::{NewEntry, Write};
use crate::state::Checked;
use crate::view::{Dot, Entry, NOT_TAKEN, Said, Standing, View};

impl View {
    /// Takes a checked change in. Changes may come in any order that has ancestors first.
    pub fn apply(&mut self, change: &Checked) {
        let dot = Dot { actor: change.actor, seq: change.seq };
        self.heads.retain(|head| !change.deps.contains(head));
        self.heads.push(change.hash);
        self.heads.sort_unstable();
        for write in &change.writes {
            match write {
                Write::Statement { counter, opened } => {
                    let said = Said {
                        opened: (**opened).clone(),
                        dot,
                        clock: change.clock.clone(),
                        counter: *counter,
                        taken: NOT_TAKEN,
                    };
                    self.insert_said(said);
                }
                Write::Entry { counter, entry } => insert(&mut self.entries, entry, dot, *counter),
                Write::Cautious { counter, entry } => insert(&mut self.cautious, entry, dot, *counter),
                Write::Field { counter, key, value, preds } => {
                    let standing = self.fields.entry(key.clone()).or_default();
                    standing.retain(|s| !preds.contains(&(s.counter, s.dot.actor)));
                    standing.push(Standing { value: value.clone(), counter: *counter, dot });
                    standing.sort_by_key(|s| (s.counter, s.dot.actor));
                }
                Write::FieldDelete { key, preds } => {
                    if let Some(standing) = self.fields.get_mut(key) {
                        standing.retain(|s| !preds.contains(&(s.counter, s.dot.actor)));
                        if standing.is_empty() {
                            self.fields.remove(key);
                        }
                    }
                }
                // The text itself is automerge's to merge.
                Write::Insert { .. } | Write::Remove { .. } => {}
            }
        }
    }

    pub(crate) fn insert_said(&mut self, said: Said) {
        // A counter is higher than that of everything known when it was given: sorting by it is
        // sorting by cause, and the identity breaks ties the same way everywhere.
        let key = (said.counter, said.opened.id);
        let place = self.statements.partition_point(|s| (s.counter, s.opened.id) < key);
        if self.statements.get(place).is_none_or(|s| s.opened.id != said.opened.id) {
            self.statements.insert(place, said);
        }
    }
}

fn insert(map: &mut std::collections::BTreeMap<String, Vec<Entry>>, entry: &NewEntry, dot: Dot, counter: u64) {
    let made = Entry {
        id: entry.id.clone(),
        value: entry.value.clone(),
        by: entry.by.clone(),
        at: entry.at.to_string(),
        dot,
        counter,
    };
    insert_entry(map.entry(entry.field.clone()).or_default(), made);
}

pub(crate) fn insert_entry(list: &mut Vec<Entry>, entry: Entry) {
    let place = list.partition_point(|e| (e.counter, &e.id) < (entry.counter, &entry.id));
    list.insert(place, entry);
}
