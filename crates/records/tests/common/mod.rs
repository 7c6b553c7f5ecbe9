//! A document in memory, as several devices write it: what each knows, and what a view of it says.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

pub mod sample;

use std::collections::{BTreeMap, BTreeSet};

use documents::{
    Clock, Created, Dot, Entry, NOT_TAKEN, Opened, Said, Scalar, Sentence, Standing, Statement, Template, View,
};
use records::{Actor, Body, Compartment, Context, Do, Kind, Plan, RecordFacts, Refused, Role, Shown, Writes};
use serde_json::{Value as Json, json};
use signed::cbor::{self, Map, Value};
use signed::{ActorId, DeviceId, RecordId, StatementHash, Timestamp, UserId};

pub const MORNING: &str = "2026-11-23T09:00:00.000Z";

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Mints ids in order.
pub fn ids() -> impl FnMut() -> String {
    let mut next = 0_u8;
    move || {
        next += 1;
        RecordId::mint(Timestamp::from_millis(1_700_000_000_000 + i64::from(next)), [next; 10]).to_string()
    }
}

pub fn record(n: u8) -> RecordId {
    RecordId::mint(at(MORNING), [n; 10])
}

#[derive(Clone)]
struct Change {
    dot: Dot,
    clock: Clock,
    said: Option<Opened>,
    writes: Writes,
    by: String,
    at: String,
}

/// One record on several devices.
pub struct Doc {
    pub kind: &'static Kind,
    changes: Vec<Change>,
    known: BTreeMap<u8, BTreeSet<usize>>,
    minute: i64,
    new_id: Box<dyn FnMut() -> String>,
}

/// Someone with a device.
#[derive(Clone)]
pub struct Person {
    pub device: u8,
    pub user: UserId,
    pub role: Role,
}

pub fn person(device: u8, user: &str, role: Role) -> Person {
    Person { device, user: UserId::new(user).unwrap(), role }
}

impl Doc {
    /// A live record, made by someone from a body.
    pub fn new(kind: &str, who: &Person, body: Json) -> Self {
        let kind = records::kind(kind).unwrap();
        let mut doc = Self { kind, changes: Vec::new(), known: BTreeMap::new(), minute: 0, new_id: Box::new(ids()) };
        let mut body = records::normalise(kind, body, &mut doc.new_id).expect("a good body");
        records::defaults(kind, &mut body, at(MORNING));
        doc.create(who, &body, Vec::new());
        doc
    }

    /// A drafted record, sealed from a body; its gaps are those the seal finds.
    pub fn sealed(kind: &str, who: &Person, body: &Body, recorded_at: Timestamp) -> Self {
        let kind = records::kind(kind).unwrap();
        let policy = records::Policy::DEFAULT;
        let gaps = records::seal_gaps(kind, body, &records::SealTimes { recorded_at, policy: &policy });
        let mut doc = Self {
            kind,
            changes: Vec::new(),
            known: BTreeMap::new(),
            minute: (recorded_at.millis() - at(MORNING).millis()) / 60_000,
            new_id: Box::new(ids()),
        };
        doc.create(who, body, gaps.iter().map(records::Gap::to_value).collect());
        doc
    }

    fn create(&mut self, who: &Person, body: &Body, gaps: Vec<Value>) {
        let mut writes = records::split(self.kind, body).expect("fits");
        let created = Created {
            kind: self.kind.name.into(),
            template: Template::Record,
            compartment: format!("POLICE({})", record(9)),
            case: body.case(),
            school: body.text("school").map(str::to_owned),
            capacity: body.text("capacity").unwrap_or("safer_schools").to_owned(),
        };
        let sealed = std::mem::take(&mut writes.sealed);
        let content = created.content(Some((self.kind.part, sealed)));
        self.write(who, Some((Sentence::Step("created".into()), content, gaps)), writes);
    }

    fn now(&self) -> Timestamp {
        at(MORNING).plus_millis(self.minute * 60_000)
    }

