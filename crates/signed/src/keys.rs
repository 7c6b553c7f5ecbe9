//! P-256 keys: the signer port, a software signer, and the one way a signature is checked.
//!
//! Signatures are raw `r || s` with low `s`, 64 bytes. A key in a phone's hardware signs behind
//! the same [`Signer`] trait.

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use zeroize::Zeroizing;

use crate::ids::DeviceId;

/// A raw ES256 signature.
pub type Signature = [u8; 64];

/// Why something could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The key is locked; the work waits until it is unlocked.
    #[error("the device key is locked")]
    Locked,
    /// The signer did not answer in time.
    #[error("the signer did not answer in time")]
    Timeout,
    /// The signer failed, or what it gave does not verify.
    #[error("the signer failed")]
    Failed,
    /// The key bytes are not a P-256 key.
    #[error("not a P-256 key")]
    Key,
}

/// Signs with a device's key, wherever that lives.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs the message (SHA-256 is taken inside); raw `r || s`, `s` low.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

// SubjectPublicKeyInfo of an uncompressed P-256 point: everything before the 65 bytes of the point.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const POINT_LEN: usize = 65;

/// Bytes of a P-256 SubjectPublicKeyInfo.
pub const SPKI_LEN: usize = SPKI_PREFIX.len() + POINT_LEN;

/// A P-256 public key as DER SubjectPublicKeyInfo.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    spki: [u8; SPKI_LEN],
}

impl PublicKey {
    /// From DER; only the one encoding of an uncompressed P-256 point is taken.
    pub fn from_spki(der: &[u8]) -> Result<Self, SignerError> {
        let spki: [u8; SPKI_LEN] = der.try_into().map_err(|_| SignerError::Key)?;
        let (prefix, point) = spki.split_at(SPKI_PREFIX.len());
        if prefix == SPKI_PREFIX && point.first() == Some(&4) { Ok(Self { spki }) } else { Err(SignerError::Key) }
    }

    /// The DER bytes.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The uncompressed point.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        self.spki.split_at(SPKI_PREFIX.len()).1
    }

    /// The device (and `kid`) this key belongs to.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId::of_key(&self.spki)
    }

    /// Whether this key signed the message; a high `s` is refused.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        is_low_s(signature)
            && signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.point())
                .verify(message, signature)
                .is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// A key in this process's memory, made and used by ring.
pub struct RingSigner {
    pair: EcdsaKeyPair,
    public: PublicKey,
    random: SystemRandom,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl RingSigner {
    /// Makes a new key.
    pub fn generate() -> Result<Self, SignerError> {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| SignerError::Failed)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// From a stored PKCS #8 key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, SignerError> {
        let random = SystemRandom::new();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random).map_err(|_| SignerError::Key)?;
        let mut spki = SPKI_PREFIX.to_vec();
        spki.extend_from_slice(pair.public_key().as_ref());
        let public = PublicKey::from_spki(&spki)?;
        Ok(Self { pair, public, random, pkcs8: Zeroizing::new(pkcs8.to_vec()) })
    }

    /// The private key, to be kept in an encrypted store only.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl Signer for RingSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let made = self.pair.sign(&self.random, message).map_err(|_| SignerError::Failed)?;
        let raw: Signature = made.as_ref().try_into().map_err(|_| SignerError::Failed)?;
        Ok(to_low_s(raw))
    }
}

impl fmt::Debug for RingSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingSigner({})", self.public.id())
    }
}

// The order of P-256, and half of it.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56,
    0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Whether `s` is at most half the order: the one of its two forms that is accepted.
#[must_use]
pub fn is_low_s(signature: &Signature) -> bool {
    signature.split_at(32).1 <= &HALF_ORDER[..]
}

/// The same signature with a low `s` (ring and hardware give either).
#[must_use]
pub fn to_low_s(mut signature: Signature) -> Signature {
    if !is_low_s(&signature) {
        let (_, s) = signature.split_at_mut(32);
        let mut borrow = 0_i16;
        for (byte, order) in s.iter_mut().zip(ORDER).rev() {
            let difference = i16::from(order) - i16::from(*byte) - borrow;
            borrow = i16::from(difference < 0);
            [_, *byte] = (difference & 0xff).to_be_bytes();
        }
    }
    signature
}

