//! The relay bundle (`proto/relay.md`): what this device could not send, sealed for the server, in a file that
//! another device carries; and what this one carries for others.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{Code, RecordId, code};
use sync_engine::limits::GROWTH_RECORDS;
use wire::limits::{RELAY_FILE_BYTES_MAX, RELAY_PARTS_MAX};
use wire::{Carried, Lane, RelayFile, WireError, relay};
use zeroize::Zeroizing;

use crate::api::answer::{self, CarriedIn, UnsentExported};
use crate::bundle;
use crate::error::{FieldError, Result};
use crate::event::{Event, EventKind};
use crate::field::{Field, Me};
use crate::ports;
use crate::store::carried::{self, CarriedPart, Fate};
use crate::store::{changes, directory, frames};

/// Bytes that a device carries for others at most: two of the largest bundles.
pub const CARRIED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of a file that are not its parts: names, version, reader, and five before each part.
const FILE_OVERHEAD_BYTES: usize = 128 + 5 * RELAY_PARTS_MAX;

impl Field {
    /// Writes everything that waits to be sent, sealed for the server alone, into a file that another device
    /// carries: `{"to","frames","records","bytes","more"}`. What was written waits here as before, until its
    /// own receipt. `D.relay_key` before the server's key has come, `I.not_found` where nothing waits,
    /// `STORE.io` when it cannot be written. Attached files are not in it.
    pub fn export_unsent(&self, to: &Path) -> Result<Json> {
        let me = self.me()?;
        let Some(key) = self.read(directory::relay_key)? else {
            return Err(FieldError::new(
                code::D_RELAY_KEY,
                "the server's key for relay bundles is not on this device yet; it comes with the next sync",
            ));
        };
        // What was only typed goes along; a draft that cannot be signed now goes another time.
        let _ = self.drafts_flush(None);
        let mut pack = Pack::default();
        for lane in [Lane::Urgent, Lane::Rest] {
            self.pack(&me, &key, lane, &mut pack)?;
        }
        if pack.parts.is_empty() {
            let message =
                if pack.left_out { "what waits is too large to be carried" } else { "nothing waits to be sent" };
            return Err(FieldError::new(code::I_NOT_FOUND, message));
        }
        let frames = pack.parts.len() as u64;
        let bytes = RelayFile { reader: relay::reader_id(&key), parts: pack.parts }.encode();
        bundle::write_file(to, &bytes)?;
        Ok(answer::json(&UnsentExported {
            to: to.display().to_string(),
            frames,
            records: pack.records.len() as u64,
            bytes: bytes.len() as u64,
            more: pack.full || pack.left_out,
        }))
    }

    /// The frames of a lane, as a session would send them.
    fn pack(&self, me: &Me, key: &signed::ReaderKey, lane: Lane, pack: &mut Pack) -> Result<()> {
        let (mut after, mut steps) = (0, GROWTH_RECORDS.into_iter());
        let most = GROWTH_RECORDS.last().copied().unwrap_or(1);
        while !pack.full {
            let records = steps.next().unwrap_or(most);
            let Some(outgoing) = self.next_frame(lane, after, records)? else { return Ok(()) };
            after = outgoing.push.number;
            let carried = Carried { device: me.device, incarnation: me.incarnation, push: outgoing.push };
            let random = Zeroizing::new(ports::bytes(self.random())?);
            match carried.seal(key, random) {
                Ok(part) if pack.takes(&part) => {
                    pack.bytes += part.len();
                    pack.parts.push(part);
                    pack.records.extend(self.read(|db| records_in(db, lane, after))?);
                }
                Ok(_) => pack.full = true,
                Err(WireError::TooLarge { .. }) => {
                    // What follows in this lane cannot be taken before it. The other lane can.
                    pack.left_out = true;
                    return Ok(());
                }
                Err(error) => return Err(FieldError::new(error.code(), "the server's key cannot be sealed for")),
            }
        }
        Ok(())
    }

