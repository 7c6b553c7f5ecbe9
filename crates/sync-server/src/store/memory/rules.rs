//! Prompts and match keys in memory.

use std::collections::{BTreeMap, BTreeSet};

use signed::{RecordId, Timestamp, UserId};

use super::{View, Work};
use crate::store::port::Answer;
use crate::store::rules::{KeyHash, PromptRow, ReadingRules, WritingRules};

/// What the rules keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    prompts: BTreeMap<RecordId, PromptRow>,
    keys: BTreeMap<(KeyHash, RecordId), u64>,
}

impl Rules {
    fn by_time(&self, wanted: impl Fn(&PromptRow) -> bool) -> Vec<PromptRow> {
        let mut found: Vec<PromptRow> = self.prompts.values().filter(|row| wanted(row)).cloned().collect();
        found.sort_by_key(|row| (row.due, row.id));
        found
    }
}

macro_rules! reading {
    ($name:ty) => {
        impl ReadingRules for $name {
            fn prompts_of_case(&self, case: RecordId) -> Answer<Vec<PromptRow>> {
                Ok(self.tables.rules.prompts.values().filter(|row| row.case == case).cloned().collect())
            }

            fn told_in_case(&self, case: RecordId) -> Answer<Vec<UserId>> {
                let told = self.tables.rules.prompts.values().filter(|row| row.case == case && row.told.is_some());
                Ok(told.map(|row| row.user.clone()).collect::<BTreeSet<_>>().into_iter().collect())
            }

            fn prompts_due(&self, now: Timestamp, max: usize) -> Answer<Vec<PromptRow>> {
                let waits = |row: &PromptRow| row.told.is_none() && row.ended.is_none() && row.due <= now;
                let mut due = self.tables.rules.by_time(waits);
                due.truncate(max);
                Ok(due)
            }

            fn next_due(&self) -> Answer<Option<Timestamp>> {
                let waits = |row: &PromptRow| row.told.is_none() && row.ended.is_none();
                Ok(self.tables.rules.by_time(waits).first().map(|row| row.due))
            }

            fn prompts_of(&self, user: &UserId) -> Answer<Vec<PromptRow>> {
                Ok(self.tables.rules.by_time(|row| row.user == *user && row.told.is_some() && row.ended.is_none()))
            }

            fn prompts_told(&self) -> Answer<Vec<PromptRow>> {
                Ok(self.tables.rules.by_time(|row| row.told.is_some() && row.ended.is_none()))
            }

            fn open_of_kind(&self, kind: &str) -> Answer<Vec<RecordId>> {
                let of_kind = self.tables.documents.values().filter(|row| row.open && row.kind == kind);
                Ok(of_kind.map(|row| row.id).collect())
            }

            fn with_key(&self, hash: &KeyHash, max: usize) -> Answer<Vec<RecordId>> {
                let (first, last) = ((*hash, RecordId([0; 16])), (*hash, RecordId([0xff; 16])));
                Ok(self.tables.rules.keys.range(first..=last).map(|((_, document), _)| *document).take(max).collect())
            }

            fn keys_of(&self, document: RecordId) -> Answer<Vec<(KeyHash, u64)>> {
                let of_it = self.tables.rules.keys.iter().filter(|((_, one), _)| *one == document);
                Ok(of_it.map(|((hash, _), kind)| (*hash, *kind)).collect())
            }
        }
    };
}

reading!(View);
reading!(Work<'_>);

impl WritingRules for Work<'_> {
    fn put_prompt(&mut self, row: &PromptRow) -> Answer<()> {
        self.tables.rules.prompts.insert(row.id, row.clone());
        Ok(())
    }

    fn remove_prompt(&mut self, id: RecordId) -> Answer<()> {
        self.tables.rules.prompts.remove(&id);
        Ok(())
    }

    fn erase_document(&mut self, document: RecordId) -> Answer<()> {
        self.tables.changes.retain(|(one, _), _| *one != document);
        self.tables.statements.retain(|(one, _, _), _| *one != document);
        self.tables.operations.retain(|(one, _, _, _), _| *one != document);
        self.tables.quarantine.retain(|(_, one, _), _| *one != document);
        if let Some(row) = self.tables.documents.get_mut(&document) {
            row.key.clear();
            row.state.clear();
            row.projection.clear();
            row.owner.clear();
            (row.status, row.urgency) = (String::from("erased"), String::from("info"));
            (row.due, row.open, row.gaps, row.changes) = (None, false, 0, 0);
        }
        Ok(())
    }

    fn put_keys(&mut self, document: RecordId, keys: &[(KeyHash, u64)]) -> Answer<()> {
        self.tables.rules.keys.retain(|(_, one), _| *one != document);
        self.tables.rules.keys.extend(keys.iter().map(|(hash, kind)| ((*hash, document), *kind)));
        Ok(())
    }
}
