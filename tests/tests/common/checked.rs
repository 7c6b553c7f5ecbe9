//! Programs in C under the two checkers of memory: valgrind, and the compiler's AddressSanitizer.

use std::path::Path;
use std::process::Command;

use super::compile::ROOT;

/// For the compiler. The library itself is not instrumented, but what it allocates, and what the program
/// does with that, is watched; a leak of either is found at the end.
pub const ASAN: [&str; 2] = ["-fsanitize=address", "-fno-omit-frame-pointer"];

/// A program that was compiled with [`ASAN`]: ends with 98 where something was found.
pub fn sanitized(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("ASAN_OPTIONS", "exitcode=98:detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0");
    command.env("LSAN_OPTIONS", "exitcode=98");
    command
}

/// A program under valgrind: ends with 99 where something was found.
///
/// What is still reachable at the end is no leak: OpenSSL and the runtime keep tables for as long as the
/// process lives. "Possibly lost" is what only an interior pointer leads to, as into SQLite's pages.
pub fn valgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--error-exitcode=99", "--num-callers=40", "--fair-sched=try"]);
    command.args(["--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]);
    command.arg("--child-silent-after-fork=yes");
    command.arg(format!("--suppressions={ROOT}/tests/c/valgrind.supp")).arg(program);
    command
}
