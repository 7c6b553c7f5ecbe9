//! Making a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use documents::{Candidate, Sentence, Statement, Template, Write};
use records::matching::Screen;
use records::{Compartment, Policy, may_enter};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::cbor::{self, Map, Value};
use signed::digest::sha256;
use signed::{ActorId, DeviceId, RecordId, StatementHash, UserId, code};

use super::people::People;
use super::replay::{Grown, World};
use super::{BUNDLE_BYTES_MAX, BUNDLE_RECORD_CHANGES_MAX, BUNDLE_VALUES_MAX, BUNDLE_WORDS_BYTES_MAX, EXPORT, VERSION};
use crate::api::answer::{self, Exported};
use crate::api::timeline::{Of, records_of};
use crate::error::{FieldError, Result, damaged};
use crate::field::{Field, Me, Moment};
use crate::ports;
use crate::store::log::{self, Consultation};
use crate::store::{changes, directory, frames, lists, meta, millis, policy, weighed};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A whole case.
    Case(RecordId),
    /// One record.
    Record(RecordId),
}

/// An export: what, where to, and what is logged of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    /// What is in it.
    pub what: What,
    /// The file; what was there before is replaced.
    pub to: PathBuf,
    /// What it is made for.
    pub purpose: Option<String>,
    /// Who will have it.
    pub to_whom: Option<String>,
    /// With what the vault holds of a reporter (R47): for holders of the vault alone.
    pub with_reporter: bool,
}

impl Field {
    /// Writes a bundle. That it was made, for what and for whom, is logged for every record in it before
    /// the file exists. `I.not_found` when nothing of it is held here, `I.denied` when a reporter is asked
    /// for by who may not hold the vault, `B.too_large` past the limits, `STORE.io` when it cannot be written.
    pub fn export(&self, export: &Export) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let moment = self.moment();
        let purpose = purpose(export)?;
        let (What::Case(about) | What::Record(about)) = export.what;
        if export.with_reporter && !may_enter(me.role, &Compartment::Reporter { case: about }) {
            return Err(no_vault());
        }
        let random = ports::bytes(self.random())?;
        let (bytes, counts) = self.write(false, |db| {
            let records = match export.what {
                What::Case(case) => records_of(db, Of::Case(case))?,
                What::Record(id) => vec![id],
            };
            let mut making = Making::new(db, &me, &moment, export)?;
            for id in records {
                making.record(id)?;
            }
            if making.grown.is_empty() {
                return Err(FieldError::new(code::I_NOT_FOUND, "nothing of this is on this device"));
            }
            if export.with_reporter && !making.holds_vault()? {
                return Err(no_vault());
            }
            for document in making.grown.keys() {
                let entry = Consultation {
                    at: moment.now,
                    mono_ms: moment.mono_ms,
                    boot: &moment.boot,
                    user: &me.user,
                    device: me.device,
                    document: *document,
                    purpose: Some(&purpose),
                };
                log::append(db, &entry)?;
            }
            making.finish(about, random)
        })?;
        write_file(&export.to, &bytes)?;
        let file = export.to.display().to_string();
        Ok(answer::json(&Exported { file, sha256: sha256(&bytes).into(), ..counts }))
    }
}

/// What the log says of it.
fn purpose(export: &Export) -> Result<String> {
    let given = [&export.purpose, &export.to_whom];
    if given.into_iter().flatten().any(|text| text.len() > BUNDLE_WORDS_BYTES_MAX) {
        let message = format!("a purpose and a recipient have at most {BUNDLE_WORDS_BYTES_MAX} bytes each");
        return Err(FieldError::new(code::I_TOO_LARGE, message));
    }
    let mut text = String::from(if export.with_reporter { "export with reporter" } else { EXPORT });
    if let Some(whom) = &export.to_whom {
        text = format!("{text}; to: {whom}");
    }
    if let Some(purpose) = &export.purpose {
        text = format!("{text}; for: {purpose}");
    }
    Ok(text)
}

/// Writes the file beside its place first: nobody ever finds half a bundle, and nobody else reads it.
pub(crate) fn write_file(to: &Path, bytes: &[u8]) -> Result<()> {
    let io = |error: std::io::Error| {
        FieldError::new(code::STORE_IO, format!("the bundle cannot be written there: {}", error.kind()))
    };
    let mut name = to.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part).map_err(io)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&part, to));
    if let Err(error) = written {
        let _ = fs::remove_file(&part);
        return Err(io(error));
    }
    // A name is on disk only when its folder is.
    #[cfg(unix)]
    {
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(())
}

