//! A statement: a signed sentence that never changes. A sealed part of a record, or a step.

use signed::cbor::{self, CborError, Fields, Map, Value};
use signed::cose::{self, CoseError, Typ, Unverified};
use signed::{ActorId, ChangeHash, Code, DeviceId, PublicKey, RecordId, Signer, SignerError, StatementHash, Timestamp};
use signed::{UserId, code};

use crate::refusal::{Refusal, refuse};
use crate::template::Template;

/// Heads a statement may name as seen; with more, an empty merging change comes first.
pub const SEEN_MAX: usize = 32;
/// Statements it may name as shown.
pub const SHOWN_MAX: usize = 64;
/// Records a closing step may name as considered.
pub const CONSIDERED_MAX: usize = 256;
/// Bytes of one statement.
pub const STATEMENT_BYTES_MAX: usize = 256 * 1024;

/// What a statement is: a sealed part of a record, or a step of its state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// Frozen words: `account`, `request`, ..
    Part(String),
    /// An act: `created`, `accept`, `complete`, ..
    Step(String),
}

impl Sentence {
    /// The part's or step's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Part(name) | Self::Step(name) => name,
        }
    }
}

/// The payload of a statement.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    /// The record it belongs to.
    pub record: RecordId,
    /// The record's kind.
    pub kind: String,
    /// Part or step.
    pub sentence: Sentence,
    /// Version of the content's shape.
    pub version: u64,
    /// What is said.
    pub content: Map,
    /// Who says it.
    pub author: UserId,
    /// In which role.
    pub role: String,
    /// The actor of the change that carries it.
    pub actor: ActorId,
    /// When what it speaks of happened.
    pub event_at: Option<Timestamp>,
    /// The device's clock.
    pub device_at: Timestamp,
    /// The device's monotonic clock, milliseconds since boot.
    pub mono_ms: u64,
    /// Which boot that clock counts from.
    pub boot: String,
    /// Device clock minus server clock, as last known, in milliseconds.
    pub offset_ms: Option<i64>,
    /// Version of the rules in force on the device.
    pub rules: u64,
    /// Version of the policy in force on the device.
    pub policy: u64,
    /// What was missing when it was signed: code, path and message of each gap.
    pub gaps: Vec<Value>,
    /// The document's heads when signed: the dependencies of the carrying change, sorted.
    pub seen: Vec<ChangeHash>,
    /// Statements actually opened since this author's last one.
    pub shown: Vec<StatementHash>,
    /// Random, so that a kept hash never reveals an erased short text.
    pub salt: [u8; 16],
}

/// What a `created` statement routes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The record's kind.
    pub kind: String,
    /// Record or draft.
    pub template: Template,
    /// The compartment, such as `SHARE(100001,<case>)`.
    pub compartment: String,
    /// The case.
    pub case: Option<RecordId>,
    /// The school.
    pub school: Option<String>,
    /// safer_schools, other_duty, covering or abstracted.
    pub capacity: String,
}

fn hashes(items: &[impl AsRef<[u8; 32]>]) -> Value {
    Value::Array(items.iter().map(|h| Value::bytes(h.as_ref())).collect())
}

fn read_hashes<T>(items: Vec<Value>, max: usize, make: fn([u8; 32]) -> T) -> Result<Vec<T>, CborError> {
    if items.len() > max {
        return Err(CborError::Shape);
    }
    let one = |v: Value| match v {
        Value::Bytes(b) => b.try_into().map(make).map_err(|_| CborError::Shape),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Array(_) | Value::Map(_) => {
            Err(CborError::Shape)
        }
    };
    items.into_iter().map(one).collect()
}

