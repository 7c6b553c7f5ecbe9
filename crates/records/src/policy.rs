//! Values a force can change. Each names its rule; the defaults are those of the requirements.

/// The policy in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its version, as it stands in every statement.
    pub version: u64,
    /// R4: an account written down later than this after it ended needs a reason.
    pub account_delay_max_ms: i64,
    /// R72: extensions a sergeant may grant before an inspector must decide.
    pub extensions_before_inspector: usize,
    /// R26: a child younger than this with any sexual indicator makes the record immediate.
    pub sexual_indicator_age_below: i64,
}

impl Policy {
    /// The requirements' defaults.
    pub const DEFAULT: Self = Self {
        version: 1,
        account_delay_max_ms: 24 * 60 * 60 * 1000,
        extensions_before_inspector: 2,
        sexual_indicator_age_below: 13,
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
