//! What is said on a relay stream.

use signed::Value;
use signed::cbor::Fields;

use super::{Body, code_number, some_bytes};
use crate::error::WireError;
use crate::relay::{Relay, Relayed, check_part};

impl Relay {
    pub(super) fn to_value(&self) -> Value {
        Body::new().put("sealed", Value::bytes(&self.sealed)).done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let sealed = some_bytes(fields.value("sealed")?)?;
        check_part(&sealed)?;
        Ok(Self { sealed })
    }
}

impl Relayed {
    pub(super) fn to_value(self) -> Value {
        let code = self.code.map(|code| Value::uint(u64::from(code)));
        Body::new().put("sha256", Value::bytes(self.sha256)).put_some("code", code).done()
    }

    pub(super) fn from_fields(fields: &mut Fields) -> Result<Self, WireError> {
        let sha256 = fields.fixed("sha256")?;
        Ok(Self { sha256, code: fields.optional("code").map(|code| code_number(&code)).transpose()? })
    }
}
