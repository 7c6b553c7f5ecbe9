//! R26, the raise: a child under 13 and any sexual indicator, direct, second-hand or rumour, make
//! a record immediate. It only raises; nothing here lowers.

use serde_json::Value as Json;

use crate::body::Body;
use crate::kind::Kind;
use crate::policy::Policy;
use crate::seal::lines;

/// The urgency the rules ask for, if they ask for one. `ages` are those known of the persons the
/// subjects name; an age said in the words (`aged 12`, `12-year-old`) counts as well.
#[must_use]
pub fn urgency_raise(kind: &Kind, body: &Body, ages: &[i64], policy: &Policy) -> Option<&'static str> {
    let young = |age: &i64| *age < policy.sexual_indicator_age_below;
    let young_child = ages.iter().any(young) || ages_said(body).iter().any(young);
    (young_child && sexual_indicator(kind, body)).then_some("immediate")
}

/// Requirements 2: a sexual rumour; blackmail or contact online of a sexual kind; a hotel or
/// private room together with an older person; any sexual words or touching in a disclosure.
#[must_use]
pub fn sexual_indicator(kind: &Kind, body: &Body) -> bool {
    let indicators = lines(body, "indicators");
    let has = |word: &str| indicators.iter().any(|known| known == word);
    let words = || texts(body).iter().any(|text| sexual_words(text));
    match kind.name {
        "concern" => {
            has("sexual_rumour")
                || (has("hotel_or_private_room") && has("older_person"))
                || ((has("blackmail") || has("online_contact")) && words())
        }
        "disclosure" => words(),
        _ => false,
    }
}

/// Whole words, and beginnings of words ending in `*`. A short list on purpose: it only ever
/// raises, and a person reads the record next.
const SEXUAL_WORDS: [&str; 29] = [
    "sex*",
    "rape*",
    "touched",
    "touching",
    "touches",
    "naked",
    "nude*",
    "undress*",
    "penis",
    "vagina*",
    "willy",
    "bum",
    "breast*",
    "boob*",
    "groin",
    "genital*",
    "porn*",
    "masturbat*",
    "kiss*",
    "grope*",
    "fondl*",
    "molest*",
    "underwear",
    "knickers",
    "crotch",
    "horny",
    "orgasm*",
    "nipple*",
    "privates",
];

fn sexual_words(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let is = |word: &str| {
        SEXUAL_WORDS.iter().any(|known| match known.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == *known,
        })
    };
    words.any(is) || lower.contains("private part") || lower.contains("slept with")
}

/// Whether words speak of anything sexual.
#[must_use]
pub fn sexual_said(text: &str) -> bool {
    sexual_words(text)
}

fn texts(body: &Body) -> Vec<&str> {
    let lists = ["words_verbatim", "concern_items"].into_iter().flat_map(|name| lines(body, name));
    let in_lists = lists.filter_map(|line| line.get("text").and_then(Json::as_str));
    body.text("exact_words").into_iter().chain(in_lists).collect()
}

fn ages_said(body: &Body) -> Vec<i64> {
    let said = |value: &Json| value.get("as_said").and_then(Json::as_str).map(str::to_owned);
    let subjects = lines(body, "subjects").iter().chain(body.0.get("speaker")).filter_map(said);
    let about = lines(body, "concern_items").iter().filter_map(|item| item.get("about_person")).filter_map(said);
    subjects.chain(about).chain(texts(body).into_iter().map(str::to_owned)).flat_map(|text| ages_in(&text)).collect()
}

/// Ages in words: `aged 12`, `age 12`, `12-year-old`, `12 years old`, `(12)`.
#[must_use]
pub fn ages_in(text: &str) -> Vec<i64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let age = |word: &str| word.parse::<i64>().ok().filter(|age| (0..=17).contains(age));
    let mut ages = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
        let after = words.get(at + 1).copied().unwrap_or_default();
        let then = words.get(at + 2).copied().unwrap_or_default();
        let counted =
            ["aged", "age"].contains(&before) || (["year", "years", "yr", "yo"].contains(&after) && then != "ago");
        let bracketed = lower.contains(&format!("({word})"));
        if let Some(age) = age(word).filter(|_| counted || bracketed) {
            ages.push(age);
        }
    }
    ages
}
