//! The workspace as cargo sees it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::command;

/// A member of the workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    /// Its name in `Cargo.toml`.
    pub(crate) name: String,
    /// Where it lives: `crates/signed`.
    pub(crate) place: String,
    /// The features it declares, and what each switches on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// Its test targets that need a feature to be built.
    pub(crate) gated_tests: Vec<GatedTest>,
    /// The members it uses.
    pub(crate) uses: Vec<Use>,
    /// Every other package it uses outside its tests.
    pub(crate) foreign: Vec<String>,
}

/// A test target with `required-features`.
#[derive(Clone, Debug)]
pub(crate) struct GatedTest {
    /// The name after `--test`.
    pub(crate) name: String,
    /// What must be on.
    pub(crate) features: Vec<String>,
}

/// One member using another.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    /// Where the other one lives.
    pub(crate) place: String,
    /// Only in tests.
    pub(crate) in_tests_only: bool,
}

/// Asks cargo, without the network.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>, String> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let printed = command::output(command::cargo(root, &arguments)).map_err(|e| format!("cargo metadata: {e}"))?;
    parse(&printed).ok_or_else(|| "cargo metadata: not in the form this chore knows".into())
}

fn parse(printed: &str) -> Option<Vec<Package>> {
    let all: Value = serde_json::from_str(printed).ok()?;
    let root = all.get("workspace_root")?.as_str()?;
    all.get("packages")?.as_array()?.iter().map(|one| package(one, root)).collect()
}

fn package(value: &Value, root: &str) -> Option<Package> {
    let manifest = value.get("manifest_path")?.as_str()?;
    let features = value.get("features")?.as_object()?;
    let mut package = Package {
        name: value.get("name")?.as_str()?.into(),
        place: within(root, manifest.strip_suffix("Cargo.toml")?)?,
        features: features.iter().map(|(name, on)| (name.clone(), strings(Some(on)))).collect(),
        ..Package::default()
    };
    for target in value.get("targets")?.as_array()? {
        let features = strings(target.get("required-features"));
        if !features.is_empty() && strings(target.get("kind")).iter().any(|kind| kind == "test") {
            package.gated_tests.push(GatedTest { name: target.get("name")?.as_str()?.into(), features });
        }
    }
    for dependency in value.get("dependencies")?.as_array()? {
        let in_tests_only = dependency.get("kind")?.as_str() == Some("dev");
        let place = dependency.get("path").and_then(Value::as_str).and_then(|path| within(root, path));
        match place {
            Some(place) => package.uses.push(Use { place, in_tests_only }),
            None if in_tests_only => {}
            None => package.foreign.push(dependency.get("name")?.as_str()?.into()),
        }
    }
    Some(package)
}

/// The path below the root, with forward slashes.
fn within(root: &str, path: &str) -> Option<String> {
    let below = path.strip_prefix(root)?.replace('\\', "/");
    Some(below.trim_matches('/').into())
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_known_by_where_it_lives_and_what_it_uses() {
        let printed = r#"{"workspace_root": "/anywhere", "packages": [{
            "name": "one", "manifest_path": "/anywhere/crates/one/Cargo.toml", "features": {"needs-strace": ["a/b"]},
            "targets": [{"name": "one", "kind": ["lib"]},
                        {"name": "traced", "kind": ["test"], "required-features": ["needs-strace"]}],
            "dependencies": [{"name": "two", "kind": null, "path": "/anywhere/crates/two"},
                             {"name": "sim", "kind": "dev", "path": "/anywhere/crates/sim"},
                             {"name": "serde", "kind": null}, {"name": "proptest", "kind": "dev"}]}]}"#;
        let packages = parse(printed).expect("the sample is in cargo's form");
        let [one] = packages.as_slice() else { panic!("one package") };
        assert_eq!(one.place, "crates/one");
        assert_eq!(one.features["needs-strace"], ["a/b"]);
        assert_eq!(one.gated_tests[0].name, "traced");
        assert_eq!(one.gated_tests[0].features, ["needs-strace"]);
        assert_eq!((one.uses[0].place.as_str(), one.uses[0].in_tests_only), ("crates/two", false));
        assert_eq!((one.uses[1].place.as_str(), one.uses[1].in_tests_only), ("crates/sim", true));
        assert_eq!(one.foreign, ["serde"]);
    }
}
