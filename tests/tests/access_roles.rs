//! What section 1 of the requirements gives each role, on real devices: one case with a record in each
//! compartment, made by those who make them. Who holds what of them, which kinds each role makes, and which
//! steps it takes or is refused stand in `roles` as text; a changed right is a changed line.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod roles;

use std::collections::BTreeMap;

use field_week::world::{World, said};
use roles::{ALLOWED, COLUMNS, COMPARTMENTS, GRANTED, HOLD, NEW, REFUSED};
use serde_json::{Value as Json, json};
use signed::RecordId;

/// A word in every record, that is in nothing else.
const WORD: &str = "zwieback";

/// Everybody, and one record in each compartment.
struct Scene {
    world: World,
    records: BTreeMap<&'static str, String>,
}

impl Scene {
    fn new() -> Self {
        let mut world = World::new("2026-03-02T09:00:00Z");
        people(&world);
        sync(&mut world);
        let share = concern("SHARE", json!({ "source": "school", "school": "100001" }));
        let share = world.new_record("dsl1", "concern", share);
        let case = world.show("dsl1", &share)["case"].as_str().unwrap().to_owned();
        world.sync_all(&["dsl1", "ofc3"]);
        let records = BTreeMap::from([("SHARE", share), ("CASE", case)]);
        let mut scene = Self { world, records };
        scene.of_police();
        let check = json!({ "grade": "urgent", "urgency": "urgent", "attend_by": scene.world.in_minutes(600),
            "address": said("the park"), "request": { "instructions": [words("CALL")] } });
        scene.make("CALL", "call1", "welfare_check", check);
        let own = concern("OWN", json!({ "source": "school", "school": "100001" }));
        scene.make("OWN", "stf1", "concern", own);
        scene.placed();
        scene.sync();
        scene
    }

    /// Each record lies in the compartment it is named after; a draft is not a record yet.
    fn placed(&mut self) {
        for name in COMPARTMENTS.into_iter().filter(|name| *name != "DRAFT") {
            let by = match name {
                "SHARE" => "dsl1",
                "CALL" => "call1",
                _ => "ofc3",
            };
            let shown = self.world.show(by, &self.records[name].clone());
            let lies = shown["compartment"].as_str().unwrap();
            assert!(lies.starts_with(&format!("{name}(")), "{name} lies in {lies}");
        }
    }

    fn of_police(&mut self) {
        let action = json!({ "exact_request": words("SHARE_ACTION"), "about": [said("a pupil")], "action_kind": "enquiry",
            "school": "100003", "due": "2026-03-09T09:00:00Z", "requested_by": { "person": "ofc3", "org": "police" } });
        let referral = json!({ "child": said("a girl"), "to": "hub", "recipients": ["hub1"], "decision": "made",
            "facts": [words("HUB")], "made_by": "police" });
        let prompt = json!({ "phrase_id": words("PROMPTS"), "field": "observations", "choice": "is_quote" });
        let risk = json!({ "model": "THRIVE", "level": "medium", "threat": { "value": "a man" }, "about": [said("a girl aged 14")] });
        self.make("SHARE_ACTION", "ofc3", "action", action);
        self.make("POLICE", "ofc3", "disclosure", account("POLICE"));
        let hit = json!({ "targets": [said("a man")], "not_submitted": words("INTEL") });
        self.make("INTEL", "ofc3", "intelligence_submission", hit);
        self.make("HUB", "ofc3", "referral", referral);
        // The word is not their name: that would be masked in what the hub and the school read.
        let reporter =
            json!({ "roles": ["reporter"], "names": ["Ann O'Hara"], "jobs_and_volunteering": [words("REPORTER")] });
        self.make("REPORTER", "ofc3", "person", reporter);
        self.make("STAFFING", "ofc3", "help_request", json!({ "text": words("STAFFING") }));
        self.make("PROMPTS", "ofc3", "language_prompt", prompt);
        self.make("RISK", "ofc3", "risk_assessment", risk);
        self.make(
            "CRIME",
            "ofc3",
            "crime_recording_decision",
            json!({ "route": "crime_recorded", "rationale": "a rationale" }),
        );
        for name in ["POLICE", "HUB", "RISK", "CRIME"] {
            self.world.done("ofc3", &["seal", &self.records[name].clone()]);
        }
        self.make("DRAFT", "ofc3", "disclosure", account("DRAFT"));
    }

    fn make(&mut self, name: &'static str, user: &str, kind: &str, mut body: Json) {
        body["case"] = json!(self.records["CASE"]);
        let id = self.world.new_record(user, kind, body);
        self.records.insert(name, id);
    }

    fn sync(&mut self) {
        self.world.sync_all(&["dsl1", "stf1", "call1", "ofc3"]);
        sync(&mut self.world);
    }

