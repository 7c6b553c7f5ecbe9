//! What the server does not take: kept aside, said with a code, and the rest of the frame taken.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Handset, World, user};
use documents::{Created, Sentence, Template};
use records::Writes;
use serde_json::json;
use signed::cbor::Map;
use signed::{Code, RecordId, RingSigner, Signer as _, code};
use wire::{Item, Lane, Rest};

fn concern(words: &str) -> serde_json::Value {
    json!({ "source": "school", "exact_words": words, "heard_how": "direct", "concern_items": [{ "text": words }] })
}

/// Sends one crafted change between two honest records; answers what is said of it.
fn sends(world: &World, handset: &mut Handset, document: RecordId, bytes: Vec<u8>) -> (Rest, Vec<bool>) {
    let before = handset.create(world, "concern", concern("an honest one"));
    let first = handset.outbox.pop().unwrap();
    let after = handset.create(world, "concern", concern("and another"));
    let last = handset.outbox.pop().unwrap();
    let items = [(before, first.1), (document, bytes), (after, last.1)];
    let items = items.into_iter().map(|(document, change)| Item { document, changes: vec![change] }).collect();
    let frame = handset.frame_of(Lane::Rest, items);
    let receipt = handset.send(world, &frame).unwrap();
    let honest = [&receipt.outcomes[0], &receipt.outcomes[2]].map(wire::Outcome::is_ok).to_vec();
    (receipt.outcomes[1].rest.clone(), honest)
}

fn quarantined(world: &World, handset: &mut Handset, document: RecordId, bytes: Vec<u8>, expected: Code) {
    let count = |world: &World, handset: &Handset| {
        world.core.devices().unwrap().into_iter().find(|row| row.id == handset.peer.device).unwrap().quarantined
    };
    let held = count(world, handset);
    let (rest, honest) = sends(world, handset, document, bytes);
    assert_eq!(rest, Rest::Refused { code: expected.number, kept: true }, "expected {expected}");
    assert_eq!(honest, [true, true], "the rest of the frame is taken");
    assert_eq!(count(world, handset), held + 1);
    let audit = world.core.audit(&sync_server::core::AuditFilter::default()).unwrap();
    assert!(audit.iter().any(|row| row.operation == "quarantine" && row.why == expected.name));
    world.sound();
}

fn created(handset: &Handset, world: &World, kind: &str, compartment: &str) -> (RecordId, Vec<u8>) {
    let (id, case) = (world.id(), world.id());
    let created = Created {
        kind: kind.into(),
        template: Template::Record,
        compartment: compartment.replace("CASE", &case.to_string()),
        case: Some(case),
        school: None,
        capacity: "safer_schools".into(),
    };
    let content = created.content(Some(("account", Map::new())));
    let statement = handset.statement(id, kind, Sentence::Step("created".into()), content);
    (id, handset.change(id, Template::Record, Some(&statement), &Writes::default()))
}

#[test]
fn a_record_in_another_compartment_than_its_content_asks_for_is_kept_aside() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    let (id, bytes) = created(&lead, &world, "concern", "POLICE(CASE)");
    quarantined(&world, &mut lead, id, bytes, code::S_COMPARTMENT);
    let (id, bytes) = created(&lead, &world, "concern", "SHARE(100002,CASE)");
    quarantined(&world, &mut lead, id, bytes, code::S_COMPARTMENT);
}

#[test]
fn a_kind_that_its_author_may_not_make_is_kept_aside() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    let (id, bytes) = created(&lead, &world, "welfare_check", "SHARE(100001,CASE)");
    quarantined(&world, &mut lead, id, bytes, code::S_ROLE);
    let (id, bytes) = created(&lead, &world, "nonsense", "SHARE(100001,CASE)");
    quarantined(&world, &mut lead, id, bytes, code::S_UNKNOWN_KIND);
}

