//! Columns to rows: one reader per table.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError};
use signed::{
    ActorId, ChangeHash, DeviceId, FrameHash, Incarnation, PublicKey, RecordId, SchoolId, StatementHash, Timestamp,
    UserId, cbor,
};
use wire::Lane;

use crate::store::rows::{
    ActorRow, AuditEntry, ChangeRow, CodeRow, DeviceEntry, DirectoryRow, DocumentRow, FrameRow, HeadRow, HolderRow,
    InboxRow, Origin, QuarantineRow, SchoolRow, StatementRow, UserRow, WithdrawalRow,
};

pub(super) type SqlResult<T> = rusqlite::Result<T>;

/// A count or position as SQLite keeps it; nothing here comes near 2^63.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn odd() -> rusqlite::Error {
    FromSqlError::InvalidType.into()
}

pub(super) fn uint(row: &Row<'_>, column: usize) -> SqlResult<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| odd())
}

pub(super) fn bytes<const N: usize>(row: &Row<'_>, column: usize) -> SqlResult<[u8; N]> {
    let blob = row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?;
    blob.try_into().map_err(|_| odd())
}

pub(super) fn some<T>(value: SqlResult<T>, row: &Row<'_>, column: usize) -> SqlResult<Option<T>> {
    if matches!(row.get_ref(column)?, rusqlite::types::ValueRef::Null) { Ok(None) } else { value.map(Some) }
}

pub(super) fn time(row: &Row<'_>, column: usize) -> SqlResult<Timestamp> {
    Ok(Timestamp::from_millis(get(row, column)?))
}

pub(super) fn get<T: FromSql>(row: &Row<'_>, column: usize) -> SqlResult<T> {
    row.get(column)
}

pub(super) fn user(row: &Row<'_>, column: usize) -> SqlResult<UserId> {
    UserId::new(&get::<String>(row, column)?).map_err(|_| odd())
}

pub(super) fn lane(row: &Row<'_>, column: usize) -> SqlResult<Lane> {
    match uint(row, column)? {
        0 => Ok(Lane::Urgent),
        1 => Ok(Lane::Rest),
        _ => Err(odd()),
    }
}

pub(super) fn school(row: &Row<'_>) -> SqlResult<SchoolRow> {
    let id = SchoolId::new(&get::<String>(row, 0)?).map_err(|_| odd())?;
    Ok(SchoolRow { id, name: get(row, 1)?, agreement: get(row, 2)?, until: get(row, 3)? })
}

pub(super) fn person(row: &Row<'_>) -> SqlResult<UserRow> {
    let schools: String = get(row, 3)?;
    let schools = schools.split(',').filter(|s| !s.is_empty()).map(SchoolId::new);
    Ok(UserRow {
        id: user(row, 0)?,
        name: get(row, 1)?,
        role: get(row, 2)?,
        schools: schools.collect::<Result<_, _>>().map_err(|_| odd())?,
        team: get(row, 4)?,
        area: get(row, 5)?,
        supervisor: some(user(row, 6), row, 6)?,
        active: get(row, 7)?,
        delivered: uint(row, 8)?,
    })
}

pub(super) fn device(row: &Row<'_>) -> SqlResult<DeviceEntry> {
    let spki: Vec<u8> = get(row, 2)?;
    Ok(DeviceEntry {
        id: DeviceId(bytes(row, 0)?),
        user: user(row, 1)?,
        key: PublicKey::from_spki(&spki).map_err(|_| odd())?,
        incarnation: Incarnation(bytes(row, 3)?),
        enrolled_at: time(row, 4)?,
        last_sync_at: some(time(row, 5), row, 5)?,
        cursor: uint(row, 6)?,
        revoked_at: some(time(row, 7), row, 7)?,
        erase: get(row, 8)?,
        erase_ordered_at: some(time(row, 9), row, 9)?,
        erased: some(time(row, 10), row, 10)?.map(|at| Ok::<_, rusqlite::Error>((at, get(row, 11)?))).transpose()?,
    })
}

pub(super) fn actor(row: &Row<'_>) -> SqlResult<ActorRow> {
    let (actor, device) = (ActorId(bytes(row, 0)?), DeviceId(bytes(row, 1)?));
    Ok(ActorRow { actor, device, incarnation: Incarnation(bytes(row, 2)?) })
}

pub(super) fn code(row: &Row<'_>) -> SqlResult<CodeRow> {
    Ok(CodeRow {
        id: bytes(row, 0)?,
        user: user(row, 1)?,
        secret_hash: bytes(row, 2)?,
        expires_at: time(row, 3)?,
        tries: uint(row, 4)?,
        used_at: some(time(row, 5), row, 5)?,
    })
}

pub(super) fn document(row: &Row<'_>) -> SqlResult<DocumentRow> {
    Ok(DocumentRow {
        id: RecordId(bytes(row, 0)?),
        template: get(row, 1)?,
        kind: get(row, 2)?,
        case: some(bytes(row, 3).map(RecordId), row, 3)?,
        compartment: get(row, 4)?,
        owner: get(row, 5)?,
        status: get(row, 6)?,
        urgency: get(row, 7)?,
        due: some(time(row, 8), row, 8)?,
        open: get(row, 9)?,
        gaps: uint(row, 10)?,
        key: get(row, 11)?,
        state: get(row, 12)?,
        projection: get(row, 13)?,
        changes: uint(row, 14)?,
    })
}

