//! `field watch` under a test's hand.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value as Json;

use super::{Device, PATIENCE};

/// A running `field watch`; killed with the test.
pub struct Watching {
    child: Child,
    lines: Receiver<Json>,
}

impl Watching {
    pub fn start(device: &Device) -> Self {
        let mut child = device.command(&["watch"]).stdin(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if send.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line it prints.
    pub fn next(&self) -> Json {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// The next line with this event.
    pub fn event(&self, event: &str) -> Json {
        loop {
            let line = self.next();
            if line["event"] == event {
                return line;
            }
        }
    }

    /// Types a line, and answers its result.
    pub fn says(&mut self, line: &str) -> Json {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.event("result")
    }

    /// Closes its standard input.
    pub fn end_input(&mut self) {
        self.child.stdin = None;
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGTERM; answers the exit status.
    pub fn terminate(mut self) -> i32 {
        let kill = format!("kill {}", self.child.id());
        assert!(Command::new("sh").arg("-c").arg(kill).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
