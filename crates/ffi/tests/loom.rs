//! The table of handles, held against every order of the steps of two or three threads.
#![allow(clippy::unwrap_used, clippy::panic, dead_code, unreachable_pub)]

/// loom's locks in the place of the system's.
mod thread {
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
}

#[path = "../src/handle.rs"]
mod handle;

use handle::{Found, Handles};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

fn open(handles: &Handles<u32>, thing: u32) -> u64 {
    handles.insert(Arc::new(thing)).unwrap()
}

#[test]
fn of_two_who_close_one_handle_only_one_gets_it() {
    loom::model(|| {
        let handles = Arc::new(Handles::default());
        let number = open(&handles, 7);
        let got = Arc::new(AtomicUsize::new(0));
        let closers: Vec<_> = (0..2)
            .map(|_| {
                let (handles, got) = (Arc::clone(&handles), Arc::clone(&got));
                loom::thread::spawn(move || match handles.remove(number) {
                    Found::Here(thing) => {
                        assert_eq!(*thing, 7);
                        got.fetch_add(1, Ordering::SeqCst);
                    }
                    Found::Closed => {}
                    Found::Never => panic!("it was given out"),
                })
            })
            .collect();
        closers.into_iter().for_each(|closer| closer.join().unwrap());
        assert_eq!(got.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_number_never_comes_to_stand_for_another_thing() {
    loom::model(|| {
        let handles = Arc::new(Handles::default());
        let number = open(&handles, 1);
        let closer = {
            let handles = Arc::clone(&handles);
            // The place is used again at once, by something else.
            loom::thread::spawn(move || {
                assert!(matches!(handles.remove(number), Found::Here(_)));
                open(&handles, 2)
            })
        };
        match handles.find(number) {
            Found::Here(thing) => assert_eq!(*thing, 1),
            Found::Closed => {}
            Found::Never => panic!("it was given out"),
        }
        let other = closer.join().unwrap();
        assert_ne!(other, number);
        assert!(matches!(handles.find(number), Found::Closed));
        assert!(matches!(handles.find(other), Found::Here(thing) if *thing == 2));
    });
}

#[test]
fn what_is_found_stays_while_it_is_used_though_it_is_closed_meanwhile() {
    loom::model(|| {
        let handles = Arc::new(Handles::default());
        let number = open(&handles, 9);
        let user = {
            let handles = Arc::clone(&handles);
            loom::thread::spawn(move || match handles.find(number) {
                Found::Here(thing) => *thing,
                Found::Closed => 9,
                Found::Never => panic!("it was given out"),
            })
        };
        drop(handles.remove(number));
        assert_eq!(user.join().unwrap(), 9);
    });
}

#[test]
fn made_up_numbers_stand_for_nothing() {
    loom::model(|| {
        let handles: Handles<u32> = Handles::default();
        let number = open(&handles, 1);
        let generation = 1_u64 << 32;
        for made_up in [0, 1, u64::MAX, number + 1, number + generation, number - generation, number | 1 << 31] {
            assert!(matches!(handles.find(made_up), Found::Never), "{made_up:x}");
            assert!(matches!(handles.remove(made_up), Found::Never), "{made_up:x}");
        }
        drop(handles.remove(number));
        assert!(matches!(handles.remove(number), Found::Closed));
    });
}
