//! The parts of `cargo xtask test` beyond the plain run of the workspace.
//!
//! *A separate build* tests something that must not be in a product, such as a planted fault: it
//! has a row in [`BUILDS`].
//!
//! *An optional part* is a test target that needs a tool not everybody has. Nothing is listed:
//! the target says so itself. In the `Cargo.toml` of its package:
//!
//! ```toml
//! [features]
//! needs-strace = []
//!
//! [[test]]
//! name = "traced"
//! required-features = ["needs-strace"]
//! ```
//!
//! What `needs-strace` means stands in [`TOOLS`].

use crate::metadata::{GatedTest, Package};
use crate::tidy::Fault;

/// Tests of one package with features that no product is built with.
#[derive(Debug)]
pub(crate) struct Build {
    /// What the summary calls it.
    pub(crate) name: &'static str,
    /// The package.
    pub(crate) package: &'static str,
    /// What is switched on.
    pub(crate) features: &'static [&'static str],
    /// Which of its targets, such as `["--test", "planted"]`; empty for all.
    pub(crate) only: &'static [&'static str],
}

/// The separate builds.
pub(crate) const BUILDS: &[Build] = &[];

/// A tool that an optional part needs.
#[derive(Debug)]
pub(crate) struct Tool {
    /// The feature by which a test target asks for it.
    pub(crate) feature: &'static str,
    /// A command that succeeds exactly where the tool can be used.
    pub(crate) probe: &'static [&'static str],
    /// What a person does to have it.
    pub(crate) remedy: &'static str,
}

/// The tools.
pub(crate) const TOOLS: &[Tool] = &[Tool {
    feature: "needs-strace",
    // It can be installed and yet not be allowed to trace, as in some containers.
    probe: &["strace", "-qq", "-o", "/dev/null", "true"],
    remedy: "install strace, on a machine that lets it trace",
}];

/// Features that begin so are for tests; no product is built with them.
const TEST_FEATURES: [&str; 2] = ["test-", "needs-"];

/// An optional part: one test target and the tools it asks for.
#[derive(Debug)]
pub(crate) struct Optional<'a> {
    pub(crate) package: &'a Package,
    pub(crate) target: &'a GatedTest,
    pub(crate) tools: Vec<&'static Tool>,
}

impl Optional<'_> {
    /// What the summary calls it.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.package.name, self.target.name)
    }

    /// What is missing here, if anything, and what to do about it.
    pub(crate) fn missing(&self, works: impl Fn(&Tool) -> bool) -> Option<String> {
        let missing: Vec<String> = self
            .tools
            .iter()
            .filter(|tool| !works(tool))
            .map(|tool| format!("`{}` does not work here: {}", tool.probe.join(" "), tool.remedy))
            .collect();
        (!missing.is_empty()).then(|| missing.join("; "))
    }
}

/// The optional parts that exist so far.
pub(crate) fn optional(packages: &[Package]) -> Vec<Optional<'_>> {
    let mut found = Vec::new();
    for package in packages {
        for target in &package.gated_tests {
            let tools: Vec<_> = TOOLS.iter().filter(|t| target.features.iter().any(|f| f == t.feature)).collect();
            if !tools.is_empty() {
                found.push(Optional { package, target, tools });
            }
        }
    }
    found
}

/// Tests that cargo would leave out without a word because no part switches their features on.
pub(crate) fn faults(packages: &[Package], builds: &[Build]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in packages {
        let place = format!("{}/Cargo.toml", package.place);
        let built = |feature: &String| {
            builds.iter().any(|b| b.package == package.name && b.features.contains(&feature.as_str()))
        };
        for target in &package.gated_tests {
            let asks_for_tool = target.features.iter().any(|f| TOOLS.iter().any(|t| t.feature == f));
            if !asks_for_tool && !target.features.iter().all(built) {
                let name = &target.name;
                let what = format!("test `{name}` needs features that no part of xtask/src/parts.rs switches on");
                faults.push(Fault::new(&place, what));
            }
        }
        for feature in &package.features {
            let named = package.gated_tests.iter().any(|target| target.features.contains(feature));
            if TEST_FEATURES.iter().any(|begin| feature.starts_with(begin)) && !named && !built(feature) {
                faults.push(Fault::new(&place, format!("no part of xtask/src/parts.rs switches `{feature}` on")));
            }
        }
    }
    for build in builds {
        if !packages.iter().any(|package| package.name == build.package) {
            let what = format!("`{}` is a build of `{}`, which does not exist", build.name, build.package);
            faults.push(Fault::new("xtask/src/parts.rs", what));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(features: &[&str], required: &[&str]) -> Package {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
        Package {
            name: "whole".into(),
            place: "tests".into(),
            features: own(features),
            gated_tests: vec![GatedTest { name: "traced".into(), features: own(required) }],
            ..Package::default()
        }
    }

    #[test]
    fn a_target_that_asks_for_a_tool_is_an_optional_part() {
        let packages = [package(&["needs-strace"], &["needs-strace"])];
        assert!(faults(&packages, &[]).is_empty());
        let parts = optional(&packages);
        let [part] = parts.as_slice() else { panic!("one part") };
        assert_eq!(part.name(), "whole traced");
        assert_eq!(part.missing(|_| true), None);
        assert!(part.missing(|_| false).is_some_and(|why| why.contains("install strace")));
    }

    #[test]
    fn a_test_that_no_part_runs_is_a_fault() {
        let packages = [package(&["test-faults"], &["test-faults"])];
        assert_eq!(faults(&packages, &[]).len(), 1);
        let build = Build { name: "planted", package: "whole", features: &["test-faults"], only: &[] };
        assert!(faults(&packages, &[build]).is_empty());
        let unused = [package(&["needs-strace", "test-faults"], &["needs-strace"])];
        assert_eq!(faults(&unused, &[]).len(), 1);
    }

    #[test]
    fn a_build_of_a_package_that_is_gone_is_a_fault() {
        let build = Build { name: "planted", package: "gone", features: &["test-faults"], only: &[] };
        assert_eq!(faults(&[], &[build]).len(), 1);
    }
}
