//! R47: what would tell who a reporter is, found in words before they leave, and masked in what leaves (`veil`). What
//! somebody said and sealed is never changed.

use std::fmt;
use std::ops::Range;

use serde_json::Value as Json;

use crate::access::Compartment;
use crate::rules::Row;

use super::address::{house_number, postcode, postcodes_in};
use super::words::{TEXT_BYTES_MAX, email, tokens, username};
use super::{phone, words};

/// What stands where a reporter was. It does not say "reporter": "her aunt [reporter] says" would tell who it is.
pub(super) const MASK: &str = "[not named]";
/// Words between a house number and its postcode, at most.
const WORDS_BETWEEN_MAX: usize = 8;
/// Names that are words as well: alone they are masked only where they begin with a capital.
const ALSO_WORDS: [&str; 36] = [
    "will", "may", "mark", "rose", "hope", "grace", "joy", "faith", "bill", "pat", "rob", "sue", "grant", "art",
    "dean", "jack", "frank", "guy", "drew", "miles", "rich", "dawn", "eve", "summer", "april", "june", "august",
    "young", "long", "brown", "green", "white", "black", "day", "the", "and",
];

/// What it is by which somebody could be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A whole name.
    Name,
    /// A word of a name but its last.
    First,
    /// The last word of a name: a family may share it.
    Last,
    /// A street with its number, a postcode, an address as written.
    Home,
    /// A number, an email address, a user name.
    Contact,
}

/// Every sign there is.
pub const SIGNS: [Sign; 5] = [Sign::Name, Sign::First, Sign::Last, Sign::Home, Sign::Contact];

/// What would tell who somebody is.
#[derive(Clone, Default)]
pub struct Screen {
    /// Runs of words: whole names, their single words, streets with their numbers, user names.
    runs: Vec<(Sign, Vec<String>)>,
    /// Single words that are masked only with a capital.
    capitals: Vec<(Sign, String)>,
    /// Numbers, without the `+`.
    phones: Vec<String>,
    emails: Vec<String>,
    /// Postcode and house number.
    homes: Vec<(String, Option<String>)>,
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Screen")
    }
}

