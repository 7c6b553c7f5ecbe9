//! The real program, started by a test: a folder, commands, and a serving process that does not
//! outlive the test.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use wire::EnrolmentCode;

/// Far more than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server's folder, removed at the end of the test.
pub struct Place {
    root: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub value: Value,
    pub stderr: String,
}

impl Ran {
    /// The answer of a command that must be done.
    pub fn done(self) -> Value {
        assert_eq!(self.status, Some(0), "{self:?}");
        self.value
    }

    /// Code and class of a command that must be refused.
    pub fn refused(self) -> (String, String) {
        assert_eq!(self.status, Some(1), "{self:?}");
        let word = |name: &str| self.value["error"][name].as_str().unwrap().to_owned();
        (word("code"), word("class"))
    }
}

impl Place {
    /// A place where nothing is yet.
    pub fn empty() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("server-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    /// A new server with one school and its officer and lead.
    pub fn with_people() -> Self {
        let place = Self::empty();
        place.run(&["init"]).done();
        place.run(&["school", "add", "--id", "100001", "--name", "Hill"]).done();
        place.add_user("officer", "officer");
        place.add_user("lead", "dsl");
        place
    }

    /// Adds a user of the one school.
    pub fn add_user(&self, id: &str, role: &str) {
        self.run(&["user", "add", "--id", id, "--name", id, "--role", role, "--school", "100001"]).done();
    }

    /// The server's own folder.
    pub fn dir(&self) -> PathBuf {
        self.root.join("d")
    }

    /// A file beside the server's folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Adds a line to `config.toml`.
    pub fn configure(&self, line: &str) {
        let file = self.dir().join("config.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{text}\n{line}\n")).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sync-server"));
        command.args(arguments).arg("--dir").arg(self.dir());
        command
    }

    /// Runs one command with `--json`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let out = self.command(arguments).arg("--json").stdin(Stdio::null()).output().unwrap();
        let stdout = String::from_utf8(out.stdout).unwrap();
        let value = if stdout.is_empty() { Value::Null } else { serde_json::from_str(&stdout).unwrap() };
        Ran { status: out.status.code(), value, stderr: String::from_utf8(out.stderr).unwrap() }
    }

    /// A one-time code for this user.
    pub fn code(&self, user: &str) -> EnrolmentCode {
        self.run(&["enrol", "--user", user]).done()["code"].as_str().unwrap().parse().unwrap()
    }

    /// What `device list` says of this device.
    pub fn device(&self, id: signed::DeviceId) -> Value {
        let list = self.run(&["device", "list"]).done();
        let found = list.as_array().unwrap().iter().find(|row| row["id"] == id.to_string());
        found.cloned().unwrap_or(Value::Null)
    }

    /// Starts serving and waits for the listening line.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// The same with more arguments.
    pub fn serve_with(&self, arguments: &[&str]) -> Serving {
        Serving::start(self.command(&[&["serve"], arguments].concat()))
    }

    /// The same under another program, such as a tracer.
    pub fn serve_under(&self, tracer: &str, arguments: &[&str]) -> Serving {
        let mut command = Command::new(tracer);
        command.args(arguments).arg(env!("CARGO_BIN_EXE_sync-server")).args(["serve", "--dir"]).arg(self.dir());
        Serving::start(command)
    }
}

/// A serving process; killed when dropped.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    pub first_line: Value,
    rest: BufReader<std::process::ChildStdout>,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        rest.read_line(&mut line).unwrap();
        let first_line: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("no listening line but {line:?}")
        });
        let address = first_line["quic"].as_str().unwrap().parse().unwrap();
        Self { child, address, first_line, rest, log: Some(log) }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends SIGTERM.
    pub fn ask_to_stop(&self) {
        signal("TERM", self.id());
    }

    /// Kills it without a word.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM and waits for the end; answers how it ended, what else it printed on stdout,
    /// and its log.
    pub fn stop(self) -> (ExitStatus, String, String) {
        self.ask_to_stop();
        self.ended()
    }

    /// Waits for the end.
    pub fn ended(mut self) -> (ExitStatus, String, String) {
        let begun = Instant::now();
        let mut stdout = String::new();
        // Ends when the process does.
        self.rest.read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        assert!(begun.elapsed() < PATIENCE);
        (status, stdout, self.log.take().unwrap().join().unwrap())
    }
}

/// Sends a signal to a process that this test started.
pub fn signal(name: &str, process: u32) {
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().unwrap().success());
}
