//! Addresses and venues: postcode and house where there is a postcode, plain words where there is none.

use std::ops::Range;

use super::words::{head, plain, tokens};

/// The letters British postcodes begin with.
const AREAS: &str = " AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC \
    EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE \
    NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW \
    UB W WA WC WD WF WN WR WS WV YO ZE ";
/// Words before a number that is no house's.
const WITHIN_HOUSE: [&str; 7] = ["flat", "apartment", "apt", "unit", "room", "floor", "block"];
/// Words that tell a street, and how else they are written.
const STREETS: [(&str, &[&str]); 22] = [
    ("street", &["st", "str"]),
    ("road", &["rd"]),
    ("avenue", &["ave", "av"]),
    ("close", &["cl"]),
    ("lane", &["ln", "la"]),
    ("drive", &["dr"]),
    ("way", &[]),
    ("place", &["pl"]),
    ("court", &["ct", "crt"]),
    ("crescent", &["cres", "cresc"]),
    ("gardens", &["gdns", "gdn", "garden"]),
    ("grove", &["gr", "gro"]),
    ("terrace", &["terr", "ter"]),
    ("square", &["sq"]),
    ("parade", &["pde"]),
    ("row", &[]),
    ("walk", &[]),
    ("hill", &[]),
    ("mews", &[]),
    ("green", &["grn"]),
    ("rise", &[]),
    ("view", &[]),
];
/// Words that say too little to tell one place from another.
const COMMON: &str = " a an the at in on of to by near and her his my their our your this that some home house place \
    school park shop shops street road lane town city centre bus stop station car flat bedroom room toilet toilets \
    caravan hotel motel inn pub club cafe field woods wood beach church hospital college friend friends mum mums dad dads \
    nan nans aunt aunts uncle uncles sister sisters brother brothers boyfriend boyfriends girlfriend s unknown none not \
    known same there old new his her outside inside behind back front online ";
/// Words between a house number and its postcode, at most.
const WORDS_BETWEEN_MAX: usize = 8;

/// An address in its main form: `LS14AB/12` (postcode, house number or else house name) where there is a postcode,
/// else the whole in plain words (`12 mill lane leeds`). A flat's number is no part of it. `None` for a postcode
/// alone and for what has neither postcode nor number.
#[must_use]
pub fn address(raw: &str) -> Option<String> {
    addresses(raw).into_iter().next()
}

/// Every form of an address: with its number, and with the name of the house where it has both.
#[must_use]
pub fn addresses(raw: &str) -> Vec<String> {
    let raw = head(raw);
    let Some((range, code)) = postcodes(raw, false).into_iter().next() else {
        return without_postcode(raw).into_iter().collect();
    };
    let before = raw.get(..range.start).unwrap_or_default();
    let after = raw.get(range.end..).unwrap_or_default();
    let number = number(before).or_else(|| number(after));
    let name = named(before).filter(|name| !name.starts_with("c o ") && !name.starts_with("care of "));
    number.into_iter().chain(name).map(|house| format!("{code}/{house}")).collect()
}

/// A house's number among words: the first that belongs to no flat.
fn number(text: &str) -> Option<String> {
    let words = tokens(text);
    let mut before = "";
    for (_, word) in &words {
        if house_number(word) && !WITHIN_HOUSE.contains(&before) {
            return Some(word.clone());
        }
        before = word;
    }
    None
}

/// One to four digits, and a letter perhaps.
pub(super) fn house_number(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    word.len() - digits.len() <= 1
        && (1..=4).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of a house: the first part between commas that has no number and is no flat.
fn named(text: &str) -> Option<String> {
    let mut parts = text.split([',', '\n']).map(plain).filter(|part| !part.is_empty());
    let part = parts.find(|part| {
        let inside = part.split(' ').next().is_some_and(|word| WITHIN_HOUSE.contains(&word));
        !(inside && part.split(' ').count() <= 2)
    })?;
    let name = part.strip_prefix("the ").unwrap_or(&part);
    let digits = name.contains(|c: char| c.is_ascii_digit());
    // A street's name without a number is no house.
    let street = name.split(' ').next_back().is_some_and(|last| street(last).is_some());
    (!digits && !street && !common(name)).then(|| name.to_owned())
}

fn without_postcode(raw: &str) -> Option<String> {
    let plain = plain(raw);
    let mut words: Vec<&str> = plain.split(' ').collect();
    let numbered = words.iter().any(|word| house_number(word));
    for (at, word) in words.iter_mut().enumerate() {
        // `St Mary's` begins with a saint.
        if at > 1
            && let Some(full) = street(word)
        {
            *word = full;
        }
    }
    let told = words.iter().filter(|word| word.len() >= 3 && word.chars().all(char::is_alphabetic)).count();
    (numbered && told >= 2).then(|| words.join(" "))
}

fn street(word: &str) -> Option<&'static str> {
    STREETS.iter().find(|(full, short)| *full == word || short.contains(&word)).map(|(full, _)| *full)
}

fn common(name: &str) -> bool {
    !name.split(' ').any(|word| word.chars().count() >= 3 && !COMMON.contains(&format!(" {word} ")))
}

