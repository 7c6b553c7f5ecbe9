//! From a body to its identifiers: which field holds what, kind by kind.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use signed::RecordId;

use super::found::{Sort, found_in};
use super::keys::{KEYS_MAX, Key, KeyKind, Keys, shared_by_many};
use super::person::{PersonFacts, blocking_day, facts, sounds};
use super::words::{TEXT_BYTES_MAX, plain};
use super::{address, phone, words};

/// Bytes of all free texts of one record that are looked at.
const TEXTS_BYTES_MAX: usize = 4 * TEXT_BYTES_MAX;
/// Bytes of one value that is an identifier as a whole.
const VALUE_BYTES_MAX: usize = 1024;
/// People of one record that are weighed.
const PEOPLE_MAX: usize = 64;
/// Levels of a value that are gone down.
const DEPTH_MAX: usize = 8;

/// How a field is read.
#[derive(Clone, Copy)]
enum Reads {
    /// The whole value is an identifier of this kind.
    Whole(KeyKind),
    /// An address or a venue.
    Place,
    /// A person or a place, as said.
    Named,
    /// People, as said, with what is known of them.
    People,
    /// Free words: only what says by its own form what it is.
    Words,
}

use Reads::{Named, People, Place, Whole, Words};

/// Fields that are read in a record of any kind.
const EVERYWHERE: &[(&str, Reads)] = &[
    ("phones", Whole(KeyKind::Phone)),
    ("emails", Whole(KeyKind::Email)),
    ("usernames", Whole(KeyKind::Username)),
    ("vehicles", Whole(KeyKind::Vehicle)),
    ("addresses", Whole(KeyKind::Address)),
    ("venues", Whole(KeyKind::Venue)),
    ("subjects", People),
];

/// Fields of one kind.
fn declared(kind: &str) -> &'static [(&'static str, Reads)] {
    match kind {
        "concern" => &[("where", Place), ("exact_words", Words), ("concern_items", Words)],
        "disclosure" => &[("speaker", People), ("named_people", People), ("words_verbatim", Words)],
        "welfare_check" => &[
            ("address", Place),
            ("adults_present", People),
            ("others_who_stay_or_visit", People),
            ("children", People),
            ("request", Words),
        ],
        "action" => &[("about", Named), ("exact_request", Words)],
        "action_update" | "action_note" => &[("text", Words)],
        "missing_episode" => &[("child", People), ("return_conversation", Words)],
        "referral" => &[("child", People), ("siblings_included", People), ("concern_items", Words)],
        "intelligence_submission" => &[("targets", Named)],
        "protective_measure" => &[("protects", People), ("terms", Words)],
        _ => &[],
    }
}

/// The identifiers of one record, as they are gathered.
pub(super) struct Gather<'b> {
    found: Keys,
    seen: BTreeSet<(KeyKind, String)>,
    shared: bool,
    school: Option<String>,
    read: usize,
    kind: &'b str,
}

impl<'b> Gather<'b> {
    pub(super) fn of(kind: &'b str, body: &Json) -> Keys {
        let school = body.get("school").and_then(Json::as_str).map(plain).filter(|school| !school.is_empty());
        let mut all =
            Self { found: Keys::default(), seen: BTreeSet::new(), shared: shared_by_many(body), school, read: 0, kind };
        match kind {
            // A match names its records; what they share is theirs.
            "match" => return all.found,
            "person" => all.person(facts(body), "names"),
            "place" => all.by_word(body, "place_kind", "value_raw"),
            "intelligence_check" => all.by_word(body, "target_kind", "target"),
            _ => {}
        }
        for (field, reads) in declared(kind).iter().chain(EVERYWHERE) {
            all.read(body.get(*field), *reads, field, 0);
        }
        all.found
    }

    fn add(&mut self, kind: KeyKind, value: Option<String>, path: &str) {
        let Some(value) = value else { return };
        if self.found.list.len() >= KEYS_MAX {
            // Not remembered, so that a body cannot grow memory: one said twice is counted twice.
            self.found.beyond += usize::from(!self.seen.contains(&(kind, value)));
        } else if self.seen.insert((kind, value.clone())) {
            self.found.list.push(Key { kind, value, path: path.to_owned(), shared: self.shared });
        }
    }

    /// A value by its shape: lists line by line, things said by what was said.
    fn read(&mut self, value: Option<&Json>, reads: Reads, path: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match value {
            Some(Json::String(text)) => self.text(text, reads, path),
            Some(Json::Array(lines)) => {
                for (at, line) in lines.iter().enumerate() {
                    self.read(Some(line), reads, &format!("{path}/{}", line_name(line, at)), depth + 1);
                }
            }
            Some(line @ Json::Object(map)) => match reads {
                People => self.someone(line, path),
                Words => {
                    for (name, value) in map.iter().filter(|(name, _)| *name != "id") {
                        self.read(Some(value), reads, &format!("{path}/{}", part_name(name)), depth + 1);
                    }
                }
                Whole(_) | Place | Named => self.read(map.get("as_said"), reads, path, depth + 1),
            },
            Some(Json::Null | Json::Bool(_) | Json::Number(_)) | None => {}
        }
    }

