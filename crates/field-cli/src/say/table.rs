//! A table for a terminal.

/// Columns as wide as they need, the last one free. Empty when there is no row.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|word| word.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let heads = head.iter().map(|word| (*word).to_owned()).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let missing = width.saturating_sub(cell.chars().count());
            line.push_str(&" ".repeat(missing + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The beginning of a text, on one line.
pub(crate) fn short(text: &str, chars_max: usize) -> String {
    // Control characters of somebody else's text must not reach a terminal.
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= chars_max {
        return clean;
    }
    clean.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let rows = [vec!["concern".into(), "x".into()], vec!["é".into(), "y".into()]];
        assert_eq!(table(&["KIND", "ID"], &rows), "KIND     ID\nconcern  x\né        y\n");
    }

    #[test]
    fn a_long_text_is_cut_and_no_control_character_is_left() {
        assert_eq!(short("a\x1b[2Jb\nc", 20), "a [2Jb c");
        assert_eq!(short("abcdef", 4), "abc…");
    }
}
