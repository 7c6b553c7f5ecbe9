//! Reading a bundle: hostile input, on a machine with no store.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use documents::{Candidate, Opened, Sentence, Template};
use records::Policy;
use serde_json::Value as Json;
use signed::cbor::{self, Map, Value};
use signed::digest::sha256;
use signed::{Code, DeviceId, FrameHash, PublicKey, RecordId, StatementHash, Timestamp, code};
use wire::{Epoch, Message};

use super::people::People;
use super::replay::{Grown, World};
use super::{BUNDLE_BYTES_MAX, BUNDLE_RECORD_CHANGES_MAX, BUNDLE_VALUES_MAX, EXPORT, VERSION};
use crate::api::answer::{self, BundleFault, BundleVerified};
use crate::error::{FieldError, Result};

/// Faults that are listed; what is more is counted.
const FAULTS_MAX: usize = 200;

/// Checks the bundle in a file, as [`verify_bytes`]. `STORE.io` when it cannot be read, `B.too_large` when
/// it is larger than a bundle may be. No store is opened, and none is made.
pub fn verify(file: &Path, pins: &[[u8; 32]]) -> Result<Json> {
    let unreadable =
        |error: std::io::Error| FieldError::new(code::STORE_IO, format!("the bundle cannot be read: {}", error.kind()));
    let most = BUNDLE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    File::open(file).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(FieldError::new(code::B_TOO_LARGE, "more than a bundle may hold"));
    }
    Ok(verify_bytes(&bytes, pins))
}

/// Checks a bundle: its maker's seal over the whole, every change and statement, that the keys are vouched
/// for by the server's key, that what is shown follows from the changes, receipts, deliveries and the chain
/// of reads: `{"ok","faults":[{"code","what"}],"records","statements","pins","exported_by","exported_at",..}`.
/// With `pins`, only a server key of one of them counts.
#[must_use]
pub fn verify_bytes(bytes: &[u8], pins: &[[u8; 32]]) -> Json {
    let mut check = Check::default();
    match wire::decode_within(bytes, BUNDLE_VALUES_MAX) {
        Ok(Value::Map(map)) => check.whole(map, pins),
        Ok(_) | Err(_) => check.fault(code::B_FORM, "the file is not a bundle"),
    }
    let verified = BundleVerified {
        ok: check.faults.is_empty(),
        faults: check.faults,
        more: check.more,
        records: check.records,
        masked: check.masked,
        statements: check.statements.len() as u64,
        receipts: check.receipts,
        reads: check.reads,
        shown_checked: check.shown,
        pins: check.people.servers().iter().map(|key| sha256(key.spki()).into()).collect(),
        exported_by: check.by,
        exported_at: check.at.map(Into::into),
        purpose: check.purpose,
        to_whom: check.to_whom,
    };
    answer::json(&verified)
}

#[derive(Default)]
struct Check {
    faults: Vec<BundleFault>,
    more: u64,
    people: People,
    grown: BTreeMap<RecordId, Grown>,
    claims: Vec<(RecordId, Json)>,
    /// Every statement of the changes, by its record.
    statements: BTreeMap<StatementHash, RecordId>,
    kids: BTreeSet<DeviceId>,
    ids: BTreeSet<RecordId>,
    records: u64,
    masked: u64,
    receipts: u64,
    reads: u64,
    shown: bool,
    by: String,
    at: Option<Timestamp>,
    purpose: Option<String>,
    to_whom: Option<String>,
}

