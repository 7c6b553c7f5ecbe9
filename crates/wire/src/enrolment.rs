//! The enrolment code that a person scans or types: `<id>.<secret>`.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use signed::Value;
use signed::cbor::{self, Fields};
use signed::digest::sha256;

use crate::bounded;
use crate::error::WireError;
use crate::limits::{ADDRESS_BYTES_MAX, ENROLMENT_CODE_CHARS_MAX, SERVER_KEYS_MAX};

/// The version of the code's form.
pub const CODE_VERSION: u64 = 1;

/// What a one-time code carries. Its text form is [`fmt::Display`]; reading takes the secret in
/// either case, because people type it.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// The server, as `host:port`.
    pub address: String,
    /// SHA-256 of the DER SubjectPublicKeyInfo of each server key, current first.
    pub pins: Vec<[u8; 32]>,
    /// Which code.
    pub code: [u8; 16],
    /// Its 128-bit secret.
    pub secret: [u8; 16],
}

/// The pin of a server key.
#[must_use]
pub fn pin(spki_der: &[u8]) -> [u8; 32] {
    sha256(spki_der)
}

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = cbor::map([
            ("v", Value::uint(CODE_VERSION)),
            ("address", Value::text(&self.address)),
            ("pins", Value::Array(self.pins.iter().map(Value::bytes).collect())),
            ("code", Value::bytes(self.code)),
        ]);
        write!(f, "{}.{}", BASE64URL_NOPAD.encode(&cbor::encode(&id)), BASE32_NOPAD.encode(&self.secret))
    }
}

impl FromStr for EnrolmentCode {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        let text = text.trim();
        if text.len() > ENROLMENT_CODE_CHARS_MAX {
            return Err(WireError::EnrolmentCode);
        }
        parse(text).ok_or(WireError::EnrolmentCode)
    }
}

fn parse(text: &str) -> Option<EnrolmentCode> {
    let (id, secret) = text.split_once('.')?;
    let id = BASE64URL_NOPAD.decode(id.as_bytes()).ok()?;
    let secret = BASE32_NOPAD.decode(secret.to_ascii_uppercase().as_bytes()).ok()?;
    let mut fields = Fields::of(bounded::decode(&id).ok()?).ok()?;
    if fields.uint("v").ok()? != CODE_VERSION {
        return None;
    }
    let address = fields.text("address").ok()?;
    let pins: Option<Vec<[u8; 32]>> =
        fields.array("pins").ok()?.iter().map(|pin| pin.as_bytes()?.try_into().ok()).collect();
    let pins = pins.filter(|pins| (1..=SERVER_KEYS_MAX).contains(&pins.len()))?;
    let code = fields.fixed("code").ok()?;
    fields.finish().ok()?;
    let fits = (1..=ADDRESS_BYTES_MAX).contains(&address.len());
    fits.then_some(EnrolmentCode { address, pins, code, secret: secret.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> EnrolmentCode {
        EnrolmentCode {
            address: "127.0.0.1:4433".into(),
            pins: vec![[1; 32], [2; 32]],
            code: [3; 16],
            secret: *b"sixteen bytes ok",
        }
    }

    #[test]
    fn a_code_is_read_back_and_its_secret_has_26_characters() {
        let text = code().to_string();
        assert_eq!(text.split_once('.').map(|(_, secret)| secret.len()), Some(26));
        assert_eq!(text.parse(), Ok(code()));
        let (id, secret) = text.split_once('.').unwrap();
        assert_eq!(format!(" {id}.{}\n", secret.to_lowercase()).parse(), Ok(code()));
    }

    #[test]
    fn a_code_cut_short_or_without_pins_is_no_code() {
        let text = code().to_string();
        for cut in 0..text.len() {
            assert_eq!(text[..cut].parse::<EnrolmentCode>(), Err(WireError::EnrolmentCode));
        }
        let without = EnrolmentCode { pins: Vec::new(), ..code() };
        assert_eq!(without.to_string().parse::<EnrolmentCode>(), Err(WireError::EnrolmentCode));
        assert_eq!(WireError::EnrolmentCode.code(), signed::code::D_CODE_FORM);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", code());
        assert!(!shown.contains("115") && !shown.contains("sixteen"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_code_or_refused(text in "[A-Za-z0-9_.-]{0,200}") {
            let _ = text.parse::<EnrolmentCode>();
        }
    }
}
