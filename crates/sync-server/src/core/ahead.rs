//! What goes ahead of its turn (`proto/sync.md` section 12): a device that is far behind is sent what
//! is urgent or open first, and its rows later name what it holds by then.
//!
//! For each such device one list is kept. Its places up to `sent` never change any more, so that a
//! device's word "up to here" means the same documents for ever; what is urgent and new goes in right
//! behind them. Nothing here is the truth about what a device may hold: rows are.

use std::collections::{BTreeMap, BTreeSet};

use signed::{DeviceId, RecordId, UserId};
use sync_engine::Urgency;
use sync_engine::limits::AHEAD_BACKLOG_ROWS;
use sync_engine::server::Peer;
use wire::codec::inbox::number;
use wire::limits::{PAGE_BODY_BYTES_MAX, ROWS_PER_PAGE_MAX};
use wire::{Ahead, AheadHeader, Resume, Row};

use super::audit::{self, Note};
use super::directory::{SERVER, device_subject, school_subject, user_subject};
use super::document::change_place;
use super::inbox::{holds_content, walk};
use super::session::row_bytes;
use super::vault::{self, Purpose};
use super::{Core, receipts};
use crate::error::ServerError;
use crate::store::rows::{ChangeRow, DeviceEntry, DocumentRow};
use crate::store::{Reading, StoreError};

mod list;

pub(crate) use list::{List, Place};

/// Bytes of one message's rows: so much may be on its way when something urgent comes.
pub(crate) const AHEAD_BYTES: usize = 64 * 1024;

/// How often a choice is made anew because another session of the device made one meanwhile.
const TRIES_MAX: usize = 3;

impl Core {
    /// Chooses what goes ahead of its turn next to a device that was sent `from` last and holds every
    /// row up to `committed`; `None` when nothing is left to go ahead.
    ///
    /// What it discloses stands in the audit chain before it leaves.
    pub fn ahead(&self, peer: &Peer, from: Resume, committed: u64) -> Result<Option<Ahead>, ServerError> {
        for _ in 0..TRIES_MAX {
            if let Some(chosen) = self.choose(peer, from, committed)? {
                return Ok(chosen);
            }
        }
        Ok(None)
    }

    /// One try; outer `None` when the list was changed meanwhile.
    fn choose(&self, peer: &Peer, from: Resume, committed: u64) -> Result<Option<Option<Ahead>>, ServerError> {
        let (stored, list, cut) = {
            let tx = self.store.read()?;
            let device = tx.device(peer.device)?.ok_or(StoreError::Damaged)?;
            let stored = List::stored(tx.as_ref(), device.id)?;
            let known = stored.as_deref().and_then(List::from_bytes).filter(|list| list.life == device.incarnation);
            // A word about more than was ever sent is about a list of before this server was restored.
            let known = known.filter(|list| from.list != list.id || from.position <= list.sent);
            let mut list = match known {
                Some(list) => list,
                None => List::new(vault::random()?, device.incarnation, committed),
            };
            look(tx.as_ref(), &device, &mut list, committed)?;
            let at = if from.list == list.id { from.position } else { 0 };
            let cut = self.cut_ahead(tx.as_ref(), &device, &mut list, at)?;
            (stored, list, cut)
        };
        let mut tx = self.store.write()?;
        if List::stored(tx.reading(), peer.device)? != stored {
            return Ok(None);
        }
        let (bytes, now) = (list.to_bytes(), self.clock.now());
        if stored.as_ref() != Some(&bytes) {
            tx.put_meta(&List::name(peer.device), &bytes)?;
        }
        if !cut.disclosed.is_empty() {
            let note = Note {
                operation: "disclosure",
                who: SERVER,
                device: Some(peer.device),
                to: Some(&peer.user),
                records: &cut.disclosed,
                why: "ahead",
            };
            audit::append(tx.as_mut(), now, note)?;
            receipts::sign_tip(self.epoch, self.signer.as_ref(), tx.as_mut(), now)?;
        }
        tx.commit()?;
        if cut.rows.is_empty() {
            return Ok(Some(None));
        }
        let to = Resume { list: list.id, position: cut.position };
        let header = AheadHeader { user: peer.user.clone(), epoch: self.epoch, to, time: now, rows: Vec::new() };
        Ok(Some(Some(Ahead::sign(header, &cut.rows, self.signer.as_ref())?)))
    }

