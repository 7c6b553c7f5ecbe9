//! The parts of `cargo xtask test` beyond the plain run of the workspace.
//!
//! Nothing is listed here, so nothing can be forgotten: a part is a test target that asks for
//! features. In the `Cargo.toml` of its package:
//!
//! ```toml
//! [features]
//! needs-strace = []
//! test-faults = ["sync-server/test-faults"]
//!
//! [[test]]
//! name = "traced"
//! required-features = ["needs-strace"]
//!
//! [[test]]
//! name = "planted"
//! required-features = ["test-faults"]
//! ```
//!
//! `test-..` is something no product may contain, such as a planted fault: the target gets a build
//! of its own. `needs-..` is a tool that not everybody has: the part is optional, and what the
//! feature means stands in [`TOOLS`].

use std::collections::BTreeSet;

use crate::metadata::{GatedTest, Package};
use crate::tidy::Fault;

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
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        feature: "needs-python",
        probe: &["python3", "-c", "import ctypes, sys; sys.exit(sys.version_info < (3, 9))"],
        remedy: "install Python 3.9 or newer as python3",
    },
    Tool {
        feature: "needs-strace",
        // It can be installed and yet not be allowed to trace, as in some containers.
        probe: &["strace", "-qq", "-o", "/dev/null", "true"],
        remedy: "install strace, on a machine that lets it trace",
    },
    Tool {
        feature: "needs-tmpfs",
        probe: &["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"],
        remedy: "run on a Linux that lets a user mount a tmpfs in a namespace of their own (util-linux)",
    },
    Tool { feature: "needs-cxx", probe: &["c++", "--version"], remedy: "install a C++ compiler that is called c++" },
    Tool {
        feature: "needs-valgrind",
        // Where it does not know the C library it does not start.
        probe: &["valgrind", "--quiet", "--error-exitcode=1", "true"],
        remedy: "install valgrind, and what it asks for when it starts",
    },
    Tool { feature: "needs-asan", probe: &["sh", "-c", SANITIZED], remedy: "install the compiler's libasan" },
    Tool {
        feature: "needs-java",
        // Prints the version of the library that JNA brings: both halves of JNA are there and fit the JVM.
        probe: &["sh", "-c", "javac -version && java -jar \"${FIRSTHAND_JNA:-/usr/share/java/jna.jar}\""],
        remedy: "install a JDK from 17 on and JNA (libjna-java), or say in FIRSTHAND_JNA where jna.jar is",
    },
    Tool {
        feature: "needs-softhsm",
        probe: &[
            "sh",
            "-c",
            "softhsm2-util --version && test -e \"${FIRSTHAND_SOFTHSM:-/usr/lib/softhsm/libsofthsm2.so}\"",
        ],
        remedy: "install SoftHSM (softhsm2), or say in FIRSTHAND_SOFTHSM where libsofthsm2.so is",
    },
    Tool {
        feature: "needs-libcrypto",
        probe: &["pkg-config", "--atleast-version=3", "libcrypto"],
        remedy: "install the development files of OpenSSL 3 (libssl-dev)",
    },
    Tool {
        feature: "needs-textual",
        probe: &["python3", "-c", "import textual"],
        remedy: "run with a virtual environment that has examples/python/requirements.txt (examples/python/README.md)",
    },
];

/// The compiler may take the option and have no library for it, and the library may not be allowed to look
/// for leaks: both show only when a program was built and has ended.
const SANITIZED: &str = r#"d=$(mktemp -d) && echo 'int main(void) { return 0; }' >"$d/a.c" &&
cc -fsanitize=address "$d/a.c" -o "$d/a" && ASAN_OPTIONS=detect_leaks=1 "$d/a"; s=$?; rm -r "$d"; exit $s"#;

/// How features begin that no product is built with.
const FOR_TESTS: [&str; 2] = ["test-", "needs-"];

/// One test target with the features it asks for.
#[derive(Debug)]
pub(crate) struct Gated<'a> {
    package: &'a Package,
    target: &'a GatedTest,
}

/// The parts that exist so far: the optional ones first, then those with a build of their own.
pub(crate) fn gated(packages: &[Package]) -> Vec<Gated<'_>> {
    let mut parts = Vec::new();
    for package in packages {
        parts.extend(package.gated_tests.iter().map(|target| Gated { package, target }));
    }
    parts.sort_by_key(Gated::changes_programs);
    parts
}

