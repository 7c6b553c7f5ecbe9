//! A seeded source of numbers (splitmix64), so that a failure can be repeated.

pub(crate) struct Random(u64);

impl Random {
    /// From `PREFLIGHT_SEED` if it is set. The seed is printed and shown when the test fails.
    pub(crate) fn seeded(default: u64) -> Self {
        let given = std::env::var("PREFLIGHT_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(default);
        eprintln!("PREFLIGHT_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next().to_le_bytes();
        byte
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        from.get(self.below(from.len())).expect("there is something to pick from")
    }
}
