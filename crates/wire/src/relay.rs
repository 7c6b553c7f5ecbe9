//! Frames that another device carries: sealed one by one for the server, in a file that says nothing else.
//! `proto/relay.md` is the authority.

use signed::cbor::{self, CborError, Fields, map};
use signed::digest::sha256;
use signed::sealed::{KEY_LEN, OVERHEAD_LEN};
use signed::{DeviceId, Incarnation, ReaderKey, ReaderSecret, Value};
use zeroize::Zeroizing;

use crate::bounded;
use crate::error::WireError;
use crate::limits::{RELAY_FILE_BYTES_MAX, RELAY_PAD_BYTES, RELAY_PART_BYTES_MAX, RELAY_PARTS_MAX};
use crate::message::{Message, Push};

/// What the parts are sealed for: nothing that was sealed for another purpose opens as one.
pub const RELAY_PURPOSE: &str = "firsthand relay/1";

/// The version of the file.
const VERSION: u64 = 1;

/// Values of a file beside its parts: the map, three keys, version, reader and the array.
const FILE_VALUES: usize = 7;

/// Bytes of the length that stands before what is padded.
const LENGTH_BYTES: usize = 4;

/// The name of a reader's key, by which a carrier knows whether its own server is meant.
#[must_use]
pub fn reader_id(key: &ReaderKey) -> [u8; 32] {
    sha256(key.as_bytes())
}

/// A frame of another device, as sealed for the server by that device (`proto/relay.md`).
#[derive(Clone, PartialEq, Eq)]
pub struct Relay {
    /// The part, at most [`RELAY_PART_BYTES_MAX`].
    pub sealed: Vec<u8>,
}

/// What became of a carried part: nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// SHA-256 of the part.
    pub sha256: [u8; 32],
    /// Why it was not taken; absent when it is on the server's disk.
    pub code: Option<u32>,
}

/// What a part holds once it is open: a frame, and of what a session would have said whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Carried {
    /// The device that signed the frame.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// The frame as the device would have sent it.
    pub push: Push,
}

impl Carried {
    /// Seals it for the server alone. `random` is fresh for every part. A frame that no part holds is
    /// refused: it goes when the device has a link of its own.
    pub fn seal(&self, reader: &ReaderKey, random: Zeroizing<[u8; KEY_LEN]>) -> Result<Vec<u8>, WireError> {
        let words = Zeroizing::new(self.padded()?);
        reader.seal(RELAY_PURPOSE, &[], &words, random).map_err(|_| WireError::Sealed)
    }

    /// Opens a part: its form alone is checked, not who signed the frame.
    pub fn open(reader: &ReaderSecret, sealed: &[u8]) -> Result<Self, WireError> {
        check_part(sealed)?;
        let words = reader.open(RELAY_PURPOSE, &[], sealed).map_err(|_| WireError::Sealed)?;
        Self::from_padded(&words)
    }

    /// Length, words, zeros: so that the size of a part tells next to nothing of its frame.
    fn padded(&self) -> Result<Vec<u8>, WireError> {
        let words = cbor::encode(&map([
            ("device", Value::bytes(self.device.0)),
            ("incarnation", Value::bytes(self.incarnation.0)),
            ("push", Value::bytes(Message::Push(self.push.clone()).encode())),
        ]));
        let full = (LENGTH_BYTES + words.len()).next_multiple_of(RELAY_PAD_BYTES);
        let length = u32::try_from(words.len()).ok().filter(|_| full + OVERHEAD_LEN <= RELAY_PART_BYTES_MAX);
        let Some(length) = length else { return Err(too_large("bytes in a part", RELAY_PART_BYTES_MAX)) };
        let mut padded = Vec::with_capacity(full);
        padded.extend_from_slice(&length.to_be_bytes());
        padded.extend_from_slice(&words);
        padded.resize(full, 0);
        Ok(padded)
    }

    fn from_padded(padded: &[u8]) -> Result<Self, WireError> {
        let malformed = || WireError::Form(CborError::Malformed);
        let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>().ok_or_else(malformed)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| malformed())?;
        let (words, zeros) = rest.split_at_checked(length).ok_or_else(malformed)?;
        if zeros.len() >= RELAY_PAD_BYTES || zeros.iter().any(|byte| *byte != 0) {
            return Err(malformed());
        }
        let mut fields = Fields::of(bounded::decode(words)?)?;
        let device = DeviceId(fields.fixed("device")?);
        let incarnation = Incarnation(fields.fixed("incarnation")?);
        let push = fields.bytes("push")?;
        fields.finish()?;
        let message = Message::decode(&push)?;
        let number = message.number();
        let Message::Push(push) = message else { return Err(WireError::UnknownMessage(number)) };
        Ok(Self { device, incarnation, push })
    }
}

