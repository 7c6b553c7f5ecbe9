//! `enrol`: a one-time code, as text and as a QR code.

use std::io::IsTerminal as _;
use std::path::Path;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use qrcode::types::EcLevel;
use serde_json::json;
use signed::{Timestamp, code};

use super::admin::user_id;
use super::clock::open;
use super::print::{self, Answer};
use crate::config::checked_address;
use crate::failure::Failure;
use crate::serve::place::last_address;

/// `enrol`.
pub(super) fn enrol(
    dir: &Path,
    user: &str,
    address: Option<String>,
    now: Option<Timestamp>,
    json: bool,
) -> Result<Answer, Failure> {
    let user = user_id(user)?;
    let (core, config) = open(dir, now)?;
    let address = match address.map(|address| checked_address(&address)).transpose()?.or(config.address) {
        Some(address) => address,
        None => last_address(dir).map(|address| address.to_string()).ok_or_else(|| {
            Failure::new(code::A_CONFIG, "nobody has served this folder yet, so devices need an --address HOST:PORT")
        })?,
    };
    let made = core.enrol_code(&user, &address, config.enrolment_ms)?;
    let text = made.code.to_string();
    if !json && std::io::stderr().is_terminal() {
        show_qr(&text);
    }
    let lines = vec![text.clone(), format!("for one device of {user}, until {}", made.expires_at)];
    Ok(Answer::new(json!({"code": text, "expires_at": made.expires_at}), lines))
}

/// Draws the code on the terminal, two modules to a character: small enough for 80 columns.
fn show_qr(text: &str) {
    // A code that does not fit is still there as text.
    if let Ok(qr) = QrCode::with_error_correction_level(text, EcLevel::L) {
        print::note(&format!("scan this with the device\n{}", draw(&qr)));
    }
}

fn draw(qr: &QrCode) -> String {
    // Terminals are mostly dark: light modules are drawn, dark ones left out.
    qr.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_the_usual_length_fits_a_terminal() {
        let code = wire::EnrolmentCode {
            address: "127.0.0.1:54321".into(),
            pins: vec![[0xab; 32], [0xcd; 32]],
            code: [1; 16],
            secret: [2; 16],
        };
        let qr = QrCode::with_error_correction_level(code.to_string(), EcLevel::L).unwrap();
        let drawn = draw(&qr);
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{}", qr.width());
        assert!(drawn.lines().count() <= 45);
    }
}
