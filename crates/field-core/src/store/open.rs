//! Opening: alone, with the right key, on whole files, or not at all.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Once;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use signed::{Timestamp, code};

use super::key::{self, Check};
use super::migrate::migrate;
use crate::error::{FieldError, Result};
use crate::media;
use crate::ports::Random;
use crate::sealed_box;
use crate::types::StoreKey;

const DATABASE: &str = "field.db";
const FILES: [&str; 3] = ["field.db", "field.db-wal", "field.db-shm"];
pub(crate) const RESERVE: &str = "reserve";
/// What folders with files that were set aside are called.
const DAMAGED: &str = "damaged-";
/// Disk space kept free for a disclosure that has to be saved when the disk is full.
pub(crate) const RESERVE_BYTES: usize = 256 * 1024;
/// Databases up to this size are checked page by page whenever they are opened (some 40 ms);
/// larger ones page by page as they are read.
const CHECK_AT_OPEN_BYTES_MAX: u64 = 16 * 1024 * 1024;
const PLAIN_HEADER: &[u8] = b"SQLite format 3\0";

/// The open database and the lock on its folder.
pub(crate) struct Store {
    dir: PathBuf,
    connection: Option<Connection>,
    // A sync to disk that failed may have lost what was written before it: nothing more is written
    // until the store was opened and looked at again.
    broken: Option<FieldError>,
    // Held for as long as the store is open; after the connection, because fields go in this order.
    _lock: Lock,
}

/// The lock on a store's folder.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Given up, not only closed: a process that was forked from this one has a copy of the open file, and
        // the lock would stay for as long as that one lives.
        unlock(&self.0);
    }
}

impl Store {
    /// Opens the store of a folder, making it if there is none.
    pub(crate) fn open(dir: &Path, key: &StoreKey, random: &dyn Random, now: Timestamp) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let lock = lock(dir)?;
        let exists = dir.join(DATABASE).exists();
        let check = key::check(dir, key);
        match (exists, check) {
            (_, Check::Wrong) => return Err(wrong_key()),
            (false, _) => key::write(dir, &[key], random)?,
            (true, Check::Right | Check::Unknown) => {}
        }
        match connect(dir, key, exists) {
            Ok(connection) => {
                if check == Check::Unknown && exists {
                    key::write(dir, &[key], random)?;
                }
                reserve(dir);
                Ok(Self { dir: dir.to_owned(), connection: Some(connection), broken: None, _lock: lock })
            }
            // Without the file that knows the key, "damaged" and "another key" look the same, and
            // with another key nothing may be touched.
            Err(error) if error.code == code::STORE_DAMAGED && check == Check::Right => Err(set_aside(dir, now)?),
            Err(error) if error.code == code::STORE_DAMAGED => Err(wrong_key()),
            Err(error) => Err(error),
        }
    }

    /// The connection, for reading.
    pub(crate) fn db(&self) -> Result<&Connection> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.connection.as_ref().ok_or_else(|| FieldError::new(code::D_REVOKED, "this device has erased itself"))
    }

    /// Runs one transaction; when it answers, what it wrote is on disk. Where the disk is full and
    /// this must be saved all the same, the reserve is given up and it is tried once more: nothing
    /// of the first try was written.
    pub(crate) fn write<T>(&mut self, vital: bool, work: impl Fn(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.db()?;
        let first = self.once(&work);
        match first {
            Err(error) if error.code == code::STORE_FULL && vital && self.release() => self.once(&work),
            other => other,
        }
    }

    fn once<T>(&mut self, work: impl Fn(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let Some(connection) = self.connection.as_mut() else {
            return Err(FieldError::new(code::D_REVOKED, "this device has erased itself"));
        };
        let answer: Result<T> = (|| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })();
        if let Err(error) = &answer
            && matches!(error.code, code::STORE_IO | code::STORE_DAMAGED)
        {
            self.broken = Some(FieldError::new(error.code, format!("{}; open the store again", error.message)));
        }
        answer
    }

    fn release(&self) -> bool {
        fs::remove_file(self.dir.join(RESERVE)).is_ok()
    }

    /// Changes the key. A crash in between leaves a store that opens with one of the two.
    pub(crate) fn rekey(&mut self, old: &StoreKey, new: &StoreKey, random: &dyn Random) -> Result<()> {
        key::write(&self.dir, &[old, new], random)?;
        self.db()?.execute_batch(&key::pragma("rekey", new))?;
        // From here on the new key is the one. What fails now is tidied up by the next opening, which
        // knows both; answering an error would make the caller keep the wrong one.
        let _ = self.db()?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        let _ = key::write(&self.dir, &[new], random);
        Ok(())
    }

    /// Takes every file of the store away. The key it was written with is the caller's to destroy;
    /// the pages left on the disk were never plain.
    pub(crate) fn erase(&mut self) -> Result<()> {
        // Nothing is put into the box meanwhile, and without its key nothing afterwards.
        let _turn = sealed_box::turn(&self.dir)?;
        self.connection = None;
        for name in FILES.iter().chain(&[RESERVE, "keycheck"]).chain(&sealed_box::FILES) {
            match fs::remove_file(self.dir.join(name)) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Files that were damaged once were kept for somebody to look at: they open with the same key.
        for entry in fs::read_dir(&self.dir)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(DAMAGED) && entry.path().is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        for folder in [media::FOLDER, sealed_box::FOLDER] {
            match fs::remove_dir_all(self.dir.join(folder)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(key::sync_folder(&self.dir)?)
    }
}

fn lock(dir: &Path) -> Result<Lock> {
    let file = File::options().create(true).truncate(false).write(true).open(dir.join("lock"))?;
    if try_lock(&file)? {
        return Ok(Lock(file));
    }
    Err(FieldError::new(code::STORE_IN_USE, "another program is using this store"))
}

/// Takes the lock if nobody has it. Not by the standard library, which has none on Android yet.
#[cfg(unix)]
pub(crate) fn try_lock(file: &File) -> std::io::Result<bool> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
pub(crate) fn unlock(file: &File) {
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
}

#[cfg(not(unix))]
pub(crate) fn try_lock(file: &File) -> std::io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(std::fs::TryLockError::WouldBlock) => Ok(false),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(not(unix))]
pub(crate) fn unlock(file: &File) {
    let _ = file.unlock();
}

fn wrong_key() -> FieldError {
    FieldError::new(code::STORE_KEY, "this key does not open the store; nothing was changed")
}

/// SQLite lets other threads go on before it has made the cipher known (SQLITE_EXTRA_INIT), and one that opens a file
/// just then is told that `PRAGMA key` is no SQL: the process's first opening ends before any other begins.
fn begin_sqlite() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(Connection::open_in_memory()));
}

