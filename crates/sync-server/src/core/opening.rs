//! Openings with a reason: what a headline says is not enough, and its reader says why. From then on they hold
//! the record itself, and the opening stands in the audit. An auditor opens a case in the same way, to read.

use documents::{Created, Refusal, View};
pub(crate) use records::opening::{OPENING, opens};
use records::rules::{Row, look, switch};
use records::{Compartment, Kind, Policy, Role};
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

    /// Every opening's end as a row that falls due: also of those from before ends were kept.
    pub(super) fn watch_openings(&mut self) -> Result<(), ServerError> {
        for id in self.tx.of_kind(OPENING)? {
            // A damaged one closes nothing and opens nothing new.
            if let Ok(Some(opening)) = self.row_of(id) {
                self.watch_opening(&opening)?;
            }
        }
        Ok(())
    }

    /// The end of an opening, as a row that falls due; once for each moment that a policy gave it.
    fn watch_opening(&mut self, opening: &Row) -> Result<(), ServerError> {
        let due = ends(opening, &self.policy);
        let id = RecordId::derived(&["opening_ends", &opening.id.to_string(), &due.to_string()]);
        let waits = self.tx.prompts_of_case(id)?.iter().any(|row| row.ended.is_none());
        if waits || self.tx.meta(&ended(opening.id))?.is_some() {
            return Ok(());
        }
        if due <= self.now {
            return self.end_opening(opening);
        }
        self.put_date(id, "R91", due, &opening.id.to_string())
    }

    /// The end of an opening has come. Where the policy gives it longer by now, it ends then.
    pub(super) fn opening_ended(&mut self, about: &str) -> Result<(), ServerError> {
        let Ok(id) = about.parse::<RecordId>() else { return Ok(()) };
        match self.row_of(id) {
            Ok(Some(opening)) => self.watch_opening(&opening),
            // Nobody can say when it ends: it is looked at again until it is mended.
            Err(error) if error.code == code::A_DOCUMENT => {
                let due = look::later(self.now, LOOKED_AT_AGAIN_MS);
                let again = RecordId::derived(&["opening_ends", about, &due.to_string()]);
                self.put_date(again, "R91", due, about)
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// It stays ended, whatever a policy says later, and who may hold what it opened is looked at again.
    fn end_opening(&mut self, opening: &Row) -> Result<(), ServerError> {
        if !switch::on("R91") {
            return Ok(());
        }
        self.tx.put_meta(&ended(opening.id), self.now.to_string().as_bytes())?;
        self.moved.extend(opening.case);
        Ok(())
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
            let author = match self.core.projection(&row) {
                // Nothing is taken from anybody for a damage of ours: an opening lies with whoever wrote it.
                Err(error) if error.code == code::A_DOCUMENT => {
                    row.compartment.parse::<Compartment>().ok().and_then(|own| own.user().cloned())
                }
                projection => {
                    let opening = projection?.and_then(|opening| opening.row);
                    let runs = |opening: &Row| ends(opening, &self.core.policy()) > self.now || !switch::on("R91");
                    let runs = opening.filter(runs);
                    runs.and_then(|opening| UserId::new(&opening.author).ok())
                }
            };
            if self.tx.meta(&ended(opening))?.is_none() {
                users.extend(author);
            }
        }
        Ok(users)
    }
}

/// After so long a damaged opening is looked at again.
const LOOKED_AT_AGAIN_MS: i64 = 24 * 60 * 60 * 1000;

/// Where it is kept that an opening has ended.
fn ended(opening: RecordId) -> String {
    format!("opening_ended/{opening}")
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
