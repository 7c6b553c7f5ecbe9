//! Where the two programs are, and how they come to be there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The two programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `sync-server`.
    pub server: PathBuf,
    /// `field`.
    pub field: PathBuf,
}

impl Programs {
    /// Builds both, as this very program was built (debug or release), and says where they are.
    ///
    /// `features` are those of `sync-server`. Programs with features of their own are put aside, and
    /// the ordinary ones built again: everything they have in common is compiled once.
    pub fn build(features: &[&str]) -> Result<Self, String> {
        let folder = folder()?;
        cargo_build(&folder, features)?;
        let built = Self::in_folder(&folder)?;
        if features.is_empty() {
            return Ok(built);
        }
        let aside = folder.join(format!("with-{}", features.join("-")));
        let copy = |program: &Path| {
            let place = aside.join(program.file_name().unwrap_or_default());
            std::fs::copy(program, place).map_err(|error| format!("a program could not be put aside: {error}"))
        };
        std::fs::create_dir_all(&aside).map_err(|error| format!("no folder: {error}"))?;
        copy(&built.server)?;
        copy(&built.field)?;
        cargo_build(&folder, &[])?;
        Self::in_folder(&aside)
    }

    /// The programs as they lie in a folder.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let find = |name: &str| {
            let path = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
            if path.is_file() { Ok(path) } else { Err(format!("there is no {name} beside this program")) }
        };
        Ok(Self { server: find("sync-server")?, field: find("field")? })
    }
}

/// Builds `libfield` as this very program was built, and says in which folder it lies.
pub fn library() -> Result<PathBuf, String> {
    let folder = folder()?;
    let mut build = cargo(&folder);
    build.args(["--package", "ffi"]);
    run(build)?;
    Ok(folder)
}

fn cargo_build(folder: &Path, features: &[&str]) -> Result<(), String> {
    let mut build = cargo(folder);
    build.args(["--package", "sync-server", "--package", "field-cli"]);
    for feature in features {
        build.arg("--features").arg(format!("sync-server/{feature}"));
    }
    // A test of the tests: programs in which a rule can be switched off.
    if let Some(more) = env::var_os("FIRSTHAND_PROGRAMS_WITH") {
        build.args(["--package", "records", "--features"]).arg(more);
    }
    run(build)
}

/// `cargo build` into the folder above this one, in the profile it is named after.
fn cargo(folder: &Path) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo told this program about its package would make build scripts run again, and with
    // them everything that stands on them.
    for (name, _) in env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&name);
        }
    }
    build.args(["build", "--quiet", "--locked"]);
    build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    build.arg("--target-dir").arg(folder.parent().unwrap_or(folder));
    if folder.file_name().is_some_and(|name| name == "release") {
        build.arg("--release");
    }
    build
}

fn run(mut build: Command) -> Result<(), String> {
    let status = build.status().map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("the programs could not be built".into()) }
}

/// The folder of this program; tests lie one deeper, in `deps`.
fn folder() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| format!("this program cannot find itself: {error}"))?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_path_buf())
}
