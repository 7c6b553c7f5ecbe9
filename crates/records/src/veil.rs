//! R47: what would tell who a reporter is does not leave the police: in what an officer writes for a school or the
//! hub it is masked before it is signed. An account's own words are never touched, they stay where they were taken.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use signed::{RecordId, code};

use crate::access::{Compartment, Role};
use crate::body::Body;
use crate::gap::Gap;
use crate::kind::{Field, Kind, Shape};
use crate::matching::{SIGNS, Screen, Sign};
use crate::rules::{self, CaseView, Row, look, switch};
use crate::seal::filled;
use crate::{path, verb_bodies};

/// R114: where a sergeant's decision to name a child who saw or reported stands.
const DECIDED: &str = "lawful_basis_to_name_child_witness";
/// Which child a referral is about: what is said of those who are not recorded as persons.
const WHICH_CHILD: [&str; 2] = ["child", "siblings_included"];
/// And how a referral's form names that child.
const CHILDS_NAMES: [&str; 4] =
    ["/marf/child_family_name", "/marf/child_first_name", "/marf/child_other_names", "/marf/siblings"];
/// Who is in a case for a reason that everybody in it knows.
const OF_THE_CASE: [&str; 4] = ["child", "sibling", "parent_carer", "suspect"];
/// What somebody is known by.
const KNOWN_BY: [&str; 6] = ["names", "aliases", "phones", "emails", "usernames", "addresses"];

/// What is masked in words written for a school or the hub.
#[derive(Clone, Debug)]
pub struct Veil {
    screen: Screen,
    /// Ids of users stand for themselves.
    users: BTreeSet<String>,
}

/// Whether what somebody in this role writes there leaves the police.
#[must_use]
pub fn leaves(role: Role, compartment: &Compartment) -> bool {
    let police = !role.of_school() && !matches!(role, Role::Hub | Role::Server);
    let away = matches!(compartment, Compartment::Hub { .. }) || compartment.school().is_some();
    police && away && switch::on("R47")
}

/// What the vault among these records of a case keeps, and nothing that is no secret in it: a mother who rang is the
/// child's mother as well, and that she is missing where everybody knows her would tell more than her name does. Of
/// whom a case is about a family's name is known, however they are named.
#[must_use]
pub fn secret(rows: &[Row]) -> Screen {
    kept(rows, |_| true)
}

fn kept(rows: &[Row], keeps: impl Fn(&Row) -> bool) -> Screen {
    let screen = Screen::of_vault(rows.iter().filter(|row| in_vault(row) && keeps(row)));
    if screen.is_empty() {
        return screen;
    }
    let others = || rows.iter().filter(|row| !in_vault(row));
    let of_case = |row: &&Row| row.kind == "person" && OF_THE_CASE.iter().any(|role| look::is(row, role));
    let known = others().filter(of_case).flat_map(|row| KNOWN_BY.iter().flat_map(|field| row.lines(field)));
    let known: Vec<&str> = known.filter_map(Json::as_str).collect();
    let about = others().flat_map(|row| WHICH_CHILD.iter().chain(&["subjects"]).filter_map(|field| row.value(field)));
    // What names the reporter beside them ("her aunt Ann Reed") tells of no family's name.
    let about: Vec<&str> = about.flat_map(texts).filter(|text| !screen.has(&[Sign::Name, Sign::First], text)).collect();
    screen.without(&SIGNS, &known).without(&[Sign::Last], &about)
}

impl Veil {
    /// By the vault of a case as this reader holds it, for what somebody in this role writes there: into a new record
    /// of this body, or into one that stands; `None` where nothing leaves the police or nobody is to be masked.
    #[must_use]
    pub fn of(case: &CaseView<'_>, role: Role, compartment: &Compartment, body: &Json) -> Option<Self> {
        if !leaves(role, compartment) || !case.rows.iter().any(in_vault) {
            return None;
        }
        // A hub has to know which child a referral is about, also where that child reported it; and of a child whom
        // a sergeant decided to name it is told. Of somebody whose age nobody knows nothing is decided.
        let hub = matches!(compartment, Compartment::Hub { .. });
        let decided = filled(body.get(DECIDED));
        let child = |row: &Row| look::age(row, case.now).is_some_and(|age| age < 18);
        let named = |row: &Row| (hub && which_child(row, body)) || (decided && child(row));
        let screen = kept(case.rows, |row| !named(row));
        let names: Vec<&str> =
            CHILDS_NAMES.iter().filter_map(|path| body.pointer(path)).chain(of_child(body)).flat_map(texts).collect();
        let homes: Vec<&str> = body.pointer("/marf/address").into_iter().flat_map(texts).collect();
        let screen = if hub { screen.without(&[Sign::Last], &names).without(&[Sign::Home], &homes) } else { screen };
        let users = case.people.members().map(|member| member.user.clone()).collect();
        (!screen.is_empty()).then_some(Self { screen, users })
    }

    /// Masks what is found in a new record's words; says in which of its fields.
    pub fn body(&self, kind: &Kind, body: &mut Body) -> Vec<Gap> {
        // An extract is masked where it is made.
        if kind.name == "extract" {
            return Vec::new();
        }
        self.fields(&mut body.0, |name| kind.field(name).map(|field| field.shape))
    }

