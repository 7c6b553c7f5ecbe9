//! Who was only named, and whether anything was asked about them before it is due (R119).

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The rules whose questions wait until somebody is spoken to, identified as a suspect or confirmed as a
/// victim: age, checks, the child's own line, ethnicity.
pub const WAITING: [&str; 4] = ["R25", "R35", "R42", "R85"];

/// The fields of these rules in a person's own record, whatever code asks for them.
const WAITING_FIELDS: [&str; 3] = ["dob", "estimated_age", "ethnicity_self_defined"];

/// The field that says that a person was only named, and why.
const ONLY_NAMED: &str = "not_yet_spoken_to";

/// What is known of one person who was only named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    OnlyNamed,
    Met,
}

/// Reads along: what each person told `field`, and every gap that it printed.
#[derive(Debug, Default)]
pub struct Named {
    people: BTreeMap<String, Standing>,
    gaps: usize,
    due: usize,
    early: Vec<String>,
}

impl Named {
    /// A record was made or changed with this body.
    pub(crate) fn told(&mut self, words: &[&str], body: &Json, answer: &Json) {
        let id = match words {
            ["new", "person", ..] => text(answer, "id"),
            ["edit", id, ..] => id,
            _ => return,
        };
        match body.get(ONLY_NAMED) {
            Some(Json::Null) => {
                if let Some(person) = self.people.get_mut(id) {
                    *person = Standing::Met;
                }
            }
            Some(_) => {
                self.people.insert(id.to_owned(), Standing::OnlyNamed);
            }
            None => {}
        }
    }

    /// An answer or a refusal was printed; its gaps are looked at.
    pub(crate) fn asked(&mut self, user: &str, words: &[&str], answer: &Json) {
        let record = text(answer, "id").to_owned();
        for gap in answer.get("gaps").and_then(Json::as_array).into_iter().flatten() {
            self.gaps += 1;
            let (code, path) = (text(gap, "code"), text(gap, "path"));
            let waits = WAITING.contains(&code.split('.').next().unwrap_or_default())
                || WAITING_FIELDS.contains(&path.split('/').next_back().unwrap_or_default());
            if !waits {
                continue;
            }
            let about = |id: &str| record == id || path.contains(id);
            match self.people.iter().find(|(id, _)| about(id)).map(|(_, standing)| *standing) {
                Some(Standing::Met) => self.due += 1,
                None if !path.starts_with("named_people") => {}
                Some(Standing::OnlyNamed) | None => {
                    self.early.push(format!("{user}, {}: {code} {path}", words.join(" ")));
                }
            }
        }
    }

    /// A check was asked for that somebody who was only named is the target of.
    pub fn looked_up(&mut self, check: &Json) {
        let target = check.pointer("/target/record").and_then(Json::as_str).unwrap_or_default();
        if self.people.get(target) == Some(&Standing::OnlyNamed) {
            self.early.push(format!("a check of its own for {target}: {}", text(check, "system")));
        }
    }

    /// How many people were only named at first.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// How many of them were met since.
    #[must_use]
    pub fn met(&self) -> usize {
        self.people.values().filter(|standing| **standing == Standing::Met).count()
    }

    /// How many gaps were printed in all.
    #[must_use]
    pub fn gaps(&self) -> usize {
        self.gaps
    }

    /// How many of these asked about somebody who had been met.
    #[must_use]
    pub fn due(&self) -> usize {
        self.due
    }

    /// What was asked although it may wait.
    #[must_use]
    pub fn early(&self) -> &[String] {
        &self.early
    }
}

fn text<'a>(value: &'a Json, name: &str) -> &'a str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn named() -> Named {
        let mut named = Named::default();
        named.told(&["new", "person"], &json!({ ONLY_NAMED: "not at the house" }), &json!({ "id": "p1" }));
        named
    }

    #[test]
    fn a_question_about_somebody_who_was_only_named_is_found_wherever_it_stands() {
        let gap = |code: &str, path: &str| json!({ "id": "r", "gaps": [{ "code": code, "path": path }] });
        for (code, path) in
            [("R25.dob", "people/p1"), ("R42.child", "people/p1/line"), ("R85.ethnicity", "named_people/n1")]
        {
            let mut named = self::named();
            named.asked("ofc1", &["show", "r"], &gap(code, path));
            assert_eq!((named.early().len(), named.gaps()), (1, 1), "{code}");
        }
        let mut named = self::named();
        named.asked("ofc1", &["new"], &json!({ "id": "p1", "gaps": [{ "code": "I.required", "path": "dob" }] }));
        assert_eq!(named.early().len(), 1);
        let mut named = self::named();
        named.asked("ofc1", &["show", "r"], &gap("R25.dob", "people/p2"));
        named.asked("ofc1", &["show", "r"], &gap("R44.risk", "people/p1"));
        named.looked_up(&json!({ "target": { "record": "p2" } }));
        assert_eq!((named.early().len(), named.gaps()), (0, 2));
        named.looked_up(&json!({ "target": { "record": "p1" }, "system": "PNC" }));
        assert_eq!(named.early().len(), 1);
    }

    #[test]
    fn once_they_are_met_the_same_question_is_due() {
        let mut named = self::named();
        named.told(&["edit", "p1"], &json!({ ONLY_NAMED: null }), &json!({}));
        named.asked("ofc1", &["show", "p1"], &json!({ "id": "p1", "gaps": [{ "code": "R25.dob", "path": "dob" }] }));
        assert_eq!((named.people(), named.met(), named.due(), named.early().len()), (1, 1, 1, 0));
    }
}
