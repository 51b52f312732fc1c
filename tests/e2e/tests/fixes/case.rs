use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use serde_json::Value;
use sluice_e2e::Project;

use crate::schema::{Database, Server, rows, schema};

/// A change that a rule has a fix for.
#[derive(Clone, Copy)]
pub struct Case {
    /// The rule.
    pub rule: &'static str,
    /// What is there before, with rows.
    pub before: &'static str,
    /// The change.
    pub change: &'static str,
    /// What is run in place of the change to compare with, and why: the server refuses the change itself, or the fix is meant to
    /// end otherwise.
    pub instead: Option<(&'static str, &'static str)>,
    /// A query that tells what the rows must have in common where they cannot be the same, and why not.
    pub rows: Option<(&'static str, &'static str)>,
    /// Text of new files that must be there.
    pub follow_ups: usize,
    /// What `check` is told of the server; the truth where it is empty.
    pub options: &'static [&'static str],
    /// The oldest version of PostgreSQL that it is for.
    pub since: u32,
    /// The newest one.
    pub until: u32,
}

/// A case of which nothing is said yet.
pub const CASE: Case = Case {
    rule: "",
    before: "",
    change: "",
    instead: None,
    rows: None,
    follow_ups: 0,
    options: &[],
    since: 0,
    until: u32::MAX,
};

/// Tells all cases on a server, several at a time, and panics with everything that is wrong.
pub fn tell(server: Server, cases: &[Case]) {
    let wrong = Mutex::new(Vec::new());
    let next = Mutex::new(cases.iter());
    let work = || {
        loop {
            let Some(case) = next.lock().unwrap().next() else { return };
            if server.major().is_some_and(|major| major < case.since || major > case.until) {
                continue;
            }
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| one(server, case))) {
                let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                wrong
                    .lock()
                    .unwrap()
                    .push(format!("== {} on {server:?}\n{}\n{text}", case.rule, case.change));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n\n"));
}

fn one(server: Server, case: &Case) {
    let (plain, plain_database) = project(server, case, case.instead.map_or(case.change, |(sql, _)| sql));
    deploy(&plain);
    let (fixed, fixed_database) = project(server, case, case.change);
    let before = errors(&review(&fixed, server, case));
    let run = fixed.sluice(&options(server, case, &["--fix", "migrations/0002_change.sql"]));
    assert!(run.stderr.contains("fixed migrations/0002_change.sql"), "nothing is fixed: {run}");
    let again = fixed.sluice(&options(server, case, &["--fix", "migrations/0002_change.sql"]));
    assert!(again.stderr.contains("0 fixed"), "the second run fixes again: {again}");
    let text = texts(&fixed);
    let json = review(&fixed, server, case);
    let of_change = |it: &&Value| it["path"] != "migrations/0001_before.sql" && it["rule"] == case.rule;
    let again = json["findings"].as_array().unwrap().iter().find(of_change);
    assert!(again.is_none(), "the rule fires again: {json:#}\n{text}");
    let new: Vec<String> = errors(&json).difference(&before).cloned().collect();
    assert!(new.is_empty(), "new errors {new:?}: {json:#}\n{text}");
    let files = std::fs::read_dir(fixed.path("migrations")).unwrap().count();
    assert_eq!(files, 2 + case.follow_ups, "files\n{text}");
    let deployed = fixed.sluice(&["deploy", "--env", "dev"]);
    assert_eq!(deployed.code, 0, "the fixed change does not run: {deployed}\n{text}");
    let (theirs, ours) = (schema(&plain_database, &plain), schema(&fixed_database, &fixed));
    assert_eq!(theirs, ours, "schemas differ\n{text}\n{}", difference(&theirs, &ours));
    let query = case.rows.map(|(query, _)| query);
    let (theirs, ours) = (rows(&plain_database, &plain, query), rows(&fixed_database, &fixed, query));
    assert_eq!(theirs, ours, "rows differ\n{text}\n{}", difference(&theirs, &ours));
}

fn project(server: Server, case: &Case, change: &str) -> (Project, Database) {
    let placeholder = Project::new();
    let database = Database::new(server, &placeholder);
    let mut project = Project::with_database("env:SHOP_URL");
    project.set("SHOP_URL", &database.url());
    // The SQLite file of the database lives as long as its folder.
    database.keep(placeholder);
    project.write("migrations/0001_before.sql", case.before).write("migrations/0002_change.sql", change);
    project.commit("changes");
    (project, database)
}

fn deploy(project: &Project) {
    let run = project.sluice(&["deploy", "--env", "dev"]);
    assert_eq!(run.code, 0, "the change as it is written does not run: {run}");
}

/// `sluice check` with the case's rule alone, which is on.
fn options<'a>(server: Server, case: &'a Case, rest: &[&'a str]) -> Vec<&'a str> {
    const CATEGORIES: [&str; 22] = [
        "--rule",
        "compatibility/*=off",
        "--rule",
        "correctness/*=off",
        "--rule",
        "data-loss/*=off",
        "--rule",
        "locks/*=off",
        "--rule",
        "naming/*=off",
        "--rule",
        "rows/*=off",
        "--rule",
        "schema/*=off",
        "--rule",
        "security/*=off",
        "--rule",
        "statement/*=off",
        "--rule",
        "timeouts/*=off",
        "--rule",
        "transactions/*=off",
    ];
    let mut all = vec!["check"];
    all.extend(CATEGORIES);
    all.extend(["--rule", on(case.rule)]);
    all.extend(told(server, case));
    all.extend(rest);
    all
}

/// What `check` is told of the server.
fn told(server: Server, case: &Case) -> Vec<&str> {
    // With an engine alone files would have no project.
    let server = if case.options.is_empty() { server.options() } else { case.options.to_vec() };
    [vec!["--config", "sluice.toml"], server].concat()
}

/// `rule=warning`, for as long as the tests run.
fn on(rule: &str) -> &'static str {
    String::leak(format!("{rule}=warning"))
}

/// Findings of the recommended rules and the case's one.
fn review(project: &Project, server: Server, case: &Case) -> Value {
    let mut all = vec!["check", "--format", "json", "--rule", on(case.rule), "--fail-on", "never"];
    all.extend(told(server, case));
    project.sluice(&all).exits(0).json()
}

/// Rules of findings that are errors.
fn errors(json: &Value) -> BTreeSet<String> {
    let findings = json["findings"].as_array().unwrap().iter();
    findings
        .filter(|it| it["severity"] == "error")
        .map(|it| it["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// The project's changes, for messages.
fn texts(project: &Project) -> String {
    let mut paths: Vec<_> =
        std::fs::read_dir(project.path("migrations")).unwrap().map(|item| item.unwrap().path()).collect();
    paths.sort();
    let text = |path: &std::path::PathBuf| {
        format!("-- {}\n{}", path.file_name().unwrap().display(), std::fs::read_to_string(path).unwrap())
    };
    paths.iter().skip(1).map(text).collect()
}

/// Lines that only one of the two has.
fn difference(theirs: &str, ours: &str) -> String {
    let only = |one: &str, other: &str, sign: &str| -> String {
        one.lines()
            .filter(|line| !other.lines().any(|it| it == *line))
            .map(|line| format!("{sign} {line}\n"))
            .collect()
    };
    format!("{}{}", only(theirs, ours, "written:"), only(ours, theirs, "fixed:"))
}
