use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use sluice_testkit::repository;

use crate::{mysql, postgres, sqlite};

/// Rules whose code has a fix, from their sources: a rule does not tell by itself whether it has one.
fn with_fixes(folder: &Path, found: &mut BTreeSet<String>) {
    let id = Regex::new(r#"(?m)^    \w+, "([a-z-]+/[a-z0-9-]+)", "#).unwrap();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            with_fixes(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        if let Some(id) = id.captures(&text).filter(|_| text.contains(".fix(")) {
            found.insert(id[1].to_owned());
        }
    }
}

#[test]
fn every_rule_with_a_fix_has_a_case() {
    let mut with = BTreeSet::new();
    with_fixes(&repository().join("crates/review/src/rules"), &mut with);
    assert!(with.contains("locks/create-index") && with.contains("transactions/unclosed"), "{with:?}");
    let cases = [postgres::CASES, mysql::CASES, mysql::OF_OTHER_VERSIONS, sqlite::CASES].concat();
    let told: BTreeSet<String> = cases.iter().map(|case| case.rule.to_owned()).collect();
    let missing: Vec<&String> = with.difference(&told).collect();
    assert!(missing.is_empty(), "rules with a fix that no case proves: {missing:?}");
    let without: Vec<&String> = told.difference(&with).collect();
    assert!(without.is_empty(), "cases of rules that have no fix: {without:?}");
    for case in cases {
        for (_, why) in case.instead.iter().chain(&case.rows) {
            assert!(why.len() > 15, "{}: say why", case.rule);
        }
    }
}
