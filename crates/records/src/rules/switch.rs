//! A switch that tests throw: with a rule off, its tests must fail (`cargo xtask rules --off`).
//! Without the feature `rules-off` every rule is on, and there is nothing to throw.

#[cfg(feature = "rules-off")]
static OFF: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// The variable that names the rule that is off.
#[cfg(feature = "rules-off")]
const VARIABLE: &str = "FIRSTHAND_RULE_OFF";

/// Whether the rule of a code is on: `R44` of `R44.concern_item`.
#[must_use]
pub fn counts(code: signed::Code) -> bool {
    on(code.name.split('.').next().unwrap_or_default())
}

/// Whether a rule is on.
#[must_use]
pub fn on(rule: &str) -> bool {
    #[cfg(feature = "rules-off")]
    {
        use std::env;
        OFF.get_or_init(|| env::var(VARIABLE).unwrap_or_default()) != rule
    }
    #[cfg(not(feature = "rules-off"))]
    {
        let _ = rule;
        true
    }
}