pub(super) fn change(row: &Row<'_>) -> SqlResult<ChangeRow> {
    let origin = match some(bytes(row, 9).map(DeviceId), row, 9)? {
        None => None,
        Some(device) => Some(Origin {
            device,
            incarnation: Incarnation(bytes(row, 10)?),
            lane: lane(row, 11)?,
            frame: uint(row, 12)?,
            item: uint(row, 13)?,
        }),
    };
    Ok(ChangeRow {
        document: RecordId(bytes(row, 0)?),
        hash: ChangeHash(bytes(row, 1)?),
        place: uint(row, 2)?,
        actor: ActorId(bytes(row, 3)?),
        seq: uint(row, 4)?,
        max_op: uint(row, 5)?,
        clock: get(row, 6)?,
        bytes: get(row, 7)?,
        at: time(row, 8)?,
        origin,
    })
}

pub(super) fn statement(row: &Row<'_>) -> SqlResult<StatementRow> {
    Ok(StatementRow {
        document: RecordId(bytes(row, 0)?),
        change: ChangeHash(bytes(row, 1)?),
        id: StatementHash(bytes(row, 2)?),
        kid: DeviceId(bytes(row, 3)?),
        author: user(row, 4)?,
    })
}

pub(super) fn holder(row: &Row<'_>) -> SqlResult<HolderRow> {
    Ok(HolderRow { document: RecordId(bytes(row, 0)?), user: user(row, 1)?, content: get(row, 2)?, line: get(row, 3)? })
}

pub(super) fn inbox(row: &Row<'_>) -> SqlResult<InboxRow> {
    Ok(InboxRow {
        user: user(row, 0)?,
        number: uint(row, 1)?,
        kind: uint(row, 2)?,
        document: some(bytes(row, 3).map(RecordId), row, 3)?,
        change: some(bytes(row, 4).map(ChangeHash), row, 4)?,
        body: get(row, 5)?,
        digest: bytes(row, 6)?,
    })
}

pub(super) fn withdrawal(row: &Row<'_>) -> SqlResult<WithdrawalRow> {
    let blob: Vec<u8> = get(row, 4)?;
    let read = |pair: &cbor::Value| {
        let [device, cursor] = pair.as_array()? else { return None };
        Some((DeviceId::from_slice(device.as_bytes()?).ok()?, cursor.as_uint()?))
    };
    let list = cbor::decode(&blob).map_err(|_| odd())?;
    let cursors = list.as_array().and_then(|list| list.iter().map(read).collect()).ok_or_else(odd)?;
    Ok(WithdrawalRow {
        user: user(row, 0)?,
        number: uint(row, 1)?,
        document: RecordId(bytes(row, 2)?),
        first: uint(row, 3)?,
        cursors,
    })
}

pub(super) fn frame(row: &Row<'_>) -> SqlResult<FrameRow> {
    let items: Vec<u8> = get(row, 7)?;
    Ok(FrameRow {
        device: DeviceId(bytes(row, 0)?),
        incarnation: Incarnation(bytes(row, 1)?),
        lane: lane(row, 2)?,
        number: uint(row, 3)?,
        hash: FrameHash(bytes(row, 4)?),
        previous: FrameHash(bytes(row, 5)?),
        signature: bytes(row, 6)?,
        items: frame_items(&items).ok_or_else(odd)?,
        index: uint(row, 8)?,
        size: uint(row, 9)?,
        inbox_head: uint(row, 10)?,
    })
}

pub(super) fn frame_items(bytes: &[u8]) -> Option<Vec<(RecordId, Vec<[u8; 32]>)>> {
    let read = |item: &cbor::Value| {
        let (first, rest) = item.as_array()?.split_first()?;
        let document = RecordId::from_slice(first.as_bytes()?).ok()?;
        let hashes = rest.iter().map(|hash| hash.as_bytes()?.try_into().ok()).collect::<Option<Vec<_>>>()?;
        Some((document, hashes))
    };
    cbor::decode(bytes).ok()?.as_array()?.iter().map(read).collect()
}

pub(super) fn head(row: &Row<'_>) -> SqlResult<HeadRow> {
    Ok(HeadRow { size: uint(row, 0)?, envelope: get(row, 1)? })
}

pub(super) fn audit(row: &Row<'_>) -> SqlResult<AuditEntry> {
    Ok(AuditEntry { number: uint(row, 0)?, at: time(row, 1)?, body: get(row, 2)?, hash: bytes(row, 3)? })
}

pub(super) fn quarantine(row: &Row<'_>) -> SqlResult<QuarantineRow> {
    Ok(QuarantineRow {
        device: DeviceId(bytes(row, 0)?),
        document: RecordId(bytes(row, 1)?),
        hash: bytes(row, 2)?,
        code: get(row, 3)?,
        at: time(row, 4)?,
        length: uint(row, 5)?,
        bytes: get(row, 6)?,
    })
}

pub(super) fn directory(row: &Row<'_>) -> SqlResult<DirectoryRow> {
    Ok(DirectoryRow { number: uint(row, 0)?, subject: RecordId(bytes(row, 1)?), statement: get(row, 2)? })
}
