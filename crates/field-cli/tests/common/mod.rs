//! The real `field` program on a store of its own, and a server that does nothing but enrol.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod enrolling;
pub mod trace;
mod watching;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value as Json;

pub use enrolling::EnrolServer;
pub use watching::Watching;

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

static STORES: AtomicU32 = AtomicU32::new(0);

/// A device: a folder that is gone with the test.
pub struct Device {
    pub home: PathBuf,
}

/// What one run of the program came to.
pub struct Run {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Device {
    pub fn new() -> Self {
        let number = STORES.fetch_add(1, Ordering::Relaxed);
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("field-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        Self { home }
    }

    /// A device that belongs to somebody.
    pub fn enrolled() -> Self {
        let device = Self::new();
        let server = EnrolServer::start();
        let enrolled = device.json(&["enrol", "--code", &server.code()]);
        assert_eq!(enrolled["user"], "pc.green");
        device
    }

    pub fn store(&self) -> PathBuf {
        self.home.join("store")
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_field"));
        command.arg("--store").arg(self.store()).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, words: &[&str]) -> Run {
        self.command(words).output().unwrap().into()
    }

    /// Runs with a body on standard input.
    pub fn fed(&self, words: &[&str], body: &str) -> Run {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// The one JSON value of a run that must succeed.
    pub fn json(&self, words: &[&str]) -> Json {
        let run = self.run(&[&["--json"], words].concat());
        assert_eq!(run.status, 0, "{words:?}: {} {}", run.out, run.err);
        run.json()
    }

    /// The error of a run that must be refused.
    pub fn refused(&self, words: &[&str]) -> Json {
        let run = self.run(&[&["--json"], words].concat());
        assert_eq!(run.status, 1, "{words:?}: {} {}", run.out, run.err);
        run.json()["error"].take()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Standard output as exactly one JSON value.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap()
    }
}