fn connect(dir: &Path, key: &StoreKey, exists: bool) -> Result<Connection> {
    begin_sqlite();
    let path = dir.join(DATABASE);
    let mut connection = Connection::open(&path)?;
    // The library's own log goes to the terminal of whoever embeds this; errors are answered instead.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    connection.execute_batch(&key::pragma("key", key))?;
    let cipher: Option<String> = super::optional(connection.query_row("PRAGMA cipher_version", [], |row| row.get(0)))?;
    if cipher.is_none_or(|version| version.is_empty()) {
        return Err(FieldError::new(code::STORE_IO, "this build cannot encrypt"));
    }
    // One process has the store, without the shared-memory file, which a full disk cannot make: said before
    // the first read, which would make it.
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
    // A wrong key or a damaged first page shows here.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;
         PRAGMA fullfsync = ON;",
    )?;
    if unsynced() {
        connection.execute_batch("PRAGMA synchronous = OFF;")?;
    }
    connection.set_prepared_statement_cache_capacity(128);
    if exists && fs::metadata(&path)?.len() <= CHECK_AT_OPEN_BYTES_MAX {
        whole(&connection)?;
    }
    migrate(&mut connection)?;
    let mut header = [0_u8; 16];
    let read = File::open(&path).and_then(|mut file| file.read(&mut header))?;
    if read == header.len() && header == PLAIN_HEADER {
        return Err(FieldError::new(code::STORE_IO, "the store on disk is not encrypted"));
    }
    Ok(connection)
}

/// Whether a test planted the fault `unsynced`: only a build with `test-faults` can have it.
fn unsynced() -> bool {
    cfg!(feature = "test-faults") && std::env::var("FIRSTHAND_TEST_FAULTS").is_ok_and(|names| names == "unsynced")
}

/// Every page's authentication code. What is authentic was written by us, so its shape is not
/// checked again.
fn whole(connection: &Connection) -> Result<()> {
    let mut faults = connection.prepare("PRAGMA cipher_integrity_check")?;
    if faults.query([])?.next()?.is_some() {
        return Err(FieldError::new(code::STORE_DAMAGED, "the store on disk is damaged"));
    }
    Ok(())
}

