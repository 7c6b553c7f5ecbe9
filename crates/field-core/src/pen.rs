//! How this device writes: one change at a time, signed, and put through the same checks as
//! anybody's before it is saved.

use documents::statement::SEEN_MAX;
use documents::{Candidate, ChangeBuilder, Sentence, Statement, Template, Verdict, View};
use records::{Gap, Writes};
use rusqlite::Connection;
use signed::cbor::Map;
use signed::digest::sha256;
use signed::{StatementHash, Timestamp};
use sync_engine::Urgency;

use crate::error::{FieldError, Result, damaged};
use crate::field::{Me, Moment};
use crate::ports::{self, Random};
use crate::store::changes::{self, DocRow, Origin};
use crate::store::{frames, meta, opened};

/// Version of the content of statements made here.
const CONTENT_VERSION: u64 = 1;

/// A statement to be made.
pub(crate) struct Saying {
    pub(crate) sentence: Sentence,
    pub(crate) content: Map,
    pub(crate) event_at: Option<Timestamp>,
    pub(crate) gaps: Vec<Gap>,
}

impl Saying {
    pub(crate) fn step(name: &str, content: Map) -> Self {
        Self { sentence: Sentence::Step(name.to_owned()), content, event_at: None, gaps: Vec::new() }
    }
}

/// What one change is to hold.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) saying: Option<Saying>,
    pub(crate) writes: Writes,
    /// Registers to be emptied (drafts only).
    pub(crate) deletes: Vec<String>,
    /// Entries of an earlier change that are issued again keep their author and time.
    pub(crate) entries: Vec<(bool, documents::change::NewEntry)>,
}

/// Writes this user's changes within one transaction.
pub(crate) struct Pen<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) me: &'a Me,
    pub(crate) moment: &'a Moment,
    pub(crate) random: &'a dyn Random,
}

impl Pen<'_> {
    /// Makes one change of a document and saves it, with its place in the outbox; the view, if
    /// there is one, follows. Answers the statement it made, if it made one; nothing to write is
    /// no change.
    pub(crate) fn write(
        &self,
        row: &mut DocRow,
        view: Option<&mut View>,
        words: &Words,
        urgency: Urgency,
    ) -> Result<Option<StatementHash>> {
        let mut view = view;
        if row.state.heads.len() > SEEN_MAX {
            let merge = ChangeBuilder::new(&row.state, self.me.actor).finish();
            self.keep(row, view.as_deref_mut(), &merge, urgency)?;
        }
        let said = words.saying.as_ref().map(|saying| self.sign(row, saying)).transpose()?;
        let mut builder = ChangeBuilder::new(&row.state, self.me.actor);
        let id = said.as_ref().map(|bytes| StatementHash(sha256(bytes)));
        if let Some(bytes) = said {
            builder.statement(bytes);
        }
        self.fill(&mut builder, words);
        if builder.is_empty() {
            return Ok(None);
        }
        let bytes = builder.finish();
        self.keep(row, view, &bytes, urgency)?;
        Ok(id)
    }

    fn fill(&self, builder: &mut ChangeBuilder<'_>, words: &Words) {
        let (by, at) = (self.me.user.as_str(), self.moment.now);
        let writes = &words.writes;
        // The same value twice in one breath is one entry: it would stand under the same hash.
        let once = |list: &[(String, signed::Value)], place: usize| {
            let (before, rest) = list.split_at(place);
            rest.first().is_some_and(|entry| !before.contains(entry))
        };
        for (place, (field, value)) in writes.entries.iter().enumerate() {
            if once(&writes.entries, place) {
                builder.entry(field, value, by, at);
            }
        }
        for (place, (field, value)) in writes.cautious.iter().enumerate() {
            if once(&writes.cautious, place) {
                builder.cautious(field, value, by, at);
            }
        }
        for (cautious, entry) in &words.entries {
            if *cautious {
                builder.cautious(&entry.field, &entry.value, &entry.by, entry.at);
            } else {
                builder.entry(&entry.field, &entry.value, &entry.by, entry.at);
            }
        }
        for (key, value) in &writes.fields {
            builder.field(key, value);
        }
        for key in &words.deletes {
            builder.delete_field(key);
        }
    }

    fn sign(&self, row: &DocRow, saying: &Saying) -> Result<Vec<u8>> {
        let statement = Statement {
            record: row.id,
            kind: row.kind.clone(),
            sentence: saying.sentence.clone(),
            version: CONTENT_VERSION,
            content: saying.content.clone(),
            author: self.me.user.clone(),
            role: self.me.role.as_str().to_owned(),
            actor: self.me.actor,
            event_at: saying.event_at,
            device_at: self.moment.now,
            mono_ms: self.moment.mono_ms,
            boot: self.moment.boot.clone(),
            offset_ms: self.offset()?,
            rules: records::RULES_VERSION,
            policy: self.moment.policy.version,
            gaps: saying.gaps.iter().map(Gap::to_value).collect(),
            seen: row.state.heads.clone(),
            shown: if row.template() == Template::Draft {
                Vec::new()
            } else {
                opened::take(self.db, &row.compartment)?
            },
            salt: ports::bytes(self.random)?,
        };
        Ok(statement.sign(&*self.me.signer)?)
    }

    /// Device clock minus server clock, if it was measured in this boot.
    fn offset(&self) -> Result<Option<i64>> {
        if meta::text(self.db, meta::OFFSET_BOOT)?.as_deref() != Some(self.moment.boot.as_str()) {
            return Ok(None);
        }
        meta::number(self.db, meta::OFFSET)
    }

    fn keep(&self, row: &mut DocRow, view: Option<&mut View>, bytes: &[u8], urgency: Urgency) -> Result<()> {
        let candidate = Candidate::read(bytes, row.template())?;
        let checked = match changes::judge(self.db, row, candidate)? {
            Verdict::Fits(checked) => checked,
            Verdict::Refused(refusal) => return Err(FieldError::from(refusal)),
            Verdict::Known | Verdict::Need(_) => return Err(damaged("our own change does not fit its document")),
        };
        // A key outside this process may have signed it: it is looked at as anybody's is.
        let key = self.me.signer.public_key();
        let vouched = checked.statements().all(|opened| opened.verify(key).is_ok());
        let origin = Origin { own: true, saved_at: self.moment.now, inbox: None, vouched };
        changes::insert(self.db, row, &checked, origin)?;
        frames::enqueue(self.db, row.id, &checked.hash, bytes.len(), urgency, self.moment.now)?;
        if let Some(view) = view {
            view.apply(&checked);
        }
        Ok(())
    }
}
