//! The 18+1 codes by which a person describes their own ethnicity. What somebody looks like to an
//! officer is an IC code, another thing: it never stands in this field.

/// The version of the list (2011 census 18+1).
pub const VERSION: u64 = 1;

/// The code of a person who would not say: it stands with its reason, never alone.
pub const NOT_STATED: &str = "NS";

/// Code and label.
pub const CODES: [(&str, &str); 19] = [
    ("W1", "White British"),
    ("W2", "White Irish"),
    ("W3", "Gypsy or Irish Traveller"),
    ("W9", "any other White background"),
    ("M1", "White and Black Caribbean"),
    ("M2", "White and Black African"),
    ("M3", "White and Asian"),
    ("M9", "any other mixed background"),
    ("A1", "Indian"),
    ("A2", "Pakistani"),
    ("A3", "Bangladeshi"),
    ("A4", "Chinese"),
    ("A9", "any other Asian background"),
    ("B1", "Black Caribbean"),
    ("B2", "Black African"),
    ("B9", "any other Black background"),
    ("O2", "Arab"),
    ("O9", "any other ethnic background"),
    (NOT_STATED, "not stated"),
];

/// The code of this list for a code of this one or of the older 16+1 list.
#[must_use]
pub fn code(text: &str) -> Option<&'static str> {
    let wanted = match text.trim().to_ascii_uppercase().as_str() {
        "O1" => String::from("A4"),
        other => other.to_owned(),
    };
    CODES.iter().map(|(code, _)| *code).find(|code| *code == wanted)
}

/// Whether a text is a code of appearance (`IC1` to `IC9`).
#[must_use]
pub fn appearance(text: &str) -> bool {
    let text = text.trim().to_ascii_uppercase();
    let rest = text.strip_prefix("IC").map(str::trim);
    rest.is_some_and(|rest| rest.len() == 1 && rest.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_code_for_chinese_reads_as_the_newer_and_appearance_is_known_as_such() {
        assert_eq!((code("o1"), code("W1"), code("IC1")), (Some("A4"), Some("W1"), None));
        assert!(appearance("ic 3") && appearance("IC1") && !appearance("W1") && !appearance("ICE"));
    }
}
