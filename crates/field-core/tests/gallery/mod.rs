//! Real answers of real stores, one story long: every request that an app can make, and most of
//! what can be seen in its answer.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use field_core::bundle::{self, Export, What};
use field_core::net::{LinkStore as _, SyncAnswer, Until};
use field_core::sealed_box::Ports;
use field_core::{EventReceiver, FieldError, Host, ListFilter, Of, SealedBox, StoreKey, SystemRandom};
use serde_json::{Value as Json, json};
use signed::{RecordId, UserId, Value};
use sync_engine::device::ProvenPage;
use wire::{EnrolmentCode, Lane, Row};

use crate::common::server::at;
use crate::common::{Folder, Person, Server, account, action, concern, morning, open, options, record};
use crate::net_common::{Origin, PATIENCE, TestServer};

mod sample;

/// Answers, each with the name of its schema.
#[derive(Default)]
pub struct Gallery {
    pub answers: Vec<(&'static str, Json)>,
    /// What was asked for, each with its kind.
    pub bodies: Vec<(String, Json)>,
}

impl Gallery {
    /// Everything.
    pub fn collect() -> Self {
        let mut gallery = Self::default();
        gallery.before_enrolment();
        gallery.an_account();
        gallery.an_action();
        gallery.attached_files();
        gallery.two_who_differ();
        gallery.two_seals();
        gallery.what_is_not_ours();
        gallery.what_was_refused();
        gallery.every_kind();
        gallery.over_the_network();
        gallery
    }

    /// The answers of one schema.
    pub fn of(&self, name: &str) -> Vec<&Json> {
        self.answers.iter().filter(|(schema, _)| *schema == name).map(|(_, answer)| answer).collect()
    }

    fn keep(&mut self, schema: &'static str, answer: Json) -> Json {
        self.answers.push((schema, answer.clone()));
        answer
    }

    fn refusal(&mut self, error: FieldError) {
        self.keep("error", error.to_json());
    }

    fn events(&mut self, events: &EventReceiver) {
        while let Some(event) = events.try_next() {
            self.keep("event", event.to_json());
        }
    }

    /// A full body of every kind an officer makes, each field of it in its declared form.
    fn every_kind(&mut self) {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        for kind in records::kinds().filter(|kind| records::rights::may_begin(records::Role::Officer, kind)) {
            let body = sample::body(kind);
            let id = self.made(&officer, kind.name, body);
            if kind.drafted {
                officer.field.record_seal(record(&id)).unwrap();
            }
            let shown = officer.show(&id);
            self.keep("show.response", shown);
        }
        self.an_extract(&officer);
    }

    /// What is made by a step on another record.
    fn an_extract(&mut self, officer: &Person) {
        let mut body = account("He waits at the gate.");
        body["school"] = json!("100001");
        let id = self.made(officer, "disclosure", body);
        officer.field.record_seal(record(&id)).unwrap();
        let release = json!({ "to": "100001", "parts": ["words_verbatim"], "text": "He waits.", "reason": "asked" });
        self.step(officer, &id, "release_extract", release);
        let listed = officer.field.record_list(ListFilter { kind: Some("extract".into()), ..ListFilter::default() });
        let shown = officer.show(listed.unwrap()[0]["id"].as_str().unwrap());
        self.keep("show.response", shown);
    }

    /// Makes a record and answers its id.
    fn made(&mut self, person: &Person, kind: &str, body: Json) -> String {
        self.bodies.push((kind.to_owned(), body.clone()));
        let made = self.keep("new.response", person.field.record_new(kind, body).unwrap());
        made["id"].as_str().unwrap().to_owned()
    }

    fn edited(&mut self, person: &Person, id: &str, path: &str, value: Json) {
        let edited = person.edit(id, path, value).unwrap();
        self.keep("edit.response", edited);
    }

    fn step(&mut self, person: &Person, id: &str, verb: &str, body: Json) -> Json {
        self.keep("do.response", person.step(id, verb, body).unwrap())
    }

    /// One record in full, and everything else that a device says of itself.
    fn seen_by(&mut self, person: &Person, id: &str) -> Json {
        self.keep("list.response", person.field.record_list(ListFilter::default()).unwrap());
        self.keep("status.response", person.status());
        self.keep("verify.response", person.field.verify(None).unwrap());
        self.keep("verify.response", person.field.verify(Some(record(id))).unwrap());
        self.keep("show.response", person.show(id))
    }

