//! Whose keys are whose: the server's signed statements about people, devices and schools.

use std::collections::BTreeSet;

use documents::{Opened, Refusal, Sentence};
use rusqlite::Connection;
use signed::cbor::{Map, Value};
use signed::{ActorId, DeviceId, PublicKey, ReaderKey, Timestamp, code};

use super::{meta, millis, optional};
use crate::error::{FieldError, Result, damaged};
use crate::field::Me;

/// Server keys a store keeps at most (the protocol's own limit).
const SERVER_KEYS_MAX: usize = wire::limits::SERVER_KEYS_MAX;

pub(crate) fn server_keys(db: &Connection) -> Result<Vec<PublicKey>> {
    let bytes = meta::get(db, meta::SERVER_KEYS)?.unwrap_or_default();
    let keys = bytes.chunks(signed::keys::SPKI_LEN).map(PublicKey::from_spki);
    keys.collect::<std::result::Result<_, _>>().map_err(|_| damaged("a server key does not read back"))
}

pub(crate) fn set_server_keys(db: &Connection, keys: &[PublicKey]) -> Result<()> {
    let bytes: Vec<u8> = keys.iter().take(SERVER_KEYS_MAX).flat_map(|key| key.spki().to_vec()).collect();
    meta::set(db, meta::SERVER_KEYS, &bytes)
}

/// Checks one directory statement under the server's keys and keeps it; answers the refusal of
/// one that does not hold.
pub(crate) fn store(db: &Connection, keys: &[PublicKey], bytes: &[u8]) -> Result<std::result::Result<(), Refusal>> {
    let read = match read(keys, bytes) {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (opened, subject) = read;
    let content = &opened.statement.content;
    let bytes_of = |name: &str| content.get(name).and_then(Value::as_bytes);
    db.prepare_cached(
        "INSERT OR IGNORE INTO directory (hash, step, subject, user, actor, spki, at, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        &opened.id.0,
        opened.statement.sentence.name(),
        subject,
        content.get("user").and_then(Value::as_text),
        bytes_of("actor"),
        bytes_of("spki"),
        millis(opened.statement.device_at),
        bytes,
    ))?;
    Ok(Ok(()))
}

/// Reads a statement of the directory, which one of these keys must have signed; with whom or what it is about.
pub(crate) fn read(keys: &[PublicKey], bytes: &[u8]) -> std::result::Result<(Opened, String), Refusal> {
    let opened = Opened::read(bytes)?;
    let key = keys.iter().find(|key| key.id() == opened.kid);
    let key = key.ok_or(Refusal::new(code::S_KEY, "a directory statement by another key than the server's"))?;
    opened.verify(key)?;
    let wrong = Refusal::new(code::S_SHAPE, "not a statement of the directory");
    if opened.statement.kind != "directory" {
        return Err(wrong);
    }
    let subject = subject(&opened.statement.sentence, &opened.statement.content).ok_or(wrong)?;
    Ok((opened, subject))
}

/// Whom or what a directory statement is about.
fn subject(sentence: &Sentence, content: &Map) -> Option<String> {
    let Sentence::Step(step) = sentence else { return None };
    let text = |name: &str| content.get(name).and_then(Value::as_text).map(str::to_owned);
    let device = || Some(DeviceId::from_slice(content.get("device")?.as_bytes()?).ok()?.to_string());
    match step.as_str() {
        "device" => {
            let key = PublicKey::from_spki(content.get("spki")?.as_bytes()?).ok()?;
            ActorId::from_slice(content.get("actor")?.as_bytes()?).ok()?;
            text("user")?;
            // A device's id is the hash of its key, whatever anybody says.
            device().filter(|id| *id == key.id().to_string())
        }
        "user" => text("user"),
        "school" => text("school"),
        "revoked" => device(),
        "relay_key" => ReaderKey::from_slice(content.get("key")?.as_bytes()?).ok().map(|_| String::from("relay")),
        _ => None,
    }
}

