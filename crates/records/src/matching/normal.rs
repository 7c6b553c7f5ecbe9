//! Identifiers in their one normal form.

use phonenumber::{Mode, country};

/// Characters of a text that are looked at.
const TEXT_MAX: usize = 64 * 1024;

/// A telephone number as E.164; without a country it is a British one. `None` for what is none.
#[must_use]
pub fn phone(raw: &str) -> Option<String> {
    // "(0)" stands in for the trunk digit where a country code is given.
    let cleaned = raw.trim().replace("(0)", "");
    let digits = cleaned.chars().filter(char::is_ascii_digit).count();
    if !(9..=15).contains(&digits) || cleaned.len() > 40 {
        return None;
    }
    let international = match cleaned.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => cleaned,
    };
    let number = phonenumber::parse(Some(country::GB), &international).ok()?;
    let national = number.national().value();
    // What is too short to be anybody's own number is none.
    (national >= 1_000_000).then(|| number.format().mode(Mode::E164).to_string())
}

/// An email address or a user name.
#[must_use]
pub fn handle(raw: &str) -> Option<String> {
    let cleaned = raw.trim().trim_start_matches('@').to_lowercase();
    (cleaned.len() >= 3 && cleaned.len() <= 254).then_some(cleaned)
}

/// A registration plate.
#[must_use]
pub fn vehicle(raw: &str) -> Option<String> {
    let plate: String = raw.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    (4..=8).contains(&plate.len()).then_some(plate)
}

/// An address: postcode and house where there is a postcode, else the whole in plain letters.
#[must_use]
pub fn address(raw: &str) -> Option<String> {
    let plain = plain(raw);
    if let Some(code) = postcode(raw) {
        let house = plain.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 5);
        let first = plain.split(' ').next().unwrap_or_default();
        return Some(format!("{code}/{}", house.unwrap_or(first)));
    }
    let house = plain.split(' ').any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    (house && plain.len() >= 8).then_some(plain)
}

/// A venue: its name in plain letters.
#[must_use]
pub fn venue(raw: &str) -> Option<String> {
    let plain = plain(raw);
    let name = plain.strip_prefix("the ").unwrap_or(&plain).to_owned();
    (name.len() >= 4).then_some(name)
}

/// A British postcode within a text, without its space.
#[must_use]
pub fn postcode(text: &str) -> Option<String> {
    let upper: String = text.chars().take(TEXT_MAX).collect::<String>().to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let inward = |word: &str| {
        let mut letters = word.chars();
        word.len() == 3
            && letters.next().is_some_and(|c| c.is_ascii_digit())
            && letters.all(|c| c.is_ascii_alphabetic())
    };
    let outward = |word: &str| {
        (2..=4).contains(&word.len())
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.contains(|c: char| c.is_ascii_digit())
    };
    let two = words.windows(2).find_map(|pair| match pair {
        [first, second] if outward(first) && inward(second) => Some(format!("{first}{second}")),
        _ => None,
    });
    two.or_else(|| {
        words.iter().find_map(|word| {
            let (first, second) = word.split_at_checked(word.len().checked_sub(3)?)?;
            (outward(first) && inward(second)).then(|| (*word).to_owned())
        })
    })
}

/// Telephone numbers within a text, each with the place where it stands, in bytes.
#[must_use]
pub fn phones_in(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut found = Vec::new();
    let of_number = |c: char| c.is_ascii_digit() || " +-.()".contains(c);
    let mut from: Option<usize> = None;
    let end = text.len().min(TEXT_MAX);
    let ends = text.char_indices().map(|(at, c)| (at, Some(c))).chain([(text.len(), None)]);
    for (at, letter) in ends.take_while(|(at, _)| *at <= end) {
        let inside = letter.is_some_and(of_number);
        match from {
            None if inside => from = Some(at),
            Some(begin) if !inside => {
                let run = text.get(begin..at).unwrap_or_default();
                let start = begin + (run.len() - run.trim_start().len());
                let stop = at - (run.len() - run.trim_end().len());
                if let Some(number) = phone(run) {
                    found.push((start..stop, number));
                }
                from = None;
            }
            _ => {}
        }
    }
    found
}

/// Words in lower case with single spaces between, without marks.
#[must_use]
pub fn plain(text: &str) -> String {
    let lower: String = text.chars().take(TEXT_MAX).flat_map(char::to_lowercase).collect();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_in_every_way_it_is_written() {
        let one = phone("07700 900123");
        assert_eq!(one.as_deref(), Some("+447700900123"));
        for other in ["0044 7700-900123", "+447700900123", "+44 (0)7700 900 123", "07700.900.123"] {
            assert_eq!(phone(other), one, "{other}");
        }
        assert_eq!(phone("020 7946 0958").as_deref(), Some("+442079460958"));
        for none in ["999", "101", "12", "hello", "", "000000000"] {
            assert_eq!(phone(none), None, "{none}");
        }
    }

    #[test]
    fn addresses_meet_in_postcode_and_house() {
        assert_eq!(address("12 Mill Lane, Leeds LS1 4AB"), address("12, mill ln LS14AB"));
        assert_ne!(address("12 Mill Lane, LS1 4AB"), address("14 Mill Lane, LS1 4AB"));
        assert_eq!(address("the caravan"), None);
        assert_eq!(venue("The Grand Hotel"), venue("grand  hotel"));
        assert_eq!(vehicle("ab12 cde"), vehicle("AB12CDE"));
    }

    #[test]
    fn numbers_are_found_within_words_with_their_place() {
        let text = "ring her on 07700 900123, or never";
        let found = phones_in(text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].0.clone()], "07700 900123");
    }
}