/// A venue: its name and locality in plain words, without articles. `None` for what could be anywhere: "her house",
/// "the park".
#[must_use]
pub fn venue(raw: &str) -> Option<String> {
    let plain = plain(raw);
    let words = plain.split(' ').filter(|word| !matches!(*word, "the" | "a" | "an" | "at" | "in" | "of" | "and"));
    let name = words.collect::<Vec<_>>().join(" ");
    (name.chars().count() >= 4 && !common(&name)).then_some(name)
}

/// The first British postcode of a text, in upper case without its space.
#[must_use]
pub fn postcode(text: &str) -> Option<String> {
    postcodes(head(text), false).into_iter().next().map(|(_, code)| code)
}

/// Postcodes within words, each with the bytes where it stands: only such as begin like a British one.
#[must_use]
pub fn postcodes_in(text: &str) -> Vec<(Range<usize>, String)> {
    postcodes(head(text), true)
}

/// Addresses within words: a house number, a street and a postcode that follow each other.
#[must_use]
pub fn addresses_in(text: &str) -> Vec<(Range<usize>, String)> {
    let text = head(text);
    let words = tokens(text);
    let mut found = Vec::new();
    for (range, code) in postcodes(text, true) {
        let before = words.iter().take_while(|(word, _)| word.end <= range.start).collect::<Vec<_>>();
        let mut street_told = false;
        for (place, word) in before.iter().rev().take(WORDS_BETWEEN_MAX) {
            street_told |= street(word).is_some();
            if house_number(word) {
                if street_told {
                    found.push((place.start..range.end, format!("{code}/{word}")));
                }
                break;
            }
        }
    }
    found
}

fn postcodes(text: &str, known_area: bool) -> Vec<(Range<usize>, String)> {
    let words = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((range, word)) = words.get(at) {
        let word = word.to_ascii_uppercase();
        if let Some((next, inner)) = words.get(at + 1)
            && outward(&word, known_area)
            && inward(&inner.to_ascii_uppercase())
            && text.get(range.end..next.start).is_some_and(|gap| gap.len() <= 3 && gap.trim().is_empty())
        {
            found.push((range.start..next.end, format!("{word}{}", inner.to_ascii_uppercase())));
            at += 2;
            continue;
        }
        if let Some((first, second)) = word.len().checked_sub(3).and_then(|split| word.split_at_checked(split))
            && outward(first, known_area)
            && inward(second)
        {
            found.push((range.clone(), word));
        }
        at += 1;
    }
    found
}

/// `A9`, `A99`, `A9A`, `AA9`, `AA99`, `AA9A`.
fn outward(word: &str, known_area: bool) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let Some((area, district)) = word.split_at_checked(letters) else { return false };
    let mut rest = district.bytes();
    let first = rest.next().is_some_and(|byte| byte.is_ascii_digit());
    let second = rest.next().is_none_or(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let area = (1..=2).contains(&letters) && (!known_area || AREAS.contains(&format!(" {area} ")));
    area && first && second && rest.next().is_none()
}

/// `9AA`, without the letters that are never used there.
fn inward(word: &str) -> bool {
    let mut letters = word.bytes();
    let digit = letters.next().is_some_and(|byte| byte.is_ascii_digit());
    word.len() == 3 && digit && letters.all(|byte| byte.is_ascii_uppercase() && !b"CIKMOV".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_meet_in_postcode_and_house() {
        let one = address("12 Mill Lane, Leeds LS1 4AB");
        assert_eq!(one.as_deref(), Some("LS14AB/12"));
        for other in ["12, mill ln LS14AB", "Flat 3, 12 Mill Lane, ls1  4ab", "LS1 4AB, 12 Mill Lane"] {
            assert_eq!(address(other), one, "{other}");
        }
        assert_ne!(address("14 Mill Lane, LS1 4AB"), one);
        assert_eq!(address("The Rose Cottage, Mill Lane, LS1 4AB").as_deref(), Some("LS14AB/rose cottage"));
        assert_eq!(addresses("Seaview Hotel, 2 Marine Parade, BN1 2AB"), ["BN12AB/2", "BN12AB/seaview hotel"]);
        assert_eq!(address("12 Mill Ln Leeds"), address("12, mill lane, Leeds"));
        for none in ["the caravan", "LS1 4AB", "", "Mill Lane, LS1 4AB", "12"] {
            assert_eq!(address(none), None, "{none}");
        }
    }

    #[test]
    fn a_venue_that_could_be_anywhere_is_none() {
        assert_eq!(venue("The Grand Hotel"), venue("grand  hotel"));
        assert_eq!(venue("Seaview Hotel, Brighton").as_deref(), Some("seaview hotel brighton"));
        for none in ["her house", "the park", "at school", "Hotel", "his mum's", ""] {
            assert_eq!(venue(none), None, "{none}");
        }
    }

    #[test]
    fn addresses_are_found_within_words_only_where_they_are_whole() {
        let text = "She lives at 12 Mill Lane, Leeds LS1 4AB with her nan";
        let (range, value) = addresses_in(text).remove(0);
        assert_eq!((&text[range], value.as_str()), ("12 Mill Lane, Leeds LS1 4AB", "LS14AB/12"));
        for none in ["aged 12 living at LS1 4AB", "at 4 pm on the M25 3 of them", "room 12, zz1 4ab lane"] {
            assert!(addresses_in(none).is_empty(), "{none}");
        }
        assert_eq!(postcodes_in("near ls14ab or SW1A 2AA, not ZZ9 9ZZ or E2 3pm").len(), 2);
    }
}
