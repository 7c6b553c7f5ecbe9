//! `cargo field-week`: three case stories, one after another.

use std::process::ExitCode;

use clap::Parser;
use field_week::stories::STORIES;
use field_week::world::programs;

/// Plays three case stories on real processes: a welfare check, a first account, and a phone number that
/// rings twice. Exit status 1 if somebody was asked too early about a person who was only named.
#[derive(Parser)]
#[command(name = "field-week")]
struct Words {
    /// Only this one: as2, as6 or as4.
    #[arg(long, value_parser = ["as2", "as6", "as4"])]
    story: Option<String>,
}

fn main() -> ExitCode {
    let words = Words::parse();
    std::panic::set_hook(Box::new(|panic| eprintln!("\nThe story could not be played on: {panic}")));
    eprintln!("Building the server and the device; the first time this takes some minutes.");
    programs();
    let wanted = |name: &str| words.story.as_deref().is_none_or(|only| only == name);
    let played: Vec<_> = STORIES.iter().filter(|(name, _)| wanted(name)).map(|(_, play)| play()).collect();
    for summary in &played {
        summary.print();
    }
    if played.iter().all(|summary| summary.holds()) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
