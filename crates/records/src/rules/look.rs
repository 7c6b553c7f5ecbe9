//! What many rules ask of a record: ages, answers, words. Small, and each in one place.

use serde_json::Value as Json;
use signed::Timestamp;

use super::Attempt;
use super::view::{CaseView, Row};

/// A yn3: yes.
#[must_use]
pub fn yes(value: Option<&Json>) -> bool {
    value.and_then(Json::as_str) == Some("yes")
}

/// A yn3: no.
#[must_use]
pub fn no(value: Option<&Json>) -> bool {
    value.and_then(Json::as_str) == Some("no")
}

/// A yn3 that is unknown, or open.
#[must_use]
pub fn not_known(value: Option<&Json>) -> bool {
    value.is_none_or(|value| value.get("unknown").is_some())
}

/// An item that is done.
#[must_use]
pub fn done(value: Option<&Json>) -> bool {
    value.is_some_and(|value| value.get("done").is_some())
}

/// An item or answer that says something: done, or why not.
#[must_use]
pub fn answered(value: Option<&Json>) -> bool {
    crate::seal::filled(value)
}

/// Whether a list of words holds one.
#[must_use]
pub fn has(row: &Row, list: &str, word: &str) -> bool {
    row.lines(list).iter().any(|known| known.as_str() == Some(word))
}

/// Whether a person has a role in the case.
#[must_use]
pub fn is(person: &Row, role: &str) -> bool {
    person.kind == "person" && has(person, "roles", role)
}

/// A person's age in whole years on this day; `None` while it is not known (R25: then a child).
#[must_use]
pub fn age(person: &Row, now: Timestamp) -> Option<i64> {
    age_in(&person.body, now)
}

/// The same, from a person's body.
#[must_use]
pub fn age_in(person: &Json, now: Timestamp) -> Option<i64> {
    let today = now.to_string();
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let years = person.get("dob").and_then(Json::as_str).and_then(|born| {
        let before_birthday = today.get(5..10)? < born.get(5..10)?;
        Some(number(&today, 0, 4)? - number(born, 0, 4)? - i64::from(before_birthday))
    });
    years.or_else(|| person.pointer("/estimated_age/years")?.as_i64())
}

/// Whether somebody is to be treated as a child: under 18, of unknown age, or a child at the time.
#[must_use]
pub fn child(person: &Row, now: Timestamp) -> bool {
    (is(person, "child") && super::switch::on("R121")) || age(person, now).is_none_or(|age| age < 18)
}

/// By how many school years one child is older than another; `None` where it is not known of both.
#[must_use]
pub fn school_years_older(one: &Row, other: &Row, now: Timestamp) -> Option<i64> {
    match (school_year_born(one), school_year_born(other)) {
        (Some(one), Some(other)) => Some(other - one),
        _ => Some(age(one, now)? - age(other, now)?),
    }
}

/// The year in which the school year of somebody's birth began: from 1 September to 31 August.
fn school_year_born(person: &Row) -> Option<i64> {
    let born = person.text("dob")?;
    let number = |from: usize, to: usize| born.get(from..to)?.parse::<i64>().ok();
    Some(number(0, 4)? - i64::from(number(5, 7)? < 9))
}

/// The persons a record is about: those its subjects, speaker and lists name, as far as they are held.
#[must_use]
pub fn persons<'a>(view: &CaseView<'a>, row: &Row) -> Vec<&'a Row> {
    let lists = ["subjects", "about"].iter().flat_map(|list| row.lines(list));
    let named = row.lines("named_people").iter().filter_map(|line| line.get("person"));
    let items = row.lines("concern_items").iter().filter_map(|item| item.get("about_person"));
    let mut found: Vec<&Row> = Vec::new();
    for value in lists.chain(row.value("speaker")).chain(named).chain(items) {
        if let Some(person) = view.named(value).filter(|person| person.kind == "person")
            && !found.iter().any(|known| known.id == person.id)
        {
            found.push(person);
        }
    }
    found
}

/// Every text below a value, but ids.
#[must_use]
pub fn words(value: &Json) -> String {
    let mut all = String::new();
    gather(value, &mut all);
    all
}

fn gather(value: &Json, all: &mut String) {
    match value {
        Json::String(text) => {
            all.push_str(text);
            all.push('\n');
        }
        Json::Array(items) => items.iter().for_each(|item| gather(item, all)),
        Json::Object(map) => map.iter().filter(|(name, _)| *name != "id").for_each(|(_, value)| gather(value, all)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Whether two mentions are of one person: the same record, or the same words.
pub fn same_person(one: &Json, other: &Json) -> bool {
    let text = |said: &Json, name: &str| said.get(name).and_then(Json::as_str).map(str::to_owned);
    ["record", "as_said"].iter().any(|name| text(one, name).is_some() && text(one, name) == text(other, name))
}

/// A time of a body.
#[must_use]
pub fn time(value: Option<&Json>) -> Option<Timestamp> {
    Timestamp::parse(value?.as_str()?).ok()
}

/// A moment later by so many milliseconds.
#[must_use]
pub fn later(from: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_millis(from.millis().saturating_add(by_ms))
}

/// Whether a step closes the case, or proposes to: what stands in its way stands in the way of both.
pub(super) fn closes_case(attempt: &Attempt<'_>) -> bool {
    attempt.row.kind == "case" && matches!(attempt.verb, "propose_close" | "close")
}