impl Statement {
    /// The payload as CBOR.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let time = |t: Timestamp| Value::text(t.to_string());
        let mut map = Map::new();
        let mut put = |name: &str, value| map.insert(name.to_owned(), value);
        put("record", Value::bytes(self.record.0));
        put("kind", Value::text(&self.kind));
        match &self.sentence {
            Sentence::Part(name) => put("part", Value::text(name)),
            Sentence::Step(name) => put("step", Value::text(name)),
        };
        put("version", Value::uint(self.version));
        put("content", Value::Map(self.content.clone()));
        put("author", Value::text(self.author.as_str()));
        put("role", Value::text(&self.role));
        put("actor", Value::bytes(self.actor.0));
        if let Some(at) = self.event_at {
            put("event_at", time(at));
        }
        put("device_at", time(self.device_at));
        put("mono_ms", Value::uint(self.mono_ms));
        put("boot", Value::text(&self.boot));
        if let Some(offset) = self.offset_ms {
            put("offset_ms", Value::Int(offset));
        }
        put("rules", Value::uint(self.rules));
        put("policy", Value::uint(self.policy));
        put("gaps", Value::Array(self.gaps.clone()));
        put("seen", hashes(&self.seen));
        put("shown", hashes(&self.shown));
        put("salt", Value::bytes(self.salt));
        Value::Map(map)
    }

    /// Reads a payload; any missing, unknown or ill-typed field is refused.
    pub fn from_value(value: Value) -> Result<Self, Refusal> {
        Self::read(value).map_err(|_| Refusal::new(code::S_SHAPE, "a field of the statement is missing or wrong"))
    }

    fn read(value: Value) -> Result<Self, CborError> {
        let mut fields = Fields::of(value)?;
        let time = |text: &str| Timestamp::parse_exact(text).map_err(|_| CborError::Shape);
        let sentence = match (fields.optional("part"), fields.optional("step")) {
            (Some(Value::Text(name)), None) => Sentence::Part(name),
            (None, Some(Value::Text(name))) => Sentence::Step(name),
            _ => return Err(CborError::Shape),
        };
        let event_at = match fields.optional("event_at") {
            None => None,
            Some(value) => Some(time(value.as_text().ok_or(CborError::Shape)?)?),
        };
        let offset_ms = match fields.optional("offset_ms") {
            None => None,
            Some(value) => Some(value.as_int().ok_or(CborError::Shape)?),
        };
        let Value::Map(content) = fields.value("content")? else { return Err(CborError::Shape) };
        let statement = Self {
            record: RecordId(fields.fixed("record")?),
            kind: fields.text("kind")?,
            sentence,
            version: fields.uint("version")?,
            content,
            author: UserId::new(&fields.text("author")?).map_err(|_| CborError::Shape)?,
            role: fields.text("role")?,
            actor: ActorId(fields.fixed("actor")?),
            event_at,
            device_at: time(&fields.text("device_at")?)?,
            mono_ms: fields.uint("mono_ms")?,
            boot: fields.text("boot")?,
            offset_ms,
            rules: fields.uint("rules")?,
            policy: fields.uint("policy")?,
            gaps: fields.array("gaps")?,
            seen: read_hashes(fields.array("seen")?, SEEN_MAX, ChangeHash)?,
            shown: read_hashes(fields.array("shown")?, SHOWN_MAX, StatementHash)?,
            salt: fields.fixed("salt")?,
        };
        fields.finish()?;
        Ok(statement)
    }

    /// Signs it; answers the envelope's bytes, which are kept for ever.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, SignerError> {
        cose::sign(Typ::Statement, &self.to_value(), signer)
    }

    /// What this routes by, if it is a `created` statement.
    pub fn created(&self) -> Result<Created, Refusal> {
        let wrong = Refusal::new(code::C_CREATED, "the created statement does not say where the record belongs");
        let text = |name: &str| self.content.get(name).and_then(Value::as_text);
        let needed = |name: &str| text(name).map(str::to_owned).ok_or(wrong);
        if self.sentence != Sentence::Step("created".into()) {
            return Err(wrong);
        }
        let case = match self.content.get("case") {
            None => None,
            Some(Value::Bytes(id)) => Some(RecordId::from_slice(id).map_err(|_| wrong)?),
            Some(_) => return Err(wrong),
        };
        let template = match text("template") {
            Some("record") => Template::Record,
            Some("draft") => Template::Draft,
            _ => return Err(wrong),
        };
        Ok(Created {
            kind: needed("kind")?,
            template,
            compartment: needed("compartment")?,
            case,
            school: text("school").map(str::to_owned),
            capacity: needed("capacity")?,
        })
    }

    /// Other records (with their heads) that a closing step says it took into account.
    #[must_use]
    pub fn considered(&self) -> Vec<(RecordId, Vec<ChangeHash>)> {
        let read = |item: &Value| {
            let map = item.as_map()?;
            let record = RecordId::from_slice(map.get("record")?.as_bytes()?).ok()?;
            let heads = map.get("heads")?.as_array()?;
            let heads = heads.iter().filter_map(|h| ChangeHash::from_slice(h.as_bytes()?).ok()).collect();
            Some((record, heads))
        };
        let items = self.content.get("considered").and_then(Value::as_array).unwrap_or_default();
        items.iter().take(CONSIDERED_MAX).filter_map(read).collect()
    }
}

