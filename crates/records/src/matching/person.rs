//! People: how a name sounds, and how like two people are. What is not in [`PersonFacts`] is looked at by nothing.

use std::fmt;

use rphonetic::DoubleMetaphone;
use serde_json::Value as Json;

use super::words::{fold, plain};

/// Letters of a sound that count.
const SOUND_MAX: usize = 6;
/// Sounds of one name, at most: two of each half, more where a name has several parts.
const SOUNDS_MAX: usize = 16;
/// Names and schools of one person that are looked at.
const NAMES_MAX: usize = 16;
/// Characters of a name that are looked at.
const NAME_CHARS_MAX: usize = 128;
const TITLES: [&str; 13] = ["mr", "mrs", "ms", "miss", "mx", "dr", "sir", "pc", "pcso", "sgt", "rev", "master", "prof"];

/// Words before somebody who is described, and what they are called then: `a pupil`, `the older boy`. They name
/// nobody, and every school has hundreds of them.
const BEFORE: [&str; 10] = ["a", "an", "the", "his", "her", "their", "my", "some", "another", "unknown"];
const DESCRIBED: [&str; 24] = [
    "pupil", "student", "child", "children", "girl", "boy", "girls", "boys", "man", "woman", "men", "lady", "male",
    "female", "person", "adult", "teenager", "mother", "father", "mum", "dad", "friend", "teacher", "parent",
];

/// Who somebody is, as far as matching looks. `Debug` shows none of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonFacts {
    /// Names, each in lower case without titles and accents; a double name keeps its hyphen.
    pub names: Vec<String>,
    /// What they are called besides, in the same form.
    pub aliases: Vec<String>,
    /// The birthday, `YYYY-MM-DD`.
    pub dob: Option<String>,
    /// Schools, by number or in plain words.
    pub schools: Vec<String>,
}

impl fmt::Debug for PersonFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonFacts")
    }
}

/// How like two people are. It is never more than *possible*: that they are one is for a person to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness {
    /// What speaks for it less what speaks against it, [`Likeness::LEAST`] to 1,250.
    pub points: u16,
}

impl Likeness {
    /// Points from which two people are shown as possibly one. The same name alone has 600.
    pub const LEAST: u16 = 700;

    /// The word shown beside it.
    #[must_use]
    pub fn label(self) -> &'static str {
        "possible"
    }
}

impl PersonFacts {
    /// From names as said, and what goes with them.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, dob: Option<&str>, schools: Vec<String>) -> Self {
        let names = names.into_iter().take(NAMES_MAX).map(name).filter(|name| !name.is_empty()).collect();
        Self { names, aliases: Vec::new(), dob: dob.and_then(day), schools }
    }

    /// Aliases that say more than the own name does: `Sam` says nothing more of Samuel.
    pub(super) fn telling_aliases(&self) -> impl Iterator<Item = &String> {
        let own = |word: &str| {
            let head = |word: &str| word.chars().take(3).collect::<String>();
            self.names.iter().flat_map(|name| name.split([' ', '-'])).any(|known| head(known) == head(word))
        };
        self.aliases.iter().filter(move |alias| alias.chars().count() >= 3 && !alias.split([' ', '-']).all(own))
    }
}

/// The facts of a person's record.
#[must_use]
pub fn facts(body: &Json) -> PersonFacts {
    let list = |field: &str| {
        let lines = body.get(field).and_then(Json::as_array).into_iter().flatten();
        lines.filter_map(Json::as_str).take(NAMES_MAX).collect::<Vec<_>>()
    };
    let mut schools: Vec<String> = body.get("school").and_then(Json::as_str).map(plain).into_iter().collect();
    schools.extend(list("other_schools").into_iter().map(plain));
    schools.retain(|school| !school.is_empty());
    let mut facts = PersonFacts::new(list("names"), body.get("dob").and_then(Json::as_str), schools);
    facts.aliases = PersonFacts::new(list("aliases"), None, Vec::new()).names;
    facts
}

/// A name in lower case, without accents and titles: `Mr José O'Brien-Lee` is `jose obrien-lee`.
pub(super) fn name(raw: &str) -> String {
    let raw: String = raw.chars().take(NAME_CHARS_MAX).collect();
    let words = raw.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '/' | '(' | ')' | '"')).map(|word| {
        let parts = word.split(['-', '\u{2010}', '\u{2011}']).map(fold).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("-")
    });
    let words = words.filter(|word| !word.is_empty() && !TITLES.contains(&word.as_str()));
    let words: Vec<String> = words.collect();
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    let described = words.iter().any(|word| is(&DESCRIBED, word));
    let only = words.iter().all(|word| is(&DESCRIBED, word) || is(&BEFORE, word));
    if described && (only || words.first().is_some_and(|word| is(&BEFORE, word))) {
        return String::new();
    }
    words.join(" ")
}

/// How a whole name may sound: of its first and its last word, in whichever order, with the two readings of
/// Double Metaphone and each part of a double name. None for a single word, which is nobody's name alone.
pub(super) fn sounds(name: &str) -> Vec<String> {
    let mut words = name.split(' ').filter(|word| !word.is_empty());
    let (Some(first), Some(last)) = (words.next(), words.next_back()) else { return Vec::new() };
    let mut all = Vec::new();
    for one in halves(first) {
        for other in halves(last) {
            let (low, high) = if one <= other { (&one, &other) } else { (&other, &one) };
            let joined = format!("{low}-{high}");
            if joined.len() > 2 {
                all.push(joined);
            }
        }
    }
    all.sort();
    all.dedup();
    all.truncate(SOUNDS_MAX);
    all
}

