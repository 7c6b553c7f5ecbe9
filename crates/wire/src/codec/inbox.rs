//! Inbox pages: the message, the header that is signed but does not travel, and the rows.

use signed::cbor::{self, CborError, Fields, Map};
use signed::{ChangeHash, StatementHash, Value};

use super::{Body, at_most, blobs, counted_from_one, epoch, fixed, list, numbered, record, some_bytes, time, user};
use crate::bounded;
use crate::error::WireError;
use crate::limits::{PAGE_BODY_BYTES_MAX, PAGE_PACKED_BYTES_MAX, ROWS_PER_PAGE_MAX};
use crate::message::{Lane, Packed, Page, PageHeader, Row};

/// The numbers of rows. They are never reused; a row with any other number is kept unread.
pub mod number {
    /// [`crate::Row::Change`]
    pub const CHANGE: u64 = 1;
    /// [`crate::Row::Own`]
    pub const OWN: u64 = 2;
    /// [`crate::Row::Granted`]
    pub const GRANTED: u64 = 3;
    /// [`crate::Row::Withdrawn`]
    pub const WITHDRAWN: u64 = 4;
    /// [`crate::Row::Delivery`]
    pub const DELIVERY: u64 = 5;
    /// [`crate::Row::Headline`]
    pub const HEADLINE: u64 = 6;
    /// [`crate::Row::Directory`]
    pub const DIRECTORY: u64 = 7;
    /// [`crate::Row::Policy`]
    pub const POLICY: u64 = 8;
    /// [`crate::Row::Held`]
    pub const HELD: u64 = 9;
    /// [`crate::Row::Prompt`]
    pub const PROMPT: u64 = 10;
    /// [`crate::Row::Match`]
    pub const MATCH: u64 = 11;
}

impl Page {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("from", Value::uint(self.from))
            .put("count", Value::uint(self.count))
            .put("head", Value::uint(self.head))
            .put("digest", Value::bytes(self.digest))
            .put("time", Value::text(self.time.to_string()))
            .put("signature", Value::bytes(self.signature))
            .put("body", self.body.to_value())
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let page = Self {
            from: counted_from_one(fields, "from")?,
            count: counted_from_one(fields, "count")?,
            head: fields.uint("head")?,
            digest: fields.fixed("digest")?,
            time: time(fields, "time")?,
            signature: fields.fixed("signature")?,
            body: Packed::from_value(fields.value("body")?, PAGE_PACKED_BYTES_MAX)?,
        };
        if page.count > ROWS_PER_PAGE_MAX as u64 {
            return Err(WireError::TooLarge { what: "rows in a page", max: ROWS_PER_PAGE_MAX });
        }
        // The inbox ends at or after this page's last row.
        if page.from.checked_add(page.count - 1).is_none_or(|last| last > page.head) {
            return Err(CborError::Shape.into());
        }
        Ok(page)
    }

    /// The rows as they stand in the body, each still a value: what the signature covers is
    /// their bytes, whether this version knows them or not.
    pub(crate) fn values(&self) -> Result<Vec<Value>, WireError> {
        let value = bounded::decode(&self.body.unpack(PAGE_BODY_BYTES_MAX)?)?;
        let rows = at_most(value, "rows in a page", ROWS_PER_PAGE_MAX)?;
        if rows.len() as u64 == self.count { Ok(rows) } else { Err(CborError::Shape.into()) }
    }
}

/// The bytes of a page's rows, not yet packed.
pub(crate) fn encode_rows(rows: &[Row]) -> Vec<u8> {
    cbor::encode(&list(rows, Row::to_value))
}

impl PageHeader {
    /// As a value of the CBOR profile: the payload that is signed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Body::new()
            .put("user", Value::text(self.user.as_str()))
            .put("epoch", Value::bytes(self.epoch.0))
            .put("from", Value::uint(self.from))
            .put("digest", Value::bytes(self.digest))
            .put("time", Value::text(self.time.to_string()))
            .put("rows", blobs(&self.rows))
            .done()
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let rows = at_most(fields.value("rows")?, "rows in a page", ROWS_PER_PAGE_MAX)?;
        let header = Self {
            user: user(&mut fields, "user")?,
            epoch: epoch(&mut fields, "epoch")?,
            from: counted_from_one(&mut fields, "from")?,
            digest: fields.fixed("digest")?,
            time: time(&mut fields, "time")?,
            rows: rows.iter().map(fixed).collect::<Result<_, _>>()?,
        };
        fields.finish()?;
        Ok(header)
    }
}

