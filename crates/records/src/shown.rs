//! A record as a reader sees it: every field's effective value and what stands open.

use std::fmt;

use documents::{Said, Standing, View};
use serde_json::{Map as JsonMap, Value as Json};
use signed::cbor::Map;
use signed::{RecordId, StatementHash, Timestamp, UserId};

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::Kind;
use crate::open::Arguments;
use crate::seal::{self, SealTimes};
use crate::status::{self, Context};
use crate::steps::{self, Acts};
use crate::{assemble, path, title};

/// A record as a reader sees it.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// Every field's effective value: W, A, M, C, L and S together.
    pub body: Json,
    /// Where it stands.
    pub status: String,
    /// A step that waits for the server to confirm it.
    pub proposed: Option<String>,
    /// Where it would stand if what is proposed were confirmed; else as `status`.
    pub status_if_confirmed: String,
    /// Who answers for it: users, or `team:NAME`.
    pub owners: Vec<String>,
    /// The effective urgency.
    pub urgency: String,
    /// The effective due time (an action's `due`, a check's `attend_by`).
    pub due: Option<Timestamp>,
    /// A line for a list.
    pub title: String,
    /// What is open.
    pub gaps: Vec<Gap>,
    /// Registers in which more than one value stands.
    pub conflicts: Vec<Conflict>,
    /// Whether its words are sealed.
    pub sealed: bool,
    /// Whether something is still to be done.
    pub open: bool,
    /// The addenda, oldest first: each says `reason`, and `text` or `set`.
    pub addenda: Vec<Beside>,
    /// Accounts sealed beside the first from the same draft.
    pub accounts: Vec<Beside>,
    /// Accounts of another person or device that say it differently (R10).
    pub differs: Vec<RecordId>,
    /// Milliseconds between the account's end and its recording, if over policy (R4).
    pub delay_ms: Option<i64>,
    /// R5, R11: what every reader is to see at once, in words without names.
    pub notices: Vec<String>,
    /// What the rules found that every reader is to see ([`crate::rules::apply`]).
    pub marks: Vec<crate::rules::Mark>,
}

/// What somebody signed beside what is shown.
#[derive(Clone, PartialEq)]
pub struct Beside {
    /// Who.
    pub author: UserId,
    /// When, by their device.
    pub at: Timestamp,
    /// The statement.
    pub statement: StatementHash,
    /// What it says.
    pub says: JsonMap<String, Json>,
}

/// A register in which more than one value stands.
#[derive(Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// The values, the present winner last.
    pub values: Vec<ConflictValue>,
}

/// One of the values.
#[derive(Clone, PartialEq)]
pub struct ConflictValue {
    /// The value.
    pub value: Json,
    /// Who wrote it.
    pub by: String,
    /// When, if known.
    pub at: Option<Timestamp>,
    /// The step that wrote it, if one did.
    pub statement: Option<StatementHash>,
}

/// What a document says, as a reader sees it.
#[must_use]
pub fn shown(kind: &'static Kind, view: &View, ctx: &Context<'_>) -> Shown {
    let acts = Acts::of(kind, view);
    let arguments = Arguments::of(kind, view, &acts, ctx.policy);
    let legal = status::legal(&acts, &arguments, ctx);
    let counting = assemble::counting(&acts, &legal);
    let mut fields = assemble::body(kind, view, ctx.policy, &counting);
    assemble::computed(kind, &counting, &mut fields);
    crate::derived::fill(kind, view, &counting, &mut fields);
    let body = Body(fields);

    let recorded_at = view.part(kind.part).or_else(|| view.parts().first().map(|(said, _, map)| (*said, *map)));
    let recorded_at = recorded_at.map(|(said, _)| said).or(view.statements.first());
    let recorded_at = recorded_at.map_or(ctx.now, |said| said.opened.statement.device_at);
    let when = SealTimes { recorded_at, policy: ctx.policy };
    let open_gaps = seal::seal_gaps(kind, &body, &when);

    let mut shown = if kind.drafted {
        moved_on(sealed(kind, view, open_gaps), kind, &acts, &arguments, ctx)
    } else {
        let standing = status::standing(&acts, &arguments, ctx);
        let mut gaps = standing.gaps;
        gaps.extend(open_gaps);
        Shown {
            status: standing.status,
            status_if_confirmed: standing.if_confirmed,
            proposed: standing.proposed,
            gaps,
            ..Shown::empty()
        }
    };
    let mut body = body;
    // Where a missing child stands follows from the steps alone: nobody types that a child is back.
    if kind.name == "missing_episode" && shown.status != "reopened" {
        body.0.insert(String::from("state"), shown.status.clone().into());
    }
    shown.owners = steps::owners(view, &acts, &legal);
    if let ([one], true) = (shown.owners.as_slice(), kind.field("owner").is_some()) {
        // The steps are what counts; the register goes with them where one value stands in it.
        body.0.insert(String::from("owner"), one.clone().into());
    }
    shown.conflicts = conflicts(kind, view, ctx);
    // What the server signed as found is not what its author ever sealed.
    shown.sealed = view.part(kind.part).is_some() && kind.initial != crate::kinds::draft_kinds::UNSEALED;
    let sealed = shown.sealed && shown.status.starts_with("sealed");
    let not_made = kind.name == "referral" && sealed && seal::not_made(&body);
    shown.open = !(not_made || kind.done.contains(&shown.status.as_str()));
    shown.addenda = addenda(view);
    shown.accounts = accounts(kind, view);
    shown.differs = counting
        .iter()
        .filter(|act| act.step.verb == "mark_differs")
        .filter_map(|act| act.text("record")?.parse().ok())
        .collect();
    shown.about(kind, body, &when);
    shown
}