impl Gated<'_> {
    /// What the summary calls it.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.package.name, self.target.name)
    }

    /// Its features, as cargo takes them for a whole workspace.
    pub(crate) fn features(&self) -> String {
        let features = self.target.features.iter().map(|feature| format!("{}/{feature}", self.package.name));
        features.collect::<Vec<_>>().join(",")
    }

    /// The name of its target.
    pub(crate) fn target(&self) -> &str {
        &self.target.name
    }

    /// Whether programs built for it are not those of the product.
    pub(crate) fn changes_programs(&self) -> bool {
        self.target.features.iter().any(|feature| !feature.starts_with("needs-"))
    }

    /// What is missing here, if anything, and what to do about it.
    pub(crate) fn missing(&self, works: impl Fn(&Tool) -> bool) -> Option<String> {
        let asked = TOOLS.iter().filter(|tool| self.target.features.iter().any(|feature| feature == tool.feature));
        let missing = asked.filter(|tool| !works(tool));
        let why = missing.map(|tool| format!("`{}` does not work here: {}", tool.probe.join(" "), tool.remedy));
        why.reduce(|all, one| format!("{all}; {one}"))
    }
}

/// Features for tests that no test asks for, and tools that nobody described.
pub(crate) fn faults(packages: &[Package]) -> Vec<Fault> {
    let asked = asked(packages);
    let mut faults = Vec::new();
    for package in packages {
        let place = format!("{}/Cargo.toml", package.place);
        for feature in package.features.keys().filter(|f| FOR_TESTS.iter().any(|begin| f.starts_with(begin))) {
            if !asked.contains(&(package.name.clone(), feature.clone())) {
                faults.push(Fault::new(&place, format!("no test target asks for `{feature}`")));
            }
            if feature.starts_with("needs-") && !TOOLS.iter().any(|tool| tool.feature == feature) {
                faults.push(Fault::new(&place, format!("`{feature}` is no tool of xtask/src/parts.rs")));
            }
        }
    }
    faults
}

/// Every feature that test targets switch on, with the packages they belong to.
fn asked(packages: &[Package]) -> BTreeSet<(String, String)> {
    let mut ahead: Vec<(String, String)> = Vec::new();
    for part in gated(packages) {
        ahead.extend(part.target.features.iter().map(|feature| (part.package.name.clone(), feature.clone())));
    }
    let mut asked = BTreeSet::new();
    while let Some((name, feature)) = ahead.pop() {
        let package = packages.iter().find(|package| package.name == name);
        for next in package.and_then(|package| package.features.get(&feature)).into_iter().flatten() {
            ahead.push(match next.split_once('/') {
                Some((other, feature)) => (other.trim_end_matches('?').into(), feature.into()),
                None => (name.clone(), next.clone()),
            });
        }
        // Cargo refuses features that go round in circles, so this ends.
        asked.insert((name, feature));
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, features: &[(&str, &[&str])], required: &[&str]) -> Package {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
        let target = GatedTest { name: "traced".into(), features: own(required) };
        Package {
            name: name.into(),
            place: name.into(),
            features: features.iter().map(|(feature, on)| ((*feature).to_string(), own(on))).collect(),
            gated_tests: if required.is_empty() { Vec::new() } else { vec![target] },
            ..Package::default()
        }
    }

    #[test]
    fn a_target_that_asks_for_a_tool_is_an_optional_part() {
        let packages = [package("tests", &[("needs-strace", &[])], &["needs-strace"])];
        assert_eq!(faults(&packages), []);
        let parts = gated(&packages);
        let [part] = parts.as_slice() else { panic!("one part") };
        assert_eq!(part.name(), "tests traced");
        assert_eq!((part.features().as_str(), part.target()), ("tests/needs-strace", "traced"));
        assert_eq!(part.missing(|_| true), None);
        assert!(part.missing(|_| false).is_some_and(|why| why.contains("install strace")));
    }

    #[test]
    fn a_target_that_asks_for_a_planted_fault_always_runs_and_runs_last() {
        let packages = [
            package("a", &[("test-faults", &[])], &["test-faults"]),
            package("b", &[("needs-strace", &[])], &["needs-strace"]),
        ];
        let parts = gated(&packages);
        assert_eq!(parts.iter().map(Gated::name).collect::<Vec<_>>(), ["b traced", "a traced"]);
        assert!(parts.last().is_some_and(|part| part.changes_programs() && part.missing(|_| false).is_none()));
    }

    #[test]
    fn a_feature_for_tests_is_reached_by_a_test_also_through_another_package() {
        let server = package("sync-server", &[("test-faults", &[])], &[]);
        assert_eq!(faults(std::slice::from_ref(&server)).len(), 1);
        let tests = package("tests", &[("test-faults", &["sync-server/test-faults"])], &["test-faults"]);
        assert_eq!(faults(&[server, tests]), []);
    }

    #[test]
    fn a_tool_that_nobody_described_is_a_fault() {
        assert_eq!(faults(&[package("tests", &[("needs-moon", &[])], &["needs-moon"])]).len(), 1);
    }
}
