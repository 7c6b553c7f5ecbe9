//! R47: what would tell who a reporter is does not leave the police: in what an officer writes for a school or the
//! hub it is masked before it is signed. An account's own words are never touched, they stay where they were taken.

use serde_json::{Map, Value as Json};
use signed::{RecordId, code};

use crate::access::{Compartment, Role};
use crate::body::Body;
use crate::gap::Gap;
use crate::kind::{Field, Kind, Shape};
use crate::matching::Screen;
use crate::rules::{Row, look, switch};
use crate::seal::filled;
use crate::{path, verb_bodies};

/// What is looked for in words written there by somebody in this role, by the vault among these records of the case;
/// `None` where nothing leaves the police, or no vault is held.
///
/// A hub has to know which child a referral is about, also where that child reported it; what else it may be told of
/// a child who reported is a sergeant's to decide (R114).
#[must_use]
pub fn screen(rows: &[Row], role: Role, compartment: &Compartment) -> Option<Screen> {
    if !leaves(role, compartment) {
        return None;
    }
    let hub = matches!(compartment, Compartment::Hub { .. });
    let screen = Screen::of_vault(rows.iter().filter(|person| !(hub && look::is(person, "child"))));
    (!screen.is_empty()).then_some(screen)
}

/// Whether what somebody in this role writes there leaves the police.
#[must_use]
pub fn leaves(role: Role, compartment: &Compartment) -> bool {
    let police = !role.of_school() && !matches!(role, Role::Hub | Role::Server);
    let away = matches!(compartment, Compartment::Hub { .. }) || compartment.school().is_some();
    police && away && switch::on("R47")
}

/// Masks what is found in a new record's words; says in which of its fields.
pub fn body(kind: &Kind, body: &mut Body, screen: &Screen) -> Vec<Gap> {
    // R114: whom a sergeant decided to name is named.
    if filled(body.0.get("lawful_basis_to_name_child_witness")) {
        return Vec::new();
    }
    let known = |name: &str| kind.field(name).map(|field| field.shape);
    fields(&mut body.0, known, screen)
}

/// The same of values that are set by path.
pub fn sets(kind: &Kind, sets: &mut [(String, Json)], screen: &Screen) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (path, value) in sets {
        let Some(place) = path::follow(kind, path) else { continue };
        gaps.extend(mask(&place.shape, value, screen).then(|| said(path)));
    }
    gaps
}

/// The same of what is said with a step.
pub(crate) fn step(verb: &str, body: &mut Map<String, Json>, screen: &Screen) -> Vec<Gap> {
    let parts = verb_bodies::of(verb);
    fields(body, |name| parts.iter().find(|part| part.path == name).map(|part| part.shape), screen)
}

/// The same of one text.
pub fn text(text: &mut String, screen: &Screen) -> Option<Gap> {
    let masked = screen.mask(text);
    (masked != *text).then(|| {
        *text = masked;
        said("text")
    })
}

fn fields(body: &mut Map<String, Json>, shape: impl Fn(&str) -> Option<Shape>, screen: &Screen) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (name, value) in body {
        let masked = shape(name).is_some_and(|shape| mask(&shape, value, screen));
        gaps.extend(masked.then(|| said(name)));
    }
    gaps
}

fn said(path: &str) -> Gap {
    Gap::new(code::R47_NAMED, path, "what would tell who the reporter is was masked before it left")
}

/// Masks the words of a value; whether there was anything. Ids, dates and words of a list stay.
fn mask(shape: &Shape, value: &mut Json, screen: &Screen) -> bool {
    match (shape, value) {
        (Shape::Bool | Shape::Int | Shape::Time | Shape::Record | Shape::Holder | Shape::Id, _) => false,
        (Shape::List(element) | Shape::ListOrNone(element), Json::Array(lines)) => {
            every(lines.iter_mut().map(|line| mask(element, line, screen)))
        }
        (Shape::List(element) | Shape::ListOrNone(element), value @ Json::String(_)) => mask(element, value, screen),
        (Shape::Object(parts) | Shape::Headed(parts), Json::Object(map)) => masked_parts(parts, map, screen),
        (Shape::Headed([head, ..]), value) => mask(&head.shape, value, screen),
        (Shape::Set(_), Json::Array(words)) => {
            every(words.iter_mut().map(|word| word.is_object() && all(word, screen)))
        }
        // A word of a list is no name, what stands beside one as a reason may be.
        (Shape::Enum(_) | Shape::Set(_) | Shape::Yn3 | Shape::Day | Shape::Choice(_), value) => {
            value.is_object() && all(value, screen)
        }
        (_, value) => all(value, screen),
    }
}

fn masked_parts(parts: &[Field], map: &mut Map<String, Json>, screen: &Screen) -> bool {
    let mut any = false;
    for (name, value) in map {
        let named = |part: &&Field| part.path == name || part.also.contains(&name.as_str());
        any |= parts.iter().find(named).is_some_and(|part| mask(&part.shape, value, screen));
    }
    any
}

/// Every text below, but for the ids of records.
fn all(value: &mut Json, screen: &Screen) -> bool {
    match value {
        Json::String(text) if text.parse::<RecordId>().is_ok() => false,
        Json::String(words) => text(words, screen).is_some(),
        Json::Array(items) => every(items.iter_mut().map(|item| all(item, screen))),
        Json::Object(map) => every(map.iter_mut().map(|(_, item)| all(item, screen))),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether any was masked; every one is looked at, not only the first.
fn every(masked: impl Iterator<Item = bool>) -> bool {
    masked.fold(false, |any, one| any | one)
}