/// A draft, as its author sees it: status `draft`, and what a seal would find missing.
#[must_use]
pub fn shown_draft(kind: &'static Kind, body: &Body, when: &SealTimes<'_>) -> Shown {
    let mut shown = Shown { gaps: seal::seal_gaps(kind, body, when), ..Shown::empty() };
    shown.about(kind, body.clone(), when);
    shown
}

/// A drafted kind: incomplete while one of the gaps its seal named is still open.
fn sealed(kind: &Kind, view: &View, open: Vec<Gap>) -> Shown {
    let Some((seal, _)) = view.part(kind.part) else {
        return Shown { gaps: open, ..Shown::empty() };
    };
    let named: Vec<Gap> = seal.opened.statement.gaps.iter().filter_map(Gap::from_value).collect();
    let gaps: Vec<Gap> = open.into_iter().filter(|gap| named.iter().any(|n| n.path == gap.path)).collect();
    let status = if gaps.is_empty() { "sealed" } else { "sealed_incomplete" };
    Shown { status: status.to_owned(), status_if_confirmed: status.to_owned(), gaps, ..Shown::empty() }
}

/// A drafted kind whose steps lead on from the seal: sent, replied, reopened.
fn moved_on(shown: Shown, kind: &Kind, acts: &Acts<'_>, arguments: &Arguments<'_>, ctx: &Context<'_>) -> Shown {
    if shown.status == "draft" || kind.steps.iter().all(|step| step.to.is_none()) {
        return shown;
    }
    let standing = status::standing(acts, arguments, ctx);
    if standing.status == kind.initial && standing.proposed.is_none() {
        return shown;
    }
    let mut gaps = standing.gaps;
    gaps.extend(shown.gaps);
    let status = if standing.status == kind.initial { shown.status } else { standing.status };
    Shown { status, status_if_confirmed: standing.if_confirmed, proposed: standing.proposed, gaps, ..Shown::empty() }
}

fn conflicts(kind: &Kind, view: &View, ctx: &Context<'_>) -> Vec<Conflict> {
    let several = view.fields.iter().filter(|(_, standing)| standing.len() > 1);
    several
        .map(|(key, standing)| {
            let path = path::place_of_key(kind, key).map_or_else(|| key.clone(), |place| place.path);
            Conflict { path, values: standing.iter().map(|one| value_of(view, one, ctx)).collect() }
        })
        .collect()
}

fn value_of(view: &View, one: &Standing, ctx: &Context<'_>) -> ConflictValue {
    let with = view.statements.iter().find(|said| said.dot == one.dot);
    let same_store = || view.statements.iter().find(|said| said.dot.actor == one.dot.actor);
    let author = |said: &Said| said.opened.statement.author.to_string();
    let (by, at) = (ctx.wrote)(&one.dot).unwrap_or_else(|| match with {
        Some(said) => (author(said), Some(said.opened.statement.device_at)),
        None => (same_store().map(author).unwrap_or_default(), None),
    });
    ConflictValue { value: one.value.to_value().to_json(), by, at, statement: with.map(|said| said.opened.id) }
}

fn addenda(view: &View) -> Vec<Beside> {
    let steps = view.statements.iter().filter(|said| said.step() == Some("addendum"));
    steps.map(|said| Beside::of(said, &said.opened.statement.content)).collect()
}

/// A second device of the author may have sealed the same draft: both accounts stand, and the one
/// that the server took first is shown first.
fn accounts(kind: &Kind, view: &View) -> Vec<Beside> {
    let same_part = view.parts().into_iter().filter(|(_, part, _)| *part == kind.part);
    same_part.skip(1).map(|(said, _, content)| Beside::of(said, content)).collect()
}

impl Beside {
    fn of(said: &Said, content: &Map) -> Self {
        let statement = &said.opened.statement;
        let says = content.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
        Self { author: statement.author.clone(), at: statement.device_at, statement: said.opened.id, says }
    }
}

impl Shown {
    fn about(&mut self, kind: &Kind, body: Body, when: &SealTimes<'_>) {
        self.urgency = body.text("urgency").unwrap_or("standard").to_owned();
        let due = body.text("due").or_else(|| body.text("attend_by"));
        self.due = due.and_then(|text| Timestamp::parse(text).ok());
        self.title = title::title(kind, &body.0);
        self.delay_ms = seal::delay_ms(&body, when);
        self.notices = title::notices(&body);
        self.body = Json::Object(body.0);
    }

    fn empty() -> Self {
        Self {
            body: Json::Object(serde_json::Map::new()),
            status: String::from("draft"),
            proposed: None,
            status_if_confirmed: String::from("draft"),
            owners: Vec::new(),
            urgency: String::from("standard"),
            due: None,
            title: String::new(),
            gaps: Vec::new(),
            conflicts: Vec::new(),
            sealed: false,
            open: true,
            addenda: Vec::new(),
            accounts: Vec::new(),
            differs: Vec::new(),
            delay_ms: None,
            notices: Vec::new(),
            marks: Vec::new(),
        }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shown({}, {} gaps, {} conflicts)", self.status, self.gaps.len(), self.conflicts.len())
    }
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "said by {}", self.author)
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conflict({}, {} values)", self.path, self.values.len())
    }
}

impl fmt::Debug for ConflictValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "value by {}", self.by)
    }
}