    fn text(&mut self, text: &str, reads: Reads, path: &str) {
        match reads {
            Whole(kind) => self.whole(text, kind, path),
            Place => self.place(text, path),
            Named => {
                if address::addresses(value_of(text)).is_empty() {
                    self.someone(&Json::String(text.to_owned()), path);
                } else {
                    self.place(text, path);
                }
            }
            People => self.someone(&Json::String(text.to_owned()), path),
            Words => self.words(text, path),
        }
    }

    fn whole(&mut self, text: &str, kind: KeyKind, path: &str) {
        let text = value_of(text);
        let value = match kind {
            KeyKind::Phone => phone::phone(text),
            KeyKind::Email => words::email(text),
            KeyKind::Username => words::username(text),
            KeyKind::Vehicle => words::vehicle(text),
            KeyKind::Venue => return self.place_called(text, path),
            KeyKind::Address => return self.place(text, path),
            KeyKind::PersonDob | KeyKind::PersonAlias | KeyKind::PersonSchool => return,
        };
        // "Mum's mobile 07700 900123", or two of them in one line.
        if value.is_none() { self.words(text, path) } else { self.add(kind, value, path) }
    }

    /// A venue, which may be given with its address.
    fn place_called(&mut self, text: &str, path: &str) {
        if address::postcode(text).is_some() { self.place(text, path) } else { self.venue(text, path) }
    }

    fn venue(&mut self, text: &str, path: &str) {
        self.add(KeyKind::Venue, address::venue(text), path);
    }

    /// An address, and where it is none a venue; numbers said beside it.
    fn place(&mut self, text: &str, path: &str) {
        let text = value_of(text);
        let addresses = address::addresses(text);
        if addresses.is_empty() {
            self.venue(text, path);
        }
        for address in addresses {
            self.add(KeyKind::Address, Some(address), path);
        }
        for (_, number) in phone::phones_in(text) {
            self.add(KeyKind::Phone, Some(number), path);
        }
    }

    fn words(&mut self, text: &str, path: &str) {
        let left = TEXTS_BYTES_MAX.saturating_sub(self.read).min(TEXT_BYTES_MAX);
        let mut end = text.len().min(left);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.read += end;
        self.found.unread += text.len() - end;
        for one in found_in(text.get(..end).unwrap_or_default()) {
            let kind = match one.sort {
                Sort::Phone => KeyKind::Phone,
                Sort::Email => KeyKind::Email,
                Sort::Address => KeyKind::Address,
                // A dozen homes.
                Sort::Postcode => continue,
            };
            self.add(kind, Some(one.value), path);
        }
    }

    /// A place or the target of a check: what it is says the word beside it.
    fn by_word(&mut self, body: &Json, word: &str, field: &'static str) {
        let reads = match body.get(word).and_then(Json::as_str) {
            Some("phone") => Whole(KeyKind::Phone),
            Some("email") => Whole(KeyKind::Email),
            Some("username") => Whole(KeyKind::Username),
            Some("vehicle") => Whole(KeyKind::Vehicle),
            Some("venue") => Whole(KeyKind::Venue),
            Some("person") => People,
            _ => Place,
        };
        self.read(body.get(field), reads, field, 0);
    }

    /// Somebody as said, perhaps with a birthday; of a child's own words the school of the record is theirs.
    fn someone(&mut self, line: &Json, path: &str) {
        let said = |value: &Json| {
            let text = value.as_str().or_else(|| value.get("as_said")?.as_str());
            text.map(str::to_owned)
        };
        let name = said(line).or_else(|| line.get("person").and_then(said));
        let Some(name) = name else { return };
        let name = value_of(&name);
        self.words(name, path);
        let dob = line.get("dob").and_then(Json::as_str);
        let schools = self.school.clone().into_iter().collect();
        self.person(PersonFacts::new([name], dob, schools), path);
    }

    fn person(&mut self, facts: PersonFacts, path: &str) {
        for name in &facts.names {
            for sound in sounds(name) {
                if let Some(day) = facts.dob.as_deref().and_then(blocking_day) {
                    self.add(KeyKind::PersonDob, Some(format!("{sound}/{day}")), path);
                }
                for school in &facts.schools {
                    self.add(KeyKind::PersonSchool, Some(format!("{sound}/{school}")), path);
                }
            }
        }
        for alias in facts.telling_aliases() {
            self.add(KeyKind::PersonAlias, Some(alias.clone()), "aliases");
        }
        let tells = facts.dob.is_some() || !facts.schools.is_empty() || !facts.aliases.is_empty();
        if (self.kind == "person" || tells) && !facts.names.is_empty() && self.found.people.len() < PEOPLE_MAX {
            self.found.people.push(facts);
        }
    }
}

/// The beginning of a value that is to be an identifier as a whole.
fn value_of(text: &str) -> &str {
    let mut end = text.len().min(VALUE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A line by its id, or by its place where it has none.
fn line_name(line: &Json, at: usize) -> String {
    let id = line.get("id").and_then(Json::as_str).and_then(|id| id.parse::<RecordId>().ok());
    id.map_or_else(|| at.to_string(), |id| id.to_string())
}

/// A part by its name, unless it can be no name: a path never holds a word of a record.
fn part_name(name: &str) -> &str {
    let plain = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { name } else { ".." }
}