struct Making<'a> {
    db: &'a Connection,
    me: &'a Me,
    moment: &'a Moment,
    export: &'a Export,
    screen: Screen,
    /// Records as they are held, in the order of the case.
    order: Vec<RecordId>,
    grown: BTreeMap<RecordId, Grown>,
    changes: BTreeMap<RecordId, Vec<Value>>,
    actors: BTreeSet<ActorId>,
    /// Records in whose changes a reporter is named.
    named: BTreeSet<RecordId>,
    headlines: Vec<Value>,
}

impl<'a> Making<'a> {
    fn new(db: &'a Connection, me: &'a Me, moment: &'a Moment, export: &'a Export) -> Result<Self> {
        let held = if export.with_reporter { Vec::new() } else { weighed::all(db)? };
        let reporters = held.iter().filter(|row| matches!(row.compartment, Compartment::Reporter { .. }));
        Ok(Self {
            db,
            me,
            moment,
            export,
            screen: Screen::of(reporters.map(|row| &row.body)),
            order: Vec::new(),
            grown: BTreeMap::new(),
            changes: BTreeMap::new(),
            actors: BTreeSet::from([me.actor]),
            named: BTreeSet::new(),
            headlines: Vec::new(),
        })
    }

    /// Takes a record in, with its changes as they were received. What the vault holds is left out (R47).
    fn record(&mut self, id: RecordId) -> Result<()> {
        let Some(row) = changes::document(self.db, id)?.filter(|row| row.id == row.record) else {
            return self.headline(id);
        };
        if row.compartment.starts_with("REPORTER") && !self.export.with_reporter {
            return Ok(());
        }
        let mut grown = Grown::new(id, &row.kind);
        let mut kept = Vec::new();
        let stored = changes::changes(self.db, id)?;
        if stored.len() > BUNDLE_RECORD_CHANGES_MAX {
            return Err(too_large());
        }
        for change in stored {
            self.actors.insert(change.info.actor);
            let candidate = Candidate::read(&change.bytes, Template::Record)?;
            let checked = grown
                .take(candidate, change.inbox)
                .map_err(|_| damaged("a stored change does not fit its document; verify tells more"))?;
            if checked.writes.iter().any(|write| names(&self.screen, write)) {
                self.named.insert(id);
            }
            let mut map = Map::from([
                (String::from("bytes"), Value::Bytes(change.bytes)),
                (String::from("kept_at"), Value::text(change.saved_at.to_string())),
            ]);
            map.extend(change.inbox.map(|place| (String::from("place"), Value::uint(place))));
            let received = change.received.map(signed::Timestamp::from_millis);
            map.extend(received.map(|at| (String::from("received_at"), Value::text(at.to_string()))));
            kept.push(Value::Map(map));
        }
        self.order.push(id);
        self.grown.insert(id, grown);
        self.changes.insert(id, kept);
        Ok(())
    }

    /// Whether this device holds a vault of one of the cases that go out.
    fn holds_vault(&self) -> Result<bool> {
        let cases: BTreeSet<RecordId> = self.grown.values().filter_map(Grown::case).collect();
        let of_one = |row: &records::rules::Row| matches!(row.compartment, Compartment::Reporter { case } if cases.contains(&case));
        Ok(weighed::all(self.db)?.iter().any(of_one))
    }

    /// A record of which this device knows only that it exists.
    fn headline(&mut self, id: RecordId) -> Result<()> {
        let line = lists::line(self.db, id)?.filter(|line| line.source != lists::Source::Draft);
        self.headlines.extend(line.map(|line| {
            cbor::map([
                ("id", Value::bytes(id.0)),
                ("kind", Value::text(line.kind)),
                ("status", Value::text(line.status)),
            ])
        }));
        Ok(())
    }

