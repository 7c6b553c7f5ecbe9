//! The sealed box (R92): takes words while the store's key is gone, and cannot give them back without it.
//!
//! Beside the store lie `box.key` (the public key, and the role of whose device this is: what a body is checked
//! against before it is taken) and the folder `box` with one file for each thing that was said. The secret key is in
//! the encrypted store; whoever opens that empties the box ([`mod@empty`]). Nothing in the folder tells who wrote,
//! about whom, or what kind of record it is.

mod empty;
mod files;

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use records::{Role, normalise};
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};
use signed::{ReaderKey, RecordId, Timestamp, code};
use zeroize::Zeroizing;

use crate::api::{Ids, answer, kind_of, small_enough, vital};
use crate::error::{FieldError, Result};
use crate::ports::{self, Clock, Random};

pub(crate) use files::{FOLDER, KEY_FILE};

/// Things said that a box holds at most: days of work, and a folder that is still read in a moment.
pub const ENTRIES_MAX: usize = 1_000;

/// What the sealing is for.
const PURPOSE: &str = "firsthand box/1";

/// Where a record stands whose words are in the box.
const BOXED: &str = "boxed";

/// What can be said into a box.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Saying {
    /// A new record.
    New { kind: String, body: JsonMap<String, Json> },
    /// Working fields of a record, or words of a draft.
    Edit { set: Vec<(String, Json)> },
}

/// One thing said: what, about which record, and when by the device's clocks.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: RecordId,
    at: Timestamp,
    mono_ms: u64,
    boot: String,
    saying: Saying,
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
    /// device, or is of a version that had no box, and nothing can be taken without its key.
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
    pub fn record_new(&self, kind: &str, body: Json, clock: &dyn Clock, random: &dyn Random) -> Result<Json> {
        small_enough(&body)?;
        let kind = kind_of(kind)?;
        if !records::rights::may_begin(self.role, kind) {
            return Err(FieldError::new(code::I_CREATE, "this role does not make records of this kind"));
        }
        // What no store would take is refused while whoever said it is still here.
        let now = clock.now();
        let mut ids = Ids::new(random, now);
        let body = normalise(kind, body, &mut || ids.next())?.0;
        ids.done()?;
        let id = RecordId::mint(now, ports::bytes(random)?);
        self.put(id, Saying::New { kind: kind.name.to_owned(), body }, vital(kind.name), clock, random)?;
        let (case, statement, gaps) = (None, None, None);
        Ok(answer::json(&answer::Made { id: id.into(), status: BOXED.to_owned(), case, statement, gaps }))
    }

    /// As [`crate::Field::record_edit`], when the store is opened: `{"id","status":"boxed"}`. What the store then
    /// refuses stays in the box, and `status` counts it.
    pub fn record_edit(
        &self,
        id: RecordId,
        set: Vec<(String, Json)>,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<Json> {
        set.iter().try_for_each(|(_, value)| small_enough(value))?;
        self.put(id, Saying::Edit { set }, true, clock, random)?;
        Ok(answer::json(&answer::Edited { id: id.into(), status: BOXED.to_owned() }))
    }

    fn put(&self, id: RecordId, saying: Saying, vital: bool, clock: &dyn Clock, random: &dyn Random) -> Result<()> {
        let entry = Entry { id, at: clock.now(), mono_ms: clock.mono_ms(), boot: clock.boot(), saying };
        let unwritable = |_| FieldError::new(code::I_JSON, "a body that cannot be written");
        let words = Zeroizing::new(serde_json::to_vec(&entry).map_err(unwritable)?);
        let seed = Zeroizing::new(ports::bytes(random)?);
        let sealed = self.key.seal(PURPOSE, b"", &words, seed);
        let sealed = sealed.map_err(|_| FieldError::new(code::STORE_IO, "the key of the box is none"))?;
        files::put(&self.dir, &sealed, vital)
    }
}

impl std::fmt::Debug for SealedBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedBox")
    }
}