impl Row {
    /// Its number on the wire.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Change { .. } => number::CHANGE,
            Self::Own { .. } => number::OWN,
            Self::Granted { .. } => number::GRANTED,
            Self::Withdrawn { .. } => number::WITHDRAWN,
            Self::Delivery { .. } => number::DELIVERY,
            Self::Headline { .. } => number::HEADLINE,
            Self::Directory { .. } => number::DIRECTORY,
            Self::Policy { .. } => number::POLICY,
            Self::Held { .. } => number::HELD,
            Self::Prompt { .. } => number::PROMPT,
            Self::Match { .. } => number::MATCH,
            Self::Unknown { number, .. } => *number,
        }
    }

    /// As a value of the CBOR profile.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let body = Body::new();
        let body = match self {
            Self::Change { document, change } => {
                body.put("document", Value::bytes(document.0)).put("change", Value::bytes(change)).done()
            }
            Self::Own { document, change, lane, frame, item } => body
                .put("document", Value::bytes(document.0))
                .put("change", Value::bytes(change.0))
                .put("lane", lane.to_value())
                .put("frame", Value::uint(*frame))
                .put("item", Value::uint(*item))
                .done(),
            Self::Granted { document } => body.put("document", Value::bytes(document.0)).done(),
            Self::Withdrawn { document, headline } => {
                body.put("document", Value::bytes(document.0)).put_some("headline", headline.clone()).done()
            }
            Self::Delivery { document, statement, to, at } => body
                .put("document", Value::bytes(document.0))
                .put("statement", Value::bytes(statement.0))
                .put("to", Value::text(to.as_str()))
                .put("at", Value::text(at.to_string()))
                .done(),
            Self::Headline { line } | Self::Prompt { line } | Self::Match { line } => {
                body.put("line", line.clone()).done()
            }
            Self::Directory { statement } => body.put("statement", Value::bytes(statement)).done(),
            Self::Policy { version, values } => {
                body.put("version", Value::uint(*version)).put("values", values.clone()).done()
            }
            Self::Held { document, change } => {
                body.put("document", Value::bytes(document.0)).put("change", Value::bytes(change.0)).done()
            }
            Self::Unknown { body, .. } => body.clone(),
        };
        Value::Array(vec![Value::uint(self.number()), body])
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let (number, body) = numbered(value)?;
        if !(number::CHANGE..=number::MATCH).contains(&number) {
            return Ok(Self::Unknown { number, body: a_map(body)? });
        }
        let mut fields = Fields::of(body)?;
        let f = &mut fields;
        let row = match number {
            number::CHANGE => {
                Self::Change { document: record(f, "document")?, change: some_bytes(f.value("change")?)? }
            }
            number::OWN => Self::Own {
                document: record(f, "document")?,
                change: ChangeHash(f.fixed("change")?),
                lane: Lane::from_value(&f.value("lane")?)?,
                frame: counted_from_one(f, "frame")?,
                item: f.uint("item")?,
            },
            number::GRANTED => Self::Granted { document: record(f, "document")? },
            number::WITHDRAWN => Self::Withdrawn {
                document: record(f, "document")?,
                headline: f.optional("headline").map(a_map).transpose()?,
            },
            number::DELIVERY => Self::Delivery {
                document: record(f, "document")?,
                statement: StatementHash(f.fixed("statement")?),
                to: user(f, "to")?,
                at: time(f, "at")?,
            },
            number::HEADLINE => Self::Headline { line: a_map(f.value("line")?)? },
            number::DIRECTORY => Self::Directory { statement: some_bytes(f.value("statement")?)? },
            number::HELD => Self::Held { document: record(f, "document")?, change: ChangeHash(f.fixed("change")?) },
            number::PROMPT => Self::Prompt { line: a_map(f.value("line")?)? },
            number::MATCH => Self::Match { line: a_map(f.value("line")?)? },
            _ => Self::Policy { version: f.uint("version")?, values: a_map(f.value("values")?)? },
        };
        fields.finish()?;
        Ok(row)
    }
}

fn a_map(value: Value) -> Result<Value, WireError> {
    let map: Option<&Map> = value.as_map();
    if map.is_some() { Ok(value) } else { Err(CborError::Shape.into()) }
}
