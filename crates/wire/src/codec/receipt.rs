//! Receipts: the message, the log leaf it proves, and the signed head of the log.

use signed::cbor::{CborError, Fields};
use signed::{ChangeHash, DeviceId, FrameHash, StatementHash, Value};

use super::{Body, at_most, blobs, code_number, counted_from_one, epoch, fixed, list, role, some_bytes, time, user};
use crate::error::WireError;
use crate::limits::{ITEMS_PER_FRAME_MAX, LOG_HEAD_BYTES_MAX, NEED_MAX, PATH_MAX, STATEMENTS_PER_ITEM_MAX};
use crate::message::{Lane, Leaf, LogHead, Outcome, Receipt, Rest};

impl Receipt {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("lane", self.lane.to_value())
            .put("number", Value::uint(self.number))
            .put("head", Value::bytes(&self.head))
            .put("index", Value::uint(self.index))
            .put("path", blobs(&self.path))
            .put("outcomes", list(&self.outcomes, Outcome::to_value))
            .put("user", Value::text(self.user.as_str()))
            .put("role", Value::text(&self.role))
            .put("inbox_head", Value::uint(self.inbox_head))
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let head = some_bytes(fields.value("head")?)?;
        if head.len() > LOG_HEAD_BYTES_MAX {
            return Err(WireError::TooLarge { what: "bytes in a log head", max: LOG_HEAD_BYTES_MAX });
        }
        let path = at_most(fields.value("path")?, "nodes in a path", PATH_MAX)?;
        Ok(Self {
            lane: Lane::from_value(&fields.value("lane")?)?,
            number: counted_from_one(fields, "number")?,
            head,
            index: fields.uint("index")?,
            path: path.iter().map(fixed).collect::<Result<_, _>>()?,
            outcomes: outcomes(fields)?,
            user: user(fields, "user")?,
            role: role(fields)?,
            inbox_head: fields.uint("inbox_head")?,
        })
    }
}

impl Outcome {
    /// `ok` counts the accepted changes; `need`, or `code` and `kept`, say what stopped the rest.
    fn to_value(&self) -> Value {
        let body = Body::new().put("ok", Value::uint(self.accepted));
        match &self.rest {
            Rest::Ok => body,
            Rest::Need(changes) => body.put("need", list(changes, |change| Value::bytes(change.0))),
            Rest::Refused { code, kept } => {
                body.put("code", Value::uint(u64::from(*code))).put("kept", Value::Bool(*kept))
            }
        }
        .done()
    }

    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let accepted = fields.uint("ok")?;
        let rest = match (fields.optional("need"), fields.optional("code")) {
            (None, None) => Rest::Ok,
            (Some(need), None) => {
                let need = at_most(need, "changes needed", NEED_MAX)?;
                if need.is_empty() {
                    return Err(CborError::Shape.into());
                }
                Rest::Need(need.iter().map(|change| fixed(change).map(ChangeHash)).collect::<Result<_, _>>()?)
            }
            (None, Some(code)) => {
                let Value::Bool(kept) = fields.value("kept")? else { return Err(CborError::Shape.into()) };
                Rest::Refused { code: code_number(&code)?, kept }
            }
            (Some(_), Some(_)) => return Err(CborError::Shape.into()),
        };
        fields.finish()?;
        Ok(Self { accepted, rest })
    }
}

fn outcomes(fields: &mut Fields) -> Result<Vec<Outcome>, WireError> {
    let outcomes = at_most(fields.value("outcomes")?, "items in a frame", ITEMS_PER_FRAME_MAX)?;
    outcomes.into_iter().map(Outcome::from_value).collect()
}

impl Leaf {
    /// As a value of the CBOR profile: its bytes are what the log holds.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Body::new()
            .put("device", Value::bytes(self.device.0))
            .put("frame", Value::bytes(self.frame.0))
            .put("outcomes", list(&self.outcomes, Outcome::to_value))
            .put("statements", list(&self.statements, |item| list(item, |hash| Value::bytes(hash.0))))
            .put("user", Value::text(self.user.as_str()))
            .put("role", Value::text(&self.role))
            .done()
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let statements = at_most(fields.value("statements")?, "items in a frame", ITEMS_PER_FRAME_MAX)?;
        let leaf = Self {
            device: DeviceId(fields.fixed("device")?),
            frame: FrameHash(fields.fixed("frame")?),
            outcomes: outcomes(&mut fields)?,
            statements: statements.into_iter().map(hashes).collect::<Result<_, _>>()?,
            user: user(&mut fields, "user")?,
            role: role(&mut fields)?,
        };
        fields.finish()?;
        Ok(leaf)
    }
}

fn hashes(item: Value) -> Result<Vec<StatementHash>, WireError> {
    let hashes = at_most(item, "statements in an item", STATEMENTS_PER_ITEM_MAX)?;
    hashes.iter().map(|hash| fixed(hash).map(StatementHash)).collect()
}

impl LogHead {
    /// As a value of the CBOR profile: the payload that is signed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Body::new()
            .put("epoch", Value::bytes(self.epoch.0))
            .put("time", Value::text(self.time.to_string()))
            .put("size", Value::uint(self.size))
            .put("root", Value::bytes(self.root))
            .put("audit_size", Value::uint(self.audit_size))
            .put("audit_head", Value::bytes(self.audit_head))
            .done()
    }

    /// From a value of the CBOR profile.
    pub fn from_value(value: Value) -> Result<Self, WireError> {
        let mut fields = Fields::of(value)?;
        let head = Self {
            epoch: epoch(&mut fields, "epoch")?,
            time: time(&mut fields, "time")?,
            size: fields.uint("size")?,
            root: fields.fixed("root")?,
            audit_size: fields.uint("audit_size")?,
            audit_head: fields.fixed("audit_head")?,
        };
        fields.finish()?;
        Ok(head)
    }
}