/// Whether a statement was signed by whom it says, as far as the directory tells.
pub(crate) fn vouch(db: &Connection, me: &Me, opened: &Opened) -> Result<std::result::Result<(), Refusal>> {
    Ok(signer_of(db, me, opened)?.and_then(|key| opened.verify(&key)))
}

/// The key that a statement is to be signed with, if whoever has it may speak for its author, as far as the
/// directory tells.
pub(crate) fn signer_of(db: &Connection, me: &Me, opened: &Opened) -> Result<std::result::Result<PublicKey, Refusal>> {
    let refuse = |code, detail| Ok(Err(Refusal::new(code, detail)));
    let statement = &opened.statement;
    if opened.kid == me.device && statement.actor == me.actor && statement.author == me.user {
        return Ok(Ok(me.signer.public_key().clone()));
    }
    if let Some(key) = me.server_keys.iter().find(|key| key.id() == opened.kid) {
        if statement.author.as_str() != "server" {
            return refuse(code::S_AUTHOR, "the server's key signed in somebody's name");
        }
        return Ok(Ok(key.clone()));
    }
    let mut query = db.prepare_cached(
        "SELECT spki, user, actor FROM directory WHERE step = 'device' AND subject = ?1 ORDER BY at DESC",
    )?;
    let mut rows = query.query([opened.kid.to_string()])?;
    let mut key: Option<PublicKey> = None;
    let (mut author, mut actor) = (false, false);
    while let Some(row) = rows.next()? {
        let (spki, user, known): (Vec<u8>, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        key = PublicKey::from_spki(&spki).ok();
        author |= user == statement.author.as_str();
        actor |= known == statement.actor.0;
    }
    let Some(key) = key else { return refuse(code::S_KEY, "a statement by a device the directory does not know") };
    if !author {
        return refuse(code::S_AUTHOR, "a statement in the name of another than the device's user");
    }
    if !actor {
        return refuse(code::S_ACTOR, "a statement by an actor that is not this device's");
    }
    Ok(Ok(key))
}

/// The public key of a device or of the server.
pub(crate) fn key_of(db: &Connection, me: &Me, kid: DeviceId) -> Result<Option<PublicKey>> {
    if kid == me.device {
        return Ok(Some(me.signer.public_key().clone()));
    }
    if let Some(key) = me.server_keys.iter().find(|key| key.id() == kid) {
        return Ok(Some(key.clone()));
    }
    let mut query = db.prepare_cached("SELECT spki FROM directory WHERE step = 'device' AND subject = ?1 LIMIT 1")?;
    let spki: Option<Vec<u8>> = optional(query.query_row([kid.to_string()], |row| row.get(0)))?;
    Ok(spki.and_then(|spki| PublicKey::from_spki(&spki).ok()))
}

/// Whose store an actor is.
pub(crate) fn user_of(db: &Connection, actor: &ActorId) -> Result<Option<String>> {
    let mut query = db.prepare_cached("SELECT user FROM directory WHERE step = 'device' AND actor = ?1 LIMIT 1")?;
    optional(query.query_row([&actor.0], |row| row.get(0)))
}

/// The keys for relay bundles that the server has named, the newest first.
pub(crate) fn relay_keys(db: &Connection) -> Result<Vec<ReaderKey>> {
    let mut query = db.prepare_cached("SELECT bytes FROM directory WHERE step = 'relay_key' ORDER BY at DESC, hash")?;
    let mut rows = query.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let content = Opened::read(&row.get::<_, Vec<u8>>(0)?)?.statement.content;
        let key = content.get("key").and_then(Value::as_bytes).and_then(|key| ReaderKey::from_slice(key).ok());
        keys.extend(key);
    }
    Ok(keys)
}

/// The key that counts for what is carried to the server.
pub(crate) fn relay_key(db: &Connection) -> Result<Option<ReaderKey>> {
    Ok(relay_keys(db)?.into_iter().next())
}

