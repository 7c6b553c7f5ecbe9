//! `policy`: what is in force, and changing it.

use std::path::Path;

use records::Gap;
use records::policy::Setting;
use serde_json::{Map, Value, json};
use signed::Timestamp;

use super::clock::open;
use super::print::Answer;
use crate::core::{Core, PolicyChange};
use crate::failure::Failure;
use crate::policy_file;

/// `policy`.
pub(super) fn policy(dir: &Path, sets: &[String], reload: bool, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    if !sets.is_empty() {
        let sets: Vec<_> = sets.iter().filter_map(|set| set.split_once('=')).collect();
        let sets: Vec<_> =
            sets.into_iter().map(|(name, value)| (name.trim().to_owned(), policy_file::value(value.trim()))).collect();
        return changed(&core, policy_file::set(dir, &core, &sets)?);
    }
    if reload {
        return changed(&core, policy_file::take_up(dir, &core)?);
    }
    show(dir, &core)
}

/// What came of a change; what follows from it for records that are here is done before this answers.
fn changed(core: &Core, change: PolicyChange) -> Result<Answer, Failure> {
    core.policy_follow()?;
    let value = json!({"version": change.version, "changed": change.changed});
    let lines = if change.changed.is_empty() {
        vec![format!("Nothing changed: version {} is in force.", change.version)]
    } else {
        let mut lines = vec![format!("Version {} of the policy is in force. Changed:", change.version)];
        lines.extend(change.changed.iter().map(|name| format!("  {name}")));
        lines
    };
    Ok(Answer::new(value, lines))
}

fn show(dir: &Path, core: &Core) -> Result<Answer, Failure> {
    let found = core.policy_in_force()?;
    let (pending, problems) = compare(dir, core)?;
    let since = found.at.map_or_else(String::new, |at| format!(" since {at}"));
    let mut lines = vec![format!("# Version {}, in force{since}.", found.policy.version)];
    let mut values = Map::new();
    for setting in Setting::all() {
        values.insert(setting.name.to_owned(), setting.value(&found.policy).to_json());
        lines.push(format!("{} = {}", setting.name, setting.text(&found.policy)));
    }
    if !pending.is_empty() {
        lines.push(format!("# policy.toml says otherwise, and waits for --reload: {}", pending.join(", ")));
    }
    lines.extend(problems.iter().map(|gap| format!("# policy.toml, {}: {} ({})", gap.path, gap.message, gap.code)));
    let value = json!({
        "version": found.policy.version,
        "at": found.at,
        "values": values,
        "pending": pending,
        "problems": problems.iter().map(Gap::to_json).collect::<Vec<Value>>(),
    });
    Ok(Answer::new(value, lines))
}

/// What the file would change, and what is wrong with it.
fn compare(dir: &Path, core: &Core) -> Result<(Vec<&'static str>, Vec<Gap>), Failure> {
    let Some(text) = policy_file::read(dir)? else { return Ok((Vec::new(), Vec::new())) };
    let checked = policy_file::parse(&text).and_then(|values| Ok(core.policy_check(&values)?));
    match checked {
        Ok(pending) => Ok((pending, Vec::new())),
        Err(failure) if failure.code == signed::code::A_POLICY => {
            let whole = vec![Gap::new(failure.code, "", failure.message)];
            Ok((Vec::new(), if failure.gaps.is_empty() { whole } else { failure.gaps }))
        }
        Err(failure) => Err(failure),
    }
}
