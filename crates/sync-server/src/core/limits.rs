//! Every bound of the core, with its reason.

/// Bytes of one device's changes that are kept aside; beyond, its pushes are refused by code and
/// stay on the device.
pub const QUARANTINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Operations, and predecessors, of all changes of one push.
pub const PUSH_OPERATIONS_MAX: usize = 100_000;

/// Tries an enrolment code allows; the next is refused even if right.
pub const TRIES_MAX: u64 = 5;

/// How long an enrolment code is good for unless it is said otherwise, in milliseconds.
pub const CODE_TTL_MS: u64 = 15 * 60 * 1000;

/// Bytes of a name of a person or school: a line on a screen.
pub const NAME_BYTES_MAX: usize = 200;

/// Schools one person is posted to or of.
pub const SCHOOLS_MAX: usize = 200;

/// Device keys kept in memory, so that checking a signature needs no look-up; beyond that the
/// store is asked.
pub const KEYS_KEPT_MAX: usize = 65_536;

/// Bytes of files that one device has offered and not brought to their end: eight of the largest.
pub const MEDIA_UNFINISHED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Bytes of files that the devices of one user have brought: years of photographs.
pub const MEDIA_USER_BYTES_MAX: u64 = 32 * 1024 * 1024 * 1024;

/// Bytes of a file after which the device is told that they are on the disk: half of what it may have
/// on its way, so that it never waits for the word.
pub const MEDIA_CONFIRM_BYTES: u64 = wire::limits::MEDIA_WINDOW_BYTES / 2;

/// Persons whose ages are looked up for one record.
pub const PERSONS_NAMED_MAX: usize = 32;

/// Records of one case that are weighed together; beyond it the rules say that they do not know all.
pub const CASE_ROWS_MAX: usize = 4_000;

/// How often a case is weighed again because the last time something followed from it.
pub(crate) const WEIGHED_AGAIN_MAX: usize = 4;

/// Documents that one transaction reads off anew after a policy has changed: others wait no longer.
pub(crate) const POLICY_STEP: usize = 100;

/// Prompts that one transaction tells.
pub(crate) const PROMPTS_PER_TICK_MAX: usize = 500;

/// Other records with one identifier that are looked at: what is shared by more is shared by many.
pub(crate) const MATCHES_PER_KEY_MAX: usize = 50;

/// Matches that one record makes at a time.
pub(crate) const MATCHES_PER_RECORD_MAX: usize = 100;

/// Openings of one record that count: beyond them nobody more comes to hold it by opening it.
pub(crate) const OPENINGS_PER_RECORD_MAX: usize = 1_000;

/// Bytes of a reason that an administrator gives: a few sentences.
pub const REASON_BYTES_MAX: usize = 2000;

/// Bytes of a draft's words in one recovered record: a change holds 256 KiB of values.
pub const RECOVERED_BYTES_MAX: usize = 160 * 1024;

/// Bytes of one piece of them.
pub const PIECE_BYTES_MAX: usize = 32 * 1024;
