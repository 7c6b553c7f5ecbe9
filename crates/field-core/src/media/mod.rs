//! Attached files on a device: the folder with their ciphertext. What is known of them stands in the
//! encrypted database ([`crate::store::media`]); nothing in the folder opens without it.

pub(crate) mod stream;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use signed::MediaHash;

use crate::error::Result;
use crate::store::key::sync_folder;

/// The folder, within that of the store.
pub(crate) const FOLDER: &str = "media";
const UNFINISHED: &str = "new";
const PARTIAL: &str = "part";

/// The ciphertext of attached files.
pub(crate) struct Files(PathBuf);

/// A file that is being written and has no name yet; it goes away unless it is named.
pub(crate) struct Unnamed {
    path: PathBuf,
    named: bool,
}

impl Files {
    /// Those of the store in this folder.
    pub(crate) fn of(store: &Path) -> Self {
        Self(store.join(FOLDER))
    }

    fn place(&self, sha256: &MediaHash) -> PathBuf {
        self.0.join(sha256.to_string())
    }

    fn partial(&self, sha256: &MediaHash) -> PathBuf {
        self.place(sha256).with_extension(PARTIAL)
    }

    fn make_folder(&self) -> Result<()> {
        if !self.0.is_dir() {
            fs::create_dir_all(&self.0)?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))?;
            }
            if let Some(store) = self.0.parent() {
                sync_folder(store)?;
            }
        }
        Ok(())
    }

    /// Writes a file that has no name yet, durably.
    pub(crate) fn write<T>(
        &self,
        unique: &[u8; 16],
        work: impl FnOnce(&mut dyn Write) -> Result<T>,
    ) -> Result<(Unnamed, T)> {
        self.make_folder()?;
        let name = data_encoding::HEXLOWER.encode(unique);
        let new = Unnamed { path: self.0.join(name).with_extension(UNFINISHED), named: false };
        let mut file = private(&new.path)?;
        let done = work(&mut file)?;
        file.sync_all()?;
        Ok((new, done))
    }

    /// Gives a file its name; durable when it answers.
    pub(crate) fn name(&self, new: &mut Unnamed, sha256: &MediaHash) -> Result<()> {
        if !new.named {
            fs::rename(&new.path, self.place(sha256))?;
            sync_folder(&self.0)?;
            new.named = true;
        }
        Ok(())
    }

    /// The ciphertext of a file.
    pub(crate) fn read(&self, sha256: &MediaHash) -> std::io::Result<File> {
        File::open(self.place(sha256))
    }

    /// Part of the ciphertext of a file: at most this many bytes from there on.
    pub(crate) fn part(&self, sha256: &MediaHash, from: u64, max: usize) -> Result<Vec<u8>> {
        use std::io::{Seek as _, SeekFrom};
        let mut file = self.read(sha256)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(max);
        file.take(max as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// How much of a file that is being fetched is here.
    pub(crate) fn fetched(&self, sha256: &MediaHash) -> u64 {
        fs::metadata(self.partial(sha256)).map_or(0, |file| file.len())
    }

    /// Puts bytes behind what was fetched so far.
    pub(crate) fn append(&self, sha256: &MediaHash, bytes: &[u8]) -> Result<()> {
        self.make_folder()?;
        let path = self.partial(sha256);
        let mut file = if path.exists() { File::options().append(true).open(path)? } else { private(&path)? };
        Ok(file.write_all(bytes)?)
    }

    /// Whether what was fetched is the whole file; what is not goes away.
    pub(crate) fn fetched_whole(&self, sha256: &MediaHash) -> Result<bool> {
        let path = self.partial(sha256);
        let mut file = File::open(&path)?;
        let (found, _) = stream::hash_of(&mut file)?;
        if found != *sha256 {
            drop(file);
            fs::remove_file(&path)?;
            return Ok(false);
        }
        file.sync_all()?;
        Ok(true)
    }

    /// A file that was fetched whole takes its place.
    pub(crate) fn keep_fetched(&self, sha256: &MediaHash) -> Result<()> {
        let path = self.partial(sha256);
        if path.exists() {
            fs::rename(path, self.place(sha256))?;
            sync_folder(&self.0)?;
        }
        Ok(())
    }

    /// The ciphertext of a file goes away.
    pub(crate) fn remove(&self, sha256: &MediaHash) -> Result<()> {
        match fs::remove_file(self.place(sha256)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// What was fetched of a file goes away.
    pub(crate) fn drop_fetched(&self, sha256: &MediaHash) {
        let _ = fs::remove_file(self.partial(sha256));
    }

    /// Takes away what no row knows. To be called while nobody writes rows; `opening` says that nobody
    /// writes files either, so what was not finished before a crash goes too.
    pub(crate) fn sweep(&self, opening: bool, known: impl Fn(&MediaHash) -> Result<bool>) -> Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for entry in entries {
            let path = entry?.path();
            let unfinished = path.extension().is_some_and(|end| end == UNFINISHED);
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let goes = match name.parse::<MediaHash>() {
                Ok(sha256) => !known(&sha256)?,
                Err(_) => unfinished && opening,
            };
            if goes {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.named {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A new file that its owner alone can read.
pub(crate) fn private(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    Ok(options.open(path)?)
}
