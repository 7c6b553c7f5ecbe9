//! Searches that are answered for (R37), and what is counted about this user, for them to see (R117). Nothing
//! here is a score, and nothing is ranked.

use rusqlite::Connection;
use serde_json::{Value as Json, json};
use signed::{RecordId, UserId, code};

use super::answer::Counted;
use super::list::lines;
use crate::error::{FieldError, Result};
use crate::field::{Field, Me};
use crate::store::lists::{self, Line};
use crate::types::ListFilter;

/// A search of the same user that is not linked yet stands for those of the next minutes too.
const SAME_SEARCH_MS: i64 = 10 * 60 * 1000;
/// Records of a kind that are counted at most.
const COUNTED_MAX: u32 = 10_000;

/// A search: the words, and, where a person is searched, what for and for which record.
#[derive(Clone, Default)]
pub struct SearchFor {
    /// Words, or how they begin.
    pub text: String,
    /// Whether a person is searched. One that finds a person's record is of a person whatever this says.
    pub person: bool,
    /// What for.
    pub purpose: Option<String>,
    /// The record it is for.
    pub record: Option<RecordId>,
}

impl Field {
    /// Full text over what this device holds: lines as in a list, best first. R37: where police or the control
    /// room search a person it is kept that they did (never the words), with what for and for which record;
    /// both may follow later, and the answer waits for neither. `I.reason` for a purpose that is empty.
    pub fn search_for(&self, search: &SearchFor) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        if search.purpose.as_deref().is_some_and(|purpose| purpose.trim().is_empty()) {
            return Err(FieldError::new(code::I_REASON, "a purpose that says nothing"));
        }
        let found = self.read(|db| lists::search(db, &search.text))?;
        let said = search.person || search.purpose.is_some() || search.record.is_some();
        let kind = super::kind_of("search")?;
        let answers = records::may_create(me.role, kind) && records::rules::switch::on("R37");
        if answers && (said || found.iter().any(|line| line.kind == "person")) {
            // A full disk keeps nobody from reading.
            let _ = self.keep_search(&me, search);
        }
        self.read(|db| lines(db, &me, found))
    }

    fn keep_search(&self, me: &Me, search: &SearchFor) -> Result<()> {
        let now = self.moment().now;
        let recent = |line: &Line| {
            let linked = line.body.get("for_record").is_some();
            !linked && now.millis() - line.recorded_at.millis() < SAME_SEARCH_MS
        };
        let known = self.read(|db| own(db, &me.user, "search"))?;
        let mut body = serde_json::Map::new();
        body.insert("at".into(), json!(now.to_string()));
        body.extend(search.purpose.as_ref().map(|purpose| ("purpose".into(), json!(purpose))));
        body.extend(search.record.map(|record| ("for_record".into(), json!({ "record": record.to_string() }))));
        match known.iter().find(|line| recent(line)) {
            Some(_) if body.len() == 1 => Ok(()),
            Some(line) => {
                body.remove("at");
                self.record_edit(line.id, body.into_iter().collect()).map(drop)
            }
            None => self.record_new("search", Json::Object(body)).map(drop),
        }
    }
}

/// Lines of a kind that this user wrote, newest first.
fn own(db: &Connection, user: &UserId, kind: &str) -> Result<Vec<Line>> {
    let filter = ListFilter { kind: Some(kind.to_owned()), limit: Some(COUNTED_MAX), ..ListFilter::default() };
    let mut found = lists::list(db, &filter)?;
    let mut author =
        db.prepare_cached("SELECT author FROM statement WHERE document = ?1 AND name = 'created' LIMIT 1")?;
    let mut by_me = |line: &Line| {
        let author = crate::store::optional(author.query_row([&line.id.0], |row| row.get::<_, String>(0)));
        author.is_ok_and(|author| author.as_deref() == Some(user.as_str()))
    };
    found.retain(|line| by_me(line));
    Ok(found)
}

/// What is counted about this user from what this device holds.
pub(crate) fn counted(db: &Connection, user: &UserId) -> Result<Counted> {
    let mut counted = Counted::default();
    if !records::rules::switch::on("R117") {
        return Ok(counted);
    }
    for line in own(db, user, "language_prompt")? {
        match line.body.get("choice").and_then(Json::as_str) {
            Some("reworded") => counted.wordings_reworded += 1,
            Some("is_quote") => counted.wordings_quoted += 1,
            Some(_) | None => counted.wordings_kept += 1,
        }
    }
    for line in own(db, user, "search")? {
        counted.searches += 1;
        counted.searches_unlinked += u64::from(line.body.get("for_record").is_none());
    }
    let steps = "SELECT count(*) FROM statement WHERE author = ?1 AND name = ?2";
    let steps = |name: &str| -> Result<u64> {
        let mut query = db.prepare_cached(steps)?;
        Ok(crate::store::uint(query.query_row((user.as_str(), name), |row| row.get(0))?))
    };
    counted.prompts_answered = steps("answer_prompt")?;
    counted.prompts_dismissed = steps("dismiss_prompt")?;
    let opened = "SELECT count(*) FROM access_log WHERE user = ?1";
    counted.records_opened = crate::store::uint(db.query_row(opened, [user.as_str()], |row| row.get(0))?);
    Ok(counted)
}
