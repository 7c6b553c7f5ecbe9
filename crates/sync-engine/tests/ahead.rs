//! R24: what goes ahead of its turn, as the two ends of a session see it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use signed::{RecordId, RingSigner, code};
use sync_engine::device::{self, Report};
use sync_engine::server;
use wire::{Message, Resume, Row};

/// A server with a backlog of rows for a device, and documents that go ahead of them.
fn far_behind(urgent: u8) -> ServerStore {
    let mut server = ServerStore::new();
    server.inbox.extend((0..1_200).map(|_| Row::Granted { document: RecordId([1; 16]) }));
    server.urgent.extend((0..urgent).map(|number| RecordId([number; 16])));
    server
}

fn documents(rows: &[Row]) -> Vec<u8> {
    rows.iter()
        .map(|row| if let Row::Change { document, .. } = row { document.0[0] } else { panic!("{row:?}") })
        .collect()
}

#[test]
fn r24_what_goes_ahead_is_on_disk_before_the_first_row_of_a_backlog_and_goes_on_after_a_break() {
    let (mut device, mut server) = (DeviceStore::new(), far_behind(10));
    {
        // The link breaks while what goes ahead is under way.
        let mut link = connect(&mut device, &mut server);
        while device.ahead.len() < 3 {
            match link.to_server.pop_front() {
                Some(message) => link.tell_server(&mut server, server::Input::Received(message)),
                None => {
                    let message = link.to_device.pop_front().unwrap();
                    link.tell_device(&mut device, device::Input::Received(message));
                }
            }
        }
        assert!(device.rows.is_empty() && server.asked.is_empty());
    }
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(documents(&device.ahead), Vec::from_iter(0..10), "each once, in order");
    assert_eq!(device.rows.len(), 1_200);
    assert_eq!(server.asked.first(), Some(&10), "no page before all of it is on disk");
    assert!(link.reports.contains(&Report::Quiet));
}

#[test]
fn a_device_that_is_near_the_end_or_wants_nothing_ahead_gets_rows_alone() {
    for (rows, wants) in [(999, true), (1_200, false)] {
        let (mut device, mut server) = (DeviceStore::new(), far_behind(10));
        server.inbox.truncate(rows);
        device.held = device.held.filter(|_| wants);
        let mut link = connect(&mut device, &mut server);
        link.run(&mut device, &mut server);
        assert!(device.ahead.is_empty() && device.rows.len() == rows);
    }
}

#[test]
fn a_word_about_what_was_not_sent_ahead_and_what_goes_ahead_unasked_end_the_session() {
    let (mut device, mut server) = (DeviceStore::new(), far_behind(1));
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    let unsent = Message::Resume(Resume { list: [7; 16], position: 2 });
    link.tell_server(&mut server, server::Input::Received(unsent));
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_UNEXPECTED);

    let (mut device, mut server) = (DeviceStore { held: None, ..DeviceStore::new() }, far_behind(1));
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    let unasked = Message::Ahead(server.ahead(Resume::default()).unwrap());
    link.tell_device(&mut device, device::Input::Received(unasked));
    assert_eq!(refusal(&link), code::W_UNEXPECTED);
}

#[test]
fn what_another_key_signed_never_goes_ahead() {
    let (mut device, mut server) = (DeviceStore::new(), far_behind(1));
    let mut link = connect(&mut device, &mut server);
    server.signer = RingSigner::generate().unwrap();
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_PAGE_SIGNATURE);
    assert!(device.ahead.is_empty());
}
