//! Rows in one SQLite file, encrypted by SQLCipher: one writing connection, a pool of reading ones.

mod columns;
mod keeping;
mod media;
mod open;
mod read;
mod rules;
mod write;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use zeroize::Zeroizing;

use super::StoreError;
use super::port::{Answer, Reading, Store, Writing};

pub use open::{SCHEMA_VERSION, connect};

/// Reading connections that are kept open; more are opened and closed as needed.
pub const READERS_KEPT_MAX: usize = 4;

/// A database file.
pub struct Sqlite {
    path: PathBuf,
    key: Zeroizing<[u8; 32]>,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    watcher: Mutex<Connection>,
    /// Set when a commit failed: what is on disk is unknown until the file is opened again.
    failed: AtomicBool,
}

impl Sqlite {
    /// Makes a new database. [`StoreError::InUse`] when the file exists.
    pub fn create(path: &Path, key: &[u8; 32]) -> Answer<Self> {
        if path.exists() {
            return Err(StoreError::InUse);
        }
        let mut connection = open::connect_new(path, key)?;
        open::migrate(&mut connection)?;
        open::settle(&connection)?;
        open::check_header(path)?;
        Self::with(path, key, connection)
    }

    /// Opens a database. A wrong key, damage and a newer schema are errors that change no byte.
    pub fn open(path: &Path, key: &[u8; 32]) -> Answer<Self> {
        open::check_header(path)?;
        let mut connection = connect(path, key)?;
        open::migrate(&mut connection)?;
        Self::with(path, key, connection)
    }

    fn with(path: &Path, key: &[u8; 32], writer: Connection) -> Answer<Self> {
        Ok(Self {
            path: path.to_owned(),
            key: Zeroizing::new(*key),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            watcher: Mutex::new(connect(path, key)?),
            failed: AtomicBool::new(false),
        })
    }

    fn usable(&self) -> Answer<()> {
        if self.failed.load(Ordering::SeqCst) { Err(StoreError::Io) } else { Ok(()) }
    }
}

impl Store for Sqlite {
    fn read(&self) -> Answer<Box<dyn Reading + '_>> {
        self.usable()?;
        let kept = lock(&self.readers).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connect(&self.path, &self.key)?,
        };
        connection.execute_batch("BEGIN DEFERRED").map_err(failure)?;
        Ok(Box::new(ReadTx { connection: Some(connection), pool: &self.readers }))
    }

    fn write(&self) -> Answer<Box<dyn Writing + '_>> {
        self.usable()?;
        let connection = lock(&self.writer);
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failure)?;
        Ok(Box::new(WriteTx { connection, failed: &self.failed, open: true }))
    }

    fn settle(&self) -> Answer<()> {
        open::settle(&lock(&self.writer))
    }

    fn data_version(&self) -> Answer<u64> {
        let watcher = lock(&self.watcher);
        let version: i64 = watcher.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(failure)?;
        Ok(version.unsigned_abs())
    }
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sqlite")
    }
}

struct ReadTx<'a> {
    connection: Option<Connection>,
    pool: &'a Mutex<Vec<Connection>>,
}

impl Drop for ReadTx<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // A connection whose transaction does not end is closed instead of kept.
        if connection.execute_batch("COMMIT").is_ok() {
            let mut pool = lock(self.pool);
            if pool.len() < READERS_KEPT_MAX {
                pool.push(connection);
            }
        }
    }
}

struct WriteTx<'a> {
    connection: MutexGuard<'a, Connection>,
    failed: &'a AtomicBool,
    open: bool,
}

impl WriteTx<'_> {
    fn finish(&mut self) -> Answer<()> {
        self.open = false;
        self.connection.execute_batch("COMMIT").map_err(|error| {
            // After a failed fsync nobody knows what is on disk; trying again would hide it.
            self.failed.store(true, Ordering::SeqCst);
            failure(error)
        })
    }
}

impl Drop for WriteTx<'_> {
    fn drop(&mut self) {
        if self.open && self.connection.execute_batch("ROLLBACK").is_err() {
            self.failed.store(true, Ordering::SeqCst);
        }
    }
}

/// Access to the connection behind either transaction.
trait Connected {
    fn connection(&self) -> Answer<&Connection>;
}

impl Connected for ReadTx<'_> {
    fn connection(&self) -> Answer<&Connection> {
        self.connection.as_ref().ok_or(StoreError::Io)
    }
}

impl Connected for WriteTx<'_> {
    fn connection(&self) -> Answer<&Connection> {
        Ok(&self.connection)
    }
}

/// A panic elsewhere left the connection as it was: its transaction was rolled back in `Drop`.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What SQLite's error means to us.
fn failure(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as E;
    match error.sqlite_error_code() {
        Some(E::DiskFull) => StoreError::Full,
        Some(E::DatabaseCorrupt) => StoreError::Damaged,
        Some(E::NotADatabase) => StoreError::Key,
        Some(E::DatabaseBusy | E::DatabaseLocked) => StoreError::InUse,
        Some(_) => StoreError::Io,
        // Not SQLite itself: a column that is not what we wrote.
        None => StoreError::Damaged,
    }
}
