//! The one place that opens connections, sets pragmas and migrates.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use data_encoding::HEXLOWER;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::failure;
use crate::core::faults::Faults;
use crate::store::StoreError;
use crate::store::port::Answer;

/// Each migration takes the schema one version further; none is ever changed.
const MIGRATIONS: &[&str] = &[
    include_str!("sql/001_init.sql"),
    include_str!("sql/002_rules.sql"),
    include_str!("sql/003_media.sql"),
    include_str!("sql/004_erasure.sql"),
];

/// The schema this version writes.
pub const SCHEMA_VERSION: usize = MIGRATIONS.len();

/// How long a transaction waits for one of another process (an admin command beside the server).
const BUSY_WAIT: Duration = Duration::from_secs(20);

const PLAIN_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Opens an existing file under its key and sets every pragma; proves the key before anything can
/// be written.
pub fn connect(path: &Path, key: &[u8; 32]) -> Answer<Connection> {
    open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

pub(super) fn connect_new(path: &Path, key: &[u8; 32]) -> Answer<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(path, key, flags)
}

/// SQLite lets other threads go on before it has made the cipher known (SQLITE_EXTRA_INIT), and one that opens a file
/// just then is told that `PRAGMA key` is no SQL: the process's first opening ends before any other begins.
fn begin_sqlite() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(Connection::open_in_memory()));
}

fn open(path: &Path, key: &[u8; 32], flags: OpenFlags) -> Answer<Connection> {
    begin_sqlite();
    let connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    connection.busy_timeout(BUSY_WAIT).map_err(failure)?;
    // Closing with a wrong key must not move a single page out of the write-ahead log.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failure)?;
    // The cipher would write to stderr what our errors say already.
    connection.execute_batch("PRAGMA cipher_log_level = NONE").map_err(failure)?;
    let hex = Zeroizing::new(HEXLOWER.encode(key));
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex.as_str()));
    connection.execute_batch(&pragma).map_err(failure)?;
    // An SQLite without the cipher would answer nothing here and write plain pages.
    let cipher: String = connection.query_row("PRAGMA cipher_version", [], |row| row.get(0)).map_err(failure)?;
    if cipher.is_empty() {
        return Err(StoreError::Io);
    }
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failure)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(failure)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;
             PRAGMA secure_delete = ON;
             PRAGMA cache_size = -16000;",
        )
        .map_err(failure)?;
    if Faults::from_environment().unsynced {
        connection.execute_batch("PRAGMA synchronous = OFF").map_err(failure)?;
    }
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Brings the schema to [`SCHEMA_VERSION`], each step in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Answer<()> {
    loop {
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failure)?;
        let version = usize::try_from(version).map_err(|_| StoreError::Damaged)?;
        if version > SCHEMA_VERSION {
            return Err(StoreError::Newer);
        }
        let Some(migration) = MIGRATIONS.get(version) else { return Ok(()) };
        let transaction = connection.transaction().map_err(failure)?;
        transaction.execute_batch(migration).map_err(failure)?;
        let next = i64::try_from(version + 1).map_err(|_| StoreError::Damaged)?;
        transaction.pragma_update(None, "user_version", next).map_err(failure)?;
        transaction.commit().map_err(failure)?;
    }
}

/// Moves everything from the write-ahead log into the file itself.
pub(super) fn settle(connection: &Connection) -> Answer<()> {
    // Waits for readers as for any lock; what one of them still looks at after that would stay behind.
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failure)?;
    if busy == 0 { Ok(()) } else { Err(StoreError::InUse) }
}

/// Refuses a file that is missing, or that is a plain SQLite database.
pub(super) fn check_header(path: &Path) -> Answer<()> {
    let mut header = [0_u8; 16];
    let mut file = File::open(path).map_err(|_| StoreError::Io)?;
    file.read_exact(&mut header).map_err(|_| StoreError::Damaged)?;
    if &header == PLAIN_HEADER { Err(StoreError::Damaged) } else { Ok(()) }
}
