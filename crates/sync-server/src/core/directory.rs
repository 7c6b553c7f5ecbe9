//! The directory: who is who, whose key is whose, said by the server's key.

use documents::{Opened, Sentence, Statement};
use signed::cbor::{Map, Value};
use signed::{ActorId, DeviceId, Incarnation, RecordId, SchoolId, Timestamp, UserId, code};
use wire::Row;

use super::work::Work;
use super::{Core, vault};
use crate::error::ServerError;
use crate::store::StoreError;
use crate::store::rows::{DeviceEntry, DirectoryRow, SchoolRow, UserRow};

/// The kind of the directory's statements.
pub(crate) const KIND: &str = "directory";
pub(crate) use documents::view::SERVER;

/// The place of the last statement.
const LAST: &str = "directory_last";

/// The derived id of what a statement of the directory is about.
pub(crate) fn device_subject(device: DeviceId) -> RecordId {
    RecordId::derived(&[KIND, &device.to_string()])
}

pub(crate) fn user_subject(user: &UserId) -> RecordId {
    RecordId::derived(&[KIND, user.as_str()])
}

pub(crate) fn school_subject(school: &SchoolId) -> RecordId {
    RecordId::derived(&[KIND, &format!("school:{school}")])
}

/// The key for what one device carries here for another.
pub(crate) fn relay_subject() -> RecordId {
    RecordId::derived(&[KIND, "relay"])
}

/// The user id of the server's own statements.
pub(crate) fn server_user() -> Result<UserId, ServerError> {
    UserId::new(SERVER).map_err(|_| ServerError::new(code::A_ID, "the server has no name"))
}

impl Core {
    /// A statement by the server, unsigned yet.
    pub(crate) fn says(
        &self,
        record: RecordId,
        kind: &str,
        step: &str,
        content: Map,
        now: Timestamp,
    ) -> Result<Statement, ServerError> {
        Ok(Statement {
            record,
            kind: kind.to_owned(),
            sentence: Sentence::Step(step.to_owned()),
            version: 1,
            content,
            author: server_user()?,
            role: SERVER.to_owned(),
            actor: self.actor,
            event_at: None,
            device_at: now,
            // The server's own clock is the one others are measured against.
            mono_ms: 0,
            boot: SERVER.to_owned(),
            offset_ms: Some(0),
            rules: records::RULES_VERSION,
            policy: self.policy().version,
            gaps: Vec::new(),
            seen: Vec::new(),
            shown: Vec::new(),
            salt: vault::random()?,
        })
    }

    /// Sees that everybody with a device has been told which key relay bundles are sealed for: once, and again
    /// should it be another.
    pub(crate) fn announce_relay_key(&self) -> Result<(), ServerError> {
        let key = *self.vault.relay().public().as_bytes();
        let said = self.store.read()?.directory_of(relay_subject())?.pop();
        let said = said.and_then(|row| Opened::read(&row.statement).ok()).map(|opened| opened.statement.content);
        if said.is_some_and(|content| content.get("key").and_then(Value::as_bytes) == Some(&key[..])) {
            return Ok(());
        }
        let mut work = Work::begin(self)?;
        let content = Map::from([("key".into(), Value::bytes(key))]);
        work.publish(relay_subject(), "relay_key", content)?;
        for device in work.tx.devices()? {
            work.introduce(&device.user, relay_subject())?;
        }
        work.finish().map(drop)
    }
}

