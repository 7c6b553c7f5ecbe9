//! The log: JSON lines on stderr that hold ids, numbers and codes, and never a word of a record.
//!
//! There is no way to log free text: a line has a fixed event name and typed fields, so that
//! nothing a peer or a record said can slip into it. A thread of its own writes them: whoever reads
//! our stderr slowly, or not at all, must not hold up a session.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use serde_json::{Map, Value, json};
use signed::{Code, DeviceId, Timestamp, UserId};

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A fault of ours, or of the disk.
    Error,
    /// What an operator should look at.
    Warn,
    /// Sessions, enrolments, starting and stopping.
    Info,
    /// Every frame and page.
    Debug,
}

impl Level {
    /// From the word in `config.toml`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "error" => Some(Self::Error),
            "warn" => Some(Self::Warn),
            "info" => Some(Self::Info),
            "debug" => Some(Self::Debug),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// Takes lines of at least a level.
#[derive(Clone, Debug)]
pub struct Log {
    level: Level,
    lines: SyncSender<Entry>,
}

#[derive(Debug)]
enum Entry {
    Line(String),
    Flush(SyncSender<()>),
}

/// One line being put together; handed in when it is dropped.
#[derive(Debug)]
pub struct Line<'a> {
    log: &'a Log,
    fields: Option<Map<String, Value>>,
}

/// Lines waiting to be written; what comes on top of them is lost, and a log is not proof.
const LINES_WAITING_MAX: usize = 1_024;

/// How long the end of the process waits for the log.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(1);

impl Log {
    /// Starts the writer; what is less grave than `level` is not written.
    pub fn start(level: Level) -> std::io::Result<Self> {
        let (lines, waiting) = sync_channel(LINES_WAITING_MAX);
        std::thread::Builder::new().name("log".into()).spawn(move || write(&waiting))?;
        Ok(Self { level, lines })
    }

    /// Waits, not for ever, until all lines so far are written.
    pub fn flush(&self) {
        let (written, flushed) = sync_channel(1);
        if self.lines.try_send(Entry::Flush(written)).is_ok() {
            let _ = flushed.recv_timeout(FLUSH_TIME_MAX);
        }
    }

    /// A fault of ours.
    #[must_use]
    pub fn error(&self, event: &'static str) -> Line<'_> {
        self.line(Level::Error, event)
    }

    /// What an operator should look at.
    #[must_use]
    pub fn warn(&self, event: &'static str) -> Line<'_> {
        self.line(Level::Warn, event)
    }

    /// The ordinary course.
    #[must_use]
    pub fn info(&self, event: &'static str) -> Line<'_> {
        self.line(Level::Info, event)
    }

    /// Every step.
    #[must_use]
    pub fn debug(&self, event: &'static str) -> Line<'_> {
        self.line(Level::Debug, event)
    }

    fn line(&self, level: Level, event: &'static str) -> Line<'_> {
        if level > self.level {
            return Line { log: self, fields: None };
        }
        let at = Timestamp::from_millis(super::clock::system_millis());
        let fields = [("at", json!(at)), ("level", json!(level.as_str())), ("event", json!(event))];
        Line { log: self, fields: Some(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()) }
    }
}

impl Line<'_> {
    fn with(mut self, key: &'static str, value: impl FnOnce() -> Value) -> Self {
        if let Some(fields) = &mut self.fields {
            fields.insert(key.to_owned(), value());
        }
        self
    }

    /// About this device.
    #[must_use]
    pub fn device(self, device: DeviceId) -> Self {
        self.with("device", || json!(device))
    }

    /// About this user.
    #[must_use]
    pub fn user(self, user: &UserId) -> Self {
        self.with("user", || json!(user))
    }

    /// With this refusal.
    #[must_use]
    pub fn code(self, code: Code) -> Self {
        self.with("code", || json!(code.name)).with("number", || json!(code.number))
    }

    /// How many.
    #[must_use]
    pub fn count(self, what: &'static str, n: u64) -> Self {
        self.with(what, || json!(n))
    }

    /// A word of our own.
    #[must_use]
    pub fn word(self, what: &'static str, word: &'static str) -> Self {
        self.with(what, || json!(word))
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if let Some(fields) = self.fields.take() {
            let _ = self.log.lines.try_send(Entry::Line(format!("{}\n", Value::Object(fields))));
        }
    }
}

fn write(waiting: &Receiver<Entry>) {
    while let Ok(entry) = waiting.recv() {
        match entry {
            // A log that cannot be written must not stop a server that can serve.
            Entry::Line(line) => drop(std::io::stderr().lock().write_all(line.as_bytes())),
            Entry::Flush(written) => drop(written.try_send(())),
        }
    }
}

/// Makes a panic one line of the log with its place: its text could hold a word of a record.
pub fn panics_as_lines(log: Log) {
    std::panic::set_hook(Box::new(move |info| {
        let line = info.location().map_or(0, |location| u64::from(location.line()));
        let file = info.location().map(|location| location.file().to_owned());
        let entry = log.error("panic").count("line", line);
        drop(entry.with("file", || json!(file)));
    }));
}
