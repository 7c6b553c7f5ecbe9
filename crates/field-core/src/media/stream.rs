//! A file as it rests on a disk and travels: encrypted in chunks, so that neither end ever holds it
//! whole (docs/adr/0008). The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over
//! ChaCha20-Poly1305:
//!
//! ```text
//! header = version (1 byte: 1) || prefix (7 random bytes)
//! nonce  = prefix || number of the chunk (4 bytes, from 0) || 1 for the last chunk, else 0
//! file   = header || chunk 0 || chunk 1 || ..      each of 64 KiB and a tag of 16 bytes, the last shorter
//! ```
//!
//! The header is the associated data of every chunk. A key encrypts one file and no other. Whatever is
//! cut off, swapped, repeated or put in does not open. `proto/sync.md` section 13 has the same for a
//! second implementer.

use std::io::{Read, Write};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use signed::{MediaHash, code};

use crate::error::{FieldError, Result};

/// Bytes of a file in one chunk.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
const VERSION: u8 = 1;
const PREFIX_BYTES: usize = 7;
const HEADER_BYTES: usize = 1 + PREFIX_BYTES;

/// What encrypting a file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Bytes of the ciphertext.
    pub(crate) size: u64,
    /// Of the whole ciphertext.
    pub(crate) sha256: MediaHash,
}

/// Encrypts all that can be read, at most `max` bytes (`R80.too_large`), under a key that is used for
/// nothing else.
pub(crate) fn seal(
    input: &mut impl Read,
    key: &[u8; 32],
    prefix: [u8; PREFIX_BYTES],
    max: u64,
    out: &mut impl Write,
) -> Result<Sealed> {
    let chunks = Chunks::new(key, header(prefix))?;
    let mut hashed = Hashed { out, hash: Context::new(&SHA256), size: 0 };
    hashed.write(&chunks.header)?;
    let mut bytes = 0_u64;
    let mut chunk = next(input, CHUNK_BYTES)?;
    for number in 0.. {
        bytes += chunk.len() as u64;
        if bytes > max {
            let message = format!("a file has at most {max} bytes");
            return Err(FieldError::new(code::R80_TOO_LARGE, message));
        }
        // Whether one is the last shows only when nothing follows it.
        let follows = if chunk.len() < CHUNK_BYTES { Vec::new() } else { next(input, CHUNK_BYTES)? };
        let last = follows.is_empty();
        let (nonce, aad) = chunks.nonce(number, last);
        chunks.key.seal_in_place_append_tag(nonce, aad, &mut chunk).map_err(|_| unusable())?;
        hashed.write(&chunk)?;
        if last {
            break;
        }
        chunk = follows;
    }
    let Hashed { hash, size, .. } = hashed;
    Ok(Sealed { bytes, size, sha256: finished(hash) })
}

/// Decrypts a whole file; `R80.damaged` where it is not what was encrypted under this key, and then
/// what was written so far means nothing. Answers the bytes of the file and the hash of what was read.
pub(crate) fn open(input: &mut impl Read, key: &[u8; 32], out: &mut impl Write) -> Result<Sealed> {
    let mut hash = Context::new(&SHA256);
    let header = next(input, HEADER_BYTES)?;
    hash.update(&header);
    let header: [u8; HEADER_BYTES] = header.try_into().map_err(|_| damaged())?;
    if header.first() != Some(&VERSION) {
        return Err(damaged());
    }
    let chunks = Chunks::new(key, header)?;
    let whole = CHUNK_BYTES + MAX_TAG_LEN;
    let (mut bytes, mut size) = (0_u64, HEADER_BYTES as u64);
    let mut chunk = next(input, whole)?;
    for number in 0.. {
        hash.update(&chunk);
        size += chunk.len() as u64;
        let follows = if chunk.len() < whole { Vec::new() } else { next(input, whole)? };
        let last = follows.is_empty();
        let (nonce, aad) = chunks.nonce(number, last);
        let plain = chunks.key.open_in_place(nonce, aad, &mut chunk).map_err(|_| damaged())?;
        bytes += plain.len() as u64;
        out.write_all(plain)?;
        if last {
            break;
        }
        chunk = follows;
    }
    Ok(Sealed { bytes, size, sha256: finished(hash) })
}

/// The hash of all that can be read, with its length.
pub(crate) fn hash_of(input: &mut impl Read) -> Result<(MediaHash, u64)> {
    let (mut hash, mut size) = (Context::new(&SHA256), 0_u64);
    loop {
        let chunk = next(input, CHUNK_BYTES)?;
        hash.update(&chunk);
        size += chunk.len() as u64;
        if chunk.len() < CHUNK_BYTES {
            return Ok((finished(hash), size));
        }
    }
}

fn damaged() -> FieldError {
    FieldError::new(code::R80_DAMAGED, "the file is not what was attached")
}

fn unusable() -> FieldError {
    FieldError::new(code::STORE_IO, "the file could not be encrypted")
}

fn finished(hash: Context) -> MediaHash {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.finish().as_ref());
    MediaHash(bytes)
}

fn header(prefix: [u8; PREFIX_BYTES]) -> [u8; HEADER_BYTES] {
    let [a, b, c, d, e, f, g] = prefix;
    [VERSION, a, b, c, d, e, f, g]
}

