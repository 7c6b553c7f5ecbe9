//! Words in the one form in which they are compared, and the small identifiers that are words.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// Bytes of one text that are looked at for identifiers; what lies beyond is counted as unread.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The beginning of a text that is looked at.
pub(super) fn head(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// One word in lower case without accents or marks nobody sees: `José` and `jose` are one.
pub(super) fn fold(word: &str) -> String {
    word.nfkd().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Words in lower case with single spaces between, without accents and marks.
#[must_use]
pub fn plain(text: &str) -> String {
    tokens(head(text)).into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// The words of a text, each folded, with the bytes where it stands.
pub(super) fn tokens(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut from = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (from, within(letter)) {
            (None, true) if letter.is_alphanumeric() => from = Some(at),
            (Some(begin), false) => {
                let range: Range<usize> = begin..at;
                let word = fold(text.get(range.clone()).unwrap_or_default());
                if !word.is_empty() {
                    found.push((range, word));
                }
                from = None;
            }
            _ => {}
        }
    }
    found
}

/// Letters, digits, accents that stand by themselves, and marks that nobody sees.
fn within(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// An email address, trimmed and in lower case.
#[must_use]
pub fn email(raw: &str) -> Option<String> {
    let raw = raw.trim().trim_matches(['<', '>']);
    let raw = raw.strip_prefix("mailto:").unwrap_or(raw);
    let (name, domain) = raw.rsplit_once('@')?;
    let of_name = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
    let of_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let fits = raw.len() <= 254 && !name.is_empty() && name.chars().all(of_name);
    let dotted = domain.split('.').count() >= 2 && domain.split('.').all(|part| !part.is_empty());
    (fits && dotted && domain.chars().all(of_domain)).then(|| raw.to_lowercase())
}

/// Email addresses within words, each with the bytes where it stands.
#[must_use]
pub fn emails_in(text: &str) -> Vec<(Range<usize>, String)> {
    let text = head(text);
    let mut found = Vec::new();
    let of = |c: char| c.is_alphanumeric() || "._%+-'@".contains(c);
    let mut from = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (from, of(letter)) {
            (None, true) => from = Some(at),
            (Some(begin), false) => {
                let word = text.get(begin..at).unwrap_or_default();
                let trimmed = word.trim_matches(['.', '\'', '-', '_']);
                if let Some(email) = email(trimmed) {
                    let start = begin + word.find(trimmed).unwrap_or(0);
                    found.push((start..start + trimmed.len(), email));
                }
                from = None;
            }
            _ => {}
        }
    }
    found
}

/// A user name, trimmed and in lower case, without a leading `@`.
#[must_use]
pub fn username(raw: &str) -> Option<String> {
    let name = raw.trim().trim_start_matches('@').to_lowercase();
    (name.chars().count() >= 3 && name.len() <= 254).then_some(name)
}

/// A registration plate: letters and digits, upper case, no spaces.
#[must_use]
pub fn vehicle(raw: &str) -> Option<String> {
    if raw.len() > 64 {
        return None;
    }
    let plate: String = raw.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let digit = plate.bytes().any(|byte| byte.is_ascii_digit());
    (digit && (3..=8).contains(&plate.len())).then_some(plate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_without_accents_case_and_unseen_marks() {
        assert_eq!(plain("  José  O’Brien-LEE "), "jose o brien lee");
        assert_eq!(plain("Jo\u{ad}se\u{301}"), "jose");
        assert_eq!(plain("Олена"), plain("олена"));
    }

    #[test]
    fn emails_user_names_and_plates_have_one_form() {
        assert_eq!(email(" Up@Loader.Example ").as_deref(), Some("up@loader.example"));
        assert_eq!(username(" @Kylie_X "), username("kylie_x"));
        assert_eq!(vehicle("ab12 cde").as_deref(), Some("AB12CDE"));
        for none in ["up", "up@", "@x.y", "a b@c.d", "up@loader", "up@.example"] {
            assert_eq!(email(none), None, "{none}");
        }
        assert_eq!((vehicle("hello"), username("x")), (None, None));
        let text = "write to Up@loader.example. or 'b@c.example'";
        let found: Vec<String> = emails_in(text).into_iter().map(|(_, email)| email).collect();
        assert_eq!(found, ["up@loader.example", "b@c.example"]);
    }
}
