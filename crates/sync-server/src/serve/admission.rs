//! Who may begin a handshake: bounds that cost less to check than a handshake costs to answer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::limits::{
    ADDRESSES_MAX, HANDSHAKES_PER_ADDRESS_BURST, HANDSHAKES_PER_ADDRESS_PER_SECOND, UNFINISHED_MAX,
    UNFINISHED_PER_ADDRESS_MAX, UNFINISHED_UNPROVEN_MAX,
};

/// What is done with a link that wants to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The handshake may begin.
    Begin,
    /// First the peer is to show that it receives at its address.
    ProveAddress,
    /// Not now.
    Refuse,
}

/// What is known of addresses: a token bucket each, and how many of their links are unfinished.
#[derive(Debug, Default)]
pub(super) struct Admission {
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
    unfinished: Mutex<Unfinished>,
}

#[derive(Debug, Default)]
struct Unfinished {
    all: usize,
    of_address: HashMap<IpAddr, usize>,
}

/// A link that has not yet said who it is; it is one no more when this is dropped.
#[derive(Debug)]
pub(super) struct Newcomer {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        let mut unfinished = self.admission.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        unfinished.all = unfinished.all.saturating_sub(1);
        if let Some(count) = unfinished.of_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                unfinished.of_address.remove(&self.address);
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn filled(self, now: Instant) -> f64 {
        let gained =
            now.saturating_duration_since(self.at).as_secs_f64() * f64::from(HANDSHAKES_PER_ADDRESS_PER_SECOND);
        (self.tokens + gained).min(f64::from(HANDSHAKES_PER_ADDRESS_BURST))
    }
}

impl Admission {
    /// Judges a link by its address and whether that is proven, and by how many others are
    /// unfinished.
    pub(super) fn judge(&self, address: IpAddr, proven: bool, now: Instant) -> Verdict {
        let (all, own) = {
            let unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
            (unfinished.all, unfinished.of_address.get(&address).copied().unwrap_or(0))
        };
        if all >= UNFINISHED_MAX || own >= UNFINISHED_PER_ADDRESS_MAX {
            return Verdict::Refuse;
        }
        if !proven && all >= UNFINISHED_UNPROVEN_MAX {
            return Verdict::ProveAddress;
        }
        if self.take(address, now) { Verdict::Begin } else { Verdict::Refuse }
    }

    /// Counts a link whose handshake begins.
    pub(super) fn begin(self: &Arc<Self>, address: IpAddr) -> Newcomer {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        unfinished.all += 1;
        *unfinished.of_address.entry(address).or_default() += 1;
        Newcomer { admission: Arc::clone(self), address }
    }

    fn take(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&address) {
            forget(&mut buckets, now);
        }
        let full = Bucket { tokens: f64::from(HANDSHAKES_PER_ADDRESS_BURST), at: now };
        let bucket = buckets.entry(address).or_insert(full);
        let tokens = bucket.filled(now);
        let allowed = tokens >= 1.0;
        *bucket = Bucket { tokens: if allowed { tokens - 1.0 } else { tokens }, at: now };
        allowed
    }
}

/// A full bucket says nothing that a new one does not; where none is full the fullest half goes.
fn forget(buckets: &mut HashMap<IpAddr, Bucket>, now: Instant) {
    let full = f64::from(HANDSHAKES_PER_ADDRESS_BURST);
    buckets.retain(|_, bucket| bucket.filled(now) < full);
    if buckets.len() >= ADDRESSES_MAX {
        let mut levels: Vec<f64> = buckets.values().map(|bucket| bucket.filled(now)).collect();
        levels.sort_by(f64::total_cmp);
        let middle = levels.get(levels.len() / 2).copied().unwrap_or(full);
        buckets.retain(|_, bucket| bucket.filled(now) < middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn address(n: u32) -> IpAddr {
        Ipv4Addr::from(n).into()
    }

    #[test]
    fn an_address_has_its_burst_and_then_its_rate_and_others_are_not_touched() {
        let (admission, now) = (Admission::default(), Instant::now());
        for _ in 0..HANDSHAKES_PER_ADDRESS_BURST {
            assert_eq!(admission.judge(address(1), false, now), Verdict::Begin);
        }
        assert_eq!(admission.judge(address(1), false, now), Verdict::Refuse);
        assert_eq!(admission.judge(address(2), false, now), Verdict::Begin);
        let later = now + Duration::from_secs(1);
        for _ in 0..HANDSHAKES_PER_ADDRESS_PER_SECOND {
            assert_eq!(admission.judge(address(1), false, later), Verdict::Begin);
        }
        assert_eq!(admission.judge(address(1), false, later), Verdict::Refuse);
    }

    #[test]
    fn many_unfinished_links_make_newcomers_prove_their_address_and_then_refuse_them() {
        let (admission, now) = (Arc::new(Admission::default()), Instant::now());
        let mut links: Vec<_> = (0..UNFINISHED_UNPROVEN_MAX).map(|_| admission.begin(address(1))).collect();
        assert_eq!(admission.judge(address(2), false, now), Verdict::ProveAddress);
        assert_eq!(admission.judge(address(2), true, now), Verdict::Begin);
        links.pop();
        assert_eq!(admission.judge(address(2), false, now), Verdict::Begin);

        links.extend((links.len()..UNFINISHED_PER_ADDRESS_MAX).map(|_| admission.begin(address(1))));
        assert_eq!(admission.judge(address(1), true, now), Verdict::Refuse);
        assert_eq!(admission.judge(address(2), true, now), Verdict::Begin);
        links.extend((links.len()..UNFINISHED_MAX).map(|_| admission.begin(address(3))));
        assert_eq!(admission.judge(address(2), true, now), Verdict::Refuse);
        drop(links);
        assert!(admission.unfinished.lock().unwrap().of_address.is_empty());
        assert_eq!(admission.judge(address(1), false, now), Verdict::Begin);
    }

    #[test]
    fn no_more_addresses_are_remembered_than_the_limit() {
        let (admission, now) = (Admission::default(), Instant::now());
        for n in 0..u32::try_from(ADDRESSES_MAX).unwrap() * 3 {
            admission.judge(address(n), false, now);
        }
        assert!(admission.buckets.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
