//! What argues that a record is open: a raise, an earlier date, another owner, a reopening, a line
//! found later, an item not done.

use std::collections::BTreeSet;

use documents::{Dot, Entry, View};
use signed::Value;

use crate::effective;
use crate::kind::{Argues, Caution, Field, Kind};
use crate::path;
use crate::policy::Policy;
use crate::status::{Argument, Context};
use crate::steps::{Act, Acts};
use crate::writes::by_line;

/// Everything in a document that argues for open.
pub(crate) struct Arguments<'v> {
    /// By one place in the history each: a step, an entry, an item not done.
    single: Vec<(Dot, String)>,
    /// A line of a list, known as soon as one of its registers is.
    lines: Vec<(Vec<Dot>, String)>,
    /// Protective values: they argue where they are more cautious than what was known.
    raises: Vec<(&'static Field, String, Vec<&'v Entry>)>,
}

impl<'v> Arguments<'v> {
    pub(crate) fn of(kind: &'static Kind, view: &'v View, acts: &Acts<'_>, policy: &Policy) -> Self {
        let mut all = Self { single: Vec::new(), lines: Vec::new(), raises: Vec::new() };
        for act in acts.iter().filter(|act| act.step.argues == Argues::Open) {
            let path = if act.step.to.is_some() { "status" } else { "owner" };
            all.single.push((act.dot(), path.to_owned()));
        }
        for field in kind.all_fields().filter(|field| field.reopens) {
            if field.caution != Caution::None {
                all.raises.push((field, field.path.to_owned(), effective::standing(view, field.key, policy)));
            }
            for entry in view.entries.get(field.key).into_iter().flatten() {
                all.single.push((entry.dot, field.path.to_owned()));
            }
            if field.shape.element().is_some_and(by_line) {
                all.lines_of(view, field);
            }
        }
        all.items_not_done(kind, view);
        all
    }

    fn lines_of(&mut self, view: &View, field: &Field) {
        let prefix = format!("{}/", field.key);
        let below = || view.fields.iter().filter(|(key, _)| key.starts_with(&prefix));
        let id = |key: &str| key.strip_prefix(&prefix).and_then(|rest| rest.split('/').next()).map(str::to_owned);
        let ids: BTreeSet<String> = below().filter_map(|(key, _)| id(key)).collect();
        for line in ids {
            let registers = below().filter(|(key, _)| id(key).as_ref() == Some(&line));
            let dots = registers.flat_map(|(_, standing)| standing.iter().map(|s| s.dot)).collect();
            self.lines.push((dots, format!("{}/{line}", field.path)));
        }
    }

    fn items_not_done(&mut self, kind: &Kind, view: &View) {
        for (key, standing) in &view.fields {
            for one in standing {
                let value = one.value.to_value();
                if value.as_map().is_some_and(|map| map.contains_key("not_done"))
                    && let Some(place) = path::place_of_key(kind, key)
                {
                    self.single.push((one.dot, place.path));
                }
            }
        }
    }

    /// Paths of what a closing act had not seen, among what `reader` (or everyone) knows.
    pub(crate) fn unseen_by(&self, close: &Act<'_>, reader: Option<&Act<'_>>) -> Vec<String> {
        let known = |dot: Dot| reader.is_none_or(|reader| reader.said.knew(dot));
        let unseen = |dot: Dot| known(dot) && !close.said.knew(dot);
        let mut paths: BTreeSet<String> =
            self.single.iter().filter(|(dot, _)| unseen(*dot)).map(|(_, path)| path.clone()).collect();
        for (dots, path) in &self.lines {
            if dots.iter().any(|dot| known(*dot)) && !dots.iter().any(|dot| close.said.knew(*dot)) {
                paths.insert(path.clone());
            }
        }
        for (field, path, entries) in &self.raises {
            let seen: Vec<&Value> = entries.iter().filter(|e| close.said.knew(e.dot)).map(|e| &e.value).collect();
            let new = entries.iter().filter(|entry| unseen(entry.dot));
            if new.into_iter().any(|entry| raises(field.caution, &entry.value, &seen)) {
                paths.insert(path.clone());
            }
        }
        paths.into_iter().collect()
    }
}

fn raises(caution: Caution, value: &Value, seen: &[&Value]) -> bool {
    if caution == Caution::Union {
        return !seen.iter().any(|known| crate::edits::same_line(known, value));
    }
    let most = seen.iter().map(|known| effective::rank(caution, known)).min();
    most.is_none_or(|most| effective::rank(caution, value) < most)
}

/// Whether a closing act names the other record with heads that stand on all it argues by.
pub(crate) fn considers(close: &Act<'_>, other: &Argument, ctx: &Context<'_>) -> bool {
    let considered = close.said.opened.statement.considered();
    let named = considered.iter().filter(|(record, _)| *record == other.record);
    named.into_iter().any(|(record, heads)| other.changes.iter().all(|change| (ctx.includes)(record, heads, change)))
}
