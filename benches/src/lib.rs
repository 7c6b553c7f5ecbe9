//! What the benchmarks share: medians, and a small stage with two devices.

use std::time::Duration;

/// The median of some times; the list is sorted by it.
pub fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// A percentile of some times; the list is sorted by it.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

/// The median of some counts.
pub fn median_count(counts: &mut [u64]) -> u64 {
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or_default()
}
