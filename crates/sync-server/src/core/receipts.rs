//! The receipt log: one leaf per frame in an RFC 9162 tree, whose heads the server signs.

use signed::cbor::{self, Value};
use signed::merkle::{Frontier, Node, path_from};
use signed::{Signer, Timestamp, code};
use wire::{Epoch, Leaf, LogHead, Receipt};

use super::Core;
use crate::error::ServerError;
use crate::store::rows::{FrameRow, HeadRow};
use crate::store::{Reading, StoreError, Writing};

const FRONTIER: &str = "log_frontier";
/// The newest signed head, which covers every entry of the audit chain.
pub(crate) const TIP: &str = "log_tip";

/// The log as it stands.
pub(crate) fn frontier(tx: &dyn Reading) -> Result<Frontier, ServerError> {
    let Some(bytes) = tx.meta(FRONTIER)? else { return Ok(Frontier::default()) };
    let read = || {
        let value = cbor::decode(&bytes).ok()?;
        let (size, peaks) = value.as_array()?.split_first()?;
        let peaks: Option<Vec<Node>> = peaks.iter().map(|peak| peak.as_bytes()?.try_into().ok()).collect();
        Frontier::from_parts(size.as_uint()?, peaks?)
    };
    Ok(read().ok_or(StoreError::Damaged)?)
}

/// Appends a leaf; answers its place.
pub(crate) fn append(tx: &mut dyn Writing, leaf: &Leaf) -> Result<u64, ServerError> {
    let mut log = frontier(tx.reading())?;
    let index = log.size();
    tx.add_leaf(index, &cbor::encode(&leaf.to_value()))?;
    for (level, place, node) in log.push(leaf.hash()) {
        tx.add_node(level, place, &node)?;
    }
    let peaks = log.peaks().iter().map(Value::bytes);
    let row: Vec<_> = std::iter::once(Value::uint(log.size())).chain(peaks).collect();
    tx.put_meta(FRONTIER, &cbor::encode(&Value::Array(row)))?;
    Ok(index)
}

/// Signs the head over everything appended so far. It leaves this process only after the
/// transaction that holds it is on disk.
pub(crate) fn sign_head(core: &Core, tx: &mut dyn Writing, now: Timestamp) -> Result<u64, ServerError> {
    let log = frontier(tx.reading())?;
    let envelope = signed_head(core.epoch, core.signer.as_ref(), tx, &log, now)?;
    tx.add_log_head(&HeadRow { size: log.size(), envelope })?;
    Ok(log.size())
}

/// Signs where both logs stand after this transaction: whatever is cut off either of them later
/// shows against it.
pub(crate) fn sign_tip(
    epoch: Epoch,
    signer: &dyn Signer,
    tx: &mut dyn Writing,
    now: Timestamp,
) -> Result<(), ServerError> {
    let log = frontier(tx.reading())?;
    let envelope = signed_head(epoch, signer, tx, &log, now)?;
    Ok(tx.put_meta(TIP, &envelope)?)
}

fn signed_head(
    epoch: Epoch,
    signer: &dyn Signer,
    tx: &dyn Writing,
    log: &Frontier,
    now: Timestamp,
) -> Result<Vec<u8>, ServerError> {
    let (audit_size, audit_head) = tx.audit_tip()?;
    let head = LogHead { epoch, time: now, size: log.size(), root: log.root(), audit_size, audit_head };
    Ok(head.sign(signer)?)
}

/// The receipt of a frame: the same every time it is asked for.
pub(crate) fn of_frame(tx: &dyn Reading, frame: &FrameRow) -> Result<Receipt, ServerError> {
    let damaged = ServerError::new(code::A_DAMAGED, "the receipt log is incomplete");
    let leaf = tx.leaf(frame.index)?.and_then(|bytes| Leaf::from_value(cbor::decode(&bytes).ok()?).ok());
    let leaf = leaf.ok_or_else(|| damaged.clone())?;
    let head = tx.log_head(frame.size)?.ok_or_else(|| damaged.clone())?;
    let path = path_from(frame.size, frame.index, &mut |level, place| tx.node(level, place))?;
    Ok(Receipt {
        lane: frame.lane,
        number: frame.number,
        head: head.envelope,
        index: frame.index,
        path: path.ok_or(damaged)?,
        outcomes: leaf.outcomes,
        user: leaf.user,
        role: leaf.role,
        inbox_head: frame.inbox_head,
    })
}
