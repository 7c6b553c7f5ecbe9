//! Every value a force can change is read by something: one that nothing reads is a false promise.

use super::Fault;
use super::sources::Files;

/// Where they are declared.
const TABLE: &str = "crates/records/src/policy/table.rs";
const POLICY: &str = "crates/records/src/policy/";

/// Each setting of the table has its field read somewhere beside the policy's own module, tests apart.
pub(crate) fn faults(files: &Files) -> Vec<Fault> {
    let Some(table) = files.get(TABLE) else { return Vec::new() };
    let declared = table.lines().enumerate().filter_map(|(at, line)| Some((at + 1, field(line)?)));
    let unread = declared.filter(|(_, field)| !files.iter().any(|(path, text)| product(path) && reads(text, field)));
    unread.map(|(line, field)| Fault::new(format!("{TABLE}:{line}"), format!("no rule reads {field}"))).collect()
}

/// The field of a line that declares one: `"R4" account_delay_max_ms: i64 = ..`.
fn field(line: &str) -> Option<&str> {
    let (rule, rest) = line.trim_start().strip_prefix('"')?.split_once("\" ")?;
    let (field, _) = rest.split_once(": ")?;
    let name = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (!rule.is_empty() && !field.is_empty() && name(field)).then_some(field)
}

fn product(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs") && !path.starts_with(POLICY)
}

/// Whether a source names the field of something, `policy.draft_ms`, before its own tests begin.
fn reads(text: &str, field: &str) -> bool {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.match_indices(field).any(|(at, _)| {
        let before = text.get(..at).is_some_and(|before| before.ends_with('.'));
        let after = text.get(at + field.len()..).and_then(|after| after.chars().next());
        before && !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "        /// A draft is asked about.\n        \"R9\" draft_ms: i64 = 12 * HOUR, \"draft_hours\" \
                         hours(1, 168);\n        \"R19, R50\" queue_days: i64 = 1, \"queue_working_days\" count(1, 20);\n";

    fn with(path: &str, text: &str) -> Vec<Fault> {
        faults(&Files::from([(TABLE.into(), LINES.into()), (path.into(), text.into())]))
    }

    #[test]
    fn a_setting_that_nothing_reads_is_a_fault() {
        let rules = "crates/records/src/rules/capture.rs";
        let both = "later(at, view.policy.draft_ms); times * policy.queue_days";
        assert_eq!(with(rules, both), []);
        let one = with(rules, "view.policy.draft_ms + 1");
        assert_eq!(one, [Fault::new(format!("{TABLE}:3"), "no rule reads queue_days")]);
        // A longer name, a comment, a test or the table itself read nothing.
        for (path, text) in [
            (rules, "policy.draft_ms_max + policy.queue_days_left"),
            (rules, "// draft_ms and queue_days"),
            (rules, "fn a() {}\n#[cfg(test)]\nmod tests { policy.draft_ms; policy.queue_days; }"),
            ("crates/records/tests/rules/case.rs", both),
            ("crates/records/src/policy/mod.rs", both),
        ] {
            assert_eq!(with(path, text).len(), 2, "{path}: {text}");
        }
    }
}
