//! Walks the columns of a change and counts what they declare.
//!
//! Automerge takes the number of operations from the action column and reads the others beside it;
//! so each of the others must have exactly as many rows.

use signed::code::{C_ACTOR, C_CANONICAL, C_KEYS, C_OP, C_OPS, C_PREDS, C_RANGE, C_ROWS, C_VALUE, C_VALUES};

use super::chunk::{Column, Columns};
use super::cursor::Cursor;
use super::limits;
use super::runs::{Run, Runs, Steps, each_run};
use crate::refusal::{Refusal, refuse, require};

/// The highest action automerge knows.
const ACTION_MAX: u64 = 7;
/// The low bits of a value's kind are its type, the others its length.
const TYPE_BITS: u32 = 4;
/// The longest LEB128 number.
const NUMBER_BYTES_MAX: u64 = 10;
const FLOAT_BYTES: u64 = 8;

/// What the columns declare.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) operations: u64,
    pub(super) predecessors: u64,
    pub(super) key_bytes: u64,
    pub(super) value_bytes: u64,
}

/// Counts everything, or says what is wrong. `actors` is the length of the table of actors.
pub(super) fn walk(columns: &Columns<'_>, actors: usize) -> Result<Totals, Refusal> {
    let mut named = Named::none_of(actors);
    let operations = actions(columns)?;
    if operations == 0 {
        require(columns.is_empty(), C_ROWS, "columns without operations")?;
        named.finish()?;
        return Ok(Totals::default());
    }
    objects(columns, &mut named, operations)?;
    let key_bytes = keys(columns, &mut named, operations)?;
    inserts(columns, operations)?;
    let value_bytes = values(columns, operations)?;
    let predecessors = predecessors(columns, &mut named, operations)?;
    named.finish()?;
    Ok(Totals { operations, predecessors, key_bytes, value_bytes })
}

fn actions(columns: &Columns<'_>) -> Result<u64, Refusal> {
    let mut runs = Runs::new(columns.read(Column::Action), Cursor::unsigned);
    let mut operations = 0_u64;
    while let Some(Run { rows, item }) = runs.next_run()? {
        let Some(action) = item else { return refuse(C_ROWS, "a null where none is expected") };
        operations = operations.saturating_add(rows);
        require(operations <= limits::OPERATIONS_MAX, C_OPS, "more than 10,000 operations")?;
        require(action <= ACTION_MAX, C_OP, "an action automerge does not know")?;
    }
    Ok(operations)
}

/// Every operation is in one of the template's objects. A null would be the root, where nobody but
/// the genesis writes.
fn objects(columns: &Columns<'_>, actors: &mut Named, operations: u64) -> Result<(), Refusal> {
    let object_actor = columns.read(Column::ObjectActor);
    let object_counter = columns.read(Column::ObjectCounter);
    let rooted = object_actor.rest().is_empty() && object_counter.rest().is_empty();
    require(!rooted, C_OP, "an operation in the root")?;
    each_run(object_actor, Cursor::unsigned, operations, |_, index| actors.name(index))?;
    each_run(object_counter, Cursor::unsigned, operations, |_, counter| {
        require((1..=limits::COUNTER_MAX).contains(&counter), C_RANGE, "a counter automerge cannot hold")
    })
}

/// A key is a text, or the head of a sequence (a zero without an actor), or an element of one (a
/// counter and its actor): never two of them, never none. Returns the bytes of the texts.
fn keys(columns: &Columns<'_>, actors: &mut Named, operations: u64) -> Result<u64, Refusal> {
    let mut actor = Steps::new(columns.read(Column::KeyActor), Cursor::unsigned, operations);
    let mut delta = Steps::new(columns.read(Column::KeyCounter), Cursor::signed, operations);
    let mut text = Steps::new(columns.read(Column::KeyText), text_bytes, operations);
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    let mut counter = Counter::default();
    while rows < operations {
        let (element, number, name) = (actor.peek()?, delta.peek()?, text.peek()?);
        let step = element.rows.min(number.rows).min(name.rows);
        match (element.item, number.item, name.item) {
            (None, None, Some(length)) => {
                bytes = bytes.saturating_add(length.saturating_mul(step));
                require(bytes <= limits::KEY_BYTES_MAX, C_KEYS, "more than 256 KiB of keys")?;
            }
            (Some(index), Some(delta), None) => {
                actors.name(index)?;
                let lowest = counter.add(delta, step)?;
                require(lowest > 0, C_RANGE, "an element without a counter")?;
            }
            (None, Some(delta), None) => {
                let all_head = counter.add(delta, step)? == 0 && (step == 1 || delta == 0);
                require(all_head, C_ROWS, "a null where none is expected")?;
            }
            _ => return refuse(C_ROWS, "a key that is not exactly one of a text and an element"),
        }
        actor.pass(step);
        delta.pass(step);
        text.pass(step);
        rows = rows.saturating_add(step);
    }
    require(rows == operations, C_ROWS, "a column has more rows than the change has operations")?;
    actor.finish()?;
    delta.finish()?;
    text.finish()?;
    Ok(bytes)
}

