//! Making a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use documents::{Sentence, Statement};
use records::matching::Screen;
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::cbor::{self, Map, Value};
use signed::digest::sha256;
use signed::{RecordId, code};

use super::{EXPORT, VERSION};
use crate::api::answer::{self, Exported};
use crate::api::timeline::{Of, records_of};
use crate::error::{FieldError, Result};
use crate::field::{Field, Me, Moment};
use crate::ports;
use crate::project::Reader;
use crate::store::log::{self, Consultation};
use crate::store::{changes, directory, frames, weighed};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A whole case.
    Case(RecordId),
    /// One record.
    Record(RecordId),
}

impl Field {
    /// Writes a bundle; that it was made, for what and for whom, is logged before the file exists.
    pub fn export(&self, what: What, to: &Path, purpose: Option<String>) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let moment = self.moment();
        let random = ports::bytes(self.random())?;
        let (bytes, counts) = self.write(false, |db| {
            let records = match what {
                What::Case(case) => records_of(db, Of::Case(case))?,
                What::Record(id) => vec![id],
            };
            let mut making = Making::new(db, &me, &moment)?;
            for id in records {
                making.record(id)?;
            }
            if making.records.is_empty() {
                return Err(FieldError::new(code::I_NOT_FOUND, "nothing of this is on this device"));
            }
            let (What::Case(about) | What::Record(about)) = what;
            log::append(
                db,
                &Consultation {
                    at: moment.now,
                    mono_ms: moment.mono_ms,
                    boot: &moment.boot,
                    user: &me.user,
                    device: me.device,
                    document: about,
                    purpose: Some(purpose.as_deref().unwrap_or(EXPORT)),
                },
            )?;
            let counts = (making.records.len() as u64, making.statements.len() as u64, making.masked);
            Ok((making.finish(about, random)?, counts))
        })?;
        write(to, &bytes)?;
        let (records, statements, masked) = counts;
        let file = to.display().to_string();
        Ok(answer::json(&Exported { file, sha256: sha256(&bytes).into(), records, statements, masked }))
    }
}

fn write(to: &Path, bytes: &[u8]) -> Result<()> {
    let io = |_| FieldError::new(code::STORE_IO, "the bundle cannot be written there");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(to).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)
}

struct Making<'a> {
    db: &'a Connection,
    me: &'a Me,
    moment: &'a Moment,
    screen: Screen,
    records: Vec<Value>,
    statements: Vec<Value>,
    keys: Map,
    receipts: BTreeMap<(i64, i64), Value>,
    masked: u64,
    ids: BTreeSet<RecordId>,
}

impl<'a> Making<'a> {
    fn new(db: &'a Connection, me: &'a Me, moment: &'a Moment) -> Result<Self> {
        let vaulted = weighed::all(db)?;
        let reporters = vaulted.iter().filter(|row| matches!(row.compartment, records::Compartment::Reporter { .. }));
        let screen = Screen::of(reporters.map(|row| &row.body));
        Ok(Self {
            db,
            me,
            moment,
            screen,
            records: Vec::new(),
            statements: Vec::new(),
            keys: Map::new(),
            receipts: BTreeMap::new(),
            masked: 0,
            ids: BTreeSet::new(),
        })
    }

    /// Adds a record with its changes as they were received. What a vault holds is never in it; a record
    /// whose words would tell who a reporter is goes in masked, without its changes (R47).
    fn record(&mut self, id: RecordId) -> Result<()> {
        let Some(row) = changes::document(self.db, id)?.filter(|row| row.id == row.record) else { return Ok(()) };
        if row.compartment.starts_with("REPORTER") {
            return Ok(());
        }
        let view = changes::view(self.db, &row)?;
        let shown = Reader { db: self.db, me: self.me, moment: self.moment }.shown(&row, &view)?;
        let words = shown.body.to_string();
        let masked = !self.screen.is_empty() && !self.screen.finds(&words).is_empty();
        let body = if masked { self.screen.masked(&shown.body) } else { shown.body };
        let mut map = Map::new();
        map.insert("id".into(), Value::bytes(id.0));
        map.insert("kind".into(), Value::text(&row.kind));
        map.insert("status".into(), Value::text(&shown.status));
        map.insert("shown".into(), Value::text(body.to_string()));
        map.insert("masked".into(), Value::Bool(masked));
        if masked {
            self.masked += 1;
        } else {
            let changes = changes::changes(self.db, id)?;
            map.insert("changes".into(), Value::Array(changes.iter().map(|c| Value::bytes(&c.bytes)).collect()));
            for said in &view.statements {
                self.statements.push(Value::bytes(&said.opened.bytes));
                if let Some(key) = directory::key_of(self.db, self.me, said.opened.kid)? {
                    self.keys.insert(said.opened.kid.to_string(), Value::bytes(key.spki()));
                }
            }
            self.ids.insert(id);
            for (place, receipt) in frames::proofs(self.db, self.me, id)? {
                self.receipts.insert(place, receipt);
            }
        }
        self.records.push(Value::Map(map));
        Ok(())
    }

    /// The whole, signed by this device: a record that is taken out is missed.
    fn finish(mut self, about: RecordId, salt: [u8; 16]) -> Result<Vec<u8>> {
        let own = self.me.signer.public_key().clone();
        self.keys.insert(own.id().to_string(), Value::bytes(own.spki()));
        let mut map = Map::new();
        map.insert("version".into(), Value::Int(VERSION));
        map.insert("statements".into(), Value::Array(self.statements));
        map.insert("records".into(), Value::Array(self.records));
        map.insert("receipts".into(), Value::Array(self.receipts.into_values().collect()));
        map.insert("directory".into(), Value::Array(directory::all(self.db)?.into_iter().map(Value::Bytes).collect()));
        let servers = self.me.server_keys.iter().map(|key| Value::bytes(key.spki()));
        map.insert("server_keys".into(), Value::Array(servers.collect()));
        map.insert("reads".into(), Value::Array(log::chain(self.db, &self.ids)?));
        map.insert("keys".into(), Value::Map(self.keys));
        let hash = sha256(&cbor::encode(&Value::Map(map.clone())));
        let statement = Statement {
            record: about,
            kind: String::from("bundle"),
            sentence: Sentence::Step(EXPORT.to_owned()),
            version: 1,
            content: Map::from([(String::from("sha256"), Value::bytes(hash))]),
            author: self.me.user.clone(),
            role: self.me.role.as_str().to_owned(),
            actor: self.me.actor,
            event_at: None,
            device_at: self.moment.now,
            mono_ms: self.moment.mono_ms,
            boot: self.moment.boot.clone(),
            offset_ms: None,
            rules: records::RULES_VERSION,
            policy: 1,
            gaps: Vec::new(),
            seen: Vec::new(),
            shown: Vec::new(),
            salt,
        };
        map.insert("seal".into(), Value::bytes(statement.sign(&*self.me.signer)?));
        Ok(cbor::encode(&Value::Map(map)))
    }
}
