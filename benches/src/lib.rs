//! What the benchmarks share: percentiles, the growth from a tenth of the size, memory, and a device.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use field_core::StoreKey;
use field_day::programs::Programs;
use field_day::stage::{Handset, Server};

/// The median of some times; the list is sorted by it.
pub fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// A percentile of some times; the list is sorted by it.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

/// The median of some counts.
pub fn median_count(counts: &mut [u64]) -> u64 {
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or_default()
}

/// A tenth of a size, and the size; both a tenth of that with `-- --quick`, which shows that a benchmark still runs.
#[must_use]
pub fn sizes(whole: usize) -> [usize; 2] {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let whole = if quick { whole / 10 } else { whole };
    [whole / 10, whole]
}

/// How long each of so many calls takes.
pub fn times(calls: usize, mut call: impl FnMut()) -> Vec<Duration> {
    let timed = |_| {
        let begun = Instant::now();
        call();
        begun.elapsed()
    };
    (0..calls).map(timed).collect()
}

/// One line: a tenth of the size, the whole size, and by how much the median grew between them.
#[must_use]
pub fn growth(what: &str, mut tenth: Vec<Duration>, mut whole: Vec<Duration>) -> String {
    let (less, more) = (median(&mut tenth), median(&mut whole));
    format!(
        "  {what:<44} tenth: p50 {:>9} p99 {:>9}   whole: p50 {:>9} p99 {:>9}   grows {:.2} times",
        short(less),
        short(percentile(&mut tenth, 99)),
        short(more),
        short(percentile(&mut whole, 99)),
        more.as_secs_f64() / less.as_secs_f64()
    )
}

fn short(time: Duration) -> String {
    if time < Duration::from_millis(1) {
        format!("{:.1} us", time.as_secs_f64() * 1e6)
    } else {
        format!("{:.2} ms", time.as_secs_f64() * 1e3)
    }
}

/// The peak resident set of a process, in bytes.
#[must_use]
pub fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// From now on the peak of this process is what it holds now, and what it comes to hold.
pub fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The store of an officer's device, enrolled with a server that is gone again.
#[must_use]
pub fn enrolled(programs: &Programs, folder: &Path) -> PathBuf {
    let mut server = Server::init(programs, &folder.join("server")).unwrap();
    server.admin(&["user", "add", "--id", "officer", "--name", "Officer", "--role", "officer"]).unwrap();
    server.serve().unwrap();
    let code = server.code("officer").unwrap();
    let handset = Handset::enrol(programs, &folder.join("officer"), "officer", &code).unwrap();
    handset.store().to_path_buf()
}

/// The key that the command line keeps beside a store.
#[must_use]
pub fn key(store: &Path) -> StoreKey {
    let text = std::fs::read_to_string(store.join("key")).unwrap();
    let mut key = [0; 32];
    for (byte, digits) in key.iter_mut().zip(text.trim().as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    }
    StoreKey::new(key)
}