    /// The whole, signed by this device: a record that is taken out is missed.
    fn finish(self, about: RecordId, salt: [u8; 16]) -> Result<(Vec<u8>, Exported)> {
        let people = self.people()?;
        let policy = policy::current(self.db)?;
        let values = policy.to_value();
        let policy = Policy::from_value(&values, policy.version);
        let deliveries = self.deliveries()?;
        let mut delivered: BTreeMap<StatementHash, Vec<String>> = BTreeMap::new();
        for (_, statement, to, _) in &deliveries {
            delivered.entry(*statement).or_default().push(to.clone());
        }
        let (known, now) = (&people.1, self.moment.now);
        let world = World { people: known, records: &self.grown, delivered: &delivered, policy: &policy, now };
        let mut counts = Exported { file: String::new(), sha256: [0; 32].into(), records: 0, statements: 0, masked: 0 };
        let mut parts = Parts::default();
        for id in &self.order {
            self.part(&world, *id, &mut parts, &mut counts)?;
        }
        parts.kids.insert(self.me.device);
        for kid in &parts.kids {
            let own = || (*kid == self.me.device).then(|| self.me.signer.public_key().clone());
            if let Some(key) = known.key(*kid).cloned().or_else(own) {
                parts.keys.insert(kid.to_string(), Value::bytes(key.spki()));
            }
        }
        let text = |text: &Option<String>| text.clone().map(Value::Text);
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("version", Value::uint(VERSION));
        put("rules", Value::uint(records::RULES_VERSION));
        put("policy", cbor::map([("version", Value::uint(policy.version)), ("values", values)]));
        put("statements", Value::Array(parts.statements));
        put("records", Value::Array(parts.records));
        put("headlines", Value::Array(self.headlines));
        put("receipts", Value::Array(parts.receipts.into_values().collect()));
        put("directory", Value::Array(people.0.into_iter().map(Value::Bytes).collect()));
        put("server_keys", Value::Array(known.servers().iter().map(|key| Value::bytes(key.spki())).collect()));
        put("delivery", Value::Array(deliveries.into_iter().filter_map(|row| delivery(row, &parts.listed)).collect()));
        let ids: BTreeSet<RecordId> = self.grown.keys().copied().collect();
        put("prompts", Value::Array(prompts(self.db, &ids, &self.screen)?));
        let names = |purpose: &str| masked(&self.screen, &Json::from(purpose)).is_some();
        put("reads", Value::Array(log::stretch(self.db, &ids, names)?));
        put("keys", Value::Map(parts.keys));
        for (name, given) in [("purpose", &self.export.purpose), ("to_whom", &self.export.to_whom)] {
            if let Some(value) = text(given) {
                map.insert(name.to_owned(), value);
            }
        }
        let unsealed = Value::Map(map);
        let seal = seal(self.db, self.me, self.moment, about, sha256(&cbor::encode(&unsealed)), salt)?;
        let Value::Map(mut map) = unsealed else { return Err(too_large()) };
        map.insert(String::from("seal"), Value::Bytes(seal));
        let bytes = cbor::encode(&Value::Map(map));
        if bytes.len() > BUNDLE_BYTES_MAX || wire::decode_within(&bytes, BUNDLE_VALUES_MAX).is_err() {
            return Err(too_large());
        }
        Ok((bytes, counts))
    }

    /// The directory statements about everybody who speaks here, and what they say.
    fn people(&self) -> Result<(Vec<Vec<u8>>, People)> {
        let said = self.grown.values().flat_map(|grown| &grown.view.statements);
        let (mut devices, mut users) = (BTreeSet::from([self.me.device]), BTreeSet::from([self.me.user.to_string()]));
        for said in said {
            devices.insert(said.opened.kid);
            users.insert(said.opened.statement.author.to_string());
        }
        let statements = directory::about(self.db, &devices, &self.actors, &users)?;
        let mut people = People::new(self.me.server_keys.clone());
        for statement in &statements {
            people.take(statement);
        }
        Ok((statements, people))
    }

    /// One record as it goes in: whole, or masked and without its changes where its words would tell who
    /// a reporter is.
    fn part(&self, world: &World<'_>, id: RecordId, parts: &mut Parts, counts: &mut Exported) -> Result<()> {
        let (Some(grown), Some(shown)) = (self.grown.get(&id), world.shown(id)) else { return Ok(()) };
        let (changes, heard) = (self.changes.get(&id).cloned().unwrap_or_default(), &grown.view.statements);
        // The words may stand in the history alone: in a value that was replaced, in the reason of a step.
        let hidden = masked(&self.screen, &shown).or_else(|| self.named.contains(&id).then(|| shown.clone()));
        let mut map = Map::from([
            (String::from("id"), Value::bytes(id.0)),
            (String::from("kind"), Value::text(grown.kind())),
            (String::from("masked"), Value::Bool(hidden.is_some())),
            (String::from("shown"), Value::text(hidden.as_ref().unwrap_or(&shown).to_string())),
        ]);
        if hidden.is_some() {
            let named = heard.iter().map(|said| Value::bytes(said.opened.id.0)).collect();
            map.insert(String::from("withheld"), Value::Array(named));
            counts.masked += 1;
        } else {
            map.insert(String::from("changes"), Value::Array(changes));
            for said in heard {
                parts.statements.push(Value::bytes(&said.opened.bytes));
                parts.listed.insert(said.opened.id);
                parts.kids.insert(said.opened.kid);
            }
            for (place, receipt) in frames::proofs(self.db, self.me, id)? {
                parts.receipts.insert(place, receipt);
            }
        }
        counts.records += 1;
        counts.statements = parts.statements.len() as u64;
        parts.records.push(Value::Map(map));
        Ok(())
    }