impl Work<'_> {
    /// Says something new about a subject; whoever had heard of it hears it.
    fn publish(&mut self, subject: RecordId, step: &str, content: Map) -> Result<(), ServerError> {
        let statement = self.core.says(subject, KIND, step, content, self.now)?.sign(self.core.signer.as_ref())?;
        let last = self.tx.meta(LAST)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        let number = last + 1;
        self.tx.put_meta(LAST, &number.to_be_bytes())?;
        self.tx.add_directory(&DirectoryRow { number, subject, statement })?;
        self.introduced.retain(|(_, known)| *known != subject);
        for reader in self.tx.directory_readers(subject)? {
            self.introduce(&reader, subject)?;
        }
        Ok(())
    }

    /// Sees that somebody has been sent everything that is said about a subject.
    pub(crate) fn introduce(&mut self, reader: &UserId, subject: RecordId) -> Result<(), ServerError> {
        if !self.introduced.insert((reader.clone(), subject)) {
            return Ok(());
        }
        for row in self.tx.directory_of(subject)? {
            if !self.tx.directory_sent(reader, row.number)? {
                self.tell(reader, None, &Row::Directory { statement: row.statement })?;
                self.tx.mark_directory_sent(reader, row.number)?;
            }
        }
        Ok(())
    }

    /// Sees that somebody can read a change: they know the device of its actor, whose it is, and
    /// that person's schools.
    pub(crate) fn introduce_actor(&mut self, reader: &UserId, actor: ActorId) -> Result<(), ServerError> {
        // The server's own actor is known by its pinned key.
        let Some(store) = self.tx.actor(actor)? else { return Ok(()) };
        let device = self.tx.device(store.device)?.ok_or(StoreError::Damaged)?;
        self.introduce_user(reader, &device.user)?;
        self.introduce(reader, device_subject(store.device))
    }

    /// Sees that somebody knows who a user is.
    pub(crate) fn introduce_user(&mut self, reader: &UserId, user: &UserId) -> Result<(), ServerError> {
        let schools = self.person(user).map(|person| person.row.schools.clone()).unwrap_or_default();
        for school in schools {
            self.introduce(reader, school_subject(&school))?;
        }
        self.introduce(reader, user_subject(user))
    }

    pub(crate) fn publish_school(&mut self, school: &SchoolRow) -> Result<(), ServerError> {
        let mut content = Map::new();
        content.insert("school".into(), Value::text(school.id.as_str()));
        content.insert("name".into(), Value::text(&school.name));
        content.insert("agreement".into(), Value::text(&school.agreement));
        if let Some(until) = &school.until {
            content.insert("until".into(), Value::text(until));
        }
        self.publish(school_subject(&school.id), "school", content)
    }

    pub(crate) fn publish_user(&mut self, user: &UserRow) -> Result<(), ServerError> {
        let mut content = Map::new();
        content.insert("user".into(), Value::text(user.id.as_str()));
        content.insert("name".into(), Value::text(&user.name));
        content.insert("role".into(), Value::text(&user.role));
        content.insert("schools".into(), Value::Array(user.schools.iter().map(|s| Value::text(s.as_str())).collect()));
        content.insert("active".into(), Value::Bool(user.active));
        let supervisor = user.supervisor.as_ref().map(|user| user.as_str().to_owned());
        for (name, text) in [("team", &user.team), ("area", &user.area), ("supervisor", &supervisor)] {
            if let Some(text) = text {
                content.insert(name.into(), Value::text(text));
            }
        }
        let away = self.away(&user.id);
        if !away.is_empty() {
            content.insert("away".into(), Value::Array(away));
        }
        self.publish(user_subject(&user.id), "user", content)
    }

    /// Since when somebody has been in a role without a break, as the directory said it.
    pub(crate) fn in_role_since(&self, user: &UserId, role: &str) -> Result<Option<Timestamp>, ServerError> {
        let mut since = None;
        for row in self.tx.directory_of(user_subject(user))? {
            let said = Opened::read(&row.statement).map_err(|_| StoreError::Damaged)?.statement;
            let text = |name: &str| said.content.get(name).and_then(Value::as_text);
            let held = text("role") == Some(role) && said.content.get("active") != Some(&Value::Bool(false));
            since = if held { since.or(Some(said.device_at)) } else { None };
        }
        Ok(since)
    }

    /// R76: when somebody is away and who covers, as everybody may know who deals with them; why stays in STAFFING.
    fn away(&self, user: &UserId) -> Vec<Value> {
        let of_user = |row: &records::rules::Row| row.open && row.text("user") == Some(user.as_str());
        let line = |row: &records::rules::Row| {
            let text = |field: &str| row.text(field).map(str::to_owned);
            let cover = row.text("cover").and_then(|cover| UserId::new(cover).ok());
            let name = cover.and_then(|cover| Some(self.person(&cover)?.row.name.clone()));
            let said = [("from", text("from")), ("to", text("to")), ("cover", text("cover")), ("cover_name", name)];
            let said = said.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::text(text?))));
            Value::Map(said.collect())
        };
        self.all_absences().iter().filter(|row| of_user(row)).map(line).collect()
    }

    /// After an absence was recorded, changed or ended: whoever knows that person, and their schools, are told.
    pub(crate) fn publish_absences(&mut self, order: &[RecordId]) -> Result<(), ServerError> {
        for id in order {
            let Some(row) = self.row_of(*id)?.filter(|row| row.kind == "absence") else { continue };
            let Some(user) = row.text("user").and_then(|user| UserId::new(user).ok()) else { continue };
            let Some(person) = self.person(&user).map(|person| person.row.clone()) else { continue };
            self.publish_user(&person)?;
            let of_school = |one: &&super::work::Person| one.role().is_some_and(records::Role::of_school);
            let theirs = |one: &&super::work::Person| one.row.schools.iter().any(|at| person.schools.contains(at));
            let readers: Vec<UserId> =
                self.people().filter(of_school).filter(theirs).map(|one| one.row.id.clone()).collect();
            for reader in readers {
                self.introduce_user(&reader, &user)?;
            }
        }
        Ok(())
    }

    /// A device's enrolment, or a new life of its store.
    pub(crate) fn publish_device(&mut self, device: &DeviceEntry, role: &str) -> Result<(), ServerError> {
        let actor = actor_of(device, &device.incarnation);
        let mut content = Map::new();
        content.insert("user".into(), Value::text(device.user.as_str()));
        content.insert("role".into(), Value::text(role));
        content.insert("device".into(), Value::bytes(device.id.0));
        content.insert("spki".into(), Value::bytes(device.key.spki()));
        content.insert("actor".into(), Value::bytes(actor.0));
        content.insert("incarnation".into(), Value::bytes(device.incarnation.0));
        content.insert("from".into(), Value::text(self.now.to_string()));
        self.publish(device_subject(device.id), "device", content)
    }

    pub(crate) fn publish_revoked(&mut self, device: DeviceId) -> Result<(), ServerError> {
        let mut content = Map::new();
        content.insert("device".into(), Value::bytes(device.0));
        content.insert("at".into(), Value::text(self.now.to_string()));
        self.publish(device_subject(device), "revoked", content)
    }

    /// What a new device is told in the answer to its code: itself, its user, the key for relay bundles, that
    /// user's schools and supervisor.
    pub(crate) fn directory_for(&self, device: &DeviceEntry) -> Result<Vec<Vec<u8>>, ServerError> {
        let mut subjects = vec![device_subject(device.id), user_subject(&device.user), relay_subject()];
        if let Some(person) = self.person(&device.user) {
            subjects.extend(person.row.schools.iter().map(school_subject));
            subjects.extend(person.row.supervisor.iter().map(user_subject));
        }
        let mut statements = Vec::new();
        for subject in subjects {
            let rows = self.tx.directory_of(subject)?;
            statements.extend(rows.into_iter().map(|row| row.statement));
        }
        // What does not fit here comes as rows of the inbox all the same.
        statements.truncate(wire::limits::DIRECTORY_MAX);
        Ok(statements)
    }
}

/// The actor of one life of a device's store.
pub(crate) fn actor_of(device: &DeviceEntry, incarnation: &Incarnation) -> ActorId {
    ActorId::of_store(device.key.spki(), incarnation)
}
