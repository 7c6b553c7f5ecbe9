//! SHA-256, and the running digest by which a device and the server see that they hold the same.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest;

use crate::ids::{ChangeHash, RecordId};

/// SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha256_of(&[bytes])
}

/// SHA-256 of several byte strings, one after the other.
#[must_use]
pub fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0_u8; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The sum, modulo 2^256, of SHA-256(document || change hash) over a set of changes: the same for
/// every order, and changes can be taken out again. Big-endian.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct AudienceDigest(pub [u8; 32]);

impl AudienceDigest {
    /// Adds one change of one document.
    pub fn add(&mut self, document: RecordId, change: ChangeHash) {
        self.sum(sha256_of(&[&document.0, &change.0]));
    }

    /// Takes one change of one document out again.
    pub fn remove(&mut self, document: RecordId, change: ChangeHash) {
        let mut term = sha256_of(&[&document.0, &change.0]);
        // Two's complement: invert and add one.
        for byte in &mut term {
            *byte = !*byte;
        }
        let mut one = [0_u8; 32];
        if let Some(last) = one.last_mut() {
            *last = 1;
        }
        self.sum(term);
        self.sum(one);
    }

    fn sum(&mut self, term: [u8; 32]) {
        let mut carry = 0_u16;
        for (byte, add) in self.0.iter_mut().zip(term).rev() {
            let total = u16::from(*byte) + u16::from(add) + carry;
            [_, *byte] = total.to_be_bytes();
            carry = total >> 8;
        }
    }
}

impl fmt::Debug for AudienceDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_digest_is_the_same_in_any_order_and_forgets_what_is_taken_out(
            changes in proptest::collection::vec(any::<([u8; 16], [u8; 32])>(), 0..20)
        ) {
            let (mut there, mut back) = (AudienceDigest::default(), AudienceDigest::default());
            for (document, change) in &changes {
                there.add(RecordId(*document), ChangeHash(*change));
            }
            for (document, change) in changes.iter().rev() {
                back.add(RecordId(*document), ChangeHash(*change));
            }
            prop_assert_eq!(there, back);
            for (document, change) in &changes {
                there.remove(RecordId(*document), ChangeHash(*change));
            }
            prop_assert_eq!(there, AudienceDigest::default());
        }
    }
}
