//! Reading a bundle: hostile input, on a machine with no store.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use documents::declaration::Undeclared;
use documents::{Candidate, Declaration, DocState, MemoryHistory, Opened, Sentence, Template, Verdict};
use serde_json::Value as Json;
use signed::cbor::{self, Map, Value};
use signed::digest::sha256;
use signed::{DeviceId, FrameHash, PublicKey, RecordId, StatementHash, code};
use wire::{Epoch, Message};

use super::{BUNDLE_BYTES_MAX, EXPORT};
use crate::api::answer::{self, BundleFault, BundleVerified};
use crate::error::{FieldError, Result};

/// Faults that are listed.
const FAULTS_MAX: usize = 200;

/// Checks a bundle: its maker's seal over the whole, every statement and change, that the keys are
/// vouched for by the server's key, receipts, and the chain of reads.
pub fn verify(file: &Path) -> Result<Json> {
    let unreadable = |_| FieldError::new(code::STORE_IO, "the bundle cannot be read");
    let mut bytes = Vec::new();
    File::open(file).map_err(unreadable)?.take(BUNDLE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BUNDLE_BYTES_MAX {
        return Err(FieldError::new(code::I_TOO_LARGE, "more than a bundle may hold"));
    }
    let mut check = Check::default();
    match cbor::decode(&bytes) {
        Ok(Value::Map(map)) => check.whole(map),
        Ok(_) | Err(_) => check.fault("B.form", "the file is not a bundle"),
    }
    let faults = check.faults;
    Ok(answer::json(&BundleVerified {
        ok: faults.is_empty(),
        faults,
        records: check.records,
        statements: check.statements.len() as u64,
        receipts: check.receipts,
        pins: check.servers.iter().map(|key| sha256(key.spki()).into()).collect(),
        exported_by: check.by,
        exported_at: check.at,
    }))
}

#[derive(Default)]
struct Check {
    faults: Vec<BundleFault>,
    servers: Vec<PublicKey>,
    /// Keys the server's statements vouch for, with whose they are.
    vouched: BTreeMap<DeviceId, (PublicKey, Vec<String>)>,
    statements: Vec<StatementHash>,
    records: u64,
    receipts: u64,
    by: String,
    at: String,
}

impl Check {
    fn fault(&mut self, code: &str, what: impl Into<String>) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(BundleFault { code: code.to_owned(), what: what.into() });
        }
    }

    fn whole(&mut self, mut map: Map) {
        let seal = map.remove("seal");
        let hash = sha256(&cbor::encode(&Value::Map(map.clone())));
        let list = |name: &str| map.get(name).and_then(Value::as_array).unwrap_or_default();
        for key in list("server_keys") {
            match key.as_bytes().map(PublicKey::from_spki) {
                Some(Ok(key)) => self.servers.push(key),
                _ => self.fault("B.server_key", "a server key does not read"),
            }
        }
        list("directory").iter().for_each(|statement| self.directory(statement));
        self.seal(seal.as_ref(), &hash);
        let listed: Vec<[u8; 32]> = list("statements").iter().filter_map(Value::as_bytes).map(sha256).collect();
        list("records").iter().for_each(|record| self.record(record));
        for hash in &listed {
            if !self.statements.iter().any(|known| known.0 == *hash) {
                self.fault("B.statement", "a statement that no change of the bundle carries");
            }
        }
        if listed.len() != self.statements.len() {
            self.fault("B.statements", "not every statement of the changes is listed, once");
        }
        list("receipts").iter().for_each(|receipt| self.receipt(receipt));
        self.reads(list("reads"));
    }

    /// The server's statement about a device vouches for its key.
    fn directory(&mut self, statement: &Value) {
        let opened = statement.as_bytes().map(Opened::read);
        let Some(Ok(opened)) = opened else { return self.fault("B.directory", "a directory statement does not read") };
        let held = self.servers.iter().any(|key| key.id() == opened.kid && opened.verify(key).is_ok());
        if !held {
            return self.fault("B.directory", "a directory statement that the server did not sign");
        }
        let content = &opened.statement.content;
        let user = content.get("user").and_then(Value::as_text).map(str::to_owned);
        let key = content.get("spki").and_then(Value::as_bytes).and_then(|spki| PublicKey::from_spki(spki).ok());
        if let (Sentence::Step(step), Some(user), Some(key)) = (&opened.statement.sentence, user, key)
            && step == "device"
        {
            self.vouched.entry(key.id()).or_insert_with(|| (key, Vec::new())).1.push(user);
        }
    }

    fn seal(&mut self, seal: Option<&Value>, hash: &[u8; 32]) {
        let opened = seal.and_then(Value::as_bytes).map(Opened::read);
        let Some(Ok(opened)) = opened else { return self.fault("B.seal", "the bundle is not sealed by its maker") };
        self.by = opened.statement.author.to_string();
        self.at = opened.statement.device_at.to_string();
        let step = matches!(&opened.statement.sentence, Sentence::Step(step) if step == EXPORT);
        let says = opened.statement.content.get("sha256").and_then(Value::as_bytes) == Some(hash.as_slice());
        if !(step && says && self.vouches(&opened)) {
            self.fault("B.seal", "the bundle is not what its maker sealed");
        }
    }

    /// Whether a statement was signed by the device of whom it says, or by the server.
    fn vouches(&self, opened: &Opened) -> bool {
        if let Some(key) = self.servers.iter().find(|key| key.id() == opened.kid) {
            return opened.statement.author.as_str() == "server" && opened.verify(key).is_ok();
        }
        let Some((key, users)) = self.vouched.get(&opened.kid) else { return false };
        users.iter().any(|user| user == opened.statement.author.as_str()) && opened.verify(key).is_ok()
    }

    /// A record grows again from its changes, each checked as the server checks it.
    fn record(&mut self, record: &Value) {
        self.records += 1;
        let Some(map) = record.as_map() else { return self.fault("B.record", "a record does not read") };
        let id = map.get("id").and_then(Value::as_bytes).and_then(|id| RecordId::from_slice(id).ok());
        let Some(id) = id else { return self.fault("B.record", "a record has no id") };
        if map.get("masked") == Some(&Value::Bool(true)) {
            return;
        }
        let kind = map.get("kind").and_then(Value::as_text).unwrap_or_default();
        let (declaration, rules): (&dyn Declaration, u64) = match records::kind(kind) {
            Some(kind) => (kind, records::RULES_VERSION),
            None => (&Undeclared, 0),
        };
        let (mut state, mut history) = (DocState::new(Template::Record), MemoryHistory::default());
        for change in map.get("changes").and_then(Value::as_array).unwrap_or_default() {
            let read = change.as_bytes().map(|bytes| Candidate::read(bytes, Template::Record));
            let Some(Ok(candidate)) = read else {
                self.fault("B.change", format!("{id}: a change does not read"));
                continue;
            };
            for opened in candidate.statements() {
                self.statements.push(opened.id);
                if !self.vouches(opened) {
                    self.fault("B.signature", format!("{id}: {}", opened.id));
                }
            }
            match documents::check(candidate, id, &state, &history, declaration, rules) {
                Ok(Verdict::Fits(checked)) => {
                    state.apply(&checked);
                    history.apply(&checked);
                }
                Ok(Verdict::Known | Verdict::Need(_) | Verdict::Refused(_)) => {
                    self.fault("B.change", format!("{id}: a change does not fit its document"));
                }
            }
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
            Some(self.servers.iter().any(|key| message.verify(device, frame, &accepted, key, epoch).is_ok()))
        };
        if proves() != Some(true) {
            self.fault("B.receipt", "a receipt does not prove its frame");
        }
    }

    /// The chain of reads: each row names the hash of the one before; a row that is left out is missed.
    fn reads(&mut self, rows: &[Value]) {
        let mut before: Option<Vec<u8>> = None;
        for row in rows {
            let Some(map) = row.as_map() else { return self.fault("B.reads", "a read does not read back") };
            let bytes = |name: &str| map.get(name).and_then(Value::as_bytes).map(<[u8]>::to_vec);
            let (previous, hash) = (bytes("previous"), bytes("hash"));
            if before.is_some() && before != previous {
                self.fault("B.reads", "the chain of reads has a gap");
            }
            // What is in it in full hashes to what it says.
            if let Some(entry) = map.get("entry")
                && hash.as_deref() != Some(sha256(&cbor::encode(entry)).as_slice())
            {
                self.fault("B.reads", "a read is not what was logged");
            }
            before = hash;
        }
    }
}
