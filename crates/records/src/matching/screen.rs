//! R47: what would tell who a reporter is, found in words before they leave, and masked in extracts. The
//! words themselves are never changed.

use std::ops::Range;

use serde_json::Value as Json;

use super::normal;

/// What stands where a reporter was.
pub(super) const MASK: &str = "[not named]";

/// What would tell who somebody is.
#[derive(Clone, Default)]
pub struct Screen {
    names: Vec<String>,
    phones: Vec<String>,
    plain: Vec<String>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Screen")
    }
}

impl Screen {
    /// Built of the people a vault holds.
    #[must_use]
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Json>) -> Self {
        let mut screen = Self::default();
        for body in people {
            let texts = |field: &str| {
                let lines = body.get(field).and_then(Json::as_array).into_iter().flatten();
                lines.filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>()
            };
            for name in texts("names").iter().chain(&texts("aliases")) {
                let plain = normal::plain(name);
                // A whole name, and each longer word of it.
                screen.names.extend(plain.split(' ').filter(|word| word.chars().count() > 2).map(str::to_owned));
                screen.names.push(plain);
            }
            screen.phones.extend(texts("phones").iter().filter_map(|raw| normal::phone(raw)));
            for field in ["addresses", "emails", "usernames"] {
                screen.plain.extend(texts(field).iter().map(|text| normal::plain(text)).filter(|text| text.len() > 3));
            }
        }
        screen
    }

    /// Whether it looks for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.phones.is_empty() && self.plain.is_empty()
    }

    /// Where in a text somebody could be known by, in bytes, by place and apart.
    #[must_use]
    pub fn finds(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (range, number) in normal::phones_in(text) {
            if self.phones.contains(&number) {
                found.push(range);
            }
        }
        let words = words(text);
        for wanted in self.names.iter().chain(&self.plain) {
            let parts: Vec<&str> = wanted.split(' ').collect();
            for window in words.windows(parts.len()) {
                let same = window.iter().zip(&parts).all(|((_, word), part)| word == part);
                if let (true, Some(first), Some(last)) = (same, window.first(), window.last()) {
                    found.push(first.0.start..last.0.end);
                }
            }
        }
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

    /// The text with everything that is found masked: for an extract, never for the record.
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

/// The words of a text in lower case, each with its place.
fn words(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    let mut open = false;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        if !letter.is_alphanumeric() {
            open = false;
            continue;
        }
        match found.last_mut().filter(|_| open) {
            Some((range, word)) => {
                range.end = end;
                word.extend(letter.to_lowercase());
            }
            None => found.push((at..end, letter.to_lowercase().collect())),
        }
        open = true;
    }
    found
}
