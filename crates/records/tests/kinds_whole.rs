//! Every kind as a whole: what is written is what is read, every status has its place, nothing is stuck.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::*;
use records::kind::{Argues, Kind};
use records::{from_draft, kinds, normalise, to_draft};
use serde_json::Value as Json;

#[test]
fn every_kind_with_every_field_is_shown_as_it_was_written() {
    for kind in kinds() {
        let mut body = normalise(kind, sample::body(kind), &mut ids()).unwrap_or_else(|gaps| panic!("{gaps:?}"));
        records::defaults(kind, &mut body, at(MORNING));
        let given: BTreeSet<&str> =
            kind.all_fields().filter(|f| f.who != records::Who::Computed).map(|field| field.path).collect();
        let missing = given.iter().filter(|name| !body.0.contains_key(**name) && **name != "text_police");
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new(), "{}", kind.name);

        let shown = Doc::sealed(kind.name, &officer(), &body, at(MORNING)).shown_to_all();
        for (field, value) in &body.0 {
            assert_eq!(&shown.body[field], value, "{}: {field}", kind.name);
        }
        let computed = |name: &String| !given.contains(name.as_str());
        for (field, _) in shown.body.as_object().unwrap().iter().filter(|(name, _)| computed(name)) {
            assert!(kind.all_fields().any(|known| known.path == field), "{}: {field} is declared", kind.name);
        }
        assert_eq!(from_draft(kind, &to_draft(kind, &body)).0, body.0, "{} as a draft", kind.name);
        let again = normalise(kind, Json::Object(body.0.clone()), &mut ids()).unwrap();
        assert_eq!(again.0, body.0, "{}: a regular body is its own regular form", kind.name);
    }
}

/// Statuses a kind can reach, and from which of them each step goes.
fn reachable(kind: &Kind) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::from([kind.initial]);
    loop {
        let may = |from: &&[&str], found: &BTreeSet<&str>| from.is_empty() || from.iter().any(|f| found.contains(f));
        let next: Vec<&str> =
            kind.steps.iter().filter(|step| may(&step.from, &found)).filter_map(|step| step.to).collect();
        let before = found.len();
        found.extend(next);
        if found.len() == before {
            return found;
        }
    }
}

#[test]
fn every_kind_can_come_to_an_end_and_no_status_is_a_dead_end() {
    for kind in kinds() {
        let reached = reachable(kind);
        assert!(kind.done.iter().any(|done| reached.contains(done)), "{}: {:?} is never reached", kind.name, kind.done);
        for done in kind.done {
            assert!(reached.contains(done), "{}: {done} is never reached", kind.name);
        }
        for step in kind.steps {
            for from in step.from.iter().filter(|from| **from != "sealed_incomplete") {
                let argued = *from == "reopened" || *from == "not_available_offline";
                assert!(argued || reached.contains(from), "{}: {} from {from}", kind.name, step.verb);
            }
        }
        for status in reached.iter().filter(|status| !kind.done.contains(status)) {
            let on = kind.steps.iter().any(|step| {
                step.to.is_some_and(|to| to != *status) && (step.from.is_empty() || step.from.contains(status))
            });
            assert!(on || kind.steps.is_empty(), "{}: nothing leads on from {status}", kind.name);
        }
    }
}

#[test]
fn r93_what_was_closed_unseen_is_reopened_and_can_be_closed_again() {
    for kind in kinds() {
        let closes = kind.steps.iter().filter(|step| step.argues == Argues::Closed);
        let first =
            closes.clone().filter(|step| !step.from.iter().any(|from| closes.clone().any(|c| c.to == Some(from))));
        let first: Vec<_> = first.collect();
        if first.is_empty() {
            continue;
        }
        assert!(
            first.iter().all(|step| step.from.contains(&"reopened")),
            "{}: {:?}",
            kind.name,
            first.iter().map(|step| step.verb).collect::<Vec<_>>()
        );
    }
}
