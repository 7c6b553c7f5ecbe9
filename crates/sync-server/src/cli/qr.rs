//! A QR code in half blocks: two modules to a character, so that an enrolment code fits 80 columns.

use qrcode::types::{Color, EcLevel};
use qrcode::{QrCode, QrResult};

/// Modules that stay light on every side, so that a camera finds the code (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;

/// Black on white whatever colours the terminal has, and back to those.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const AS_BEFORE: &str = "\x1b[0m";

/// Where it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// On a terminal, which is told the colours: most are dark, and an inverted code is read by few
    /// cameras.
    Terminal,
    /// In a file or pipe: ink on paper.
    Paper,
}

/// The lines of a text's QR code; an error when it is too long for one.
pub(super) fn draw(text: &str, ground: Ground) -> QrResult<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let side = code.width();
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET_MODULES).filter(|at| *at < side);
        matches!((inside(x), inside(y)), (Some(x), Some(y)) if code[(x, y)] == Color::Dark)
    };
    let whole = side + 2 * QUIET_MODULES;
    let line = |y: usize| {
        let blocks: String = (0..whole).map(|x| block(dark(x, y), dark(x, y + 1))).collect();
        match ground {
            Ground::Terminal => format!("{BLACK_ON_WHITE}{blocks}{AS_BEFORE}"),
            Ground::Paper => blocks,
        }
    };
    Ok((0..whole).step_by(2).map(line).collect())
}

fn block(upper: bool, lower: bool) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enrolment_code() -> String {
        let code = wire::EnrolmentCode {
            address: "a-server-with-a-long-name.safer-schools.example.org:54321".into(),
            pins: vec![[0xab; 32], [0xcd; 32]],
            code: [1; 16],
            secret: [2; 16],
        };
        code.to_string()
    }

    /// The modules that a camera sees, quiet zone and all.
    fn modules(lines: &[String]) -> Vec<Vec<bool>> {
        let upper = |line: &String| line.chars().map(|c| "█▀".contains(c)).collect();
        let lower = |line: &String| line.chars().map(|c| "█▄".contains(c)).collect();
        lines.iter().flat_map(|line| [upper(line), lower(line)]).collect()
    }

    /// 7 by 7: a dark ring, a light ring, a dark heart of 3 by 3.
    fn finder(modules: &[Vec<bool>], left: usize, top: usize) -> bool {
        (0..7_usize).all(|y| {
            (0..7_usize).all(|x| {
                let ring = x.abs_diff(3).max(y.abs_diff(3));
                modules[top + y][left + x] == (ring != 2)
            })
        })
    }

    #[test]
    fn a_code_stands_in_a_quiet_zone_with_its_three_finders_and_its_timing() {
        let modules = modules(&draw(&enrolment_code(), Ground::Paper).unwrap());
        let width = modules[0].len();
        let side = width - 2 * QUIET_MODULES;
        assert!(side % 4 == 1 && (21..=177).contains(&side), "{side}");
        assert!(modules.len() == width || modules.len() == width + 1);
        let quiet = |at: usize| at < QUIET_MODULES || at >= width - QUIET_MODULES;
        for (y, row) in modules.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                assert!(!(*dark && (quiet(x) || quiet(y))), "{x} {y} is dark");
            }
        }
        let far = QUIET_MODULES + side - 7;
        for (left, top) in [(QUIET_MODULES, QUIET_MODULES), (far, QUIET_MODULES), (QUIET_MODULES, far)] {
            assert!(finder(&modules, left, top), "no finder at {left} {top}");
        }
        assert!(!finder(&modules, far, far));
        // Between the finders dark and light take turns.
        for at in 8..side - 8 {
            assert_eq!(modules[QUIET_MODULES + 6][QUIET_MODULES + at], at % 2 == 0);
            assert_eq!(modules[QUIET_MODULES + at][QUIET_MODULES + 6], at % 2 == 0);
        }
    }

    #[test]
    fn a_code_fits_a_terminal_and_tells_it_both_colours() {
        let lines = draw(&enrolment_code(), Ground::Terminal).unwrap();
        let bare: Vec<&str> =
            lines.iter().map(|l| l.strip_prefix(BLACK_ON_WHITE).unwrap().strip_suffix(AS_BEFORE).unwrap()).collect();
        assert!(bare.iter().all(|line| line.chars().count() <= 80), "{}", bare[0].chars().count());
        assert_eq!(bare, draw(&enrolment_code(), Ground::Paper).unwrap());
    }

    #[test]
    fn what_is_too_long_is_an_error() {
        assert!(draw(&"a".repeat(8000), Ground::Paper).is_err());
    }
}
