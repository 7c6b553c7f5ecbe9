//! A serving process under strace: the system calls in which one receipt was given, and the verdict.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use wire::Lane;

use super::process::{Place, Serving, signal};
use super::{Device, junk_item};

/// Bytes of a datagram that can hold a receipt: its signed head alone has over 300, and a datagram
/// that only acknowledges has less than 100.
const RECEIPT_BYTES_MIN: u64 = 300;

/// What a server did from the arrival of a frame until its receipt had been read. `more` goes to
/// strace.
pub async fn of_one_receipt(more: &[&str]) -> Vec<Call> {
    let place = Place::with_people();
    let trace = place.beside("trace");
    let calls = "trace=write,pwrite64,pwritev,pwritev2,fsync,fdatasync,sendmsg,sendmmsg,sendto";
    let options = ["-f", "-y", "-s", "0", "-ttt", "-qq", "-e", calls, "-o", trace.to_str().unwrap()];
    let server = place.serve_under("strace", &[&options, more].concat());
    let device = Device::enrolled(&place, "officer").await;
    let (mut session, welcome) = device.session().await;
    device.read_to(&mut session, welcome.head).await;

    // The first frame is only there to let the link become quiet: no probes, nothing to be told.
    let (first, hash) = device.first_frame(b"junk");
    session.push(&first).await;
    session.receipt().await.unwrap();
    let (second, _) = device.frame(Lane::Rest, 2, hash, vec![junk_item(b"more junk")]);
    let begun = seconds();
    session.push(&second).await;
    session.receipt().await.unwrap();
    let ended = seconds();

    stop_under_strace(server);
    let text = std::fs::read_to_string(&trace).unwrap();
    read(&text).into_iter().filter(|call| (begun..=ended).contains(&call.at)).collect()
}

fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn stop_under_strace(server: Serving) {
    let children = format!("/proc/{0}/task/{0}/children", server.id());
    let children = std::fs::read_to_string(children).unwrap();
    signal("TERM", children.split_whitespace().next().unwrap().parse().unwrap());
    server.ended();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Write,
    Sync,
    Send,
}

/// One system call; `begun` and `done` are lines of the trace.
#[derive(Clone, Debug)]
pub struct Call {
    pub kind: Kind,
    at: f64,
    begun: usize,
    done: usize,
    answer: u64,
}

/// The first datagram that can hold the receipt must follow a sync that began after the last write
/// to the database before it had ended.
pub fn judge(calls: &[Call]) -> Result<(), &'static str> {
    let of = |kind: Kind| calls.iter().filter(move |call| call.kind == kind);
    let receipt = of(Kind::Send).find(|call| call.answer >= RECEIPT_BYTES_MIN).ok_or("no receipt was sent")?;
    let written = of(Kind::Write).filter(|call| call.begun < receipt.begun).map(|call| call.done).max();
    let written = written.ok_or("nothing was written before the receipt")?;
    let synced = of(Kind::Sync).any(|call| call.begun > written && call.done < receipt.begun && call.answer == 0);
    if synced { Ok(()) } else { Err("the receipt was sent before the database was synced") }
}

/// The calls that concern the database, and the datagrams, in the order in which they began.
fn read(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: HashMap<&str, usize> = HashMap::new();
    for (line, text) in text.lines().enumerate() {
        let mut words = text.split_whitespace();
        let (Some(process), Some(at)) = (words.next(), words.next()) else { continue };
        let answer = text.rsplit_once(" = ").and_then(|(_, answer)| answer.split_whitespace().next()?.parse().ok());
        if text.contains(" resumed>") {
            if let Some(call) = unfinished.remove(process).and_then(|index| calls.get_mut(index)) {
                (call.done, call.answer) = (line, answer.unwrap_or(u64::MAX));
            }
            continue;
        }
        let Some(kind) = kind(text) else { continue };
        if text.contains("<unfinished") {
            unfinished.insert(process, calls.len());
        }
        let call = Call { kind, at: at.parse().unwrap(), begun: line, done: line, answer: answer.unwrap_or(u64::MAX) };
        calls.push(call);
    }
    calls
}

fn kind(text: &str) -> Option<Kind> {
    let call = text.split_whitespace().nth(2)?.split_once('(')?.0;
    let database = text.contains("firsthand.db");
    match call {
        "write" | "pwrite64" | "pwritev" | "pwritev2" if database => Some(Kind::Write),
        "fsync" | "fdatasync" if database => Some(Kind::Sync),
        "sendmsg" | "sendmmsg" | "sendto" => Some(Kind::Send),
        _ => None,
    }
}
