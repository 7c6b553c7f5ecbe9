//! Both ends of a session, joined by hand: who says what, in which order, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use signed::{Code, RecordId, RingSigner, code};
use sync_engine::device::{self, Report};
use sync_engine::server;
use wire::{Epoch, Hello, Lane, Message, Push, Rest, Row};

#[test]
fn r24_the_urgent_records_arrive_first_and_everything_is_receipted() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    (0..90).for_each(|n| device.save(Lane::Rest, n));
    (100..105).for_each(|n| device.save(Lane::Urgent, n));
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(server.order.len(), 95);
    assert!(server.order[..5].iter().all(|id| id.0[0] >= 100));
    assert_eq!(device.rows.len(), 95);
    assert!(link.reports.contains(&Report::Quiet) && link.reports.contains(&Report::UrgentSent));
    // Each lane grows: one record alone, then 4, 16, 50.
    let rest: Vec<_> = device.records_asked.iter().filter(|(l, _)| *l == Lane::Rest).map(|(_, n)| *n).collect();
    assert_eq!(rest[..4], [1, 4, 16, 50]);
}

#[test]
fn the_first_frames_leave_before_the_server_has_said_a_word() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    let link = connect(&mut device, &mut server);
    let kinds: Vec<_> = link.to_server.iter().map(Message::number).collect();
    assert_eq!(kinds, [1, 3], "Hello, then Push");
}

#[test]
fn r99_a_receipt_that_was_lost_comes_again_for_the_same_bytes() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    let mut link = connect(&mut device, &mut server);
    while let Some(message) = link.to_server.pop_front() {
        link.tell_server(&mut server, server::Input::Received(message));
    }
    // The link breaks before anything comes back.
    assert!(device.receipts.is_empty());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(device.receipts, [(Lane::Urgent, 1)]);
    assert_eq!(server.order.len(), 1, "taken once");
    assert!(link.reports.contains(&Report::Quiet));
}

#[test]
fn r23_what_is_saved_while_connected_goes_out_at_once_and_quiet_is_said_again() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(link.reports.iter().filter(|r| **r == Report::Quiet).count(), 1);
    device.save(Lane::Rest, 9);
    link.tell_device(&mut device, device::Input::Saved);
    link.run(&mut device, &mut server);
    assert_eq!(server.order, [RecordId([9; 16])]);
    assert_eq!(link.reports.iter().filter(|r| **r == Report::Quiet).count(), 2);
}

#[test]
fn r51_rows_that_appear_while_connected_are_sent_without_being_asked_for() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    server.inbox.extend((0..40).map(|n| Row::Granted { document: RecordId([n; 16]) }));
    link.tell_server(&mut server, server::Input::InboxGrew(40));
    link.run(&mut device, &mut server);
    assert_eq!(device.rows.len(), 40);
}

#[test]
fn an_altered_frame_an_early_one_and_another_chain_are_refused_by_number() {
    let altered = |push: &mut Push| {
        let mut body = push.open().unwrap();
        body.items[0].changes[0].push(9);
        *push = Push::new(push.lane, push.number, &body);
    };
    let early = |push: &mut Push| push.number = 7;
    let truncated = |push: &mut Push| push.body.bytes.truncate(push.body.bytes.len() - 1);
    type Bend<'a> = &'a dyn Fn(&mut Push);
    let cases: [(Bend<'_>, Code); 3] =
        [(&altered, code::W_FRAME_SIGNATURE), (&early, code::W_FRAME_ORDER), (&truncated, code::W_FRAME_CONTENT)];
    for (bend, expected) in cases {
        let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
        device.save(Lane::Urgent, 1);
        let mut link = connect(&mut device, &mut server);
        for message in &mut link.to_server {
            if let Message::Push(push) = message {
                bend(push);
            }
        }
        link.run(&mut device, &mut server);
        assert_eq!(refusal(&link), expected);
        assert!(!link.up && server.order.is_empty());
        // Nothing is lost: the next session takes the frame as it was committed.
        let mut link = connect(&mut device, &mut server);
        link.run(&mut device, &mut server);
        assert_eq!(server.order.len(), 1);
    }
}

#[test]
fn a_frame_whose_content_changed_after_it_was_taken_is_refused() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    connect(&mut device, &mut server).run(&mut device, &mut server);
    // A store copied from a backup makes another frame number 1.
    let mut copied = DeviceStore::new();
    copied.signer = RingSigner::from_pkcs8(device.signer.pkcs8()).unwrap();
    copied.save(Lane::Urgent, 2);
    let mut link = connect(&mut copied, &mut server);
    link.run(&mut copied, &mut server);
    assert_eq!(refusal(&link), code::W_FRAME_CHANGED);
    assert_eq!(server.order.len(), 1);
}

#[test]
fn another_version_and_a_message_out_of_turn_are_refused_by_number() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = Link::new(&device, &server);
    let hello = Hello { versions: vec![9], ..device.hello() };
    link.tell_device(&mut device, device::Input::Connected(hello));
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_VERSION);
    let mut link = Link::new(&device, &server);
    link.tell_server(&mut server, server::Input::Received(Message::Erase));
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_UNEXPECTED);
}

