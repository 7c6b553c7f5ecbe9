//! The chunk around a change, and the change's header: everything before its columns.

use std::cell::Cell;

use signed::code::{C_ACTOR, C_CHECKSUM, C_CHUNK, C_COLUMNS, C_DEPS, C_HEADER, C_RANGE, C_SIZE};
use signed::digest::sha256;
use signed::{ActorId, ChangeHash};

use super::cursor::Cursor;
use super::limits;
use crate::Template;
use crate::refusal::{Refusal, refuse, require};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHECKSUM_BYTES: u64 = 4;
const TYPE_CHANGE: u8 = 1;
const ACTOR_BYTES: u64 = 16;
/// The bit of a column's number that says its bytes are deflated.
const DEFLATED: u64 = 8;

const CHUNK_SHORT: Refusal = Refusal::new(C_CHUNK, "the chunk ends early");
const COLUMN_SHORT: Refusal = Refusal::new(signed::code::C_ROWS, "a column ends early");

/// Automerge's number of a column: its id times sixteen plus its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
pub(super) enum Column {
    ObjectActor = 1,
    ObjectCounter = 2,
    KeyActor = 17,
    KeyCounter = 19,
    KeyText = 21,
    Insert = 52,
    Action = 66,
    ValueKind = 86,
    Value = 87,
    PredecessorCount = 112,
    PredecessorActor = 113,
    PredecessorCounter = 115,
}

impl Column {
    /// Every column a record's change may have, in the order of their numbers.
    const RECORD: [Self; 10] = [
        Self::ObjectActor,
        Self::ObjectCounter,
        Self::KeyText,
        Self::Insert,
        Self::Action,
        Self::ValueKind,
        Self::Value,
        Self::PredecessorCount,
        Self::PredecessorActor,
        Self::PredecessorCounter,
    ];
    /// What a draft's text needs besides.
    const WORDS: [Self; 2] = [Self::KeyActor, Self::KeyCounter];

    fn known(number: u64, template: Template) -> Option<Self> {
        let words: &[Self] = match template {
            Template::Record => &[],
            Template::Draft => &Self::WORDS,
        };
        Self::RECORD.iter().chain(words).find(|column| **column as u64 == number).copied()
    }
}

/// The columns of a change, not yet read.
pub(super) struct Columns<'a> {
    present: Vec<(Column, &'a [u8])>,
    visited: &'a Cell<u64>,
}

impl<'a> Columns<'a> {
    /// One column's bytes; none if the change does not have it.
    pub(super) fn read(&self, column: Column) -> Cursor<'a> {
        let bytes = self.present.iter().find(|(name, _)| *name == column).map_or(&[][..], |(_, bytes)| bytes);
        Cursor::new(bytes, self.visited, COLUMN_SHORT)
    }

    /// Whether the change has no column at all.
    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }
}

/// The actors a change names: index 0 is its own.
pub(super) struct Actors {
    /// Who made the change.
    pub(super) own: ActorId,
    /// The other device actors, sorted.
    pub(super) others: Vec<ActorId>,
    /// Whether the genesis' actor is among the others.
    pub(super) genesis: bool,
}

impl Actors {
    /// How many there are: an index in a column is below this.
    pub(super) fn count(&self) -> usize {
        1 + usize::from(self.genesis) + self.others.len()
    }
}

/// What stands before the columns.
pub(super) struct Header {
    pub(super) deps: Vec<ChangeHash>,
    pub(super) actors: Actors,
    pub(super) seq: u64,
    pub(super) start_op: u64,
}

/// The inside of a change chunk that fills `bytes` exactly. The checksum is not looked at.
pub(super) fn open<'a>(bytes: &'a [u8], visited: &'a Cell<u64>) -> Result<Cursor<'a>, Refusal> {
    require(bytes.len() <= limits::CHANGE_BYTES_MAX, C_SIZE, "a change is larger than 320 KiB")?;
    let mut cursor = Cursor::new(bytes, visited, CHUNK_SHORT);
    require(cursor.array()? == MAGIC, C_CHUNK, "not a chunk")?;
    cursor.take(CHECKSUM_BYTES)?;
    require(cursor.array()? == [TYPE_CHANGE], C_CHUNK, "not a plain change chunk")?;
    let length = cursor.unsigned()?;
    require(length >= cursor.left(), C_CHUNK, "bytes follow the change")?;
    require(length <= cursor.left(), C_CHUNK, "the chunk ends early")?;
    Ok(cursor)
}

