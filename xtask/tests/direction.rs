//! Dependencies point one way, and the pure crates stay pure. The rules are the map of ARCHITECTURE.md; the facts
//! come from `cargo metadata`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its facts are not there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// A crate and the crates of this repository that it may depend on directly. A new crate needs a line here.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("sluice-text", &[]),
    ("sluice-sql", &["sluice-text"]),
    ("sluice-schema", &["sluice-text", "sluice-sql"]),
    ("sluice-facts", &[]),
    ("sluice-review", &["sluice-text", "sluice-sql", "sluice-schema"]),
    ("sluice-rollout", &["sluice-text", "sluice-sql"]),
    ("sluice-project", &["sluice-text", "sluice-sql", "sluice-rollout"]),
    ("sluice-engine", &["sluice-text", "sluice-sql", "sluice-facts", "sluice-rollout"]),
    ("sluice-postgres", DATABASE_CRATE),
    ("sluice-mysql", DATABASE_CRATE),
    ("sluice-sqlite", DATABASE_CRATE),
    ("sluice-store", &["sluice-text", "sluice-sql", "sluice-rollout", "sluice-engine", "sluice-postgres"]),
    (
        "sluice-report",
        &[
            "sluice-text",
            "sluice-sql",
            "sluice-schema",
            "sluice-review",
            "sluice-rollout",
            "sluice-engine",
            "sluice-project",
        ],
    ),
    (
        "sluice-runner",
        &[
            "sluice-text",
            "sluice-sql",
            "sluice-facts",
            "sluice-rollout",
            "sluice-project",
            "sluice-engine",
            "sluice-postgres",
            "sluice-mysql",
            "sluice-sqlite",
            "sluice-store",
            "sluice-report",
        ],
    ),
    (
        "sluice-server",
        &[
            "sluice-rollout",
            "sluice-project",
            "sluice-engine",
            "sluice-store",
            "sluice-report",
            "sluice-runner",
        ],
    ),
    (
        "sluice-agent",
        &[
            "sluice-rollout",
            "sluice-project",
            "sluice-engine",
            "sluice-store",
            "sluice-report",
            "sluice-runner",
        ],
    ),
    (
        "sluice",
        &[
            "sluice-text",
            "sluice-sql",
            "sluice-schema",
            "sluice-facts",
            "sluice-review",
            "sluice-rollout",
            "sluice-project",
            "sluice-engine",
            "sluice-postgres",
            "sluice-mysql",
            "sluice-sqlite",
            "sluice-store",
            "sluice-report",
            "sluice-runner",
            "sluice-agent",
            "sluice-server",
        ],
    ),
];

const DATABASE_CRATE: &[&str] =
    &["sluice-text", "sluice-sql", "sluice-facts", "sluice-rollout", "sluice-engine"];

/// Crates that decide and never act: values in, values out.
const PURE: &[&str] =
    &["sluice-text", "sluice-sql", "sluice-schema", "sluice-facts", "sluice-review", "sluice-rollout"];

/// What a pure crate must not reach, however indirectly.
const IMPURE: &[&str] = &[
    "async-trait",
    "hyper",
    "libsqlite3-sys",
    "mysql_async",
    "reqwest",
    "rusqlite",
    "rustls",
    "socket2",
    "tokio",
    "tokio-postgres",
    "ureq",
];

/// One way to the outside, one crate: who may name it. Tests and tools outside the product are free.
const DRIVERS: &[(&str, &[&str])] = &[
    ("tokio-postgres", &["sluice-postgres", "sluice-store"]),
    ("mysql_async", &["sluice-mysql"]),
    ("rusqlite", &["sluice-sqlite", "sluice-store"]),
    ("ureq", &["sluice-agent", "sluice-project", "sluice-server"]),
    ("axum", &["sluice-server"]),
];

/// Members that are not part of the product: they may depend on anything in it.
const OUTSIDE: &[&str] = &[
    "xtask",
    "sluice-testkit",
    "sluice-benches",
    "sluice-e2e",
    "sluice-faults",
    "sluice-pairs",
    "sluice-promises",
];

/// Normal and build dependencies by package name, for every package of the resolved graph.
struct Graph {
    members: BTreeSet<String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read() -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let rustc = Command::new("rustc").arg("-vV").output().unwrap();
        let rustc = String::from_utf8(rustc.stdout).unwrap();
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();

        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let list = |value: &Value| value.as_array().unwrap().clone();
        let names: BTreeMap<String, String> = list(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let is_development = |dependency: &Value| {
            list(&dependency["dep_kinds"]).iter().all(|kind| kind["kind"].as_str() == Some("dev"))
        };
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let dependencies = list(&node["deps"]);
            let kept = dependencies.iter().filter(|dependency| !is_development(dependency));
            edges
                .entry(names[&text(&node["id"])].clone())
                .or_default()
                .extend(kept.map(|dependency| names[&text(&dependency["pkg"])].clone()));
        }
        let members =
            list(&metadata["workspace_members"]).iter().map(|id| names[&text(id)].clone()).collect();
        Self { members, edges }
    }

    fn direct(&self, package: &str) -> &BTreeSet<String> {
        self.edges.get(package).unwrap_or_else(|| panic!("{package} is not in the graph"))
    }

    /// The chain of packages by which `from` reaches `to`.
    fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut queue = std::collections::VecDeque::from([vec![from.to_owned()]]);
        let mut seen = BTreeSet::from([from.to_owned()]);
        while let Some(path) = queue.pop_front() {
            let last = path.last().unwrap();
            if last == to {
                return Some(path);
            }
            for next in self.direct(last) {
                if seen.insert(next.clone()) {
                    queue.push_back(path.iter().cloned().chain([next.clone()]).collect());
                }
            }
        }
        None
    }
}

#[test]
fn crates_depend_only_on_the_layers_below_them() {
    let graph = Graph::read();
    let allowed: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.iter().copied().collect();
    let mut wrong = Vec::new();
    for member in graph.members.iter().filter(|member| !OUTSIDE.contains(&member.as_str())) {
        let Some(allowed) = allowed.get(member.as_str()) else {
            wrong.push(format!("{member} has no line in MAY_DEPEND_ON"));
            continue;
        };
        let inside = graph.direct(member).iter().filter(|name| graph.members.contains(*name));
        wrong.extend(
            inside
                .filter(|name| !allowed.contains(&name.as_str()))
                .map(|name| format!("{member} must not depend on {name}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_crates_never_learn_of_runtimes_drivers_and_networks() {
    let graph = Graph::read();
    let wrong: Vec<String> = PURE
        .iter()
        .flat_map(|pure| IMPURE.iter().filter_map(|impure| graph.path(pure, impure)))
        .map(|path| path.join(" → "))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_driver_is_named_by_its_own_crate_only() {
    let graph = Graph::read();
    for (driver, owners) in DRIVERS {
        let users: Vec<&String> = graph
            .members
            .iter()
            .filter(|member| !OUTSIDE.contains(&member.as_str()) && graph.direct(member).contains(*driver))
            .filter(|member| !owners.contains(&member.as_str()))
            .collect();
        assert!(users.is_empty(), "{driver} is used by {users:?}, expected only {owners:?}");
    }
}

#[test]
fn one_tls_stack_and_no_system_libraries() {
    let graph = Graph::read();
    let banned: Value = {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../deny.toml");
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap()
    };
    for ban in banned["bans"]["deny"].as_array().unwrap() {
        let name = ban["crate"].as_str().unwrap();
        assert!(!graph.edges.contains_key(name), "{name} is in the graph and banned in deny.toml");
    }
}
