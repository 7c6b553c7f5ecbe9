//! Telephone numbers as E.164, and where they stand in words.
//!
//! Written here and not taken from a library of numbering plans (ADR 0004): what is compared only has to come
//! out the same however it was written down.

use std::ops::Range;

use super::words::TEXT_BYTES_MAX;

/// Bytes of a value that is to be a number as a whole.
const RAW_BYTES_MAX: usize = 64;
/// Digits of an E.164 number, and how few make one that is somebody's own.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// Groups of digits one number is written in, at most.
const GROUPS_MAX: usize = 8;
/// Countries that keep the leading zero behind their code: Italy, San Marino, the Vatican, and three in Africa.
const KEEPS_ZERO: [&str; 6] = ["39", "378", "379", "225", "241", "242"];

/// A telephone number as E.164; without a country code it is a British one. Spaces, points, dashes, slashes,
/// `(0)`, `tel:` and an extension make no difference (the extension is left out). `None` for short codes
/// (999, 101) and for what is no number; the numbers kept for drama are numbers.
#[must_use]
pub fn phone(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if raw.len() > RAW_BYTES_MAX {
        return None;
    }
    let raw = raw.strip_prefix("tel:").unwrap_or(raw);
    let (mut digits, mut plus) = (String::new(), false);
    let mut rest = raw.chars();
    while let Some(letter) = rest.next() {
        match digit(letter) {
            Some(digit) => digits.push(digit),
            // `(0)` behind a country's code stands for the digit dialled at home.
            None if letter == '(' && (plus || digits.starts_with("00")) && rest.as_str().starts_with("0)") => {
                let keeps = digits.strip_prefix("00").unwrap_or(&digits);
                if !KEEPS_ZERO.contains(&keeps) {
                    rest.next();
                }
            }
            None if letter == '+' && digits.is_empty() && !plus => plus = true,
            None if separates(letter) || letter == '/' => {}
            None if extension(letter, rest.as_str()) => break,
            None => return None,
        }
    }
    e164(&digits, plus)
}

/// Numbers written within words, each with the bytes where it stands, by place and apart. Careful: it begins with
/// `+` or `0` and stands alone, so that dates, crime numbers and amounts are none. Words beyond
/// [`TEXT_BYTES_MAX`] are not looked at.
#[must_use]
pub fn phones_in(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for run in runs(text) {
        let mut at = 0;
        while let Some(first) = run.get(at) {
            let ends = (at..run.len().min(at + GROUPS_MAX)).rev().filter(|_| first.begins());
            let whole = ends.filter_map(|last| {
                let range = first.from..run.get(last)?.digits.end;
                Some((last, phone(text.get(range.clone())?)?, range))
            });
            match { whole }.next() {
                Some((last, number, range)) => {
                    found.push((range, number));
                    at = last + 1;
                }
                None => at += 1,
            }
        }
    }
    found
}

/// The digits of a text that could belong to one number, for whoever looks for a known one in whatever form: per
/// run its digits, each with the bytes where it stands.
pub(super) fn digit_runs(text: &str) -> Vec<Vec<(char, Range<usize>)>> {
    let mut all: Vec<Vec<(char, Range<usize>)>> = Vec::new();
    let mut gap = usize::MAX;
    for (at, letter) in text.char_indices() {
        match digit(letter) {
            Some(digit) => {
                if gap > GAP_MAX {
                    all.push(Vec::new());
                }
                if let Some(run) = all.last_mut() {
                    run.push((digit, at..at + letter.len_utf8()));
                }
                gap = 0;
            }
            None if separates(letter) || letter == '/' || letter == '+' => gap = gap.saturating_add(1),
            None => gap = usize::MAX,
        }
    }
    all
}

/// Separators that may stand between two groups of one number.
const GAP_MAX: usize = 3;

/// One group of digits.
struct Group {
    /// Where it begins, with a `+` or `(` before it.
    from: usize,
    /// Its digits.
    digits: Range<usize>,
    /// How they begin.
    plus: bool,
    bracket: bool,
    text: String,
}

impl Group {
    /// Whether a number may begin here. A number at home begins with an area code, which has three digits or more:
    /// `03-04-2012` does not.
    fn begins(&self) -> bool {
        let home = self.text.starts_with('0') && (self.text.len() >= 3 || self.text == "00");
        self.plus || home || (self.bracket && self.text == "0")
    }
}

