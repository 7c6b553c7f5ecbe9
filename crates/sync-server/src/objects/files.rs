//! Files in folders: `media/ab/<hash>`, and `<hash>.part` while one comes.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use signed::MediaHash;

use super::{Answer, Objects};
use crate::store::StoreError;

/// Bytes read at a time.
const STEP: usize = 64 * 1024;

/// Files in a folder of the server's.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Those below this folder, which is made when the first file comes.
    #[must_use]
    pub fn below(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn folder(&self, file: &MediaHash) -> PathBuf {
        let name = file.to_string();
        self.0.join(name.get(..2).unwrap_or_default())
    }

    fn whole(&self, file: &MediaHash) -> PathBuf {
        self.folder(file).join(file.to_string())
    }

    fn part(&self, file: &MediaHash) -> PathBuf {
        self.whole(file).with_extension("part")
    }

    /// The folder of a file, made durably where it is missing.
    fn make_folder(&self, file: &MediaHash) -> Answer<()> {
        let folder = self.folder(file);
        if folder.is_dir() {
            return Ok(());
        }
        private_folder(&folder)?;
        for made in [Some(self.0.as_path()), self.0.parent()].into_iter().flatten() {
            sync(made)?;
        }
        Ok(())
    }
}

impl Objects for Files {
    fn settle(&self, file: &MediaHash) -> Answer<u64> {
        let Some(part) = found(OpenOptions::new().append(true).open(self.part(file)))? else { return Ok(0) };
        part.sync_all().map_err(failure)?;
        Ok(part.metadata().map_err(failure)?.len())
    }

    fn append(&self, file: &MediaHash, at: u64, bytes: &[u8]) -> Answer<()> {
        let path = self.part(file);
        let mut part = match found(OpenOptions::new().append(true).open(&path))? {
            Some(part) => part,
            None => {
                self.make_folder(file)?;
                let part = private_file(&path)?;
                sync(&self.folder(file))?;
                part
            }
        };
        if part.metadata().map_err(failure)?.len() != at {
            return Err(StoreError::Damaged);
        }
        let written = part.write_all(bytes);
        if written.is_err() {
            // Half a chunk would make the next one stand in the wrong place.
            let _ = part.set_len(at);
        }
        written.map_err(failure)
    }

    fn finish(&self, file: &MediaHash) -> Answer<bool> {
        let path = self.part(file);
        let Some(mut part) = found(File::open(&path))? else { return Ok(false) };
        part.sync_all().map_err(failure)?;
        let (hash, _) = hash(&mut part)?;
        if hash != *file {
            drop(part);
            fs::remove_file(&path).map_err(failure)?;
            sync(&self.folder(file))?;
            return Ok(false);
        }
        fs::rename(&path, self.whole(file)).map_err(failure)?;
        sync(&self.folder(file))?;
        Ok(true)
    }

    fn read(&self, file: &MediaHash, from: u64, max: usize) -> Answer<Option<Vec<u8>>> {
        let Some(mut whole) = found(File::open(self.whole(file)))? else { return Ok(None) };
        whole.seek(SeekFrom::Start(from)).map_err(failure)?;
        let mut bytes = Vec::with_capacity(max);
        whole.take(max as u64).read_to_end(&mut bytes).map_err(failure)?;
        Ok(Some(bytes))
    }

    fn look(&self, file: &MediaHash) -> Answer<Option<(MediaHash, u64)>> {
        found(File::open(self.whole(file)))?.map(|mut whole| hash(&mut whole)).transpose()
    }

    fn remove(&self, file: &MediaHash) -> Answer<()> {
        for path in [self.whole(file), self.part(file)] {
            found(fs::remove_file(path))?;
        }
        if self.folder(file).is_dir() { sync(&self.folder(file)) } else { Ok(()) }
    }
}

fn hash(file: &mut File) -> Answer<(MediaHash, u64)> {
    let (mut hash, mut size, mut step) = (Context::new(&SHA256), 0_u64, vec![0; STEP]);
    loop {
        let read = file.read(&mut step).map_err(failure)?;
        let Some(bytes) = step.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hash.update(bytes);
        size += read as u64;
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.finish().as_ref());
    Ok((MediaHash(bytes), size))
}

/// What is not there is no failure.
fn found<T>(answer: std::io::Result<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: std::io::Error) -> StoreError {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded].contains(&error.kind());
    if full { StoreError::Full } else { StoreError::Io }
}

fn sync(folder: &Path) -> Answer<()> {
    if cfg!(unix) { File::open(folder).and_then(|folder| folder.sync_all()).map_err(failure) } else { Ok(()) }
}

fn private_folder(folder: &Path) -> Answer<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(failure)
}

fn private_file(path: &Path) -> Answer<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map_err(failure)
}
