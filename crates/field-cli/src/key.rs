//! The file that holds a store's key: 64 hexadecimal characters, readable by its owner alone.
//!
//! On a phone the platform's keystore takes this place.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use field_core::{FieldError, Random, StoreKey, SystemRandom};
use signed::code;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;

/// Bytes read of a key file at most: the characters, and an end of line or two.
const FILE_BYTES_MAX: u64 = 80;

/// The store's database within its folder; it says that the store is not new.
const DATABASE: &str = "field.db";

/// Whether there is a store in this folder already.
pub(crate) fn is_store(dir: &Path) -> bool {
    dir.join(DATABASE).exists()
}

/// Where a store's key is kept.
pub(crate) struct KeyFile(PathBuf);

impl KeyFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The key, if the file is there; `STORE.key` when it holds no key.
    pub(crate) fn read(&self) -> Result<Option<StoreKey>, FieldError> {
        read(&self.0)
    }

    /// A fresh key, written before it is used. If another process was first, its key is taken.
    pub(crate) fn make(&self) -> Result<StoreKey, FieldError> {
        let bytes = random()?;
        // Written whole under another name first: nobody ever reads half a key.
        let draft = self.beside(&format!("{}.part", std::process::id()));
        write(&draft, &bytes)?;
        let linked = std::fs::hard_link(&draft, &self.0);
        std::fs::remove_file(&draft)?;
        match linked {
            Ok(()) => {
                self.folder_to_disk()?;
                Ok(StoreKey::new(*bytes))
            }
            Err(error) => self.read()?.ok_or_else(|| error.into()),
        }
    }

    /// Writes a fresh key beside the current one, for a change of key.
    pub(crate) fn prepare(&self) -> Result<StoreKey, FieldError> {
        let bytes = random()?;
        let path = self.beside("new");
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        write(&path, &bytes)?;
        self.folder_to_disk()?;
        Ok(StoreKey::new(*bytes))
    }

    /// The key of a change that was begun, if there is one.
    pub(crate) fn prepared(&self) -> Result<Option<StoreKey>, FieldError> {
        read(&self.beside("new"))
    }

    /// Puts the prepared key in the place of the old one.
    pub(crate) fn commit(&self) -> Result<(), FieldError> {
        std::fs::rename(self.beside("new"), &self.0)?;
        self.folder_to_disk()
    }

    /// Takes the key away, and one that was prepared.
    pub(crate) fn destroy(&self) -> Result<(), FieldError> {
        for path in [&self.0, &self.beside("new")] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
        }
        self.folder_to_disk()
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(".");
        name.push(ending);
        name.into()
    }

    /// A name is on disk only when its folder is.
    fn folder_to_disk(&self) -> Result<(), FieldError> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<StoreKey>, FieldError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(FILE_BYTES_MAX).unwrap_or(KEY_BYTES)));
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    parse(&bytes).map(Some).ok_or_else(|| FieldError::new(code::STORE_KEY, "the key file holds no key"))
}

/// 64 hexadecimal characters, or the 32 bytes themselves.
fn parse(bytes: &[u8]) -> Option<StoreKey> {
    if let Ok(raw) = bytes.try_into() {
        return Some(StoreKey::new(raw));
    }
    let decoded = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(bytes.trim_ascii()).ok()?);
    decoded.as_slice().try_into().ok().map(StoreKey::new)
}

fn random() -> Result<Zeroizing<[u8; KEY_BYTES]>, FieldError> {
    let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
    SystemRandom::new().fill(&mut *bytes)?;
    Ok(bytes)
}

fn write(path: &Path, key: &[u8; KEY_BYTES]) -> Result<(), FieldError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut text = Zeroizing::new(HEXLOWER.encode(key));
    text.push('\n');
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_hexadecimal_characters_or_32_bytes() {
        assert!(parse(format!("{}\n", "aB".repeat(32)).as_bytes()).is_some());
        assert!(parse(&[7; 32]).is_some());
        for bad in [&b""[..], &[7; 31], &[7; 33], "ab".repeat(31).as_bytes(), "xy".repeat(32).as_bytes()] {
            assert!(parse(bad).is_none());
        }
    }
}
