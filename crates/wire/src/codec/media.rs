//! What is said on a media stream.

use signed::cbor::{CborError, Fields};
use signed::{MediaHash, Value};

use super::{Body, code_number, counted_from_one, number, some_bytes};
use crate::error::WireError;
use crate::limits::MEDIA_CHUNK_BYTES_MAX;
use crate::message::Media;

impl Media {
    /// Its number on the wire.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Offer { .. } => number::MEDIA_OFFER,
            Self::Have { .. } => number::MEDIA_HAVE,
            Self::Chunk { .. } => number::MEDIA_CHUNK,
            Self::Done { .. } => number::MEDIA_DONE,
            Self::Fetch { .. } => number::MEDIA_FETCH,
            Self::Refuse { .. } => number::MEDIA_REFUSE,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let body = Body::new();
        let body = match self {
            Self::Offer { sha256, size } => body.put("sha256", Value::bytes(sha256.0)).put("size", Value::uint(*size)),
            Self::Have { offset } => body.put("offset", Value::uint(*offset)),
            Self::Chunk { offset, bytes } => body.put("offset", Value::uint(*offset)).put("bytes", Value::bytes(bytes)),
            Self::Done { sha256 } => body.put("sha256", Value::bytes(sha256.0)),
            Self::Fetch { sha256, from } => body.put("sha256", Value::bytes(sha256.0)).put("from", Value::uint(*from)),
            Self::Refuse { code } => body.put("code", Value::uint(u64::from(*code))),
        };
        body.done()
    }

    pub(super) fn from_fields(number: u64, fields: &mut Fields) -> Result<Self, WireError> {
        match number {
            number::MEDIA_OFFER => Ok(Self::Offer { sha256: file(fields)?, size: counted_from_one(fields, "size")? }),
            number::MEDIA_HAVE => Ok(Self::Have { offset: fields.uint("offset")? }),
            number::MEDIA_CHUNK => {
                let bytes = some_bytes(fields.value("bytes")?)?;
                if bytes.len() > MEDIA_CHUNK_BYTES_MAX {
                    return Err(WireError::TooLarge { what: "bytes in a chunk", max: MEDIA_CHUNK_BYTES_MAX });
                }
                Ok(Self::Chunk { offset: fields.uint("offset")?, bytes })
            }
            number::MEDIA_DONE => Ok(Self::Done { sha256: file(fields)? }),
            number::MEDIA_FETCH => Ok(Self::Fetch { sha256: file(fields)?, from: fields.uint("from")? }),
            number::MEDIA_REFUSE => Ok(Self::Refuse { code: code_number(&fields.value("code")?)? }),
            _ => Err(CborError::Shape.into()),
        }
    }
}

fn file(fields: &mut Fields) -> Result<MediaHash, WireError> {
    Ok(MediaHash(fields.fixed("sha256")?))
}