/// The hash of the change, when its first four bytes are the chunk's checksum.
pub(super) fn hash(bytes: &[u8]) -> Result<ChangeHash, Refusal> {
    let (_magic, rest) = bytes.split_first_chunk::<4>().ok_or(CHUNK_SHORT)?;
    let (checksum, hashed) = rest.split_first_chunk::<4>().ok_or(CHUNK_SHORT)?;
    let hash = sha256(hashed);
    require(hash.starts_with(checksum), C_CHECKSUM, "the checksum is not the content's")?;
    Ok(ChangeHash(hash))
}

/// The dependencies, which come first: sorted, distinct and not too many.
pub(super) fn dependencies(cursor: &mut Cursor<'_>) -> Result<Vec<ChangeHash>, Refusal> {
    let count = cursor.unsigned()?;
    require(count <= limits::DEPS_MAX, C_DEPS, "more than 256 dependencies")?;
    let mut deps: Vec<ChangeHash> = Vec::new();
    for _ in 0..count {
        let next = ChangeHash(cursor.array()?);
        require(deps.last().is_none_or(|last| *last < next), C_DEPS, "dependencies are not sorted and distinct")?;
        deps.push(next);
    }
    Ok(deps)
}

/// The rest of the header and the columns, up to the end of the chunk.
pub(super) fn header<'a>(
    mut cursor: Cursor<'a>,
    template: Template,
    visited: &'a Cell<u64>,
) -> Result<(Header, Columns<'a>), Refusal> {
    let deps = dependencies(&mut cursor)?;
    let own_length = cursor.unsigned()?;
    require(own_length == ACTOR_BYTES, C_ACTOR, "an actor is not 16 bytes")?;
    let own = ActorId(cursor.array()?);
    let seq = cursor.unsigned()?;
    require((1..=limits::SEQ_MAX).contains(&seq), C_RANGE, "a sequence number automerge cannot hold")?;
    let start_op = cursor.unsigned()?;
    require((1..=limits::COUNTER_MAX).contains(&start_op), C_RANGE, "a first operation automerge cannot hold")?;
    require(cursor.signed()? == 0, C_HEADER, "the time is not zero")?;
    require(cursor.unsigned()? == 0, C_HEADER, "there is a message")?;
    let actors = actors(&mut cursor, own)?;
    let columns = columns(&mut cursor, template, visited)?;
    require(cursor.rest().is_empty(), C_HEADER, "there are extra bytes")?;
    Ok((Header { deps, actors, seq, start_op }, columns))
}

/// The table of actors: sorted, distinct, 16 bytes each; the genesis' one byte sorts first.
fn actors(cursor: &mut Cursor<'_>, own: ActorId) -> Result<Actors, Refusal> {
    let count = cursor.unsigned()?;
    let mut actors = Actors { own, others: Vec::new(), genesis: false };
    for index in 0..count {
        let length = cursor.unsigned()?;
        if index == 0 && length == 1 {
            require(cursor.array()? == [0_u8], C_ACTOR, "an actor is not 16 bytes")?;
            actors.genesis = true;
            continue;
        }
        require(length == ACTOR_BYTES, C_ACTOR, "an actor is not 16 bytes")?;
        let next = ActorId(cursor.array()?);
        require(next != own, C_ACTOR, "the change's own actor stands among the others")?;
        let ascends = actors.others.last().is_none_or(|last| *last < next);
        require(ascends, C_ACTOR, "the other actors are not sorted and distinct")?;
        actors.others.push(next);
    }
    Ok(actors)
}

/// The list of columns and their bytes: only the template's, ascending, none empty or deflated.
fn columns<'a>(cursor: &mut Cursor<'a>, template: Template, visited: &'a Cell<u64>) -> Result<Columns<'a>, Refusal> {
    let count = cursor.unsigned()?;
    let most = (Column::RECORD.len() + Column::WORDS.len()) as u64;
    require(count <= most, C_COLUMNS, "more columns than a change has")?;
    let mut lengths: Vec<(Column, u64)> = Vec::new();
    for _ in 0..count {
        let number = cursor.unsigned()?;
        require(number & DEFLATED == 0, C_COLUMNS, "a deflated column")?;
        let Some(column) = Column::known(number, template) else {
            return refuse(C_COLUMNS, "a column the template does not have");
        };
        let ascends = lengths.last().is_none_or(|(last, _)| *last < column);
        require(ascends, C_COLUMNS, "a column is repeated or out of order")?;
        let length = cursor.unsigned()?;
        require(length > 0, C_COLUMNS, "an empty column")?;
        lengths.push((column, length));
    }
    let mut present = Vec::new();
    for (column, length) in lengths {
        present.push((column, cursor.part(length)?));
    }
    Ok(Columns { present, visited })
}
