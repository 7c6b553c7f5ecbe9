//! A store as an app on a phone holds it, with a real server: background tasks with a budget, and links
//! that come and go while the app sleeps.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::time::{Duration, Instant};

use common::{Scene, id};
use field_core::{EventKind, Host, ListFilter, Next, Options, StoreKey};
use serde_json::{Value as Json, json};

/// Ten times what the product promises: a shared machine must not decide.
const PATIENCE: Duration = Duration::from_secs(60);

/// Records that take several frames.
const RECORDS: usize = 160;

fn officer(scene: &Scene) -> Host {
    let host = Host::open(Options::new(scene.folder.path().join("app"), StoreKey::new([4; 32]))).unwrap();
    let code = scene.server.code("officer").unwrap().parse().unwrap();
    assert_eq!(host.enrol(&code, PATIENCE).unwrap()["user"], "officer");
    host
}

fn made(host: &Host, body: Json) -> String {
    id(&host.call().unwrap().record_new("action", body).unwrap())
}

fn until(host: &Host, what: &str, wanted: impl Fn(&field_core::Event) -> bool) {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        match host.event_next(PATIENCE) {
            Next::Event(event) if wanted(&event) => return,
            Next::Event(_) => {}
            Next::Timeout | Next::Closed => break,
        }
    }
    panic!("{what} never happened");
}

#[test]
fn r24_a_task_with_a_budget_sends_the_most_urgent_first_keeps_what_it_sent_and_says_if_more_is_left() {
    let mut scene = Scene::new();
    let host = officer(&scene);
    assert!(scene.server.stop().unwrap());
    for number in 0..RECORDS {
        made(&host, scene.action_body(&format!("ordinary {number}")));
    }
    let mut body = scene.action_body("now");
    body["urgency"] = json!("immediate");
    let urgent = made(&host, body);
    scene.server.serve().unwrap();

    let unsent = |host: &Host| {
        let filter = ListFilter { unsent: true, ..ListFilter::default() };
        host.call().unwrap().record_list(filter).unwrap().as_array().unwrap().len()
    };
    let (mut tasks, mut cut_short, mut before, mut order) = (0, 0, unsent(&host), Vec::new());
    loop {
        // Hardly enough for a handshake and some frames, then more each time.
        let budget = Duration::from_millis(120 + 60 * tasks);
        let begun = Instant::now();
        let within = host.sync_once(budget);
        assert!(begun.elapsed() < budget * 10 + PATIENCE, "{:?} for a budget of {budget:?}", begun.elapsed());
        tasks += 1;
        // With the smallest budgets no server may be reached at all: nothing is lost by that.
        let Ok(within) = within else { continue };
        order.extend(
            within.to_json()["sent_order"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()),
        );
        let left = unsent(&host);
        assert!(left <= before, "what was receipted stays so");
        before = left;
        if !within.more {
            break;
        }
        cut_short += 1;
    }
    println!("{tasks} tasks, {cut_short} cut short by their budget");
    assert_eq!(before, 0);
    assert_eq!(order.first(), Some(&urgent), "the most urgent left first");
    assert_eq!(host.call().unwrap().verify(None).unwrap()["ok"], true);
    host.close().unwrap();
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r24_an_app_that_slept_through_an_outage_goes_on_by_itself_when_it_wakes() {
    let mut scene = Scene::new();
    let host = officer(&scene);
    host.sync_start().unwrap();
    until(&host, "online", |event| event.event == EventKind::Online);
    host.suspend().unwrap();
    assert!(scene.server.stop().unwrap());
    host.resume().unwrap();
    until(&host, "offline", |event| event.event == EventKind::Offline);
    let saved = made(&host, scene.action_body("written in the tunnel"));
    host.suspend().unwrap();
    scene.server.serve().unwrap();
    host.resume().unwrap();
    until(&host, "its receipt", |event| {
        event.event == EventKind::Receipt && event.id.is_some_and(|id| id.to_string() == saved)
    });
    // Locked, nothing is sent or read; unlocked, it goes on by itself.
    host.lock().unwrap();
    assert_eq!(host.call().err().map(|error| error.code.name), Some("STORE.locked"));
    host.unlock(StoreKey::new([4; 32])).unwrap();
    let saved = made(&host, scene.action_body("after the lock"));
    until(&host, "its receipt", |event| {
        event.event == EventKind::Receipt && event.id.is_some_and(|id| id.to_string() == saved)
    });
    host.close().unwrap();
    // What was told before can still be fetched; then it is closed, and nobody waits.
    while let Next::Event(_) = host.event_next(PATIENCE) {}
    assert_eq!(host.event_next(PATIENCE), Next::Closed);
}

#[test]
fn r24_without_a_network_nothing_is_tried_and_when_it_returns_what_waits_is_sent() {
    let scene = Scene::new();
    let host = officer(&scene);
    let online = || host.call().unwrap().status().unwrap()["online"].clone();
    host.sync_start().unwrap();
    until(&host, "online", |event| event.event == EventKind::Online);
    host.network_changed(false).unwrap();
    until(&host, "offline", |event| event.event == EventKind::Offline);
    assert_eq!(online(), false);
    let saved = made(&host, scene.action_body("in the cellar"));
    assert_eq!(host.sync_once(PATIENCE).err().map(|error| error.code.name), Some("D.offline"));
    assert_eq!(host.call().unwrap().status().unwrap()["unsent"]["standard"], 1);
    host.network_changed(true).unwrap();
    until(&host, "online again", |event| event.event == EventKind::Online);
    until(&host, "its receipt", |event| {
        event.event == EventKind::Receipt && event.id.is_some_and(|id| id.to_string() == saved)
    });
    // A link that the app gives up is told as gone.
    host.sync_stop().unwrap();
    until(&host, "offline after stopping", |event| event.event == EventKind::Offline);
    assert_eq!(online(), false);
    host.sync_start().unwrap();
    until(&host, "online after starting", |event| event.event == EventKind::Online);
    host.suspend().unwrap();
    until(&host, "offline while asleep", |event| event.event == EventKind::Offline);
    host.close().unwrap();
}
