//! Prompts and match keys, as SQL.

use rusqlite::Row;
use signed::{RecordId, Timestamp, UserId};

use super::columns::{SqlResult, bytes, int, uint, user};
use super::read::Queries as _;
use super::{ReadTx, WriteTx};
use crate::store::port::Answer;
use crate::store::rules::{KeyHash, PromptRow, ReadingRules, WritingRules};

const PROMPT: &str = "SELECT id, case_id, record, person, rule, rung, due, told, ended, line FROM prompt";

fn prompt(row: &Row<'_>) -> SqlResult<PromptRow> {
    let time = |at: Option<i64>| at.map(Timestamp::from_millis);
    Ok(PromptRow {
        id: RecordId(bytes(row, 0)?),
        case: RecordId(bytes(row, 1)?),
        record: RecordId(bytes(row, 2)?),
        user: user(row, 3)?,
        rule: row.get(4)?,
        rung: uint(row, 5)?,
        due: Timestamp::from_millis(row.get(6)?),
        told: time(row.get(7)?),
        ended: time(row.get(8)?),
        line: row.get(9)?,
    })
}

macro_rules! reading {
    ($name:ident) => {
        impl ReadingRules for $name<'_> {
            fn prompts_of_case(&self, case: RecordId) -> Answer<Vec<PromptRow>> {
                self.all(&format!("{PROMPT} WHERE case_id = ?1 ORDER BY id"), [&case.0[..]], prompt)
            }

            fn told_in_case(&self, case: RecordId) -> Answer<Vec<UserId>> {
                let sql = "SELECT DISTINCT person FROM prompt WHERE case_id = ?1 AND told IS NOT NULL ORDER BY person";
                self.all(sql, [&case.0[..]], |row| user(row, 0))
            }

            fn prompts_due(&self, now: Timestamp, max: usize) -> Answer<Vec<PromptRow>> {
                let sql =
                    format!("{PROMPT} WHERE told IS NULL AND ended IS NULL AND due <= ?1 ORDER BY due, id LIMIT ?2");
                self.all(&sql, (now.millis(), int(max as u64)), prompt)
            }

            fn next_due(&self) -> Answer<Option<Timestamp>> {
                let sql = "SELECT due FROM prompt WHERE told IS NULL AND ended IS NULL ORDER BY due LIMIT 1";
                self.one(sql, [], |row| Ok(Timestamp::from_millis(row.get(0)?)))
            }

            fn prompts_of(&self, user: &UserId) -> Answer<Vec<PromptRow>> {
                let sql = format!("{PROMPT} WHERE person = ?1 AND ended IS NULL AND told IS NOT NULL ORDER BY due, id");
                self.all(&sql, [user.as_str()], prompt)
            }

            fn prompts_told(&self) -> Answer<Vec<PromptRow>> {
                self.all(&format!("{PROMPT} WHERE ended IS NULL AND told IS NOT NULL ORDER BY due, id"), [], prompt)
            }

            fn open_of_kind(&self, kind: &str) -> Answer<Vec<RecordId>> {
                let sql = "SELECT id FROM document WHERE kind = ?1 AND open ORDER BY id";
                self.all(sql, [kind], |row| Ok(RecordId(bytes(row, 0)?)))
            }

            fn with_key(&self, hash: &KeyHash, max: usize) -> Answer<Vec<RecordId>> {
                let sql = "SELECT document FROM match_key WHERE hash = ?1 ORDER BY document LIMIT ?2";
                self.all(sql, (&hash[..], int(max as u64)), |row| Ok(RecordId(bytes(row, 0)?)))
            }

            fn keys_of(&self, document: RecordId) -> Answer<Vec<(KeyHash, u64)>> {
                let sql = "SELECT hash, kind FROM match_key WHERE document = ?1 ORDER BY hash";
                self.all(sql, [&document.0[..]], |row| Ok((bytes(row, 0)?, uint(row, 1)?)))
            }
        }
    };
}

reading!(ReadTx);
reading!(WriteTx);

impl WritingRules for WriteTx<'_> {
    fn put_prompt(&mut self, row: &PromptRow) -> Answer<()> {
        let sql = "INSERT OR REPLACE INTO prompt (id, case_id, record, person, rule, rung, due, told, ended, line) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let values = (
            &row.id.0[..],
            &row.case.0[..],
            &row.record.0[..],
            row.user.as_str(),
            row.rule.as_str(),
            int(row.rung),
            row.due.millis(),
            row.told.map(Timestamp::millis),
            row.ended.map(Timestamp::millis),
            &row.line[..],
        );
        self.run(sql, values)
    }

    fn remove_prompt(&mut self, id: RecordId) -> Answer<()> {
        self.run("DELETE FROM prompt WHERE id = ?1", [&id.0[..]])
    }

    fn erase_document(&mut self, document: RecordId) -> Answer<()> {
        for table in ["statement", "operation", "change", "quarantine"] {
            self.run(&format!("DELETE FROM {table} WHERE document = ?1"), [&document.0[..]])?;
        }
        self.run("DELETE FROM open_item WHERE document = ?1", [&document.0[..]])?;
        let sql = "UPDATE document SET wrapped_key = x'', state = x'', projection = x'', owner = '', status = 'erased', \
                   urgency = 'info', due = NULL, open = 0, gaps = 0, changes = 0 WHERE id = ?1";
        self.run(sql, [&document.0[..]])
    }

    fn put_keys(&mut self, document: RecordId, keys: &[(KeyHash, u64)]) -> Answer<()> {
        self.run("DELETE FROM match_key WHERE document = ?1", [&document.0[..]])?;
        for (hash, kind) in keys {
            let sql = "INSERT OR REPLACE INTO match_key (hash, document, kind) VALUES (?1, ?2, ?3)";
            self.run(sql, (&hash[..], &document.0[..], int(*kind)))?;
        }
        Ok(())
    }
}
