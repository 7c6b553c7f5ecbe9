//! Protocol versions and the names under which TLS agrees on them.

use std::ops::RangeInclusive;

/// The newest protocol version this code speaks. `proto/README.md` lists all, with dates.
pub const PROTOCOL_VERSION: u64 = 1;

/// Every protocol version this code speaks.
pub const SUPPORTED: RangeInclusive<u64> = 1..=PROTOCOL_VERSION;

/// ALPN of everything but enrolment.
pub const ALPN: &[u8] = b"firsthand/1";

/// ALPN of enrolment, which has its own limits.
pub const ALPN_ENROL: &[u8] = b"firsthand-enrol/1";

/// What to put into `Hello` and `Enrol`.
#[must_use]
pub fn versions() -> Vec<u64> {
    SUPPORTED.collect()
}

/// The highest version both sides speak; `None` is answered with `W.version`.
#[must_use]
pub fn choose(theirs: &[u64]) -> Option<u64> {
    theirs.iter().copied().filter(|version| SUPPORTED.contains(version)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_common_version_is_spoken() {
        assert_eq!(choose(&[1, 2, 7]), Some(1));
        assert_eq!(choose(&[2, 3]), None);
        assert_eq!(choose(&[]), None);
        assert_eq!(choose(&versions()), Some(PROTOCOL_VERSION));
    }
}
