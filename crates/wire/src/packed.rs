//! Compression of bodies. It stands outside every signature and hash.

use crate::error::WireError;
use crate::message::{Codec, Packed};

const ZSTD_LEVEL: i32 = 3;

impl Packed {
    /// Compresses where that makes the bytes fewer.
    #[must_use]
    pub fn pack(bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        match zstd::bulk::compress(bytes, ZSTD_LEVEL) {
            Ok(packed) if packed.len() < bytes.len() => Self { codec: Codec::Zstd, length, bytes: packed },
            Ok(_) | Err(_) => Self { codec: Codec::Raw, length, bytes: bytes.to_vec() },
        }
    }

    /// The bytes again. What declares more than `max`, or inflates to any other length than it
    /// declares, is refused; no more than the declared length is ever allocated.
    pub fn unpack(&self, max: usize) -> Result<Vec<u8>, WireError> {
        let length = usize::try_from(self.length)
            .ok()
            .filter(|length| *length <= max)
            .ok_or(WireError::TooLarge { what: "bytes in a body", max })?;
        let bytes = match self.codec {
            Codec::Raw if self.bytes.len() == length => self.bytes.clone(),
            Codec::Raw => return Err(WireError::Packing),
            Codec::Zstd => zstd::bulk::decompress(&self.bytes, length).map_err(|_| WireError::Packing)?,
        };
        if bytes.len() == length { Ok(bytes) } else { Err(WireError::Packing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(bytes in proptest::collection::vec(0_u8..4, 0..3000)) {
            let packed = Packed::pack(&bytes);
            prop_assert!(packed.bytes.len() <= bytes.len());
            prop_assert_eq!(packed.unpack(3000), Ok(bytes));
        }

        #[test]
        fn any_packed_bytes_are_refused_or_have_the_declared_length(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            length in 0_u64..5000,
            zstd in any::<bool>(),
        ) {
            let codec = if zstd { Codec::Zstd } else { Codec::Raw };
            if let Ok(found) = (Packed { codec, length, bytes }).unpack(4096) {
                prop_assert_eq!(found.len() as u64, length);
            }
        }
    }

    #[test]
    fn a_body_that_inflates_to_more_or_less_than_it_declares_is_refused() {
        let honest = Packed::pack(&vec![7; 100_000]);
        assert_eq!(honest.codec, Codec::Zstd);
        for length in [0, 1, 99_999, 100_001] {
            let lying = Packed { length, ..honest.clone() };
            assert_eq!(lying.unpack(1_000_000), Err(WireError::Packing), "{length}");
        }
        assert!(honest.unpack(100_000).is_ok());
        assert_eq!(honest.unpack(99_999).map_err(WireError::code), Err(signed::code::W_TOO_LARGE));
        let raw = Packed { codec: Codec::Raw, length: 3, bytes: vec![1, 2] };
        assert_eq!(raw.unpack(10), Err(WireError::Packing));
    }
}