impl Created {
    /// The content of the `created` statement; `sealed` is the sealed part it begins with, if any.
    #[must_use]
    pub fn content(&self, sealed: Option<(&str, Map)>) -> Map {
        let mut map = Map::new();
        map.insert("kind".into(), Value::text(&self.kind));
        map.insert("template".into(), Value::text(self.template.as_str()));
        map.insert("compartment".into(), Value::text(&self.compartment));
        map.insert("capacity".into(), Value::text(&self.capacity));
        if let Some(case) = self.case {
            map.insert("case".into(), Value::bytes(case.0));
        }
        if let Some(school) = &self.school {
            map.insert("school".into(), Value::text(school));
        }
        if let Some((part, content)) = sealed {
            let sealed = cbor::map([("part", Value::text(part)), ("content", Value::Map(content))]);
            map.insert("sealed".into(), sealed);
        }
        map
    }
}

/// A statement whose form and shape are right; the signature may not have been looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its identity.
    pub id: StatementHash,
    /// The key that is said to have signed.
    pub kid: DeviceId,
    /// What it says.
    pub statement: Statement,
    /// The envelope as received.
    pub bytes: Vec<u8>,
}

impl Opened {
    /// Reads an envelope without checking its signature.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let opened = Self::form(bytes)?;
        let payload =
            opened.payload_unverified().map_err(|_| Refusal::new(code::S_FORM, "the payload is not deterministic"))?;
        Ok(Self {
            id: opened.identity(),
            kid: opened.kid(),
            statement: Statement::from_value(payload)?,
            bytes: bytes.to_vec(),
        })
    }

    fn form(bytes: &[u8]) -> Result<Unverified<'_>, Refusal> {
        if bytes.len() > STATEMENT_BYTES_MAX {
            return refuse(code::C_VALUES, "a statement over its size limit");
        }
        cose::open(Typ::Statement, bytes).map_err(|_| Refusal::new(code::S_FORM, "not a statement of the profile"))
    }

    /// Checks the signature under the key its `kid` names.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        match Self::form(&self.bytes)?.verify(key) {
            Ok(_) => Ok(()),
            Err(CoseError::Key) => refuse(code::S_KEY, "another key than the one that is named"),
            Err(_) => refuse(code::S_SIGNATURE, "the signature does not verify"),
        }
    }
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} of {}", self.kind, self.sentence, self.record)
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({})", self.statement, self.id)
    }
}

/// The code of a signer's failure.
#[must_use]
pub fn signer_code(error: SignerError) -> Code {
    match error {
        SignerError::Locked => code::D_KEY_LOCKED,
        SignerError::Timeout => code::D_SIGNER_TIMEOUT,
        SignerError::Failed | SignerError::Key => code::D_SIGNER,
    }
}
