//! A saving device under strace: its system calls, and the verdict.

use std::process::{Command, Stdio};

use serde_json::json;

use super::Device;

/// A system call, as far as the verdict needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
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
pub fn judge(calls: &[Call]) -> Result<(), &'static str> {
    let answer = calls.iter().position(|call| *call == Call::Answer).ok_or("no answer")?;
    let before = &calls[..answer];
    let write = before.iter().rposition(|call| *call == Call::Write).ok_or("nothing was written")?;
    let sync = before.iter().rposition(|call| *call == Call::Sync).ok_or("nothing was synced")?;
    if sync > write { Ok(()) } else { Err("the answer left before the last write was on disk") }
}

/// What a handset did while it saved an action; `more` goes to strace.
pub fn of_one_save(more: &[&str]) -> Vec<Call> {
    let device = Device::enrolled();
    let body = device.home.join("action.json");
    let action = json!({ "requested_by": { "person": "lead", "org": "Northfield" }, "about": ["a pupil"], "kind": "enquiry",
        "exact_request": "is it on disk?", "due": "2099-01-01T12:00:00Z" });
    std::fs::write(&body, action.to_string()).unwrap();
    let trace = device.home.join("trace");
    let plain = device.command(&["new", "action", "--from", body.to_str().unwrap()]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-y", "-s", "0", "-qq", "-e", "trace=write,pwrite64,pwritev,fsync,fdatasync"]);
    traced.args(more).arg("-o").arg(&trace);
    traced.arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
    let output = traced.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read(&std::fs::read_to_string(&trace).unwrap())
}
