//! Messages out of a stream of bytes that comes in pieces of any size.

use crate::error::WireError;
use crate::limits::{ENROL_BYTES_MAX, MESSAGE_BYTES_MAX, REASSEMBLER_BYTES_MAX};
use crate::message::Message;

const PREFIX: usize = 4;

/// Collects bytes until they make a message. Push what was read, then pop until nothing comes;
/// after an error the stream is lost and every call answers the same error.
pub struct Reassembler {
    buffer: Vec<u8>,
    // Everything before this offset has been popped; it is given back at the next push.
    start: usize,
    message_bytes_max: usize,
    refused: Option<WireError>,
}

impl Default for Reassembler {
    fn default() -> Self {
        Self::new()
    }
}

impl Reassembler {
    /// For a stream of `firsthand/1`.
    #[must_use]
    pub fn new() -> Self {
        Self::limited(MESSAGE_BYTES_MAX)
    }

    /// For what a server reads from an unknown device on an enrolment stream.
    #[must_use]
    pub fn enrolment() -> Self {
        Self::limited(ENROL_BYTES_MAX)
    }

    fn limited(message_bytes_max: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, message_bytes_max, refused: None }
    }

    /// Takes bytes as they were read. A length over the limit is refused before its message is
    /// held.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.len().saturating_add(bytes.len()) > REASSEMBLER_BYTES_MAX {
            return self.refuse(WireError::TooLarge { what: "bytes waiting to be read", max: REASSEMBLER_BYTES_MAX });
        }
        // The prefix alone decides whether the rest may come in.
        let (head, tail) = bytes.split_at(bytes.len().min(PREFIX.saturating_sub(self.buffer.len())));
        self.buffer.extend_from_slice(head);
        self.next_length()?;
        self.buffer.extend_from_slice(tail);
        Ok(())
    }

    /// The next whole message, if its last byte has come.
    pub fn pop(&mut self) -> Result<Option<Message>, WireError> {
        let Some(length) = self.next_length()? else { return Ok(None) };
        let body = self.start + PREFIX;
        let Some(bytes) = self.buffer.get(body..body + length) else { return Ok(None) };
        match Message::decode(bytes) {
            Ok(message) => {
                self.start = body + length;
                Ok(Some(message))
            }
            Err(error) => self.refuse(error),
        }
    }

    /// What the end of the stream means: nothing, or a message cut short.
    pub fn finish(&self) -> Result<(), WireError> {
        match self.refused {
            Some(error) => Err(error),
            None if self.start < self.buffer.len() => Err(WireError::Truncated),
            None => Ok(()),
        }
    }

    fn next_length(&mut self) -> Result<Option<usize>, WireError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        let Some(prefix) = self.buffer.get(self.start..).and_then(<[u8]>::first_chunk::<PREFIX>) else {
            return Ok(None);
        };
        let max = self.message_bytes_max;
        match usize::try_from(u32::from_be_bytes(*prefix)) {
            Ok(length) if length <= max => Ok(Some(length)),
            Ok(_) | Err(_) => self.refuse(WireError::TooLarge { what: "bytes in a message", max }),
        }
    }

    fn refuse<T>(&mut self, error: WireError) -> Result<T, WireError> {
        self.refused = Some(error);
        self.buffer = Vec::new();
        self.start = 0;
        Err(error)
    }
}

impl std::fmt::Debug for Reassembler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reassembler({} bytes)", self.buffer.len() - self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::length_prefix;
    use crate::message::Committed;
    use proptest::prelude::*;

    fn on_stream(message: &Message) -> Vec<u8> {
        let bytes = message.encode();
        [&length_prefix(&bytes)[..], &bytes].concat()
    }

    proptest! {
        #[test]
        fn messages_come_out_whole_however_the_bytes_are_cut(
            cursors in proptest::collection::vec(0..i64::MAX.unsigned_abs(), 1..20),
            cuts in proptest::collection::vec(1_usize..9, 1..50),
        ) {
            let sent: Vec<_> = cursors.iter().map(|c| Message::Committed(Committed { cursor: *c })).collect();
            let stream: Vec<u8> = sent.iter().flat_map(on_stream).collect();
            let (mut reassembler, mut found, mut rest) = (Reassembler::new(), Vec::new(), &stream[..]);
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                reassembler.push(piece).unwrap();
                while let Some(message) = reassembler.pop().unwrap() {
                    found.push(message);
                }
                rest = tail;
            }
            prop_assert_eq!(found, sent);
            prop_assert_eq!(reassembler.finish(), Ok(()));
        }

        #[test]
        fn any_bytes_end_in_messages_or_one_lasting_error(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20),
        ) {
            let mut reassembler = Reassembler::new();
            for piece in &pieces {
                let _ = reassembler.push(piece);
                while let Ok(Some(_)) = reassembler.pop() {}
            }
            let end = reassembler.pop();
            prop_assert_eq!(end, reassembler.pop());
        }
    }

    #[test]
    fn a_length_at_the_limit_is_awaited_and_one_past_it_is_refused_before_a_byte_is_held() {
        let limit = u32::try_from(MESSAGE_BYTES_MAX).unwrap();
        let mut reassembler = Reassembler::new();
        assert_eq!(reassembler.push(&limit.to_be_bytes()), Ok(()));
        assert_eq!(reassembler.pop(), Ok(None));
        assert_eq!(reassembler.finish(), Err(WireError::Truncated));

        let mut reassembler = Reassembler::new();
        let too_long = [&(limit + 1).to_be_bytes()[..], &[0; 1000]].concat();
        let refused = reassembler.push(&too_long).map_err(WireError::code);
        assert_eq!(refused, Err(signed::code::W_TOO_LARGE));
        assert_eq!(reassembler.buffer.capacity(), 0);
        assert!(reassembler.push(&[0]).is_err() && reassembler.pop().is_err());
    }

    #[test]
    fn an_unknown_device_is_given_little_room() {
        let mut reassembler = Reassembler::enrolment();
        let length = u32::try_from(ENROL_BYTES_MAX + 1).unwrap();
        assert!(reassembler.push(&length.to_be_bytes()).is_err());
    }
}
