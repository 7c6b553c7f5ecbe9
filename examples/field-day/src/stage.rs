//! The stage: a server and handsets as processes, each in its own folder, spoken to by command line
//! and heard by their JSON.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::programs::Programs;

/// How long anything on this stage may take, in seconds. Nothing takes a tenth of it on an idle
/// machine.
static PATIENCE_SECONDS: AtomicU64 = AtomicU64::new(30);

/// How long anything on this stage may take.
#[must_use]
pub fn patience() -> Duration {
    Duration::from_secs(PATIENCE_SECONDS.load(Ordering::Relaxed))
}

/// Waits less (or longer) from now on: for whoever expects to wait in vain.
pub fn set_patience(seconds: u64) {
    PATIENCE_SECONDS.store(seconds, Ordering::Relaxed);
}

/// What went wrong on the stage.
#[derive(Debug)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// What the stage answers.
pub type Played<T = Json> = Result<T, Failure>;

fn fail<T>(what: impl Into<String>) -> Played<T> {
    Err(Failure(what.into()))
}

/// A program's one JSON value, or its error.
pub fn json_of(what: &str, output: &Output) -> Played {
    let text = String::from_utf8_lossy(&output.stdout);
    match serde_json::from_str::<Json>(text.trim()) {
        Ok(value) if output.status.success() => Ok(value),
        Ok(value) => fail(format!("{what}: {value}")),
        Err(_) => fail(format!(
            "{what}: exit {:?}, no JSON: {}{}",
            output.status.code(),
            text,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// A `sync-server` on a folder of its own.
pub struct Server {
    program: PathBuf,
    dir: PathBuf,
    environment: Vec<(String, String)>,
    running: Option<(Child, SocketAddr)>,
}

impl Server {
    /// Makes the server's folder.
    pub fn init(programs: &Programs, dir: &Path) -> Played<Self> {
        let server =
            Self { program: programs.server.clone(), dir: dir.to_path_buf(), environment: Vec::new(), running: None };
        server.admin(&["init"])?;
        Ok(server)
    }

    /// Sets an environment variable for the next start.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs an admin command and answers its JSON.
    pub fn admin(&self, words: &[&str]) -> Played {
        json_of(&words.join(" "), &self.admin_output(words)?)
    }

    /// Runs an admin command and answers all it said.
    pub fn admin_output(&self, words: &[&str]) -> Played<Output> {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--dir").arg(&self.dir).arg("--json").stdin(Stdio::null());
        command.output().map_err(|error| Failure(format!("sync-server cannot be started: {error}")))
    }

    /// Starts serving; answers the address.
    pub fn serve(&mut self) -> Played<SocketAddr> {
        self.serve_with(&[])
    }

    /// Starts serving with more words on its command line.
    pub fn serve_with(&mut self, more: &[&str]) -> Played<SocketAddr> {
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--dir").arg(&self.dir).args(more);
        command.envs(self.environment.iter().cloned());
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.dir.join("log"));
        let log = log.map_err(|error| Failure(format!("no log file: {error}")))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(|error| Failure(format!("serve: {error}")))?;
        let Some(stdout) = child.stdout.take() else { return fail("serve has no output") };
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        reader.read_line(&mut line).map_err(|error| Failure(format!("serve: {error}")))?;
        let value: Json = serde_json::from_str(&line).map_err(|_| Failure(format!("serve said: {line}")))?;
        let address = value.get("quic").and_then(Json::as_str).and_then(|text| text.parse().ok());
        let Some(address) = address else { return fail(format!("serve said: {line}")) };
        // The pipe stays open, so that a later line does not end the server.
        thread::spawn(move || reader.lines().for_each(drop));
        self.running = Some((child, address));
        Ok(address)
    }

    /// Where it serves.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.running.as_ref().map(|(_, address)| *address)
    }

    /// The process, while it serves.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref().map(|(child, _)| child.id())
    }

    /// Asks it to stop and waits until it has; answers whether it ended in order.
    pub fn stop(&mut self) -> Played<bool> {
        let Some((mut child, _)) = self.running.take() else { return fail("the server is not running") };
        signal(child.id(), "TERM")?;
        let deadline = Instant::now() + patience();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) if Instant::now() < deadline => thread::yield_now(),
                Ok(None) | Err(_) => {
                    let _ = child.kill();
                    return fail("the server did not stop when asked");
                }
            }
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A one-time code for a user.
    pub fn code(&self, user: &str) -> Played<String> {
        let answer = self.admin(&["enrol", "--user", user])?;
        match answer.get("code").and_then(Json::as_str) {
            Some(code) => Ok(code.to_owned()),
            None => fail("enrol gave no code"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal by name.
pub fn signal(process: u32, name: &str) -> Played<()> {
    // The shell's own `kill`: the program of that name is not on every machine.
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {process}")).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { fail("a signal could not be sent") }
}

/// One device: a store in a folder of its own, and, while it watches, a process that holds it.
pub struct Handset {
    program: PathBuf,
    store: PathBuf,
    /// Whose it is, for messages.
    pub owner: String,
    watching: Option<Watching>,
    bodies: usize,
}

struct Watching {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Json>,
    /// Events heard while waiting for something else.
    heard: Vec<Json>,
    spoken: u64,
}

impl Handset {
    /// A new device of this person, enrolled with a code.
    pub fn enrol(programs: &Programs, store: &Path, owner: &str, code: &str) -> Played<Self> {
        let handset = Self {
            program: programs.field.clone(),
            store: store.to_path_buf(),
            owner: owner.to_owned(),
            watching: None,
            bodies: 0,
        };
        handset.run(&["enrol", "--code", code])?;
        Ok(handset)
    }

    /// A device that is not enrolled yet.
    #[must_use]
    pub fn new(programs: &Programs, store: &Path, owner: &str) -> Self {
        Self {
            program: programs.field.clone(),
            store: store.to_path_buf(),
            owner: owner.to_owned(),
            watching: None,
            bodies: 0,
        }
    }

    /// Its folder.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// A command of its own, ready to be started.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--store").arg(&self.store).arg("--json").args(words).stdin(Stdio::null());
        command
    }

    /// Runs one command as a process of its own (while nothing watches) and answers its JSON.
    pub fn run(&self, words: &[&str]) -> Played {
        json_of(&format!("{}: {}", self.owner, words.first().unwrap_or(&"")), &self.output(words)?)
    }

    /// Runs one command as a process of its own and answers all it said.
    pub fn output(&self, words: &[&str]) -> Played<Output> {
        self.command(words).output().map_err(|error| Failure(format!("field cannot be started: {error}")))
    }

    /// Puts a body beside the store, for `--from`.
    pub fn body(&mut self, body: &Json) -> Played<String> {
        self.bodies += 1;
        let path = self.store.with_extension(format!("{}.json", self.bodies));
        std::fs::write(&path, body.to_string()).map_err(|error| Failure(format!("a body: {error}")))?;
        Ok(path.display().to_string())
    }

    /// Begins to watch: from now on commands go through this process.
    pub fn watch(&mut self) -> Played<()> {
        self.watch_with(&[])
    }

    /// Begins to watch with more words on the command line.
    pub fn watch_with(&mut self, more: &[&str]) -> Played<()> {
        let mut command = Command::new(&self.program);
        command.arg("--store").arg(&self.store).arg("--json").args(more).arg("watch");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.store.with_extension("log"));
        let log = log.map_err(|error| Failure(format!("no log file: {error}")))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(|error| Failure(format!("watch: {error}")))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return fail("watch has no pipes");
        };
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line)
                    && sender.send(value).is_err()
                {
                    return;
                }
            }
        });
        self.watching = Some(Watching { child, stdin, lines, heard: Vec::new(), spoken: 0 });
        Ok(())
    }

    /// The watching process.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.watching.as_ref().map(|watching| watching.child.id())
    }

    /// Speaks one command to the watching process and answers its result.
    pub fn say(&mut self, words: &[&str]) -> Played {
        if self.watching.is_none() {
            return self.run(words);
        }
        let line = self.speak(words)?;
        let answer = self.wait(|event| answers(event, line))?;
        match (answer.get("value"), answer.get("error")) {
            (Some(value), _) if value.get("error").is_none() => Ok(value.clone()),
            _ => fail(format!("{}: {}: {answer}", self.owner, words.first().unwrap_or(&""))),
        }
    }

    /// Speaks one command to the watching process without waiting; answers the line's number.
    pub fn speak(&mut self, words: &[&str]) -> Played<u64> {
        let Some(watching) = &mut self.watching else { return fail(format!("{} is not watching", self.owner)) };
        watching.spoken += 1;
        let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        writeln!(watching.stdin, "{line}").map_err(|error| Failure(format!("{}: {error}", self.owner)))?;
        Ok(watching.spoken)
    }

    /// Makes, edits or acts with a body.
    pub fn say_with(&mut self, words: &[&str], body: &Json) -> Played {
        let path = self.body(body)?;
        let mut all = words.to_vec();
        all.extend(["--from", &path]);
        self.say(&all)
    }

    /// Waits for an event (heard before or still to come) and takes it.
    pub fn wait(&mut self, wanted: impl Fn(&Json) -> bool) -> Played {
        self.wait_for(patience(), wanted)
    }

    /// Waits so long for an event.
    pub fn wait_for(&mut self, patience: Duration, wanted: impl Fn(&Json) -> bool) -> Played {
        let owner = self.owner.clone();
        let Some(watching) = &mut self.watching else { return fail(format!("{owner} is not watching")) };
        if let Some(place) = watching.heard.iter().position(&wanted) {
            return Ok(watching.heard.remove(place));
        }
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match watching.lines.recv_timeout(left) {
                Ok(event) if wanted(&event) => return Ok(event),
                Ok(event) => watching.heard.push(event),
                Err(RecvTimeoutError::Timeout) => return fail(format!("{owner} waited in vain")),
                Err(RecvTimeoutError::Disconnected) => return fail(format!("{owner}'s device stopped")),
            }
        }
    }

    /// Asks again and again, at every event, until the answer is as wanted.
    pub fn until(&mut self, words: &[&str], wanted: impl Fn(&Json) -> bool) -> Played {
        let deadline = Instant::now() + patience();
        let mut last = None;
        while Instant::now() < deadline {
            match self.say(words) {
                Ok(answer) if wanted(&answer) => return Ok(answer),
                other => last = Some(other),
            }
            if self.watching.is_some() {
                // Any event at all is a reason to ask again; without one, ask again soon.
                let heard = self.watching.as_mut().map(|w| std::mem::take(&mut w.heard));
                drop(heard);
                let _ = self.wait_for(Duration::from_millis(50), |_| true);
            }
        }
        let seen = match last {
            Some(Ok(answer)) => answer.to_string(),
            Some(Err(failure)) => failure.0,
            None => "nothing".into(),
        };
        fail(format!("{}: {} never came to be as expected: {seen}", self.owner, words.join(" ")))
    }

    /// Ends watching in order.
    pub fn unwatch(&mut self) -> Played<()> {
        if let Some(mut watching) = self.watching.take() {
            signal(watching.child.id(), "TERM")?;
            watching.child.wait().map_err(|error| Failure(format!("watch: {error}")))?;
        }
        Ok(())
    }

    /// Ends watching as a flat battery would; answers the result of a spoken line if the process had
    /// given it before.
    pub fn kill_and_hear(&mut self, line: u64) -> Option<Json> {
        let mut watching = self.watching.take()?;
        let _ = watching.child.kill();
        let _ = watching.child.wait();
        let heard = watching.heard.into_iter().chain(watching.lines.iter());
        let answer = heard.into_iter().find(|event| answers(event, line))?;
        answer.get("value").cloned()
    }

    /// Ends watching as a flat battery would.
    pub fn kill(&mut self) {
        if let Some(mut watching) = self.watching.take() {
            let _ = watching.child.kill();
            let _ = watching.child.wait();
        }
    }
}

impl Drop for Handset {
    fn drop(&mut self) {
        self.kill();
    }
}

fn answers(event: &Json, line: u64) -> bool {
    event.get("event").and_then(Json::as_str) == Some("result")
        && event.get("line").and_then(Json::as_u64) == Some(line)
}

/// A word as the watching process splits lines: double quotes, with backslash before `"` and `\`.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