    pub fn context(&self, online: bool) -> Context<'static> {
        Context { online, ..Context::at(self.now()) }
    }

    fn write(&mut self, who: &Person, said: Option<(Sentence, Map, Vec<Value>)>, writes: Writes) -> usize {
        let actor = ActorId([who.device; 16]);
        let known = self.known.entry(who.device).or_default().clone();
        let mut clock = Clock::default();
        for change in &known {
            clock.join(&self.changes[*change].clock);
        }
        let seq = clock.0.get(&actor).copied().unwrap_or(0) + 1;
        clock.0.insert(actor, seq);
        let now = self.now();
        self.minute += 1;
        let opened = said.map(|(sentence, content, gaps)| {
            let mut salt = [who.device; 16];
            salt[..8].copy_from_slice(&seq.to_be_bytes());
            let statement = Statement {
                record: record(1),
                kind: self.kind.name.into(),
                sentence,
                version: 1,
                content,
                author: who.user.clone(),
                role: who.role.to_string(),
                actor,
                event_at: None,
                device_at: now,
                mono_ms: 0,
                boot: "test".into(),
                offset_ms: None,
                rules: records::RULES_VERSION,
                policy: 1,
                gaps,
                seen: Vec::new(),
                shown: Vec::new(),
                salt,
            };
            let bytes = cbor::encode(&statement.to_value());
            let id = StatementHash(signed::digest::sha256(&bytes));
            Opened { id, kid: DeviceId::of_key(&[who.device]), statement, bytes }
        });
        let change = Change {
            dot: Dot { actor, seq },
            clock,
            said: opened,
            writes,
            by: who.user.to_string(),
            at: now.to_string(),
        };
        self.changes.push(change);
        let at = self.changes.len() - 1;
        self.known.entry(who.device).or_default().insert(at);
        at
    }

    /// This device learns everything the other knows.
    pub fn sync(&mut self, to: &Person, from: &Person) {
        let theirs = self.known.get(&from.device).cloned().unwrap_or_default();
        self.known.entry(to.device).or_default().extend(theirs);
    }

    pub fn view_of(&self, who: &Person) -> View {
        self.view(self.known.get(&who.device).unwrap())
    }

    pub fn view_of_all(&self) -> View {
        self.view(&(0..self.changes.len()).collect())
    }

    fn view(&self, known: &BTreeSet<usize>) -> View {
        let mut view = View::default();
        let mut changes: Vec<&Change> = known.iter().map(|at| &self.changes[*at]).collect();
        // Causal order, then identity.
        let depth = |change: &Change| change.clock.0.values().sum::<u64>();
        changes.sort_by_key(|change| (depth(change), change.said.as_ref().map(|said| said.id), change.dot));
        for change in &changes {
            if let Some(said) = &change.said {
                let counter = depth(change);
                let clock = change.clock.clone();
                view.statements.push(Said { opened: said.clone(), dot: change.dot, clock, counter, taken: NOT_TAKEN });
            }
            let entry = |value: &Value, nth: usize| {
                let whole = cbor::map([
                    ("value", value.clone()),
                    ("by", Value::text(&change.by)),
                    ("at", Value::text(format!("{} {nth}", change.at))),
                ]);
                let id = StatementHash(signed::digest::sha256(&cbor::encode(&whole))).to_string();
                let (by, at) = (change.by.clone(), change.at.clone());
                Entry { id: id[..32].to_owned(), value: value.clone(), by, at, dot: change.dot, counter: depth(change) }
            };
            for (nth, (name, value)) in change.writes.entries.iter().enumerate() {
                view.entries.entry(name.clone()).or_default().push(entry(value, nth));
            }
            for (nth, (name, value)) in change.writes.cautious.iter().enumerate() {
                view.cautious.entry(name.clone()).or_default().push(entry(value, nth));
            }
            for (key, value) in &change.writes.fields {
                let standing = view.fields.entry(key.clone()).or_default();
                standing.retain(|one| !change.clock.covers(&one.dot.actor, one.dot.seq));
                standing.push(Standing { value: value.clone(), counter: depth(change), dot: change.dot });
            }
        }
        for standing in view.fields.values_mut() {
            standing.sort_by_key(|one| (one.counter, one.dot.actor));
        }
        view
    }

    pub fn shown_to(&self, who: &Person) -> Shown {
        records::shown(self.kind, &self.view_of(who), &self.context(false))
    }

    pub fn shown_to_all(&self) -> Shown {
        records::shown(self.kind, &self.view_of_all(), &self.context(false))
    }

    /// What a verb would write on this person's device.
    pub fn plan(&mut self, who: &Person, verb: &str, body: Json, online: bool) -> Result<Plan, Refused> {
        let view = self.view_of(who);
        let ctx = self.context(online);
        let shown = records::shown(self.kind, &view, &ctx);
        let what = Do { verb, body, considered: Vec::new() };
        let actor = Actor { user: &who.user, role: who.role };
        records::plan(self.kind, &view, &shown, actor, &what, &ctx, &mut self.new_id)
    }

    pub fn act(&mut self, who: &Person, verb: &str, body: Json) {
        self.act_when(who, verb, body, true);
    }

    pub fn act_offline(&mut self, who: &Person, verb: &str, body: Json) {
        self.act_when(who, verb, body, false);
    }

    fn act_when(&mut self, who: &Person, verb: &str, body: Json, online: bool) {
        let plan = self.plan(who, verb, body, online).unwrap_or_else(|refused| panic!("{verb}: {:?}", refused.gaps));
        let sentence = Sentence::Step(plan.step);
        let gaps = plan.gaps.iter().map(records::Gap::to_value).collect();
        self.write(who, Some((sentence, plan.content, gaps)), plan.writes);
    }

    /// A step exactly as given, whoever it is from.
    pub fn say(&mut self, who: &Person, step: &str, content: Map) {
        self.write(who, Some((Sentence::Step(step.into()), content, Vec::new())), Writes::default());
    }

    pub fn edit(&mut self, who: &Person, path: &str, value: Json) -> Result<(), Vec<records::Gap>> {
        let view = self.view_of(who);
        let writes =
            records::edits(self.kind, &view, &[(path.to_owned(), value)], &records::Policy::DEFAULT, &mut self.new_id)?;
        self.write(who, None, writes);
        Ok(())
    }

    pub fn addendum(
        &mut self,
        who: &Person,
        text: Option<&str>,
        sets: &[(String, Json)],
    ) -> Result<(), Vec<records::Gap>> {
        let view = self.view_of(who);
        let added = records::addendum(
            self.kind,
            &view,
            text,
            sets,
            "remembered later",
            &records::Policy::DEFAULT,
            &mut self.new_id,
        )?;
        self.write(who, Some((Sentence::Step("addendum".into()), added.content, Vec::new())), added.writes);
        Ok(())
    }

    /// The server answers what waits; tells which verbs it confirmed and which it refused.
    pub fn server_answers(&mut self) -> Vec<String> {
        let server = person(200, "server", Role::Server);
        self.known.insert(200, (0..self.changes.len()).collect());
        let found = records::proposals(self.kind, &self.view_of_all(), &self.context(true));
        let answers = found.iter().filter_map(|proposal| Some((proposal.verb, proposal.answer()?)));
        let answers: Vec<_> = answers.collect();
        let said = answers.iter().map(|(verb, (step, _))| format!("{step} {verb}")).collect();
        for (_, (step, content)) in answers {
            self.say(&server, step, content);
        }
        said
    }
}

