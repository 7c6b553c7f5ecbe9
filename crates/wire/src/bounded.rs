//! Counts the values in CBOR bytes before anything is built from them.

use signed::Value;
use signed::cbor::{self, CborError};

use crate::error::WireError;
use crate::limits::VALUES_MAX;

/// Reads one deterministic value from bytes that hold at most [`VALUES_MAX`] values.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, WireError> {
    decode_within(bytes, VALUES_MAX)
}

/// Reads one deterministic value from bytes that hold at most so many values: for what comes by another
/// way than a message, such as a file.
pub fn decode_within(bytes: &[u8], max: usize) -> Result<Value, WireError> {
    count(bytes, max)?;
    Ok(cbor::decode(bytes)?)
}

/// Walks from head to head; strings are stepped over. Nesting is not followed: what a container
/// holds simply comes next.
fn count(mut rest: &[u8], max: usize) -> Result<usize, WireError> {
    let mut values = 0;
    while let Some((first, tail)) = rest.split_first() {
        values += 1;
        if values > max {
            return Err(WireError::TooLarge { what: "values", max });
        }
        let extra = match first & 0x1f {
            0..=23 => 0,
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(CborError::NotDeterministic.into()),
        };
        let (argument, tail) = tail.split_at_checked(extra).ok_or(CborError::Malformed)?;
        let length = match first >> 5 {
            2 | 3 if extra == 0 => u64::from(first & 0x1f),
            2 | 3 => argument.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte)),
            _ => 0,
        };
        let length = usize::try_from(length).map_err(|_| CborError::Malformed)?;
        rest = tail.get(length..).ok_or(CborError::Malformed)?;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_at_the_limit_and_one_past_it() {
        let array = |n: usize| cbor::encode(&Value::Array(vec![Value::Int(0); n]));
        assert!(decode(&array(VALUES_MAX - 1)).is_ok());
        assert_eq!(decode(&array(VALUES_MAX)), Err(WireError::TooLarge { what: "values", max: VALUES_MAX }));
    }

    #[test]
    fn a_string_longer_than_what_follows_is_refused() {
        for bytes in
            [&[0x5a_u8, 0xff, 0xff, 0xff, 0xff, 1][..], &[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
        {
            assert_eq!(decode(bytes), Err(WireError::Form(CborError::Malformed)));
        }
    }
}
