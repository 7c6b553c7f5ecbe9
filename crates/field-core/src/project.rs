//! From a document to its line in a list: computed once when it changes, never when it is listed.

use documents::{Dot, View};
use records::rules::Row;
use records::verbs::requesters;
use records::{Argument, Context, Gap, Policy, SealTimes, Shown, shown, shown_draft};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use signed::{ChangeHash, RecordId, StatementHash, Timestamp};

use crate::error::Result;
use crate::field::{Me, Moment};
use crate::store::changes::{self, DocRow};
use crate::store::lists::{self, DraftRow, Line, Source};
use crate::store::{directory, weighed};

/// Records of a case that are weighed when it closes.
const ARGUMENTS_MAX: usize = documents::statement::CONSIDERED_MAX;

/// What the reader knows beside the document, answered from the store.
pub(crate) struct Reader<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) me: &'a Me,
    pub(crate) moment: &'a Moment,
}

impl Reader<'_> {
    /// Runs with the context in which this document is read.
    pub(crate) fn with<T>(&self, row: &DocRow, view: &View, work: impl FnOnce(&Context<'_>) -> T) -> Result<T> {
        let arguments = self.arguments(row, view)?;
        let includes = |record: &RecordId, heads: &[ChangeHash], change: &ChangeHash| {
            // What cannot be read does not count as considered: open beats closed.
            stands_on(self.db, *record, heads, change).unwrap_or(false)
        };
        let wrote = |dot: &Dot| self.wrote(row, dot).ok().flatten();
        let context = Context {
            now: self.moment.now,
            online: false,
            policy: &self.moment.policy,
            arguments: &arguments,
            includes: &includes,
            wrote: &wrote,
            outcome_seen: outcome_seen(self.db, row, view)?,
            case: None,
        };
        Ok(work(&context))
    }

    /// A case is weighed with every other record of it that is still open here.
    fn arguments(&self, row: &DocRow, view: &View) -> Result<Vec<Argument>> {
        if row.kind != "case" || view.statements.len() < 2 {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for line in lists::of_case(self.db, row.record)? {
            // A concern argues for open whatever became of it: whoever closes must have seen it.
            let argues = line.open || line.kind == "concern";
            let other = line.id != row.record && argues && line.source == Source::Record;
            if other
                && found.len() < ARGUMENTS_MAX
                && let Some(document) = changes::document(self.db, line.id)?
            {
                found.push(Argument { record: line.id, changes: document.state.heads });
            }
        }
        Ok(found)
    }

    fn wrote(&self, row: &DocRow, dot: &Dot) -> Result<Option<(String, Option<Timestamp>)>> {
        if dot.actor != self.me.actor {
            return Ok(directory::user_of(self.db, &dot.actor)?.map(|user| (user, None)));
        }
        let mut query =
            self.db.prepare_cached("SELECT saved_at FROM change WHERE document = ?1 AND actor = ?2 AND seq = ?3")?;
        let at = query.query_row((&row.id.0, &dot.actor.0, crate::store::int(dot.seq)), |row| row.get(0));
        let at = crate::store::optional(at)?.map(Timestamp::from_millis);
        Ok(Some((self.me.user.to_string(), at)))
    }

    /// A record as this reader sees it.
    pub(crate) fn shown(&self, row: &DocRow, view: &View) -> Result<Shown> {
        match records::kind(&row.kind) {
            Some(kind) => self.with(row, view, |context| shown(kind, view, context)),
            None => Ok(unknown_kind(view)),
        }
    }

    /// Computes a record's line and writes it.
    pub(crate) fn project(&self, row: &DocRow, view: &View) -> Result<(Line, Shown)> {
        let shown = self.shown(row, view)?;
        let created = view.created();
        let recorded_at = created.as_ref().map_or(self.moment.now, |(said, _)| said.opened.statement.device_at);
        let text = |name: &str| shown.body.get(name).and_then(Json::as_str).map(str::to_owned);
        let line = Line {
            id: row.record,
            source: Source::Record,
            kind: row.kind.clone(),
            case: created.as_ref().and_then(|(_, created)| created.case),
            school: text("school").or_else(|| created.as_ref().and_then(|(_, created)| created.school.clone())),
            urgency: shown.urgency.clone(),
            status: shown.status.clone(),
            title: shown.title.clone(),
            recorded_at,
            sealed: shown.sealed,
            open: shown.open,
            conflicts: shown.conflicts.len() as u64,
            body: shown.body.clone(),
        };
        lists::put(self.db, &line)?;
        self.weighable(row, view, &shown)?;
        Ok((line, shown))
    }

    /// Keeps what the rules look at.
    fn weighable(&self, row: &DocRow, view: &View, shown: &Shown) -> Result<()> {
        let received = |dot: &Dot| changes::received(self.db, row.id, dot).ok().flatten();
        let found = self.with(row, view, |context| Row::read(row.record, view, shown, context, &received))?;
        found.map_or(Ok(()), |found| weighed::put(self.db, &found))
    }

    /// Computes a draft's line and writes it.
    pub(crate) fn project_draft(&self, draft: &DraftRow) -> Result<Line> {
        let shown = shown_of_draft(draft, &self.moment.policy);
        let text = |name: &str| draft.body.get(name).and_then(Json::as_str);
        let line = Line {
            id: draft.record,
            source: Source::Draft,
            kind: draft.kind.clone(),
            case: text("case").and_then(|id| id.parse().ok()),
            school: text("school").map(str::to_owned),
            urgency: shown.urgency,
            status: String::from("draft"),
            title: shown.title,
            recorded_at: draft.created_at,
            sealed: false,
            open: true,
            conflicts: 0,
            body: draft.body.clone(),
        };
        lists::put(self.db, &line)?;
        Ok(line)
    }

    /// After a record changed: what of its case was done with may be open again, and the case
    /// itself weighs it.
    pub(crate) fn project_case(&self, changed: &Line) -> Result<()> {
        let Some(case) = changed.case.filter(|case| *case != changed.id) else { return Ok(()) };
        // Until somebody has acted on the case, nothing in it can be weighed.
        if changes::statement_count(self.db, case)? < 2 {
            return Ok(());
        }
        if let Some(row) = changes::document(self.db, case)? {
            let view = changes::view(self.db, &row)?;
            self.project(&row, &view)?;
        }
        Ok(())
    }
}

/// What a draft shows and what a seal would find missing.
pub(crate) fn shown_of_draft(draft: &DraftRow, policy: &Policy) -> Shown {
    let body = records::Body(draft.body.as_object().cloned().unwrap_or_default());
    let when = SealTimes { recorded_at: draft.created_at, policy };
    match records::kind(&draft.kind) {
        Some(kind) => shown_draft(kind, &body, &when),
        None => unknown_kind(&View::default()),
    }
}

/// A kind newer than this reader is kept and shown, never refused.
pub(crate) fn unknown_kind(view: &View) -> Shown {
    let mut body = serde_json::Map::new();
    for (key, standing) in &view.fields {
        if let Some(last) = standing.last() {
            body.insert(key.clone(), last.value.to_value().to_json());
        }
    }
    for (_, _, content) in view.parts() {
        for (name, value) in content {
            body.insert(name.clone(), value.to_json());
        }
    }
    Shown {
        body: Json::Object(body),
        status: String::from("unknown"),
        proposed: None,
        status_if_confirmed: String::from("unknown"),
        owners: Vec::new(),
        urgency: String::from("standard"),
        due: None,
        title: String::new(),
        gaps: vec![Gap::new(signed::code::S_UNKNOWN_KIND, "kind", "a kind newer than this version")],
        conflicts: Vec::new(),
        sealed: false,
        open: true,
        addenda: Vec::new(),
        accounts: Vec::new(),
        differs: Vec::new(),
        delay_ms: None,
        notices: vec![String::from("this version does not know this kind of record")],
        marks: Vec::new(),
    }
}

/// Whether any of these heads stands on a change.
fn stands_on(db: &Connection, document: RecordId, heads: &[ChangeHash], change: &ChangeHash) -> Result<bool> {
    if heads.contains(change) {
        return Ok(true);
    }
    let all = changes::infos(db, document)?;
    let Some(wanted) = all.get(change) else { return Ok(false) };
    let covers = |head: &ChangeHash| all.get(head).is_some_and(|info| info.clock.covers(&wanted.actor, wanted.seq));
    Ok(heads.iter().any(covers))
}

/// Whether the outcome that was told last reached a device of somebody who asked for it, or they
/// have said so.
fn outcome_seen(db: &Connection, row: &DocRow, view: &View) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT recipient FROM delivery WHERE document = ?1 AND statement = ?2")?;
    outcome_seen_by(view, |told| {
        let mut rows = query.query((&row.id.0, &told.0))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(row.get(0)?);
        }
        Ok(found)
    })
}

/// The same, given to whom a statement was delivered.
pub(crate) fn outcome_seen_by(
    view: &View,
    delivered: impl FnOnce(&StatementHash) -> Result<Vec<String>>,
) -> Result<bool> {
    let Some(told) = view.statements.iter().rfind(|said| said.step() == Some("tell_outcome")) else {
        return Ok(false);
    };
    let requesters = requesters(view, &requested_by(view));
    if delivered(&told.opened.id)?.iter().any(|recipient| requesters.contains(recipient)) {
        return Ok(true);
    }
    let confirmed = |said: &documents::Said| {
        let statement = &said.opened.statement;
        let by_requester = requesters.iter().any(|user| user == statement.author.as_str());
        said.step() == Some("confirm_seen") && by_requester && said.knew(told.dot)
    };
    Ok(view.statements.iter().any(confirmed))
}

/// The part of a record that names who asked for it.
fn requested_by(view: &View) -> Json {
    let named = view.parts().into_iter().find_map(|(_, _, content)| content.get("requested_by"));
    json!({ "requested_by": named.map(signed::Value::to_json) })
}
