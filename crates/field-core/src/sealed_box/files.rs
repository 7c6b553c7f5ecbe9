//! The files of a sealed box: `box.key`, and `box/<number>` in the order in which things were said.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use signed::code;

use super::ENTRIES_MAX;
use crate::api::BODY_BYTES_MAX;
use crate::error::{FieldError, Result};
use crate::store::key::sync_folder;
use crate::store::{RESERVE, lock_waiting};

pub(crate) const KEY_FILE: &str = "box.key";
pub(crate) const FOLDER: &str = "box";
const LOCK: &str = "box.lock";

/// Bytes of the key's file at most.
const KEY_BYTES_MAX: u64 = 256;
/// Bytes of one entry at most: a body as JSON text in JSON text, and what is said about it.
const ENTRY_BYTES_MAX: u64 = 2 * BODY_BYTES_MAX as u64 + 4096;

/// One at a time, of whatever process: who puts something in, and who empties.
pub(super) struct Turn(#[allow(dead_code, reason = "held until dropped")] File);

pub(super) fn turn(dir: &Path) -> Result<Turn> {
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    lock_waiting(&file)?;
    Ok(Turn(file))
}

pub(super) fn read_key(dir: &Path) -> Result<Option<String>> {
    let mut text = String::new();
    match File::open(dir.join(KEY_FILE)) {
        Ok(file) => file.take(KEY_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(text))
}

pub(super) fn write_key(dir: &Path, text: &str) -> Result<()> {
    whole(dir, KEY_FILE, text.as_bytes())
}

/// Puts one sealed entry behind the others; on disk when it answers.
pub(super) fn put(dir: &Path, sealed: &[u8], vital: bool) -> Result<()> {
    let _turn = turn(dir)?;
    let folder = dir.join(FOLDER);
    let known = numbers(&folder)?;
    if known.len() >= ENTRIES_MAX {
        return Err(FieldError::new(code::STORE_BOX_FULL, "the box is full; open the store to empty it"));
    }
    let name = name(known.last().map_or(1, |last| last.saturating_add(1)));
    let written = place(dir, &folder).and_then(|()| whole(&folder, &name, sealed));
    match written {
        // The space that is kept for an account is there for this one too.
        Err(error) if error.code == code::STORE_FULL && vital && fs::remove_file(dir.join(RESERVE)).is_ok() => {
            place(dir, &folder).and_then(|()| whole(&folder, &name, sealed))
        }
        written => written,
    }
}

fn place(dir: &Path, folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        sync_folder(dir)?;
    }
    Ok(())
}

/// Writes a file whole or not at all.
fn whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let part = folder.join(format!("{name}.part"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&part, folder.join(name))).and_then(|()| sync_folder(folder));
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    Ok(done?)
}

fn name(number: u64) -> String {
    format!("{number:08}")
}

/// The entries there are, in their order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let number = |entry: fs::DirEntry| entry.file_name().to_str().and_then(|name| name.parse().ok());
    let mut found: Vec<u64> = entries.flatten().filter_map(number).collect();
    found.sort_unstable();
    Ok(found)
}

/// One entry's bytes; none of a file that is longer than any entry.
pub(super) fn read(folder: &Path, number: u64) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path(folder, number))?.take(ENTRY_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= ENTRY_BYTES_MAX).then_some(bytes))
}

pub(super) fn remove(folder: &Path, number: u64) -> Result<()> {
    Ok(fs::remove_file(path(folder, number))?)
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(name(number))
}
