//! Files attached to a record: each is named by a signed step, by the hash of its ciphertext, and no
//! step takes one away again (R80). A file that may show an indecent image is flagged (R110).

use documents::{Said, View};
use signed::cbor::{self, Map};
use signed::{MediaHash, StatementHash, Timestamp, UserId, Value};

use crate::access::Role;
use crate::kind::Kind;
use crate::rights;

/// The step that names a file.
pub const ATTACH: &str = "attach";
/// The step that stops a file from travelling.
pub const FLAG_IMAGE: &str = "flag_image";

/// Bytes of one file as it was given: minutes of video on a telephone, and an hour on a slow network.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Files of one record: a whole paper notebook, page by page.
pub const FILES_MAX: usize = 100;

/// Bytes of a file's type.
pub const TYPE_BYTES_MAX: usize = 100;

/// One attached file, as its statement names it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// SHA-256 of the whole ciphertext: its name everywhere.
    pub sha256: MediaHash,
    /// Bytes of the file as it was given.
    pub bytes: u64,
    /// Bytes of the ciphertext.
    pub size: u64,
    /// What it is: `image/jpeg`.
    pub media_type: String,
    /// The key it was encrypted with: nothing else opens it.
    pub key: [u8; 32],
}

/// An attached file with who attached it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attached {
    /// The file.
    pub file: Attachment,
    /// Who attached it.
    pub by: UserId,
    /// When, by their device.
    pub at: Timestamp,
    /// The statement that names it.
    pub statement: StatementHash,
    /// Whether it was flagged (R110).
    pub flagged: bool,
}

impl Attachment {
    /// As the content of its step: a map of the CBOR profile.
    #[must_use]
    pub fn content(&self) -> Map {
        let fields = [
            ("sha256", Value::bytes(self.sha256.0)),
            ("bytes", Value::uint(self.bytes)),
            ("size", Value::uint(self.size)),
            ("type", Value::text(&self.media_type)),
            ("key", Value::bytes(self.key)),
        ];
        match cbor::map(fields) {
            Value::Map(map) => map,
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Bytes(_) | Value::Array(_) => {
                Map::new()
            }
        }
    }

    /// What a step's content names; `None` if it is not such a content.
    #[must_use]
    pub fn of(content: &Map) -> Option<Self> {
        let bytes = |name: &str| -> Option<[u8; 32]> { content.get(name)?.as_bytes()?.try_into().ok() };
        let media_type = content.get("type")?.as_text()?.to_owned();
        let file = Self {
            sha256: MediaHash(bytes("sha256")?),
            bytes: content.get("bytes")?.as_uint()?,
            size: content.get("size")?.as_uint()?,
            media_type,
            key: bytes("key")?,
        };
        let sized = file.bytes <= FILE_BYTES_MAX && file.size == ciphertext_bytes(file.bytes);
        let fits = sized && is_type(&file.media_type);
        fits.then_some(file)
    }
}

/// Bytes of the ciphertext of a file of so many: a header of 8, and a tag of 16 for each 64 KiB begun
/// (one for an empty file).
#[must_use]
pub fn ciphertext_bytes(bytes: u64) -> u64 {
    8 + bytes + 16 * bytes.div_ceil(65_536).max(1)
}

/// Whether a text may stand as a file's type: letters, digits and `!#$&^_.+/-`, nothing that could be a
/// name or a sentence.
#[must_use]
pub fn is_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+/-".contains(&byte);
    (1..=TYPE_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// The file a flag is about: its hash, as bytes or in hex.
#[must_use]
pub fn flagged(content: &Map) -> Option<MediaHash> {
    match content.get("sha256")? {
        Value::Bytes(bytes) => MediaHash::from_slice(bytes).ok(),
        Value::Text(hex) => hex.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Array(_) | Value::Map(_) => None,
    }
}

/// The files of a record, oldest first, each once; steps of somebody who may not attach do not count.
#[must_use]
pub fn attachments(kind: &Kind, view: &View) -> Vec<Attached> {
    let mut found: Vec<Attached> = Vec::new();
    for said in said(kind, view, ATTACH) {
        let statement = &said.opened.statement;
        let Some(file) = Attachment::of(&statement.content) else { continue };
        if found.len() < FILES_MAX && !found.iter().any(|known| known.file.sha256 == file.sha256) {
            found.push(Attached {
                file,
                by: statement.author.clone(),
                at: statement.device_at,
                statement: said.opened.id,
                flagged: false,
            });
        }
    }
    let flags: Vec<MediaHash> =
        said(kind, view, FLAG_IMAGE).filter_map(|said| flagged(&said.opened.statement.content)).collect();
    for attached in &mut found {
        attached.flagged = flags.contains(&attached.file.sha256);
    }
    found
}

fn said<'v>(kind: &'v Kind, view: &'v View, step: &'v str) -> impl Iterator<Item = &'v Said> {
    view.statements.iter().filter(move |said| {
        let role: Option<Role> = said.opened.statement.role.parse().ok();
        said.step() == Some(step) && role.is_some_and(|role| rights::may_step(role, kind, step))
    })
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "attachment of {} bytes", self.bytes)
    }
}

impl std::fmt::Debug for Attached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} by {}", self.file, self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo() -> Attachment {
        Attachment { sha256: MediaHash([1; 32]), bytes: 10, size: 34, media_type: "image/jpeg".into(), key: [2; 32] }
    }

    #[test]
    fn what_names_a_file_reads_back_and_anything_else_names_none() {
        assert_eq!(Attachment::of(&photo().content()), Some(photo()));
        let spoilt = |name: &str, value: Value| {
            let mut content = photo().content();
            content.insert(name.into(), value);
            Attachment::of(&content)
        };
        assert_eq!(spoilt("sha256", Value::bytes([1; 31])), None);
        assert_eq!(spoilt("key", Value::text("secret")), None);
        assert_eq!(spoilt("bytes", Value::uint(FILE_BYTES_MAX + 1)), None);
        assert_eq!(spoilt("size", Value::uint(9)), None);
        assert_eq!(spoilt("type", Value::text("a list of names.jpg in words")), None);
    }

    #[test]
    fn a_flag_names_its_file_in_bytes_or_hex() {
        let flag = |value: Value| flagged(&Map::from([(String::from("sha256"), value)]));
        assert_eq!(flag(Value::bytes([7; 32])), Some(MediaHash([7; 32])));
        assert_eq!(flag(Value::text("07".repeat(32))), Some(MediaHash([7; 32])));
        assert_eq!(flag(Value::text("photo")), None);
    }

    #[test]
    fn no_key_is_printed() {
        assert_eq!(format!("{:?}", photo()), "attachment of 10 bytes");
    }
}