impl Check {
    fn fault(&mut self, code: Code, what: impl Into<String>) {
        if !records::rules::switch::on("R97") {
            return;
        }
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(BundleFault { code: code.into(), what: what.into() });
        } else {
            self.more += 1;
        }
    }

    fn whole(&mut self, mut map: Map, pins: &[[u8; 32]]) {
        let seal = map.remove("seal");
        let unsealed = Value::Map(map);
        let hash = sha256(&cbor::encode(&unsealed));
        let Value::Map(map) = unsealed else { return };
        if map.get("version").and_then(Value::as_uint) != Some(VERSION) {
            self.fault(code::B_FORM, "a bundle of another version");
        }
        let list = |name: &str| map.get(name).and_then(Value::as_array).unwrap_or_default();
        let text = |name: &str| map.get(name).and_then(Value::as_text).map(str::to_owned);
        (self.purpose, self.to_whom) = (text("purpose"), text("to_whom"));
        self.servers(list("server_keys"), pins);
        for statement in list("directory") {
            if !statement.as_bytes().is_some_and(|bytes| self.people.take(bytes)) {
                self.fault(code::B_DIRECTORY, "a directory statement that the server did not sign");
            }
        }
        self.seal(seal.as_ref(), &hash);
        list("records").iter().for_each(|record| self.record(record));
        self.listed(list("statements"));
        self.keys(map.get("keys"));
        list("receipts").iter().for_each(|receipt| self.receipt(receipt));
        let delivered = self.deliveries(list("delivery"));
        self.reads(list("reads"));
        // Other rules may rightly show it otherwise; everything else is checked all the same.
        if map.get("rules").and_then(Value::as_uint) == Some(records::RULES_VERSION) {
            self.shows(&delivered, map.get("policy"));
        }
    }

    fn servers(&mut self, keys: &[Value], pins: &[[u8; 32]]) {
        let mut servers = Vec::new();
        for key in keys {
            match key.as_bytes().map(PublicKey::from_spki) {
                Some(Ok(key)) if pins.is_empty() || pins.contains(&sha256(key.spki())) => servers.push(key),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.fault(code::B_SERVER_KEY, "a server key does not read"),
            }
        }
        servers.truncate(wire::limits::SERVER_KEYS_MAX);
        if servers.is_empty() {
            self.fault(code::B_PIN, "no server key of a pin that was asked for");
        }
        self.people = People::new(servers);
    }

    fn seal(&mut self, seal: Option<&Value>, hash: &[u8; 32]) {
        let opened = seal.and_then(Value::as_bytes).map(Opened::read);
        let Some(Ok(opened)) = opened else {
            return self.fault(code::B_SEAL, "the bundle is not sealed by its maker");
        };
        let statement = &opened.statement;
        self.by = statement.author.to_string();
        self.at = Some(statement.device_at);
        self.kids.insert(opened.kid);
        let step = matches!(&statement.sentence, Sentence::Step(step) if step == EXPORT);
        let says = statement.content.get("sha256").and_then(Value::as_bytes) == Some(hash.as_slice());
        if !(step && says && self.people.vouches(&opened)) {
            self.fault(code::B_SEAL, "the bundle is not what its maker sealed");
        }
    }

    fn record(&mut self, record: &Value) {
        self.records += 1;
        let Some(map) = record.as_map() else { return self.fault(code::B_RECORD, "a record does not read") };
        let id = map.get("id").and_then(Value::as_bytes).and_then(|id| RecordId::from_slice(id).ok());
        let shown = map.get("shown").and_then(Value::as_text).and_then(|text| serde_json::from_str(text).ok());
        let kind = map.get("kind").and_then(Value::as_text);
        let (Some(id), Some(shown), Some(kind)) = (id, shown, kind) else {
            return self.fault(code::B_RECORD, "a record does not read");
        };
        if !self.ids.insert(id) {
            return self.fault(code::B_RECORD, format!("{id}: twice in the bundle"));
        }
        let changes = map.get("changes").and_then(Value::as_array);
        match (map.get("masked"), changes) {
            (Some(Value::Bool(true)), None) => self.masked += 1,
            (Some(Value::Bool(false)), Some(changes)) => {
                self.claims.push((id, shown));
                self.grow(id, kind, changes);
            }
            _ => self.fault(code::B_RECORD, format!("{id}: neither whole nor masked")),
        }
    }

    /// A record grows again from its changes, each checked as the server checks it.
    fn grow(&mut self, id: RecordId, kind: &str, changes: &[Value]) {
        if changes.len() > BUNDLE_RECORD_CHANGES_MAX {
            return self.fault(code::B_TOO_LARGE, format!("{id}: more changes than a record may have here"));
        }
        let mut grown = Grown::new(id, kind);
        for change in changes {
            let fields = change.as_map();
            let bytes = fields.and_then(|map| map.get("bytes")).and_then(Value::as_bytes);
            let place = fields.and_then(|map| map.get("place")).and_then(Value::as_uint);
            let Some(Ok(candidate)) = bytes.map(|bytes| Candidate::read(bytes, Template::Record)) else {
                self.fault(code::B_CHANGE, format!("{id}: a change does not read"));
                continue;
            };
            for opened in candidate.statements() {
                self.statements.insert(opened.id, id);
                self.kids.insert(opened.kid);
                if !self.people.vouches(opened) {
                    self.fault(code::B_SIGNATURE, format!("{id}: {}", opened.id));
                }
            }
            if let Err(refusal) = grown.take(candidate, place) {
                self.fault(code::B_CHANGE, format!("{id}: a change does not fit its document ({})", refusal.code.name));
            }
        }
        let created = grown.view.created().map(|(_, created)| created.kind);
        if created.as_deref() != Some(kind) {
            self.fault(code::B_RECORD, format!("{id}: its changes begin no record of this kind"));
        }
        self.grown.insert(id, grown);
    }

    /// Every statement of the changes is listed, once, and no other.
    fn listed(&mut self, statements: &[Value]) {
        let listed = statements.iter().filter_map(Value::as_bytes).map(|bytes| StatementHash(sha256(bytes)));
        let listed: BTreeSet<StatementHash> = listed.collect();
        let strange = listed.iter().filter(|id| !self.statements.contains_key(*id)).count();
        if strange > 0 || listed.len() != self.statements.len() || statements.len() != listed.len() {
            self.fault(code::B_STATEMENTS, "what is listed is not every statement of the changes, once");
        }
    }

    /// The key of everybody who signed is given, and is the one that is vouched for.
    fn keys(&mut self, keys: Option<&Value>) {
        let given = keys.and_then(Value::as_map);
        let missing: Vec<String> = self
            .kids
            .iter()
            .filter(|kid| {
                let spki = given.and_then(|keys| keys.get(&kid.to_string())).and_then(Value::as_bytes);
                spki.is_none() || self.people.key(**kid).map(PublicKey::spki) != spki
            })
            .map(ToString::to_string)
            .collect();
        let more = given.map_or(0, Map::len) > self.kids.len();
        for kid in missing {
            self.fault(code::B_KEYS, format!("{kid}: its key is not given, or nobody vouches for it"));
        }
        if more {
            self.fault(code::B_KEYS, "keys of devices that signed nothing here");
        }
    }

    fn receipt(&mut self, receipt: &Value) {
        self.receipts += 1;
        let proves = || -> Option<bool> {
            let map = receipt.as_map()?;
            let bytes = |name: &str| map.get(name)?.as_bytes();
            let device = DeviceId::from_slice(bytes("device")?).ok()?;
            let frame = FrameHash(bytes("frame")?.try_into().ok()?);
            let epoch = Epoch(bytes("epoch")?.try_into().ok()?);
            let Ok(Message::Receipt(message)) = Message::decode(bytes("receipt")?) else { return None };
            let mut accepted = Vec::new();
            for item in map.get("statements")?.as_array()? {
                let hashes = item.as_array()?.iter().map(|hash| Some(StatementHash(hash.as_bytes()?.try_into().ok()?)));
                accepted.push(hashes.collect::<Option<Vec<_>>>()?);
            }
            let mut servers = self.people.servers().iter();
            Some(servers.any(|key| message.verify(device, frame, &accepted, key, epoch).is_ok()))
        };
        if proves() != Some(true) {
            self.fault(code::B_RECEIPT, "a receipt does not prove its frame");
        }
    }

    fn deliveries(&mut self, rows: &[Value]) -> BTreeMap<StatementHash, Vec<String>> {
        let mut delivered: BTreeMap<StatementHash, Vec<String>> = BTreeMap::new();
        for row in rows {
            let read = || {
                let map = row.as_map()?;
                let record = RecordId::from_slice(map.get("record")?.as_bytes()?).ok()?;
                let statement = StatementHash(map.get("statement")?.as_bytes()?.try_into().ok()?);
                Timestamp::parse(map.get("at")?.as_text()?).ok()?;
                let known = self.statements.get(&statement) == Some(&record);
                known.then_some((statement, map.get("to")?.as_text()?.to_owned()))
            };
            match read() {
                Some((statement, to)) => delivered.entry(statement).or_default().push(to),
                None => self.fault(code::B_DELIVERY, "a delivery of nothing that is in the bundle"),
            }
        }
        delivered
    }

    /// The chain of reads: each row holds the hash of the one before, so one that is left out is missed;
    /// and that this export was made is the last thing that was logged of each record.
    fn reads(&mut self, rows: &[Value]) {
        let mut before: Option<(i64, Vec<u8>)> = None;
        let mut told = BTreeSet::new();
        for row in rows {
            let read = || -> Option<(i64, Vec<u8>, Option<RecordId>)> {
                let map = row.as_map()?;
                let (number, hash) = (map.get("number")?.as_int()?, map.get("hash")?.as_bytes()?.to_vec());
                let Some(entry) = map.get("entry") else { return Some((number, hash, None)) };
                let of = entry.as_map()?;
                let document = RecordId::from_slice(of.get("document")?.as_bytes()?).ok()?;
                let holds = sha256(&cbor::encode(entry)) == hash.as_slice() && of.get("number")?.as_int()? == number;
                let previous = of.get("previous")?.as_bytes()?;
                let follows = before.as_ref().is_none_or(|(_, hash)| hash == previous);
                let user = of.get("user")?.as_text()? == self.by;
                let now = of.get("at")?.as_int() == self.at.map(Timestamp::millis);
                (holds && follows).then_some((number, hash, (user && now).then_some(document)))
            };
            let read = read()
                .filter(|(number, _, _)| before.as_ref().is_none_or(|(last, _)| last.checked_add(1) == Some(*number)));
            let Some((number, hash, export)) = read else {
                return self.fault(code::B_READS, "the chain of reads has a gap, or a read is not what was logged");
            };
            self.reads += u64::from(row.as_map().is_some_and(|map| map.contains_key("entry")));
            told.extend(export);
            before = Some((number, hash));
        }
        let silent: Vec<RecordId> = self.ids.difference(&told).copied().collect();
        for id in silent {
            self.fault(code::B_READS, format!("{id}: that it was exported is not in the chain"));
        }
    }

    /// What is shown is what follows from the changes.
    fn shows(&mut self, delivered: &BTreeMap<StatementHash, Vec<String>>, policy: Option<&Value>) {
        let map = policy.and_then(Value::as_map);
        let version = map.and_then(|map| map.get("version")).and_then(Value::as_uint).unwrap_or(1);
        let policy = match map.and_then(|map| map.get("values")) {
            Some(values) => Policy::from_value(values, version),
            None => Policy::DEFAULT,
        };
        let Some(now) = self.at else { return };
        let world = World { people: &self.people, records: &self.grown, delivered, policy: &policy, now };
        let wrong: Vec<RecordId> = self
            .claims
            .iter()
            .filter(|(id, shown)| world.shown(*id).as_ref() != Some(shown))
            .map(|(id, _)| *id)
            .collect();
        self.shown = true;
        for id in wrong {
            self.fault(code::B_SHOWN, format!("{id}: what is shown is not what its changes say"));
        }
    }
}
