//! What opens, holds and ends a session: `Hello`, `Welcome`, `Committed`, `Refuse`, and the two
//! messages of enrolment.

use signed::cbor::{CborError, Fields};
use signed::{DeviceId, Incarnation, Value};

use super::{
    Body, at_most, blobs, code_number, elements, epoch, fixed, from_one, list, number_and_hash, role, some_bytes, time,
    uint, user,
};
use crate::error::WireError;
use crate::limits::{DIRECTORY_MAX, SERVER_KEY_BYTES_MAX, SERVER_KEYS_MAX, VERSIONS_MAX};
use crate::message::{Committed, Enrol, Enrolled, Epoch, Hello, Lane, Refuse, Resume, Welcome};

impl Hello {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("versions", list(&self.versions, |v| Value::uint(*v)))
            .put("incarnation", Value::bytes(self.incarnation.0))
            .put_some("epoch", self.epoch.map(|e| Value::bytes(e.0)))
            .put("cursor", Value::uint(self.cursor))
            .put("digest", Value::bytes(self.digest))
            .put_some("last_receipt", self.last_receipt.map(|(size, root)| pair(Value::uint(size), Value::bytes(root))))
            .put_some("ahead", self.ahead.map(|to| pair(Value::bytes(to.list), Value::uint(to.position))))
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self {
            versions: versions(fields)?,
            incarnation: Incarnation(fields.fixed("incarnation")?),
            epoch: fields.optional("epoch").map(|e| fixed(&e).map(Epoch)).transpose()?,
            cursor: fields.uint("cursor")?,
            digest: fields.fixed("digest")?,
            last_receipt: fields.optional("last_receipt").map(number_and_hash).transpose()?,
            ahead: fields.optional("ahead").map(list_and_position).transpose()?,
        })
    }
}

fn list_and_position(value: Value) -> Result<Resume, WireError> {
    let [list, position] = elements::<2>(value)?;
    Ok(Resume { list: fixed(&list)?, position: uint(&position)? })
}

impl Welcome {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("version", Value::uint(self.version))
            .put("epoch", Value::bytes(self.epoch.0))
            .put("time", Value::text(self.time.to_string()))
            .put("user", Value::text(self.user.as_str()))
            .put("role", Value::text(&self.role))
            .put("head", Value::uint(self.head))
            .put_some("digest", self.digest.map(Value::bytes))
            .put("next", pair(Value::uint(self.next.0), Value::uint(self.next.1)))
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let [urgent, rest] = elements::<2>(fields.value("next")?)?;
        Ok(Self {
            version: fields.uint("version")?,
            epoch: epoch(fields, "epoch")?,
            time: time(fields, "time")?,
            user: user(fields, "user")?,
            role: role(fields)?,
            head: fields.uint("head")?,
            digest: fields.optional("digest").map(|d| fixed(&d)).transpose()?,
            next: (from_one(&urgent)?, from_one(&rest)?),
        })
    }
}

impl Committed {
    pub(super) fn to_value(self) -> Value {
        Body::new().put("cursor", Value::uint(self.cursor)).done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self { cursor: fields.uint("cursor")? })
    }
}

impl Refuse {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("code", Value::uint(u64::from(self.code)))
            .put_some("frame", self.frame.map(|(lane, number)| pair(lane.to_value(), Value::uint(number))))
            .put_some("expected", self.expected.map(Value::uint))
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self {
            code: code_number(&fields.value("code")?)?,
            frame: fields.optional("frame").map(lane_and_number).transpose()?,
            expected: fields.optional("expected").map(|n| uint(&n)).transpose()?,
        })
    }
}

impl Enrol {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("versions", list(&self.versions, |v| Value::uint(*v)))
            .put("code", Value::bytes(self.code))
            .put("secret", Value::bytes(self.secret))
            .put("incarnation", Value::bytes(self.incarnation.0))
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        Ok(Self {
            versions: versions(fields)?,
            code: fields.fixed("code")?,
            secret: fields.fixed("secret")?,
            incarnation: Incarnation(fields.fixed("incarnation")?),
        })
    }
}

impl Enrolled {
    pub(super) fn to_value(&self) -> Value {
        Body::new()
            .put("user", Value::text(self.user.as_str()))
            .put("role", Value::text(&self.role))
            .put("device", Value::bytes(self.device.0))
            .put("epoch", Value::bytes(self.epoch.0))
            .put("time", Value::text(self.time.to_string()))
            .put("directory", blobs(&self.directory))
            .put("server_keys", blobs(&self.server_keys))
            .done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let directory = at_most(fields.value("directory")?, "statements in a directory", DIRECTORY_MAX)?;
        let server_keys = at_most(fields.value("server_keys")?, "server keys", SERVER_KEYS_MAX)?;
        if server_keys.is_empty() {
            return Err(CborError::Shape.into());
        }
        Ok(Self {
            user: user(fields, "user")?,
            role: role(fields)?,
            device: DeviceId(fields.fixed("device")?),
            epoch: epoch(fields, "epoch")?,
            time: time(fields, "time")?,
            directory: directory.into_iter().map(some_bytes).collect::<Result<_, _>>()?,
            server_keys: server_keys.into_iter().map(server_key).collect::<Result<_, _>>()?,
        })
    }
}

fn server_key(value: Value) -> Result<Vec<u8>, WireError> {
    let key = some_bytes(value)?;
    if key.len() > SERVER_KEY_BYTES_MAX {
        return Err(WireError::TooLarge { what: "bytes in a server key", max: SERVER_KEY_BYTES_MAX });
    }
    Ok(key)
}

fn versions(fields: &mut Fields) -> Result<Vec<u64>, WireError> {
    let versions = at_most(fields.value("versions")?, "versions", VERSIONS_MAX)?;
    if versions.is_empty() {
        return Err(CborError::Shape.into());
    }
    versions.iter().map(uint).collect()
}

fn lane_and_number(value: Value) -> Result<(Lane, u64), WireError> {
    let [lane, number] = elements::<2>(value)?;
    Ok((Lane::from_value(&lane)?, uint(&number)?))
}

fn pair(first: Value, second: Value) -> Value {
    Value::Array(vec![first, second])
}
