//! The first thing that touches the bytes of a change from a peer, a bundle or an import.
//!
//! A valid change of a hundred bytes can declare millions of operations, because automerge's
//! columns are run-length encoded; applying it takes gigabytes, and a failed allocation cannot be
//! caught. Some malformed ones make automerge panic. So before automerge sees a change, this
//! module walks its columns, counts what they declare without expanding a run, and refuses what is
//! too much or not in the one form that an honest writer makes. Its own work and memory are
//! bounded by the bytes that came, never by what they declare.
//!
//! It judges form and amount only. What an operation may do is for the operation rules; that the
//! bytes are canonical in the end is for comparing them with automerge's own encoding.

use std::cell::Cell;

use signed::code::C_RANGE;
use signed::{ActorId, ChangeHash};

use crate::Template;
use crate::refusal::{Refusal, require};

mod chunk;
mod columns;
mod cursor;
pub mod limits;
mod runs;

/// What a change declares, counted without expanding anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The hash of the change; its first bytes are the chunk's checksum.
    pub hash: ChangeHash,
    /// What it depends on: sorted, distinct, at most [`limits::DEPS_MAX`].
    pub deps: Vec<ChangeHash>,
    /// Who made it.
    pub actor: ActorId,
    /// The other device actors its operations name, sorted.
    pub actors: Vec<ActorId>,
    /// Whether its operations name the genesis' actor too, as all do that touch an object.
    pub names_genesis: bool,
    /// Its place among its actor's changes, from 1.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// How many operations it has; none is a merge.
    pub operations: u64,
    /// How many predecessors its operations name together.
    pub predecessors: u64,
    /// Bytes of all keys, each as often as it is used.
    pub key_bytes: u64,
    /// Bytes of all values.
    pub value_bytes: u64,
    /// How many bytes were looked at to find all this.
    pub visited_bytes: u64,
}

impl Declared {
    /// The counter of its last operation; with no operation, the one before `start_op`.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.start_op.saturating_add(self.operations).saturating_sub(1)
    }
}

/// Counts what one change declares, or refuses it. Nothing of automerge is called.
pub fn preflight(bytes: &[u8], template: Template) -> Result<Declared, Refusal> {
    examine(bytes, template, &Cell::new(0))
}

/// How many bytes [`preflight`] looks at before it decides: the work it does, also for what it
/// refuses. Hashing, which passes once over the input, is not counted.
#[must_use]
pub fn work(bytes: &[u8], template: Template) -> u64 {
    let visited = Cell::new(0);
    // Only the work is asked for here, whatever the verdict.
    drop(examine(bytes, template, &visited));
    visited.get()
}

/// The dependencies alone, so that the template of a document's first change can be told from the
/// genesis it depends on. The checksum is not looked at: [`preflight`] must follow.
pub fn dependencies(bytes: &[u8]) -> Result<Vec<ChangeHash>, Refusal> {
    chunk::dependencies(&mut chunk::open(bytes, &Cell::new(0))?)
}

fn examine(bytes: &[u8], template: Template, visited: &Cell<u64>) -> Result<Declared, Refusal> {
    let inside = chunk::open(bytes, visited)?;
    let hash = chunk::hash(bytes)?;
    let (header, columns) = chunk::header(inside, template, visited)?;
    let totals = columns::walk(&columns, header.actors.count())?;
    let declared = Declared {
        hash,
        deps: header.deps,
        actor: header.actors.own,
        actors: header.actors.others,
        names_genesis: header.actors.genesis,
        seq: header.seq,
        start_op: header.start_op,
        operations: totals.operations,
        predecessors: totals.predecessors,
        key_bytes: totals.key_bytes,
        value_bytes: totals.value_bytes,
        visited_bytes: visited.get(),
    };
    require(declared.max_op() <= limits::COUNTER_MAX, C_RANGE, "a last operation automerge cannot hold")?;
    Ok(declared)
}