/// Whether a part may be one, as far as its length tells.
pub fn check_part(part: &[u8]) -> Result<(), WireError> {
    if part.len() > RELAY_PART_BYTES_MAX {
        return Err(too_large("bytes in a part", RELAY_PART_BYTES_MAX));
    }
    let padded = part.len().checked_sub(OVERHEAD_LEN).filter(|padded| *padded > 0);
    if padded.is_some_and(|padded| padded % RELAY_PAD_BYTES == 0) { Ok(()) } else { Err(CborError::Shape.into()) }
}

/// A file of sealed parts, as one device gives it to another.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayFile {
    /// For whom the parts are sealed: [`reader_id`] of the server's key.
    pub reader: [u8; 32],
    /// The parts, in the order in which they are to reach the server.
    pub parts: Vec<Vec<u8>>,
}

impl RelayFile {
    /// The bytes of the file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(&map([
            ("version", Value::uint(VERSION)),
            ("reader", Value::bytes(self.reader)),
            ("parts", Value::Array(self.parts.iter().map(Value::bytes).collect())),
        ]))
    }

    /// Reads a file that anybody may have made: within its limits, and nothing but parts.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > RELAY_FILE_BYTES_MAX {
            return Err(too_large("bytes in a relay bundle", RELAY_FILE_BYTES_MAX));
        }
        let mut fields = Fields::of(bounded::decode_within(bytes, RELAY_PARTS_MAX + FILE_VALUES)?)?;
        let version = fields.uint("version")?;
        let reader = fields.fixed("reader")?;
        let parts = fields.array("parts")?;
        fields.finish()?;
        if version != VERSION || parts.is_empty() {
            return Err(CborError::Shape.into());
        }
        let part = |value: Value| {
            let Value::Bytes(part) = value else { return Err(CborError::Shape.into()) };
            check_part(&part).map(|()| part)
        };
        Ok(Self { reader, parts: parts.into_iter().map(part).collect::<Result<_, WireError>>()? })
    }
}

fn too_large(what: &'static str, max: usize) -> WireError {
    WireError::TooLarge { what, max }
}

#[cfg(test)]
mod tests {
    use signed::code;

    use super::*;
    use crate::message::{Codec, Lane, Packed};

    fn secret(seed: u8) -> ReaderSecret {
        ReaderSecret::derive(Zeroizing::new([seed; 32]))
    }

    fn carried(bytes: usize) -> Carried {
        let body = Packed { codec: Codec::Raw, length: bytes as u64, bytes: vec![7; bytes] };
        let push = Push { lane: Lane::Urgent, number: 3, body };
        Carried { device: DeviceId([1; 16]), incarnation: Incarnation([2; 16]), push }
    }

    fn seal(carried: &Carried) -> Vec<u8> {
        carried.seal(&secret(1).public(), Zeroizing::new([9; 32])).unwrap()
    }