/// As many bytes as there are, at most this many.
fn next(input: &mut impl Read, max: usize) -> Result<Vec<u8>> {
    // Room for the tag that is put behind a chunk.
    let mut bytes = Vec::with_capacity(max + MAX_TAG_LEN);
    input.by_ref().take(max as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Hashed<'a, W> {
    out: &'a mut W,
    hash: Context,
    size: u64,
}

impl<W: Write> Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(self.out.write_all(bytes)?)
    }
}

struct Chunks {
    key: LessSafeKey,
    header: [u8; HEADER_BYTES],
}

impl Chunks {
    fn new(key: &[u8; 32], header: [u8; HEADER_BYTES]) -> Result<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| unusable())?;
        Ok(Self { key: LessSafeKey::new(key), header })
    }

    fn nonce(&self, number: u32, last: bool) -> (Nonce, Aad<[u8; HEADER_BYTES]>) {
        let mut nonce = [0_u8; NONCE_LEN];
        let parts = self.header.iter().skip(1).copied().chain(number.to_be_bytes()).chain([u8::from(last)]);
        for (place, byte) in nonce.iter_mut().zip(parts) {
            *place = byte;
        }
        (Nonce::assume_unique_for_key(nonce), Aad::from(self.header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const WHOLE: usize = CHUNK_BYTES + MAX_TAG_LEN;

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let told = seal(&mut &plain[..], &KEY, [9; 7], 1 << 20, &mut out).unwrap();
        assert_eq!((told.bytes, told.size), (plain.len() as u64, out.len() as u64));
        assert_eq!(told.sha256, MediaHash(signed::digest::sha256(&out)));
        out
    }

    fn opened(cipher: &[u8]) -> std::result::Result<Vec<u8>, &'static str> {
        let mut out = Vec::new();
        open(&mut &cipher[..], &KEY, &mut out).map(|_| out).map_err(|error| error.code.name)
    }

    fn plain(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[test]
    fn a_file_of_any_length_comes_back_as_it_was() {
        for bytes in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5] {
            let cipher = sealed(&plain(bytes));
            assert_eq!(opened(&cipher).unwrap(), plain(bytes), "{bytes}");
        }
    }

    #[test]
    fn a_file_that_is_cut_short_does_not_open() {
        let cipher = sealed(&plain(2 * CHUNK_BYTES + 100));
        // At the border of a chunk too, where every chunk that is left is whole.
        for end in
            [0, 3, HEADER_BYTES, HEADER_BYTES + 5, HEADER_BYTES + WHOLE, HEADER_BYTES + 2 * WHOLE, cipher.len() - 1]
        {
            assert_eq!(opened(&cipher[..end]), Err("R80.damaged"), "{end}");
        }
    }

    #[test]
    fn chunks_that_are_swapped_repeated_or_left_out_do_not_open() {
        let cipher = sealed(&plain(3 * CHUNK_BYTES));
        let (header, body) = cipher.split_at(HEADER_BYTES);
        let chunks: Vec<&[u8]> = body.chunks(WHOLE).collect();
        let of = |order: &[usize]| {
            let picked: Vec<&[u8]> = order.iter().map(|at| chunks[*at]).collect();
            opened(&[header, &picked.concat()].concat())
        };
        assert!(of(&[0, 1, 2]).is_ok());
        for order in [&[1, 0, 2][..], &[0, 2, 1], &[0, 0, 1, 2], &[0, 2], &[1, 2], &[0, 1], &[0, 1, 2, 2]] {
            assert_eq!(of(order), Err("R80.damaged"), "{order:?}");
        }
    }

    #[test]
    fn a_changed_byte_another_key_and_another_version_do_not_open() {
        let cipher = sealed(&plain(CHUNK_BYTES + 10));
        for at in [0, 1, 7, 8, 500, CHUNK_BYTES + 20, cipher.len() - 1] {
            let mut changed = cipher.clone();
            changed[at] ^= 1;
            assert_eq!(opened(&changed), Err("R80.damaged"), "{at}");
        }
        let refused = open(&mut &cipher[..], &[8; 32], &mut Vec::new()).unwrap_err();
        assert_eq!(refused.code, code::R80_DAMAGED);
        assert_eq!(opened(&[&cipher[..], b"x"].concat()), Err("R80.damaged"));
    }

    #[test]
    fn a_file_over_the_limit_is_refused_when_the_limit_is_passed() {
        let mut endless = std::io::repeat(1);
        let refused = seal(&mut endless, &KEY, [9; 7], 1000, &mut std::io::sink()).unwrap_err();
        assert_eq!(refused.code, code::R80_TOO_LARGE);
        assert!(seal(&mut &plain(1000)[..], &KEY, [9; 7], 1000, &mut std::io::sink()).is_ok());
    }

    #[test]
    fn the_form_of_a_sealed_file_is_the_one_that_is_written_down() {
        // Nonce, key and associated data put together here by hand.
        let cipher = sealed(b"a photo");
        let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &KEY).unwrap());
        let nonce = [9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 1];
        let mut expected = b"a photo".to_vec();
        let aad = Aad::from([1, 9, 9, 9, 9, 9, 9, 9]);
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut expected).unwrap();
        assert_eq!(cipher, [&[1, 9, 9, 9, 9, 9, 9, 9][..], &expected].concat());
    }
}