    /// One row of [`HOLD`], as the device of this person shows it.
    fn held(&mut self, user: &str) -> String {
        let listed = self.world.done(user, &["list", "--limit", "500"]);
        let found = self.world.done(user, &["search", WORD]);
        COMPARTMENTS.iter().map(|name| self.cell(user, name, &listed, &found)).collect()
    }

    /// What `show`, `list` and `search` give of one record: they must say the same.
    fn cell(&mut self, user: &str, name: &str, listed: &Json, found: &Json) -> char {
        let record = self.records[name].clone();
        // Of a draft, others than its author hold the derived document.
        let derived = name == "DRAFT" && user != "ofc3";
        let id = if derived { RecordId::draft(record.parse().unwrap()).to_string() } else { record };
        let has = |lines: &Json| lines.as_array().unwrap().iter().any(|line| line["id"] == id.as_str());
        let shown = match self.world.run(user, &["show", &id], None) {
            Ok(shown) if shown.to_string().contains(WORD) => 'C',
            Ok(shown) if shown["headline"] == true => 'H',
            Ok(other) => panic!("{user}, {name}: neither content nor headline: {other}"),
            Err(error) => {
                assert_eq!(error["code"], "I.not_found", "{user}, {name}");
                '-'
            }
        };
        assert_eq!((has(listed), has(found)), (shown != '-', shown == 'C'), "{user}, {name}: {shown} by show");
        shown
    }

    /// Somebody tries something; the code of the refusal, or `done`.
    fn tries(&mut self, user: &str, verb: &str, name: &str) -> String {
        let id = self.records[name].clone();
        let new_due = self.world.in_minutes(60 * 24 * 30);
        let with = |body: Json| Some(body);
        let (words, body) = match verb {
            "seal" => (vec!["seal", &id], None),
            "raise" => (vec!["edit", &id, "--set", "urgency=immediate"], None),
            "edit" => {
                let field = match name {
                    "POLICE" | "DRAFT" => "words_verbatim={\"text\":\"other words\"}",
                    "HUB" => "facts/0=other words",
                    _ => "exact_words=other words",
                };
                (vec!["edit", &id, "--set", field], None)
            }
            "addendum" => (vec!["addendum", &id, "--text", "one more thing", "--reason", "said later"], None),
            "share" if name == "POLICE" => {
                (vec!["do", &id, verb], with(json!({ "to": "com1", "reason": "to decide" })))
            }
            "share" if name == "SHARE" => (vec!["do", &id, verb], with(json!({ "to": "stf1" }))),
            "share" => (vec!["do", &id, verb], with(json!({ "to": "dsl1" }))),
            "complete" => (
                vec!["do", &id, verb],
                with(json!({ "outcome": "the caravan is known", "evidence": [{ "ref": "note 7", "type": "note" }] })),
            ),
            "tell_outcome" => (vec!["do", &id, verb], with(json!({ "to": "dsl3", "how": "telephone" }))),
            "release_extract" => (
                vec!["do", &id, verb],
                with(json!({ "to": "dsl1", "parts": ["words_verbatim"], "text": "an extract", "reason": "asked for" })),
            ),
            "assign" | "dispatch" => (vec!["do", &id, verb], with(json!({ "to": "ofc1" }))),
            "hand_over" => (vec!["do", &id, verb], with(json!({ "to": "ofc1", "reason": "leave" }))),
            "add_member" => (vec!["do", &id, verb], with(json!({ "user": "ofc1" }))),
            "lower" => {
                (vec!["do", &id, verb], with(json!({ "field": "urgency", "value": "urgent", "reason": "she is safe" })))
            }
            "extend" => (vec!["do", &id, verb], with(json!({ "new_due": new_due, "reason": "half term" }))),
            "confirm" | "reply" | "answer" => (vec!["do", &id, verb], with(json!({ "text": "that is right" }))),
            "propose_close" | "close" | "challenge" | "endorse" => {
                (vec!["do", &id, verb], with(json!({ "reason": "a reason" })))
            }
            _ => (vec!["do", &id, verb], None),
        };
        match self.world.run(user, &words, body.as_ref()) {
            Ok(_) => "done".into(),
            Err(error) => error["code"].as_str().unwrap().to_owned(),
        }
    }
}

