//! Which key a store is opened with: a wrong key is told from damage before a byte is touched.
//!
//! `DIR/keycheck` holds lines `<salt> <HMAC-SHA-256(key, salt)>` in hex. The key is 256 random
//! bits, so the file tells nothing about it. Two lines stand there only while a key is changed.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use data_encoding::HEXLOWER;
use ring::hmac;
use zeroize::Zeroizing;

use crate::error::Result;
use crate::ports::{self, Random};
use crate::types::StoreKey;

const FILE: &str = "keycheck";
/// Bytes read of it at most: two lines.
const BYTES_MAX: u64 = 1024;
const CONTEXT: &[u8] = b"firsthand store key";

/// What the file says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// It is the key.
    Right,
    /// It is not, and nothing may be touched.
    Wrong,
    /// The file does not say (it is missing, or the key was being changed).
    Unknown,
}

pub(crate) fn check(dir: &Path, key: &StoreKey) -> Check {
    let Ok(text) = read(dir) else { return Check::Unknown };
    let verdicts: Vec<bool> = text.lines().filter_map(|line| matches(line, key)).collect();
    match (verdicts.len(), verdicts.contains(&true)) {
        (0, _) => Check::Unknown,
        (1, true) => Check::Right,
        (_, true) => Check::Unknown,
        (_, false) => Check::Wrong,
    }
}

fn read(dir: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(dir.join(FILE))?.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn matches(line: &str, key: &StoreKey) -> Option<bool> {
    let (salt, tag) = line.trim().split_once(' ')?;
    let (salt, tag) = (HEXLOWER.decode(salt.as_bytes()).ok()?, HEXLOWER.decode(tag.as_bytes()).ok()?);
    Some(hmac::verify(&mac_key(key), &message(&salt), &tag).is_ok())
}

fn mac_key(key: &StoreKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &key.0[..])
}

fn message(salt: &[u8]) -> Vec<u8> {
    [CONTEXT, salt].concat()
}

/// Writes the file for these keys (one; two while a key is changed), in place of what was there.
pub(crate) fn write(dir: &Path, keys: &[&StoreKey], random: &dyn Random) -> Result<()> {
    let mut text = String::new();
    for key in keys {
        let salt: [u8; 16] = ports::bytes(random)?;
        let tag = hmac::sign(&mac_key(key), &message(&salt));
        text.push_str(&format!("{} {}\n", HEXLOWER.encode(&salt), HEXLOWER.encode(tag.as_ref())));
    }
    let new = dir.join("keycheck.new");
    let mut file = fs::File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, dir.join(FILE))?;
    sync_folder(dir)?;
    Ok(())
}

/// Makes a rename or a new file in a folder durable, where the system can.
pub(crate) fn sync_folder(dir: &Path) -> std::io::Result<()> {
    if cfg!(unix) { fs::File::open(dir)?.sync_all() } else { Ok(()) }
}

/// SQLCipher's spelling of a raw key.
pub(crate) fn pragma(name: &str, key: &StoreKey) -> Zeroizing<String> {
    let hex = Zeroizing::new(HEXLOWER.encode(&key.0[..]));
    Zeroizing::new(format!("PRAGMA {name} = \"x'{}'\";", hex.as_str()))
}
