//! The chronology of a case or of a person: every sealed part, addendum, step and entry that is held here.

use std::collections::{BTreeMap, BTreeSet};

use documents::{Clock, Dot, Entry, Said, Sentence, View};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{RecordId, StatementHash, Timestamp, code};

use super::answer::{self, TimelineLine};
use crate::error::{FieldError, Result};
use crate::field::{Field, Me};
use crate::store::changes::{DocRow, StoredChange};
use crate::store::lists;
use crate::store::{changes, directory, meta, vouched, weighed};

/// What a chronology is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Everything that names this person, and the person's own record.
    Person(RecordId),
    /// A case.
    Case(RecordId),
}

/// Characters shown of the words of a step or entry.
const TEXT_CHARS_MAX: usize = 500;

/// How often what is known across records is followed: as far as it takes in any case that is not made up.
const ROUNDS_MAX: usize = 64;

impl Field {
    /// Every kind: what knew of another after it, within a record and from record to record; else by
    /// the time, corrected by what each device's clock was measured to be off by. Nothing is rewritten: the
    /// time as it was stated stands beside. `I.not_found` when nothing of it is held here.
    pub fn timeline(&self, of: Of) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let skew_ms = self.moment().policy.skew_ms;
        let (lines, fresh) = self.read(|db| {
            let mut telling =
                Chronicle { db, me: &me, skew_ms, ahead: ahead(db)?, found: Vec::new(), fresh: Vec::new() };
            for record in records_of(db, of)? {
                telling.record(record)?;
            }
            if telling.found.is_empty() {
                return Err(FieldError::new(code::I_NOT_FOUND, "nothing of this is on this device"));
            }
            Ok((answer::json(&in_order(telling.found)), telling.fresh))
        })?;
        if !fresh.is_empty() {
            let noted = self.write(false, |db| fresh.iter().try_for_each(|(id, held)| vouched::note(db, *id, held)));
            // Where it cannot be kept, the next reading looks again.
            drop(noted);
        }
        Ok(lines)
    }
}

/// The records a chronology is of.
pub(crate) fn records_of(db: &Connection, of: Of) -> Result<Vec<RecordId>> {
    match of {
        Of::Case(case) => lists::ids_of_case(db, case),
        Of::Person(person) => {
            let names =
                |row: &records::rules::Row| row.id == person || records::rules::named(&row.body).contains(&person);
            Ok(weighed::all(db)?.into_iter().filter(names).map(|row| row.id).collect())
        }
    }
}

/// Something that was said or written, with what decides its place.
struct Happening {
    corrected: Timestamp,
    /// Where in the history of its record, and what stood before it.
    dot: Dot,
    clock: Clock,
    counter: u64,
    statement: Option<StatementHash>,
    /// Statements of any record that its author had opened.
    shown: Vec<StatementHash>,
    record: RecordId,
    line: TimelineLine,
}

/// A place in the chronology: the time, and the steps of cause at that time.
type Place = (Timestamp, u32);

/// What knew of another comes after it, whatever the clocks say; else by corrected time.
fn in_order(mut all: Vec<Happening>) -> Vec<TimelineLine> {
    all.sort_by_key(|one| (one.record, one.counter, one.statement));
    let mut places: Vec<Place> = all.iter().map(|one| (one.corrected, 0)).collect();
    let stated: BTreeMap<StatementHash, usize> =
        all.iter().enumerate().filter_map(|(at, one)| Some((one.statement?, at))).collect();
    for _ in 0..ROUNDS_MAX {
        let mut moved = false;
        // Of each store, the latest place up to each of its changes in this record, as it is gone through.
        let mut reached: BTreeMap<(RecordId, Dot), Place> = BTreeMap::new();
        for (at, one) in all.iter().enumerate() {
            let within = one.clock.0.iter().filter_map(|(actor, seq)| {
                let from = (one.record, Dot { actor: *actor, seq: 0 });
                let to = (one.record, Dot { actor: *actor, seq: *seq });
                // A store's later change stands on its earlier ones, so the last is the latest.
                let mut known = reached.range(from..=to).rev();
                known.find(|((_, dot), _)| *dot != one.dot).map(|(_, place)| *place)
            });
            let across = one.shown.iter().filter_map(|id| stated.get(id)).filter_map(|at| places.get(*at).copied());
            let before = within.chain(across).max();
            let Some(place) = places.get_mut(at) else { continue };
            let later = before.map_or(*place, |(time, step)| (*place).max((time, step.saturating_add(1))));
            moved |= later != *place;
            *place = later;
            let known = reached.entry((one.record, one.dot)).or_insert(later);
            *known = (*known).max(later);
        }
        if !moved {
            break;
        }
    }
    let mut lines: Vec<(Place, Happening)> = places.into_iter().zip(all).collect();
    lines.sort_by(|(one, a), (other, b)| (one, a.counter, a.statement).cmp(&(other, b.counter, b.statement)));
    lines.into_iter().map(|(_, one)| one.line).collect()
}

/// By how much this device's clock is ahead of the server's, as last measured.
fn ahead(db: &Connection) -> Result<i64> {
    Ok(meta::number(db, meta::OFFSET)?.unwrap_or(0))
}

