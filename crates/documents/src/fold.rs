//! A document's content put together change by change, without automerge: how the server reads, and how the device
//! reads a record. A draft it reads through automerge ([`crate::document`]); a property test holds the two equal.

use std::collections::BTreeSet;

use signed::ChangeHash;

use crate::change::{Candidate, NewEntry, Write};
use crate::document::LoadError;
use crate::state::{ChangeInfo, Checked};
use crate::template::Template;
use crate::view::{Clock, Dot, Entry, NOT_TAKEN, Said, Standing, View};

impl View {
    /// Puts a record together from changes that were checked when they came and kept since, ancestors first, with
    /// what is kept of each. A draft's words are automerge's to merge: [`crate::Document`] reads those.
    pub fn of_kept<'a>(changes: impl IntoIterator<Item = (&'a [u8], ChangeInfo)>) -> Result<Self, LoadError> {
        let mut view = Self::default();
        let mut known = BTreeSet::from([Template::Record.genesis().hash]);
        for (bytes, info) in changes {
            let change = Candidate::kept(bytes, Template::Record)?;
            if !change.deps.iter().all(|dep| known.contains(dep)) {
                return Err(LoadError::Ancestor);
            }
            known.insert(change.hash);
            view.stand(change.hash, &change.deps);
            let dot = Dot { actor: info.actor, seq: info.seq };
            for write in change.writes {
                view.write(write, dot, &info.clock);
            }
        }
        Ok(view)
    }

    /// Takes a checked change in. Changes may come in any order that has ancestors first.
    pub fn apply(&mut self, change: &Checked) {
        let dot = Dot { actor: change.actor, seq: change.seq };
        self.stand(change.hash, &change.deps);
        for write in &change.writes {
            self.write(write.clone(), dot, &change.clock);
        }
    }

    fn stand(&mut self, hash: ChangeHash, deps: &[ChangeHash]) {
        self.heads.retain(|head| !deps.contains(head));
        self.heads.push(hash);
        self.heads.sort_unstable();
    }

    fn write(&mut self, write: Write, dot: Dot, clock: &Clock) {
        match write {
            Write::Statement { counter, opened } => {
                self.insert_said(Said { opened: *opened, dot, clock: clock.clone(), counter, taken: NOT_TAKEN });
            }
            Write::Entry { counter, entry } => insert(&mut self.entries, entry, dot, counter),
            Write::Cautious { counter, entry } => insert(&mut self.cautious, entry, dot, counter),
            Write::Field { counter, key, value, preds } => {
                let standing = self.fields.entry(key).or_default();
                standing.retain(|s| !preds.contains(&(s.counter, s.dot.actor)));
                standing.push(Standing { value, counter, dot });
                standing.sort_by_key(|s| (s.counter, s.dot.actor));
            }
            Write::FieldDelete { key, preds } => {
                if let Some(standing) = self.fields.get_mut(&key) {
                    standing.retain(|s| !preds.contains(&(s.counter, s.dot.actor)));
                    if standing.is_empty() {
                        self.fields.remove(&key);
                    }
                }
            }
            // The text itself is automerge's to merge.
            Write::Insert { .. } | Write::Remove { .. } => {}
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

fn insert(map: &mut std::collections::BTreeMap<String, Vec<Entry>>, entry: NewEntry, dot: Dot, counter: u64) {
    let field = entry.field;
    let made = Entry { id: entry.id, value: entry.value, by: entry.by, at: entry.at.to_string(), dot, counter };
    insert_entry(map.entry(field).or_default(), made);
}

pub(crate) fn insert_entry(list: &mut Vec<Entry>, entry: Entry) {
    let place = list.partition_point(|e| (e.counter, &e.id) < (entry.counter, &entry.id));
    list.insert(place, entry);
}
