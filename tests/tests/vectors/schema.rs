//! `proto/messages.cddl`, rule by rule.

use super::proto;

/// The schema of the protocol's messages.
pub(crate) struct Schema(String);

impl Schema {
    /// As it stands in `proto/`.
    pub(crate) fn load() -> Self {
        Self(std::fs::read_to_string(proto().join("messages.cddl")).expect("proto/messages.cddl"))
    }

    /// Whether these bytes are an instance of a rule.
    pub(crate) fn check(&self, rule: &str, bytes: &[u8]) -> Result<(), String> {
        // A schema's first rule is its root.
        let rooted = format!("root = {rule}\n{}", self.0);
        cddl::validate_cbor_from_slice(&rooted, bytes, None).map_err(|error| error.to_string())
    }
}