#[test]
fn nobody_speaks_in_anothers_name_role_or_key() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    let made = |alter: &dyn Fn(&mut documents::Statement), signer: Option<&RingSigner>| {
        let (id, case) = (world.id(), world.id());
        let created = Created {
            kind: "concern".into(),
            template: Template::Record,
            compartment: format!("SHARE(100001,{case})"),
            case: Some(case),
            school: None,
            capacity: "safer_schools".into(),
        };
        let mut statement = lead.statement(id, "concern", Sentence::Step("created".into()), created.content(None));
        alter(&mut statement);
        let state = documents::DocState::new(Template::Record);
        let mut builder = documents::ChangeBuilder::new(&state, lead.actor);
        builder.statement(statement.sign(signer.unwrap_or(&lead.signer)).unwrap());
        (id, builder.finish())
    };
    let other = world.handset("officer");
    let stranger = RingSigner::generate().unwrap();
    let cases = [
        (made(&|s| s.author = user("officer"), None), code::S_AUTHOR),
        (made(&|s| s.role = "sergeant".into(), None), code::S_ROLE),
        (made(&|_| {}, Some(&other.signer)), code::S_KEY),
        (made(&|_| {}, Some(&stranger)), code::S_KEY),
    ];
    for ((id, bytes), expected) in cases {
        quarantined(&world, &mut lead, id, bytes, expected);
    }
}

#[test]
fn a_change_of_a_document_that_is_not_held_is_kept_aside() {
    let world = World::memory();
    let (mut lead, mut lead2) = (world.handset("lead"), world.handset("lead2"));
    let id = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    // The other school's lead has come by the document somehow.
    lead2.docs.insert(id, lead.docs[&id].clone());
    let statement = lead2.statement(id, "concern", Sentence::Step("acknowledge".into()), Map::new());
    let bytes = lead2.change(id, Template::Record, Some(&statement), &Writes::default());
    quarantined(&world, &mut lead2, id, bytes, code::S_MEMBER);
}

#[test]
fn a_step_above_ones_role_is_kept_aside_and_so_is_what_stands_on_it() {
    let world = World::memory();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let id = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    officer.pull(&world);
    let content = Map::from([("field".into(), signed::Value::text("urgency"))]);
    let statement = officer.statement(id, "concern", Sentence::Step("lower".into()), content);
    officer.write(id, Template::Record, Some(&statement), &Writes::default());
    let (_, bytes) = officer.outbox.pop().unwrap();
    quarantined(&world, &mut officer, id, bytes, code::S_ROLE);
    // A later frame stands on what was refused: it is told so, not asked for the refused change.
    officer.edit(&world, id, "known_to_school_log", json!("yes"));
    let receipt = officer.push(&world);
    let expected = Rest::Refused { code: code::C_DEPENDS_ON_REFUSED.number, kept: true };
    assert_eq!(receipt.outcomes[0].rest, expected);
    world.sound();
}

#[test]
fn a_change_by_another_store_is_refused_unless_it_is_here_already() {
    let world = World::memory();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let id = lead.create(&world, "concern", concern("a worry"));
    let bytes = lead.outbox[0].1.clone();
    quarantined(&world, &mut officer, id, bytes.clone(), code::C_FOREIGN_ACTOR);
    assert!(lead.push(&world).outcomes[0].is_ok());
    let (rest, _) = sends(&world, &mut officer, id, bytes);
    assert_eq!(rest, Rest::Ok, "what is known is known, whoever sends it");
}

#[test]
fn twins_that_agree_are_one_and_others_are_kept_aside() {
    let world = World::memory();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let id = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    officer.pull(&world);
    let case = world.id();
    let created = Created {
        kind: "concern".into(),
        template: Template::Record,
        compartment: format!("POLICE({case})"),
        case: Some(case),
        school: None,
        capacity: "safer_schools".into(),
    };
    let statement = officer.statement(id, "concern", Sentence::Step("created".into()), created.content(None));
    let bytes = officer.change(id, Template::Record, Some(&statement), &Writes::default());
    quarantined(&world, &mut officer, id, bytes, code::S_TWINS);

    // The server's case record and the device's own are one: it was made at first sight.
    let case = world.id();
    let body = json!({ "case": case.to_string(), "nothing_disclosed": true });
    officer.create(&world, "disclosure", body);
    officer.push(&world);
    officer.create(&world, "case", json!({ "case": case.to_string(), "title": "a case" }));
    let receipt = officer.push(&world);
    assert!(receipt.outcomes[0].is_ok(), "{:?}", receipt.outcomes);
    world.sound();
}

