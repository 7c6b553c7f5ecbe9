//! Words for one reader: sealed by whoever has the reader's public key, opened by the private one alone.
//!
//! HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. A sealed thing is the
//! encapsulated key (32 bytes) followed by the ciphertext; what it is for goes in as `info`, so that nothing sealed
//! for one purpose opens for another. It says nothing about who sealed it: what must be known of that is signed
//! inside.

use std::convert::Infallible;
use std::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

type Secret = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Bytes of a key, of what it is made of, and of what a sealing takes from the random source.
pub const KEY_LEN: usize = 32;

/// Bytes by which a sealed thing is longer than its words.
pub const OVERHEAD_LEN: usize = KEY_LEN + 16;

/// What does not open, or is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed for this reader and purpose, or changed since")]
pub struct NotForUs;

/// A reader's public key.
#[derive(Clone, PartialEq, Eq)]
pub struct ReaderKey([u8; KEY_LEN]);

impl ReaderKey {
    /// From its bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, NotForUs> {
        let key = Public::from_bytes(bytes).map_err(|_| NotForUs)?;
        Ok(Self(key.to_bytes().into()))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// Seals words for this reader and purpose. `bound` is not carried and must be the same at opening; `random` is
    /// fresh for every call.
    pub fn seal(
        &self,
        purpose: &str,
        bound: &[u8],
        words: &[u8],
        random: Zeroizing<[u8; KEY_LEN]>,
    ) -> Result<Vec<u8>, NotForUs> {
        let key = Public::from_bytes(&self.0).map_err(|_| NotForUs)?;
        let mut random = Given { bytes: random, taken: 0 };
        let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(&OpModeS::Base, &key, purpose.as_bytes(), words, bound, &mut random)
        .map_err(|_| NotForUs)?;
        // More was asked for than was given: then what was used is no secret.
        if random.taken > KEY_LEN {
            return Err(NotForUs);
        }
        Ok([encapsulated.to_bytes().as_slice(), ciphertext.as_slice()].concat())
    }
}

impl fmt::Debug for ReaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReaderKey")
    }
}

/// The key that opens; wiped from memory after use.
#[derive(Clone)]
pub struct ReaderSecret(Zeroizing<[u8; KEY_LEN]>);

impl ReaderSecret {
    /// Derived from 32 random bytes, which are what is kept.
    #[must_use]
    pub fn derive(seed: Zeroizing<[u8; KEY_LEN]>) -> Self {
        Self(seed)
    }

    fn pair(&self) -> (Secret, Public) {
        X25519HkdfSha256::derive_keypair(&*self.0)
    }

    /// What others seal with.
    #[must_use]
    pub fn public(&self) -> ReaderKey {
        ReaderKey(self.pair().1.to_bytes().into())
    }

    /// Opens what was sealed for this key, this purpose and the same bound bytes.
    pub fn open(&self, purpose: &str, bound: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotForUs> {
        let (encapsulated, ciphertext) = sealed.split_at_checked(KEY_LEN).ok_or(NotForUs)?;
        let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(|_| NotForUs)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.pair().0,
            &encapsulated,
            purpose.as_bytes(),
            ciphertext,
            bound,
        )
        .map(Zeroizing::new)
        .map_err(|_| NotForUs)
    }
}

impl fmt::Debug for ReaderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReaderSecret")
    }
}

/// Random bytes that the caller took from its own source, each given out once.
struct Given {
    bytes: Zeroizing<[u8; KEY_LEN]>,
    taken: usize,
}

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let left = self.bytes.get(self.taken..).unwrap_or_default();
        for (to, from) in out.iter_mut().zip(left) {
            *to = *from;
        }
        self.taken = self.taken.saturating_add(out.len());
        Ok(())
    }
}

impl TryCryptoRng for Given {}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn key(hex: &str) -> Zeroizing<[u8; KEY_LEN]> {
        Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap())
    }

    // RFC 9180, appendix A.2.1.1, sequence number 0.
    #[test]
    fn the_rfcs_own_example_comes_out_byte_for_byte() {
        let secret = ReaderSecret::derive(key("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"));
        let public = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
        assert_eq!(HEXLOWER.encode(secret.public().as_bytes()), public);
        let random = key("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
        let words = b"Beauty is truth, truth beauty";
        let sealed = secret.public().seal("Ode on a Grecian Urn", b"Count-0", words, random).unwrap();
        let expected = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a\
                        1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28";
        assert_eq!(HEXLOWER.encode(&sealed), expected);
        assert_eq!(secret.open("Ode on a Grecian Urn", b"Count-0", &sealed).unwrap().as_slice(), words);
    }

    #[test]
    fn another_reader_purpose_binding_or_byte_does_not_open() {
        let ours = ReaderSecret::derive(Zeroizing::new([1; 32]));
        let other = ReaderSecret::derive(Zeroizing::new([2; 32]));
        let sealed = ours.public().seal("box", b"7", b"what she said", Zeroizing::new([3; 32])).unwrap();
        assert_eq!(sealed.len(), b"what she said".len() + OVERHEAD_LEN);
        assert_eq!(other.open("box", b"7", &sealed), Err(NotForUs));
        assert_eq!(ours.open("relay", b"7", &sealed), Err(NotForUs));
        assert_eq!(ours.open("box", b"8", &sealed), Err(NotForUs));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(ours.open("box", b"7", &changed), Err(NotForUs), "byte {place}");
            assert_eq!(ours.open("box", b"7", &sealed[..place]), Err(NotForUs));
        }
        assert!(ours.open("box", b"7", &sealed).is_ok());
    }

    #[test]
    fn a_point_that_makes_every_secret_the_same_is_no_key() {
        assert!(ReaderKey::from_slice(&[0; 31]).is_err());
        let low_order = ReaderKey::from_slice(&[0; 32]).unwrap();
        assert_eq!(low_order.seal("box", b"", b"words", Zeroizing::new([3; 32])), Err(NotForUs));
    }
}
