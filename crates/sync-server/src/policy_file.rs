//! `policy.toml`: written by `init` with every value explained and at its default.
//!
//! What is in force is what the database holds; the file is how an administrator says what should be.
//! It is looked at when the server starts and when `policy --reload` asks; `policy --set` changes a line
//! of it and puts it in force in one go.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use records::Policy;
use signed::cbor::{Map, Value};
use signed::code;
use toml::Spanned;

use crate::core::{Core, PolicyChange};
use crate::failure::Failure;

/// The file's name inside a server's folder.
pub const FILE: &str = "policy.toml";

/// Its text while it is being written.
const NEW: &str = "policy.toml.new";

/// What the file of a folder says; `None` without one.
pub fn read(dir: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(dir.join(FILE)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("policy.toml cannot be read", &error)),
    }
}

/// Writes the file: afterwards it is the old one or the new one, never a part.
pub fn write(dir: &Path, text: &str) -> Result<(), Failure> {
    let new = dir.join(NEW);
    let written = File::create(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, dir.join(FILE)));
    written.map_err(|error| Failure::io("policy.toml cannot be written", &error))
}

/// The values a text names. A text that is no TOML is `A.policy`, with the line.
pub fn parse(text: &str) -> Result<Map, Failure> {
    let table: toml::Table = toml::from_str(text).map_err(|error| not_toml(text, &error))?;
    Ok(table.into_iter().map(|(name, value)| (name, value_of(value))).collect())
}

fn not_toml(text: &str, error: &toml::de::Error) -> Failure {
    let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
    Failure::new(code::A_POLICY, format!("policy.toml, line {line}: {}", error.message()))
}

/// A value as a policy is told it; what no policy holds is `null`, which fits none.
fn value_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Integer(number) => Value::Int(number),
        toml::Value::String(text) => Value::Text(text),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::Text(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(value_of).collect()),
        toml::Value::Float(_) | toml::Value::Table(_) => Value::Null,
    }
}

/// The value of `--set NAME=VALUE`, written as in the file; what is not TOML is a text.
#[must_use]
pub fn value(text: &str) -> Value {
    let line = format!("value = {text}");
    let one = parse(&line).ok().filter(|map| map.len() == 1).and_then(|mut map| map.remove("value"));
    one.unwrap_or_else(|| Value::text(text))
}

/// The text with one value set, and everything else in it as it was: comments, order, other values.
pub fn with(text: &str, name: &str, value: &Value) -> Result<String, Failure> {
    let said = as_written(value);
    let spans: BTreeMap<String, Spanned<toml::Value>> = toml::from_str(text).map_err(|error| not_toml(text, &error))?;
    if let Some(standing) = spans.get(name) {
        let span = standing.span();
        let (before, after) = (text.get(..span.start), text.get(span.end..));
        if let (Some(before), Some(after)) = (before, after) {
            return Ok([before, &said, after].concat());
        }
    }
    let (comment, line) = (format!("# {name} = "), format!("{name} = {said}"));
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter_mut().find(|known| known.starts_with(&comment)) {
        Some(known) => *known = &line,
        None => lines.push(&line),
    }
    Ok(lines.join("\n") + "\n")
}

/// A value as the file has it.
fn as_written(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(as_written).collect::<Vec<_>>().join(", ")),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Bytes(_) | Value::Text(_) | Value::Map(_) => {
            value.to_json().to_string()
        }
    }
}

/// Puts in force what the file says. A server from before there was one gets it, saying what is in
/// force. A file with a mistake is refused as a whole (`A.policy`), and what is in force stays.
pub fn take_up(dir: &Path, core: &Core) -> Result<PolicyChange, Failure> {
    match read(dir)? {
        Some(text) => Ok(core.policy_set(&parse(&text)?)?),
        None => {
            let policy = core.policy_in_force()?.policy;
            write(dir, &policy.file())?;
            Ok(PolicyChange { version: policy.version, changed: Vec::new(), grown: Vec::new() })
        }
    }
}

/// Sets values in the file and puts it in force: both, or neither.
pub fn set(dir: &Path, core: &Core, sets: &[(String, Value)]) -> Result<PolicyChange, Failure> {
    let before = match read(dir)? {
        Some(text) => text,
        None => core.policy_in_force()?.policy.file(),
    };
    let mut values = parse(&before)?;
    values.extend(sets.iter().cloned());
    core.policy_check(&values)?;
    let mut text = before.clone();
    for (name, value) in sets {
        text = with(&text, name, value)?;
    }
    // The file first: were it the other way round, a crash in between would leave a file that takes the
    // change back at the next start.
    write(dir, &text)?;
    core.policy_set(&parse(&text)?).map_err(|error| {
        // The first failure is the one to tell.
        let _ = write(dir, &before);
        error.into()
    })
}

/// What `init` writes.
#[must_use]
pub fn template() -> String {
    Policy::commented_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        Policy::parse(&parse(text).unwrap(), 1).unwrap()
    }

    #[test]
    fn what_init_writes_is_the_defaults_and_every_line_of_it_can_be_uncommented() {
        assert_eq!(policy(&template()), Policy::DEFAULT);
        let set: String = template()
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        assert_eq!(parse(&set).unwrap().len(), records::policy::Setting::all().len());
        assert_eq!(policy(&set), Policy::DEFAULT);
    }

    #[test]
    fn a_value_is_set_where_it_stands_and_nothing_else_moves() {
        let text = template();
        let one = with(&text, "promise_hours", &Value::Int(12)).unwrap();
        assert_eq!(policy(&one).promise_ms, 12 * 3_600_000);
        assert_eq!(one.lines().count(), text.lines().count());
        let own = "# ours\nholidays = [\n  \"2026-12-25\", # Christmas\n]\nspan_max = 9 # for now\n";
        let days = Value::Array(vec![Value::text("2026-12-26")]);
        let two = with(&with(own, "holidays", &days).unwrap(), "span_max", &Value::Int(10)).unwrap();
        assert_eq!(two, "# ours\nholidays = [\"2026-12-26\"]\nspan_max = 10 # for now\n");
        assert_eq!(with(&two, "dip_sample", &Value::Int(5)).unwrap(), two + "dip_sample = 5\n");
    }

    #[test]
    fn what_is_typed_behind_set_is_read_as_in_the_file() {
        assert_eq!(value("12"), Value::Int(12));
        assert_eq!(value("[1, 2]"), Value::Array(vec![Value::Int(1), Value::Int(2)]));
        assert_eq!(value("[2026-12-25]"), Value::Array(vec![Value::text("2026-12-25")]));
        assert_eq!(value("c.gold"), Value::text("c.gold"));
        assert_eq!(value("1\nspan_max = 3"), Value::text("1\nspan_max = 3"));
        assert_eq!(value("1.5"), Value::Null);
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line() {
        let failure = parse("span_max = 9\npromise_hours = \n").unwrap_err();
        assert_eq!(failure.code, code::A_POLICY);
        assert!(failure.message.starts_with("policy.toml, line 2:"), "{}", failure.message);
        assert_eq!(parse("span_max = 1\nspan_max = 2").map_err(|failure| failure.code), Err(code::A_POLICY));
    }
}