#[test]
fn a_draft_is_its_authors_alone() {
    let world = World::memory();
    let (mut officer, mut second, mut sgt) = (world.handset("officer"), world.handset("officer"), world.handset("sgt"));
    let id = RecordId::draft(world.id());
    let created = Created {
        kind: "disclosure".into(),
        template: Template::Draft,
        compartment: "DRAFT(officer)".into(),
        case: None,
        school: None,
        capacity: "safer_schools".into(),
    };
    let mut statement = officer.statement(id, "disclosure", Sentence::Step("created".into()), created.content(None));
    statement.seen = vec![Template::Draft.genesis().hash];
    let mut writes = Writes::default();
    writes.fields.push(("why_called".into(), documents::Scalar::Text("\"an unfinished heron\"".into())));
    officer.write(id, Template::Draft, Some(&statement), &writes);
    assert!(officer.push(&world).outcomes[0].is_ok());
    second.pull(&world);
    assert!(second.docs.contains_key(&id));
    let rows = sgt.pull(&world);
    assert!(!sgt.docs.contains_key(&id));
    let exists = rows.iter().any(|row| matches!(row, wire::Row::Headline { .. }));
    assert!(exists, "the sergeant learns that a draft exists: {rows:?}");
    let bytes: Vec<u8> = rows.iter().flat_map(|row| signed::cbor::encode(&row.to_value())).collect();
    assert!(!String::from_utf8_lossy(&bytes).contains("heron"));
    world.sound();
}

#[test]
fn frames_out_of_order_or_of_a_revoked_device_are_refused_as_a_whole() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    lead.create(&world, "concern", concern("one"));
    let first = lead.frame(Lane::Rest);
    lead.create(&world, "concern", concern("two"));
    let second = lead.frame(Lane::Rest);
    assert_eq!(lead.send(&world, &second).unwrap_err(), code::W_FRAME_ORDER);
    lead.send(&world, &first).unwrap();
    let mut forged = second.clone();
    forged.frame.header.previous = signed::FrameHash([9; 32]);
    assert_eq!(lead.send(&world, &forged).unwrap_err(), code::W_FRAME_CHAIN);
    let mut changed = first.clone();
    changed.frame.hash = signed::FrameHash([9; 32]);
    assert_eq!(lead.send(&world, &changed).unwrap_err(), code::W_FRAME_CHANGED);
    world.core.device_revoke(lead.peer.device, true).unwrap();
    assert_eq!(lead.send(&world, &second).unwrap_err(), code::D_REVOKED);
    let row = world.core.devices().unwrap().into_iter().find(|row| row.id == lead.peer.device).unwrap();
    assert!(row.revoked_at.is_some());
    assert_eq!(row.quarantined, 1, "what it sent is kept");
    let state = world.core.peer(lead.signer.public_key()).unwrap();
    assert!(matches!(state, sync_server::core::PeerState::Revoked { erase: true, .. }));
    world.sound();
}

#[test]
fn what_nobody_signed_is_refused_and_takes_no_room() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    let id = lead.create(&world, "concern", concern("a worry"));
    let (_, bytes) = lead.outbox.pop().unwrap();
    let read = documents::Candidate::read(&bytes, Template::Record).unwrap();
    let mut statement = read.statements().next().unwrap().bytes.clone();
    let last = statement.len() - 1;
    statement[last] ^= 1;
    let state = documents::DocState::new(Template::Record);
    let mut builder = documents::ChangeBuilder::new(&state, lead.actor);
    builder.statement(statement);
    let (rest, honest) = sends(&world, &mut lead, id, builder.finish());
    assert_eq!(rest, Rest::Refused { code: code::S_SIGNATURE.number, kept: false });
    assert_eq!(honest, [true, true]);
    let (rest, _) = sends(&world, &mut lead, world.id(), vec![0; 400_000]);
    assert!(matches!(rest, Rest::Refused { kept: false, .. }), "{rest:?}");
    let (rest, _) = sends(&world, &mut lead, world.id(), b"no change at all".to_vec());
    assert!(matches!(rest, Rest::Refused { kept: true, .. }), "{rest:?}");
    world.sound();
}

#[test]
fn words_once_sealed_are_not_written_over() {
    let world = World::memory();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let id = lead.create(&world, "concern", concern("the first words"));
    lead.push(&world);
    officer.pull(&world);
    // A sealed field written as if it were a register.
    let mut writes = Writes::default();
    writes.fields.push(("exact_words".into(), documents::Scalar::Text("other words".into())));
    let bytes = officer.change(id, Template::Record, None, &writes);
    quarantined(&world, &mut officer, id, bytes, code::C_KEY);
    lead.pull(&world);
    assert_eq!(lead.shown(id).body["exact_words"], "the first words");
}

