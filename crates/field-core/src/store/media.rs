//! Rows of attached files: which record names which, with what key, and how far each has come.

use documents::{Opened, Sentence};
use records::attachments::{ATTACH, FLAG_IMAGE, flagged};
use records::{Attachment, Role};
use rusqlite::{Connection, Row};
use signed::{ChangeHash, Code, MediaHash, RecordId, StatementHash, Timestamp, code};
use zeroize::Zeroizing;

use super::{code_of, int, millis, optional, uint};
use crate::error::Result;

/// A file that a record names.
#[derive(Clone)]
pub(crate) struct AttachedRow {
    pub(crate) record: RecordId,
    pub(crate) sha256: MediaHash,
    pub(crate) bytes: u64,
    pub(crate) size: u64,
    pub(crate) media_type: String,
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) author: String,
    pub(crate) at: Timestamp,
    /// None while it waits for the seal of its draft.
    pub(crate) statement: Option<StatementHash>,
    pub(crate) file: FileRow,
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileRow {
    pub(crate) own: bool,
    pub(crate) here: bool,
    pub(crate) sent: bool,
    pub(crate) locked: bool,
    pub(crate) code: Option<Code>,
}

/// A file that waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingMedia {
    /// Its place in the queue.
    pub number: u64,
    /// The file.
    pub sha256: MediaHash,
    /// Bytes of its ciphertext.
    pub size: u64,
}

const COLUMNS: &str = "a.record, a.sha256, a.bytes, m.size, a.type, a.key, a.author, a.at, a.statement,
     m.own, m.here, m.sent, m.locked, m.code FROM attached a JOIN media m ON m.sha256 = a.sha256";

fn read(row: &Row<'_>) -> rusqlite::Result<AttachedRow> {
    Ok(AttachedRow {
        record: RecordId(row.get(0)?),
        sha256: MediaHash(row.get(1)?),
        bytes: uint(row.get(2)?),
        size: uint(row.get(3)?),
        media_type: row.get(4)?,
        key: Zeroizing::new(row.get(5)?),
        author: row.get(6)?,
        at: Timestamp::from_millis(row.get(7)?),
        statement: row.get::<_, Option<[u8; 32]>>(8)?.map(StatementHash),
        file: FileRow {
            own: row.get(9)?,
            here: row.get(10)?,
            sent: row.get(11)?,
            locked: row.get(12)?,
            code: row.get::<_, Option<i64>>(13)?.map(code_of),
        },
    })
}

fn all(db: &Connection, sql: &str, of: impl rusqlite::Params) -> Result<Vec<AttachedRow>> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(of)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The files a record names, oldest first.
pub(crate) fn of_record(db: &Connection, record: RecordId) -> Result<Vec<AttachedRow>> {
    all(db, &format!("SELECT {COLUMNS} WHERE a.record = ?1 ORDER BY a.at, m.number"), [&record.0])
}

/// The files every record of a case names, oldest first.
pub(crate) fn of_case(db: &Connection, case: RecordId) -> Result<Vec<AttachedRow>> {
    let sql = format!(
        "SELECT {COLUMNS} JOIN record r ON r.id = a.record WHERE r.case_id = ?1 OR r.id = ?1 ORDER BY a.at, m.number"
    );
    all(db, &sql, [&case.0])
}

/// One file of a record.
pub(crate) fn one(db: &Connection, record: RecordId, sha256: &MediaHash) -> Result<Option<AttachedRow>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} WHERE a.record = ?1 AND a.sha256 = ?2"))?;
    optional(query.query_row((&record.0, &sha256.0), read))
}

/// Files of drafts that are drafts no more, here or on another device of their author.
pub(crate) fn unsaid(db: &Connection) -> Result<Vec<RecordId>> {
    let mut query = db.prepare_cached(
        "SELECT DISTINCT a.record FROM attached a JOIN document d ON d.id = a.record WHERE a.statement IS NULL",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}

/// A file that was encrypted here, for a record or (no statement yet) a draft.
pub(crate) fn put_own(db: &Connection, record: RecordId, file: &Attachment, author: &str, at: Timestamp) -> Result<()> {
    put_file(db, file, true)?;
    put_attached(db, record, file, author, at, None)
}

fn put_file(db: &Connection, file: &Attachment, own: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO media (sha256, size, own, here) VALUES (?1, ?2, ?3, ?3) ON CONFLICT (sha256) DO NOTHING",
    )?
    .execute((&file.sha256.0, int(file.size), own))?;
    Ok(())
}

