//! R1: "saved" means on disk, seen in the system calls of a saving device. The server's half stands
//! in its own tests. Needs a strace that may trace.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::process::{Command, Stdio};

use common::Scene;

/// A system call, as far as the verdict needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A write into the store's database or its log.
    Write,
    /// The store's database or its log is on disk.
    Sync,
    /// The answer leaves the process.
    Answer,
}

fn read(trace: &str) -> Vec<Call> {
    let of_store = |line: &str| line.contains("field.db");
    let call = |line: &str| {
        if line.contains("unfinished") {
            return None;
        }
        if (line.contains("fsync(") || line.contains("fdatasync(")) && of_store(line) {
            return Some(Call::Sync);
        }
        if (line.contains("pwrite64(") || line.contains("pwritev(")) && of_store(line) && !line.contains("-shm") {
            return Some(Call::Write);
        }
        line.contains(" write(1<").then_some(Call::Answer)
    };
    trace.lines().filter_map(call).collect()
}

/// The answer must come after a sync that follows every write before it.
fn judge(calls: &[Call]) -> Result<(), &'static str> {
    let answer = calls.iter().position(|call| *call == Call::Answer).ok_or("no answer")?;
    let before = &calls[..answer];
    let write = before.iter().rposition(|call| *call == Call::Write).ok_or("nothing was written")?;
    let sync = before.iter().rposition(|call| *call == Call::Sync).ok_or("nothing was synced")?;
    if sync > write { Ok(()) } else { Err("the answer left before the last write was on disk") }
}

#[test]
fn r1_the_store_is_synced_after_the_last_write_and_before_the_answer() {
    let mut scene = Scene::new();
    scene.server.kill();
    let body = scene.officer.body(&scene.action_body("is it on disk?")).unwrap();
    let trace = scene.folder.path().join("trace");
    let plain = scene.officer.command(&["new", "action", "--from", &body]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-y", "-s", "0", "-qq", "-e", "trace=write,pwrite64,pwritev,fsync,fdatasync", "-o"]);
    traced.arg(&trace).arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
    let output = traced.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = read(&std::fs::read_to_string(&trace).unwrap());
    assert_eq!(judge(&calls), Ok(()), "{calls:?}");
    // What `synchronous = OFF` would look like does not pass: the verdict is not asleep.
    let without: Vec<_> = calls.iter().copied().filter(|call| *call != Call::Sync).collect();
    assert!(judge(&without).is_err());
}
