//! Messages to bytes and back: deterministic CBOR `[number, body]`.
//!
//! Bodies are maps whose keys are the field names of `message.rs`; what is repeated many times in
//! one message (items, outcomes, rows, packed bodies) has the shorter forms of
//! `proto/messages.cddl`. A field that a body does not know is refused, except in `Hello`,
//! `Enrol` and `Refuse`: a version that cannot talk to another must still be able to say so.

mod ahead;
mod erased;
mod frame;
pub mod inbox;
mod media;
mod receipt;
mod relay;
mod session;

use signed::cbor::{self, CborError, Fields, Map};
use signed::{RecordId, Timestamp, UserId, Value};

use crate::bounded;
use crate::erased::Erased;
use crate::error::WireError;
use crate::limits::{MESSAGE_BYTES_MAX, ROLE_BYTES_MAX};
use crate::message::{
    Ahead, Committed, Enrol, Enrolled, Epoch, Hello, Lane, Media, Message, Page, Push, Receipt, Refuse, Resume, Welcome,
};
use crate::relay::{Relay, Relayed};

/// The numbers of messages. They are never reused; `proto/README.md` lists the reserved ones.
pub mod number {
    /// [`crate::Hello`]
    pub const HELLO: u64 = 1;
    /// [`crate::Welcome`]
    pub const WELCOME: u64 = 2;
    /// [`crate::Push`]
    pub const PUSH: u64 = 3;
    /// [`crate::Receipt`]
    pub const RECEIPT: u64 = 4;
    /// [`crate::Page`]
    pub const PAGE: u64 = 5;
    /// [`crate::Committed`]
    pub const COMMITTED: u64 = 6;
    /// [`crate::Refuse`]
    pub const REFUSE: u64 = 7;
    /// [`crate::Message::Erase`]
    pub const ERASE: u64 = 8;
    /// [`crate::Resume`]
    pub const RESUME: u64 = 9;
    /// [`crate::Ahead`]
    pub const AHEAD: u64 = 10;
    /// [`crate::Media::Offer`]
    pub const MEDIA_OFFER: u64 = 14;
    /// [`crate::Media::Have`]
    pub const MEDIA_HAVE: u64 = 15;
    /// [`crate::Media::Chunk`]
    pub const MEDIA_CHUNK: u64 = 16;
    /// [`crate::Media::Done`]
    pub const MEDIA_DONE: u64 = 17;
    /// [`crate::Media::Fetch`]
    pub const MEDIA_FETCH: u64 = 18;
    /// [`crate::Media::Refuse`]
    pub const MEDIA_REFUSE: u64 = 19;
    /// [`crate::Relay`]
    pub const RELAY: u64 = 20;
    /// [`crate::Erased`]
    pub const ERASED: u64 = 21;
    /// [`crate::Relayed`]
    pub const RELAYED: u64 = 22;
    /// [`crate::Enrol`]
    pub const ENROL: u64 = 32;
    /// [`crate::Enrolled`]
    pub const ENROLLED: u64 = 33;
}

/// What stands before a message on a stream: its length in four bytes, most significant first.
#[must_use]
pub fn length_prefix(message: &[u8]) -> [u8; 4] {
    // A length that does not fit is over every limit; the receiver refuses it by its prefix.
    u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes()
}

impl Message {
    /// Its number on the wire.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Hello(_) => number::HELLO,
            Self::Welcome(_) => number::WELCOME,
            Self::Push(_) => number::PUSH,
            Self::Receipt(_) => number::RECEIPT,
            Self::Page(_) => number::PAGE,
            Self::Committed(_) => number::COMMITTED,
            Self::Refuse(_) => number::REFUSE,
            Self::Erase => number::ERASE,
            Self::Erased(_) => number::ERASED,
            Self::Resume(_) => number::RESUME,
            Self::Ahead(_) => number::AHEAD,
            Self::Media(media) => media.number(),
            Self::Relay(_) => number::RELAY,
            Self::Relayed(_) => number::RELAYED,
            Self::Enrol(_) => number::ENROL,
            Self::Enrolled(_) => number::ENROLLED,
        }
    }

    /// The message's bytes, without the prefix that a stream puts before them.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Hello(body) => body.to_value(),
            Self::Welcome(body) => body.to_value(),
            Self::Push(body) => body.to_value(),
            Self::Receipt(body) => body.to_value(),
            Self::Page(body) => body.to_value(),
            Self::Committed(body) => body.to_value(),
            Self::Refuse(body) => body.to_value(),
            Self::Erase => Value::Map(Map::new()),
            Self::Erased(body) => body.to_value(),
            Self::Resume(body) => body.to_value(),
            Self::Ahead(body) => body.to_value(),
            Self::Media(body) => body.to_value(),
            Self::Relay(body) => body.to_value(),
            Self::Relayed(body) => body.to_value(),
            Self::Enrol(body) => body.to_value(),
            Self::Enrolled(body) => body.to_value(),
        };
        cbor::encode(&Value::Array(vec![Value::uint(self.number()), body]))
    }

    /// Reads one message; refuses every form but the one that [`Message::encode`] gives.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(WireError::TooLarge { what: "bytes in a message", max: MESSAGE_BYTES_MAX });
        }
        let (number, body) = numbered(bounded::decode(bytes)?)?;
        let mut fields = Fields::of(body)?;
        let message = match number {
            number::HELLO => Self::Hello(Hello::from_fields(&mut fields)?),
            number::WELCOME => Self::Welcome(Welcome::from_fields(&mut fields)?),
            number::PUSH => Self::Push(Push::from_fields(&mut fields)?),
            number::RECEIPT => Self::Receipt(Receipt::from_fields(&mut fields)?),
            number::PAGE => Self::Page(Page::from_fields(&mut fields)?),
            number::COMMITTED => Self::Committed(Committed::from_fields(&mut fields)?),
            number::REFUSE => Self::Refuse(Refuse::from_fields(&mut fields)?),
            number::ERASE => Self::Erase,
            number::ERASED => Self::Erased(Erased::from_fields(&mut fields)?),
            number::RESUME => Self::Resume(Resume::from_fields(&mut fields)?),
            number::AHEAD => Self::Ahead(Ahead::from_fields(&mut fields)?),
            number::MEDIA_OFFER..=number::MEDIA_REFUSE => Self::Media(Media::from_fields(number, &mut fields)?),
            number::RELAY => Self::Relay(Relay::from_fields(&mut fields)?),
            number::RELAYED => Self::Relayed(Relayed::from_fields(&mut fields)?),
            number::ENROL => Self::Enrol(Enrol::from_fields(&mut fields)?),
            number::ENROLLED => Self::Enrolled(Enrolled::from_fields(&mut fields)?),
            unknown => return Err(WireError::UnknownMessage(unknown)),
        };
        if !matches!(message, Self::Hello(_) | Self::Enrol(_) | Self::Refuse(_)) {
            fields.finish()?;
        }
        Ok(message)
    }
}

