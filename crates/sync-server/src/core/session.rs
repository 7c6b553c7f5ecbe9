//! What a session asks: whose key it is, what answers its hello, pages, and what its device holds.

use std::collections::BTreeSet;

use records::Role;
use signed::{ChangeHash, Incarnation, PublicKey, RecordId, UserId, cbor, code};
use sync_engine::limits::AHEAD_BACKLOG_ROWS;
use sync_engine::server::{Facts, Peer, ProvenFrame};
use wire::codec::inbox::number;
use wire::limits::{PAGE_BODY_BYTES_MAX, ROWS_PER_PAGE_MAX};
use wire::{Hello, Lane, Page, PageHeader, Receipt, Resume, Row};

use super::ahead::{AHEAD_BYTES, HeldAhead, List};
use super::audit::{self, Note};
use super::document::change_place;
use super::inbox::{digest_at, holds_content, walk};
use super::types::PeerState;
use super::vault::Purpose;
use super::work::Work;
use super::{Core, directory, receipts};
use crate::error::ServerError;
use crate::store::rows::{ActorRow, DeviceEntry, InboxRow};
use crate::store::{Reading, StoreError};

/// Bytes of a row beside its change or body, at most: its number, its document and map keys.
const ROW_OVERHEAD_BYTES_MAX: usize = 160;

impl Core {
    /// Whose key this is.
    pub fn peer(&self, key: &PublicKey) -> Result<PeerState, ServerError> {
        let tx = self.store.read()?;
        let Some(device) = tx.device(key.id())?.filter(|device| device.key == *key) else {
            return Ok(PeerState::Unknown);
        };
        let user = tx.user(&device.user)?.ok_or(StoreError::Damaged)?;
        let peer = Peer { device: device.id, key: key.clone(), user: device.user, role: user.role };
        if device.revoked_at.is_some() || !user.active {
            return Ok(PeerState::Revoked { peer, erase: device.erase });
        }
        Ok(PeerState::Known(peer))
    }

    /// What answers a device's hello. A life of its store that is new here is entered into the
    /// directory.
    pub fn facts(&self, peer: &Peer, hello: &Hello) -> Result<Facts, ServerError> {
        let mut work = Work::begin(self)?;
        let mut device = work.tx.device(peer.device)?.ok_or(StoreError::Damaged)?;
        work.new_life(&device, hello.incarnation)?;
        device.incarnation = hello.incarnation;
        device.last_sync_at = Some(work.now);
        work.tx.put_device(&device)?;
        let list = List::stored(work.tx.reading(), device.id)?;
        // A list that does not read back is none: everything comes as rows then.
        if list.is_some_and(|list| List::from_bytes(&list).is_none_or(|list| list.is_done(&device))) {
            work.tx.put_meta(&List::name(device.id), &[])?;
        }
        let lane = |lane| -> Result<_, ServerError> {
            let last = work.tx.last_frame(peer.device, &hello.incarnation, lane)?;
            Ok(last.map_or((0, signed::FrameHash([0; 32])), |row| (row.number, row.hash)))
        };
        let lanes = [lane(Lane::Urgent)?, lane(Lane::Rest)?];
        let facts = Facts {
            epoch: self.epoch,
            time: work.now,
            head: work.tx.inbox_head(&peer.user)?.0,
            digest: digest_at(work.tx.reading(), &peer.user, peer.device, hello.cursor)?,
            lanes,
        };
        work.finish()?;
        Ok(facts)
    }

    /// The receipt of a frame that was taken before (`W.frame_changed` when it is another one).
    pub fn again(&self, peer: &Peer, frame: &ProvenFrame) -> Result<Receipt, signed::Code> {
        let look = || -> Result<Option<Receipt>, ServerError> {
            let tx = self.store.read()?;
            let header = &frame.header;
            let row = tx.frame(peer.device, &header.incarnation, header.lane, header.number)?;
            let Some(row) = row.filter(|row| row.hash == frame.hash) else { return Ok(None) };
            receipts::of_frame(tx.as_ref(), &row).map(Some)
        };
        look().map_err(|error| error.code)?.ok_or(code::W_FRAME_CHANGED)
    }

    /// Cuts a page of the rows after this one for this device; `None` when there are none yet. What the
    /// device holds because it went ahead of its turn is only named.
    ///
    /// What the page discloses stands in the audit chain before it leaves.
    pub fn page(&self, peer: &Peer, after: u64, held: Option<Resume>) -> Result<Option<Page>, ServerError> {
        let cut = {
            let tx = self.store.read()?;
            let device = tx.device(peer.device)?.ok_or(StoreError::Damaged)?;
            self.cut(tx.as_ref(), &device, after, held)?
        };
        let Some(mut cut) = cut else { return Ok(None) };
        if !cut.disclosed.is_empty() {
            let mut tx = self.store.write()?;
            let note = Note {
                operation: "disclosure",
                who: directory::SERVER,
                device: Some(peer.device),
                to: Some(&peer.user),
                records: &cut.disclosed,
                why: "page",
            };
            audit::append(tx.as_mut(), self.clock.now(), note)?;
            receipts::sign_tip(self.epoch, self.signer.as_ref(), tx.as_mut(), self.clock.now())?;
            tx.commit()?;
        }
        if self.faults.wrong_order {
            cut.rows.reverse();
        }
        if self.faults.unsigned_sent {
            cut.rows = cut.rows.into_iter().map(super::faults::without_signature).collect();
        }
        let header = PageHeader {
            user: peer.user.clone(),
            epoch: self.epoch,
            from: after + 1,
            digest: cut.digest,
            time: self.clock.now(),
            rows: Vec::new(),
        };
        Ok(Some(Page::sign(header, &cut.rows, cut.head, self.signer.as_ref())?))
    }