/// What is said of one change that is sent alone.
fn said_of(world: &World, handset: &mut Handset, document: RecordId, bytes: Vec<u8>) -> Rest {
    let frame = handset.frame_of(Lane::Rest, vec![Item { document, changes: vec![bytes] }]);
    handset.send(world, &frame).unwrap().outcomes[0].rest.clone()
}

fn kept_aside(code: Code) -> Rest {
    Rest::Refused { code: code.number, kept: true }
}

#[test]
fn r91_an_opening_needs_a_reason_and_a_headline_of_what_it_opens() {
    let world = World::memory();
    world.add("com", records::Role::Command, &[], None);
    let (mut officer, mut insp, mut com) = (world.handset("officer"), world.handset("insp"), world.handset("com"));
    let case = world.id().to_string();
    let account = officer.create(&world, "disclosure", json!({ "case": case, "nothing_disclosed": true }));
    let vault = json!({ "case": case, "roles": ["reporter"], "names": ["Ann"] });
    let vault = officer.create(&world, "person", vault);
    officer.push(&world);
    let opening = |handset: &mut Handset, body: serde_json::Value| {
        let id = handset.create(&world, "opening", body);
        let bytes = handset.outbox.pop().unwrap().1;
        said_of(&world, handset, id, bytes)
    };
    let good = json!({ "case": case, "opens": account.to_string(), "reason": "the month's sample" });
    let with = |name: &str, value: String| {
        let mut body = good.clone();
        body[name] = json!(value);
        body
    };
    assert_eq!(opening(&mut insp, json!({ "case": case, "opens": account.to_string() })), kept_aside(code::I_REASON));
    assert_eq!(opening(&mut insp, with("reason", "  ".into())), kept_aside(code::I_REASON));
    // What is not there, what is of another case, what is not escalated, and what nobody may open.
    assert_eq!(opening(&mut insp, with("opens", world.id().to_string())), kept_aside(code::S_MEMBER));
    assert_eq!(opening(&mut insp, with("case", world.id().to_string())), kept_aside(code::S_MEMBER));
    assert_eq!(opening(&mut com, good.clone()), kept_aside(code::S_MEMBER));
    assert_eq!(opening(&mut com, with("opens", vault.to_string())), kept_aside(code::S_MEMBER));
    assert_eq!(opening(&mut officer, good.clone()), kept_aside(code::S_ROLE));
    insp.pull(&world);
    assert!(!insp.docs.contains_key(&account));
    assert_eq!(opening(&mut insp, good.clone()), Rest::Ok);
    insp.pull(&world);
    assert!(insp.docs.contains_key(&account) && !insp.docs.contains_key(&vault));
    world.sound();
}

#[test]
fn an_auditor_adds_nothing_but_openings_whatever_their_device_sends() {
    let world = World::memory();
    world.add("aud", records::Role::Auditor, &[], None);
    let (mut officer, mut aud) = (world.handset("officer"), world.handset("aud"));
    let case = world.id().to_string();
    let account = officer.create(&world, "disclosure", json!({ "case": case, "nothing_disclosed": true }));
    officer.push(&world);
    aud.create(&world, "opening", json!({ "case": case, "opens": case, "reason": "a complaint" }));
    assert!(aud.push(&world).outcomes[0].is_ok());
    aud.pull(&world);
    assert!(aud.docs.contains_key(&account));
    // A step, one of a newer version, a field alone.
    for (step, rules) in [("addendum", 0), ("acknowledge", 0), ("of_a_newer_version", 1)] {
        let mut statement = aud.statement(account, "disclosure", Sentence::Step(step.into()), Map::new());
        statement.rules += rules;
        let bytes = aud.change(account, Template::Record, Some(&statement), &Writes::default());
        assert_eq!(said_of(&world, &mut aud, account, bytes), kept_aside(code::S_ROLE), "{step}");
    }
    let cautious = vec![("urgency".to_owned(), signed::Value::text("immediate"))];
    let bytes = aud.change(account, Template::Record, None, &Writes { cautious, ..Writes::default() });
    assert_eq!(said_of(&world, &mut aud, account, bytes), kept_aside(code::S_ROLE));
    // Records, also of a kind of a newer version.
    for (kind, compartment) in [("concern", "POLICE(CASE)"), ("newer", "POLICE(CASE)"), ("newer", "PROMPTS(aud)")] {
        let (id, bytes) = created(&aud, &world, kind, compartment);
        assert_eq!(said_of(&world, &mut aud, id, bytes), kept_aside(code::S_ROLE), "{kind} {compartment}");
    }
    world.sound();
}
