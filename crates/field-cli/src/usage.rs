//! Wrong usage, said without repeating what was typed: it may be a child's words.

use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use field_core::FieldError;
use signed::code;

use crate::say;

/// Prints help, version, or what was wrong; exit 0 for the first two, else 2.
pub(crate) fn end(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help and version hold only our own words.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(2);
    }
    say::error(&refusal(error), std::env::args_os().any(|word| word == "--json"));
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let _ = writeln!(std::io::stderr(), "{usage}");
    }
    ExitCode::from(2)
}

/// As an error of the contract.
pub(crate) fn refusal(error: &clap::Error) -> FieldError {
    let kind = error.kind();
    let what = kind.as_str().unwrap_or("wrong usage");
    // For these two the "argument" is whatever was typed.
    let is_ours = !matches!(kind, ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) if is_ours => format!(": {name}"),
        Some(ContextValue::Strings(names)) if is_ours => format!(": {}", names.join(", ")),
        Some(_) | None => String::new(),
    };
    FieldError::new(code::I_USAGE, format!("{what}{argument}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser;

    #[test]
    fn nothing_that_was_typed_is_repeated() {
        for line in [
            "field new concern --set CANARY",
            "field new concern CANARY",
            "field CANARY",
            "field --CANARY",
            "field show CANARY",
            "field sync --timeout CANARY",
            "field --now CANARY status",
            "field sync --until CANARY",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).err().map(|error| refusal(&error));
            assert_eq!(error.as_ref().map(|e| e.code), Some(code::I_USAGE), "{line}");
            assert!(error.is_some_and(|e| !e.message.contains("CANARY")), "{line}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Cli::try_parse_from(["field", "new"]).err().map(|error| refusal(&error).message);
        assert!(error.is_some_and(|message| message.contains("<KIND>")));
    }
}
