//! Whose keys are whose, as far as the directory statements of a bundle say.

use std::collections::{BTreeMap, BTreeSet};

use documents::{Opened, Sentence};
use signed::cbor::Value;
use signed::{ActorId, DeviceId, PublicKey};

use crate::store::directory;

/// The server's keys, and the devices they vouch for.
#[derive(Default)]
pub(super) struct People {
    servers: Vec<PublicKey>,
    devices: BTreeMap<DeviceId, Device>,
    actors: BTreeMap<ActorId, String>,
}

struct Device {
    key: PublicKey,
    users: BTreeSet<String>,
    actors: BTreeSet<ActorId>,
}

impl People {
    /// Knows the server's keys and nobody yet.
    pub(super) fn new(servers: Vec<PublicKey>) -> Self {
        Self { servers, ..Self::default() }
    }

    pub(super) fn servers(&self) -> &[PublicKey] {
        &self.servers
    }

    /// Takes one statement of the directory in; false when the server did not sign it, or it is none.
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        let Ok((opened, _)) = directory::read(&self.servers, bytes) else { return false };
        let content = &opened.statement.content;
        let device = matches!(&opened.statement.sentence, Sentence::Step(step) if step == "device");
        let read = || {
            let key = PublicKey::from_spki(content.get("spki")?.as_bytes()?).ok()?;
            let actor = ActorId::from_slice(content.get("actor")?.as_bytes()?).ok()?;
            Some((key, actor, content.get("user").and_then(Value::as_text)?.to_owned()))
        };
        if let (true, Some((key, actor, user))) = (device, read()) {
            self.actors.entry(actor).or_insert_with(|| user.clone());
            let known = self.devices.entry(key.id());
            let known = known.or_insert_with(|| Device { key, users: BTreeSet::new(), actors: BTreeSet::new() });
            known.users.insert(user);
            known.actors.insert(actor);
        }
        true
    }

    /// Whether a statement was signed by the device of whom it says, from a store of that device; or by
    /// the server in its own name.
    pub(super) fn vouches(&self, opened: &Opened) -> bool {
        let statement = &opened.statement;
        if let Some(key) = self.servers.iter().find(|key| key.id() == opened.kid) {
            return statement.author.as_str() == "server" && opened.verify(key).is_ok();
        }
        self.devices.get(&opened.kid).is_some_and(|device| {
            device.users.contains(statement.author.as_str())
                && device.actors.contains(&statement.actor)
                && opened.verify(&device.key).is_ok()
        })
    }

    /// The key of a device, or of the server.
    pub(super) fn key(&self, kid: DeviceId) -> Option<&PublicKey> {
        let server = self.servers.iter().find(|key| key.id() == kid);
        server.or_else(|| self.devices.get(&kid).map(|device| &device.key))
    }

    /// Whose store an actor is.
    pub(super) fn user_of(&self, actor: &ActorId) -> Option<&str> {
        self.actors.get(actor).map(String::as_str)
    }
}