/// Everyone involved in the stories.
pub fn officer() -> Person {
    person(1, "okafor", Role::Officer)
}
pub fn other_officer() -> Person {
    person(2, "price", Role::Officer)
}
pub fn sergeant() -> Person {
    person(3, "shah", Role::Sergeant)
}
pub fn inspector() -> Person {
    person(4, "imber", Role::Inspector)
}
pub fn lead() -> Person {
    person(5, "hughes", Role::Dsl)
}

pub fn action_body() -> Json {
    json!({
        "kind": "speak_to_child",
        "requested_by": { "person": "hughes", "org": "100001" },
        "exact_request": "Please come and speak to her on Tuesday before second lesson",
        "about": ["the girl in 8B"],
        "due": "2026-11-27T15:00:00Z",
        "school": "100001",
        "urgency": "standard",
    })
}

/// An action the school asked for, known to both officers, the sergeant and the lead.
pub fn action() -> Doc {
    let mut doc = Doc::new("action", &lead(), action_body());
    for who in [officer(), other_officer(), sergeant(), inspector()] {
        doc.sync(&who, &lead());
    }
    doc
}

pub fn scalar_text(scalar: &Scalar) -> Option<String> {
    scalar.to_value().as_text().map(str::to_owned)
}

pub fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// An open action of somebody's, in this compartment.
pub fn facts(compartment: Compartment) -> RecordFacts {
    RecordFacts {
        record: record(1),
        kind: "action".into(),
        compartment,
        author: user("someone"),
        author_supervisor: None,
        owners: vec![],
        requested_by: vec![],
        granted: vec![],
        opened: vec![],
        found: false,
        asked: vec![],
        open: true,
        high_risk: false,
        escalated: false,
    }
}