/// Moves all files of a damaged store to a folder of their own; answers what to tell the caller.
fn set_aside(dir: &Path, now: Timestamp) -> Result<FieldError> {
    let stamp: String = now.to_string().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let mut aside = dir.join(format!("{DAMAGED}{stamp}"));
    let mut number = 1;
    while aside.exists() {
        number += 1;
        aside = dir.join(format!("{DAMAGED}{stamp}-{number}"));
    }
    let _turn = sealed_box::turn(dir)?;
    fs::create_dir(&aside)?;
    for name in FILES.iter().chain(&["keycheck", media::FOLDER, sealed_box::FILES[0], sealed_box::FOLDER]) {
        let from = dir.join(name);
        if from.exists() {
            fs::rename(from, aside.join(name))?;
        }
    }
    key::sync_folder(dir)?;
    let name = aside.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(FieldError::new(code::STORE_DAMAGED, format!("the store was damaged; its files are kept in {name}")))
}

/// Keeps some space for what must be saved when the disk is full. Where there is none left, the
/// store opens without.
fn reserve(dir: &Path) {
    let path = dir.join(RESERVE);
    let there = fs::metadata(&path).is_ok_and(|file| file.len() == RESERVE_BYTES as u64);
    if !there {
        let made = File::create(&path).and_then(|mut file| {
            file.write_all(&vec![0x5a; RESERVE_BYTES])?;
            file.sync_all()
        });
        if made.is_err() {
            // A half-written reserve is space taken for nothing.
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SeededRandom;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("firsthand-open-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    fn open(dir: &Path) -> Result<Store> {
        Store::open(dir, &StoreKey::new([1; 32]), &SeededRandom::new(1), Timestamp::from_millis(0))
    }

    fn fill(db: &Transaction<'_>) -> Result<()> {
        db.execute("INSERT INTO meta (name, value) VALUES ('small', x'01')", [])?;
        db.execute("INSERT INTO meta (name, value) VALUES ('large', zeroblob(4000000))", [])?;
        Ok(())
    }

    fn rows(store: &Store) -> i64 {
        store.db().unwrap().query_row("SELECT count(*) FROM meta", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_full_disk_writes_nothing_by_half_and_gives_up_the_reserve_for_what_is_vital_alone() {
        let dir = folder("full");
        let mut store = open(&dir).unwrap();
        let pages: i64 = store.db().unwrap().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        let limit = |store: &Store, pages: i64| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            store.db().unwrap().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap();
        };
        limit(&store, pages + 8);
        assert_eq!(store.write(false, fill).unwrap_err().code, code::STORE_FULL);
        assert!(dir.join(RESERVE).exists());
        assert_eq!(store.write(true, fill).unwrap_err().code, code::STORE_FULL);
        assert!(!dir.join(RESERVE).exists());
        assert_eq!(rows(&store), 0);
        // Space came back: nothing has to be opened anew.
        limit(&store, pages + 10_000);
        store.write(true, fill).unwrap();
        assert_eq!(rows(&store), 2);
        drop(store);
        let store = open(&dir).unwrap();
        assert_eq!((rows(&store), fs::metadata(dir.join(RESERVE)).unwrap().len()), (2, RESERVE_BYTES as u64));
        drop(store);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_closed_store_opens_again_while_a_forked_process_has_a_copy_of_its_lock() {
        let dir = folder("forked");
        let store = open(&dir).unwrap();
        // What a fork gets: the same open file under another descriptor.
        let copy = store._lock.0.try_clone().unwrap();
        assert_eq!(open(&dir).err().unwrap().code, code::STORE_IN_USE);
        drop(store);
        drop(open(&dir).unwrap());
        drop(copy);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_newer_schema_is_left_alone() {
        let dir = folder("newer");
        let store = open(&dir).unwrap();
        store.db().unwrap().pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        let error = open(&dir).err().unwrap();
        assert_eq!((error.code, error.code.class.as_str()), (code::STORE_NEWER, "update"));
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn every_setting_that_durability_and_secrecy_stand_on_is_in_force() {
        let dir = folder("settings");
        let store = open(&dir).unwrap();
        let setting = |name: &str| {
            let sql = format!("PRAGMA {name}");
            store.db().unwrap().query_row(&sql, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
        };
        let number = rusqlite::types::Value::Integer;
        assert_eq!(setting("synchronous"), number(2));
        assert_eq!(setting("secure_delete"), number(1));
        assert_eq!(setting("temp_store"), number(2));
        assert_eq!(setting("trusted_schema"), number(0));
        assert_eq!(setting("foreign_keys"), number(1));
        assert_eq!(setting("journal_mode"), rusqlite::types::Value::Text("wal".into()));
        drop(store);
        fs::remove_dir_all(&dir).unwrap();
    }
}