/// Groups of digits with nothing but separators between them, in words that may be read.
fn runs(text: &str) -> Vec<Vec<Group>> {
    let mut all: Vec<Vec<Group>> = Vec::new();
    // What stands between the last group and here; `None` where a number could not go on.
    let mut between: Option<String> = None;
    let mut before = None;
    for (at, letter) in text.char_indices().take_while(|(at, _)| *at < TEXT_BYTES_MAX) {
        let end = at + letter.len_utf8();
        let Some(digit) = digit(letter) else {
            if letter.is_alphanumeric() {
                // Letters that touch the digits: a plate, a reference, no number.
                if between.as_deref() == Some("")
                    && let Some(run) = all.last_mut()
                {
                    run.pop();
                }
                between = None;
            } else if separates(letter) {
                between = between.map(|gap| gap + letter.encode_utf8(&mut [0; 4])).filter(|gap| gap.len() <= 8);
            } else {
                between = None;
            }
            before = Some(letter);
            continue;
        };
        let fits = between.as_ref().is_some_and(|gap| gap.chars().count() <= GAP_MAX);
        match all.last_mut().filter(|_| fits).and_then(|run| run.last_mut()) {
            Some(group) if between.as_deref() == Some("") => {
                group.digits.end = end;
                group.text.push(digit);
            }
            _ => {
                let (plus, bracket) = (before == Some('+'), before == Some('('));
                let from = if plus || bracket { at.saturating_sub(1) } else { at };
                let group = Group { from, digits: at..end, plus, bracket, text: String::from(digit) };
                let touches = before.is_some_and(char::is_alphanumeric) && digit_of_word(before);
                match all.last_mut().filter(|_| fits) {
                    Some(run) => run.push(group),
                    None if touches => all.push(Vec::new()),
                    None => all.push(vec![group]),
                }
            }
        }
        between = Some(String::new());
        before = Some(letter);
    }
    all
}

fn digit_of_word(before: Option<char>) -> bool {
    before.is_some_and(|letter| digit(letter).is_none())
}

