//! What one device gives to another to carry, and what that one keeps of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::PathBuf;

use common::{Folder, Person, Server, action};
use field_core::net::LinkStore as _;
use field_core::{CARRIED_BYTES_MAX, EventKind, Field, FieldError};
use serde_json::{Value as Json, json};
use signed::sealed::OVERHEAD_LEN;
use signed::{ReaderSecret, code};
use wire::limits::{RELAY_PART_BYTES_MAX, RELAY_PARTS_MAX};
use wire::relay::reader_id;
use wire::{Carried, Lane, RelayFile};
use zeroize::Zeroizing;

/// An officer with three records that wait, a colleague, and a file between them.
struct Road {
    server: Server,
    officer: Person,
    colleague: Person,
    folder: Folder,
}

impl Road {
    fn new() -> Self {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let colleague = Person::enrolled(&mut server, "lead1");
        for number in 0..3 {
            officer.new_record("action", action(&format!("please ask {number}")));
        }
        Self { server, officer, colleague, folder: Folder::new("road") }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("unsent.relay")
    }

    fn export(&self) -> Json {
        self.officer.field.export_unsent(&self.file()).unwrap()
    }

    fn read(&self) -> RelayFile {
        RelayFile::decode(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    /// Writes a file of so many parts of this length that nobody made.
    fn forge(&self, parts: usize, length: usize) {
        let reader = reader_id(&self.reader().public());
        let part = |number: usize| {
            let mut part = vec![0; length];
            part[..8].copy_from_slice(&number.to_be_bytes());
            part
        };
        let file = RelayFile { reader, parts: (0..parts).map(part).collect() };
        std::fs::write(self.file(), file.encode()).unwrap();
    }

    fn reader(&self) -> &ReaderSecret {
        self.server.relay.as_ref().unwrap()
    }

    fn import(&self) -> Result<Json, FieldError> {
        self.colleague.field.import(&self.file())
    }
}

fn carried(field: &Field) -> (Json, Json) {
    let status = field.status().unwrap();
    (status["carried"].clone(), status["carried_refused"].clone())
}

#[test]
fn what_is_carried_are_the_very_frames_that_a_session_sends_urgent_first() {
    let road = Road::new();
    let mut urgent = action("please go now");
    urgent["urgency"] = json!("immediate");
    road.officer.new_record("action", urgent);
    let said = road.export();
    assert_eq!((&said["frames"], &said["records"], &said["more"]), (&json!(3), &json!(4), &json!(false)));
    let file = road.read();
    assert_eq!(file.reader, reader_id(&road.reader().public()));
    let opened: Vec<Carried> = file.parts.iter().map(|part| Carried::open(road.reader(), part).unwrap()).collect();
    let places: Vec<(Lane, u64)> = opened.iter().map(|carried| (carried.push.lane, carried.push.number)).collect();
    assert_eq!(places, [(Lane::Urgent, 1), (Lane::Rest, 1), (Lane::Rest, 2)]);
    // Again, after something more was written: the same frames, and the new one behind them.
    road.officer.new_record("action", action("one more"));
    assert_eq!(road.export()["frames"], 4);
    let again = road.read().parts;
    for (part, carried) in again.iter().zip(&opened) {
        let once_more = Carried::open(road.reader(), part).unwrap();
        assert!(once_more == *carried && !file.parts.contains(part), "the same frame, sealed anew");
    }
    let mut after = 0;
    for carried in &opened[1..] {
        let sent = road.officer.field.next_frame(Lane::Rest, after, 50).unwrap().unwrap();
        assert_eq!(sent.push, carried.push);
        after = sent.push.number;
    }
}

#[test]
fn without_the_servers_key_or_anything_unsent_no_file_is_written() {
    let mut server = Server::new();
    server.relay = None;
    let officer = Person::enrolled(&mut server, "officer1");
    officer.new_record("action", action("please ask"));
    let folder = Folder::new("nowhere");
    let to = folder.path().join("unsent.relay");
    assert_eq!(officer.field.export_unsent(&to).unwrap_err().code, code::D_RELAY_KEY);
    assert!(!to.exists());
    let mut road = Road::new();
    road.server.sync(&road.officer.field);
    assert_eq!(road.officer.field.export_unsent(&to).unwrap_err().code, code::I_NOT_FOUND);
    assert!(!to.exists());
    road.officer.new_record("action", action("please ask"));
    let nowhere = folder.path().join("no/such/folder");
    assert_eq!(road.officer.field.export_unsent(&nowhere).unwrap_err().code, code::STORE_IO);
    let nobody = common::open(folder.path());
    assert_eq!(nobody.export_unsent(&to).unwrap_err().code, code::D_NOT_ENROLLED);
    road.export();
    assert_eq!(nobody.import(&road.file()).unwrap_err().code, code::D_NOT_ENROLLED);
}

#[test]
fn a_carrier_keeps_each_part_once_and_lets_go_of_it_only_on_the_servers_word() {
    let road = Road::new();
    let frames = road.export()["frames"].clone();
    let events = road.colleague.field.events();
    assert_eq!(road.import().unwrap()["parts"], frames);
    assert_eq!(road.import().unwrap(), json!({ "parts": 0, "already": frames, "bytes": 0 }));
    assert_eq!(carried(&road.colleague.field), (frames, json!(0)));
    let parts = road.read().parts;
    let first = road.colleague.field.carried_next(0).unwrap().unwrap();
    let second = road.colleague.field.carried_next(first.number).unwrap().unwrap();
    assert_eq!((&first.sealed, &second.sealed), (&parts[0], &parts[1]), "in the order of the file");
    assert_eq!(road.colleague.field.carried_next(second.number).unwrap(), None, "each once a session");
    // Not now, not yet, never, done.
    road.colleague.field.carried_answered(&first.sha256, Some(code::W_SHUTDOWN)).unwrap();
    assert_eq!(road.colleague.field.carried_next(0).unwrap().as_ref(), Some(&first));
    road.colleague.field.carried_answered(&first.sha256, Some(code::W_FRAME_ORDER)).unwrap();
    assert_eq!(road.colleague.field.carried_next(0).unwrap().as_ref(), Some(&second));
    assert_eq!(carried(&road.colleague.field), (json!(2), json!(0)));
    assert_eq!(events.try_next(), None);
    road.colleague.field.carried_answered(&second.sha256, Some(code::D_UNKNOWN)).unwrap();
    let told = events.try_next().unwrap();
    assert_eq!((told.event, told.code), (EventKind::Carried, Some(code::D_UNKNOWN)));
    assert_eq!(carried(&road.colleague.field), (json!(1), json!(1)));
    road.colleague.field.carried_answered(&first.sha256, None).unwrap();
    assert_eq!(events.try_next().map(|event| (event.event, event.code)), Some((EventKind::Carried, None)));
    // What comes a second time is about nothing.
    road.colleague.field.carried_answered(&first.sha256, None).unwrap();
    assert_eq!((carried(&road.colleague.field), events.try_next()), ((json!(0), json!(1)), None));
}

#[test]
fn a_file_for_another_server_is_not_carried() {
    let road = Road::new();
    road.export();
    let other = ReaderSecret::derive(Zeroizing::new([0x66; 32])).public();
    let file = RelayFile { reader: reader_id(&other), ..road.read() };
    std::fs::write(road.file(), file.encode()).unwrap();
    assert_eq!(road.import().unwrap_err().code, code::B_READER);
    assert_eq!(carried(&road.colleague.field).0, 0);
}

#[test]
fn a_device_carries_so_many_bytes_and_takes_nothing_of_a_file_that_is_too_much() {
    let road = Road::new();
    let each = u64::try_from(RELAY_PART_BYTES_MAX).unwrap();
    let most = usize::try_from(CARRIED_BYTES_MAX / each).unwrap();
    // Two files: one may hold half of it.
    road.forge(most / 2, RELAY_PART_BYTES_MAX);
    let taken = road.import().unwrap();
    assert_eq!((taken["parts"].as_u64(), taken["already"].as_u64()), (Some(most as u64 / 2), Some(0)));
    let small = 4096 + OVERHEAD_LEN;
    road.forge(RELAY_PARTS_MAX, small);
    road.import().unwrap();
    let mut number = 1;
    let full = loop {
        number += 1;
        road.forge(most / 4, RELAY_PART_BYTES_MAX - number * 4096);
        if let Err(error) = road.import() {
            break error;
        }
        assert!(number < 8, "there is a limit");
    };
    assert_eq!(full.code, code::B_CARRIED_FULL);
    let kept = carried(&road.colleague.field).0;
    assert_eq!(road.import().unwrap_err().code, code::B_CARRIED_FULL);
    assert_eq!(carried(&road.colleague.field).0, kept);
    road.forge(RELAY_PARTS_MAX + 1, small);
    assert_eq!(road.import().unwrap_err().code, code::B_TOO_LARGE);
}

#[test]
fn bytes_that_are_no_relay_bundle_are_refused_by_code() {
    let road = Road::new();
    road.export();
    let good = std::fs::read(road.file()).unwrap();
    for length in (0..good.len()).step_by(211) {
        std::fs::write(road.file(), &good[..length]).unwrap();
        assert_eq!(road.import().unwrap_err().code, code::B_FORM, "{length}");
    }
    std::fs::remove_file(road.file()).unwrap();
    assert_eq!(road.import().unwrap_err().code, code::STORE_IO);
    assert_eq!(road.colleague.field.import(road.folder.path()).unwrap_err().code, code::STORE_IO, "a folder");
}
