//! The thread on which the network side runs, with a runtime of its own: an app may call from
//! anywhere, inside another runtime too.

use std::future::Future;
use std::thread::JoinHandle;
use std::time::Duration;

use signed::code;

use crate::FieldError;
use crate::ports::{Random, SystemRandom};

/// How long the end of the network side waits for calls that are under way.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(2);

/// Starts a named thread that runs this to its end.
pub(super) fn start<F, T>(name: &str, work: F) -> Result<JoinHandle<Result<T, FieldError>>, FieldError>
where
    F: Future<Output = Result<T, FieldError>> + Send + 'static,
    T: Send + 'static,
{
    start_held(name, work, ())
}

/// As [`start`]; what is held is dropped at the very end of the thread.
pub(super) fn start_held<F, T, H>(name: &str, work: F, held: H) -> Result<JoinHandle<Result<T, FieldError>>, FieldError>
where
    F: Future<Output = Result<T, FieldError>> + Send + 'static,
    T: Send + 'static,
    H: Send + 'static,
{
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
        let _held = held;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("field-net")
            .build()
            .map_err(failed)?;
        let answer = runtime.block_on(work);
        // Whoever stops the network side may freeze or close the app next: no call of the store is
        // under way any more when this thread ends. Only what cannot be stopped (a look-up of a name,
        // a signer that hangs) is left behind.
        runtime.shutdown_timeout(LEFT_BEHIND_AFTER);
        answer
    });
    thread.map_err(failed)
}

/// Runs this on a thread of its own and waits for it.
pub(super) fn run<F, T>(name: &str, work: F) -> Result<T, FieldError>
where
    F: Future<Output = Result<T, FieldError>> + Send + 'static,
    T: Send + 'static,
{
    start(name, work)?.join().unwrap_or_else(|_| Err(stopped()))
}

/// Runs a call that may block on the disk off the thread that serves the socket.
pub(super) async fn blocking<F, T>(call: F) -> Result<T, FieldError>
where
    F: FnOnce() -> Result<T, FieldError> + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(call).await.unwrap_or_else(|_| Err(stopped()))
}

/// A random number to spread redials with; if the system gives none, they are not spread.
pub(super) fn random() -> u64 {
    let mut bytes = [0_u8; 8];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_or(0, |()| u64::from_le_bytes(bytes))
}

fn failed(_: std::io::Error) -> FieldError {
    FieldError::new(code::STORE_IO, "the system gave no thread or socket")
}

fn stopped() -> FieldError {
    FieldError::new(code::STORE_IO, "the network side stopped unexpectedly")
}
