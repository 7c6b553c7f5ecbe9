//! Every page of an encrypted store, opened with its key: tables, search shadow tables, freed pages
//! and the write-ahead log alike, because what was deleted is still a page.

use std::fs;
use std::path::Path;

use aes::cipher::{BlockDecryptMut, KeyIvInit, block_padding::NoPadding};

const PAGE: usize = 4096;
/// SQLCipher 4: IV and HMAC-SHA512 at each page's end.
const RESERVE: usize = 80;
const SALT: usize = 16;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The key of a store, as it lies beside it: 64 hexadecimal digits.
pub fn key_of(store: &Path) -> [u8; 32] {
    let text = fs::read_to_string(store.join("key")).unwrap();
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).unwrap().try_into().unwrap()
}

/// The plain bytes of all pages of a database and its log.
pub fn plain_pages(database: &Path, key: &[u8; 32]) -> Vec<u8> {
    let mut plain = Vec::new();
    let file = fs::read(database).unwrap();
    for (number, page) in file.chunks_exact(PAGE).enumerate() {
        plain.extend(open(page, key, number == 0));
    }
    let log = fs::read(format!("{}-wal", database.display())).unwrap_or_default();
    let frames = log.get(WAL_HEADER..).unwrap_or_default();
    for frame in frames.chunks_exact(FRAME_HEADER + PAGE) {
        let number = u32::from_be_bytes(frame[..4].try_into().unwrap());
        plain.extend(open(&frame[FRAME_HEADER..], key, number == 1));
    }
    plain
}

fn open(page: &[u8], key: &[u8; 32], first: bool) -> Vec<u8> {
    let iv: [u8; 16] = page[PAGE - RESERVE..PAGE - RESERVE + 16].try_into().unwrap();
    let body = &page[if first { SALT } else { 0 }..PAGE - RESERVE];
    cbc::Decryptor::<aes::Aes256>::new(key.into(), &iv.into()).decrypt_padded_vec_mut::<NoPadding>(body).unwrap()
}

/// Whether bytes hold a text, as UTF-8.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { all.extend(files(&entry.path())) } else { all.push(entry.path()) }
    }
    all
}

/// All readable memory of a process.
pub fn memory(process: u32) -> Vec<u8> {
    use std::io::{Read, Seek, SeekFrom};
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" r") && !line.contains("[v")) {
        let (range, _) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut part = vec![0; usize::try_from(to - from).unwrap()];
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut part).is_ok() {
            all.extend(part);
        }
    }
    all
}