fn put_attached(
    db: &Connection,
    record: RecordId,
    file: &Attachment,
    author: &str,
    at: Timestamp,
    statement: Option<&StatementHash>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO attached (record, sha256, bytes, type, key, author, at, statement)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (record, sha256) DO UPDATE SET statement = coalesce(statement, excluded.statement)",
    )?
    .execute((
        &record.0,
        &file.sha256.0,
        int(file.bytes),
        &file.media_type,
        &file.key,
        author,
        millis(at),
        statement.map(|statement| statement.0),
    ))?;
    Ok(())
}

/// Keeps what a statement of a record says of files. Called for each that is taken in, our own too.
pub(crate) fn said(db: &Connection, record: RecordId, kind: &str, opened: &Opened) -> Result<()> {
    let statement = &opened.statement;
    let Sentence::Step(step) = &statement.sentence else { return Ok(()) };
    if step != ATTACH && step != FLAG_IMAGE {
        return Ok(());
    }
    let role: Option<Role> = statement.role.parse().ok();
    let may = records::kind(kind).zip(role).is_some_and(|(kind, role)| records::may_step(role, kind, step));
    if !may {
        return Ok(());
    }
    if step == FLAG_IMAGE {
        let Some(sha256) = flagged(&statement.content) else { return Ok(()) };
        db.prepare_cached(
            "UPDATE media SET locked = 1 WHERE sha256 = ?2
             AND EXISTS (SELECT 1 FROM attached WHERE record = ?1 AND sha256 = ?2)",
        )?
        .execute((&record.0, &sha256.0))?;
        return Ok(());
    }
    let Some(file) = Attachment::of(&statement.content) else { return Ok(()) };
    put_file(db, &file, false)?;
    put_attached(db, record, &file, statement.author.as_str(), statement.device_at, Some(&opened.id))
}

/// The server has taken a change of ours: the files it names may be sent.
pub(crate) fn told(db: &Connection, document: RecordId, change: &ChangeHash) -> Result<()> {
    db.prepare_cached(
        "UPDATE media SET told = 1 WHERE own AND sha256 IN (
             SELECT a.sha256 FROM attached a JOIN statement s ON s.document = ?1 AND s.id = a.statement
             WHERE a.record = ?1 AND s.change = ?2)",
    )?
    .execute((&document.0, &change.0))?;
    // What was withdrawn meanwhile was named only until it was told.
    db.prepare_cached(
        "DELETE FROM attached WHERE record = ?1 AND NOT EXISTS (SELECT 1 FROM document d WHERE d.id = ?1)
         AND statement IN (SELECT id FROM statement WHERE document = ?1 AND change = ?2)",
    )?
    .execute((&document.0, &change.0))?;
    Ok(())
}

/// A record's statements are taken in anew: what they named is named anew too.
pub(crate) fn unsay(db: &Connection, record: RecordId) -> Result<()> {
    db.prepare_cached("DELETE FROM attached WHERE record = ?1 AND statement IS NOT NULL")?.execute([&record.0])?;
    Ok(())
}

/// A record is withdrawn: its keys go, and the rows of files that nothing names and nobody waits for.
/// The files themselves go with [`crate::media::Files::sweep`].
pub(crate) fn purge(db: &Connection, record: RecordId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM attached WHERE record = ?1 AND statement IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM statement s WHERE s.document = ?1 AND s.id = attached.statement)",
    )?
    .execute([&record.0])?;
    forget_unnamed(db)
}

fn forget_unnamed(db: &Connection) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM media WHERE NOT (own AND NOT sent)
         AND NOT EXISTS (SELECT 1 FROM attached a WHERE a.sha256 = media.sha256)",
    )?
    .execute([])?;
    Ok(())
}