/// A chronology while it is gathered.
struct Chronicle<'a> {
    db: &'a Connection,
    me: &'a Me,
    /// A clock that was off by more than this is shown (R95).
    skew_ms: i64,
    ahead: i64,
    found: Vec<Happening>,
    /// Signatures that were looked at for the first time, by document.
    fresh: Vec<(RecordId, Vec<StatementHash>)>,
}

impl Chronicle<'_> {
    /// What happened to a record.
    fn record(&mut self, record: RecordId) -> Result<()> {
        let line = lists::headline(self.db, record)?;
        let Some(row) = changes::document(self.db, record)?.filter(|row| row.id == row.record) else {
            self.found.extend(line.map(|line| headline(&line)));
            return Ok(());
        };
        let stored = changes::changes(self.db, row.id)?;
        let view = changes::said(row.template(), &stored)?;
        let title = line.map(|line| line.title).unwrap_or_default();
        let vouched = vouched::of(self.db, self.me, row.id, &view.statements)?;
        if !vouched.fresh.is_empty() {
            self.fresh.push((row.id, vouched.fresh));
        }
        let came = stored.iter().map(|change| (dot_of(change), change)).collect();
        let (row, title, came, verified) = (&row, &title, &came, &vouched.verified);
        let telling =
            Telling { db: self.db, me: self.me, row, title, skew_ms: self.skew_ms, ahead: self.ahead, came, verified };
        self.found.extend(view.statements.iter().map(|said| telling.statement(said)));
        for (field, entry) in entries(&view) {
            let with = view.statements.iter().find(|said| said.dot == entry.dot);
            self.found.push(telling.entry(field, entry, with)?);
        }
        Ok(())
    }
}

fn dot_of(change: &StoredChange) -> Dot {
    Dot { actor: change.info.actor, seq: change.info.seq }
}

fn entries(view: &View) -> impl Iterator<Item = (&String, &Entry)> {
    let both = view.entries.iter().chain(&view.cautious);
    both.flat_map(|(field, entries)| entries.iter().map(move |entry| (field, entry)))
}

struct Telling<'a> {
    db: &'a Connection,
    me: &'a Me,
    row: &'a DocRow,
    title: &'a str,
    skew_ms: i64,
    ahead: i64,
    came: &'a BTreeMap<Dot, &'a StoredChange>,
    /// Statements that are by whom they say.
    verified: &'a BTreeSet<StatementHash>,
}

/// What is known of a time: as it was stated, by how much its clock was off, when it was received.
struct When {
    at: Timestamp,
    off_ms: Option<i64>,
    received: Option<Timestamp>,
    /// Of what others wrote, when it was here: the server had it before. The server's receipt only its sender knows.
    here: Option<Timestamp>,
}

impl When {
    /// By how much the clock was ahead: as measured, else at least by how much the server was before it.
    fn skew(&self, shown_from_ms: i64) -> Option<i64> {
        let early = || self.early().filter(|early| *early > 0);
        self.measured(shown_from_ms)
            .or_else(early)
            .filter(|_| records::rules::switch::on("R95"))
            .filter(|skew| skew.saturating_abs() > shown_from_ms)
    }

    fn corrected(&self, shown_from_ms: i64) -> Timestamp {
        let off = self.measured(shown_from_ms).or_else(|| self.skew(shown_from_ms)).unwrap_or(0);
        Timestamp::from_millis(self.at.millis().saturating_sub(off))
    }

    /// What was measured when the device last met the server. Nothing is received before it is said: a time that is
    /// after its receipt in spite of it tells of a clock that was moved since.
    fn measured(&self, shown_from_ms: i64) -> Option<i64> {
        let off = self.off_ms?;
        Some(self.early().filter(|early| early.saturating_sub(off) > shown_from_ms).unwrap_or(off))
    }

    /// By how much the time as stated is after its receipt.
    fn early(&self) -> Option<i64> {
        Some(self.at.millis().saturating_sub(self.received.or(self.here)?.millis()))
    }
}

