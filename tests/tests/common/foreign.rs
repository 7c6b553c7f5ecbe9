//! One story, told by an app in another language over `libfield`, with a real server around it.
//!
//! The app is a program: `APP STORE_FOLDER ENROLMENT_CODE`. It prints one JSON object a line and goes on
//! when it reads a line. What it prints, in this order, and what it waits for:
//!
//! | the app prints | and waits for the line |
//! |---|---|
//! | `{"step":"enrolled","user":..,"device":..}` | `offline` (the server is gone) |
//! | `{"step":"sealed","id":..,"statement":..,"status":..}`, `{"step":"waiting","unsent":{..}}` | `online` (it is back) |
//! | `{"step":"receipt","statement":..}` of the seal, by an event | |
//! | `{"step":"asked","id":..}`: an action, made and sent | `answered` (a sergeant has accepted it) |
//! | `{"step":"answer","id":..,"status":"accepted"}`, by an event | |
//! | `{"step":"woken","status":"accepted"}`: after suspend and resume the action is read again | |
//! | `{"step":"closed"}`, and exits 0 | |

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value as Json;

use super::Scene;

/// Far more than any step takes, under valgrind too.
const PATIENCE: Duration = Duration::from_secs(300);

/// The app, running.
pub struct App {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl App {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        Self { child, input, lines }
    }

    /// The next line, which must be this step.
    pub fn step(&mut self, name: &str) -> Json {
        let line = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("{name} did not come in time"),
            Err(RecvTimeoutError::Disconnected) => panic!("the app ended before {name}: {:?}", self.child.wait()),
        };
        let step: Json = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a step: {line}"));
        assert_eq!(step["step"], name, "{step}");
        step
    }

    pub fn tell(&mut self, word: &str) {
        writeln!(self.input, "{word}").unwrap();
        self.input.flush().unwrap();
    }

    pub fn ended(mut self) -> Option<i32> {
        drop(self.input);
        self.child.wait().unwrap().code()
    }
}

/// Plays the story with an app that is started by this command; folder and code are added.
pub fn tell(mut command: Command) {
    let mut scene = Scene::new();
    let code = scene.server.code("officer").unwrap();
    command.arg(scene.folder.path().join("app")).arg(code);
    let mut app = App::start(command);
    let enrolled = app.step("enrolled");
    assert_eq!(enrolled["user"], "officer");

    assert!(scene.server.stop().unwrap());
    app.tell("offline");
    let sealed = app.step("sealed");
    assert!(sealed["status"].as_str().unwrap().starts_with("sealed"), "{sealed}");
    let waiting = app.step("waiting");
    let waits: u64 = waiting["unsent"].as_object().unwrap().values().filter_map(Json::as_u64).sum();
    assert!(waits >= 1, "{waiting}");

    scene.server.serve().unwrap();
    app.tell("online");
    assert_eq!(app.step("receipt")["statement"], sealed["statement"]);
    let action = super::id(&app.step("asked"));
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    scene.sergeant.run(&["do", &action, "accept"]).unwrap();
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    app.tell("answered");
    let answer = app.step("answer");
    assert_eq!((&answer["id"], &answer["status"]), (&Json::String(action), &Json::from("accepted")));
    assert_eq!(app.step("woken")["status"], "accepted");
    app.step("closed");
    assert_eq!(app.ended(), Some(0));
    // What the app wrote is with the sergeant word for word, and signed by the app's own key.
    let account = super::id(&sealed);
    let shown = scene.sergeant.run(&["show", &account]).unwrap();
    assert!(shown["statements"].as_array().unwrap().iter().all(|s| s["verified"] == true), "{shown}");
    assert_eq!(shown["statements"][0]["sha256"], sealed["statement"]);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}
