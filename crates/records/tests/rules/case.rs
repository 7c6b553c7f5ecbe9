//! A case told as rows: people, records, steps, and what the rules make of them at a moment.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

use records::access::Compartment;
use records::rules::{self, CaseView, Directory, Findings, Gate, Member, Prompt, Row, StepRow, Unsealed};
use records::{Actor, Policy, Role};
use serde_json::{Value as Json, json};
use signed::{RecordId, StatementHash, Timestamp, UserId};

/// A moment of the school day the stories play on: a Monday.
pub(crate) fn at(clock: &str) -> Timestamp {
    if clock.contains('T') {
        Timestamp::parse(clock).unwrap()
    } else {
        Timestamp::parse(&format!("2026-03-02T{clock}:00Z")).unwrap()
    }
}

/// A record id that reads well in a failure.
pub(crate) fn id(name: &str) -> RecordId {
    RecordId::derived(&["test", name])
}

/// A case under way.
pub(crate) struct Case {
    pub(crate) rows: Vec<Row>,
    pub(crate) beside: Vec<Row>,
    pub(crate) drafts: Vec<Unsealed>,
    pub(crate) people: Vec<Member>,
    pub(crate) policy: Policy,
    pub(crate) whole: bool,
    pub(crate) reached: Vec<RecordId>,
    steps: u64,
}

impl Case {
    /// The usual people: officer ofc1 and pcso1 of school 100001 in team t1, sergeant sgt1, inspector
    /// insp1, command com1, lead dsl1 and staff stf1 of the school, hub1, call1; sgt2 and ofc2 of team
    /// t2 and school 100002, in the same area. The case's own record is there, owned by ofc1.
    pub(crate) fn new() -> Self {
        let mut case = Self {
            rows: Vec::new(),
            beside: Vec::new(),
            drafts: Vec::new(),
            people: Vec::new(),
            policy: Policy::DEFAULT,
            whole: true,
            reached: Vec::new(),
            steps: 0,
        };
        for (user, role, school, team, supervisor) in [
            ("ofc1", Role::Officer, Some("100001"), Some("t1"), Some("sgt1")),
            ("pcso1", Role::Pcso, Some("100001"), Some("t1"), Some("sgt1")),
            ("ofc2", Role::Officer, Some("100002"), Some("t2"), Some("sgt2")),
            ("sgt1", Role::Sergeant, None, Some("t1"), Some("insp1")),
            ("sgt2", Role::Sergeant, None, Some("t2"), Some("insp1")),
            ("insp1", Role::Inspector, None, None, Some("com1")),
            ("com1", Role::Command, None, None, None),
            ("dsl1", Role::Dsl, Some("100001"), None, None),
            ("stf1", Role::Staff, Some("100001"), None, None),
            ("hub1", Role::Hub, None, None, None),
            ("call1", Role::Call, None, Some("control"), Some("sgt1")),
            ("dpo1", Role::Dpo, None, None, None),
        ] {
            case.people.push(Member {
                user: user.into(),
                role,
                schools: school.map(str::to_owned).into_iter().collect(),
                team: team.map(str::to_owned),
                area: (!matches!(role, Role::Dsl | Role::Staff | Role::Hub)).then(|| "north".into()),
                supervisor: supervisor.map(str::to_owned),
                cover: None,
                away: false,
                training: Vec::new(),
            });
        }
        case.add("case", "case", "ofc1", "09:00", json!({}));
        case.row_mut("case").owners = vec!["ofc1".into()];
        case
    }

    /// A record made by somebody at a time: its id is that of its name.
    pub(crate) fn add(&mut self, name: &str, kind: &str, by: &str, when: &str, body: Json) -> RecordId {
        let declared = records::kind(kind).unwrap_or_else(|| panic!("no kind {kind}"));
        let role = self.people.iter().find(|one| one.user == by).map_or(Role::Server, |one| one.role);
        let text = |field: &str| body.get(field).and_then(Json::as_str).map(str::to_owned);
        let case = id("case");
        let status = if declared.drafted { "sealed" } else { declared.initial };
        let row = Row {
            id: id(name),
            kind: kind.into(),
            case: Some(case),
            compartment: Compartment::Police { case },
            school: text("school"),
            author: by.into(),
            role,
            recorded_at: at(when),
            received_at: Some(at(when)),
            status: status.into(),
            open: !declared.done.contains(&status),
            sealed: true,
            owners: text("owner").into_iter().collect(),
            urgency: text("urgency").unwrap_or_else(|| "standard".into()),
            due: text("due").or_else(|| text("attend_by")).map(|due| at(&due)),
            body,
            gaps: Vec::new(),
            steps: Vec::new(),
        };
        self.rows.push(row);
        id(name)
    }

