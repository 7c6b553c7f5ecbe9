//! Ladders (R15-R19): who is told when something that is owed is not done. A prompt that is dismissed
//! or only accepted changes nothing: the next rung comes at its time. A reasoned decision lets the
//! ladder rest for one interval at most; only the work itself ends it, when its rule no longer finds it.

use signed::{Code, RecordId, Timestamp};

use super::people::Directory;
use super::view::{CaseView, Row, StepRow};
use super::{Item, switch};
use crate::access::Role;

/// One rung: at this time, these are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// When.
    pub at: Timestamp,
    /// Whom.
    pub to: To,
}

/// Whom a rung tells. Each is looked up from who answers for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Who answers for it; for a queue, everybody in it.
    Owner,
    /// Their sergeant.
    Sergeant,
    /// Their inspector.
    Inspector,
    /// The duty officers.
    Command,
    /// The owner and the sergeant at once.
    OwnerAndSergeant,
    /// One user.
    User(String),
    /// Everybody in a role: the hub, data protection officers.
    Role(Role),
    /// Designated leads of a school. Only for records that the school holds.
    Leads(String),
}

/// One rung that somebody was, or will be, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Derived from rule, record, what it is about, rung and user: told once, in every replay.
    pub id: RecordId,
    /// The rule.
    pub rule: &'static str,
    /// Its code.
    pub code: Code,
    /// The record.
    pub record: RecordId,
    /// From 1.
    pub rung: u64,
    /// When.
    pub due_at: Timestamp,
    /// Whom.
    pub to: String,
    /// What is owed, without a word of the record.
    pub text: &'static str,
    /// Who dismissed it, and when: kept, and no end of it.
    pub dismissed: Vec<(String, Timestamp)>,
}

/// Every rung of an item, those to come included, by time.
#[must_use]
pub fn prompts(view: &CaseView<'_>, item: &Item) -> Vec<Prompt> {
    let Some(row) = view.row(item.record) else { return Vec::new() };
    let pause = pause(row, item);
    let mut told: Vec<Prompt> = Vec::new();
    let mut early = 0;
    for (at, rung) in item.rungs.iter().enumerate() {
        let number = at as u64 + 1;
        let users = holders(view, row, &rung.to);
        // R16: a rung is skipped when its holder owns the item or is away: the next one's time is its own.
        let present: Vec<&str> = users.into_iter().filter(|user| view.people.here(user)).collect();
        let absent = present.is_empty();
        let due_at = rest(Timestamp::from_millis(rung.at.millis() - early), pause);
        if absent && at + 1 < item.rungs.len() && switch::on("R16") {
            early += item.rungs.get(at + 1).map_or(0, |next| next.at.millis() - rung.at.millis());
            continue;
        }
        for user in present {
            if told.iter().any(|known| known.to == user && known.due_at == due_at) {
                continue;
            }
            let id = prompt_id(item, number, user);
            told.push(Prompt {
                id,
                rule: item.rule,
                code: item.code,
                record: item.record,
                rung: number,
                due_at,
                to: user.to_owned(),
                text: item.text,
                dismissed: dismissed(row, id),
            });
        }
    }
    told.sort_by(|one, other| (one.due_at, one.rung, &one.to).cmp(&(other.due_at, other.rung, &other.to)));
    told
}

/// The id of what one user is told at one rung of an item.
#[must_use]
pub fn prompt_id(item: &Item, rung: u64, user: &str) -> RecordId {
    let record = item.record.to_string();
    RecordId::derived(&["prompt", item.rule, item.code.name, &record, &item.about, &rung.to_string(), user])
}

fn holders<'a>(view: &CaseView<'a>, row: &'a Row, to: &'a To) -> Vec<&'a str> {
    let people = view.people;
    let owner = view.owner_of(row);
    // Nobody in person answers for it: whoever recorded it is asked, and their line.
    let line = owner.unwrap_or(row.author.as_str());
    match to {
        To::Owner => owners(people, row, line),
        To::Sergeant => people.sergeant_of(line).into_iter().collect(),
        To::OwnerAndSergeant => owners(people, row, line).into_iter().chain(people.sergeant_of(line)).collect(),
        To::Inspector => people.inspector_of(line).into_iter().collect(),
        To::Command => people.in_role(Role::Command).collect(),
        To::User(user) => vec![user.as_str()],
        To::Role(role) => people.in_role(*role).collect(),
        To::Leads(school) => people.leads_of(school).collect(),
    }
}

fn owners<'a>(people: &'a Directory, row: &'a Row, line: &'a str) -> Vec<&'a str> {
    let queues = row.owners.iter().filter_map(|owner| owner.strip_prefix("team:"));
    let of_queues: Vec<&str> = queues.flat_map(|team| people.team(team)).map(|member| member.user.as_str()).collect();
    if of_queues.is_empty() { vec![line] } else { of_queues }
}

/// From when until when a reasoned decision lets the ladder rest.
fn pause(row: &Row, item: &Item) -> Option<(Timestamp, i64)> {
    let rests = item.rests_ms?;
    let decides = |step: &&StepRow| step.verb == "answer_prompt" && answers(step, item) && reasoned(step);
    let last = row.steps.iter().rfind(decides)?;
    Some((last.at, rests))
}

/// A rung that would come while the ladder rests comes when the rest is over.
fn rest(at: Timestamp, pause: Option<(Timestamp, i64)>) -> Timestamp {
    match pause {
        Some((from, length)) if at > from && at.millis() < from.millis() + length => {
            Timestamp::from_millis(from.millis() + length)
        }
        Some(_) | None => at,
    }
}

/// Whether a step answers a prompt of this item.
#[must_use]
pub fn answers(step: &StepRow, item: &Item) -> bool {
    let named = step.body.get("prompt").and_then(serde_json::Value::as_str);
    let rungs = 1..=item.rungs.len() as u64;
    named.is_some_and(|named| rungs.into_iter().any(|rung| prompt_id(item, rung, &step.author).to_string() == named))
}

/// R15: 'no unit free' is no decision, and neither is a bare word of acceptance.
fn reasoned(step: &StepRow) -> bool {
    let decision = step.body.get("decision").and_then(serde_json::Value::as_str).unwrap_or_default();
    let reason = step.body.get("reason").and_then(serde_json::Value::as_str).unwrap_or_default();
    let lower = format!("{decision} {reason}").to_lowercase();
    let no_unit = ["no unit", "no units", "no resource", "unit free", "nobody free", "no one free"];
    !decision.trim().is_empty() && !no_unit.iter().any(|phrase| lower.contains(phrase))
}

fn dismissed(row: &Row, prompt: RecordId) -> Vec<(String, Timestamp)> {
    let id = prompt.to_string();
    let of_it = |step: &&StepRow| step.body.get("prompt").and_then(serde_json::Value::as_str) == Some(id.as_str());
    row.did("dismiss_prompt").filter(of_it).map(|step| (step.author.clone(), step.at)).collect()
}
