//! Keys under keys: the master key opens the database and wraps each document's own key; a
//! document's key seals its words. Destroying the wrapped key destroys the words, here and in
//! every copy.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use signed::{ReaderSecret, RecordId, code};
use zeroize::Zeroizing;

use crate::error::ServerError;

const SEALED: ServerError = ServerError::new(code::A_DAMAGED, "a sealed value does not open under its key");
const RANDOM: ServerError = ServerError::new(code::A_IO, "the system gives no random bytes");

/// What is sealed: bound into it, so that one value cannot stand in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Change,
    State,
    Projection,
    Quarantine,
    Reason,
    DocumentKey,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Change => b"change",
            Self::State => b"state",
            Self::Projection => b"projection",
            Self::Quarantine => b"quarantine",
            Self::Reason => b"reason",
            Self::DocumentKey => b"document key",
        }
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| RANDOM)?;
    Ok(bytes)
}

/// A key derived from the master key for one use.
fn derived(master: &[u8; 32], label: &[u8]) -> Result<Zeroizing<[u8; 32]>, ServerError> {
    let mut key = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, b"firsthand server")
        .extract(master)
        .expand(&[label], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key[..]))
        .map_err(|_| RANDOM)?;
    Ok(key)
}

/// The key of the database file, derived from the master key.
pub fn database_key(master: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, ServerError> {
    derived(master, b"database")
}

/// What opens relay bundles, derived from the master key.
pub fn relay_secret(master: &[u8; 32]) -> Result<ReaderSecret, ServerError> {
    Ok(ReaderSecret::derive(derived(master, b"relay")?))
}

/// What the master key opens.
pub(crate) struct Vault {
    wrap: SealingKey,
    quarantine: SealingKey,
    reasons: SealingKey,
    matches: hmac::Key,
    relay: ReaderSecret,
}

impl Vault {
    pub(crate) fn new(master: &[u8; 32]) -> Result<Self, ServerError> {
        Ok(Self {
            wrap: SealingKey::new(&*derived(master, b"document keys")?)?,
            quarantine: SealingKey::new(&*derived(master, b"quarantine")?)?,
            reasons: SealingKey::new(&*derived(master, b"reasons")?)?,
            matches: hmac::Key::new(hmac::HMAC_SHA256, &derived(master, b"match keys")?[..]),
            relay: relay_secret(master)?,
        })
    }

    /// A new document's key, and the same wrapped.
    pub(crate) fn make(&self, document: RecordId) -> Result<(DocumentKey, Vec<u8>), ServerError> {
        let raw = Zeroizing::new(random::<32>()?);
        let wrapped = self.wrap.seal(Purpose::DocumentKey, &document.0, &raw[..])?;
        Ok((DocumentKey::new(&raw)?, wrapped))
    }

    /// A document's key from how it is kept.
    pub(crate) fn unwrap(&self, document: RecordId, wrapped: &[u8]) -> Result<DocumentKey, ServerError> {
        let raw = Zeroizing::new(self.wrap.open(Purpose::DocumentKey, &document.0, wrapped)?);
        let raw: &[u8; 32] = raw.as_slice().try_into().map_err(|_| SEALED)?;
        DocumentKey::new(raw)
    }

    /// The name under which an identifier is found: what it is is nobody's business without the key.
    pub(crate) fn match_key(&self, kind: &str, value: &str) -> [u8; 16] {
        let tag = hmac::sign(&self.matches, format!("{kind}\0{value}").as_bytes());
        let mut name = [0; 16];
        name.copy_from_slice(tag.as_ref().split_at(16).0);
        name
    }

    /// Opens what one device carries here for another. Nothing of it is stored: who has the master key has it.
    pub(crate) fn relay(&self) -> &ReaderSecret {
        &self.relay
    }

    /// Seals a change that is kept aside: there may be no document to seal it under.
    pub(crate) fn seal_aside(&self, hash: &[u8; 32], bytes: &[u8]) -> Result<Vec<u8>, ServerError> {
        self.quarantine.seal(Purpose::Quarantine, hash, bytes)
    }

    /// Seals why something was erased, held or kept: it may name what the words no longer do.
    pub(crate) fn seal_reason(&self, about: RecordId, reason: &str) -> Result<Vec<u8>, ServerError> {
        self.reasons.seal(Purpose::Reason, &about.0, reason.as_bytes())
    }

    /// The reason again; empty for one that was never written down.
    pub(crate) fn open_reason(&self, about: RecordId, sealed: &[u8]) -> Result<String, ServerError> {
        if sealed.is_empty() {
            return Ok(String::new());
        }
        let bytes = self.reasons.open(Purpose::Reason, &about.0, sealed)?;
        String::from_utf8(bytes).map_err(|_| SEALED)
    }
}

/// One document's key.
pub(crate) struct DocumentKey {
    seal: SealingKey,
    registers: hmac::Key,
}

impl DocumentKey {
    fn new(raw: &[u8; 32]) -> Result<Self, ServerError> {
        let registers = derived(raw, b"registers")?;
        Ok(Self {
            seal: SealingKey::new(&*derived(raw, b"seal")?)?,
            registers: hmac::Key::new(hmac::HMAC_SHA256, &registers[..]),
        })
    }

    pub(crate) fn seal(&self, purpose: Purpose, about: &[u8], bytes: &[u8]) -> Result<Vec<u8>, ServerError> {
        self.seal.seal(purpose, about, bytes)
    }

    pub(crate) fn open(&self, purpose: Purpose, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ServerError> {
        self.seal.open(purpose, about, sealed)
    }

    /// The name under which a register's operations are kept: which fields a record has is nobody's
    /// business without its key.
    pub(crate) fn register(&self, key: &str) -> [u8; 16] {
        let tag = hmac::sign(&self.registers, key.as_bytes());
        let mut name = [0; 16];
        name.copy_from_slice(tag.as_ref().split_at(16).0);
        name
    }
}

struct SealingKey(LessSafeKey);

impl SealingKey {
    fn new(raw: &[u8; 32]) -> Result<Self, ServerError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, raw).map_err(|_| SEALED)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Nonce, ciphertext, tag. Nonces are random: a document is sealed far fewer times than would
    /// make two alike.
    fn seal(&self, purpose: Purpose, about: &[u8], bytes: &[u8]) -> Result<Vec<u8>, ServerError> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut body = bytes.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(purpose, about), &mut body)
            .map_err(|_| SEALED)?;
        let mut out = nonce.to_vec();
        out.append(&mut body);
        Ok(out)
    }

    fn open(&self, purpose: Purpose, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ServerError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SEALED)?;
        let mut body = body.to_vec();
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad(purpose, about), &mut body)
            .map_err(|_| SEALED)?
            .len();
        body.truncate(opened);
        Ok(body)
    }
}

fn aad(purpose: Purpose, about: &[u8]) -> Aad<Vec<u8>> {
    let mut bytes = purpose.label().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(about);
    Aad::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_under_its_key_its_document_and_its_purpose() {
        let vault = Vault::new(&[1; 32]).unwrap();
        let (a, b) = (RecordId([1; 16]), RecordId([2; 16]));
        let (key, wrapped) = vault.make(a).unwrap();
        let sealed = key.seal(Purpose::Change, &a.0, b"words").unwrap();
        let again = vault.unwrap(a, &wrapped).unwrap();
        assert_eq!(again.open(Purpose::Change, &a.0, &sealed).unwrap(), b"words");
        assert_eq!(again.register("x"), key.register("x"));
        assert!(again.open(Purpose::State, &a.0, &sealed).is_err());
        assert!(again.open(Purpose::Change, &b.0, &sealed).is_err());
        assert!(vault.unwrap(b, &wrapped).is_err());
        assert!(Vault::new(&[2; 32]).unwrap().unwrap(a, &wrapped).is_err());
        assert!(key.open(Purpose::Change, &a.0, &sealed[..5]).is_err());
    }
}