    /// A step of a record. Its status follows from the declaration.
    pub(crate) fn step(&mut self, name: &str, verb: &str, by: &str, when: &str, body: Json) {
        self.steps += 1;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.steps.to_be_bytes());
        let role = self.people.iter().find(|one| one.user == by).map_or(Role::Server, |one| one.role);
        let row = self.row_mut(name);
        let kind = records::kind(&row.kind).unwrap();
        let step = kind.step(verb).unwrap_or_else(|| panic!("{} has no {verb}", row.kind));
        if let Some(to) = step.to {
            row.status = to.into();
            row.open = !kind.done.contains(&to);
        }
        match step.owns {
            records::kind::Owns::Author => row.owners = vec![by.into()],
            records::kind::Owns::To => row.owners = body["to"].as_str().map(str::to_owned).into_iter().collect(),
            records::kind::Owns::Nobody => {}
        }
        let statement = StatementHash(hash);
        row.steps.push(StepRow { statement, verb: verb.into(), author: by.into(), role, at: at(when), body });
    }

    /// A record, to be bent.
    pub(crate) fn row_mut(&mut self, name: &str) -> &mut Row {
        let wanted = id(name);
        self.rows.iter_mut().chain(&mut self.beside).find(|row| row.id == wanted).unwrap()
    }

    /// Somebody, to be sent away or given a cover.
    pub(crate) fn person_mut(&mut self, user: &str) -> &mut Member {
        self.people.iter_mut().find(|one| one.user == user).unwrap()
    }

    /// Looks at it at a moment.
    pub(crate) fn look<T>(&self, when: &str, see: impl FnOnce(&CaseView<'_>) -> T) -> T {
        let people = self.people.clone();
        let people = if self.whole { Directory::of_all(people) } else { Directory::of(people) };
        let view = CaseView {
            case: id("case"),
            rows: &self.rows,
            beside: &self.beside,
            drafts: &self.drafts,
            people: &people,
            policy: &self.policy,
            now: at(when),
            whole: self.whole,
            reached: &self.reached,
        };
        see(&view)
    }

    /// Everything that follows.
    pub(crate) fn weigh(&self, when: &str) -> Findings {
        self.look(when, rules::weigh)
    }

    /// What a rule's items have told, and whom, up to a moment: `09:15 sgt1 R16.unassigned`.
    pub(crate) fn told(&self, when: &str, rule: &str) -> Vec<String> {
        let now = at(when);
        let mut told: Vec<Prompt> = self.look(when, |view| {
            let items = rules::weigh(view).items.into_iter().filter(|item| item.rule == rule);
            items.flat_map(|item| rules::prompts(view, &item)).collect()
        });
        told.retain(|prompt| prompt.due_at <= now);
        told.sort_by_key(|prompt| (prompt.due_at, prompt.rung));
        let clock = |at: Timestamp| at.to_string()[11..16].to_owned();
        told.iter().map(|prompt| format!("{} {} {}", clock(prompt.due_at), prompt.to, prompt.code.name)).collect()
    }

    /// The prompt that was told to somebody by a rule, for answering or dismissing it.
    pub(crate) fn prompt(&self, when: &str, rule: &str, user: &str) -> Option<RecordId> {
        self.look(when, |view| {
            let items = rules::weigh(view).items.into_iter().filter(|item| item.rule == rule);
            let all: Vec<Prompt> = items.flat_map(|item| rules::prompts(view, &item)).collect();
            all.into_iter().rfind(|prompt| prompt.to == user && prompt.due_at <= view.now).map(|prompt| prompt.id)
        })
    }

    /// Codes and paths of the gaps of a record.
    pub(crate) fn gaps(&self, when: &str, name: &str) -> Vec<String> {
        let found = self.weigh(when);
        let of_it = found.gaps.iter().filter(|(record, _)| *record == id(name));
        of_it.map(|(_, gap)| format!("{} {}", gap.code.name, gap.path)).collect()
    }

    /// Those of one rule.
    pub(crate) fn gaps_by(&self, when: &str, name: &str, rule: &str) -> Vec<String> {
        let start = format!("{rule}.");
        self.gaps(when, name).into_iter().filter(|gap| gap.starts_with(&start)).collect()
    }

    /// What stands in the way of a step: codes and paths of what refuses it, then what is unknown here.
    pub(crate) fn gate(&self, when: &str, name: &str, verb: &str, by: &str, body: Json) -> Vec<String> {
        let gate = self.try_step(when, name, verb, by, body);
        let all = gate.refused.iter().chain(&gate.unknown);
        all.map(|gap| format!("{} {}", gap.code.name, gap.path)).collect()
    }

    /// The gate itself.
    pub(crate) fn try_step(&self, when: &str, name: &str, verb: &str, by: &str, body: Json) -> Gate {
        let role = self.people.iter().find(|one| one.user == by).unwrap().role;
        let user = UserId::new(by).unwrap();
        self.look(when, |view| {
            let row = view.row(id(name)).unwrap();
            let body = body.as_object().cloned().unwrap_or_default();
            let actor = Actor { user: &user, role };
            rules::gate(view, &rules::Attempt { row, verb, body: &body, actor })
        })
    }

    /// The records a rule makes: kind and body.
    pub(crate) fn makes(&self, when: &str, rule: &str) -> Vec<(&'static str, Json)> {
        let made = self.weigh(when).makes.into_iter().filter(|made| made.rule == rule);
        made.map(|made| (made.new.kind, Json::Object(made.new.body.0))).collect()
    }

    /// What a rule raises: the record's field and the value.
    pub(crate) fn raises(&self, when: &str, rule: &str) -> Vec<(RecordId, &'static str, Json)> {
        let raises = self.weigh(when).raises.into_iter().filter(|raise| raise.rule == rule);
        raises.map(|raise| (raise.record, raise.field, raise.value)).collect()
    }

    /// The words of the marks on a record.
    pub(crate) fn marks(&self, when: &str, name: &str) -> Vec<&'static str> {
        let found = self.weigh(when).marks.into_iter().filter(|(record, _)| *record == id(name));
        found.map(|(_, mark)| mark.word).collect()
    }
}
