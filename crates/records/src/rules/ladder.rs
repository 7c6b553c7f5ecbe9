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
///
/// A rung whose holders own the item, have decided it already, or are away is skipped: the next one
/// comes in its place (R16).
#[must_use]
pub fn prompts(view: &CaseView<'_>, item: &Item) -> Vec<Prompt> {
    let Some(row) = view.row(item.record) else { return Vec::new() };
    let pause = pause(view, row, item);
    let mut told: Vec<Prompt> = Vec::new();
    let mut places = item.rungs.iter().map(|rung| rung.at);
    let mut place = places.next();
    for (at, rung) in item.rungs.iter().enumerate() {
        let owns = |user: &str| rung.to.climbs() && row.owners.iter().any(|owner| owner == user);
        // Whom a device does not know it does not take for absent: the server knows everybody.
        let known = |user: &str| view.whole || view.people.member(user).is_some();
        let skips = |user: &str| switch::on("R16") && ((known(user) && !view.people.here(user)) || owns(user));
        let users: Vec<&str> = holders(view, row, &rung.to).into_iter().filter(|user| !skips(user)).collect();
        let Some(when) = place.filter(|_| !users.is_empty()) else { continue };
        place = places.next();
        for user in users {
            let id = prompt_id(item, at as u64 + 1, user);
            told.push(Prompt {
                id,
                rule: item.rule,
                code: item.code,
                record: item.record,
                rung: at as u64 + 1,
                due_at: rest(when, pause),
                to: user.to_owned(),
                text: item.text,
                dismissed: dismissed(row, id),
            });
        }
    }
    told.sort_by(|one, other| (one.due_at, one.rung, &one.to).cmp(&(other.due_at, other.rung, &other.to)));
    told
}

impl To {
    /// Whether it is above whoever answers for the record.
    fn climbs(&self) -> bool {
        matches!(self, Self::Sergeant | Self::Inspector | Self::Command)
    }
}

/// The id of what one user is told at one rung of an item.
#[must_use]
pub fn prompt_id(item: &Item, rung: u64, user: &str) -> RecordId {
    let record = item.record.to_string();
    RecordId::derived(&["prompt", item.rule, item.code.name, &record, &item.about, &rung.to_string(), user])
}

/// R120: somebody with many live prompts gets one list, the most pressing first: higher rungs, then what is
/// due longest. With few, by time. Nothing is left out.
pub fn rank<T>(prompts: &mut [T], most: usize, key: impl Fn(&T) -> (u64, Timestamp)) {
    if prompts.len() > most && switch::on("R120") {
        prompts.sort_by_key(|prompt| (std::cmp::Reverse(key(prompt).0), key(prompt).1));
    } else {
        prompts.sort_by_key(|prompt| key(prompt).1);
    }
}

fn holders<'a>(view: &CaseView<'a>, row: &'a Row, to: &'a To) -> Vec<&'a str> {
    let people = view.people;
    let line = line(view, row);
    let mut users: Vec<&str> = match to {
        To::Owner => owners(people, row, line),
        To::Sergeant => sergeants(view, row, line),
        To::OwnerAndSergeant => owners(people, row, line).into_iter().chain(sergeants(view, row, line)).collect(),
        To::Inspector => people.inspector_of(line).into_iter().collect(),
        To::Command => command(view),
        To::User(user) => vec![user.as_str()],
        To::Role(role) => people.in_role(*role).collect(),
        To::Leads(school) => people.leads_of(school).collect(),
    };
    let mut seen = std::collections::BTreeSet::new();
    users.retain(|user| seen.insert(*user));
    users
}

/// Who decides at the last rung: whom the policy names, as far as they are known here; else all of
/// that role.
fn command<'a>(view: &CaseView<'a>) -> Vec<&'a str> {
    let named = view.policy.command_officers.iter().map(AsRef::as_ref);
    let named: Vec<&str> = named.filter(|user| view.people.here(user)).collect();
    if named.is_empty() { view.people.in_role(Role::Command).collect() } else { named }
}

/// Whose line a ladder climbs: who answers for the record in person, else whoever recorded it, else
/// who answers for the case.
fn line<'a>(view: &CaseView<'a>, row: &'a Row) -> &'a str {
    let author = || Some(row.author.as_str()).filter(|author| view.people.member(author).is_some());
    row.owner().or_else(author).or_else(|| view.owner_of(row)).unwrap_or(row.author.as_str())
}

/// The sergeant of that line; while nobody in person answers for it, the case's as well (R16: the local
/// sergeant is told without anybody having to tell them).
fn sergeants<'a>(view: &CaseView<'a>, row: &'a Row, line: &'a str) -> Vec<&'a str> {
    let own = match view.people.role(line) {
        Some(Role::Sergeant) if row.owner() != Some(line) => Some(line),
        _ => view.people.sergeant_of(line),
    };
    let local = view.own().and_then(Row::owner).filter(|_| row.unowned());
    let local = local.and_then(|owner| match view.people.role(owner) {
        Some(Role::Sergeant) => Some(owner),
        _ => view.people.sergeant_of(owner),
    });
    own.into_iter().chain(local).collect()
}

/// Who answers for it. While nobody has accepted it, every queue it went through sees it (R18).
fn owners<'a>(people: &'a Directory, row: &'a Row, line: &'a str) -> Vec<&'a str> {
    let accepted = row.steps.iter().rfind(|step| step.verb == "accept").map(|step| step.at);
    let sent = row.did("forward").filter(|step| accepted.is_none_or(|at| step.at > at));
    let both = |step: &'a StepRow| {
        let from = step.body.get("from").and_then(serde_json::Value::as_array).into_iter().flatten();
        from.chain(step.body.get("to")).filter_map(serde_json::Value::as_str)
    };
    let sent = sent.flat_map(both);
    let queues = row.owners.iter().map(String::as_str).chain(sent).filter_map(|owner| owner.strip_prefix("team:"));
    let queues: std::collections::BTreeSet<&str> = queues.filter(|_| row.unowned()).collect();
    let of_queues: Vec<&str> =
        queues.into_iter().flat_map(|team| people.team(team)).map(|member| member.user.as_str()).collect();
    if of_queues.is_empty() { vec![line] } else { of_queues }
}

/// From when, and for how long, a reasoned decision lets the ladder rest.
fn pause(view: &CaseView<'_>, row: &Row, item: &Item) -> Option<(Timestamp, i64)> {
    let rests = item.rests_ms?;
    let decides = |step: &&StepRow| step.verb == "answer_prompt" && answers(step, item) && decided(view, step);
    let last = row.steps.iter().rfind(decides)?;
    Some((last.at, rests))
}

/// Whether an answer to a prompt is a decision: reasoned (R15), and by a supervisor only with the fields
/// of THOR and NDM filled for it (R17).
#[must_use]
pub fn decided(view: &CaseView<'_>, step: &StepRow) -> bool {
    let models = || ["THOR", "NDM"].iter().all(|model| filled(view, step, model));
    reasoned(step) && (!switch::on("R17") || !step.role.supervises() || models())
}

/// Whether an assessment by this model of this person's stands, made before the answer and within a day.
fn filled(view: &CaseView<'_>, step: &StepRow, model: &str) -> bool {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let made = |row: &Row| {
        let before = row.since() <= step.at && row.since().millis() + DAY_MS > step.at.millis();
        before && row.author == step.author && row.text("model") == Some(model) && row.sealed
    };
    view.of("risk_assessment").any(made)
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
    if !switch::on("R15") {
        return true;
    }
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