    /// The same of values that are set by path.
    pub fn sets(&self, kind: &Kind, sets: &mut [(String, Json)]) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (path, value) in sets {
            let Some(place) = path::follow(kind, path) else { continue };
            gaps.extend(self.mask(&place.shape, value).then(|| said(path)));
        }
        gaps
    }

    /// The same of what is said with a step. What it names (a path, a part) stays, and so does an extract's own text,
    /// which is masked where it is made.
    pub(crate) fn step(&self, kind: &Kind, verb: &str, body: &mut Map<String, Json>) -> Vec<Gap> {
        let named = ["path", "field"].iter().find_map(|name| body.get(*name)?.as_str());
        let target = named.and_then(|path| path::follow(kind, path)).map(|place| place.shape);
        let parts = verb_bodies::of(verb);
        self.fields(body, |name| match (verb, name) {
            ("resolve", "path") | ("lower", "field") | ("release_extract", "text" | "to" | "parts") => None,
            ("resolve" | "lower", "value") => target,
            _ => parts.iter().find(|part| part.path == name).map(|part| part.shape),
        })
    }

    /// The same of what is added to a sealed record.
    pub fn addendum(
        &self,
        kind: &Kind,
        text: Option<&mut String>,
        sets: &mut [(String, Json)],
        reason: &mut String,
    ) -> Vec<Gap> {
        let mut gaps = self.sets(kind, sets);
        gaps.extend(text.is_some_and(|text| self.text(text)).then(|| said("text")));
        gaps.extend(self.text(reason).then(|| said("reason")));
        gaps
    }

    /// The same of one text; whether there was anything.
    fn text(&self, text: &mut String) -> bool {
        let id = text.parse::<RecordId>().is_ok() || self.users.contains(text.as_str());
        let masked = if id { text.clone() } else { self.screen.mask(text) };
        let found = masked != *text;
        *text = masked;
        found
    }

    fn fields(&self, body: &mut Map<String, Json>, shape: impl Fn(&str) -> Option<Shape>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (name, value) in body {
            let masked = shape(name).is_some_and(|shape| self.mask(&shape, value));
            gaps.extend(masked.then(|| said(name)));
        }
        gaps
    }

    /// Masks the words of a value; whether there was anything. Ids, dates and words of a list stay.
    fn mask(&self, shape: &Shape, value: &mut Json) -> bool {
        match (shape, value) {
            (Shape::Bool | Shape::Int | Shape::Time | Shape::Record | Shape::Holder | Shape::Id, _) => false,
            (Shape::List(element) | Shape::ListOrNone(element), Json::Array(lines)) => {
                every(lines.iter_mut().map(|line| self.mask(element, line)))
            }
            (Shape::List(element) | Shape::ListOrNone(element), value @ Json::String(_)) => self.mask(element, value),
            (Shape::Object(parts) | Shape::Headed(parts), Json::Object(map)) => self.parts(parts, map),
            (Shape::Headed([head, ..]), value) => self.mask(&head.shape, value),
            (Shape::Set(_), Json::Array(words)) => {
                every(words.iter_mut().map(|word| word.is_object() && self.all_texts(word)))
            }
            // A word of a list is no name, what stands beside one as a reason may be.
            (Shape::Enum(_) | Shape::Set(_) | Shape::Yn3 | Shape::Day | Shape::Choice(_), value) => {
                value.is_object() && self.all_texts(value)
            }
            (_, value) => self.all_texts(value),
        }
    }

    /// The parts of an object; what is none of them may be the first one's own form, such as a reason.
    fn parts(&self, parts: &[Field], map: &mut Map<String, Json>) -> bool {
        every(map.iter_mut().map(|(name, value)| {
            let named = |part: &&Field| part.path == name || part.also.contains(&name.as_str());
            match parts.iter().find(named) {
                Some(part) => self.mask(&part.shape, value),
                None => self.all_texts(value),
            }
        }))
    }

    fn all_texts(&self, value: &mut Json) -> bool {
        match value {
            Json::String(text) => self.text(text),
            Json::Array(items) => every(items.iter_mut().map(|item| self.all_texts(item))),
            Json::Object(map) => every(map.iter_mut().map(|(_, item)| self.all_texts(item))),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
}

fn in_vault(row: &Row) -> bool {
    matches!(row.compartment, Compartment::Reporter { .. })
}

fn of_child(body: &Json) -> impl Iterator<Item = &Json> {
    WHICH_CHILD.iter().filter_map(|field| body.get(*field))
}

/// Whether a referral of this body is about this person.
fn which_child(person: &Row, body: &Json) -> bool {
    let by_name = |said: &str| person.lines("names").iter().filter_map(Json::as_str).any(|name| said.contains(name));
    of_child(body).any(|child| rules::named(child).contains(&person.id) || texts(child).into_iter().any(by_name))
}

/// Every text of a value, but for the ids of records.
fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) if text.parse::<RecordId>().is_ok() => Vec::new(),
        Json::String(text) => vec![text],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Object(map) => map.values().flat_map(texts).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) => Vec::new(),
    }
}

fn said(path: &str) -> Gap {
    let message = "what would tell who the reporter is was masked; whoever is in the case for another reason has a \
                   person record of their own";
    Gap::new(code::R47_NAMED, path, message)
}

/// Whether any was masked; every one is looked at, not only the first.
fn every(masked: impl Iterator<Item = bool>) -> bool {
    masked.fold(false, |any, one| any | one)
}
