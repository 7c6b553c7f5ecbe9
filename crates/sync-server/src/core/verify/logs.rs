//! The receipt log, the frames it is about, and the audit chain, against every head that was signed.

use std::collections::BTreeMap;

use signed::cbor;
use signed::digest::sha256_of;
use signed::merkle::{Frontier, Node};
use signed::{DeviceId, FrameHash, Incarnation, Signer as _};
use wire::{FrameHeader, Lane, Leaf, LogHead};

use super::Check;
use crate::core::{audit, receipts};
use crate::error::ServerError;
use crate::store::rows::FrameRow;

/// Previous and own hash of each frame, by lane and number.
type Lanes = BTreeMap<(DeviceId, Incarnation, Lane), BTreeMap<u64, (FrameHash, FrameHash)>>;

impl Check<'_> {
    /// The log from its leaves up; answers the root at each size.
    pub(super) fn receipt_log(&mut self) -> Result<BTreeMap<u64, Node>, ServerError> {
        let mut log = Frontier::default();
        let mut roots = BTreeMap::from([(0, log.root())]);
        let count = self.tx.leaves()?;
        for index in 0..count {
            let leaf = self.tx.leaf(index)?.and_then(|bytes| Leaf::from_value(cbor::decode(&bytes).ok()?).ok());
            let Some(leaf) = leaf else {
                self.fault("V.log", format_args!("leaf {index}"));
                break;
            };
            for (level, place, node) in log.push(leaf.hash()) {
                let stored = self.tx.node(level, place)?;
                self.require(stored == Some(node), "V.log", format_args!("node {level} {place}"));
            }
            roots.insert(log.size(), log.root());
        }
        match receipts::frontier(self.tx) {
            Ok(stored) => self.require(stored == log, "V.log", "frontier"),
            Err(_) => self.fault("V.log", "frontier"),
        }
        Ok(roots)
    }

    /// Every frame: signed by its device, in its place in its lane, and with everything in it that
    /// was accepted.
    pub(super) fn frames(&mut self) -> Result<(), ServerError> {
        let frames = self.tx.frames()?;
        let mut lanes: Lanes = BTreeMap::new();
        self.require(frames.len() as u64 == self.tx.leaves()?, "V.frame", "count");
        for (frame, index) in frames.iter().zip(0_u64..) {
            self.require(frame.index == index, "V.frame", format_args!("leaf {index}"));
            self.frame(frame)?;
            let lane = lanes.entry((frame.device, frame.incarnation, frame.lane)).or_default();
            lane.insert(frame.number, (frame.previous, frame.hash));
        }
        for ((device, _, _), frames) in &lanes {
            let mut before = FrameHash([0; 32]);
            for ((number, (previous, hash)), expected) in frames.iter().zip(1_u64..) {
                self.require(
                    *number == expected && *previous == before,
                    "V.frame_chain",
                    format_args!("{device} {number}"),
                );
                before = *hash;
            }
        }
        self.origins(&frames)
    }

    fn frame(&mut self, frame: &FrameRow) -> Result<(), ServerError> {
        let what = format!("{} {:?} {}", frame.device, frame.lane, frame.number);
        let hashes = |(document, changes): &(signed::RecordId, Vec<[u8; 32]>)| {
            let mut parts: Vec<&[u8]> = vec![&document.0];
            parts.extend(changes.iter().map(|hash| &hash[..]));
            sha256_of(&parts)
        };
        let header = FrameHeader {
            device: frame.device,
            incarnation: frame.incarnation,
            lane: frame.lane,
            number: frame.number,
            previous: frame.previous,
            items: frame.items.iter().map(hashes).collect(),
        };
        let envelope = header.envelope(&frame.signature);
        let signed = self.keys.get(&frame.device).is_some_and(|key| {
            let opened = signed::cose::open(signed::cose::Typ::Frame, &envelope);
            opened.and_then(|opened| opened.verify(key)).is_ok()
        });
        self.require(signed && signed::digest::sha256(&envelope) == frame.hash.0, "V.frame", &what);
        let leaf = self.tx.leaf(frame.index)?.and_then(|bytes| Leaf::from_value(cbor::decode(&bytes).ok()?).ok());
        match leaf {
            Some(leaf) if leaf.frame == frame.hash && leaf.device == frame.device => self.kept(frame, &leaf, &what),
            Some(_) | None => self.fault("V.frame", &what),
        }
        Ok(())
    }

    /// What a receipt says was accepted is still here.
    fn kept(&mut self, frame: &FrameRow, leaf: &Leaf, what: &str) {
        let complete = leaf.outcomes.len() == frame.items.len() && leaf.statements.len() == frame.items.len();
        self.require(complete, "V.frame", what);
        let items = frame.items.iter().zip(leaf.outcomes.iter().zip(&leaf.statements));
        for ((document, changes), (outcome, statements)) in items {
            let accepted = usize::try_from(outcome.accepted).unwrap_or(usize::MAX);
            let held = self.documents.get(document);
            // What was erased, with approval, is meant to be gone.
            if held.is_some_and(|held| held.erased) {
                continue;
            }
            let all = changes.iter().take(accepted).all(|hash| held.is_some_and(|held| held.bytes.contains(hash)));
            let said = statements.iter().all(|id| held.is_some_and(|held| held.statements.contains(id)));
            self.require(all && said && accepted <= changes.len(), "V.lost", format_args!("{document} in {what}"));
        }
    }

    /// Every change came in a frame that is here, or is the server's own.
    fn origins(&mut self, frames: &[FrameRow]) -> Result<(), ServerError> {
        let place = |frame: &FrameRow| (frame.device, frame.incarnation, frame.lane, frame.number);
        let frames: BTreeMap<_, _> = frames.iter().map(|frame| (place(frame), frame)).collect();
        for document in self.tx.documents()? {
            for change in self.tx.changes(document)? {
                let known = match change.origin {
                    None => change.actor == self.core.actor,
                    Some(o) => frames.get(&(o.device, o.incarnation, o.lane, o.frame)).is_some_and(|frame| {
                        let item = usize::try_from(o.item).ok().and_then(|item| frame.items.get(item));
                        item.is_some_and(|(id, _)| *id == document)
                    }),
                };
                self.require(known, "V.origin", format_args!("{document} {}", change.hash));
            }
        }
        Ok(())
    }

    /// Every signed head: its signature, its root, and the audit chain it was signed over.
    pub(super) fn heads(&mut self, roots: &BTreeMap<u64, Node>) -> Result<(), ServerError> {
        let chain = self.audit_chain()?;
        let key = self.core.signer.public_key().clone();
        let size = self.tx.leaves()?;
        self.tip(size, &chain)?;
        let newest = self.tx.last_log_head()?.map_or(0, |head| head.size);
        self.require(newest == size, "V.log_short", format_args!("{size} leaves, signed {newest}"));
        for number in roots.keys().copied().chain(std::iter::once(newest)) {
            let Some(row) = self.tx.log_head(number)? else { continue };
            let Ok(head) = LogHead::verify(&row.envelope, &key) else {
                self.fault("V.log_head", number);
                continue;
            };
            let root = roots.get(&head.size) == Some(&head.root) && head.size == number;
            self.require(root && head.epoch == self.core.epoch, "V.log_root", number);
            let audited = chain.get(&head.audit_size) == Some(&head.audit_head);
            self.require(audited, "V.audit_short", format_args!("head {number}: {} entries", head.audit_size));
        }
        Ok(())
    }

    /// The audit chain; answers the hash at each number.
    fn audit_chain(&mut self) -> Result<BTreeMap<u64, Node>, ServerError> {
        let mut chain = BTreeMap::from([(0, [0; 32])]);
        let (mut expected, mut previous, mut broken) = (1, [0; 32], Vec::new());
        audit::each(self.tx, |entry, read| {
            let whole = read.is_some_and(|row| row.number == entry.number && row.at == entry.at);
            if entry.number != expected || !whole || audit::chain(&previous, &entry.body) != entry.hash {
                broken.push(entry.number);
            }
            expected = entry.number + 1;
            previous = entry.hash;
            chain.insert(entry.number, entry.hash);
        })?;
        for number in broken {
            self.fault("V.audit", number);
        }
        Ok(chain)
    }

    /// The newest signed head says exactly where both logs end.
    fn tip(&mut self, size: u64, chain: &BTreeMap<u64, Node>) -> Result<(), ServerError> {
        let key = self.core.signer.public_key().clone();
        let tip = self.tx.meta(receipts::TIP)?.and_then(|bytes| LogHead::verify(&bytes, &key).ok());
        let Some(tip) = tip else {
            self.fault("V.log_head", "newest");
            return Ok(());
        };
        let (last, hash) = chain.last_key_value().map(|(number, hash)| (*number, *hash)).unwrap_or_default();
        let whole = tip.audit_size == last && tip.audit_head == hash;
        self.require(whole, "V.audit_short", format_args!("{last} entries, signed {}", tip.audit_size));
        self.require(tip.size == size, "V.log_short", format_args!("{size} leaves, signed {}", tip.size));
        Ok(())
    }
}