    fn deliveries(&self) -> Result<Vec<(RecordId, StatementHash, String, i64)>> {
        let mut query = self.db.prepare_cached(
            "SELECT statement, recipient, at FROM delivery WHERE document = ?1 ORDER BY at, recipient",
        )?;
        let mut found = Vec::new();
        for id in &self.order {
            let mut rows = query.query([&id.0])?;
            while let Some(row) = rows.next()? {
                found.push((*id, StatementHash(row.get(0)?), row.get(1)?, row.get(2)?));
            }
        }
        Ok(found)
    }
}

#[derive(Default)]
struct Parts {
    records: Vec<Value>,
    statements: Vec<Value>,
    listed: BTreeSet<StatementHash>,
    kids: BTreeSet<DeviceId>,
    keys: Map,
    receipts: BTreeMap<(i64, i64), Value>,
}

/// A value without the words by which a reporter could be known (R47); none where there are no such words.
/// The screen is made of the reporters whose vault this device holds.
fn masked(screen: &Screen, value: &Json) -> Option<Json> {
    let clean = screen.masked(value);
    (clean != *value).then_some(clean)
}

/// Whether what a change writes names a reporter.
fn names(screen: &Screen, write: &Write) -> bool {
    let said = match write {
        Write::Statement { opened, .. } => Value::Map(opened.statement.content.clone()),
        Write::Entry { entry, .. } | Write::Cautious { entry, .. } => entry.value.clone(),
        Write::Field { value, .. } => value.to_value(),
        Write::FieldDelete { .. } | Write::Insert { .. } | Write::Remove { .. } => return false,
    };
    masked(screen, &said.to_json()).is_some()
}

fn delivery(row: (RecordId, StatementHash, String, i64), listed: &BTreeSet<StatementHash>) -> Option<Value> {
    let (record, statement, to, at) = row;
    let at = signed::Timestamp::from_millis(at).to_string();
    listed.contains(&statement).then(|| {
        cbor::map([
            ("record", Value::bytes(record.0)),
            ("statement", Value::bytes(statement.0)),
            ("to", Value::text(to)),
            ("at", Value::text(at)),
        ])
    })
}

/// What the server told this user was due on these records, also what is over.
fn prompts(db: &Connection, about: &BTreeSet<RecordId>, screen: &Screen) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for (due, ended, body) in weighed::prompts_told(db)? {
        let record = body.get("record").and_then(Json::as_str).and_then(|id| id.parse::<RecordId>().ok());
        if record.is_some_and(|record| about.contains(&record)) {
            let body = masked(screen, &body).unwrap_or(body);
            found.push(cbor::map([
                ("due_at", Value::text(due.to_string())),
                ("ended", Value::Bool(ended)),
                ("told", Value::text(body.to_string())),
            ]));
        }
    }
    Ok(found)
}

fn seal(db: &Connection, me: &Me, moment: &Moment, about: RecordId, hash: [u8; 32], salt: [u8; 16]) -> Result<Vec<u8>> {
    let measured = meta::text(db, meta::OFFSET_BOOT)?.as_deref() == Some(moment.boot.as_str());
    let author: UserId = me.user.clone();
    let statement = Statement {
        record: about,
        kind: String::from("bundle"),
        sentence: Sentence::Step(EXPORT.to_owned()),
        version: VERSION,
        content: Map::from([(String::from("sha256"), Value::bytes(hash))]),
        author,
        role: me.role.as_str().to_owned(),
        actor: me.actor,
        event_at: None,
        device_at: signed::Timestamp::from_millis(millis(moment.now)),
        mono_ms: moment.mono_ms,
        boot: moment.boot.clone(),
        offset_ms: if measured { meta::number(db, meta::OFFSET)? } else { None },
        rules: records::RULES_VERSION,
        policy: policy::current(db)?.version,
        gaps: Vec::new(),
        seen: Vec::new(),
        shown: Vec::new(),
        salt,
    };
    Ok(statement.sign(&*me.signer)?)
}

fn no_vault() -> FieldError {
    FieldError::new(code::I_DENIED, "only who holds the reporter's vault may take it out")
}

fn too_large() -> FieldError {
    FieldError::new(code::B_TOO_LARGE, "more than one bundle may hold: export the records of the case one by one")
}
