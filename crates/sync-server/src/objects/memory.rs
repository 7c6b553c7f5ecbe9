//! Files in memory, for tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signed::MediaHash;
use signed::digest::sha256;

use super::{Answer, Objects};
use crate::store::StoreError;

/// Files that last as long as the value.
#[derive(Debug, Default)]
pub struct Memory {
    parts: Mutex<BTreeMap<MediaHash, Vec<u8>>>,
    whole: Mutex<BTreeMap<MediaHash, Vec<u8>>>,
}

type Kept = BTreeMap<MediaHash, Vec<u8>>;

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Objects for Memory {
    fn settle(&self, file: &MediaHash) -> Answer<u64> {
        Ok(lock(&self.parts).get(file).map_or(0, |part| part.len() as u64))
    }

    fn append(&self, file: &MediaHash, at: u64, bytes: &[u8]) -> Answer<()> {
        let mut parts = lock(&self.parts);
        let part = parts.entry(*file).or_default();
        if part.len() as u64 != at {
            return Err(StoreError::Damaged);
        }
        part.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(&self, file: &MediaHash) -> Answer<bool> {
        let Some(part) = lock(&self.parts).remove(file) else { return Ok(false) };
        let right = sha256(&part) == file.0;
        if right {
            lock(&self.whole).insert(*file, part);
        }
        Ok(right)
    }

    fn read(&self, file: &MediaHash, from: u64, max: usize) -> Answer<Option<Vec<u8>>> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let part = |whole: &Vec<u8>| whole.iter().skip(from).take(max).copied().collect();
        Ok(lock(&self.whole).get(file).map(part))
    }

    fn look(&self, file: &MediaHash) -> Answer<Option<(MediaHash, u64)>> {
        Ok(lock(&self.whole).get(file).map(|whole| (MediaHash(sha256(whole)), whole.len() as u64)))
    }

    fn remove(&self, file: &MediaHash) -> Answer<()> {
        lock(&self.parts).remove(file);
        lock(&self.whole).remove(file);
        Ok(())
    }
}