    /// The documents of one message, from this place of the list on.
    fn cut_ahead(
        &self,
        tx: &dyn Reading,
        device: &DeviceEntry,
        list: &mut List,
        from: u64,
    ) -> Result<Cut, ServerError> {
        let mut cut = Cut { rows: Vec::new(), disclosed: Vec::new(), position: from };
        let (head, _) = tx.inbox_head(&device.user)?;
        let mut bytes = 16;
        let mut first: Option<Place> = None;
        while let Some(place) = list.places.get(list::index(cut.position)).copied() {
            // The most urgent of all goes alone, and none that is urgent waits for one that is not.
            if first.is_some_and(|first| from == 0 || first.urgent != place.urgent) {
                break;
            }
            let whole = self.whole(tx, device, list, place.document, cut.position)?;
            let whole =
                whole.filter(|whole| whole.bytes < PAGE_BODY_BYTES_MAX && whole.rows.len() <= ROWS_PER_PAGE_MAX);
            match whole {
                Some(whole) if cut.rows.is_empty() || whole.fits(bytes, cut.rows.len()) => {
                    first = first.or(Some(place));
                    list.set(cut.position, Place { changes: whole.changes, row: head, ..place });
                    list.introduce(&whole.said, cut.position);
                    bytes += whole.bytes;
                    cut.disclosed.push(place.document);
                    cut.rows.extend(whole.rows);
                }
                Some(_) => break,
                // What is too large, damaged or held no more comes as rows alone.
                None => list.pass_over(cut.position),
            }
            cut.position += 1;
        }
        list.sent = list.sent.max(cut.position);
        Ok(cut)
    }

    /// All of a document, behind the statements of the directory that vouch for it; `None` when it does
    /// not go ahead.
    fn whole(
        &self,
        tx: &dyn Reading,
        device: &DeviceEntry,
        list: &List,
        document: RecordId,
        position: u64,
    ) -> Result<Option<Whole>, ServerError> {
        if !holds_content(tx, &device.user, document)? {
            return Ok(None);
        }
        let Some(row) = tx.document(document)? else { return Ok(None) };
        let (Ok(key), Ok(Some(projection))) = (self.vault.unwrap(document, &row.key), self.projection(&row)) else {
            return Ok(None);
        };
        let changes = tx.changes(document)?;
        let mut whole = Whole { changes: changes.len() as u64, ..Whole::default() };
        for subject in subjects(tx, &changes, projection.answerable())? {
            let news = tx.directory_of(subject)?.into_iter().filter(|said| !list.knows(said.number, position));
            for said in news {
                whole.said.push(said.number);
                whole.rows.push(Row::Directory { statement: said.statement });
            }
        }
        for change in &changes {
            let own = change.origin.filter(|o| o.device == device.id && o.incarnation == device.incarnation);
            let hash = change.hash;
            if let Some(origin) = own {
                let (lane, frame, item) = (origin.lane, origin.frame, origin.item);
                whole.rows.push(Row::Own { document, change: hash, lane, frame, item });
                continue;
            }
            let Ok(change) = key.open(Purpose::Change, &change_place(document, hash), &change.bytes) else {
                return Ok(None);
            };
            whole.rows.push(Row::Change { document, change });
        }
        whole.bytes = whole.rows.iter().map(row_bytes).sum();
        Ok(Some(whole))
    }
}

/// All of a document as it goes ahead.
#[derive(Default)]
struct Whole {
    rows: Vec<Row>,
    bytes: usize,
    changes: u64,
    /// The statements of the directory among the rows.
    said: Vec<u64>,
}

impl Whole {
    fn fits(&self, bytes: usize, rows: usize) -> bool {
        bytes + self.bytes <= AHEAD_BYTES && rows + self.rows.len() <= ROWS_PER_PAGE_MAX
    }
}

/// One message before it is signed.
struct Cut {
    rows: Vec<Row>,
    disclosed: Vec<RecordId>,
    position: u64,
}

