//! The serving process: one endpoint, a task for each link, one thread that commits.
//!
//! Read [`run`], then `listener` (who comes in), `session` (what is done for a device),
//! [`committer`] (how it gets to disk) and [`live`] (how others learn of it at once). Every bound
//! stands in [`limits`].

mod admission;
pub mod clock;
pub mod committer;
mod enrolment;
pub mod limits;
mod listener;
pub mod live;
pub mod log;
mod media;
mod notice;
pub mod place;
mod relay;
mod revoked;
mod session;
pub mod stop;
mod streams;

use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quinn::{Endpoint, EndpointConfig, TokioRuntime};
use serde_json::json;
use signed::{Class, Code, Timestamp, code};
use sync_engine::server::{Peer, ProvenFrame};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::Config;
use crate::core::Core;
use crate::error::ServerError;
use crate::failure::Failure;
use clock::{ClockFolder, ServerClock};
use committer::{Answer, Committer};
use limits::{BLOCKING_CALLS_MAX, DRAIN_TIME_MAX, LAST_WORD_TIME_MAX, UNFINISHED_MAX};
use live::Live;
use log::Log;
use place::ServeLock;
use stop::{Stop, Why};

/// What `serve` is asked.
#[derive(Clone, Debug)]
pub struct Serve {
    /// The server's folder.
    pub dir: PathBuf,
    /// Where to listen, if not where `config.toml` says.
    pub listen: Option<SocketAddr>,
    /// The first time of a test clock.
    pub now: Option<Timestamp>,
}

/// What every part of the serving process shares.
struct Shared {
    core: Arc<Core>,
    live: Arc<Live>,
    committer: Committer,
    calls: Semaphore,
    stop: Stop,
    log: Log,
}

impl Shared {
    /// Makes a blocking call on a thread for that. A fault of ours is logged here; the peer is told
    /// only its code.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl FnOnce(&Self) -> Result<T, ServerError> + Send + 'static,
    ) -> Result<T, Code> {
        let _room = self.calls.acquire().await.map_err(|_| code::W_SHUTDOWN)?;
        let shared = Arc::clone(self);
        let code = match tokio::task::spawn_blocking(move || call(&shared)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error.code,
            Err(_) => code::A_IO,
        };
        if matches!(code.class, Class::Internal | Class::Damaged) {
            let _ = self.log.error("call_failed").code(code);
        }
        Err(code)
    }

    /// Checks a frame on a worker thread and hands it to the committer.
    async fn submit(self: &Arc<Self>, peer: &Peer, frame: ProvenFrame) -> Result<Answer, Code> {
        let changes = frame.items.iter().map(|item| item.changes.len()).sum();
        let peer = peer.clone();
        let prepared = self.blocking(move |shared| shared.core.prepare(&peer, frame)).await?;
        self.committer.submit(prepared, changes).await
    }
}

/// Serves until it is told to stop (SIGTERM or SIGINT) or the store fails.
pub fn run(serve: &Serve) -> Result<(), Failure> {
    let _lock = ServeLock::take(&serve.dir)?;
    let config = Config::read(&serve.dir)?;
    let log = Log::start(config.log_level).map_err(|error| Failure::io("a thread cannot be started", &error))?;
    log::panics_as_lines(log.clone());
    let (clock, folder) = begin_clock(serve, &config)?;
    let core = Arc::new(Core::open(&serve.dir, Arc::clone(&clock) as Arc<dyn crate::core::Clock>)?);
    take_up_policy(&serve.dir, &core, &log);
    let socket = place::bind(&serve.dir, serve.listen.unwrap_or(config.listen))?;

    let live = Arc::new(Live::new(config.sessions_max));
    let stop = Stop::default();
    let (committer, committing) = Committer::start(Arc::clone(&core), Arc::clone(&live), stop.clone(), log.clone())
        .map_err(|error| Failure::io("a thread cannot be started", &error))?;
    let calls = Semaphore::new(BLOCKING_CALLS_MAX);
    let shared = Arc::new(Shared { core, live, committer, calls, stop: stop.clone(), log: log.clone() });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the runtime cannot be started", &error))?;
    let notice = notice::Notice { clock, folder: folder.clone() };
    let served = runtime.block_on(until_stopped(shared, socket, notice));
    runtime.shutdown_timeout(LAST_WORD_TIME_MAX);
    // Every session is gone and with it every way to hand in a frame: the thread finishes what it
    // has and ends.
    let _ = committing.join();
    if let Some(folder) = folder {
        folder.end();
    }
    log.flush();
    served?;
    match stop.why() {
        Some(Why::Failed(code)) => {
            Err(Failure::new(code, "the store failed, so the server stopped; look at the disk, then start it again"))
        }
        Some(Why::Asked) | None => Ok(()),
    }
}

