//! The files of a sealed box: `box.key`, and `box/<number>` in the order in which things were said. What was refused
//! or does not open is `box/<number>.kept`.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use signed::code;

use super::ENTRIES_MAX;
use crate::api::BODY_BYTES_MAX;
use crate::error::{FieldError, Result};
use crate::store::key::sync_folder;
use crate::store::{RESERVE, try_lock, unlock};

const KEY_FILE: &str = "box.key";
const LOCK: &str = "box.lock";
pub(crate) const FOLDER: &str = "box";
/// What lies beside the store, but for the folder.
pub(crate) const FILES: [&str; 3] = [KEY_FILE, "box.key.part", LOCK];
const KEPT: &str = "kept";

/// Bytes of the key's file at most.
const KEY_BYTES_MAX: u64 = 256;
/// Bytes of one entry at most: a body as JSON text in JSON text, and what is said about it.
const ENTRY_BYTES_MAX: u64 = 2 * BODY_BYTES_MAX as u64 + 4096;
/// The last number that a name has place for.
const NUMBER_MAX: u64 = 99_999_999;
/// How long somebody else may have the box.
const TURN_MAX: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(5);

/// One at a time, of whatever process: who puts something in, and who empties or takes away.
pub(crate) struct Turn(File);

impl Drop for Turn {
    fn drop(&mut self) {
        // Given up, not only closed: a process that was forked meanwhile has a copy of the open file.
        unlock(&self.0);
    }
}

pub(crate) fn turn(dir: &Path) -> Result<Turn> {
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    let end = Instant::now() + TURN_MAX;
    while !try_lock(&file)? {
        if Instant::now() >= end {
            return Err(FieldError::new(code::STORE_IN_USE, "another program is at the box of this store"));
        }
        std::thread::sleep(LOOK);
    }
    Ok(Turn(file))
}

pub(super) fn read_key(dir: &Path) -> Result<Option<String>> {
    let mut text = String::new();
    match File::open(dir.join(KEY_FILE)) {
        Ok(file) => file.take(KEY_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(text))
}

pub(super) fn write_key(dir: &Path, text: &str) -> Result<()> {
    whole(dir, KEY_FILE, text.as_bytes())
}

/// Puts one sealed entry behind the others, and answers its number; on disk when it answers.
pub(super) fn put(dir: &Path, sealed: &[u8], vital: bool) -> Result<u64> {
    let _turn = turn(dir)?;
    let folder = dir.join(FOLDER);
    let known = numbers(&folder)?;
    let last = known.iter().chain(&kept(&folder)?).copied().max().unwrap_or(0);
    if known.len() >= ENTRIES_MAX || last >= NUMBER_MAX {
        return Err(FieldError::new(code::STORE_BOX_FULL, "the box is full; open the store to empty it"));
    }
    write(dir, last + 1, sealed, vital)?;
    Ok(last + 1)
}

/// Puts another text in the place of an entry that is there still.
pub(super) fn replace(dir: &Path, number: u64, sealed: &[u8], vital: bool) -> Result<()> {
    let _turn = turn(dir)?;
    write(dir, number, sealed, vital)
}

fn write(dir: &Path, number: u64, sealed: &[u8], vital: bool) -> Result<()> {
    if sealed.len() as u64 > ENTRY_BYTES_MAX {
        return Err(FieldError::new(code::I_TOO_LARGE, "more than one record may hold"));
    }
    // Without it the secret is gone, too: the store was erased, or set aside as damaged.
    if !dir.join(KEY_FILE).exists() {
        return Err(FieldError::new(code::STORE_LOCKED, "this store has no box; nothing is taken without its key"));
    }
    let folder = dir.join(FOLDER);
    let once = || place(dir, &folder).and_then(|()| whole(&folder, &name(number), sealed));
    match once() {
        // The space that is kept for an account is there for this one too.
        Err(error) if error.code == code::STORE_FULL && vital && fs::remove_file(dir.join(RESERVE)).is_ok() => once(),
        written => written,
    }
}

fn place(dir: &Path, folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // Each time: whoever made it may have been cut off before this.
    Ok(sync_folder(dir)?)
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

/// The entries that wait to be taken, in their order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>> {
    named(folder, |name| Some(name))
}

/// The entries that were refused or do not open.
pub(super) fn kept(folder: &Path) -> Result<Vec<u64>> {
    named(folder, |name| name.strip_suffix(KEPT)?.strip_suffix('.'))
}

/// Numbers in the names of plain files, as this module writes them and no other.
fn named(folder: &Path, part: impl Fn(&str) -> Option<&str>) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(&part);
        let digits = digits.filter(|name| name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(number) = digits.and_then(|digits| digits.parse().ok())
            && entry.file_type()?.is_file()
        {
            found.push(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// One entry's bytes; none of a file that is longer than any entry or cannot be read.
pub(super) fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(ENTRY_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= ENTRY_BYTES_MAX).then_some(bytes)
}

pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(name(number))
}

pub(super) fn kept_path(folder: &Path, number: u64) -> PathBuf {
    path(folder, number).with_extension(KEPT)
}