    fn code_of<T>(answer: Result<T, WireError>) -> &'static str {
        answer.err().map_or("", |error| error.code().name)
    }

    #[test]
    fn a_part_opens_for_its_reader_alone_and_tells_little_by_its_size() {
        let (small, other) = (carried(10), carried(900));
        let part = seal(&small);
        assert!(Carried::open(&secret(1), &part).unwrap() == small);
        assert_eq!(code_of(Carried::open(&secret(2), &part)), "W.relay_sealed");
        assert_eq!(part.len(), seal(&other).len());
        assert_eq!(part.len(), RELAY_PAD_BYTES + OVERHEAD_LEN);
        for place in (0..part.len()).step_by(97) {
            let mut changed = part.clone();
            changed[place] ^= 1;
            assert_eq!(code_of(Carried::open(&secret(1), &changed)), "W.relay_sealed", "byte {place}");
            assert!(Carried::open(&secret(1), &part[..place]).is_err());
        }
    }

    #[test]
    fn the_largest_part_fits_into_a_message_and_a_larger_frame_is_refused() {
        let largest = RELAY_PART_BYTES_MAX - OVERHEAD_LEN - 128;
        let part = seal(&carried(largest));
        assert_eq!(part.len(), RELAY_PART_BYTES_MAX);
        let message = Message::Relay(crate::Relay { sealed: part.clone() }).encode();
        assert!(message.len() <= crate::limits::MESSAGE_BYTES_MAX);
        assert!(Message::decode(&message).is_ok());
        let more = carried(largest + 128).seal(&secret(1).public(), Zeroizing::new([9; 32]));
        assert_eq!(code_of(more), "W.too_large");
        assert_eq!(code_of(check_part(&vec![0; RELAY_PART_BYTES_MAX + RELAY_PAD_BYTES])), "W.too_large");
        for length in [0, OVERHEAD_LEN, RELAY_PAD_BYTES, RELAY_PAD_BYTES + OVERHEAD_LEN + 1] {
            assert_eq!(code_of(check_part(&vec![0; length])), "W.malformed", "{length}");
        }
    }

    #[test]
    fn what_was_sealed_but_is_no_frame_is_refused() {
        let sealed = |words: &[u8]| {
            let public = secret(1).public();
            public.seal(RELAY_PURPOSE, &[], words, Zeroizing::new([9; 32])).unwrap()
        };
        let good = carried(10).padded().unwrap();
        assert!(Carried::open(&secret(1), &sealed(&good)).is_ok());
        let mut noise = good.clone();
        noise[RELAY_PAD_BYTES - 1] = 1;
        let mut long = good.clone();
        long[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        let mut short = good;
        short[3] -= 1;
        for words in [noise, long, short, vec![0; RELAY_PAD_BYTES], vec![0xff; RELAY_PAD_BYTES]] {
            assert_eq!(code_of(Carried::open(&secret(1), &sealed(&words))), "W.malformed");
        }
        let erase = Carried { push: carried(10).push, ..carried(10) };
        let words = cbor::encode(&map([
            ("device", Value::bytes(erase.device.0)),
            ("incarnation", Value::bytes(erase.incarnation.0)),
            ("push", Value::bytes(Message::Erase.encode())),
        ]));
        let length = u32::try_from(words.len()).unwrap().to_be_bytes();
        let mut padded = [&length[..], &words].concat();
        padded.resize(RELAY_PAD_BYTES, 0);
        assert_eq!(code_of(Carried::open(&secret(1), &sealed(&padded))), "W.unexpected");
    }

    #[test]
    fn a_file_has_one_form_and_its_limits() {
        let part = seal(&carried(10));
        let file = |parts: usize| RelayFile { reader: [5; 32], parts: vec![part.clone(); parts] };
        let bytes = file(2).encode();
        assert!(RelayFile::decode(&bytes).unwrap() == file(2));
        assert!(RelayFile::decode(&file(RELAY_PARTS_MAX).encode()).is_ok());
        assert_eq!(code_of(RelayFile::decode(&file(RELAY_PARTS_MAX + 1).encode())), "W.too_large");
        assert_eq!(code_of(RelayFile::decode(&vec![0; RELAY_FILE_BYTES_MAX + 1])), "W.too_large");
        assert_eq!(code_of(RelayFile::decode(&file(0).encode())), "W.malformed");
        let other = |name: &str, value: Value| {
            let Value::Map(mut whole) = cbor::decode(&bytes).unwrap() else { unreachable!() };
            whole.insert(name.into(), value);
            code_of(RelayFile::decode(&cbor::encode(&Value::Map(whole))))
        };
        assert_eq!(other("version", Value::uint(2)), "W.malformed");
        assert_eq!(other("user", Value::text("ofc1")), "W.malformed");
        assert_eq!(other("reader", Value::bytes([5; 31])), "W.malformed");
        assert_eq!(other("parts", Value::Array(vec![Value::bytes([0; 40])])), "W.malformed");
        assert_eq!(other("parts", Value::Array(vec![Value::text("words")])), "W.malformed");
        assert_eq!(code_of(RelayFile::decode(&[&bytes[..], &[0]].concat())), "W.malformed");
    }

    #[test]
    fn bytes_that_are_no_file_are_refused_and_never_panic() {
        let bytes = RelayFile { reader: [5; 32], parts: vec![seal(&carried(10))] }.encode();
        for place in 0..bytes.len() {
            assert!(RelayFile::decode(&bytes[..place]).is_err());
        }
        // A byte of the frame's form: what is in a part nobody but the server can tell.
        for place in (0..60).chain(bytes.len() - 12..bytes.len()) {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[place] ^= flip;
                let code = code_of(RelayFile::decode(&changed));
                assert!(["", "W.malformed", "W.too_large"].contains(&code), "{code}");
            }
        }
        assert_eq!(code::W_RELAY_SEALED.number, 1227);
    }
}
