//! Attached files, behind every adapter.

use signed::{DeviceId, MediaHash, RecordId, StatementHash, Timestamp, UserId};

use super::{AT, Verdict, ok, same};
use crate::store::media::{MediaNameRow, MediaRow};
use crate::store::port::Store;

const FILE: MediaHash = MediaHash([0x31; 32]);
const OTHER: MediaHash = MediaHash([0x32; 32]);

fn file(sha256: MediaHash, device: DeviceId, user: &UserId) -> MediaRow {
    MediaRow {
        sha256,
        size: 1_000,
        complete: false,
        locked: false,
        destroyed: None,
        device: Some(device),
        user: Some(user.clone()),
    }
}

/// Two files of a document that is there, put, named, finished, locked and destroyed.
pub(super) fn files_come_are_named_and_are_locked(
    store: &dyn Store,
    document: RecordId,
    device: DeviceId,
    user: &UserId,
) -> Verdict {
    let name = |statement: u8| MediaNameRow {
        sha256: FILE,
        document,
        statement: StatementHash([statement; 32]),
        author: user.clone(),
    };
    let mut tx = ok(store.write())?;
    ok(tx.put_media(&MediaRow { device: None, user: None, ..file(FILE, device, user) }))?;
    ok(tx.put_media(&file(OTHER, device, user)))?;
    for row in [name(2), name(1), name(2)] {
        ok(tx.add_media_name(&row))?;
    }
    ok(tx.commit())?;

    let tx = ok(store.read())?;
    same("names, each once and in order", ok(tx.media_names(&FILE))?, vec![name(1), name(2)])?;
    same("files of a document", ok(tx.media_of(document))?.len(), 1)?;
    same("unfinished bytes", ok(tx.media_unfinished(device))?, 1_000)?;
    drop(tx);

    let mut tx = ok(store.write())?;
    ok(tx.put_media(&MediaRow { complete: true, ..file(FILE, device, user) }))?;
    ok(tx.lock_media(&OTHER))?;
    ok(tx.lock_media(&MediaHash([0x33; 32])))?;
    ok(tx.commit())?;
    let tx = ok(store.read())?;
    same("a finished file", ok(tx.media(&FILE))?.map(|row| (row.complete, row.locked)), Some((true, false)))?;
    same("a locked file", ok(tx.media(&OTHER))?.map(|row| (row.complete, row.locked)), Some((false, true)))?;
    same("bytes of a user", ok(tx.media_bytes(user))?, 2_000)?;
    same("unfinished bytes of what is left", ok(tx.media_unfinished(device))?, 1_000)?;
    same("every file", ok(tx.media_all())?.len(), 2)?;
    drop(tx);

    let mut tx = ok(store.write())?;
    ok(tx.destroy_media(&FILE, Timestamp::from_millis(AT)))?;
    ok(tx.commit())
}

/// What is left of them after a restart.
pub(super) fn files_are_there(store: &dyn Store) -> Verdict {
    let row = ok(ok(store.read())?.media(&FILE))?;
    let at = Some(Timestamp::from_millis(AT));
    same("a destroyed file", row.map(|row| (row.complete, row.locked, row.destroyed)), Some((false, true, at)))
}
