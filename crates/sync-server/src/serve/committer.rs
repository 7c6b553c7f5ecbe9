//! The one thread that commits, and group commit: what has come within a few milliseconds from all
//! sessions goes to disk in one transaction with one fsync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use signed::{Code, code};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use wire::Receipt;

use super::limits::{COMMIT_CHANGES_MAX, COMMIT_FRAMES_WAITING_MAX, COMMIT_WINDOW};
use super::live::Live;
use super::log::Log;
use super::stop::Stop;
use crate::core::{Core, Prepared};

/// A frame on its way to disk.
struct Job {
    frame: Prepared,
    changes: usize,
    answer: oneshot::Sender<Result<Receipt, Code>>,
    _room: OwnedSemaphorePermit,
}

/// Where sessions hand in their frames. When the last clone is gone the thread ends.
#[derive(Clone)]
pub struct Committer {
    jobs: Sender<Job>,
    room: Arc<Semaphore>,
}

impl Committer {
    /// Starts the thread. What it makes grow is told to `live`; a disk that fails stops the server.
    pub fn start(core: Arc<Core>, live: Arc<Live>, stop: Stop, log: Log) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, received) = channel();
        let worker = Worker { core, live, stop, log };
        let thread = std::thread::Builder::new().name("committer".into()).spawn(move || worker.run(&received))?;
        Ok((Self { jobs, room: Arc::new(Semaphore::new(COMMIT_FRAMES_WAITING_MAX)) }, thread))
    }

    /// Hands in a frame, once there is room.
    pub async fn submit(&self, frame: Prepared, changes: usize) -> Result<Answer, Code> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| code::W_SHUTDOWN)?;
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { frame, changes, answer, _room: room }).map_err(|_| code::W_SHUTDOWN)?;
        Ok(Answer(answered))
    }
}

/// The answer to a frame that was handed in.
pub struct Answer(oneshot::Receiver<Result<Receipt, Code>>);

impl Answer {
    /// Waits until the frame is on disk, or is not.
    pub async fn wait(self) -> Result<Receipt, Code> {
        self.0.await.map_err(|_| code::A_IO)?
    }
}

struct Worker {
    core: Arc<Core>,
    live: Arc<Live>,
    stop: Stop,
    log: Log,
}

impl Worker {
    fn run(&self, jobs: &Receiver<Job>) {
        // What did not fit into the last batch begins the next one.
        let mut left: Option<Job> = None;
        loop {
            let Some(first) = left.take().or_else(|| jobs.recv().ok()) else { return };
            let (batch, rest) = gather(first, jobs);
            left = rest;
            self.commit(batch);
        }
    }

    fn commit(&self, batch: Vec<Job>) {
        let count = batch.len() as u64;
        let (frames, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|job| (job.frame, job.answer)).unzip();
        // A fault of ours in one batch must not end the thread that all sessions wait for.
        let committed = catch_unwind(AssertUnwindSafe(|| self.core.commit(frames)));
        let code = match committed {
            Ok(Ok(committed)) => {
                for (answer, result) in answers.into_iter().zip(committed.results) {
                    // The session may be gone; the receipt is stored and the frame will come again.
                    let _ = answer.send(result);
                }
                self.live.grown(committed.grown);
                let _ = self.log.debug("committed").count("frames", count);
                return;
            }
            Ok(Err(error)) => error.code,
            Err(_) => code::A_IO,
        };
        let _ = self.log.error("commit_failed").code(code).count("frames", count);
        for answer in answers {
            let _ = answer.send(Err(code));
        }
        if code == code::A_IO || code == code::A_DAMAGED {
            // After a failed fsync nobody knows what is on disk; only opening it again tells.
            self.stop.fail(code);
        }
    }
}

/// What has come within the window, up to the bound; and the frame that went past it.
fn gather(first: Job, jobs: &Receiver<Job>) -> (Vec<Job>, Option<Job>) {
    let until = Instant::now() + COMMIT_WINDOW;
    let mut changes = first.changes;
    let mut batch = vec![first];
    while changes < COMMIT_CHANGES_MAX {
        match jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(job) if changes + job.changes > COMMIT_CHANGES_MAX => return (batch, Some(job)),
            Ok(job) => {
                changes += job.changes;
                batch.push(job);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    (batch, None)
}