/// What may stand between the digits of a number.
fn separates(letter: char) -> bool {
    (letter.is_whitespace() && letter != '\n')
        || matches!(letter, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

fn extension(letter: char, rest: &str) -> bool {
    let name = matches!(letter, 'x' | 'X' | 'e' | 'E' | '#');
    let word = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '.' || c == ' ');
    name && (1..=6).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal digit, also one written wide or in Arabic.
fn digit(letter: char) -> Option<char> {
    let value = match letter {
        '0'..='9' => return Some(letter),
        '\u{ff10}'..='\u{ff19}' => u32::from(letter) - 0xff10,
        '\u{0660}'..='\u{0669}' => u32::from(letter) - 0x0660,
        '\u{06f0}'..='\u{06f9}' => u32::from(letter) - 0x06f0,
        _ => return None,
    };
    char::from_digit(value, 10)
}

fn e164(digits: &str, plus: bool) -> Option<String> {
    let abroad = if plus { Some(digits) } else { digits.strip_prefix("00") };
    if let Some(digits) = abroad {
        let (code, rest) = digits.split_at_checked(code_len(digits)?)?;
        let rest = if KEEPS_ZERO.contains(&code) { rest } else { rest.strip_prefix('0').unwrap_or(rest) };
        let all = format!("{code}{rest}");
        let fits = if code == "44" { british(rest) } else { DIGITS.contains(&all.len()) && rest.len() >= 5 };
        return fits.then(|| format!("+{all}"));
    }
    let national = match digits.strip_prefix('0') {
        Some(national) => national,
        None if digits.len() == 12 => digits.strip_prefix("44")?,
        // Whole numbers without their zero, as a spreadsheet leaves them.
        None if digits.len() == 10 => digits,
        None => return None,
    };
    british(national).then(|| format!("+44{national}"))
}

/// How many digits a country's code has (ITU-T E.164, annex D).
fn code_len(digits: &str) -> Option<usize> {
    let mut heads = digits.bytes();
    let (first, second) = (heads.next()?, heads.next()?);
    match (first, second) {
        (b'0', _) => None,
        (b'1' | b'7', _) => Some(1),
        (b'2', b'0' | b'7')
        | (b'3', b'0'..=b'4' | b'6' | b'9')
        | (b'4', b'0' | b'1' | b'3'..=b'9')
        | (b'5', b'1'..=b'8')
        | (b'6', b'0'..=b'6')
        | (b'8', b'1' | b'2' | b'4' | b'6')
        | (b'9', b'0'..=b'5' | b'8') => Some(2),
        _ => Some(3),
    }
}

/// Whether these are the digits of a British number behind the zero: by length and range, so that the numbers
/// Ofcom keeps for drama are some.
fn british(national: &str) -> bool {
    let mut heads = national.bytes();
    let (Some(first), Some(second)) = (heads.next(), heads.next()) else { return false };
    let range = match first {
        b'1' => second != b'0',
        b'2' => matches!(second, b'0' | b'3' | b'4' | b'8' | b'9'),
        b'3' => matches!(second, b'0' | b'3' | b'4' | b'7'),
        b'5' => matches!(second, b'5' | b'6'),
        b'7' => true,
        b'8' => matches!(second, b'0' | b'4' | b'7'),
        b'9' => matches!(second, b'0' | b'1' | b'8'),
        _ => false,
    };
    range
        && match national.len() {
            10 => true,
            9 => first == b'1' || national.starts_with("800"),
            // Two helplines that are shorter than any other number: 0800 1111 and 0845 46 4x.
            7 => national == "8001111" || national.starts_with("845464"),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_in_every_way_it_is_written() {
        let one = phone("07700 900123");
        assert_eq!(one.as_deref(), Some("+447700900123"));
        for other in [
            "0044 7700-900123",
            "+447700900123",
            "+44 (0)7700 900 123",
            "0044 (0) 7700 900123",
            "+44 07700 900123",
            "07700.900.123",
            "(07700) 900123",
            "tel:07700900123",
            "07700 900123 ext. 12",
            "447700900123",
            "7700900123",
            "\u{ff10}7700 900123",
            " 07700\u{a0}900\u{2013}123 ",
        ] {
            assert_eq!(phone(other), one, "{other}");
        }
        for (raw, number) in [
            ("020 7946 0958", "+442079460958"),
            ("01632 960123", "+441632960123"),
            ("(0113) 496 0123", "+441134960123"),
            ("03069 990123", "+443069990123"),
            ("0808 157 0123", "+448081570123"),
            ("016977 1234", "+44169771234"),
            ("0800 1111", "+448001111"),
            ("+353 (0)87 123 4567", "+353871234567"),
            ("+353 87 1234567", "+353871234567"),
            ("+39 (0)6 1234 5678", "+390612345678"),
            ("001 202 555 0123", "+12025550123"),
        ] {
            assert_eq!(phone(raw).as_deref(), Some(number), "{raw}");
        }
        let long = "0".repeat(500);
        for none in
            ["999", "101", "116 123", "12", "hello", "", "000000000", "12345678901", "07700", "+44 7700", "+0123456789"]
        {
            assert_eq!(phone(none), None, "{none}");
        }
        assert_eq!(phone(&long), None);
        assert_eq!(phone("07700 900123 / 07700 900456"), None, "two numbers are not one");
    }

    #[test]
    fn numbers_are_found_within_words_with_their_place() {
        let text = "ring 07700 900123, or +44 (0)20 7946 0958. Or (01632) 960 123 / 07700900456";
        let found: Vec<&str> = phones_in(text).into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(found, ["07700 900123", "+44 (0)20 7946 0958", "(01632) 960 123", "07700900456"]);
        assert_eq!(phones_in("07700 900123 07700 900456").len(), 2, "one after the other");
        assert_eq!(phones_in("07700 900123 12 times")[0].1, "+447700900123");
        for none in [
            "on 03-04-2012 113 people",
            "on 01/02/2013 at 10.30",
            "2026-11-23 09:00",
            "crime 42/123456/26",
            "he is 15, she is 12, they were 4",
            "REF07700900123",
            "07700900123X",
            "call 999 or 101",
            "NHS 943 476 5919",
        ] {
            assert!(phones_in(none).is_empty(), "{none}");
        }
    }
}