impl Screen {
    /// Built of the people a vault holds: bodies with `names`, `aliases`, `phones`, `emails`, `usernames`,
    /// `addresses`.
    #[must_use]
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Json>) -> Self {
        let mut screen = Self::default();
        for body in people {
            let texts = |field: &str| {
                let lines = body.get(field).and_then(Json::as_array).into_iter().flatten();
                lines.filter_map(Json::as_str)
            };
            texts("names").chain(texts("aliases")).for_each(|name| screen.name(name));
            texts("phones").for_each(|number| screen.phone(number));
            texts("emails").for_each(|address| screen.email(address));
            texts("usernames").filter_map(username).for_each(|name| screen.run(Sign::Contact, &name));
            texts("addresses").for_each(|address| screen.address(address));
        }
        screen
    }

    /// Built of the vault among the records of a case.
    #[must_use]
    pub fn of_vault<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let vault = |row: &&Row| matches!(row.compartment, Compartment::Reporter { .. });
        Self::of(rows.into_iter().filter(vault).map(|row| &row.body))
    }

    /// Whether one of these signs stands in a text.
    #[must_use]
    pub fn has(&self, signs: &[Sign], text: &str) -> bool {
        let mut one = self.clone();
        one.runs.retain(|run| signs.contains(&run.0));
        one.capitals.retain(|word| signs.contains(&word.0));
        if !signs.contains(&Sign::Contact) {
            one.phones.clear();
            one.emails.clear();
        }
        if !signs.contains(&Sign::Home) {
            one.homes.clear();
        }
        !one.finds(text).is_empty()
    }

    /// Without those of these signs that stand in one of these texts: there they tell nobody anything.
    #[must_use]
    pub fn without(mut self, signs: &[Sign], known: &[&str]) -> Self {
        if self.is_empty() {
            return self;
        }
        let texts: Vec<&str> = known.iter().copied().filter(|text| !self.finds(text).is_empty()).collect();
        let stands =
            |sign: Sign, one: Self| signs.contains(&sign) && texts.iter().any(|text| !one.finds(text).is_empty());
        self.runs.retain(|run| !stands(run.0, Self { runs: vec![run.clone()], ..Self::default() }));
        self.capitals.retain(|word| !stands(word.0, Self { capitals: vec![word.clone()], ..Self::default() }));
        self.phones.retain(|one| !stands(Sign::Contact, Self { phones: vec![one.clone()], ..Self::default() }));
        self.emails.retain(|one| !stands(Sign::Contact, Self { emails: vec![one.clone()], ..Self::default() }));
        self.homes.retain(|one| !stands(Sign::Home, Self { homes: vec![one.clone()], ..Self::default() }));
        self
    }

    fn name(&mut self, name: &str) {
        let words: Vec<String> = tokens(name).into_iter().map(|(_, word)| word).collect();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| word.chars().count() > 2) {
            let sign = if at + 1 == words.len() && at > 0 { Sign::Last } else { Sign::First };
            if ALSO_WORDS.contains(&word.as_str()) {
                self.capitals.push((sign, word.clone()));
            } else {
                self.runs.push((sign, vec![word.clone()]));
            }
        }
        if words.len() > 1 || words.iter().any(|word| word.chars().count() == 2) {
            self.runs.push((Sign::Name, words));
        }
    }

    fn run(&mut self, sign: Sign, text: &str) {
        let words: Vec<String> = tokens(text).into_iter().map(|(_, word)| word).collect();
        if words.iter().map(|word| word.chars().count()).sum::<usize>() > 2 {
            self.runs.push((sign, words));
        }
    }

    fn phone(&mut self, raw: &str) {
        let mut numbers: Vec<String> = phone::phone(raw).into_iter().collect();
        numbers.extend(phone::phones_in(raw).into_iter().map(|(_, number)| number));
        self.phones.extend(numbers.into_iter().map(|number| number.trim_start_matches('+').to_owned()));
    }

    fn email(&mut self, raw: &str) {
        match email(raw) {
            Some(email) => self.emails.push(email),
            None => self.run(Sign::Contact, raw),
        }
    }

    /// The whole as written, number and street, and postcode with number.
    fn address(&mut self, raw: &str) {
        let words: Vec<String> = tokens(raw).into_iter().map(|(_, word)| word).collect();
        let number = words.iter().position(|word| house_number(word));
        if let Some(at) = number {
            // `3 elm row`, of `3 Elm Row, Leeds LS2 2AB`.
            let street: Vec<String> = words.iter().skip(at).take(3).cloned().collect();
            if street.len() == 3 {
                self.runs.push((Sign::Home, street));
            }
        }
        if let Some(code) = postcode(raw) {
            self.homes.push((code, number.and_then(|at| words.get(at).cloned())));
        }
        self.run(Sign::Home, raw);
    }

    /// Whether it looks for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
            && self.capitals.is_empty()
            && self.phones.is_empty()
            && self.emails.is_empty()
            && self.homes.is_empty()
    }

    /// Where in a text somebody could be known by, in bytes, by place and apart. A text longer than
    /// [`TEXT_BYTES_MAX`] is looked at in full: nothing leaves unread.
    #[must_use]
    pub fn finds(&self, text: &str) -> Vec<Range<usize>> {
        if self.is_empty() {
            return Vec::new();
        }
        let words = tokens(text);
        let numbers = self.numbers(text);
        let mut found = self.named(text, &words);
        let mut from = 0;
        // Parts of a long text overlap, so that what stands across their border is found too.
        while let Some(part) = part(text, from) {
            let place = |range: Range<usize>| range.start + from..range.end + from;
            for (range, _) in words::emails_in(part).into_iter().filter(|(_, email)| self.emails.contains(email)) {
                found.push(place(range));
            }
            for (range, code) in postcodes_in(part) {
                found.extend(self.home(&words, place(range), &code, &numbers));
            }
            if part.len() + from >= text.len() {
                break;
            }
            from = boundary(text, from + part.len() - OVERLAP);
        }
        found.extend(numbers);
        apart(found)
    }

    fn numbers(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for run in phone::digit_runs(text) {
            let digits: String = run.iter().map(|(digit, _)| *digit).collect();
            for number in &self.phones {
                // Its last digits, however it begins: with the country, the zero or neither.
                let own = number.strip_prefix("44").unwrap_or(number);
                for (at, _) in digits.match_indices(own) {
                    let heads = ["0044", "440", "00440", "44", "00", "0"];
                    let head = heads.iter().filter(|head| digits.get(..at).is_some_and(|d| d.ends_with(**head)));
                    let head = head.map(|head| head.len()).max().unwrap_or(0);
                    if let (Some(first), Some(last)) = (run.get(at - head), run.get(at + own.len() - 1)) {
                        let plus = text.get(..first.1.start).is_some_and(|before| before.ends_with('+'));
                        found.push(first.1.start - usize::from(plus)..last.1.end);
                    }
                }
            }
        }
        found
    }

    fn named(&self, text: &str, words: &[(Range<usize>, String)]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for (_, wanted) in &self.runs {
            for window in words.windows(wanted.len().max(1)) {
                let same = window.iter().zip(wanted).all(|((_, word), part)| word == part);
                if let (true, Some(first), Some(last)) = (same, window.first(), window.last()) {
                    found.push(first.0.start..last.0.end);
                }
            }
        }
        let capital = |range: &Range<usize>| {
            text.get(range.clone()).is_some_and(|word| word.chars().next().is_some_and(char::is_uppercase))
        };
        let names =
            words.iter().filter(|(range, word)| self.capitals.iter().any(|(_, known)| known == word) && capital(range));
        found.extend(names.map(|(range, _)| range.clone()));
        found
    }

    /// The postcode of a home, with the number before it; not where another house's number stands there.
    fn home(
        &self,
        words: &[(Range<usize>, String)],
        at: Range<usize>,
        code: &str,
        numbers: &[Range<usize>],
    ) -> Option<Range<usize>> {
        let own: Vec<&Option<String>> = self.homes.iter().filter(|(known, _)| known == code).map(|(_, n)| n).collect();
        if own.is_empty() {
            return None;
        }
        let end = words.partition_point(|(word, _)| word.end <= at.start);
        let before = words.get(..end)?.iter().rev().take(WORDS_BETWEEN_MAX);
        let of_phone = |word: &Range<usize>| numbers.iter().any(|one| one.start <= word.start && word.end <= one.end);
        let number = before.filter(|(word, _)| !of_phone(word)).find(|(_, word)| house_number(word));
        match number {
            None => Some(at),
            Some((word, number)) if own.iter().any(|known| known.as_ref() == Some(number)) => Some(word.start..at.end),
            Some(_) => None,
        }
    }

    /// The text with everything that is found masked: for what is about to leave, never for what was sealed.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for range in self.finds(text) {
            masked.push_str(text.get(at..range.start).unwrap_or_default());
            masked.push_str(MASK);
            at = range.end;
        }
        masked.push_str(text.get(at..).unwrap_or_default());
        masked
    }

    /// The same in every text of a value.
    #[must_use]
    pub fn masked(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.mask(text)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.masked(item)).collect()),
            Json::Object(map) => Json::Object(map.iter().map(|(name, v)| (name.clone(), self.masked(v))).collect()),
            Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
        }
    }
}

/// Bytes by which parts of a long text overlap: longer than any email address or postcode.
const OVERLAP: usize = 512;

fn part(text: &str, from: usize) -> Option<&str> {
    text.get(from..boundary(text, from.saturating_add(TEXT_BYTES_MAX)))
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Ranges by place, those that touch joined.
fn apart(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in found {
        match apart.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => apart.push(range),
        }
    }
    apart
}
