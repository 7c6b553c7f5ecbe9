//! Values a force can change. `table` declares each once; here they are read, written and sent.
//!
//! A policy is a map from names to values in the units people use (`account_delay_hours = 24`): the
//! same in `policy.toml`, in the server's store and in the row that brings it to a device. Whoever reads a
//! file turns it into such a map; nothing here knows a file's syntax but that of [`Policy::file`].

mod setting;
mod table;

use signed::cbor::{Map, Value};
use signed::{Code, code};

use crate::gap::Gap;

pub(crate) use setting::period;
pub use setting::{Form, LIST_MAX, Setting, Unit, Wrong};
pub use table::Policy;

impl Policy {
    /// What an administrator wrote, as a whole: what it does not name is at its default.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its name as the path: `A.policy_name` for a setting
    /// nobody knows (a misspelt one would be one not in force), `A.policy_type`, `A.policy_range`. Then
    /// none of it counts.
    pub fn parse(values: &Map, version: u64) -> Result<Self, Vec<Gap>> {
        let mut policy = Self { version, ..Self::DEFAULT };
        let mut gaps = Vec::new();
        for (name, value) in values {
            let Some(setting) = Setting::by_name(name) else {
                gaps.push(Gap::new(code::A_POLICY_NAME, name, "there is no setting of this name"));
                continue;
            };
            if let Err(wrong) = setting.set(&mut policy, value) {
                gaps.push(Gap::new(code_of(wrong), name, format!("it is {}", setting.form.words())));
            }
        }
        gaps.extend(policy.contradictions());
        if gaps.is_empty() { Ok(policy) } else { Err(gaps) }
    }

    /// Values that are each allowed and make no sense together.
    fn contradictions(&self) -> Vec<Gap> {
        let pairs = [
            ("positive_action_sergeant_days", self.positive_action_sergeant_ms, self.positive_action_high_ms),
            ("check_immediate_minutes", self.check_immediate_ms, self.check_urgent_ms),
            ("check_urgent_hours", self.check_urgent_ms, self.check_ms),
            ("attend_immediate_minutes", self.attend_immediate_ms, self.attend_urgent_ms),
            ("attend_urgent_minutes", self.attend_urgent_ms, self.attend_scheduled_ms),
        ];
        let rungs = self.immediate_rungs_ms.iter().zip(self.urgent_rungs_ms);
        let mut names: Vec<&str> =
            pairs.iter().filter(|(_, sooner, later)| sooner > later).map(|pair| pair.0).collect();
        if rungs.into_iter().any(|(immediate, urgent)| *immediate > urgent) {
            names.push("immediate_rungs_minutes");
        }
        let gap =
            |name| Gap::new(code::A_POLICY_RANGE, name, "what is more urgent may not be due later than what is less");
        names.into_iter().map(gap).collect()
    }

    /// Every value by its name: what is stored and what devices are sent.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let named = Setting::all().iter().map(|setting| (setting.name.to_owned(), setting.value(self)));
        Value::Map(named.collect())
    }

    /// What was stored or sent, perhaps by another version of the program: names that are not known here
    /// are passed over, and what is missing or no longer allowed is at its default.
    #[must_use]
    pub fn from_value(value: &Value, version: u64) -> Self {
        let mut policy = Self { version, ..Self::DEFAULT };
        for setting in Setting::all() {
            if let Some(value) = value.as_map().and_then(|map| map.get(setting.name)) {
                // A value this version does not allow was allowed by the one that sent it: the default
                // is the nearest thing that can be relied on.
                let _ = setting.set(&mut policy, value);
            }
        }
        policy
    }

    /// Names of the settings in which two policies differ, in the order of the file.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let differ = |setting: &&Setting| setting.value(self) != setting.value(other);
        Setting::all().iter().filter(differ).map(|setting| setting.name).collect()
    }

    /// The file with every value at its default, each explained and none in force.
    #[must_use]
    pub fn commented_file() -> String {
        Self::DEFAULT.file()
    }

    /// The file that says this policy: what differs from the default stands without a `#`.
    #[must_use]
    pub fn file(&self) -> String {
        let mut text = String::from(HEAD);
        let mut group = "";
        for setting in Setting::all() {
            if setting.group != group {
                group = setting.group;
                text += &format!("\n# ---- {group} ----\n");
            }
            let unless = if setting.value(self) == setting.value(&Self::DEFAULT) { "# " } else { "" };
            text += &format!("\n# {}:{} Allowed: {}.\n", setting.rule, setting.what, setting.form.words());
            text += &format!("{unless}{} = {}\n", setting.name, setting.text(self));
        }
        text
    }
}

fn code_of(wrong: Wrong) -> Code {
    match wrong {
        Wrong::Type => code::A_POLICY_TYPE,
        Wrong::Range => code::A_POLICY_RANGE,
    }
}

const HEAD: &str = "\
# The policy of this force: every value that a rule asks for. A line that begins with # is not in
# force; what it shows is the default. After a change here: `sync-server policy --dir . --reload`, or the
# next start of `sync-server serve`. `sync-server policy --dir . --set NAME=VALUE` changes a line of this
# file and puts it in force at once. A change gets a new version, is audited, and reaches every device
# with its next sync. A file with a mistake is refused as a whole and every mistake named.
#
# The name of a value ends in its unit. R1, R2, .. are the rules of the requirements.
";

#[cfg(test)]
mod tests;
