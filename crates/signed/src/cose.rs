//! The COSE_Sign1 profile (RFC 9052): what every signed thing looks like, to the byte.
//!
//! Tag 18, ES256, raw 64-byte signature with low `s`; protected header exactly
//! `a3 01 26 04 50 <kid> 10 <typ text>`; unprotected map empty; `external_aad` empty; payload
//! deterministic CBOR. Any other spelling is refused, because it would give one statement two
//! identities. Written by hand because the header is a fixed byte string; tests hold it against
//! the `coset` library in both directions.

use std::fmt;

use crate::cbor::{self, CborError, Value, head};
use crate::digest::sha256;
use crate::ids::{DeviceId, StatementHash};
use crate::keys::{PublicKey, Signature, Signer, SignerError};

/// What kind of thing is signed. A verifier refuses any other than the one it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// A statement inside a document, or one of the server's directory.
    Statement,
    /// The header of a push frame.
    Frame,
    /// The header of an inbox page.
    Page,
    /// The header of what goes ahead of its turn.
    Ahead,
    /// The signed head of the receipt log.
    Receipt,
    /// A device's last word: that it erased itself.
    Erased,
}

impl Typ {
    /// The text in header label 16.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Statement => "firsthand/statement",
            Self::Frame => "firsthand/frame",
            Self::Page => "firsthand/page",
            Self::Ahead => "firsthand/ahead",
            Self::Receipt => "firsthand/receipt",
            Self::Erased => "firsthand/erased",
        }
    }
}

/// Why bytes are not a signed thing of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// Not tag 18 around an array of four, or not in its one form.
    #[error("not a COSE_Sign1 of the profile")]
    Form,
    /// The protected header is not the one byte string it must be.
    #[error("another protected header")]
    Header,
    /// The payload is not deterministic CBOR.
    #[error("payload: {0}")]
    Payload(#[from] CborError),
    /// `s` is high, or the signature does not verify under the key.
    #[error("the signature does not verify")]
    Signature,
    /// The key is not the one named by `kid`.
    #[error("another key than the one named")]
    Key,
}

const TAG_SIGN1: u8 = 0xd2;

/// A signed thing whose form is right and whose signature has not been looked at yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Unverified<'a> {
    kid: DeviceId,
    typ: Typ,
    payload: &'a [u8],
    signature: Signature,
    bytes: &'a [u8],
}

/// Signs a payload; answers the whole envelope.
pub fn sign(typ: Typ, payload: &Value, signer: &dyn Signer) -> Result<Vec<u8>, SignerError> {
    let payload = cbor::encode(payload);
    let kid = signer.public_key().id();
    let signature = signer.sign(&to_be_signed(kid, typ, &payload))?;
    Ok(envelope(kid, typ, &payload, &signature))
}

/// Puts an envelope together from its parts (a frame's header travels without its bytes).
#[must_use]
pub fn envelope(kid: DeviceId, typ: Typ, payload: &[u8], signature: &Signature) -> Vec<u8> {
    let mut out = vec![TAG_SIGN1, 0x84];
    bytes(&protected(kid, typ), &mut out);
    out.push(0xa0);
    bytes(payload, &mut out);
    bytes(signature, &mut out);
    out
}

/// Reads an envelope of the expected type; checks everything but the signature.
pub fn open(typ: Typ, envelope: &[u8]) -> Result<Unverified<'_>, CoseError> {
    let rest = envelope.strip_prefix(&[TAG_SIGN1, 0x84]).ok_or(CoseError::Form)?;
    let (header, rest) = take_bytes(rest)?;
    let rest = rest.strip_prefix(&[0xa0]).ok_or(CoseError::Form)?;
    let (payload, rest) = take_bytes(rest)?;
    let (signature, rest) = take_bytes(rest)?;
    if !rest.is_empty() {
        return Err(CoseError::Form);
    }
    let kid = header.get(5..21).and_then(|kid| DeviceId::from_slice(kid).ok()).ok_or(CoseError::Header)?;
    if header != protected(kid, typ) {
        return Err(CoseError::Header);
    }
    let signature: Signature = signature.try_into().map_err(|_| CoseError::Form)?;
    Ok(Unverified { kid, typ, payload, signature, bytes: envelope })
}

impl<'a> Unverified<'a> {
    /// The key that is said to have signed.
    #[must_use]
    pub fn kid(&self) -> DeviceId {
        self.kid
    }

    /// The raw signature.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The payload before anybody has vouched for it: for finding the key, nothing else.
    pub fn payload_unverified(&self) -> Result<Value, CoseError> {
        Ok(cbor::decode(self.payload)?)
    }