/// How many files of ours are on their way: said in a record, and not at the server.
pub(crate) fn waiting_count(db: &Connection) -> Result<u64> {
    let mut query = db.prepare_cached(
        "SELECT count(*) FROM media m WHERE m.own AND NOT m.sent AND NOT m.locked
         AND (m.told OR EXISTS (SELECT 1 FROM attached a WHERE a.sha256 = m.sha256 AND a.statement IS NOT NULL))",
    )?;
    Ok(uint(query.query_row([], |row| row.get(0))?))
}

/// The next file that may be sent, behind this place in the queue. One whose bytes the server found
/// wrong is not sent again.
pub(crate) fn waiting(db: &Connection, after: u64) -> Result<Option<WaitingMedia>> {
    let mut query = db.prepare_cached(
        "SELECT number, sha256, size FROM media WHERE number > ?1 AND own AND told AND here AND NOT sent AND NOT locked
         AND (code IS NULL OR code <> ?2) ORDER BY number LIMIT 1",
    )?;
    let row = query.query_row((int(after), i64::from(code::W_MEDIA_HASH.number)), |row| {
        Ok(WaitingMedia { number: uint(row.get(0)?), sha256: MediaHash(row.get(1)?), size: uint(row.get(2)?) })
    });
    optional(row)
}

/// Whether a file may be sent or fetched now.
pub(crate) fn locked(db: &Connection, sha256: &MediaHash) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT locked FROM media WHERE sha256 = ?1")?;
    Ok(optional(query.query_row([&sha256.0], |row| row.get(0)))?.unwrap_or(false))
}

/// The server has a file of ours, whole and checked.
pub(crate) fn sent(db: &Connection, sha256: &MediaHash) -> Result<()> {
    db.prepare_cached("UPDATE media SET sent = 1, code = NULL WHERE sha256 = ?1")?.execute([&sha256.0])?;
    forget_unnamed(db)
}

/// Another life of the server's data may lack what this one had: everything of ours is offered again,
/// and what it has costs one question.
pub(crate) fn offer_again(db: &Connection) -> Result<()> {
    db.prepare_cached("UPDATE media SET sent = 0 WHERE own AND here AND NOT locked")?.execute([])?;
    Ok(())
}

/// The records that name a file.
pub(crate) fn records_of(db: &Connection, sha256: &MediaHash) -> Result<Vec<RecordId>> {
    let mut query = db.prepare_cached("SELECT record FROM attached WHERE sha256 = ?1 ORDER BY record")?;
    let mut rows = query.query([&sha256.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}

/// The server did not take a file of ours.
pub(crate) fn refused(db: &Connection, sha256: &MediaHash, why: Code) -> Result<()> {
    let locked = why == code::R110_LOCKED;
    db.prepare_cached("UPDATE media SET code = ?2, locked = locked OR ?3 WHERE sha256 = ?1")?.execute((
        &sha256.0,
        i64::from(why.number),
        locked,
    ))?;
    Ok(())
}

/// The ciphertext of a file came, or is gone.
pub(crate) fn set_here(db: &Connection, sha256: &MediaHash, here: bool) -> Result<()> {
    db.prepare_cached("UPDATE media SET here = ?2 WHERE sha256 = ?1")?.execute((&sha256.0, here))?;
    Ok(())
}

/// Whether the server has a file: it is another's, and was fetched, or ours and was sent.
pub(crate) fn is_elsewhere(db: &Connection, sha256: &MediaHash) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT 1 FROM media WHERE sha256 = ?1 AND (sent OR NOT own)")?;
    Ok(query.exists([&sha256.0])?)
}

/// Whether any row knows a file.
pub(crate) fn is_known(db: &Connection, sha256: &MediaHash) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT 1 FROM media WHERE sha256 = ?1")?;
    Ok(query.exists([&sha256.0])?)
}

/// The files of which the ciphertext is here.
pub(crate) fn here(db: &Connection) -> Result<Vec<(MediaHash, u64)>> {
    let mut query = db.prepare_cached("SELECT sha256, size FROM media WHERE here ORDER BY number")?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((MediaHash(row.get(0)?), uint(row.get(1)?)));
    }
    Ok(found)
}