/// `[number, body]`: the form of messages and rows.
fn numbered(value: Value) -> Result<(u64, Value), WireError> {
    let [number, body] = elements::<2>(value)?;
    Ok((number.as_uint().ok_or(CborError::Shape)?, body))
}

/// A map under construction.
struct Body(Map);

impl Body {
    fn new() -> Self {
        Self(Map::new())
    }

    fn put(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    fn put_some(self, name: &str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    fn done(self) -> Value {
        Value::Map(self.0)
    }
}

fn list<T>(items: &[T], each: impl FnMut(&T) -> Value) -> Value {
    Value::Array(items.iter().map(each).collect())
}

fn blobs(items: &[impl AsRef<[u8]>]) -> Value {
    list(items, |item| Value::bytes(item))
}

fn elements<const N: usize>(value: Value) -> Result<[Value; N], WireError> {
    let Value::Array(items) = value else { return Err(CborError::Shape.into()) };
    items.try_into().map_err(|_| CborError::Shape.into())
}

/// An array of at most `max` elements.
fn at_most(value: Value, what: &'static str, max: usize) -> Result<Vec<Value>, WireError> {
    let Value::Array(items) = value else { return Err(CborError::Shape.into()) };
    if items.len() > max { Err(WireError::TooLarge { what, max }) } else { Ok(items) }
}

fn blob(value: Value) -> Result<Vec<u8>, WireError> {
    if let Value::Bytes(bytes) = value { Ok(bytes) } else { Err(CborError::Shape.into()) }
}

/// A byte string that may not be empty.
fn some_bytes(value: Value) -> Result<Vec<u8>, WireError> {
    let bytes = blob(value)?;
    if bytes.is_empty() { Err(CborError::Shape.into()) } else { Ok(bytes) }
}

fn fixed<const N: usize>(value: &Value) -> Result<[u8; N], WireError> {
    let bytes = value.as_bytes().ok_or(CborError::Shape)?;
    bytes.try_into().map_err(|_| CborError::Shape.into())
}

fn uint(value: &Value) -> Result<u64, WireError> {
    value.as_uint().ok_or_else(|| CborError::Shape.into())
}

/// Numbers of frames and rows start at 1.
fn from_one(value: &Value) -> Result<u64, WireError> {
    match uint(value)? {
        0 => Err(CborError::Shape.into()),
        number => Ok(number),
    }
}

fn counted_from_one(fields: &mut Fields, name: &str) -> Result<u64, WireError> {
    from_one(&fields.value(name)?)
}

fn code_number(value: &Value) -> Result<u32, WireError> {
    u32::try_from(uint(value)?).map_err(|_| CborError::Shape.into())
}

fn number_and_hash(value: Value) -> Result<(u64, [u8; 32]), WireError> {
    let [number, hash] = elements::<2>(value)?;
    Ok((uint(&number)?, fixed(&hash)?))
}

impl Lane {
    /// Its number on the wire.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::Urgent => 0,
            Self::Rest => 1,
        }
    }

    fn to_value(self) -> Value {
        Value::uint(self.number())
    }

    fn from_value(value: &Value) -> Result<Self, WireError> {
        match uint(value)? {
            0 => Ok(Self::Urgent),
            1 => Ok(Self::Rest),
            _ => Err(CborError::Shape.into()),
        }
    }
}

fn record(fields: &mut Fields, name: &str) -> Result<RecordId, WireError> {
    Ok(RecordId(fields.fixed(name)?))
}

fn epoch(fields: &mut Fields, name: &str) -> Result<Epoch, WireError> {
    Ok(Epoch(fields.fixed(name)?))
}

fn time(fields: &mut Fields, name: &str) -> Result<Timestamp, WireError> {
    Timestamp::parse_exact(&fields.text(name)?).map_err(|_| CborError::Shape.into())
}

fn user(fields: &mut Fields, name: &str) -> Result<UserId, WireError> {
    UserId::new(&fields.text(name)?).map_err(|_| CborError::Shape.into())
}

fn role(fields: &mut Fields) -> Result<String, WireError> {
    let role = fields.text("role")?;
    match role.len() {
        0 => Err(CborError::Shape.into()),
        1..=ROLE_BYTES_MAX => Ok(role),
        _ => Err(WireError::TooLarge { what: "bytes in a role", max: ROLE_BYTES_MAX }),
    }
}
