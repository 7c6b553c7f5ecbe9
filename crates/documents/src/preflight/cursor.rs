//! Reads bytes from the front, counts what it looks at, and never beyond the end.

use std::cell::Cell;

use signed::code::{C_CANONICAL, C_RANGE};

use crate::refusal::{Refusal, refuse, require};

const CONTINUES: u8 = 0x80;
const LOW_BITS: u8 = 0x7f;
const SIGN: u8 = 0x40;
/// How far the tenth byte of a LEB128 number is shifted: it has room for one bit.
const LAST_SHIFT: u32 = 63;

/// The bytes not yet read.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    visited: &'a Cell<u64>,
    short: Refusal,
}

impl<'a> Cursor<'a> {
    /// Over these bytes; `short` is the refusal when they end too early.
    pub(super) fn new(bytes: &'a [u8], visited: &'a Cell<u64>, short: Refusal) -> Self {
        Self { rest: bytes, visited, short }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes have not been read.
    pub(super) fn left(&self) -> u64 {
        self.rest.len() as u64
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], Refusal> {
        let taken = self.part(count)?;
        self.visited.set(self.visited.get().saturating_add(count));
        Ok(taken)
    }

    /// The next `count` bytes, to be looked at by another cursor and counted there.
    pub(super) fn part(&mut self, count: u64) -> Result<&'a [u8], Refusal> {
        let split = usize::try_from(count).ok().and_then(|count| self.rest.split_at_checked(count));
        let (part, rest) = split.ok_or(self.short)?;
        self.rest = rest;
        Ok(part)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        self.take(N as u64)?.try_into().map_err(|_| self.short)
    }

    /// An unsigned LEB128 number in its shortest form.
    pub(super) fn unsigned(&mut self) -> Result<u64, Refusal> {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let [byte] = self.array()?;
            require(shift < LAST_SHIFT || byte <= 1, C_RANGE, "a number longer than 64 bits")?;
            value |= u64::from(byte & LOW_BITS) << shift;
            if byte & CONTINUES == 0 {
                require(shift == 0 || byte != 0, C_CANONICAL, "a number in a longer form than it needs")?;
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// A signed LEB128 number in its shortest form.
    pub(super) fn signed(&mut self) -> Result<i64, Refusal> {
        let (mut value, mut shift, mut before) = (0_i64, 0_u32, 0_u8);
        loop {
            let [byte] = self.array()?;
            let last = shift == LAST_SHIFT;
            require(!last || matches!(byte, 0 | LOW_BITS), C_RANGE, "a number longer than 64 bits")?;
            value |= i64::from(byte & LOW_BITS) << shift;
            if byte & CONTINUES == 0 {
                let repeats_sign = byte == if before & SIGN == 0 { 0 } else { LOW_BITS };
                if shift > 0 && repeats_sign {
                    return refuse(C_CANONICAL, "a number in a longer form than it needs");
                }
                if !last && byte & SIGN != 0 {
                    value |= -1_i64 << (shift + 7);
                }
                return Ok(value);
            }
            (shift, before) = (shift + 7, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use signed::code::C_CHUNK;

    const SHORT: Refusal = Refusal::new(C_CHUNK, "short");

    fn unsigned(bytes: &[u8]) -> Result<u64, Refusal> {
        Cursor::new(bytes, &Cell::new(0), SHORT).unsigned()
    }

    fn signed(bytes: &[u8]) -> Result<i64, Refusal> {
        Cursor::new(bytes, &Cell::new(0), SHORT).signed()
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(unsigned(&[0x7f]), Ok(127));
        assert_eq!(unsigned(&[0x80, 1]), Ok(128));
        assert_eq!(unsigned(&[0xff, 0]).unwrap_err().code, C_CANONICAL);
        assert_eq!(signed(&[0xff, 0]), Ok(127));
        assert_eq!(signed(&[0x7f]), Ok(-1));
        assert_eq!(signed(&[0xbf, 0]).unwrap_err().code, C_CANONICAL);
        assert_eq!(signed(&[0xff, 0x7f]).unwrap_err().code, C_CANONICAL);
        assert_eq!(signed(&[0x80, 0x7f]), Ok(-128));
    }

    #[test]
    fn the_largest_numbers_fit_and_one_bit_more_does_not() {
        let nine = [0xff; 9];
        assert_eq!(unsigned(&[&nine[..], &[1]].concat()), Ok(u64::MAX));
        assert_eq!(unsigned(&[&nine[..], &[2]].concat()).unwrap_err().code, C_RANGE);
        assert_eq!(unsigned(&[0xff; 30]).unwrap_err().code, C_RANGE);
        assert_eq!(signed(&[&nine[..], &[0]].concat()), Ok(i64::MAX));
        assert_eq!(signed(&[&[0x80; 9][..], &[0x7f]].concat()), Ok(i64::MIN));
        assert_eq!(signed(&[&nine[..], &[1]].concat()).unwrap_err().code, C_RANGE);
        assert_eq!(signed(&[0xff; 30]).unwrap_err().code, C_RANGE);
        assert_eq!(unsigned(&nine), Err(SHORT));
    }

    proptest! {
        #[test]
        fn what_is_read_is_shortest(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let visited = Cell::new(0);
            let mut cursor = Cursor::new(&bytes, &visited, SHORT);
            if let Ok(value) = cursor.unsigned() {
                let used = (64 - u64::from(value.leading_zeros())).div_ceil(7).max(1);
                prop_assert_eq!(visited.get(), used);
            }
            let visited = Cell::new(0);
            if let Ok(value) = Cursor::new(&bytes, &visited, SHORT).signed() {
                let magnitude = if value < 0 { !value } else { value };
                let used = (65 - u64::from(magnitude.leading_zeros())).div_ceil(7);
                prop_assert_eq!(visited.get(), used);
            }
        }
    }
}