    fn before_enrolment(&mut self) {
        let folder = Folder::new("fresh");
        let field = open(folder.path());
        self.keep("status.response", field.status().unwrap());
        self.refusal(field.record_new("concern", concern("x")).unwrap_err());
    }

    fn an_account(&mut self) {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let sergeant = Person::enrolled(&mut server, "sergeant1");
        let events = officer.field.events();
        let mut body = account("He said it was our secret.");
        for name in ["seen_alone", "immediate_safety"] {
            body.as_object_mut().unwrap().remove(name);
        }
        let id = self.made(&officer, "disclosure", body);
        self.edited(&officer, &id, "counts_stated", json!({ "suspects": 1 }));
        self.seen_by(&officer, &id);
        self.keep("seal.response", officer.field.record_seal(record(&id)).unwrap());
        self.refusal(officer.field.record_seal(record(&id)).unwrap_err());
        self.refusal(officer.edit(&id, "words_verbatim", json!([{ "text": "other words" }])).unwrap_err());
        let sets = vec![("seen_alone".to_owned(), json!("no"))];
        let more = Some("Said so again at 10.".to_owned());
        for (text, sets) in [(more, vec![]), (None, sets)] {
            let added = officer.field.record_addendum(record(&id), text, sets, "asked again").unwrap();
            self.keep("addendum.response", added);
        }
        self.seen_by(&officer, &id);
        server.sync(&officer.field);
        server.sync(&sergeant.field);
        self.seen_by(&officer, &id);
        self.seen_by(&sergeant, &id);
        self.keep("search.response", sergeant.field.search("secret").unwrap());
        self.keep("search.response", sergeant.field.search("nothing-like-it").unwrap());
        self.events(&events);
        self.for_oversight(&officer, &id);
        let whole = self.made(&officer, "disclosure", account("the child's words"));
        self.keep("seal.response", officer.field.record_seal(record(&whole)).unwrap());
        officer.field.lock().unwrap();
        self.refusal(officer.field.search("secret").unwrap_err());
    }

    fn for_oversight(&mut self, officer: &Person, id: &str) {
        self.keep("prompts.response", officer.field.prompts().unwrap());
        let same =
            json!({ "exact_words": "he rang from 07700 900123", "phones": ["07700 900123"], "source": "school" });
        for _ in 0..2 {
            self.made(officer, "concern", same.clone());
        }
        self.keep("matches.response", officer.field.matches().unwrap());
        let boxed = SealedBox::of(officer.folder.path()).unwrap();
        let said = vec![("how_recorded".to_owned(), json!("typed_live"))];
        let (clock, random) = (morning(), SystemRandom::new());
        boxed.record_edit(record(id), said, Ports { clock: &*clock, random: &random }).unwrap();
        officer.field.drafts_flush(None).unwrap();
        let left = officer.field.box_list().unwrap();
        let number = left[0]["number"].as_u64().unwrap();
        self.keep("box_list.response", left);
        self.keep("box_done.response", officer.field.box_done(number).unwrap());
        let case = officer.show(id)["case"].as_str().unwrap().to_owned();
        self.keep("timeline.response", officer.field.timeline(Of::Case(record(&case))).unwrap());
        let folder = Folder::new("bundle");
        std::fs::create_dir_all(folder.path()).unwrap();
        let to = folder.path().join("bundle");
        let (purpose, to_whom) = (Some("oversight".to_owned()), Some("inspectorate".to_owned()));
        let export = Export { what: What::Case(record(&case)), to: to.clone(), purpose, to_whom, with_reporter: false };
        self.keep("export.response", officer.field.export(&export).unwrap());
        self.keep("verify_bundle.response", bundle::verify(&to, &[]).unwrap());
        self.keep("export_unsent.response", officer.field.export_unsent(&to).unwrap());
        self.keep("import.response", officer.field.import(&to).unwrap());
        std::fs::write(&to, b"no bundle").unwrap();
        self.keep("verify_bundle.response", bundle::verify(&to, &[]).unwrap());
    }

