//! The sealed box (R92): takes words while the store's key is gone, and cannot give them back without it.
//!
//! Beside the store lie `box.key` (the public key, and the role of whose device this is: what a body is checked
//! against before it is taken) and the folder `box` with one file for each record that something was said about. The
//! secret key is in the encrypted store; whoever opens that empties the box (`empty`). Nothing in the folder
//! tells who wrote, about whom, or what kind of record it is.

mod empty;
mod files;
mod typed;

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use records::{Kind, Role, normalise};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};
use signed::{ReaderKey, RecordId, Timestamp, code};
use zeroize::Zeroizing;

use crate::api::{Ids, kind_of, small_enough, vital};
use crate::error::{FieldError, Result};
use crate::ports::{self, Clock, Random};
use crate::store::meta;

pub(crate) use empty::EMPTYING_MAX;
pub(crate) use files::{FILES, FOLDER, turn};
pub(crate) use typed::Typed;

/// Entries that a box takes until it is emptied: days of work, and a folder that is still read in a moment.
pub const ENTRIES_MAX: usize = 1_000;

/// What the sealing is for.
const PURPOSE: &str = "firsthand box/1";

/// Where a record stands whose words are in the box.
const BOXED: &str = "boxed";

/// What can be said into a box.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Saying {
    /// A new record.
    New { kind: String, body: JsonMap<String, Json> },
    /// Working fields of a record, or words of a draft.
    Edit { set: Vec<(String, Json)> },
}

/// One thing said: what, about which record, and when by the device's clocks.
#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    /// Its name in the store, where it stands until the file is gone: an entry is taken once.
    said: String,
    id: RecordId,
    at: Timestamp,
    mono_ms: u64,
    boot: String,
    saying: Saying,
}

/// Time and randomness, as whoever has no store has them.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// The device's clock.
    pub clock: &'a dyn Clock,
    /// Where ids and keys come from.
    pub random: &'a dyn Random,
}

impl std::fmt::Debug for Ports<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// The box of one store, as whoever has no key sees it.
#[derive(Clone)]
pub struct SealedBox {
    dir: PathBuf,
    key: ReaderKey,
    role: Role,
}

impl SealedBox {
    /// The box of the store in this folder. `STORE.locked` where there is none: the store was never anybody's
    /// device, was erased, or is of a version that had no box, and nothing can be taken without its key.
    pub fn of(dir: &Path) -> Result<Self> {
        let none = || FieldError::new(code::STORE_LOCKED, "this store has no box; nothing is taken without its key");
        let text = files::read_key(dir)?.ok_or_else(none)?;
        let (key, role) = text.trim().split_once(' ').ok_or_else(none)?;
        let key = HEXLOWER.decode(key.as_bytes()).ok().and_then(|key| ReaderKey::from_slice(&key).ok());
        Ok(Self { dir: dir.to_owned(), key: key.ok_or_else(none)?, role: role.parse().map_err(|_| none())? })
    }

    /// As [`crate::Field::record_new`], for a record that is made when the store is opened: `{"id","status":"boxed"}`,
    /// on disk when it answers. Of a record that its kind does not begin as a draft, what it still needs is told
    /// then. `STORE.box_full` past [`ENTRIES_MAX`].
    pub fn record_new(&self, kind: &str, body: Json, ports: Ports<'_>) -> Result<Json> {
        Ok(self.begin(kind, body, ports)?.made())
    }

    /// As [`crate::Field::record_edit`], when the store is opened: `{"id","status":"boxed"}`. What the store then
    /// refuses is kept in the box, and `status` counts it.
    pub fn record_edit(&self, id: RecordId, set: Vec<(String, Json)>, ports: Ports<'_>) -> Result<Json> {
        Ok(self.change(id, set, ports)?.edited())
    }

    fn begin(&self, kind: &str, body: Json, ports: Ports<'_>) -> Result<Typed> {
        let kind = kind_of(kind)?;
        if !records::rights::may_begin(self.role, kind) {
            return Err(FieldError::new(code::I_CREATE, "this role does not make records of this kind"));
        }
        // What no store would take is refused while whoever said it is still here.
        let body = whole(kind, body, ports)?;
        let id = RecordId::mint(ports.clock.now(), ports::bytes(ports.random)?);
        self.put(id, Saying::New { kind: kind.name.to_owned(), body }, Some(kind), ports)
    }

    fn change(&self, id: RecordId, set: Vec<(String, Json)>, ports: Ports<'_>) -> Result<Typed> {
        fits(&set)?;
        self.put(id, Saying::Edit { set }, None, ports)
    }

    fn put(&self, id: RecordId, saying: Saying, kind: Option<&'static Kind>, ports: Ports<'_>) -> Result<Typed> {
        let said = HEXLOWER.encode(&ports::bytes::<16>(ports.random)?);
        let Ports { clock, .. } = ports;
        let entry = Entry { said, id, at: clock.now(), mono_ms: clock.mono_ms(), boot: clock.boot(), saying };
        let sealed = self.seal(&entry, ports)?;
        let number = files::put(&self.dir, &sealed, kind.is_some_and(|kind| vital(kind.name)))?;
        Ok(Typed { number, entry, kind })
    }

    fn seal(&self, entry: &Entry, ports: Ports<'_>) -> Result<Vec<u8>> {
        let unwritable = |_| FieldError::new(code::I_JSON, "a body that cannot be written");
        let words = Zeroizing::new(serde_json::to_vec(entry).map_err(unwritable)?);
        let seed = Zeroizing::new(ports::bytes(ports.random)?);
        let sealed = self.key.seal(PURPOSE, b"", &words, seed);
        sealed.map_err(|_| FieldError::new(code::STORE_IO, "the key of the box is none"))
    }
}

/// A body as its kind has it, or what no store would take of it.
fn whole(kind: &'static Kind, body: Json, ports: Ports<'_>) -> Result<JsonMap<String, Json>> {
    small_enough(&body)?;
    let mut ids = Ids::new(ports.random, ports.clock.now());
    let body = normalise(kind, body, &mut || ids.next())?.0;
    ids.done()?;
    Ok(body)
}

/// Whether one call could have brought all of this.
fn fits(set: &[(String, Json)]) -> Result<()> {
    set.iter().try_for_each(|(path, _)| Ok::<(), FieldError>(records::path_fits(path)?))?;
    small_enough(&Json::Array(
        set.iter().flat_map(|(path, value)| [Json::from(path.as_str()), value.clone()]).collect(),
    ))
}

/// In the transaction that takes an entry: it is not taken again.
pub(crate) fn took(db: &Connection, entry: Option<&str>) -> Result<()> {
    entry.map_or(Ok(()), |said| meta::set(db, &mark(said), b""))
}

fn mark(said: &str) -> String {
    format!("{MARKS}{said}")
}

const MARKS: &str = "box/";

impl std::fmt::Debug for SealedBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedBox")
    }
}
