//! What goes ahead of its turn: the message, the header that is signed but does not travel, and the
//! device's word that it is on its disk.

use signed::Value;
use signed::cbor::{CborError, Fields};

use super::{Body, at_most, blobs, epoch, fixed, time, user};
use crate::bounded;
use crate::error::WireError;
use crate::limits::{PAGE_BODY_BYTES_MAX, PAGE_PACKED_BYTES_MAX, ROWS_PER_PAGE_MAX};
use crate::message::{Ahead, AheadHeader, Packed, Resume, Row};

impl Resume {
    pub(super) fn to_value(self) -> Value {
        self.put(Body::new()).done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self { list: fields.fixed("list")?, position: fields.uint("position")? })
    }

    fn put(self, body: Body) -> Body {
        body.put("list", Value::bytes(self.list)).put("position", Value::uint(self.position))
    }
}

impl Ahead {
    pub(super) fn to_value(&self) -> Value {
        self.to
            .put(Body::new())
            .put("time", Value::text(self.time.to_string()))
            .put("signature", Value::bytes(self.signature))
            .put("body", self.body.to_value())
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self {
            to: Resume::from_fields(fields)?,
            time: time(fields, "time")?,
            signature: fields.fixed("signature")?,
            body: Packed::from_value(fields.value("body")?, PAGE_PACKED_BYTES_MAX)?,
        })
    }

    /// The rows, each still a value.
    pub(crate) fn values(&self) -> Result<Vec<Value>, WireError> {
        let value = bounded::decode(&self.body.unpack(PAGE_BODY_BYTES_MAX)?)?;
        let rows = at_most(value, "rows ahead of their turn", ROWS_PER_PAGE_MAX)?;
        if rows.is_empty() { Err(CborError::Shape.into()) } else { Ok(rows) }
    }
}

impl AheadHeader {
    /// As a value of the CBOR profile: the payload that is signed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.to
            .put(Body::new())
            .put("user", Value::text(self.user.as_str()))
            .put("epoch", Value::bytes(self.epoch.0))
            .put("time", Value::text(self.time.to_string()))
            .put("rows", blobs(&self.rows))
            .done()
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let rows = at_most(fields.value("rows")?, "rows ahead of their turn", ROWS_PER_PAGE_MAX)?;
        let header = Self {
            to: Resume::from_fields(&mut fields)?,
            user: user(&mut fields, "user")?,
            epoch: epoch(&mut fields, "epoch")?,
            time: time(&mut fields, "time")?,
            rows: rows.iter().map(fixed).collect::<Result<_, _>>()?,
        };
        fields.finish()?;
        Ok(header)
    }
}

impl Row {
    /// Whether a row may go ahead of its turn: what says nothing about an order.
    #[must_use]
    pub fn goes_ahead(&self) -> bool {
        match self {
            Self::Change { .. } | Self::Own { .. } | Self::Directory { .. } => true,
            Self::Granted { .. }
            | Self::Withdrawn { .. }
            | Self::Delivery { .. }
            | Self::Headline { .. }
            | Self::Policy { .. }
            | Self::Prompt { .. }
            | Self::Match { .. }
            | Self::Held { .. }
            | Self::Unknown { .. } => false,
        }
    }
}