    fn an_action(&mut self) {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let asked = self.made(&officer, "action", action("please visit"));
        self.refusal(officer.step(&asked, "fly", json!({})).unwrap_err());
        self.step(&officer, &asked, "accept", json!({}));
        let body = json!({ "action": asked, "text": "Visited.", "text_police": "Door not opened." });
        let update = self.made(&officer, "action_update", body);
        let done = json!({ "outcome": "seen", "evidence": [{ "ref": "note 1", "type": "note" }] });
        self.step(&officer, &asked, "complete", done);
        self.seen_by(&officer, &asked);
        self.step(&officer, &asked, "tell_outcome", json!({ "to": "lead1", "how": "phone" }));
        self.step(&officer, &asked, "close", json!({ "reason": "done" }));
        let shown = self.seen_by(&officer, &asked);
        self.seen_by(&officer, &update);
        self.seen_by(&officer, &RecordId::note(record(&update)).to_string());
        let mut worry = concern("a worry about a child");
        worry["case"] = shown["case"].clone();
        worry["links"] = json!([{ "record": asked, "why": "the same child" }]);
        let worry = self.made(&officer, "concern", worry);
        self.seen_by(&officer, &worry);
        let case = self.made(&officer, "case", json!({ "title": "Two sisters" }));
        self.step(&officer, &case, "assign", json!({ "to": "officer1" }));
        self.seen_by(&officer, &case);
        let check = json!({
            "case": case,
            "request": { "concern": worry, "concern_items": [{ "text": "a worry" }] },
            "grade": "urgent",
            "attend_by": "2026-11-23T18:00:00Z",
            "address": "the red door",
        });
        let check = self.made(&officer, "welfare_check", check);
        self.seen_by(&officer, &check);
        self.refusal(officer.field.record_new("concern", json!({ "no_such": 1, "source": 7 })).unwrap_err());
    }

    fn attached_files(&mut self) {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let case = self.made(&officer, "case", json!({ "title": "Two sisters" }));
        let mut body = action("the footage");
        body["case"] = json!(case);
        let asked = self.made(&officer, "action", body);
        let file = officer.field.attachment_read(record(&asked), &mut &b"photo"[..], Some("image/jpeg")).unwrap();
        let file = self.keep("attachment_add.response", file);
        let sha256 = file["sha256"].as_str().unwrap().parse().unwrap();
        let to = officer.folder.path().join("photo.jpg");
        let opened = officer.field.attachment_fetch(record(&asked), sha256, &to, PATIENCE).unwrap();
        self.keep("attachment_fetch.response", opened);
        let events = officer.field.events();
        officer.field.media_refused(&sha256, signed::code::W_MEDIA_FULL).unwrap();
        self.events(&events);
        assert_eq!(self.seen_by(&officer, &asked)["attachments"][0]["code"], "W.media_full");
        assert_eq!(self.seen_by(&officer, &case)["attachments"][0]["record"], json!(asked));
        self.step(&officer, &asked, "flag_image", json!({ "sha256": file["sha256"], "reason": "may show a child" }));
        self.refusal(officer.field.attachment_fetch(record(&asked), sha256, &to, PATIENCE).unwrap_err());
        let draft = self.made(&officer, "disclosure", account("with a drawing"));
        officer.field.attachment_read(record(&draft), &mut &b"drawing"[..], None).unwrap();
        self.seen_by(&officer, &draft);
    }

    fn two_who_differ(&mut self) {
        let mut server = Server::new();
        let one = Person::enrolled(&mut server, "officer1");
        let two = Person::enrolled(&mut server, "officer2");
        let sergeant = Person::enrolled(&mut server, "sergeant1");
        let person = json!({ "roles": ["child"], "names": ["Child A"], "dob": "2014-01-01" });
        let id = self.made(&one, "person", person);
        let asked = self.made(&one, "action", action("visit"));
        server.sync(&one.field);
        server.sync(&two.field);
        for (officer, dob) in [(&one, "2013-05-05"), (&two, "2012-06-06")] {
            self.edited(officer, &id, "dob", json!(dob));
            let to = officer.status()["user"].clone();
            self.step(officer, &asked, "assign", json!({ "to": to }));
        }
        let events = one.field.events();
        for person in [&one, &two, &one, &sergeant] {
            server.sync(&person.field);
        }
        self.events(&events);
        assert!(self.seen_by(&one, &asked)["owner"].is_array());
        assert!(self.seen_by(&one, &id)["conflicts"][0].is_object());
        self.refusal(one.edit(&id, "dob", json!("2011-01-01")).unwrap_err());
        let body = json!({ "path": "dob", "value": "2013-05-05", "reason": "birth certificate" });
        self.step(&sergeant, &id, "resolve", body);
        self.seen_by(&sergeant, &id);
    }

