//! R93, R94: two officers act on one action without signal. Whatever the order of delivery, every
//! device shows the same, nothing is dropped, and open beats closed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use documents::check::{Candidate, Verdict, check};
use documents::{ChangeBuilder, Created, DocState, Document, MemoryHistory, Sentence, Statement, Template, View};
use records::{Actor, Context, Do, Kind, Role, Shown, Writes};
use serde_json::{Value as Json, json};
use signed::{ActorId, Incarnation, RecordId, RingSigner, Signer, Timestamp, UserId};

const RULES: u64 = records::RULES_VERSION;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn action() -> &'static Kind {
    records::kind("action").unwrap()
}

/// One copy of the action, and the device that holds it.
struct Device {
    user: UserId,
    role: Role,
    signer: RingSigner,
    copy: Copy,
}

#[derive(Clone)]
struct Copy {
    record: RecordId,
    state: DocState,
    history: MemoryHistory,
    view: View,
    changes: Vec<documents::Checked>,
}

impl Copy {
    fn new() -> Self {
        Self {
            record: RecordId::derived(&["the action"]),
            state: DocState::new(Template::Record),
            history: MemoryHistory::default(),
            view: View::default(),
            changes: Vec::new(),
        }
    }

    /// Takes a change if its ancestors are here.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let candidate = Candidate::read(bytes, Template::Record).unwrap();
        match check(candidate, self.record, &self.state, &self.history, action(), RULES).unwrap() {
            Verdict::Fits(checked) => {
                self.state.apply(&checked);
                self.history.apply(&checked);
                self.view.apply(&checked);
                self.changes.push(checked);
                true
            }
            Verdict::Known | Verdict::Need(_) => false,
            Verdict::Refused(refusal) => panic!("refused: {refusal}"),
        }
    }

    fn take_all(&mut self, changes: &[Vec<u8>]) {
        while changes.iter().filter(|bytes| self.take(bytes)).count() > 0 {}
    }

    fn shown(&self) -> Shown {
        records::shown(action(), &self.view, &Context::at(at("2026-11-22T12:00:00Z")))
    }
}

impl Device {
    fn new(user: &str, role: Role) -> Self {
        let signer = RingSigner::generate().unwrap();
        Self { user: UserId::new(user).unwrap(), role, signer, copy: Copy::new() }
    }

    fn actor(&self) -> ActorId {
        ActorId::of_store(self.signer.public_key().spki(), &Incarnation([1; 16]))
    }

    /// Writes one change, takes it in, and answers its bytes.
    fn write(&mut self, said: Option<(Sentence, signed::cbor::Map)>, writes: &Writes) -> Vec<u8> {
        let now = at("2026-11-22T10:00:00Z");
        let mut builder = ChangeBuilder::new(&self.copy.state, self.actor());
        if let Some((sentence, content)) = said {
            let statement = Statement {
                record: self.copy.record,
                kind: "action".into(),
                sentence,
                version: 1,
                content,
                author: self.user.clone(),
                role: self.role.to_string(),
                actor: self.actor(),
                event_at: None,
                device_at: now,
                mono_ms: 1,
                boot: "test".into(),
                offset_ms: None,
                rules: RULES,
                policy: 1,
                gaps: Vec::new(),
                seen: builder.seen().to_vec(),
                shown: Vec::new(),
                salt: [3; 16],
            };
            builder.statement(statement.sign(&self.signer).unwrap());
        }
        for (field, value) in &writes.entries {
            builder.entry(field, value, self.user.as_str(), now);
        }
        for (field, value) in &writes.cautious {
            builder.cautious(field, value, self.user.as_str(), now);
        }
        for (key, value) in &writes.fields {
            builder.field(key, value);
        }
        let bytes = builder.finish();
        assert!(self.copy.take(&bytes));
        bytes
    }

    fn create(&mut self, body: Json) -> Vec<u8> {
        let mut number = 0;
        let mut ids = move || {
            number += 1;
            RecordId::derived(&[&format!("line {number}")]).to_string()
        };
        let mut body = records::normalise(action(), body, &mut ids).unwrap();
        records::defaults(action(), &mut body, at("2026-11-22T10:00:00Z"));
        let mut writes = records::split(action(), &body).unwrap();
        let created = Created {
            kind: "action".into(),
            template: Template::Record,
            compartment: "POLICE(0199a000-0000-7000-8000-000000000001)".into(),
            case: None,
            school: None,
            capacity: "safer_schools".into(),
        };
        let content = created.content(Some((action().part, std::mem::take(&mut writes.sealed))));
        self.write(Some((Sentence::Step("created".into()), content)), &writes)
    }