/// What the newest statement says about each user.
pub(crate) fn users(db: &Connection) -> Result<Vec<Map>> {
    let mut query =
        db.prepare_cached("SELECT subject, bytes FROM directory WHERE step = 'user' ORDER BY subject, at")?;
    let mut rows = query.query([])?;
    let mut newest = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (subject, bytes): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        newest.insert(subject, bytes);
    }
    newest.into_values().map(|bytes| Ok(Opened::read(&bytes)?.statement.content)).collect()
}

/// What the newest statement says about a user.
pub(crate) fn user(db: &Connection, user: &str) -> Result<Option<Map>> {
    let mut query =
        db.prepare_cached("SELECT bytes FROM directory WHERE step = 'user' AND subject = ?1 ORDER BY at DESC LIMIT 1")?;
    let bytes: Option<Vec<u8>> = optional(query.query_row([user], |row| row.get(0)))?;
    let content = |bytes: Vec<u8>| Opened::read(&bytes).map(|opened| opened.statement.content);
    bytes.map(content).transpose().map_err(FieldError::from)
}

/// Who covers for somebody who is away now, as the newest statement about them says: name and id. The outer `None`
/// where they are not away, the inner where nobody covers.
pub(crate) fn away(db: &Connection, user: &str, now: Timestamp) -> Result<Option<Option<String>>> {
    let content = self::user(db, user)?;
    let lines = content.as_ref().and_then(|content| content.get("away")).and_then(Value::as_array);
    let runs = |line: &&Map| {
        let time = |name: &str| Timestamp::parse(line.get(name)?.as_text()?).ok();
        time("from").is_none_or(|from| from <= now) && time("to").is_none_or(|to| to > now)
    };
    let line = lines.unwrap_or_default().iter().filter_map(Value::as_map).find(runs);
    let cover = |line: &Map| {
        let text = |name: &str| line.get(name).and_then(Value::as_text);
        let id = text("cover")?;
        Some(text("cover_name").map_or_else(|| id.to_owned(), |name| format!("{name} ({id})")))
    };
    Ok(line.map(cover))
}

/// Whether a school is known to have no partnership that runs on this day (`YYYY-MM-DD`): what is asked of it is
/// shared action by action (R89). Of a school that this device does not know, the server tells.
pub(crate) fn shares_by_action(db: &Connection, school: &str, day: &str) -> Result<bool> {
    let mut query = db.prepare_cached(
        "SELECT bytes FROM directory WHERE step = 'school' AND subject = ?1 ORDER BY at DESC LIMIT 1",
    )?;
    let bytes: Option<Vec<u8>> = optional(query.query_row([school], |row| row.get(0)))?;
    let Some(bytes) = bytes else { return Ok(false) };
    let content = Opened::read(&bytes)?.statement.content;
    let text = |name: &str| content.get(name).and_then(Value::as_text);
    let runs = text("until").is_none_or(|until| until >= day);
    Ok(!(runs && text("agreement") == Some("partnership")))
}

/// The statements, as they came and oldest first, that say whose these devices and actors are and who these
/// users.
pub(crate) fn about(
    db: &Connection,
    devices: &BTreeSet<DeviceId>,
    actors: &BTreeSet<ActorId>,
    users: &BTreeSet<String>,
) -> Result<Vec<Vec<u8>>> {
    let mut query = db.prepare_cached("SELECT step, subject, actor, bytes FROM directory ORDER BY at, hash")?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    let devices: BTreeSet<String> = devices.iter().map(ToString::to_string).collect();
    while let Some(row) = rows.next()? {
        let (step, subject): (String, String) = (row.get(0)?, row.get(1)?);
        let actor: Option<[u8; 16]> = row.get(2)?;
        let asked = match step.as_str() {
            "device" => devices.contains(&subject) || actor.is_some_and(|actor| actors.contains(&ActorId(actor))),
            "revoked" => devices.contains(&subject),
            "user" => users.contains(&subject),
            _ => false,
        };
        if asked {
            found.push(row.get(3)?);
        }
    }
    Ok(found)
}
