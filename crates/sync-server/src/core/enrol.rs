//! One-time codes, and the devices they bring in.

use signed::digest::sha256_of;
use signed::{Code, PublicKey, UserId, code};
use wire::limits::ADDRESS_BYTES_MAX;
use wire::{Enrol, Enrolled, EnrolmentCode, version};

use super::audit::{self, Note};
use super::directory::{device_subject, relay_subject};
use super::limits::TRIES_MAX;
use super::types::NewCode;
use super::work::Work;
use super::{Core, vault};
use crate::error::ServerError;
use crate::store::rows::{ActorRow, CodeRow, DeviceEntry, UserRow};

impl Core {
    /// Makes a one-time code for a device of this user, good for so many milliseconds. `address`
    /// is `host:port`, as devices are to find the server.
    pub fn enrol_code(&self, user: &UserId, address: &str, ttl_ms: u64) -> Result<NewCode, ServerError> {
        if !(1..=ADDRESS_BYTES_MAX).contains(&address.len()) {
            return Err(ServerError::new(code::A_CONFIG, "an address is host:port"));
        }
        let mut work = Work::begin(self)?;
        let Some(person) = work.person(user) else {
            return Err(ServerError::new(code::A_NOT_FOUND, "no such user"));
        };
        if !person.row.active {
            return Err(ServerError::new(code::D_USER_INACTIVE, "this user is no longer active"));
        }
        let (id, secret) = (vault::random::<16>()?, vault::random::<16>()?);
        let expires_at = work.now.plus_millis(i64::try_from(ttl_ms).unwrap_or(i64::MAX));
        work.tx.put_code(&CodeRow {
            id,
            user: user.clone(),
            secret_hash: sha256_of(&[&id, &secret]),
            expires_at,
            tries: 0,
            used_at: None,
        })?;
        audit::append(work.tx.as_mut(), work.now, Note::admin("enrol_code").about(user))?;
        work.finish()?;
        let code = EnrolmentCode { address: address.to_owned(), pins: self.pins(), code: id, secret };
        Ok(NewCode { code, expires_at })
    }

    /// Takes a device in whose key TLS has proven. A try counts whatever comes of it. The same key
    /// gets the same welcome again: the answer to its code may have been lost on the way.
    pub fn enrol(&self, key: &PublicKey, enrol: &Enrol) -> Result<Enrolled, Code> {
        if version::choose(&enrol.versions).is_none() {
            return Err(code::W_VERSION);
        }
        let attempt = || -> Result<Result<Enrolled, Code>, ServerError> {
            let mut work = Work::begin(self)?;
            let answer = work.enrol(key, enrol)?;
            // A refused try is kept as well: it counts.
            work.finish()?;
            Ok(answer)
        };
        attempt().map_err(|error| error.code)?
    }
}

impl Work<'_> {
    fn enrol(&mut self, key: &PublicKey, enrol: &Enrol) -> Result<Result<Enrolled, Code>, ServerError> {
        let Some(mut row) = self.tx.code(&enrol.code)? else { return Ok(Err(code::D_CODE_WRONG)) };
        if row.tries >= TRIES_MAX {
            return Ok(Err(code::D_CODE_TRIES));
        }
        row.tries += 1;
        self.tx.put_code(&row)?;
        let known = self.tx.device(key.id())?;
        if let Err(refused) = self.may_enrol(&row, known.as_ref(), enrol) {
            let note = Note {
                operation: "admin",
                who: row.user.as_str(),
                device: Some(key.id()),
                ..Note::admin(refused.name)
            };
            audit::append(self.tx.as_mut(), self.now, note)?;
            return Ok(Err(refused));
        }
        row.used_at = row.used_at.or(Some(self.now));
        self.tx.put_code(&row)?;
        let Some(person) = self.person(&row.user).map(|person| person.row.clone()) else {
            return Ok(Err(code::D_UNKNOWN));
        };
        let device = self.take_device(key, enrol, &person, known)?;
        Ok(Ok(Enrolled {
            user: person.id,
            role: person.role,
            device: device.id,
            epoch: self.core.epoch,
            time: self.now,
            directory: self.directory_for(&device)?,
            server_keys: self.core.server_keys_der(),
        }))
    }

    fn may_enrol(&self, row: &CodeRow, known: Option<&DeviceEntry>, enrol: &Enrol) -> Result<(), Code> {
        let same_key = known.is_some_and(|device| device.user == row.user && device.revoked_at.is_none());
        if sha256_of(&[&enrol.code, &enrol.secret]) != row.secret_hash {
            return Err(code::D_CODE_WRONG);
        }
        if row.used_at.is_some() && !same_key {
            return Err(code::D_CODE_USED);
        }
        if row.used_at.is_none() && self.now > row.expires_at {
            return Err(code::D_CODE_EXPIRED);
        }
        if !self.person(&row.user).is_some_and(|person| person.row.active) {
            return Err(code::D_USER_INACTIVE);
        }
        match known {
            Some(device) if device.revoked_at.is_some() => Err(code::D_REVOKED),
            Some(_) if !same_key => Err(code::D_ENROLLED),
            Some(_) | None => Ok(()),
        }
    }

    fn take_device(
        &mut self,
        key: &PublicKey,
        enrol: &Enrol,
        person: &UserRow,
        known: Option<DeviceEntry>,
    ) -> Result<DeviceEntry, ServerError> {
        if let Some(device) = known {
            self.new_life(&device, enrol.incarnation)?;
            return Ok(device);
        }
        let device = DeviceEntry {
            id: key.id(),
            user: person.id.clone(),
            key: key.clone(),
            incarnation: enrol.incarnation,
            enrolled_at: self.now,
            last_sync_at: None,
            cursor: 0,
            revoked_at: None,
            erase: false,
            erase_ordered_at: None,
            erased: None,
        };
        self.tx.put_device(&device)?;
        let actor = super::directory::actor_of(&device, &device.incarnation);
        self.tx.add_actor(&ActorRow { actor, device: device.id, incarnation: device.incarnation })?;
        self.publish_device(&device, &person.role)?;
        // Their other devices learn of it, and it finds in the inbox what did not fit the answer.
        self.introduce_user(&person.id, &person.id)?;
        self.introduce(&person.id, device_subject(device.id))?;
        self.introduce(&person.id, relay_subject())?;
        let note = Note { device: Some(device.id), ..Note::admin("enrol").about(&person.id) };
        audit::append(self.tx.as_mut(), self.now, note)?;
        Ok(device)
    }
}
