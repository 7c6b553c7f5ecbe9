//! `policy`: what is in force, and taking up a change of `policy.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use signed::cbor;
use signed::{Timestamp, code};

use super::clock::open;
use super::print::Answer;
use crate::failure::Failure;

/// The file below the server's folder.
pub(super) const FILE: &str = "policy.toml";

/// `policy`.
pub(super) fn policy(
    dir: &Path,
    reload: bool,
    sets: &[(String, i64)],
    now: Option<Timestamp>,
) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    let mut changed = Vec::new();
    if reload || !sets.is_empty() {
        let mut values = read(dir)?;
        values.extend(sets.iter().cloned());
        let values: Vec<(String, i64)> = values.into_iter().collect();
        match core.set_policy(&values)? {
            Ok((names, _)) => changed = names,
            Err(gaps) => {
                let names: Vec<String> = gaps.iter().map(|gap| format!("{}: {}", gap.path, gap.message)).collect();
                return Err(Failure::new(code::A_CONFIG, &names.join("; ")));
            }
        }
    }
    let policy = core.policy();
    let values = cbor::Value::to_json(&policy.to_value());
    let lines = values.as_object().into_iter().flatten().map(|(name, value)| format!("{name} = {value}"));
    let lines = std::iter::once(format!("version {}", policy.version)).chain(lines).collect();
    let value: Value = json!({ "version": policy.version, "changed": changed, "values": values });
    Ok(Answer::new(value, lines))
}

/// The values the file sets.
fn read(dir: &Path) -> Result<BTreeMap<String, i64>, Failure> {
    let text = match std::fs::read_to_string(dir.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::io("policy.toml cannot be read", &error)),
    };
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
        Failure::new(code::A_CONFIG, &format!("policy.toml, line {line}: {}", error.message()))
    })
}
