//! The limits of one change, each with its reason.

/// Operations in one change. An honest change has a handful; a draft change at most 2,000.
pub const OPERATIONS_MAX: u64 = 10_000;
/// Predecessors named by one change, over all its operations.
pub const PREDECESSORS_MAX: u64 = 10_000;
/// Operations in one push, over all its changes: what one call may make a server apply.
pub const PUSH_OPERATIONS_MAX: u64 = 100_000;
/// Predecessors in one push, over all its changes.
pub const PUSH_PREDECESSORS_MAX: u64 = 100_000;
/// Bytes of values in one change. Media are attachments, never values.
pub const VALUE_BYTES_MAX: u64 = 256 * 1024;
/// Bytes of keys in one change, each as often as its run length says: automerge copies the key for
/// every operation, so one long key shared by thousands of operations costs that many copies.
pub const KEY_BYTES_MAX: u64 = 256 * 1024;
/// Bytes of one change chunk.
pub const CHANGE_BYTES_MAX: usize = 320 * 1024;
/// Dependencies of one change: more heads than one document ever has.
pub const DEPS_MAX: u64 = 256;
/// The highest operation counter: automerge holds counters in 32 bits and panics beyond.
pub const COUNTER_MAX: u64 = u32::MAX as u64;
/// The highest sequence number of an actor, which automerge also holds in 32 bits.
pub const SEQ_MAX: u64 = u32::MAX as u64;
