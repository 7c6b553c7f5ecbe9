//! C and C++ programs of the repository, compiled against libfield as an app would.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The story that `examples/c` tells.
pub const STORY: &str = "examples/c/story.c";

/// Nothing in our C may need to be excused.
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-pedantic", "-Werror"];

/// C as the example promises it.
pub const C99: [&str; 2] = ["cc", "-std=c99"];

/// What a program has to be linked with beside `libfield.a`: `rustc --print native-static-libs`.
pub const STATIC_NEEDS: &[&str] = if cfg!(target_os = "macos") {
    &["-framework", "CoreFoundation", "-framework", "Security", "-liconv"]
} else {
    &["-lpthread", "-ldl", "-lm"]
};

/// How libfield gets into a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Shared,
    Static,
}

/// The folder of libfield, built once for all tests of a binary.
pub fn library() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| field_day::programs::library().unwrap())
}

/// Compiles these sources, named from the root of the repository, into one program.
pub fn compile(compiler: &[&str], sources: &[&str], link: Link, more: &[&str], program: &Path) {
    let folder = library();
    let (name, words) = compiler.split_first().unwrap();
    let mut command = Command::new(name);
    command.current_dir(ROOT).args(words).args(STRICT).args(["-g", "-I", "crates/ffi/include"]);
    command.args(sources).arg("-o").arg(program);
    match link {
        Link::Shared => {
            // `-x c++` would make C++ of a library, too.
            command.args(["-x", "none"]).arg("-L").arg(folder).arg("-lfield");
            command.arg(format!("-Wl,-rpath,{}", folder.display()))
        }
        Link::Static => command.args(["-x", "none"]).arg(folder.join("libfield.a")).args(STATIC_NEEDS),
    };
    command.args(more);
    let done = command.output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{name} refused {sources:?}:\n{said}");
}