/// A raw signature out of ASN.1 DER, as hardware and TLS give it: a SEQUENCE of two positive INTEGERs
/// of at most 32 bytes, and nothing behind it. `s` is made low.
#[must_use]
pub fn from_der(der: &[u8]) -> Option<Signature> {
    let [0x30, length, body @ ..] = der else { return None };
    if usize::from(*length) != body.len() {
        return None;
    }
    let (r, rest) = integer(body)?;
    let (s, rest) = integer(rest)?;
    let mut raw = [0; 64];
    let (high, low) = raw.split_at_mut(32);
    for (place, digits) in [(high, r), (low, s)] {
        let start = place.len() - digits.len();
        place.split_at_mut(start).1.copy_from_slice(digits);
    }
    rest.is_empty().then(|| to_low_s(raw))
}

/// One INTEGER's digits without leading zeros, and what follows it.
fn integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x02, length, rest @ ..] = der else { return None };
    let (bytes, rest) = rest.split_at_checked(usize::from(*length))?;
    // Negative, or with more zeros in front than its sign needs.
    let (digits, spelled) = match bytes {
        [0, digits @ ..] => (digits, digits.first().is_some_and(|byte| *byte >= 0x80)),
        digits => (digits, digits.first().is_some_and(|byte| *byte < 0x80)),
    };
    (spelled && digits.len() <= 32).then_some((digits, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_out_of_the_one_der_form_and_no_other() {
        let raw = |r: &[u8], s: &[u8]| {
            let mut der = vec![0x30, u8::try_from(r.len() + s.len() + 4).expect("short")];
            for digits in [r, s] {
                der.extend([0x02, u8::try_from(digits.len()).expect("short")]);
                der.extend(digits);
            }
            der
        };
        let mut expected = [0; 64];
        expected[31] = 5;
        expected[63] = 7;
        assert_eq!(from_der(&raw(&[5], &[7])), Some(expected));
        expected[31] = 0x80;
        assert_eq!(from_der(&raw(&[0, 0x80], &[7])), Some(expected));
        let good = raw(&[5], &[7]);
        for cut in 0..good.len() {
            assert_eq!(from_der(&good[..cut]), None, "{cut}");
        }
        for bad in
            [raw(&[0x80], &[7]), raw(&[0, 5], &[7]), raw(&[], &[7]), raw(&[1; 33], &[7]), [good, vec![0]].concat()]
        {
            assert_eq!(from_der(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn signatures_are_low_and_their_high_twin_is_refused() {
        let signer = RingSigner::generate().expect("key");
        for round in 0..64_u8 {
            let signature = signer.sign(&[round]).expect("signs");
            assert!(is_low_s(&signature));
            assert!(signer.public_key().verify(&[round], &signature));
            assert!(!signer.public_key().verify(b"other", &signature));
            let high = flip(signature);
            assert!(!signer.public_key().verify(&[round], &high));
            assert_eq!(to_low_s(high), signature);
        }
    }

    fn flip(mut signature: Signature) -> Signature {
        let (_, s) = signature.split_at_mut(32);
        let mut borrow = 0_i16;
        for (byte, order) in s.iter_mut().zip(ORDER).rev() {
            let difference = i16::from(order) - i16::from(*byte) - borrow;
            borrow = i16::from(difference < 0);
            [_, *byte] = (difference & 0xff).to_be_bytes();
        }
        signature
    }

    #[test]
    fn a_key_survives_storage_and_other_keys_are_refused() {
        let signer = RingSigner::generate().expect("key");
        let again = RingSigner::from_pkcs8(signer.pkcs8()).expect("stored key");
        assert_eq!(signer.public_key(), again.public_key());
        let public = signer.public_key();
        assert_eq!(PublicKey::from_spki(public.spki()).as_ref(), Ok(public));
        assert_eq!(PublicKey::from_spki(b"short"), Err(SignerError::Key));
    }
}
