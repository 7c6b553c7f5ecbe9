//! `sync-server`: the program. See [`sync_server::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    sync_server::cli::run(std::env::args_os().collect())
}
