use std::fmt::Write as _;

use jiff::civil::Date;
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{Finding, Severity, SourceFile};

use crate::{ChangeInfo, Conditions, Policy, Reviewer, Rule, RuleSet, Script, ServerVersion, rules};

/// A code block of a rule's documentation.
struct Example {
    dialect: Dialect,
    version: Option<ServerVersion>,
    before: String,
    sql: String,
}

/// The code blocks of the section called `section`, once for each dialect that they are for.
fn examples(rule: &dyn Rule, section: &str) -> Vec<Example> {
    let meta = rule.meta();
    let (mut heading, mut fence, mut text) = (String::new(), None::<String>, String::new());
    let mut before: Vec<(Dialect, String)> = Vec::new();
    let mut found = Vec::new();
    for line in meta.lines() {
        if let Some(info) = &fence {
            if line.trim() != "```" {
                writeln!(text, "{line}").unwrap();
                continue;
            }
            let words: Vec<&str> = info.split_whitespace().collect();
            let named: Vec<Dialect> =
                Dialect::ALL.into_iter().filter(|dialect| words.contains(&dialect.name())).collect();
            let dialects = if named.is_empty() { meta.engines.iter().collect() } else { named };
            let version = words.iter().find_map(|word| word.parse().ok());
            for dialect in dialects {
                if words.contains(&"before") {
                    before.retain(|(one, _)| *one != dialect);
                    before.push((dialect, text.clone()));
                } else if heading == section {
                    let before = before.iter().find(|(one, _)| *one == dialect);
                    let before = before.map(|(_, text)| text.clone()).unwrap_or_default();
                    found.push(Example { dialect, version, before, sql: text.clone() });
                }
            }
            (fence, text) = (None, String::new());
        } else if let Some(info) = line.strip_prefix("```") {
            fence = Some(info.to_owned());
        } else if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut heading);
            before.clear();
        }
    }
    assert!(fence.is_none(), "{}: a code block is never closed", meta.id);
    found
}

/// Findings about `example` under `policy`.
fn review(policy: &Policy, example: &Example) -> Vec<Finding> {
    let conditions =
        Conditions { version: example.version, today: Date::constant(2026, 11, 1), one_batch: false };
    // An example that says nothing of what is there before is about a database of which nothing is known.
    let schema = if example.before.is_empty() {
        Schema::unknown(example.dialect)
    } else {
        Schema::empty(example.dialect)
    };
    let mut reviewer = Reviewer::new(schema, policy, conditions);
    let read = |path: &str, sql: &str| {
        Script::read(example.dialect, SourceFile::new(path, sql), ChangeInfo::default())
    };
    reviewer.replay(&read("before.sql", &example.before));
    reviewer.review(&read("example.sql", &example.sql)).findings
}

/// The recommended rules, and `rule` with its defaults.
fn policy(rule: &dyn Rule) -> Policy {
    let mut policy = Policy::of(RuleSet::Recommended);
    policy.set_severity(rule.meta().id, rule.meta().severity.name()).unwrap();
    policy
}

#[test]
fn bad_examples_are_found_by_their_rule() {
    let mut wrong = String::new();
    for rule in rules::all() {
        let bad = examples(*rule, "Bad");
        if bad.is_empty() && rule.meta().category() != "integrity" {
            writeln!(wrong, "{}: no bad example", rule.meta().id).unwrap();
        }
        for example in bad {
            let findings = review(&policy(*rule), &example);
            if findings.iter().all(|finding| finding.rule != rule.meta().id) {
                writeln!(wrong, "{} ({}) is silent about\n{}", rule.meta().id, example.dialect, example.sql)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn good_examples_are_clean() {
    let mut wrong = String::new();
    for rule in rules::all() {
        let good = examples(*rule, "Good");
        if good.is_empty() && rule.meta().category() != "integrity" {
            writeln!(wrong, "{}: no good example", rule.meta().id).unwrap();
        }
        for example in good {
            for finding in review(&policy(*rule), &example) {
                if finding.rule == rule.meta().id || finding.severity >= Severity::Warning {
                    let (id, message) = (finding.rule, &finding.message);
                    writeln!(
                        wrong,
                        "{} ({}): {id} says «{message}» of\n{}",
                        rule.meta().id,
                        example.dialect,
                        example.sql
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_is_documented_in_one_form() {
    let mut ids = std::collections::BTreeSet::new();
    for rule in rules::all() {
        let meta = rule.meta();
        assert!(ids.insert(meta.id), "{} is there twice", meta.id);
        let (category, name) = meta.id.split_once('/').unwrap();
        let is_kebab = |word: &str| {
            word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit())
        };
        assert!(is_kebab(category) && is_kebab(name), "{}", meta.id);
        let summary = meta.summary();
        assert!(summary.ends_with('.') && summary.len() < 120, "{}: {summary}", meta.id);
        assert!(meta.doc.contains(" ## Why"), "{}", meta.id);
        for option in meta.options {
            assert!(option.about.ends_with('.'), "{}: {}", meta.id, option.name);
        }
    }
}

#[test]
fn fixes_lead_to_text_that_their_rule_is_silent_about() {
    let mut wrong = String::new();
    for rule in rules::all() {
        for example in examples(*rule, "Bad") {
            let policy = policy(*rule);
            for finding in review(&policy, &example) {
                let Some(fix) = finding.fix.filter(|_| finding.rule == rule.meta().id) else { continue };
                let mut sql = fix.apply(&example.sql);
                let mut before = example.before.clone();
                for next in std::iter::once(None).chain(fix.follow_ups.iter().map(Some)) {
                    if let Some(next) = next {
                        before.push_str(&sql);
                        sql.clone_from(&next.sql);
                    }
                    let fixed = Example { before: before.clone(), sql: sql.clone(), ..example };
                    for left in review(&policy, &fixed) {
                        if left.rule == rule.meta().id || left.severity == Severity::Error {
                            writeln!(wrong, "{}: {} «{}» of\n{sql}", rule.meta().id, left.rule, left.message)
                                .unwrap();
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
