//! What is due now: what the server told this user, and what this device finds by the same rules over
//! what it holds.

use std::collections::BTreeMap;

use records::rules::{self, Prompt};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{RecordId, Timestamp};

use super::answer;
use crate::error::Result;
use crate::field::{Field, Me, Moment};
use crate::matching;
use crate::store::weighed;
use crate::weigh::Weighing;

impl Field {
    /// What is due now for this user, the longest due first.
    pub fn prompts(&self) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let moment = self.moment();
        // A case of a store from before is read off first, so this may write.
        self.write(false, |db| {
            let mut all: BTreeMap<RecordId, (Timestamp, answer::Prompt)> = BTreeMap::new();
            for told in weighed::prompts(db)? {
                all.extend(read(&told).map(|(id, at, prompt)| (id, (at, prompt))));
            }
            for case in weighed::open_cases(db)? {
                for prompt in due(db, &me, &moment, case)? {
                    // When it was due, the server knows better.
                    let at = all.get(&prompt.id).map_or(prompt.due_at, |(at, _)| *at);
                    all.insert(prompt.id, (at, answer_of(&prompt, at)));
                }
            }
            let mut list: Vec<(Timestamp, answer::Prompt)> = all.into_values().collect();
            rules::rank(&mut list, moment.policy.prompts_max, |(at, prompt)| (prompt.rung, *at));
            let list: Vec<answer::Prompt> = list.into_iter().map(|(_, prompt)| prompt).collect();
            Ok(answer::json(&list))
        })
    }
}

impl Field {
    /// Records that may be about the same number, place or person.
    pub fn matches(&self) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        self.read(|db| {
            let mut all: BTreeMap<RecordId, answer::PossibleMatch> = BTreeMap::new();
            for (id, found) in matching::held(db, &me)? {
                all.insert(id, found);
            }
            for told in weighed::matches(db)? {
                let Some((id, found)) = read_match(&told) else { continue };
                // The record of the match, where it is held, is newer than what was told of it.
                let state = matching::state(db, id)?;
                all.insert(id, answer::PossibleMatch { state: state.unwrap_or(found.state.clone()), ..found });
            }
            Ok(answer::json(&all.into_values().collect::<Vec<_>>()))
        })
    }
}

/// A possible match as the server told it.
fn read_match(told: &Json) -> Option<(RecordId, answer::PossibleMatch)> {
    let text = |name: &str| told.get(name).and_then(Json::as_str);
    let records = told.get("records")?.as_array()?.iter();
    let id: RecordId = text("id")?.parse().ok()?;
    Some((
        id,
        answer::PossibleMatch {
            id: id.into(),
            rule: text("rule")?.to_owned(),
            state: text("state")?.to_owned(),
            records: records.filter_map(|id| Some(id.as_str()?.parse::<RecordId>().ok()?.into())).collect(),
            key_kind: text("key_kind")?.to_owned(),
        },
    ))
}

/// What this device finds due for its user in a case.
fn due(db: &Connection, me: &Me, moment: &Moment, case: RecordId) -> Result<Vec<Prompt>> {
    let weighing = Weighing::of(db, me, moment, case)?;
    let view = weighing.view(moment);
    let items = rules::weigh(&view).items;
    let all = items.iter().flat_map(|item| rules::prompts(&view, item));
    Ok(all.filter(|prompt| prompt.due_at <= moment.now && prompt.to == me.user.as_str()).collect())
}

fn answer_of(prompt: &Prompt, at: Timestamp) -> answer::Prompt {
    answer::Prompt {
        id: prompt.id.into(),
        rule: prompt.rule.to_owned(),
        code: prompt.code.name.to_owned(),
        record: prompt.record.into(),
        rung: prompt.rung,
        due_at: at.into(),
        to: prompt.to.clone(),
        text: prompt.text.to_owned(),
        dismissed_by: prompt.dismissed.iter().map(|(user, _)| user.clone()).collect(),
    }
}

/// A prompt as the server told it.
fn read(told: &Json) -> Option<(RecordId, Timestamp, answer::Prompt)> {
    let text = |name: &str| told.get(name).and_then(Json::as_str);
    let id: RecordId = text("id")?.parse().ok()?;
    let record: RecordId = text("record")?.parse().ok()?;
    let at = Timestamp::parse(text("due_at")?).ok()?;
    let prompt = answer::Prompt {
        id: id.into(),
        rule: text("rule")?.to_owned(),
        code: text("code")?.to_owned(),
        record: record.into(),
        rung: told.get("rung").and_then(Json::as_u64).unwrap_or(1),
        due_at: at.into(),
        to: text("for").unwrap_or_default().to_owned(),
        text: text("text").unwrap_or_default().to_owned(),
        dismissed_by: Vec::new(),
    };
    Some((id, at, prompt))
}