    /// Takes in a relay bundle, to be carried to the server: `{"parts","already","bytes"}`. Nothing of it can
    /// be read here. `B.form`, `B.too_large`, `B.reader` where it is for another server, `B.carried_full`.
    pub fn import(&self, path: &Path) -> Result<Json> {
        // A device that is nobody's has no session to carry anything in.
        self.me()?;
        let file = read(path)?;
        let now = self.moment().now;
        let answer = self.write(false, |db| {
            let known = directory::relay_keys(db)?;
            if !known.is_empty() && !known.iter().any(|key| relay::reader_id(key) == file.reader) {
                return Err(FieldError::new(code::B_READER, "this bundle is for another server"));
            }
            let before = carried::bytes(db)?;
            let mut answer = CarriedIn { parts: 0, already: 0, bytes: 0 };
            for part in &file.parts {
                if carried::add(db, part, now)? {
                    answer.parts += 1;
                    answer.bytes += part.len() as u64;
                } else {
                    answer.already += 1;
                }
            }
            if before + answer.bytes > CARRIED_BYTES_MAX {
                let message = format!("this device carries at most {CARRIED_BYTES_MAX} bytes: sync first");
                return Err(FieldError::new(code::B_CARRIED_FULL, message));
            }
            Ok(answer)
        })?;
        self.saved();
        Ok(answer::json(&answer))
    }

    /// The next part to be brought to the server, behind this place in the queue.
    pub(crate) fn carried_next(&self, after: u64) -> Result<Option<CarriedPart>> {
        let now = self.moment().now;
        self.read(|db| carried::next(db, after, now))
    }

    /// What the server said of a part: without a code it is on its disk. It goes from here then, or when it can
    /// never be taken, which is counted and told.
    pub(crate) fn carried_answered(&self, part: &[u8; 32], refused: Option<Code>) -> Result<()> {
        let now = self.moment().now;
        let gone = self.write(false, |db| {
            let Some(code) = refused else { return carried::remove(db, part) };
            match Fate::of(code) {
                Fate::Again | Fate::NextSession if carried::is_old(db, part, now)? => carried::give_up(db, part),
                Fate::Again => carried::again(db, part, now).map(|()| false),
                Fate::NextSession => Ok(false),
                Fate::GivenUp => carried::give_up(db, part),
            }
        })?;
        if gone {
            let mut event = Event::new(EventKind::Carried, now);
            event.code = refused;
            self.tell(&[event]);
        }
        Ok(())
    }
}

/// A bundle while it is put together.
#[derive(Default)]
struct Pack {
    parts: Vec<Vec<u8>>,
    bytes: usize,
    records: BTreeSet<RecordId>,
    /// It is full, and something waits that is not in it.
    full: bool,
    /// A frame that no part holds stays, and what follows it in its lane.
    left_out: bool,
}

impl Pack {
    fn takes(&self, part: &[u8]) -> bool {
        self.parts.len() < RELAY_PARTS_MAX && self.bytes + part.len() + FILE_OVERHEAD_BYTES <= RELAY_FILE_BYTES_MAX
    }
}

/// The records whose changes a frame carries; a draft's is the record it will become.
fn records_in(db: &Connection, lane: Lane, number: u64) -> Result<BTreeSet<RecordId>> {
    let mut records = BTreeSet::new();
    for placed in frames::contents(db, lane, number)? {
        records.insert(changes::document(db, placed.document)?.map_or(placed.document, |row| row.record));
    }
    Ok(records)
}

/// Reads a file that anybody may have made.
fn read(path: &Path) -> Result<RelayFile> {
    let unreadable =
        |error: std::io::Error| FieldError::new(code::STORE_IO, format!("the bundle cannot be read: {}", error.kind()));
    let mut bytes = Vec::new();
    let most = RELAY_FILE_BYTES_MAX as u64 + 1;
    File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    RelayFile::decode(&bytes).map_err(|error| {
        if matches!(error, WireError::TooLarge { .. }) {
            return FieldError::new(code::B_TOO_LARGE, "more than a relay bundle may hold");
        }
        FieldError::new(code::B_FORM, "the file is not a relay bundle")
    })
}
