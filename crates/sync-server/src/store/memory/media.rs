//! Attached files in memory.

use std::collections::BTreeMap;

use signed::{DeviceId, MediaHash, RecordId, StatementHash, Timestamp, UserId};

use super::{View, Work};
use crate::store::media::{MediaNameRow, MediaRow, ReadingMedia, WritingMedia};
use crate::store::port::Answer;

/// Rows of attached files.
#[derive(Clone, Debug, Default)]
pub(super) struct Media {
    files: BTreeMap<MediaHash, MediaRow>,
    names: BTreeMap<(MediaHash, RecordId, StatementHash), MediaNameRow>,
}

impl Media {
    fn bytes(&self, counts: impl Fn(&MediaRow) -> bool) -> u64 {
        self.files.values().filter(|row| counts(row)).map(|row| row.size).sum()
    }
}

macro_rules! reading {
    ($name:ty) => {
        impl ReadingMedia for $name {
            fn media(&self, sha256: &MediaHash) -> Answer<Option<MediaRow>> {
                Ok(self.tables.media.files.get(sha256).cloned())
            }

            fn media_names(&self, sha256: &MediaHash) -> Answer<Vec<MediaNameRow>> {
                Ok(self.tables.media.names.values().filter(|row| row.sha256 == *sha256).cloned().collect())
            }

            fn media_of(&self, document: RecordId) -> Answer<Vec<MediaRow>> {
                let media = &self.tables.media;
                let names = |file: &MediaHash| media.names.keys().any(|(one, of, _)| one == file && *of == document);
                Ok(media.files.values().filter(|row| names(&row.sha256)).cloned().collect())
            }

            fn media_all(&self) -> Answer<Vec<MediaRow>> {
                Ok(self.tables.media.files.values().cloned().collect())
            }

            fn media_unfinished(&self, device: DeviceId) -> Answer<u64> {
                Ok(self.tables.media.bytes(|row| row.device == Some(device) && !row.complete))
            }

            fn media_bytes(&self, user: &UserId) -> Answer<u64> {
                Ok(self.tables.media.bytes(|row| row.user.as_ref() == Some(user)))
            }
        }
    };
}

reading!(View);
reading!(Work<'_>);

impl WritingMedia for Work<'_> {
    fn put_media(&mut self, row: &MediaRow) -> Answer<()> {
        self.tables.media.files.insert(row.sha256, row.clone());
        Ok(())
    }

    fn add_media_name(&mut self, row: &MediaNameRow) -> Answer<()> {
        let key = (row.sha256, row.document, row.statement);
        self.tables.media.names.entry(key).or_insert_with(|| row.clone());
        Ok(())
    }

    fn lock_media(&mut self, sha256: &MediaHash) -> Answer<()> {
        if let Some(row) = self.tables.media.files.get_mut(sha256) {
            row.locked = true;
        }
        Ok(())
    }

    fn destroy_media(&mut self, sha256: &MediaHash, at: Timestamp) -> Answer<()> {
        if let Some(row) = self.tables.media.files.get_mut(sha256) {
            (row.locked, row.complete, row.destroyed) = (true, false, Some(at));
        }
        Ok(())
    }
}
