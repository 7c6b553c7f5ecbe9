//! `field watch`: stays connected, prints what happens, and takes commands line by line.

use std::io::{BufRead, Read, Write};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use clap::Parser;
use field_core::net::Watch;
use field_core::{EventKind, EventReceiver, FieldError};
use serde_json::{Value as Json, json};
use signed::code;

use crate::args::{Cli, Command};
use crate::run::{Call, Source};
use crate::store::Open;
use crate::{say, usage, words};

/// Bytes of one line of standard input.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// Notes that wait for the printer.
const NOTES_MAX: usize = 256;

/// How often the link is looked at when nothing happens.
const LOOK: Duration = Duration::from_millis(500);

/// What the printer is told by the threads that wait for something.
enum Note {
    /// An event of the store.
    Event(Json),
    /// Whether the link is up.
    Link(Json),
    /// A line of standard input, with its number; an error when it is too long or not text.
    Line(u64, Result<String, FieldError>),
    /// SIGTERM or SIGINT.
    Stop,
}

/// Runs until it is told to stop, the device is erased, or the store fails.
pub(crate) fn watch(open: &Open) -> Result<(), FieldError> {
    if open.field.identity()?.is_none() {
        return Err(FieldError::new(code::D_NOT_ENROLLED, "this device is not enrolled yet"));
    }
    let (notes, inbox) = sync_channel(NOTES_MAX);
    let events = open.field.events();
    let mut link = Some(open.field.watch()?);
    spawn("events", notes.clone(), move |notes| forward(&events, notes))?;
    spawn("signals", notes.clone(), signals)?;
    let mut early = Vec::new();
    let mut linked = false;
    loop {
        let note = inbox.recv_timeout(LOOK);
        match note {
            Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return link.map_or(Ok(()), Watch::stop),
            // The first line says whether there is a link: commands are read from then on.
            Ok(Note::Link(line)) if !linked => {
                linked = true;
                say::line(&line);
                early.drain(..).for_each(|line| say::line(&line));
                spawn("stdin", notes.clone(), lines)?;
            }
            Ok(Note::Event(line)) if !linked => early.push(line),
            Ok(Note::Event(line) | Note::Link(line)) => say::line(&line),
            Ok(Note::Line(number, line)) => say::line(&result(open, number, line, &mut link)),
            Err(RecvTimeoutError::Timeout) => {
                // It ends by itself only when the device was erased or its store failed; all that
                // was told by then has been printed.
                if link.as_ref().is_some_and(|link| !link.is_running()) {
                    return link.take().map_or(Ok(()), Watch::stop);
                }
            }
        }
    }
}

/// What a line of standard input came to.
fn result(open: &Open, number: u64, line: Result<String, FieldError>, link: &mut Option<Watch>) -> Json {
    let answer = line.and_then(|line| carry_out(open, &line, link));
    let mut event = json!({ "event": "result", "at": open.clock.now().to_string(), "line": number });
    let (name, value) = match answer {
        Ok(value) => ("value", value),
        Err(error) => ("error", error.to_json().get_mut("error").map(Json::take).unwrap_or_default()),
    };
    if let Some(event) = event.as_object_mut() {
        event.insert(name.into(), value);
    }
    event
}

fn carry_out(open: &Open, line: &str, link: &mut Option<Watch>) -> Result<Json, FieldError> {
    let Some(words) = words::split(line) else {
        return Err(FieldError::new(code::I_USAGE, "a quote is left open"));
    };
    let cli = Cli::try_parse_from(std::iter::once(String::from("field")).chain(words))
        .map_err(|error| usage::refusal(&error))?;
    let call = Call::read(&cli.command, Source::Line)?;
    if matches!(cli.command, Command::Rekey) {
        return open.rekey();
    }
    if !matches!(cli.command, Command::Sync { .. }) {
        return call.run(&open.field);
    }
    // One session at a time: the link makes room for this sync and comes back after it.
    link.take().map_or(Ok(()), Watch::stop)?;
    let answer = call.run(&open.field);
    *link = Some(open.field.watch()?);
    answer
}

fn spawn(
    name: &str,
    notes: SyncSender<Note>,
    work: impl FnOnce(&SyncSender<Note>) + Send + 'static,
) -> Result<(), FieldError> {
    std::thread::Builder::new().name(name.into()).spawn(move || work(&notes))?;
    Ok(())
}

fn forward(events: &EventReceiver, notes: &SyncSender<Note>) {
    loop {
        match events.next_within(Duration::from_secs(60)) {
            Some(event) => {
                let line = event.to_json();
                let is_link = matches!(event.event, EventKind::Online | EventKind::Offline);
                if notes.send(if is_link { Note::Link(line) } else { Note::Event(line) }).is_err() {
                    return;
                }
            }
            None if events.is_closed() => return,
            None => {}
        }
    }
}

/// Reads commands until standard input ends; watching goes on without them.
fn lines(notes: &SyncSender<Note>) {
    let mut input = std::io::stdin().lock();
    for number in 1.. {
        let line = match next_line(&mut input) {
            Ok(Some(line)) => line,
            Ok(None) | Err(_) => return,
        };
        let is_blank = line.as_ref().is_ok_and(|line| line.trim().is_empty());
        if !is_blank && notes.send(Note::Line(number, line)).is_err() {
            return;
        }
    }
}

/// The next line; one that is too long is read to its end and refused.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Result<String, FieldError>>> {
    let mut bytes = Vec::new();
    if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.len() as u64 >= LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        let message = format!("a line has at most {LINE_BYTES_MAX} bytes");
        return Ok(Some(Err(FieldError::new(code::I_TOO_LARGE, message))));
    }
    Ok(Some(String::from_utf8(bytes).map_err(|_| FieldError::new(code::I_USAGE, "the line is not UTF-8 text"))))
}

/// Waits for SIGTERM or SIGINT.
fn signals(notes: &SyncSender<Note>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    });
    let _ = notes.send(Note::Stop);
    let _ = std::io::stdout().flush();
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_next_one_is_read() {
        let long = "x".repeat(usize::try_from(LINE_BYTES_MAX).unwrap() + 5);
        let mut input = std::io::Cursor::new(format!("status\n{long}\nlist"));
        let mut next = || next_line(&mut input).unwrap();
        assert_eq!(next(), Some(Ok("status\n".into())));
        assert_eq!(next().unwrap().unwrap_err().code, code::I_TOO_LARGE);
        assert_eq!(next(), Some(Ok("list".into())));
        assert_eq!(next(), None);
    }
}