impl Telling<'_> {
    fn when(&self, at: Timestamp, off_ms: Option<i64>, dot: &Dot) -> When {
        let change = self.came.get(dot);
        let by_the_server = |here: Timestamp| Timestamp::from_millis(here.millis().saturating_sub(self.ahead));
        let here = change.filter(|change| !change.own).map(|change| by_the_server(change.saved_at));
        let received = change.and_then(|change| change.received).map(Timestamp::from_millis);
        When { at, off_ms, received, here }
    }

    fn statement(&self, said: &Said) -> Happening {
        let statement = &said.opened.statement;
        let when = self.when(statement.device_at, statement.offset_ms, &said.dot);
        let (step, part) = match &statement.sentence {
            Sentence::Step(name) => (Some(name.clone()), None),
            Sentence::Part(name) => (None, Some(name.clone())),
        };
        let text = |name: &str| statement.content.get(name).and_then(signed::Value::as_text).map(short);
        let line = TimelineLine {
            step,
            part,
            author: statement.author.to_string(),
            role: statement.role.clone(),
            text: text("reason").or_else(|| text("text")).or_else(|| text("outcome")),
            statement: Some(said.opened.id.into()),
            verified: self.verified.contains(&said.opened.id),
            ..self.line(&when)
        };
        Happening {
            corrected: when.corrected(self.skew_ms),
            dot: said.dot,
            clock: said.clock.clone(),
            counter: said.counter,
            statement: Some(said.opened.id),
            shown: statement.shown.clone(),
            record: self.row.record,
            line,
        }
    }

    /// An entry says when by its device; how far that clock was off, the statement of its change knows.
    fn entry(&self, field: &str, entry: &Entry, with: Option<&Said>) -> Result<Happening> {
        let stated = Timestamp::parse(&entry.at).unwrap_or(Timestamp::from_millis(0));
        let off_ms = with.and_then(|said| said.opened.statement.offset_ms);
        let when = self.when(stated, off_ms, &entry.dot);
        let own = entry.dot.actor == self.me.actor && entry.by == self.me.user.as_str();
        let user = directory::user_of(self.db, &entry.dot.actor)?;
        let line = TimelineLine {
            entry: Some(field.to_owned()),
            author: entry.by.clone(),
            text: Some(if let signed::Value::Text(text) = &entry.value {
                short(text)
            } else {
                short(&entry.value.to_json().to_string())
            }),
            verified: own
                || user.as_deref() == Some(entry.by.as_str())
                || with.is_some_and(|said| self.spoke(said, entry)),
            ..self.line(&when)
        };
        Ok(Happening {
            corrected: when.corrected(self.skew_ms),
            dot: entry.dot,
            clock: self.came.get(&entry.dot).map(|change| change.info.clock.clone()).unwrap_or_default(),
            counter: entry.counter,
            statement: None,
            shown: Vec::new(),
            record: self.row.record,
            line,
        })
    }

    /// Whether the statement of its change is by the same author and holds.
    fn spoke(&self, said: &Said, entry: &Entry) -> bool {
        let same = said.opened.statement.author.as_str() == entry.by;
        same && self.verified.contains(&said.opened.id)
    }

    fn line(&self, when: &When) -> TimelineLine {
        let skew = when.skew(self.skew_ms);
        TimelineLine {
            at: when.at.into(),
            corrected_at: skew.map(|_| when.corrected(self.skew_ms).into()),
            skew_ms: skew,
            received_at: when.received.map(Into::into),
            record: self.row.record.into(),
            kind: self.row.kind.clone(),
            step: None,
            part: None,
            entry: None,
            title: self.title.to_owned(),
            author: String::new(),
            role: String::new(),
            text: None,
            statement: None,
            verified: false,
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}..", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A record of which only that it exists is known here.
fn headline(line: &lists::Line) -> Happening {
    let nobody = Dot { actor: signed::ActorId([0; 16]), seq: 0 };
    Happening {
        corrected: line.recorded_at,
        dot: nobody,
        clock: Clock::default(),
        counter: 0,
        statement: None,
        shown: Vec::new(),
        record: line.id,
        line: TimelineLine {
            at: line.recorded_at.into(),
            corrected_at: None,
            skew_ms: None,
            received_at: None,
            record: line.id.into(),
            kind: line.kind.clone(),
            step: Some(String::from("exists")),
            part: None,
            entry: None,
            title: String::new(),
            author: String::new(),
            role: String::new(),
            text: None,
            statement: None,
            verified: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN_FROM_MS: i64 = 5 * 60_000;
    const HOURS_3: i64 = 3 * 3_600_000;

    fn when(at: i64, off_ms: Option<i64>, received: Option<i64>) -> When {
        When { at: Timestamp::from_millis(at), off_ms, received: received.map(Timestamp::from_millis), here: None }
    }

    #[test]
    fn r95_a_clock_that_was_moved_after_it_was_measured_is_shown_by_its_receipt() {
        let fast = when(HOURS_3, Some(40), Some(0));
        assert_eq!(fast.skew(SHOWN_FROM_MS), Some(HOURS_3));
        assert_eq!(fast.corrected(SHOWN_FROM_MS).millis(), 0);
        // Measured, and sent much later: what was measured counts.
        let sent_late = when(HOURS_3, Some(HOURS_3), Some(HOURS_3 * 8));
        assert_eq!((sent_late.skew(SHOWN_FROM_MS), sent_late.corrected(SHOWN_FROM_MS).millis()), (Some(HOURS_3), 0));
        // Right, and sent later: nothing is shown.
        assert_eq!(when(0, Some(40), Some(HOURS_3)).skew(SHOWN_FROM_MS), None);
        assert_eq!(when(HOURS_3, None, Some(0)).skew(SHOWN_FROM_MS), Some(HOURS_3));
        // Whoever did not send it knows only when it was here: it was said before.
        let told = When { here: Some(Timestamp::from_millis(60_000)), ..when(HOURS_3, Some(40), None) };
        assert_eq!(told.skew(SHOWN_FROM_MS), Some(HOURS_3 - 60_000));
    }
}
