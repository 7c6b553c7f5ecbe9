//! Attached files, as SQL.

use rusqlite::Row;
use signed::{DeviceId, MediaHash, RecordId, StatementHash, Timestamp, UserId};

use super::columns::{SqlResult, bytes, int, some, uint, user};
use super::read::Queries as _;
use super::{ReadTx, WriteTx};
use crate::store::media::{MediaNameRow, MediaRow, ReadingMedia, WritingMedia};
use crate::store::port::Answer;

const MEDIA: &str = "SELECT m.sha256, m.size, m.complete, m.locked, m.destroyed, m.device, m.person FROM media m";
const NAME: &str = "SELECT sha256, document, statement, author FROM media_name";

fn media(row: &Row<'_>) -> SqlResult<MediaRow> {
    Ok(MediaRow {
        sha256: MediaHash(bytes(row, 0)?),
        size: uint(row, 1)?,
        complete: row.get(2)?,
        locked: row.get(3)?,
        destroyed: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
        device: some(bytes(row, 5).map(DeviceId), row, 5)?,
        user: some(user(row, 6), row, 6)?,
    })
}

fn name(row: &Row<'_>) -> SqlResult<MediaNameRow> {
    Ok(MediaNameRow {
        sha256: MediaHash(bytes(row, 0)?),
        document: RecordId(bytes(row, 1)?),
        statement: StatementHash(bytes(row, 2)?),
        author: user(row, 3)?,
    })
}

macro_rules! reading {
    ($name:ident) => {
        impl ReadingMedia for $name<'_> {
            fn media(&self, sha256: &MediaHash) -> Answer<Option<MediaRow>> {
                self.one(&format!("{MEDIA} WHERE m.sha256 = ?1"), [&sha256.0[..]], media)
            }

            fn media_names(&self, sha256: &MediaHash) -> Answer<Vec<MediaNameRow>> {
                let sql = format!("{NAME} WHERE sha256 = ?1 ORDER BY document, statement");
                self.all(&sql, [&sha256.0[..]], name)
            }

            fn media_of(&self, document: RecordId) -> Answer<Vec<MediaRow>> {
                let sql = format!(
                    "{MEDIA} WHERE m.sha256 IN (SELECT sha256 FROM media_name WHERE document = ?1) ORDER BY m.sha256"
                );
                self.all(&sql, [&document.0[..]], media)
            }

            fn media_all(&self) -> Answer<Vec<MediaRow>> {
                self.all(&format!("{MEDIA} ORDER BY m.sha256"), [], media)
            }

            fn media_unfinished(&self, device: DeviceId) -> Answer<u64> {
                let sql = "SELECT coalesce(sum(size), 0) FROM media WHERE device = ?1 AND complete = 0";
                Ok(self.one(sql, [&device.0[..]], |row| uint(row, 0))?.unwrap_or(0))
            }

            fn media_bytes(&self, user: &UserId) -> Answer<u64> {
                let sql = "SELECT coalesce(sum(size), 0) FROM media WHERE person = ?1";
                Ok(self.one(sql, [user.as_str()], |row| uint(row, 0))?.unwrap_or(0))
            }
        }
    };
}

reading!(ReadTx);
reading!(WriteTx);

impl WritingMedia for WriteTx<'_> {
    fn put_media(&mut self, row: &MediaRow) -> Answer<()> {
        let sql = "INSERT INTO media (sha256, size, complete, locked, destroyed, device, person) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (sha256) DO UPDATE SET size = ?2, complete = ?3, \
                   locked = ?4, destroyed = ?5, device = ?6, person = ?7";
        let values = (
            &row.sha256.0[..],
            int(row.size),
            row.complete,
            row.locked,
            row.destroyed.map(Timestamp::millis),
            row.device.as_ref().map(|device| &device.0[..]),
            row.user.as_ref().map(UserId::as_str),
        );
        self.run(sql, values)
    }

    fn add_media_name(&mut self, row: &MediaNameRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO media_name (sha256, document, statement, author) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, (&row.sha256.0[..], &row.document.0[..], &row.statement.0[..], row.author.as_str()))
    }

    fn lock_media(&mut self, sha256: &MediaHash) -> Answer<()> {
        self.run("UPDATE media SET locked = 1 WHERE sha256 = ?1", [&sha256.0[..]])
    }

    fn destroy_media(&mut self, sha256: &MediaHash, at: Timestamp) -> Answer<()> {
        let sql = "UPDATE media SET locked = 1, complete = 0, destroyed = ?2 WHERE sha256 = ?1";
        self.run(sql, (&sha256.0[..], at.millis()))
    }
}