/// Whom and what the directory says something about that a reader of these changes needs.
fn subjects(tx: &dyn Reading, changes: &[ChangeRow], owners: Vec<&str>) -> Result<Vec<RecordId>, ServerError> {
    let mut users: BTreeSet<UserId> = owners.into_iter().filter_map(|owner| UserId::new(owner).ok()).collect();
    let mut devices: BTreeSet<DeviceId> = BTreeSet::new();
    let actors: BTreeSet<_> = changes.iter().map(|change| change.actor).collect();
    for actor in actors {
        // The server's own actor is known by its pinned key.
        let Some(store) = tx.actor(actor)? else { continue };
        let device = tx.device(store.device)?.ok_or(StoreError::Damaged)?;
        devices.insert(store.device);
        users.insert(device.user);
    }
    let mut subjects = Vec::new();
    for user in users {
        let schools = tx.user(&user)?.map(|row| row.schools).unwrap_or_default();
        subjects.extend(schools.iter().map(school_subject));
        subjects.push(user_subject(&user));
    }
    subjects.extend(devices.into_iter().map(device_subject));
    let mut once = BTreeSet::new();
    subjects.retain(|subject| once.insert(*subject));
    Ok(subjects)
}

/// Looks through the rows that were not looked through yet: of many everything that is urgent or open
/// goes into the list, of a few what is urgent; in front of what was not sent yet.
fn look(tx: &dyn Reading, device: &DeviceEntry, list: &mut List, committed: u64) -> Result<(), ServerError> {
    let (head, _) = tx.inbox_head(&device.user)?;
    if head.saturating_sub(committed) < AHEAD_BACKLOG_ROWS || head <= list.scanned {
        return Ok(());
    }
    let many = head - list.scanned.max(committed) >= AHEAD_BACKLOG_ROWS;
    let mut newest: BTreeMap<RecordId, u64> = BTreeMap::new();
    walk(tx, &device.user, list.scanned, head + 1, &mut |row| match (row.kind, row.document) {
        (number::CHANGE, Some(document)) => drop(newest.insert(document, row.number)),
        (number::WITHDRAWN, Some(document)) => drop(list.withdrawn.insert(document)),
        _ => {}
    })?;
    let mut found = Vec::new();
    for (document, row) in newest {
        // A row that takes it away is still to come, and would take what went ahead with it.
        if list.withdrawn.contains(&document) || !holds_content(tx, &device.user, document)? {
            continue;
        }
        let rank = tx.document(document)?.and_then(|row| rank(&row)).filter(|rank| many || *rank < Rank::Open);
        found.extend(rank.map(|rank| (rank, std::cmp::Reverse(row), document)));
    }
    found.sort();
    let ahead = found.iter().map(|(rank, _, document)| Place {
        document: *document,
        urgent: *rank < Rank::Open,
        changes: 0,
        row: 0,
    });
    list.insert(ahead.collect());
    list.scanned = head;
    Ok(())
}

/// What goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Immediate,
    Urgent,
    Open,
}

fn rank(row: &DocumentRow) -> Option<Rank> {
    match Urgency::read(&row.urgency) {
        Urgency::Immediate => Some(Rank::Immediate),
        Urgency::Urgent => Some(Rank::Urgent),
        Urgency::Standard | Urgency::Info => row.open.then_some(Rank::Open),
    }
}

/// What a device holds that came ahead of its turn: its rows need only name it.
#[derive(Default)]
pub(crate) struct HeldAhead {
    /// Per document: how many of its changes, and up to which row they are told.
    documents: BTreeMap<RecordId, (u64, u64)>,
}

impl HeldAhead {
    /// As far as the device says, of the list that the server keeps.
    pub(crate) fn of(tx: &dyn Reading, device: &DeviceEntry, held: Option<Resume>) -> Result<Self, ServerError> {
        let Some(held) = held.filter(|held| held.position > 0) else { return Ok(Self::default()) };
        let list = List::stored(tx, device.id)?.as_deref().and_then(List::from_bytes);
        let same = |list: &List| list.id == held.list && list.life == device.incarnation && held.position <= list.sent;
        let Some(list) = list.filter(same) else {
            return Ok(Self::default());
        };
        let mut documents: BTreeMap<RecordId, (u64, u64)> = BTreeMap::new();
        let done = list.places.get(..list::index(held.position)).unwrap_or_default();
        for place in done.iter().filter(|place| place.changes > 0) {
            let known = documents.entry(place.document).or_default();
            *known = (known.0.max(place.changes), known.1.max(place.row));
        }
        // What was taken away since is not there any more, whatever was given again.
        for withdrawal in tx.withdrawals(&device.user, list.start)? {
            documents.remove(&withdrawal.document);
        }
        Ok(Self { documents })
    }

    /// Whether the device holds this change.
    pub(crate) fn holds(&self, change: &ChangeRow, row: u64) -> bool {
        self.documents.get(&change.document).is_some_and(|(changes, told)| change.place <= *changes && row <= *told)
    }
}