/// A policy that was changed by hand while nobody served. One with a mistake is not taken up and does
/// not keep the server from serving: what was in force stays in force.
fn take_up_policy(dir: &std::path::Path, core: &Core, log: &Log) {
    let failure = match crate::policy_file::take_up(dir, core) {
        Ok(change) if change.changed.is_empty() => return,
        Ok(change) => return drop(log.warn("policy_changed").count("version", change.version)),
        Err(failure) => failure,
    };
    let _ = log.error("policy_refused").code(failure.code);
    for gap in failure.gaps {
        let setting = records::policy::Setting::by_name(&gap.path).map_or("unknown", |setting| setting.name);
        let _ = log.error("policy_refused").code(gap.code).word("setting", setting);
    }
}

fn begin_clock(serve: &Serve, config: &Config) -> Result<(Arc<ServerClock>, Option<ClockFolder>), Failure> {
    let folder = ClockFolder::of(&serve.dir);
    let clock = match serve.now {
        Some(_) if !config.test_clock => {
            return Err(Failure::new(code::A_CLOCK, "--now needs `test_clock = true` in config.toml"));
        }
        Some(now) => ServerClock::starting_at(now),
        None => ServerClock::system(),
    };
    if !config.test_clock {
        folder.end();
        return Ok((Arc::new(clock), None));
    }
    folder.begin(&clock).map_err(|error| Failure::io("the clock's folder cannot be made", &error))?;
    Ok((Arc::new(clock), Some(folder)))
}

async fn until_stopped(shared: Arc<Shared>, socket: UdpSocket, notice: notice::Notice) -> Result<(), Failure> {
    let log = shared.log.clone();
    ask_to_stop_on_signals(&shared.stop)?;
    let endpoint = endpoint(&shared, socket)?;
    say_where(&endpoint)?;
    let _ = log.info("serving");
    let noticing = tokio::spawn(notice.run(Arc::clone(&shared)));
    let mut links = listener::accept(&shared, &endpoint).await;

    // Sessions hear the same word: each sees its frames answered and is told that we stop.
    endpoint.set_server_config(None);
    let _ = log.info("stopping").count("sessions", shared.live.count() as u64);
    let drained = timeout(DRAIN_TIME_MAX, async { while links.join_next().await.is_some() {} }).await;
    links.abort_all();
    noticing.abort();
    endpoint.close(code::W_SHUTDOWN.number.into(), b"");
    let _ = timeout(Duration::from_secs(1), endpoint.wait_idle()).await;
    let _ = log.info("stopped").word("drained", if drained.is_ok() { "yes" } else { "no" });
    Ok(())
}

fn endpoint(shared: &Shared, socket: UdpSocket) -> Result<Endpoint, Failure> {
    let mut config = transport::server_config(shared.core.signer())
        .map_err(|_| Failure::new(code::D_SIGNER, "TLS cannot be set up with the server's key"))?;
    config.max_incoming(UNFINISHED_MAX);
    Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime))
        .map_err(|error| Failure::io("the socket cannot be used", &error))
}

/// The first line on stdout: whoever started us may connect now.
fn say_where(endpoint: &Endpoint) -> Result<(), Failure> {
    let address = endpoint.local_addr().map_err(|error| Failure::io("the socket has no address", &error))?;
    let line = json!({"event": "listening", "quic": address.to_string(), "http": null});
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| Failure::io("stdout cannot be written", &error))
}

#[cfg(unix)]
fn ask_to_stop_on_signals(stop: &Stop) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error: std::io::Error| Failure::io("signals cannot be heard", &error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.ask();
    });
    Ok(())
}

#[cfg(not(unix))]
fn ask_to_stop_on_signals(stop: &Stop) -> Result<(), Failure> {
    let stop = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.ask();
        }
    });
    Ok(())
}
