//! R47, R88: what is released of a record to a school is a record of its own in that school's compartment, in the
//! words an officer screened. The record itself is shared with nobody by that, and no byte of it goes along.

use serde_json::{Map as JsonMap, Value as Json, json};
use signed::{RecordId, Value, code};

use super::Planning;
use crate::access::Compartment;
use crate::body::{Body, NewRecord};
use crate::gap::Gap;
use crate::matching::Screen;
use crate::rules::{self, look};
use crate::seal::filled;
use crate::veil;

/// Of these nothing is released at all: risk, markers and a suspect's history stay with the police (1.3).
const NEVER: [&str; 2] = ["risk_assessment", "person"];
/// Nor these parts of anything.
const NEVER_PARTS: [&str; 2] = ["markers", "markers_acknowledged"];
/// Who a record is about is said in any extract, whichever parts of it are named.
const OF_PEOPLE: [&str; 3] = ["subjects", "speaker", "about"];
/// Addenda are a part that no kind declares.
const ADDENDA: &str = "addenda";
/// So many words in a row, that no named part holds, are another part's.
const OWN_WORDS: usize = 5;

impl Planning<'_> {
    /// Writes the extract beside the step; of the text the step itself keeps nothing.
    pub(super) fn release(&mut self) {
        let Some((said, made)) = self.view.created() else { return };
        let recorded_at = said.opened.statement.device_at;
        let parts = self.texts("parts");
        let text = self.text("text").unwrap_or_default().to_owned();
        let to = self.text("to").unwrap_or_default().to_owned();
        self.releasable(&made.compartment);
        self.named_parts(&parts);
        self.only_these(&parts, &text);
        let school = self.addressee(&to);
        let masked = self.screened(&text);
        let (Some(school), Some(source)) = (school, self.view.record()) else { return };
        let now = self.ctx.now.to_string();
        let id = RecordId::derived(&["extract", &source.to_string(), self.actor.user.as_str(), &to, &now, &masked]);
        let mut body = JsonMap::new();
        let mut put = |name: &str, value: Json| drop(body.insert(name.to_owned(), value));
        put("of", json!(source.to_string()));
        put("of_kind", json!(self.kind.name));
        put("of_recorded_at", json!(recorded_at.to_string()));
        put("parts", json!(parts));
        put("text", json!(masked));
        put("school", json!(school));
        if to != school {
            put("to", json!(to));
        }
        self.plan.creates.push(NewRecord { id: Some(id), kind: "extract", body: Body(body) });
        self.plan.content.remove("text");
        self.plan.content.insert(String::from("extract"), Value::text(id.to_string()));
        let row = self.ctx.case.and_then(|case| case.row(source));
        if let Some(seen) = row.map(|row| rules::as_it_stands(row, &parts)) {
            self.plan.content.insert(String::from("seen"), Value::text(seen));
        }
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let lines = self.body.get(name).and_then(Json::as_array).into_iter().flatten();
        lines.filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// Intelligence, a reporter's name, a risk: of what is never a school's nothing is released.
    fn releasable(&mut self, compartment: &str) {
        let may = match compartment.parse() {
            Ok(
                Compartment::Police { .. }
                | Compartment::Call { .. }
                | Compartment::Share { .. }
                | Compartment::ShareAction { .. },
            ) => !NEVER.contains(&self.kind.name),
            Ok(
                Compartment::Intel { .. }
                | Compartment::Hub { .. }
                | Compartment::Reporter { .. }
                | Compartment::Staffing { .. }
                | Compartment::Prompts { .. }
                | Compartment::Draft { .. }
                | Compartment::Audit,
            )
            | Err(_) => false,
        };
        if !may {
            self.refuse(code::R88_NOT_RELEASED, "", "nothing of a record like this is released to a school");
        }
    }

    /// Each part is one of this record's, and something stands in it.
    fn named_parts(&mut self, parts: &[String]) {
        for (at, part) in parts.iter().enumerate() {
            let stands = match part.as_str() {
                ADDENDA => !self.shown.addenda.is_empty(),
                name => filled(self.shown.body.get(name)) && !NEVER_PARTS.contains(&name),
            };
            if !stands {
                let message = "nothing of this record stands under that name that may be released";
                self.refuse(code::R88_PART, &format!("parts/{at}"), message);
            }
        }
    }

    /// Nothing but the named parts: a run of words of another part is refused, so that nobody who copies a whole
    /// account releases more of it than they say.
    fn only_these(&mut self, parts: &[String], text: &str) {
        let named = |name: &str| parts.iter().any(|part| part == name);
        let addenda: String =
            self.shown.addenda.iter().map(|one| look::words(&Json::Object(one.says.clone()))).collect();
        let fields = self.shown.body.as_object().into_iter().flatten();
        let all: Vec<(&str, String)> = fields
            .map(|(name, value)| (name.as_str(), look::words(value)))
            .chain([(ADDENDA, addenda)])
            .filter(|(name, _)| !OF_PEOPLE.contains(name))
            .collect();
        let said: String = all.iter().filter(|(name, _)| named(name)).map(|(_, words)| plain(words)).collect();
        let text = plain(text);
        let strays = |words: &str| {
            words.split(['.', '!', '?', ';', '\n']).map(plain).any(|sentence| {
                let long = sentence.split_whitespace().count() >= OWN_WORDS;
                long && text.contains(&sentence) && !said.contains(&sentence)
            })
        };
        let other: Vec<String> = all
            .iter()
            .filter(|(name, words)| !named(name) && strays(words))
            .map(|(name, _)| (*name).to_owned())
            .collect();
        for name in other {
            self.refuse(code::R88_OTHER_PART, &name, "the text holds words of this part, and it is not named");
        }
    }

    /// The school it is for: named itself, or by somebody who works there. Of a tutor whom this device does not know
    /// the school is said beside the name; the server brings it to nobody who is not of that school.
    fn addressee(&mut self, to: &str) -> Option<String> {
        let Some(case) = self.ctx.case else { return Some(to.to_owned()) };
        let (own, said) = (self.shown.body.get("school").and_then(Json::as_str), self.text("school"));
        let known = |school: &str| {
            own == Some(school) || case.people.members().any(|one| one.schools.iter().any(|of| of == school))
        };
        let found = match (case.people.member(to), said) {
            (Some(member), _) if !member.role.of_school() => None,
            (Some(member), Some(said)) => member.schools.iter().find(|school| *school == said).cloned(),
            (Some(member), None) => {
                let here = member.schools.iter().find(|school| Some(school.as_str()) == own);
                here.or(member.schools.first()).cloned()
            }
            (None, said) => Some(said.unwrap_or(to)).filter(|school| known(school)).map(str::to_owned),
        };
        if found.is_none() {
            let message = "an extract is for a school, or for somebody who works at one: which school?";
            self.refuse(code::R88_SCHOOL, "to", message);
        }
        found
    }

    /// The text without what would tell who a reporter is. Where this device holds no vault it cannot know: then
    /// the server looks, and takes in nothing that names them.
    fn screened(&mut self, text: &str) -> String {
        if !rules::switch::on("R47") {
            return text.to_owned();
        }
        let rows = self.ctx.case.map(|case| case.rows).unwrap_or_default();
        let masked = veil::secret(rows).mask(text);
        if masked != text {
            let message = "what would tell who the reporter is was masked";
            self.plan.masked.push(Gap::new(code::R47_NAMED, "text", message));
        } else if Screen::of_vault(rows).is_empty() && !self.ctx.case.is_some_and(|case| case.whole) {
            let message = "whether somebody asked not to be known is not known here: the server looks before it leaves";
            self.plan.gaps.push(Gap::new(code::R47_UNKNOWN_HERE, "text", message));
        }
        masked
    }
}

/// Words as they are compared: small letters, one space between them and around the whole.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(String::from(" "), |mut plain, word| {
        plain.push_str(&word.to_lowercase());
        plain.push(' ');
        plain
    })
}
