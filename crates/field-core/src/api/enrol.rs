//! Becoming somebody's device.

use std::sync::Arc;

use records::Role;
use serde_json::Value as Json;
use signed::{Incarnation, PublicKey, RingSigner, Signer, code};
use wire::{Enrolled, EnrolmentCode};

use super::answer;
use crate::error::{FieldError, Result};
use crate::field::Field;
use crate::lapse;
use crate::ports;
use crate::store::{directory, fixed, meta};
use crate::types::EnrolStart;

impl Field {
    /// Begins an enrolment: makes the device key and names this life of the store, if that was not
    /// done by an earlier try. `D.enrolled` when it is somebody's device already.
    pub fn enrol_begin(&self, _code: &EnrolmentCode) -> Result<EnrolStart> {
        if self.identity()?.is_some() {
            return Err(FieldError::new(code::D_ENROLLED, "this store is enrolled already"));
        }
        let incarnation: [u8; 16] = ports::bytes(self.random())?;
        let made = RingSigner::generate()?;
        self.write(false, |db| {
            if self.stored_signer(db)?.is_none() {
                meta::set(db, meta::SIGNER, made.pkcs8())?;
            }
            if meta::get(db, meta::INCARNATION)?.is_none() {
                meta::set(db, meta::INCARNATION, &incarnation)?;
            }
            let signer = self.stored_signer(db)?.ok_or_else(not_begun)?;
            let incarnation = meta::get(db, meta::INCARNATION)?.ok_or_else(not_begun)?;
            Ok(EnrolStart { signer, incarnation: Incarnation(fixed(&incarnation)?) })
        })
    }

    /// Keeps what the server answered: `{"device","user","role"}`. `pins` are those of the code:
    /// the server's first key must be one of them (`D.pin`).
    pub fn enrol_finish(&self, enrolled: &Enrolled, address: &str, pins: &[[u8; 32]]) -> Result<Json> {
        let signer = self.signer()?;
        let device = signer.public_key().id();
        if enrolled.device != device {
            return Err(FieldError::new(code::D_UNKNOWN, "the server took this device for another"));
        }
        let role: Role = enrolled.role.parse()?;
        let keys: Vec<PublicKey> =
            enrolled.server_keys.iter().filter_map(|der| PublicKey::from_spki(der).ok()).collect();
        let pinned = keys.first().is_some_and(|key| pins.contains(&wire::enrolment::pin(key.spki())));
        if !pinned || keys.len() != enrolled.server_keys.len() {
            return Err(FieldError::new(code::D_PIN, "the server's keys are not those of the code"));
        }
        let moment = self.moment();
        self.write(false, |db| {
            meta::set(db, meta::USER, enrolled.user.as_str().as_bytes())?;
            meta::set(db, meta::ROLE, role.as_str().as_bytes())?;
            meta::set(db, meta::DEVICE, &device.0)?;
            meta::set(db, meta::SPKI, signer.public_key().spki())?;
            meta::set(db, meta::EPOCH, &enrolled.epoch.0)?;
            meta::set(db, meta::ADDRESS, address.as_bytes())?;
            meta::set(db, meta::PINS, &pins.concat())?;
            directory::set_server_keys(db, &keys)?;
            let offset = moment.now.millis() - enrolled.time.millis();
            meta::set_number(db, meta::OFFSET, offset)?;
            meta::set(db, meta::OFFSET_BOOT, moment.boot.as_bytes())?;
            lapse::permit(db, &moment)?;
            for statement in &enrolled.directory {
                directory::store(db, &keys, statement)??;
            }
            Ok(())
        })?;
        self.forget_me();
        self.keep_box();
        Ok(answer::json(&answer::Enrolled {
            device: device.into(),
            user: enrolled.user.to_string(),
            role: role.into(),
        }))
    }

    /// Where the server is, as last told.
    pub fn server_address(&self) -> Result<Option<String>> {
        self.read(|db| meta::text(db, meta::ADDRESS))
    }

    /// Keeps another address of the server (`host:port`).
    pub fn set_server_address(&self, address: &str) -> Result<()> {
        self.write(false, |db| meta::set(db, meta::ADDRESS, address.as_bytes()))
    }

    /// The device's key.
    pub fn signer(&self) -> Result<Arc<dyn Signer>> {
        self.read(|db| self.stored_signer(db))?.ok_or_else(not_begun)
    }

    /// Pins of the server's keys: SHA-256 of each DER key, current first.
    pub fn pins(&self) -> Result<Vec<[u8; 32]>> {
        let bytes = self.read(|db| meta::get(db, meta::PINS))?.unwrap_or_default();
        bytes.chunks(32).map(fixed).collect()
    }
}

fn not_begun() -> FieldError {
    FieldError::new(code::D_NOT_ENROLLED, "this device is not enrolled yet")
}