    /// The payload's bytes.
    #[must_use]
    pub fn payload_bytes(&self) -> &'a [u8] {
        self.payload
    }

    /// SHA-256 of the envelope as received.
    #[must_use]
    pub fn identity(&self) -> StatementHash {
        StatementHash(sha256(self.bytes))
    }

    /// Checks the signature under a key; answers the payload.
    pub fn verify(&self, key: &PublicKey) -> Result<Value, CoseError> {
        if key.id() != self.kid {
            return Err(CoseError::Key);
        }
        if !key.verify(&to_be_signed(self.kid, self.typ, self.payload), &self.signature) {
            return Err(CoseError::Signature);
        }
        Ok(cbor::decode(self.payload)?)
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} ({} bytes)", self.typ.as_str(), self.kid, self.payload.len())
    }
}

fn protected(kid: DeviceId, typ: Typ) -> Vec<u8> {
    let mut out = vec![0xa3, 0x01, 0x26, 0x04, 0x50];
    out.extend_from_slice(&kid.0);
    out.push(0x10);
    head(3, typ.as_str().len() as u64, &mut out);
    out.extend_from_slice(typ.as_str().as_bytes());
    out
}

/// The Sig_structure of RFC 9052 section 4.4 with an empty `external_aad`.
fn to_be_signed(kid: DeviceId, typ: Typ, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x84];
    head(3, 10, &mut out);
    out.extend_from_slice(b"Signature1");
    bytes(&protected(kid, typ), &mut out);
    out.push(0x40);
    bytes(payload, &mut out);
    out
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    head(2, bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A byte string with the shortest possible head, and what follows it.
fn take_bytes(input: &[u8]) -> Result<(&[u8], &[u8]), CoseError> {
    let (first, rest) = input.split_first().ok_or(CoseError::Form)?;
    let extra = match first.checked_sub(0x40) {
        Some(0..=23) => 0,
        Some(24) => 1,
        Some(25) => 2,
        Some(26) => 4,
        _ => return Err(CoseError::Form),
    };
    let (argument, rest) = rest.split_at_checked(extra).ok_or(CoseError::Form)?;
    let length = if extra == 0 {
        u64::from(first & 0x1f)
    } else {
        argument.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte))
    };
    let mut shortest = Vec::with_capacity(5);
    head(2, length, &mut shortest);
    if shortest.len() != extra + 1 {
        return Err(CoseError::Form);
    }
    let length = usize::try_from(length).map_err(|_| CoseError::Form)?;
    rest.split_at_checked(length).ok_or(CoseError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RingSigner;
    use coset::{CborSerializable as _, TaggedCborSerializable as _, iana};

    fn signed() -> (RingSigner, Vec<u8>) {
        let signer = RingSigner::generate().expect("key");
        let payload = cbor::map([("words", Value::text("x".repeat(300))), ("n", Value::Int(-70_000))]);
        let bytes = sign(Typ::Statement, &payload, &signer).expect("signs");
        (signer, bytes)
    }

    #[test]
    fn what_we_sign_verifies_here_and_in_another_library() {
        let (signer, bytes) = signed();
        let opened = open(Typ::Statement, &bytes).expect("form");
        assert!(opened.verify(signer.public_key()).is_ok());
        let other = coset::CoseSign1::from_tagged_slice(&bytes).expect("coset reads it");
        assert_eq!(
            other.protected.header.alg,
            Some(coset::RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256))
        );
        other
            .verify_signature(b"", |signature, message| {
                let signature: Signature = signature.try_into().map_err(|_| ())?;
                signer.public_key().verify(message, &signature).then_some(()).ok_or(())
            })
            .expect("coset's to-be-signed bytes are ours");
    }

    #[test]
    fn what_another_library_signs_in_our_profile_verifies_here() {
        let signer = RingSigner::generate().expect("key");
        let header = coset::HeaderBuilder::new()
            .algorithm(iana::Algorithm::ES256)
            .key_id(signer.public_key().id().0.to_vec())
            .value(16, ciborium::Value::Text("firsthand/statement".into()))
            .build();
        let made = coset::CoseSign1Builder::new()
            .protected(header)
            .payload(cbor::encode(&cbor::map([("a", Value::Int(1))])))
            .create_signature(b"", |m| signer.sign(m).expect("signs").to_vec())
            .build();
        let bytes = made.clone().to_tagged_vec().expect("encodes");
        assert!(open(Typ::Statement, &bytes).expect("form").verify(signer.public_key()).is_ok());
        assert_eq!(open(Typ::Frame, &bytes), Err(CoseError::Header));
        let untagged = made.to_vec().expect("encodes");
        assert_eq!(open(Typ::Statement, &untagged), Err(CoseError::Form));
    }

    #[test]
    fn every_single_byte_change_is_refused() {
        let (signer, bytes) = signed();
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut altered = bytes.clone();
                altered[index] ^= 1 << bit;
                let verdict = open(Typ::Statement, &altered).and_then(|o| o.verify(signer.public_key()));
                assert!(verdict.is_err(), "byte {index} bit {bit}");
            }
        }
        for cut in 0..bytes.len() {
            assert!(open(Typ::Statement, &bytes[..cut]).is_err());
        }
    }
}