    fn act(&mut self, verb: &str, body: Json) -> Vec<u8> {
        let context = Context::at(at("2026-11-22T11:00:00Z"));
        let shown = self.copy.shown();
        let what = Do { verb, body, considered: Vec::new() };
        let actor = Actor { user: &self.user, role: self.role };
        let mut ids = || RecordId::derived(&["an id"]).to_string();
        let plan = records::plan(action(), &self.copy.view, &shown, actor, &what, &context, &mut ids)
            .unwrap_or_else(|refused| panic!("{verb}: {refused:?}"));
        self.write(Some((Sentence::Step(plan.step.clone()), plan.content.clone())), &plan.writes)
    }

    fn edit(&mut self, path: &str, value: Json) -> Vec<u8> {
        let sets = [(path.to_owned(), value)];
        let mut ids = || RecordId::derived(&["an id"]).to_string();
        let writes = records::edits(action(), &self.copy.view, &sets, &records::Policy::DEFAULT, &mut ids).unwrap();
        self.write(None, &writes)
    }
}

/// The officers' scene: an action both hold, then both without signal.
fn scene() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut amara, mut beth) = (Device::new("amara", Role::Officer), Device::new("beth", Role::Officer));
    let first = amara.create(json!({"requested_by": {"person": "lead", "org": "Harbour School"}, "kind": "enquiry",
        "exact_request": "whose caravan is it", "about": ["a pupil"], "due": "2026-12-10T12:00:00Z", "urgency": "standard"}));
    assert!(beth.copy.take(&first));
    let apart = vec![
        amara.act("assign", json!({"to": "amara"})),
        amara.act(
            "complete",
            json!({"outcome": "it is the uncle's", "evidence": [{"ref": "site register", "type": "system_reference"}]}),
        ),
        beth.act("assign", json!({"to": "beth"})),
        beth.edit("urgency", json!("urgent")),
        beth.edit("due", json!("2026-12-01T12:00:00Z")),
    ];
    (vec![first], apart)
}

fn expect(shown: &Shown, order: &[usize]) {
    assert_eq!(shown.status, "reopened", "{order:?}");
    assert_eq!(shown.urgency, "urgent", "{order:?}");
    assert_eq!(shown.due, Some(at("2026-12-01T12:00:00Z")), "{order:?}");
    let mut owners = shown.owners.clone();
    owners.sort();
    assert_eq!(owners, ["amara", "beth"], "{order:?}");
}

fn permutations(items: usize) -> Vec<Vec<usize>> {
    if items == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(items - 1);
    let insert = |order: &Vec<usize>| {
        (0..items).map(|place| [&order[..place], &[items - 1], &order[place..]].concat()).collect::<Vec<_>>()
    };
    shorter.iter().flat_map(insert).collect()
}

#[test]
fn r94_every_order_of_delivery_shows_the_same_on_every_device() {
    let (first, apart) = scene();
    let orders = permutations(apart.len());
    assert_eq!(orders.len(), 120, "all of them: there are no more than six changes");
    let mut seen: Option<(Shown, Vec<signed::ChangeHash>)> = None;
    for order in &orders {
        let mut copy = Copy::new();
        copy.take_all(&first);
        // One at a time, twice over: what came before its ancestors comes again, repeats change nothing.
        for place in order.iter().chain(order) {
            copy.take(&apart[*place]);
        }
        copy.take_all(&apart);
        let shown = copy.shown();
        expect(&shown, order);
        let heads = copy.state.heads.clone();
        if let Some((other, others)) = &seen {
            assert!(shown == *other && heads == *others, "{order:?}");
        }
        // And automerge, which a device reads through, says the same.
        let through =
            Document::load(Template::Record, copy.changes.iter().map(|c| (c.bytes.as_slice(), c.info()))).unwrap();
        assert_eq!(through.view().unwrap(), copy.view);
        seen = Some((shown, heads));
    }
}

#[test]
fn r93_both_own_it_until_a_sergeant_picks_one() {
    let (first, apart) = scene();
    let mut sergeant = Device::new("sergeant", Role::Sergeant);
    sergeant.copy.take_all(&first);
    sergeant.copy.take_all(&apart);
    expect(&sergeant.copy.shown(), &[]);
    sergeant.act("resolve", json!({"path": "owner", "value": "beth", "reason": "she knows the site"}));
    assert_eq!(sergeant.copy.shown().owners, ["beth"]);
}

#[test]
fn r93_a_lowering_made_without_having_seen_a_raise_does_not_undo_it() {
    let (first, apart) = scene();
    for raise_first in [false, true] {
        let mut sergeant = Device::new("sergeant", Role::Sergeant);
        sergeant.copy.take_all(&first);
        sergeant.copy.take_all(&apart[..1]);
        let lowering = sergeant.act("lower", json!({"field": "urgency", "value": "info", "reason": "it can wait"}));
        assert_eq!(sergeant.copy.shown().urgency, "info");
        let mut copy = Copy::new();
        copy.take_all(&first);
        let mut rest = apart.clone();
        rest.insert(if raise_first { apart.len() } else { 0 }, lowering);
        copy.take_all(&rest);
        assert_eq!(copy.shown().urgency, "urgent", "the raise stands");
    }
}