    fn cut(
        &self,
        tx: &dyn Reading,
        device: &DeviceEntry,
        after: u64,
        held: Option<Resume>,
    ) -> Result<Option<Cut>, ServerError> {
        let (head, _) = tx.inbox_head(&device.user)?;
        let held = HeldAhead::of(tx, device, held)?;
        // What is urgent may have to go out behind this page.
        let far = head.saturating_sub(after) >= AHEAD_BACKLOG_ROWS;
        let bytes_max = if far { AHEAD_BYTES } else { PAGE_BODY_BYTES_MAX };
        let (mut rows, mut disclosed, mut bytes) = (Vec::new(), Vec::new(), 16);
        for stored in tx.inbox(&device.user, after, ROWS_PER_PAGE_MAX)? {
            let row = self.row(tx, device, &stored, &held, &mut disclosed)?;
            bytes += row_bytes(&row);
            if bytes > bytes_max && !rows.is_empty() {
                break;
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let last = after + rows.len() as u64;
        let digest = digest_at(tx, &device.user, device.id, last)?.ok_or(StoreError::Damaged)?;
        Ok(Some(Cut { rows, disclosed, digest, head }))
    }

    /// One row, as this device is to have it.
    fn row(
        &self,
        tx: &dyn Reading,
        device: &DeviceEntry,
        stored: &InboxRow,
        held: &HeldAhead,
        disclosed: &mut Vec<RecordId>,
    ) -> Result<Row, ServerError> {
        let (Some(document), Some(hash)) = (stored.document, stored.change) else {
            let value = cbor::decode(&stored.body).map_err(|_| StoreError::Damaged)?;
            return Ok(Row::from_value(value).map_err(|_| StoreError::Damaged)?);
        };
        // What was taken away since does not travel again, to a new device least of all.
        if !holds_content(tx, &device.user, document)? {
            return Ok(Row::Withdrawn { document, headline: None });
        }
        let change = tx.change(document, hash)?.ok_or(StoreError::Damaged)?;
        let own = change.origin.filter(|o| o.device == device.id && o.incarnation == device.incarnation);
        if let Some(origin) = own {
            let (lane, frame, item) = (origin.lane, origin.frame, origin.item);
            return Ok(Row::Own { document, change: hash, lane, frame, item });
        }
        if held.holds(&change, stored.number) {
            return Ok(Row::Held { document, change: hash });
        }
        let row = tx.document(document)?.ok_or(StoreError::Damaged)?;
        let opened = self.vault.unwrap(document, &row.key);
        let opened = opened.and_then(|key| key.open(Purpose::Change, &change_place(document, hash), &change.bytes));
        // A damaged change must not stop everything behind it: the device keeps the lone zero apart and
        // says so, `verify` says which it is.
        let Ok(change) = opened else { return Ok(Row::Change { document, change: vec![0] }) };
        if !disclosed.contains(&document) {
            disclosed.push(document);
        }
        Ok(Row::Change { document, change })
    }

    /// A device holds every row up to here; answers the inboxes that grew by it: those who wrote
    /// what a first device of this user now holds are told so.
    pub fn committed(&self, peer: &Peer, cursor: u64) -> Result<Vec<(UserId, u64)>, ServerError> {
        let mut work = Work::begin(self)?;
        let mut device = work.tx.device(peer.device)?.ok_or(StoreError::Damaged)?;
        let (head, _) = work.tx.inbox_head(&peer.user)?;
        let cursor = cursor.min(head);
        device.cursor = device.cursor.max(cursor);
        device.last_sync_at = Some(work.now);
        work.tx.put_device(&device)?;
        work.delivered(&peer.user, cursor)?;
        work.finish()
    }
}

/// A page before it is signed.
struct Cut {
    rows: Vec<Row>,
    disclosed: Vec<RecordId>,
    digest: [u8; 32],
    head: u64,
}

pub(crate) fn row_bytes(row: &Row) -> usize {
    ROW_OVERHEAD_BYTES_MAX
        + match row {
            Row::Change { change, .. } => change.len(),
            Row::Directory { statement } => statement.len(),
            Row::Own { .. } | Row::Held { .. } | Row::Granted { .. } | Row::Delivery { .. } => 0,
            Row::Withdrawn { .. }
            | Row::Headline { .. }
            | Row::Policy { .. }
            | Row::Prompt { .. }
            | Row::Match { .. }
            | Row::Unknown { .. } => cbor::encode(&row.to_value()).len(),
        }
}

/// Where it stands that a notification has reached whoever it is for.
fn reached(notice: RecordId) -> String {
    format!("reached/{notice}")
}

impl Work<'_> {
    /// Enters a life of a device's store, if it is new here.
    pub(crate) fn new_life(&mut self, device: &DeviceEntry, life: Incarnation) -> Result<(), ServerError> {
        let actor = directory::actor_of(device, &life);
        if self.tx.actor(actor)?.is_some() {
            return Ok(());
        }
        self.tx.add_actor(&ActorRow { actor, device: device.id, incarnation: life })?;
        let device = DeviceEntry { incarnation: life, ..device.clone() };
        let role = self.person(&device.user).map(|person| person.row.role.clone()).unwrap_or_default();
        self.publish_device(&device, &role)
    }

    /// Tells the authors of what has newly reached a device of this user.
    fn delivered(&mut self, user: &UserId, cursor: u64) -> Result<(), ServerError> {
        let Some(row) = self.person(user).map(|person| person.row.clone()) else { return Ok(()) };
        if cursor <= row.delivered {
            return Ok(());
        }
        if self.person(user).and_then(super::work::Person::role).is_some_and(Role::only_reads) {
            // Who is read by an auditor is not told so.
            let row = crate::store::rows::UserRow { delivered: cursor, ..row };
            return self.put_user(row);
        }
        let mut arrived: Vec<(RecordId, ChangeHash)> = Vec::new();
        walk(self.tx.reading(), user, row.delivered, cursor + 1, &mut |one| {
            if let (number::CHANGE, Some(document), Some(change)) = (one.kind, one.document, one.change) {
                arrived.push((document, change));
            }
        })?;
        let mut cases = BTreeSet::new();
        for (document, change) in arrived {
            let stored = self.tx.document(document)?;
            let (template, kind) = stored.map(|row| (row.template, row.kind)).unzip();
            if template.as_deref() == Some("draft") || !holds_content(self.tx.reading(), user, document)? {
                continue;
            }
            if kind.as_deref() == Some("notification") {
                cases.extend(self.notice_reached(document, user)?);
            }
            for statement in self.tx.statements_of(document, change)? {
                let Some(author) = self.who_asks(document, &statement.author)? else { continue };
                if author != *user {
                    self.introduce_user(&author, user)?;
                    let (id, to) = (statement.id, user.clone());
                    let row = Row::Delivery { document, statement: id, to, at: self.now };
                    self.tell(&author, Some(document), &row)?;
                }
            }
        }
        let row = crate::store::rows::UserRow { delivered: cursor, ..row };
        self.put_user(row)?;
        let mut order = Vec::new();
        for case in cases {
            order.extend(self.follow(case)?);
        }
        self.settle_all(&order, None)?;
        self.settle_moved(&[])
    }

    /// R21: a notification has reached a device of somebody it is for, the first time: answers the case that
    /// waited for it.
    fn notice_reached(&mut self, document: RecordId, user: &UserId) -> Result<Option<RecordId>, ServerError> {
        if self.tx.meta(&reached(document))?.is_some() {
            return Ok(None);
        }
        let Some(notice) = self.row_of(document)? else { return Ok(None) };
        let named = notice.lines("recipients");
        let role = self.person(user).and_then(super::work::Person::role);
        let theirs = match named.is_empty() {
            false => named.iter().any(|one| one.as_str() == Some(user.as_str())),
            // It names an organisation alone: anybody who is not of the police.
            true => role.is_some_and(|role| role.of_school() || role == Role::Hub),
        };
        if !theirs {
            return Ok(None);
        }
        self.tx.put_meta(&reached(document), self.now.to_string().as_bytes())?;
        Ok(notice.case.filter(|_| !notice.urgent() && notice.open))
    }

    /// R21: those of these notifications that have reached whoever they are for, as far as a rule asks.
    pub(crate) fn reached(&self, rows: &[records::rules::Row]) -> Result<Vec<RecordId>, ServerError> {
        let mut found = Vec::new();
        for row in rows.iter().filter(|row| row.kind == "notification" && row.open && !row.urgent()) {
            if self.tx.meta(&reached(row.id))?.is_some() {
                found.push(row.id);
            }
        }
        Ok(found)
    }

    /// Who is told that a statement arrived: its author; of a notification that a rule made, whoever recorded the
    /// incident it is about (R20).
    fn who_asks(&self, document: RecordId, author: &UserId) -> Result<Option<UserId>, ServerError> {
        if self.person(author).is_some() {
            return Ok(Some(author.clone()));
        }
        let notice = self.row_of(document)?.filter(|row| row.kind == "notification");
        let Some(incident) = notice.and_then(|row| row.text("incident")?.parse().ok()) else { return Ok(None) };
        let recorded = self.row_of(incident)?.and_then(|row| UserId::new(&row.author).ok());
        let recorded = recorded.filter(|user| self.person(user).is_some());
        match recorded {
            Some(user) if holds_content(self.tx.reading(), &user, document)? => Ok(Some(user)),
            Some(_) | None => Ok(None),
        }
    }
}
