//! Every inbox: no gap, the digest at each row, and everything in it that its user may hold.

use std::collections::{BTreeMap, BTreeSet};

use records::Holding;
use signed::digest::AudienceDigest;
use signed::{ChangeHash, RecordId, UserId};
use wire::codec::inbox::number;

use super::super::schooling;
use super::Check;
use crate::core::audience::Entitlement;
use crate::core::inbox::walk;
use crate::core::projection::Projection;
use crate::error::ServerError;
use crate::store::rows::InboxRow;

/// An inbox as it is read again.
#[derive(Default)]
struct Replay {
    expected: u64,
    digest: AudienceDigest,
    held: BTreeMap<RecordId, Vec<ChangeHash>>,
    faults: Vec<(&'static str, u64)>,
}

impl Replay {
    fn row(&mut self, row: &InboxRow) {
        self.expected += 1;
        if row.number != self.expected {
            self.faults.push(("V.inbox_gap", self.expected));
            self.expected = row.number;
        }
        match (row.kind, row.document, row.change) {
            (number::CHANGE, Some(document), Some(change)) => {
                self.digest.add(document, change);
                self.held.entry(document).or_default().push(change);
            }
            (number::WITHDRAWN, Some(document), None) => {
                for change in self.held.remove(&document).unwrap_or_default() {
                    self.digest.remove(document, change);
                }
            }
            _ => {}
        }
        if row.digest != self.digest.0 {
            self.faults.push(("V.inbox_digest", row.number));
            // Later rows are judged by what stands here, so that one fault is one line.
            self.digest = AudienceDigest(row.digest);
        }
    }
}

impl Check<'_> {
    pub(super) fn inboxes(&mut self) -> Result<(), ServerError> {
        let users: Vec<UserId> = self.people.keys().cloned().collect();
        let entitled = self.entitled(&users)?;
        for (place, user) in users.iter().enumerate() {
            let replay = self.inbox(user)?;
            for (document, holdings) in &entitled {
                let holding = holdings.get(place).copied().unwrap_or(Holding::None);
                self.holding(user, &replay, *document, holding)?;
            }
        }
        Ok(())
    }

    fn inbox(&mut self, user: &UserId) -> Result<Replay, ServerError> {
        let mut replay = Replay::default();
        walk(self.tx, user, 0, u64::MAX, &mut |row| replay.row(row))?;
        let (head, digest) = self.tx.inbox_head(user)?;
        self.require(head == replay.expected && digest == replay.digest.0, "V.inbox_head", user);
        for (code, number) in std::mem::take(&mut replay.faults) {
            self.fault(code, format_args!("{user} {number}"));
        }
        Ok(replay)
    }

    /// What a user holds has all its rows, and what they may hold is held. What they hold and may
    /// no longer (an agreement ran out today) goes when it is next touched.
    fn holding(
        &mut self,
        user: &UserId,
        replay: &Replay,
        document: RecordId,
        entitled: Holding,
    ) -> Result<(), ServerError> {
        let held = self.tx.holder(document, user)?;
        let content = held.as_ref().is_some_and(|held| held.content);
        let rows = replay.held.get(&document).map(Vec::as_slice).unwrap_or_default();
        let all = self.documents.get(&document).map(|held| held.changes.as_slice()).unwrap_or_default();
        let expected: BTreeSet<_> = if content { all.iter().collect() } else { BTreeSet::new() };
        // R90: somebody of a school that was left has its news up to then.
        let stopped = held.as_ref().and_then(schooling::stopped_at);
        let told: BTreeSet<_> = rows.iter().collect();
        let same = rows.len() == stopped.unwrap_or(expected.len()) && told.is_subset(&expected);
        self.require(same, "V.inbox_rows", format_args!("{user} {document}"));
        let enough = match entitled {
            Holding::Content => content,
            Holding::Headline => held.is_some(),
            Holding::None => true,
        };
        self.require(enough, "V.audience", format_args!("{user} {document}"));
        Ok(())
    }

    /// What each user may hold of each document that can be read.
    fn entitled(&self, users: &[UserId]) -> Result<BTreeMap<RecordId, Vec<Holding>>, ServerError> {
        let now = self.core.clock.now();
        let entitlement = Entitlement { core: self.core, tx: self.tx, people: &self.people, now };
        let mut all = BTreeMap::new();
        for id in self.documents.keys() {
            let Some(row) = self.tx.document(*id)? else { continue };
            let Ok(key) = self.core.vault.unwrap(*id, &row.key) else { continue };
            // A projection that does not open was found before; nothing can be asked of it.
            if let Ok(Some(projection)) = Projection::open(&key, &row) {
                all.insert(*id, entitlement.of(*id, &projection, users)?);
            }
        }
        Ok(all)
    }
}
