//! A device's store and a server, each as small as it can be: the driver between them is real.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod device;
mod server;

use std::time::{Duration, Instant};

pub use device::{Memory, record};
pub use server::{Manner, Origin, TestServer, USER};

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a condition without a fixed pause: it yields to whoever has work.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
