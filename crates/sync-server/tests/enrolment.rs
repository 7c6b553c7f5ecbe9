//! One-time codes, and who is who.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{World, user};
use signed::{Code, Incarnation, RingSigner, Signer as _, code};
use sync_server::core::{NewCode, PeerState, limits};
use wire::{Enrol, Enrolled};

fn enrol(world: &World, code: &NewCode, secret: [u8; 16], key: &RingSigner) -> Result<Enrolled, Code> {
    let versions = wire::version::versions();
    let enrol = Enrol { versions, code: code.code.code, secret, incarnation: Incarnation([4; 16]) };
    world.core.enrol(key.public_key(), &enrol)
}

fn code_for(world: &World) -> NewCode {
    world.core.enrol_code(&user("lead"), "127.0.0.1:4433", limits::CODE_TTL_MS).unwrap()
}

#[test]
fn a_code_brings_in_one_device_and_the_same_key_may_ask_again() {
    let world = World::memory();
    let (key, other, code) = (RingSigner::generate().unwrap(), RingSigner::generate().unwrap(), code_for(&world));
    let text = code.code.to_string();
    assert_eq!(text.parse::<wire::EnrolmentCode>().unwrap(), code.code);
    assert_eq!(code.code.pins, world.core.pins());
    let first = enrol(&world, &code, code.code.secret, &key).unwrap();
    assert_eq!((first.user.as_str(), first.role.as_str()), ("lead", "dsl"));
    assert!(first.directory.len() >= 3, "device, user and school");
    assert!(enrol(&world, &code, code.code.secret, &key).is_ok(), "the answer may have been lost");
    assert_eq!(enrol(&world, &code, code.code.secret, &other).unwrap_err(), code::D_CODE_USED);
    let PeerState::Known(peer) = world.core.peer(key.public_key()).unwrap() else { panic!("known") };
    assert_eq!(peer.user, user("lead"));
    assert!(matches!(world.core.peer(other.public_key()).unwrap(), PeerState::Unknown));
    world.sound();
}

#[test]
fn five_tries_count_and_the_sixth_is_refused_even_if_right() {
    let world = World::memory();
    let (key, code) = (RingSigner::generate().unwrap(), code_for(&world));
    for _ in 0..limits::TRIES_MAX {
        assert_eq!(enrol(&world, &code, [0; 16], &key).unwrap_err(), code::D_CODE_WRONG);
    }
    assert_eq!(enrol(&world, &code, code.code.secret, &key).unwrap_err(), code::D_CODE_TRIES);
    // Another code of the same user is not touched by that.
    let fresh = code_for(&world);
    assert!(enrol(&world, &fresh, fresh.code.secret, &key).is_ok());
}

#[test]
fn a_code_ends_after_its_time_and_an_unknown_one_is_wrong() {
    let world = World::memory();
    let (key, code) = (RingSigner::generate().unwrap(), code_for(&world));
    let mut unknown = code.clone();
    unknown.code.code = [9; 16];
    assert_eq!(enrol(&world, &unknown, code.code.secret, &key).unwrap_err(), code::D_CODE_WRONG);
    world.clock.advance(i64::try_from(limits::CODE_TTL_MS).unwrap() + 1);
    assert_eq!(enrol(&world, &code, code.code.secret, &key).unwrap_err(), code::D_CODE_EXPIRED);
}

#[test]
fn one_key_is_one_users_and_a_revoked_one_stays_out() {
    let world = World::memory();
    let (key, code) = (RingSigner::generate().unwrap(), code_for(&world));
    enrol(&world, &code, code.code.secret, &key).unwrap();
    let theirs = world.core.enrol_code(&user("officer"), "127.0.0.1:4433", limits::CODE_TTL_MS).unwrap();
    assert_eq!(enrol(&world, &theirs, theirs.code.secret, &key).unwrap_err(), code::D_ENROLLED);
    world.core.device_revoke(key.public_key().id(), false).unwrap();
    let again = code_for(&world);
    assert_eq!(enrol(&world, &again, again.code.secret, &key).unwrap_err(), code::D_REVOKED);
    world.sound();
}

#[test]
fn a_user_who_has_left_is_not_let_in() {
    let world = World::memory();
    let (key, code) = (RingSigner::generate().unwrap(), code_for(&world));
    world.core.user_deactivate(&user("lead"), false).unwrap();
    assert_eq!(enrol(&world, &code, code.code.secret, &key).unwrap_err(), code::D_USER_INACTIVE);
    let refused = world.core.enrol_code(&user("lead"), "127.0.0.1:4433", 1).unwrap_err();
    assert_eq!(refused.code, code::D_USER_INACTIVE);
}

#[test]
fn names_that_cannot_be_are_refused_by_code() {
    let world = World::memory();
    let refused = |id: &str, role, schools: &[&str]| {
        let new = sync_server::core::UserNew {
            id: user(id),
            name: "A name".into(),
            role,
            schools: schools.iter().map(|id| common::school(id)).collect(),
            team: None,
            area: None,
            supervisor: None,
        };
        world.core.user_add(new).unwrap_err().code
    };
    assert_eq!(refused("lead", records::Role::Dsl, &["100001"]), code::A_EXISTS);
    assert_eq!(refused("new", records::Role::Dsl, &[]), code::A_SCHOOL);
    assert_eq!(refused("new", records::Role::Officer, &["999"]), code::A_SCHOOL);
    assert_eq!(refused("server", records::Role::Officer, &[]), code::A_ID);
}
