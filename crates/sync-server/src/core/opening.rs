//! Openings with a reason: what a headline says is not enough, and its reader says why. From then on they hold
//! the record itself, and the opening stands in the audit. An auditor opens a case in the same way, to read.

use documents::{Created, Refusal, View};
pub(crate) use records::opening::{OPENING, opens};
use records::rules::{Row, look};
use records::{Kind, Policy, Role};
use serde_json::Value as Json;
use signed::{RecordId, Timestamp, UserId, code};

use super::Core;
use super::audience::Entitlement;
use super::audit::{self, Note};
use super::authority::{Allowed, Sender};
use super::limits::OPENINGS_PER_RECORD_MAX;
use super::projection::context;
use super::types::AuditRow;
use super::work::Work;
use crate::error::ServerError;

/// The kind of key under which an opening is found by what it opens.
const OPENED: u64 = 98;

impl Work<'_> {
    /// Whether this may be opened by whoever asks: with a reason, and what they hold a headline of. An auditor
    /// holds none, and opens a case.
    pub(crate) fn may_open(
        &self,
        kind: &'static Kind,
        view: &View,
        made: &Created,
        sender: &Sender<'_>,
    ) -> Result<Allowed, ServerError> {
        let body = records::shown(kind, view, &context(self.now, &self.policy)).body;
        if body.get("reason").and_then(Json::as_str).is_none_or(|reason| reason.trim().is_empty()) {
            return Ok(Err(Refusal::new(code::I_REASON, "an opening without a reason")));
        }
        let unknown = || Ok(Err(Refusal::new(code::S_MEMBER, "an opening of what its sender may not know of")));
        let Some(id) = opens(&body) else { return unknown() };
        let Some(row) = self.tx.document(id)?.filter(|row| row.case == made.case) else { return unknown() };
        let knows = if sender.role == Role::Auditor {
            row.kind == "case"
        } else {
            self.tx.holder(id, &sender.peer.user)?.is_some()
        };
        if knows { Ok(Ok(())) } else { unknown() }
    }

    /// An opening is found by what it opens.
    pub(crate) fn index_opening(&mut self, row: &Row) -> Result<(), ServerError> {
        let keys = opens(&row.body).map(|id| (self.core.vault.match_key(OPENING, &id.to_string()), OPENED));
        Ok(self.tx.put_keys(row.id, keys.as_slice())?)
    }

    /// The end of an opening, as a row that falls due.
    fn watch_opening(&mut self, row: &Row) -> Result<(), ServerError> {
        let Some(case) = row.case else { return Ok(()) };
        let id = RecordId::derived(&["opening_ends", &row.id.to_string()]);
        self.put_date(id, "R91", ends(row, &self.core.policy()), &case.to_string())
    }

    /// An opening has ended: who may hold the case it opened is looked at again.
    pub(super) fn opening_ended(&mut self, about: &str) {
        self.moved.extend(about.parse::<RecordId>());
    }

    /// A new opening stands in the audit, and whoever may hold what it opens is looked at again.
    pub(crate) fn opened(&mut self, row: &Row) -> Result<(), ServerError> {
        self.moved.extend(row.case);
        self.watch_opening(row)?;
        let records: Vec<RecordId> = opens(&row.body).into_iter().chain([row.id]).collect();
        let note = Note {
            operation: "consultation",
            who: &row.author,
            device: None,
            to: None,
            records: &records,
            why: OPENING,
        };
        audit::append(self.tx.as_mut(), self.now, note)
    }
}

impl Entitlement<'_> {
    /// Who opened a record with a reason, not too long ago.
    pub(crate) fn opened(&self, id: RecordId) -> Result<Vec<UserId>, ServerError> {
        let key = self.core.vault.match_key(OPENING, &id.to_string());
        let mut users = Vec::new();
        for opening in self.tx.with_key(&key, OPENINGS_PER_RECORD_MAX)? {
            let Some(row) = self.tx.document(opening)?.filter(|row| row.kind == OPENING) else { continue };
            let opening = self.core.projection(&row)?.and_then(|opening| opening.row);
            let holds = opening.filter(|opening| ends(opening, &self.core.policy()) > self.now);
            users.extend(holds.and_then(|opening| UserId::new(&opening.author).ok()));
        }
        Ok(users)
    }
}

/// When what was opened is closed again.
fn ends(opening: &Row, policy: &Policy) -> Timestamp {
    look::later(opening.since(), policy.opening_ms)
}

impl Core {
    /// Puts the reason beside each opening: it is read from the opening, so that it goes when that is erased.
    pub(crate) fn with_reasons(&self, rows: &mut [AuditRow]) -> Result<(), ServerError> {
        let tx = self.store.read()?;
        for row in rows.iter_mut().filter(|row| row.operation == "consultation" && row.why == OPENING) {
            let Some(opening) = row.records.last() else { continue };
            let Some(stored) = tx.document(*opening)? else { continue };
            // A damaged opening takes no row out of the list.
            let Ok(Some(projection)) = self.projection(&stored) else { continue };
            row.reason = projection.row.and_then(|row| row.text("reason").map(str::to_owned));
        }
        Ok(())
    }
}