fn people(world: &World) {
    world.server.admin(&["school", "add", "--id", "100003", "--name", "Weir School"]).unwrap();
    let near = ["--area", "north", "--team", "t1", "--supervisor", "sgt1", "--school", "100001"];
    for (user, role, more) in [
        ("ofc3", "officer", &[&near[..], &["--school", "100003"]].concat()[..]),
        ("ofc4", "officer", &near),
        ("pcso2", "pcso", &["--area", "north", "--team", "t2", "--supervisor", "sgt2", "--school", "100002"]),
        ("insp2", "inspector", &["--area", "south"]),
        ("dsl3", "dsl", &["--school", "100003"]),
        ("stf2", "staff", &["--school", "100002"]),
        ("hub2", "hub", &[]),
        ("call2", "call", &["--area", "north", "--team", "control", "--supervisor", "sgt1"]),
        ("aud1", "auditor", &[]),
        ("adm1", "admin", &[]),
    ] {
        let mut words = vec!["user", "add", "--id", user, "--name", user, "--role", role];
        words.extend(more);
        world.server.admin(&words).unwrap();
    }
}

fn sync(world: &mut World) {
    let everybody: Vec<&str> = HOLD.iter().map(|(user, ..)| *user).collect();
    world.sync_all(&everybody);
}

fn words(name: &str) -> String {
    format!("{WORD} {}", name.to_lowercase().replace('_', ""))
}

fn concern(name: &str, more: Json) -> Json {
    let mut body = json!({ "heard_how": "direct", "exact_words": words(name), "concern_items": [{ "text": "a worry" }],
        "received_from": { "person": "a tutor" }, "known_to_school_log": "yes", "subjects": [said("a pupil")] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn account(name: &str) -> Json {
    json!({ "speaker": "a girl", "words_verbatim": [{ "seq": 1, "speaker": "a girl", "text": words(name) }],
        "account_started_at": "2026-03-02T08:00:00Z", "account_ended_at": "2026-03-02T08:30:00Z" })
}

/// Rows of a table that came out otherwise.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, what: String, found: &str, expected: &str) {
        if found != expected {
            self.0.push(format!("{what}: {found}, not {expected}"));
        }
    }
}

fn rows(scene: &mut Scene, wrong: &mut Wrong, told: bool) {
    for (user, who, course, after) in HOLD {
        let found = scene.held(user);
        let when = if told { "after an hour" } else { "in its course" };
        wrong.unless(format!("{user}, {who}, {when}"), &found, if told { after } else { course });
    }
}

fn steps(scene: &mut Scene, wrong: &mut Wrong) {
    for (user, lines) in REFUSED {
        for line in *lines {
            let [verb, name, code] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let found = scene.tries(user, verb, name);
            wrong.unless(format!("{user} {verb} {name}"), &found, code);
        }
    }
    for (user, lines) in ALLOWED {
        scene.world.sync(user);
        for line in *lines {
            let (verb, name) = line.split_once(' ').unwrap();
            let found = scene.tries(user, verb, name);
            wrong.unless(format!("{user} {line}"), &found, "done");
        }
        // The next stands on what these did.
        scene.world.sync(user);
    }
    let named: Vec<&str> = GRANTED.iter().map(|(user, ..)| *user).collect();
    scene.world.sync_all(&named);
    for (user, name, expected) in GRANTED {
        let at = COMPARTMENTS.iter().position(|known| known == name).unwrap();
        let found = scene.held(user).chars().nth(at).unwrap();
        wrong.unless(format!("{user}, {name}, by name"), &found.to_string(), &expected.to_string());
    }
}

fn kinds(scene: &mut Scene, wrong: &mut Wrong) {
    let known: Vec<&str> = records::kinds().map(|kind| kind.name).collect();
    assert_eq!(known.len(), NEW.len(), "every kind has its row: {known:?}");
    for (kind, row) in NEW {
        for ((letter, user), expected) in COLUMNS.into_iter().zip(row.chars()) {
            let mut body = json!({ "case": scene.records["CASE"] });
            if ["absence", "training"].contains(kind) {
                body["user"] = json!(user);
            }
            if *kind == "opening" {
                body = json!({ "opens": scene.records["CASE"], "reason": "a test" });
            }
            let made = match scene.world.run(user, &["new", kind], Some(&body)) {
                Ok(_) => letter,
                Err(error) if error["code"] == "I.create" => '-',
                Err(error) => panic!("{user} new {kind}: {error}"),
            };
            wrong.unless(format!("{user} new {kind}"), &made.to_string(), &expected.to_string());
        }
    }
}

#[test]
fn every_role_holds_makes_and_does_what_section_1_gives_it_and_nothing_else() {
    let (mut scene, mut wrong) = (Scene::new(), Wrong::default());
    rows(&mut scene, &mut wrong, false);
    // Nobody goes: the call handler, the sergeant, the inspector and command are told in turn.
    for _ in 0..4 {
        scene.world.pass("15m");
    }
    scene.sync();
    rows(&mut scene, &mut wrong, true);
    steps(&mut scene, &mut wrong);
    kinds(&mut scene, &mut wrong);
    assert!(wrong.0.is_empty(), "{:#?}", wrong.0);
}