/// Booleans are counts of, by turns, false and true; only the first may be zero.
fn inserts(columns: &Columns<'_>, operations: u64) -> Result<(), Refusal> {
    let mut column = columns.read(Column::Insert);
    let (mut rows, mut first) = (0_u64, true);
    while !column.rest().is_empty() {
        let count = column.unsigned()?;
        require(first || count > 0, C_CANONICAL, "a run of no rows")?;
        first = false;
        rows = rows.saturating_add(count);
    }
    require(rows == operations, C_ROWS, "a column has more or fewer rows than the change has operations")
}

/// Each value's type and length; the lengths fill the value column exactly.
fn values(columns: &Columns<'_>, operations: u64) -> Result<u64, Refusal> {
    let mut declared = 0_u64;
    each_run(columns.read(Column::ValueKind), Cursor::unsigned, operations, |rows, kind| {
        let length = kind >> TYPE_BITS;
        let sane = match kind & 0xf {
            0..=2 => length == 0,
            3 | 4 | 8 | 9 => (1..=NUMBER_BYTES_MAX).contains(&length),
            5 => length == FLOAT_BYTES,
            6 | 7 => true,
            _ => return refuse(C_VALUE, "a type of value automerge does not know"),
        };
        require(sane, C_RANGE, "a value of a length its type does not have")?;
        declared = declared.saturating_add(length.saturating_mul(rows));
        require(declared <= limits::VALUE_BYTES_MAX, C_VALUES, "more than 256 KiB of values")
    })?;
    let held = columns.read(Column::Value).left();
    require(held == declared, C_ROWS, "the value column is not as long as its values")?;
    Ok(declared)
}

/// How many predecessors the operations have; actor and counter columns have one row for each.
fn predecessors(columns: &Columns<'_>, actors: &mut Named, operations: u64) -> Result<u64, Refusal> {
    let mut total = 0_u64;
    each_run(columns.read(Column::PredecessorCount), Cursor::unsigned, operations, |rows, count| {
        total = total.saturating_add(count.saturating_mul(rows));
        require(total <= limits::PREDECESSORS_MAX, C_PREDS, "more than 10,000 predecessors")
    })?;
    each_run(columns.read(Column::PredecessorActor), Cursor::unsigned, total, |_, index| actors.name(index))?;
    let mut counter = Counter::default();
    each_run(columns.read(Column::PredecessorCounter), Cursor::signed, total, |rows, delta| {
        counter.add(delta, rows).map(|_lowest| ())
    })?;
    Ok(total)
}

/// A text's length; the text itself is passed over, because automerge checks its form.
fn text_bytes(cursor: &mut Cursor<'_>) -> Result<u64, Refusal> {
    let length = cursor.unsigned()?;
    cursor.take(length)?;
    Ok(length)
}

/// The running value of a delta column.
#[derive(Default)]
struct Counter(i128);

impl Counter {
    /// Adds a delta so many times and returns the lowest value on the way. A run goes one way, so
    /// if both ends are in range everything between is.
    fn add(&mut self, delta: i64, rows: u64) -> Result<i128, Refusal> {
        let delta = i128::from(delta);
        // 63 bits times 64 bits plus 32 bits fit in 128.
        let (first, last) = (self.0 + delta, self.0 + delta * i128::from(rows));
        let (lowest, highest) = (first.min(last), first.max(last));
        let fits = lowest >= 0 && highest <= i128::from(limits::COUNTER_MAX);
        require(fits, C_RANGE, "a counter automerge cannot hold")?;
        self.0 = last;
        Ok(lowest)
    }
}

/// Which actors of the table some operation names. Automerge looks up every actor of the table and
/// panics at one it has never met, even if nothing names it.
struct Named(Vec<bool>);

impl Named {
    fn none_of(actors: usize) -> Self {
        Self(vec![false; actors])
    }

    fn name(&mut self, index: u64) -> Result<(), Refusal> {
        let place = usize::try_from(index).ok().and_then(|index| self.0.get_mut(index));
        *place.ok_or(Refusal::new(C_ACTOR, "an actor that is not in the table"))? = true;
        Ok(())
    }

    /// Refuses unless all are named; the first, the change's own, need not be.
    fn finish(&self) -> Result<(), Refusal> {
        require(self.0.iter().skip(1).all(|named| *named), C_ACTOR, "an actor that no operation names")
    }
}
