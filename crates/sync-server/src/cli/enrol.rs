//! `enrol`: a one-time code, as text and as a QR code.

use std::io::IsTerminal as _;
use std::path::Path;

use serde_json::json;
use signed::{Timestamp, code};

use super::admin::user_id;
use super::clock::open;
use super::print::{self, Answer};
use super::qr::{self, Ground};
use crate::config::checked_address;
use crate::failure::Failure;
use crate::serve::place::last_address;

/// What shows the code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shows {
    /// One JSON value on stdout, and nothing else there.
    pub(super) json: bool,
    /// The QR code also where no terminal is.
    pub(super) qr: bool,
}

/// `enrol`.
pub(super) fn enrol(
    dir: &Path,
    user: &str,
    address: Option<String>,
    now: Option<Timestamp>,
    shows: Shows,
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
    let mut lines = vec![text.clone(), format!("for one device of {user}, until {}", made.expires_at)];
    show_qr(&text, shows, &mut lines);
    Ok(Answer::new(json!({"code": text, "expires_at": made.expires_at}), lines))
}

/// The QR code behind the text: where a person looks at it, or where it was asked for.
fn show_qr(text: &str, shows: Shows, lines: &mut Vec<String>) {
    let terminal = if shows.json { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
    if !shows.qr && (shows.json || !terminal) {
        return;
    }
    // A code that does not fit is still there as text.
    let ground = if terminal { Ground::Terminal } else { Ground::Paper };
    let Ok(drawn) = qr::draw(text, ground) else { return };
    if shows.json {
        print::note(&format!("scan this with the device\n{}", drawn.join("\n")));
    } else {
        lines.push("scan this with the device".to_owned());
        lines.extend(drawn);
    }
}