fn halves(word: &str) -> Vec<String> {
    let metaphone = DoubleMetaphone::new(Some(SOUND_MAX));
    let whole = word.replace('-', "");
    let mut all: Vec<String> = Vec::new();
    for part in word.split('-').filter(|_| word.contains('-')).chain([whole.as_str()]).take(4) {
        let ascii: String = part.chars().filter(char::is_ascii_alphabetic).collect();
        let readings = if ascii.is_empty() {
            // Not in Latin letters: as it is written.
            vec![part.to_owned()]
        } else {
            let sound = metaphone.double_metaphone(&ascii);
            vec![sound.primary(), sound.alternate()]
        };
        for reading in readings.into_iter().filter(|reading| !reading.is_empty()) {
            if !all.contains(&reading) {
                all.push(reading);
            }
        }
    }
    all
}

/// How like two people are who share a blocking key; `None` below [`Likeness::LEAST`].
///
/// Names: the same 600, sounding the same 550, nearly written the same 500, an alias the same 700. Birthdays: the
/// same +400, day and month exchanged +300, one digit another +250, else -400; unknown nothing. A school in common
/// +250. So a name alone never reaches the threshold, and two pupils of a school with one name and two birthdays
/// do not either.
#[must_use]
pub fn score(one: &PersonFacts, other: &PersonFacts) -> Option<Likeness> {
    let pairs = one.names.iter().flat_map(|name| other.names.iter().map(move |known| name_points(name, known)));
    let named = pairs.max().unwrap_or(0);
    let called = if same_alias(one, other) { 700 } else { 0 };
    let dob = match (&one.dob, &other.dob) {
        (Some(one), Some(other)) => dob_points(one, other),
        _ => 0,
    };
    let school = if one.schools.iter().any(|school| other.schools.contains(school)) { 250 } else { 0 };
    let names = named.max(called);
    let points = if names == 0 { 0 } else { names + dob + school };
    u16::try_from(points).ok().filter(|points| *points >= Likeness::LEAST).map(|points| Likeness { points })
}

fn name_points(one: &str, other: &str) -> i32 {
    let sorted = |name: &str| {
        let mut words: Vec<&str> = name.split([' ', '-']).collect();
        words.sort_unstable();
        words.join(" ")
    };
    let (left, right) = (sorted(one), sorted(other));
    if left == right {
        return 600;
    }
    let heard = sounds(other);
    if sounds(one).iter().any(|sound| heard.contains(sound)) {
        return 550;
    }
    let whole = one.contains(' ') && other.contains(' ');
    if whole && strsim::jaro_winkler(&left, &right) > 0.92 { 500 } else { 0 }
}

/// An alias of one is an alias or a name of the other.
fn same_alias(one: &PersonFacts, other: &PersonFacts) -> bool {
    let known = |alias: &String, other: &PersonFacts| other.aliases.contains(alias) || other.names.contains(alias);
    one.telling_aliases().any(|alias| known(alias, other)) || other.telling_aliases().any(|alias| known(alias, one))
}

fn dob_points(one: &str, other: &str) -> i32 {
    if one == other {
        return 400;
    }
    let parts = |text: &str| text.splitn(3, '-').map(str::to_owned).collect::<Vec<_>>();
    if let ([y1, m1, d1], [y2, m2, d2]) = (parts(one).as_slice(), parts(other).as_slice())
        && y1 == y2
        && m1 == d2
        && d1 == m2
    {
        return 300;
    }
    let differ = one.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count();
    if one.len() == other.len() && differ == 1 { 250 } else { -400 }
}

/// A day, `YYYY-MM-DD`, and nothing else.
pub(super) fn day(text: &str) -> Option<String> {
    let text = text.trim();
    let shape = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    (text.len() == 10 && text.bytes().enumerate().all(shape)).then(|| text.to_owned())
}

/// A birthday as it blocks: day and month may have been exchanged.
pub(super) fn blocking_day(dob: &str) -> Option<String> {
    let (year, month, day) = (dob.get(..4)?, dob.get(5..7)?, dob.get(8..10)?);
    Some(if month <= day { format!("{year}-{month}-{day}") } else { format!("{year}-{day}-{month}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form_and_more_than_one_sound() {
        assert_eq!(name(" Mr José O'Brien-Lee. "), "jose obrien-lee");
        let heard = |raw: &str| sounds(&name(raw));
        assert!(heard("Kylie").is_empty() && heard("").is_empty());
        assert_eq!(heard("Katherine Smyth"), heard("SMITH, Catherine"));
        assert!(heard("Ann Smith-Jones").iter().any(|sound| heard("Anne Jones").contains(sound)));
        assert!(heard("Jon Smith").iter().any(|sound| heard("John Schmidt").contains(sound)));
        assert_eq!(heard("Олена Коваль"), ["коваль-олена"]);
        assert_eq!(heard("Sam Carter"), heard("Sam James Carter"));
    }

    #[test]
    fn only_a_real_day_is_a_birthday() {
        assert_eq!(day("2011-03-04").as_deref(), Some("2011-03-04"));
        for none in ["", "2011", "2011-3-4", "04/03/2011", "2011-03-04T00:00"] {
            assert_eq!(day(none), None);
        }
        assert_eq!(blocking_day("2011-03-04"), blocking_day("2011-04-03"));
    }
}
