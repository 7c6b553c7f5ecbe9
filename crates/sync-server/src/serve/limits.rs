//! Every bound of the serving process, with its unit in its name and its reason.
//!
//! What is refused before TLS has proven a key (a flood of handshakes) is refused as QUIC refuses a
//! connection; everything after that carries a numbered code.

use std::time::Duration;

/// Sessions at one time, all devices together: about 100 KiB each at rest. `sessions_max` in
/// `config.toml` moves it.
pub const SESSIONS_MAX: usize = 2_000;

/// Sessions of one device at one time. A handset that lost its network opens the next one before
/// the server has given up the last; one more than these ends the oldest (`W.sessions`).
pub const SESSIONS_PER_DEVICE_MAX: usize = 4;

/// Links that have begun a handshake, or have finished it and not yet said who they are.
pub const UNFINISHED_MAX: usize = 256;

/// Unfinished links from which on a peer must first show that it receives at its address.
pub const UNFINISHED_UNPROVEN_MAX: usize = 64;

/// Of these from one address, so that one address cannot keep all others out.
pub const UNFINISHED_PER_ADDRESS_MAX: usize = 128;

/// New links from one address at once. A school's devices may all come from one address.
pub const HANDSHAKES_PER_ADDRESS_BURST: u32 = 256;

/// New links from one address in a second, once the burst is spent.
pub const HANDSHAKES_PER_ADDRESS_PER_SECOND: u32 = 64;

/// Addresses whose rate is remembered; the fullest buckets are forgotten first.
pub const ADDRESSES_MAX: usize = 4_096;

/// Time a link has for its handshake.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// Time a link has, from its handshake on, to say hello or to send its code.
pub const HELLO_TIME_MAX: Duration = Duration::from_secs(10);

/// Streams a session may push on at one time: one for each lane, and the next when a lane was cut.
pub const PUSH_STREAMS_MAX: usize = 4;

/// Media and relay streams of one session at one time: one file on its way to the server, one from it, and what
/// is carried for others.
pub const SIDE_STREAMS_MAX: usize = 3;

/// What a fetch counts of a media stream's bytes a second, beside what it brings: each is written into the
/// audit chain, and 32 a second are more than anybody opens.
pub const MEDIA_FETCH_COST_BYTES: u64 = 256 * 1024;

/// What a carried part counts of its stream's bytes a second at least: each is opened, proven and committed, and 32
/// a second are more than a carrier has.
pub const RELAY_COST_BYTES: u64 = 256 * 1024;

/// Frames of one session between being read and being answered: what a device keeps under way in
/// both lanes. What follows waits in the transport and costs the sender, not the server.
pub const PUSHES_IN_FLIGHT_MAX: usize = 8;

/// Messages read from one session's streams and not yet looked at.
pub const INBOUND_MESSAGES_MAX: usize = 4;

/// Messages under way to one device: a page or receipt for all that may be in flight, and a last
/// word. A peer that takes less than it asks for loses its session (`W.rate`).
pub const OUTBOUND_MESSAGES_MAX: usize = 32;

/// Bytes a second that are read from one session; faster ones are read more slowly.
pub const SESSION_BYTES_PER_SECOND: u64 = 8 * 1024 * 1024;

/// What a message costs of these at least: so tiny ones are bounded too, at 8,192 a second.
pub const MESSAGE_COST_BYTES_MIN: u64 = 1_024;

/// Time a last word has to reach a peer before the link is cut.
pub const LAST_WORD_TIME_MAX: Duration = Duration::from_secs(2);

/// How long a group commit waits for company.
pub const COMMIT_WINDOW: Duration = Duration::from_millis(5);

/// Changes in one group commit.
pub const COMMIT_CHANGES_MAX: usize = 500;

/// Frames waiting for their commit, all sessions together.
pub const COMMIT_FRAMES_WAITING_MAX: usize = 1_024;

/// Calls of the core that run at the same time: frames being checked, pages being cut. Each holds
/// a thread and at most one frame or page.
pub const BLOCKING_CALLS_MAX: usize = 32;

/// How often the serving process looks whether another process (an admin command) wrote.
pub const NOTICE_EVERY: Duration = Duration::from_millis(100);

/// How much later than that it looks at most, when looking has become dear.
pub const NOTICE_LATE_MAX: Duration = Duration::from_secs(1);

/// Frames taken into quarantine from one visit of a revoked device: its first flight.
pub const REVOKED_FRAMES_MAX: usize = 8;

/// Time a revoked device's first flight has to arrive.
pub const REVOKED_TIME_MAX: Duration = Duration::from_secs(3);

/// A revoked device that has said nothing for this long has said all.
pub const REVOKED_QUIET: Duration = Duration::from_millis(400);

/// Time that sessions have, once the server is told to stop, to see their frames answered.
pub const DRAIN_TIME_MAX: Duration = Duration::from_secs(3);

/// Frames taken into quarantine from a device that was told to erase itself and hands over what it has; its
/// quarantine is full long before.
pub const HANDOVER_FRAMES_MAX: usize = 4_096;

/// Time that handing over has: a slow link's worth of what a quarantine holds is more than anybody waits for.
pub const HANDOVER_TIME_MAX: Duration = Duration::from_secs(60);

/// A device that was told to erase itself and has said nothing for this long does not say that it did: a busy handset
/// takes some seconds to overwrite what it held.
pub const HANDOVER_QUIET: Duration = Duration::from_secs(20);

/// How long `serve` tries for the port it had the last time.
pub const SAME_PORT_TIME_MAX: Duration = Duration::from_secs(2);

/// How far one `clock --advance` goes: ten years.
pub const ADVANCE_MS_MAX: i64 = 3_653 * 86_400_000;

/// How long `clock --advance` waits for the serving process.
pub const ADVANCE_WAIT_MAX: Duration = Duration::from_secs(30);
