//! A line taken apart into words, as a shell does it.

/// The words of a line: separated by blanks, kept together by `'..'`, `".."` or a backslash.
/// `None` when a quote is left open.
pub(crate) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '\'' => break,
                        letter => word.push(letter),
                    }
                }
            }
            '"' => double_quoted(&mut letters, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(letters.next()?),
            blank if blank.is_whitespace() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Some(words)
}

fn double_quoted(letters: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match letters.next()? {
            '"' => return Some(()),
            '\\' => {
                let next = letters.next()?;
                // Only what would end the quote needs the backslash; elsewhere it stands for itself.
                if !matches!(next, '"' | '\\') {
                    word.push('\\');
                }
                word.push(next);
            }
            letter => word.push(letter),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn blanks_separate_and_quotes_keep_together() {
        let words = split(r#"new concern  --set 'exact_words=He said "no"' --set "a=b c" d\ e ''"#).unwrap();
        assert_eq!(words, ["new", "concern", "--set", r#"exact_words=He said "no""#, "--set", "a=b c", "d e", ""]);
        assert_eq!(
            split(r#"--set "x={\"unknown\":\"asleep\"}" "a\b""#).unwrap(),
            ["--set", r#"x={"unknown":"asleep"}"#, r"a\b"]
        );
        assert_eq!(split("   ").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_open_quote_is_no_line() {
        for open in ["'a", "\"a", "a\\", "\"a\\"] {
            assert_eq!(split(open), None, "{open}");
        }
    }
}
