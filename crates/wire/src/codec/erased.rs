//! A device's last word: the message, and what is signed in it.

use signed::cbor::Fields;
use signed::cose::{self, Typ};
use signed::{DeviceId, Incarnation, PublicKey, Signer, SignerError, Value};

use super::{Body, some_bytes, time};
use crate::erased::{Erased, ErasedReport};
use crate::error::WireError;
use crate::limits::ERASED_BYTES_MAX;

impl Erased {
    pub(super) fn to_value(&self) -> Value {
        Body::new().put("report", Value::bytes(&self.report)).done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let report = some_bytes(fields.value("report")?)?;
        if report.len() > ERASED_BYTES_MAX {
            return Err(WireError::TooLarge { what: "bytes in a last word", max: ERASED_BYTES_MAX });
        }
        Ok(Self { report })
    }
}

impl ErasedReport {
    fn to_value(&self) -> Value {
        Body::new()
            .put("device", Value::bytes(self.device.0))
            .put("incarnation", Value::bytes(self.incarnation.0))
            .put("time", Value::text(self.time.to_string()))
            .put("records", Value::uint(self.records))
            .put("unsent", Value::uint(self.unsent))
            .done()
    }

    /// Signs it with the device's key, as long as there is one.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Erased, SignerError> {
        Ok(Erased { report: cose::sign(Typ::Erased, &self.to_value(), signer)? })
    }

    /// Reads a last word and checks that this device's key signed it, of this very device.
    pub fn verify(erased: &Erased, key: &PublicKey) -> Result<Self, WireError> {
        let payload = cose::open(Typ::Erased, &erased.report).and_then(|opened| opened.verify(key));
        let mut fields = Fields::of(payload.map_err(|_| WireError::Erased)?)?;
        let report = Self {
            device: DeviceId(fields.fixed("device")?),
            incarnation: Incarnation(fields.fixed("incarnation")?),
            time: time(&mut fields, "time")?,
            records: fields.uint("records")?,
            unsent: fields.uint("unsent")?,
        };
        fields.finish()?;
        if report.device == key.id() { Ok(report) } else { Err(WireError::Erased) }
    }
}
