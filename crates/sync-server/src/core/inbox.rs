//! Inboxes: for each user one list of rows numbered without gaps, each with the running digest of
//! what the user holds at it.

use std::collections::{BTreeMap, BTreeSet};

use signed::cbor;
use signed::digest::AudienceDigest;
use signed::{ChangeHash, DeviceId, RecordId, UserId, Value};
use wire::Row;
use wire::codec::inbox::number;

use super::work::Work;
use crate::error::ServerError;
use crate::store::rows::{InboxRow, WithdrawalRow};
use crate::store::{Reading, StoreError};

/// Rows read at a time.
const STEP: usize = 500;

impl Work<'_> {
    /// Appends a row that brings no change.
    pub(crate) fn tell(&mut self, user: &UserId, document: Option<RecordId>, row: &Row) -> Result<u64, ServerError> {
        let (last, digest) = self.tx.inbox_head(user)?;
        self.append(InboxRow {
            user: user.clone(),
            number: last + 1,
            kind: row.number(),
            document,
            change: None,
            body: cbor::encode(&row.to_value()),
            digest,
        })
    }

    /// Appends a row for each of these changes.
    pub(crate) fn tell_changes(
        &mut self,
        user: &UserId,
        document: RecordId,
        changes: &[ChangeHash],
    ) -> Result<(), ServerError> {
        for change in changes {
            let (last, digest) = self.tx.inbox_head(user)?;
            let mut digest = AudienceDigest(digest);
            digest.add(document, *change);
            self.append(InboxRow {
                user: user.clone(),
                number: last + 1,
                kind: number::CHANGE,
                document: Some(document),
                change: Some(*change),
                body: Vec::new(),
                digest: digest.0,
            })?;
        }
        Ok(())
    }

    /// Takes a document away: `held` are the changes of it that rows have brought.
    pub(crate) fn tell_withdrawn(
        &mut self,
        user: &UserId,
        document: RecordId,
        headline: Option<Value>,
        held: &[ChangeHash],
    ) -> Result<(), ServerError> {
        let (last, digest) = self.tx.inbox_head(user)?;
        let mut digest = AudienceDigest(digest);
        held.iter().for_each(|change| digest.remove(document, *change));
        let row = Row::Withdrawn { document, headline };
        self.append(InboxRow {
            user: user.clone(),
            number: last + 1,
            kind: row.number(),
            document: Some(document),
            change: None,
            body: cbor::encode(&row.to_value()),
            digest: digest.0,
        })?;
        if !held.is_empty() {
            self.note_withdrawal(user, document, last + 1)?;
        }
        Ok(())
    }

    fn append(&mut self, row: InboxRow) -> Result<u64, ServerError> {
        self.tx.append_inbox(&row)?;
        self.grown.insert(row.user);
        Ok(row.number)
    }

    fn note_withdrawal(&mut self, user: &UserId, document: RecordId, at: u64) -> Result<(), ServerError> {
        let devices = self.tx.devices()?.into_iter().filter(|device| device.user == *user);
        let cursors = devices.map(|device| (device.id, device.cursor)).collect();
        let first = first_since_granted(self.tx.reading(), user, document, at)?;
        Ok(self.tx.add_withdrawal(&WithdrawalRow { user: user.clone(), number: at, document, first, cursors })?)
    }
}

/// The first change row of a document since it was last granted before row `before`.
fn first_since_granted(tx: &dyn Reading, user: &UserId, document: RecordId, before: u64) -> Result<u64, StoreError> {
    let mut first = None;
    walk(tx, user, 0, before, &mut |row| {
        if row.document == Some(document) {
            match row.kind {
                number::GRANTED | number::WITHDRAWN => first = None,
                number::CHANGE => first = first.or(Some(row.number)),
                _ => {}
            }
        }
    })?;
    Ok(first.unwrap_or(before))
}

/// Every row after one and before another.
pub(crate) fn walk(
    tx: &dyn Reading,
    user: &UserId,
    after: u64,
    before: u64,
    each: &mut dyn FnMut(&InboxRow),
) -> Result<(), StoreError> {
    let mut at = after;
    loop {
        let rows = tx.inbox(user, at, STEP)?;
        let Some(last) = rows.last() else { return Ok(()) };
        at = last.number;
        for row in &rows {
            if row.number >= before {
                return Ok(());
            }
            each(row);
        }
    }
}

/// The digest that one device has at a row.
///
/// What was taken from its user later does not travel any more: a device that had not read it by
/// then is sent "withdrawn" in the place of its changes, and its own sum never counts them. A
/// device that had read all of it still counts it until the row that takes it away.
pub(crate) fn digest_at(
    tx: &dyn Reading,
    user: &UserId,
    device: DeviceId,
    row: u64,
) -> Result<Option<[u8; 32]>, StoreError> {
    if row == 0 {
        return Ok(Some([0; 32]));
    }
    let Some(stored) = tx.inbox(user, row - 1, 1)?.into_iter().find(|stored| stored.number == row) else {
        return Ok(None);
    };
    let mut digest = AudienceDigest(stored.digest);
    let gone = gone_since(tx, user, device, row)?;
    // One walk for all of them: a case that is taken away takes thousands of documents with it.
    let Some(first) = gone.values().map(|gone| gone.first).min() else { return Ok(Some(digest.0)) };
    let (mut brought, mut blank) = (BTreeMap::<RecordId, Vec<ChangeHash>>::new(), BTreeSet::new());
    walk(tx, user, first - 1, row + 1, &mut |one| {
        let (Some(document), Some(change)) = (one.document, one.change) else { return };
        if let Some(gone) = gone.get(&document).filter(|gone| one.number >= gone.first) {
            brought.entry(document).or_default().push(change);
            if one.number > gone.cursor {
                blank.insert(document);
            }
        }
    })?;
    for (document, changes) in brought.iter().filter(|(document, _)| blank.contains(*document)) {
        changes.iter().for_each(|change| digest.remove(*document, *change));
    }
    Ok(Some(digest.0))
}

/// A document that was taken away later than the row that is looked at.
struct Gone {
    /// The first row of its changes since it was granted.
    first: u64,
    /// What the device had read when it was taken away.
    cursor: u64,
}

/// What was taken from a user after a row, began at or before it, and was not given again.
fn gone_since(
    tx: &dyn Reading,
    user: &UserId,
    device: DeviceId,
    row: u64,
) -> Result<BTreeMap<RecordId, Gone>, StoreError> {
    let mut gone = BTreeMap::new();
    for withdrawal in tx.withdrawals(user, row)? {
        if withdrawal.first > row || holds_content(tx, user, withdrawal.document)? {
            continue;
        }
        let cursor = withdrawal.cursors.iter().find(|(id, _)| *id == device).map_or(0, |(_, cursor)| *cursor);
        gone.insert(withdrawal.document, Gone { first: withdrawal.first, cursor });
    }
    Ok(gone)
}

/// Whether somebody holds a document's changes at present.
pub(crate) fn holds_content(tx: &dyn Reading, user: &UserId, document: RecordId) -> Result<bool, StoreError> {
    Ok(tx.holder(document, user)?.is_some_and(|holder| holder.content))
}
