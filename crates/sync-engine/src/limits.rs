//! Every bound of the engine, with its reason.

/// Records a frame may hold at each step of a session's growth: the first goes out alone, so that
/// the most urgent record is in the first packets; later ones are worth compressing together.
pub const GROWTH_RECORDS: [usize; 4] = [1, 4, 16, 50];

/// Bytes of a frame after compression that a sender aims not to pass.
pub const FRAME_BYTES_TARGET: usize = 32 * 1024;

/// Bytes of a frame before compression that a sender gathers at most; text compresses about
/// fourfold, and one change may be 320 KiB alone.
pub const FRAME_BYTES_GATHERED_MAX: usize = 4 * FRAME_BYTES_TARGET;

/// Changes of one frame: what one group commit takes.
pub const FRAME_CHANGES_MAX: usize = 500;

/// How long a change of low urgency waits before it counts one step higher, in milliseconds: longer
/// than any backlog takes on an ordinary link, short beside a school day.
pub const AGEING_MS: u64 = 5 * 60 * 1000;

/// Frames of one lane on their way without a receipt.
pub const FRAMES_IN_FLIGHT_MAX: usize = 4;

/// Pages on their way without a word that they are on the device's disk.
pub const PAGES_IN_FLIGHT_MAX: u64 = 4;

/// Unread rows from which on what is urgent or open goes ahead of its turn: more than two pages.
pub const AHEAD_BACKLOG_ROWS: u64 = 1000;

/// Messages ahead of their turn on their way without a word that they are on the device's disk.
pub const AHEAD_IN_FLIGHT_MAX: usize = 4;

/// Longest wait before dialling again while a person watches, in milliseconds.
pub const REDIAL_WATCHED_MS_MAX: u64 = 1_500;

/// Longest wait before dialling again otherwise, in milliseconds.
pub const REDIAL_MS_MAX: u64 = 60_000;

/// First wait before dialling again, in milliseconds.
pub const REDIAL_MS_MIN: u64 = 200;