    fn two_seals(&mut self) {
        let mut server = Server::new();
        let handset = Person::enrolled(&mut server, "officer1");
        let tablet = Person::enrolled(&mut server, "officer1");
        let id = self.made(&handset, "disclosure", account("said first"));
        server.sync(&handset.field);
        server.sync(&tablet.field);
        for person in [&handset, &tablet] {
            self.keep("seal.response", person.field.record_seal(record(&id)).unwrap());
        }
        for person in [&handset, &tablet, &handset] {
            server.sync(&person.field);
        }
        assert!(self.seen_by(&handset, &id)["accounts"][0].is_object());
    }

    fn what_is_not_ours(&mut self) {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let id = self.made(&officer, "action", action("visit"));
        server.sync(&officer.field);
        let events = officer.field.events();
        let statement = officer.show(&id)["statements"][0]["sha256"].as_str().unwrap().parse().unwrap();
        let (other, third) = (RecordId::derived(&["elsewhere"]), RecordId::derived(&["gone"]));
        let line = |id: RecordId| {
            signed::cbor::map([
                ("id", Value::bytes(id.0)),
                ("kind", Value::text("action")),
                ("status", Value::text("requested")),
                ("urgency", Value::text("urgent")),
            ])
        };
        let (to, headline) = (UserId::new("lead1").unwrap(), line(third));
        let rows = vec![
            Row::Delivery { document: record(&id), statement, to, at: at() },
            Row::Headline { line: line(other) },
            Row::Withdrawn { document: third, headline: Some(headline) },
            Row::Change { document: record(&id), change: b"no change at all".to_vec() },
        ];
        let from = officer.field.hello().unwrap().cursor + 1;
        officer.field.store_page(&ProvenPage { from, rows, digest: [9; 32], time: at() }).unwrap();
        self.events(&events);
        let headline = self.keep("show.response", officer.show(&other.to_string()));
        assert_eq!(headline["headline"], true);
        assert!(self.seen_by(&officer, &id)["refused"][0].is_object());
    }

    fn what_was_refused(&mut self) {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let id = self.made(&officer, "person", json!({ "roles": ["child"], "names": ["Child A"] }));
        server.sync(&officer.field);
        self.edited(&officer, &id, "dob", json!("2013-05-05"));
        let frame = officer.field.next_frame(Lane::Rest, 0, 1).unwrap().unwrap().push.open().unwrap();
        let template = documents::Template::Record;
        let refused = documents::Candidate::read(&frame.items[0].changes[0], template).unwrap().hash;
        server.refusals.insert(refused, signed::code::S_OWNER.number);
        let events = officer.field.events();
        let day = server.sync(&officer.field);
        let rejected: Vec<_> = day.stored.into_iter().flat_map(|stored| stored.rejected).collect();
        assert!(!rejected.is_empty());
        self.keep("sync.response", SyncAnswer { rejected, ..SyncAnswer::default() }.to_json());
        self.events(&events);
        assert!(self.seen_by(&officer, &id)["refused"][0]["change"].is_string());
    }

    fn over_the_network(&mut self) {
        let (origin, folder) = (Origin::new(), Folder::new("net"));
        let server = TestServer::start(&origin, None);
        let field = open(folder.path());
        let pins = vec![wire::enrolment::pin(origin.key().spki())];
        let code = EnrolmentCode { address: server.address.to_string(), pins, code: [1; 16], secret: [2; 16] };
        self.keep("enrol.response", field.enrol(&code, PATIENCE).unwrap());
        self.refusal(field.enrol(&code, PATIENCE).unwrap_err());
        field.record_new("action", action("please visit")).unwrap();
        self.keep("sync.response", field.sync(PATIENCE, Until::Quiet).unwrap().to_json());
        self.keep("list.response", field.record_list(ListFilter::default()).unwrap());
        self.keep("status.response", field.status().unwrap());
        drop(field);
        let host = Host::open(options(folder.path())).unwrap();
        self.keep("sync_once.response", host.sync_once(PATIENCE).unwrap().to_json());
        self.keep("rekey.response", host.rekey(StoreKey::new([9; 32])).unwrap());
        host.close().unwrap();
    }
}
