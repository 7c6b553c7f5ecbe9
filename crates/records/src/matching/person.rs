//! People: found by how a name sounds together with a birthday, an alias or a school, and then weighed.

use rphonetic::DoubleMetaphone;
use serde_json::Value as Json;

use super::normal::plain;

/// Letters of a sound that count.
const SOUND_MAX: usize = 6;

/// Who somebody is, as far as matching looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFacts {
    /// Names and aliases, in plain letters.
    pub names: Vec<String>,
    /// The birthday, `YYYY-MM-DD`.
    pub dob: Option<String>,
    /// Schools.
    pub schools: Vec<String>,
}

/// How alike two people are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The names are near and the birthday, or the school, agrees in part.
    Possible,
    /// The names are near and the birthday is the same.
    Likely,
}

/// The facts of a person's record.
#[must_use]
pub fn facts(body: &Json) -> PersonFacts {
    let list = |field: &str| {
        let lines = body.get(field).and_then(Json::as_array).into_iter().flatten();
        lines.filter_map(Json::as_str).map(plain).filter(|name| !name.is_empty()).collect::<Vec<_>>()
    };
    let mut names = list("names");
    names.extend(list("aliases"));
    let mut schools = list("other_schools");
    schools.extend(body.get("school").and_then(Json::as_str).map(plain));
    PersonFacts { names, dob: body.get("dob").and_then(Json::as_str).map(str::to_owned), schools }
}

/// How a name sounds: its first and its last word, whatever their order.
pub(super) fn sound(name: &str) -> Option<String> {
    let metaphone = DoubleMetaphone::new(Some(SOUND_MAX));
    let words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    let ascii = |word: &str| word.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let (first, last) = (words.first()?, words.last()?);
    // A single name says too little to stand for somebody.
    if words.len() < 2 {
        return None;
    }
    let mut sounds = [first, last].map(|word| metaphone.double_metaphone(&ascii(word)).primary());
    sounds.sort();
    let joined = sounds.join("-");
    (joined.len() > 2).then_some(joined)
}

/// How alike two people are; `None` where a name alone would link them, or they differ too much.
#[must_use]
pub fn likeness(one: &PersonFacts, other: &PersonFacts) -> Option<Likeness> {
    let near = one.names.iter().any(|name| other.names.iter().any(|known| near(name, known)));
    if !near {
        return None;
    }
    match (&one.dob, &other.dob) {
        (Some(one), Some(other)) if one == other => Some(Likeness::Likely),
        (Some(one), Some(other)) => dob_near(one, other).then_some(Likeness::Possible),
        _ => one.schools.iter().any(|school| other.schools.contains(school)).then_some(Likeness::Possible),
    }
    .or_else(|| alias(one, other).then_some(Likeness::Possible))
}

/// Whether a whole name of one is word for word one of the other's, and neither has another birthday.
fn alias(one: &PersonFacts, other: &PersonFacts) -> bool {
    let same_name = one.names.iter().any(|name| name.contains(' ') && other.names.contains(name));
    let against = matches!((&one.dob, &other.dob), (Some(one), Some(other)) if one != other);
    same_name && !against && one.names.len() + other.names.len() > 2
}

/// Names that sound alike, or differ by a letter or two.
fn near(one: &str, other: &str) -> bool {
    let sounds = sound(one).is_some() && sound(one) == sound(other);
    sounds || strsim::jaro_winkler(one, other) > 0.92
}

/// Birthdays with day and month exchanged, or one digit another.
fn dob_near(one: &str, other: &str) -> bool {
    let parts = |text: &str| text.split('-').map(str::to_owned).collect::<Vec<_>>();
    let (first, second) = (parts(one), parts(other));
    let swapped = match (first.as_slice(), second.as_slice()) {
        ([y1, m1, d1], [y2, m2, d2]) => y1 == y2 && m1 == d2 && d1 == m2,
        _ => false,
    };
    swapped || (one.len() == other.len() && one.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count() == 1)
}
