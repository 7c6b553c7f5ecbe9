//! Push frames: the message, its packed body, and the header that is signed but does not travel.

use signed::cbor::{self, CborError, Fields};
use signed::{DeviceId, FrameHash, Incarnation, RecordId, Value};

use super::{Body, at_most, blob, blobs, counted_from_one, elements, fixed, list, some_bytes, uint};
use crate::bounded;
use crate::error::WireError;
use crate::limits::{CHANGES_PER_FRAME_MAX, FRAME_BODY_BYTES_MAX, FRAME_PACKED_BYTES_MAX, ITEMS_PER_FRAME_MAX};
use crate::message::{Codec, FrameBody, FrameHeader, Item, Lane, Packed, Push};

impl Packed {
    pub(super) fn to_value(&self) -> Value {
        let codec = match self.codec {
            Codec::Raw => 0,
            Codec::Zstd => 1,
        };
        Value::Array(vec![Value::Int(codec), Value::uint(self.length), Value::bytes(&self.bytes)])
    }

    pub(super) fn from_value(value: Value, packed_bytes_max: usize) -> Result<Self, WireError> {
        let [codec, length, bytes] = elements::<3>(value)?;
        let codec = match uint(&codec)? {
            0 => Codec::Raw,
            1 => Codec::Zstd,
            _ => return Err(CborError::Shape.into()),
        };
        let bytes = blob(bytes)?;
        if bytes.len() > packed_bytes_max {
            return Err(WireError::TooLarge { what: "packed bytes", max: packed_bytes_max });
        }
        Ok(Self { codec, length: uint(&length)?, bytes })
    }
}

impl Push {
    /// Packs a frame.
    #[must_use]
    pub fn new(lane: Lane, number: u64, body: &FrameBody) -> Self {
        Self { lane, number, body: Packed::pack(&body.encode()) }
    }

    /// Unpacks the frame's body. Nobody has vouched for it yet: see [`FrameBody::verify`].
    pub fn open(&self) -> Result<FrameBody, WireError> {
        let bytes = self.body.unpack(FRAME_BODY_BYTES_MAX).map_err(as_frame_content)?;
        FrameBody::decode(&bytes)
    }

    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("lane", self.lane.to_value())
            .put("number", Value::uint(self.number))
            .put("body", self.body.to_value())
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self {
            lane: Lane::from_value(&fields.value("lane")?)?,
            number: counted_from_one(fields, "number")?,
            body: Packed::from_value(fields.value("body")?, FRAME_PACKED_BYTES_MAX)?,
        })
    }
}

impl FrameBody {
    /// The body's bytes, not yet packed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(&self.to_value())
    }

    /// Reads an unpacked body; what is not one is [`WireError::FrameContent`].
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > FRAME_BODY_BYTES_MAX {
            return Err(WireError::TooLarge { what: "bytes in a body", max: FRAME_BODY_BYTES_MAX });
        }
        bounded::decode(bytes).and_then(Self::from_value).map_err(as_frame_content)
    }

    /// As a value of the CBOR profile.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Body::new()
            .put("previous", Value::bytes(self.previous.0))
            .put("signature", Value::bytes(self.signature))
            .put("items", list(&self.items, Item::to_value))
            .done()
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let items = at_most(fields.value("items")?, "items in a frame", ITEMS_PER_FRAME_MAX)?;
        let items: Vec<Item> = items.into_iter().map(Item::from_value).collect::<Result<_, _>>()?;
        if items.is_empty() {
            return Err(CborError::Shape.into());
        }
        if items.iter().map(|item| item.changes.len()).sum::<usize>() > CHANGES_PER_FRAME_MAX {
            return Err(WireError::TooLarge { what: "changes in a frame", max: CHANGES_PER_FRAME_MAX });
        }
        let body =
            Self { previous: FrameHash(fields.fixed("previous")?), signature: fields.fixed("signature")?, items };
        fields.finish()?;
        Ok(body)
    }
}

impl Item {
    fn to_value(&self) -> Value {
        Value::Array(vec![Value::bytes(self.document.0), blobs(&self.changes)])
    }

    fn from_value(value: Value) -> Result<Self, WireError> {
        let [document, changes] = elements::<2>(value)?;
        let changes = at_most(changes, "changes in a frame", CHANGES_PER_FRAME_MAX)?;
        if changes.is_empty() {
            return Err(CborError::Shape.into());
        }
        Ok(Self {
            document: RecordId(fixed(&document)?),
            changes: changes.into_iter().map(some_bytes).collect::<Result<_, _>>()?,
        })
    }
}

impl FrameHeader {
    /// As a value of the CBOR profile: the payload that is signed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Body::new()
            .put("device", Value::bytes(self.device.0))
            .put("incarnation", Value::bytes(self.incarnation.0))
            .put("lane", self.lane.to_value())
            .put("number", Value::uint(self.number))
            .put("previous", Value::bytes(self.previous.0))
            .put("items", blobs(&self.items))
            .done()
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let items = at_most(fields.value("items")?, "items in a frame", ITEMS_PER_FRAME_MAX)?;
        let header = Self {
            device: DeviceId(fields.fixed("device")?),
            incarnation: Incarnation(fields.fixed("incarnation")?),
            lane: Lane::from_value(&fields.value("lane")?)?,
            number: counted_from_one(&mut fields, "number")?,
            previous: FrameHash(fields.fixed("previous")?),
            items: items.iter().map(fixed).collect::<Result<_, _>>()?,
        };
        fields.finish()?;
        Ok(header)
    }
}

/// Within a frame a bad form is the frame's fault, not the stream's: the session goes on.
fn as_frame_content(error: WireError) -> WireError {
    if matches!(error, WireError::Form(_) | WireError::Packing) { WireError::FrameContent } else { error }
}
