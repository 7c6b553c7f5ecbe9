//! `cargo field-day`: a school day without signal, as one story.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use field_day::day::Day;
use field_day::programs::Programs;
use field_day::told::Teller;
use serde_json::json;

/// Plays a school day: an officer's handset that loses signal, a sergeant's, a school's device, and
/// the server between them, each a process of its own. Exit status 1 if a fact does not hold.
#[derive(Parser)]
#[command(name = "field-day")]
struct Words {
    /// Names and words are made up from this number; without it, from the time.
    #[arg(long)]
    seed: Option<u64>,
    /// Keeps the folders of all devices and the server here, to look around afterwards.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Prints one JSON value instead of the story.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let words = Words::parse();
    match play(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            say(
                words.json,
                &json!({"error": failure}).to_string(),
                &format!("\nThe day could not be played: {failure}"),
            );
            ExitCode::from(1)
        }
    }
}

fn play(words: &Words) -> Result<bool, String> {
    let seed = words.seed.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(1, |now| now.as_secs())
    });
    eprintln!("Building the server and the device; the first time this takes some minutes.");
    let programs = Programs::build(&[])?;
    let (dir, keep) = match &words.keep {
        Some(dir) => (dir.clone(), true),
        None => (std::env::temp_dir().join(format!("field-day-{}-{seed}", std::process::id())), false),
    };
    std::fs::create_dir_all(&dir).map_err(|error| format!("no folder: {error}"))?;
    let mut teller = Teller::new(words.json);
    let facts = Day::play(&programs, &dir, seed, None, &mut teller).map_err(|failure| failure.0);
    if !keep {
        let _ = std::fs::remove_dir_all(&dir);
    }
    let facts = facts?;
    let mut lines = vec!["\nWhat was checked".to_owned()];
    lines.extend(facts.list().iter().map(|f| format!("  {} {}", if f.holds { "yes" } else { "NO " }, f.what)));
    lines.push(format!("\nPlay this day again with --seed {seed}"));
    let all = json!({"seed": seed, "day": teller.chapters(), "facts": facts.to_json(), "ok": facts.all_hold()});
    say(words.json, &all.to_string(), &lines.join("\n"));
    Ok(facts.all_hold())
}

#[allow(clippy::print_stdout, reason = "telling the day is what this program is for")]
fn say(as_json: bool, json: &str, text: &str) {
    println!("{}", if as_json { json } else { text });
}