#[test]
fn a_page_that_skips_or_that_another_key_signed_is_not_stored() {
    for other_key in [false, true] {
        let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
        server.inbox.extend((0..20).map(|n| Row::Granted { document: RecordId([n; 16]) }));
        let mut link = connect(&mut device, &mut server);
        while let Some(message) = link.to_server.pop_front() {
            link.tell_server(&mut server, server::Input::Received(message));
        }
        if other_key {
            server.signer = RingSigner::generate().unwrap();
        }
        let page = if other_key { server.page(0) } else { server.page(3) };
        for message in &mut link.to_device {
            if matches!(message, Message::Page(_)) {
                *message = Message::Page(page.clone().unwrap());
            }
        }
        link.run(&mut device, &mut server);
        assert_eq!(refusal(&link), if other_key { code::W_PAGE_SIGNATURE } else { code::W_PAGE_ORDER });
        assert!(device.rows.is_empty());
    }
}

#[test]
fn a_receipt_that_proves_nothing_leaves_the_record_in_the_outbox() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    let mut link = connect(&mut device, &mut server);
    while let Some(message) = link.to_server.pop_front() {
        link.tell_server(&mut server, server::Input::Received(message));
    }
    for message in &mut link.to_device {
        if let Message::Receipt(receipt) = message {
            receipt.outcomes[0].rest = Rest::Refused { code: 1300, kept: false };
            receipt.outcomes[0].accepted = 0;
        }
    }
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_RECEIPT);
    assert!(device.receipts.is_empty());
}

#[test]
fn a_server_that_lost_rows_or_was_restored_is_noticed_and_nothing_is_wiped() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.rows = vec![Row::Granted { document: RecordId([1; 16]) }; 5];
    let mut link = Link::new(&device, &server);
    let hello = Hello { epoch: Some(Epoch([9; 16])), ..device.hello() };
    link.tell_device(&mut device, device::Input::Connected(hello));
    link.run(&mut device, &mut server);
    assert!(link.reports.contains(&Report::EpochChanged) && link.reports.contains(&Report::Drift));
    assert_eq!(device.rows.len(), 5);
}

#[test]
fn a_revoked_device_is_told_to_erase_itself_and_gets_nothing_more() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    link.tell_server(&mut server, server::Input::Revoked);
    server.inbox.push(Row::Granted { document: RecordId([1; 16]) });
    link.tell_server(&mut server, server::Input::InboxGrew(1));
    link.run(&mut device, &mut server);
    assert!(link.reports.contains(&Report::Erase));
    assert!(device.rows.is_empty());
}

#[test]
fn r92_a_device_that_is_to_erase_itself_hands_over_both_lanes_without_waiting_for_a_receipt() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    (0..200).for_each(|n| device.save(Lane::Rest, n));
    (200..240).for_each(|n| device.save(Lane::Urgent, n));
    let mut link = connect(&mut device, &mut server);
    // The server answers nothing: what is on its way is the first window of the urgent lane alone.
    let held: Vec<_> = link.to_server.drain(..).collect();
    link.tell_device(&mut device, device::Input::Received(Message::Erase));
    let last = &link.reports[link.reports.len() - 2..];
    assert_eq!(last, [Report::EraseOrdered, Report::Erase], "the order is told before anything else is");
    let records =
        |message: &Message| if let Message::Push(push) = message { push.open().unwrap().items.len() } else { 0 };
    let sent: usize = held.iter().chain(&link.to_server).map(records).sum();
    assert_eq!(sent, 240);
    // A frame that comes after the server has told it is taken in all the same, and so is the last word.
    let mut link = Link::new(&device, &server);
    link.tell_server(&mut server, server::Input::Received(Message::Hello(device.hello())));
    link.tell_server(&mut server, server::Input::Revoked);
    for message in held.into_iter().filter(|message| matches!(message, Message::Push(_))) {
        link.tell_server(&mut server, server::Input::Received(message));
    }
    assert_eq!(server.order.len(), 40, "the urgent lane, which was on its way");
    let said = wire::Erased { report: vec![1] };
    link.tell_server(&mut server, server::Input::Received(Message::Erased(said.clone())));
    assert_eq!(link.last_words, [said]);
    assert!(!link.to_device.iter().any(|message| matches!(message, Message::Receipt(_))), "nothing is answered");
}
