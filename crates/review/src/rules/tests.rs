use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use jiff::civil::Date;
use serde_json::Value;
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{Finding, Severity, SourceFile};

use crate::{
    ChangeInfo, Conditions, Meta, Policy, Reviewer, Rule, RuleSet, RuleSetting, Script, ServerVersion, rules,
};

/// A code block of a rule's documentation.
struct Example {
    dialect: Dialect,
    version: Option<ServerVersion>,
    before: String,
    sql: String,
    /// Rows of the tables that are there before: `rows:2000`.
    rows: Option<u64>,
    /// Options of the rule: `max:20`.
    options: BTreeMap<String, Value>,
}

/// `name:value` among the words behind the language of a code block.
fn settings(words: &[&str]) -> BTreeMap<String, Value> {
    let pairs = words.iter().filter_map(|word| word.split_once(':'));
    let pairs = pairs.map(|(name, value)| {
        let value = value.parse::<u64>().map_or_else(|_| Value::from(value), Value::from);
        (name.to_owned(), value)
    });
    pairs.collect()
}

/// The code blocks of the section called `section`, once for each dialect that they are for.
fn examples(rule: &dyn Rule, section: &str) -> Vec<Example> {
    let meta = rule.meta();
    let (mut heading, mut fence, mut text) = (String::new(), None::<String>, String::new());
    let mut before: Vec<(Dialect, String, Option<u64>)> = Vec::new();
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
            let version = words.iter().filter(|word| !word.contains(':')).find_map(|word| word.parse().ok());
            let mut options = settings(&words);
            let rows = options.remove("rows").and_then(|rows| rows.as_u64());
            for dialect in dialects {
                if words.contains(&"before") {
                    before.retain(|(one, ..)| *one != dialect);
                    before.push((dialect, text.clone(), rows));
                } else if heading == section {
                    let before = before.iter().find(|(one, ..)| *one == dialect);
                    found.push(Example {
                        dialect,
                        version,
                        before: before.map(|(_, text, _)| text.clone()).unwrap_or_default(),
                        sql: text.clone(),
                        rows: before.and_then(|(.., rows)| *rows),
                        options: options.clone(),
                    });
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

/// Findings about `example` under `policy`, in which `rule` has the options of the example.
fn review(policy: &Policy, rule: &dyn Rule, example: &Example) -> Vec<Finding> {
    let conditions =
        Conditions { version: example.version, today: Date::constant(2026, 11, 1), one_batch: false };
    // An example that says nothing of what is there before is about a database of which nothing is known.
    let schema = if example.before.is_empty() {
        Schema::unknown(example.dialect)
    } else {
        Schema::empty(example.dialect)
    };
    let mut policy = policy.clone();
    let setting = RuleSetting { severity: None, options: example.options.clone() };
    policy.set(rule.meta().id, &setting).unwrap();
    let read = |path: &str, sql: &str| {
        let contract = sql.starts_with("-- sluice: phase=contract\n");
        let info = ChangeInfo { contract, ..ChangeInfo::default() };
        Script::read(example.dialect, SourceFile::new(path, sql), info)
    };
    let mut reviewer = Reviewer::new(schema, &policy, conditions);
    reviewer.replay(&read("before.sql", &example.before));
    let mut schema = reviewer.schema().clone();
    for relation in schema.relations.values_mut().filter(|_| example.rows.is_some()) {
        relation.rows = example.rows;
    }
    let mut reviewer = Reviewer::new(schema, &policy, conditions);
    reviewer.review(&read("example.sql", &example.sql)).findings
}

/// The recommended rules, and `rule` with its defaults.
fn policy(rule: &dyn Rule) -> Policy {
    let mut policy = Policy::of(RuleSet::Recommended);
    policy.set_severity(rule.meta().id, rule.meta().severity.name()).unwrap();
    policy
}

/// `rule` alone, so that no other one says it better.
fn alone(rule: &dyn Rule) -> Policy {
    static NONE: OnceLock<Policy> = OnceLock::new();
    let none = NONE.get_or_init(|| {
        let mut policy = Policy::of(RuleSet::Recommended);
        for rule in rules::all() {
            policy.set_severity(rule.meta().id, "off").unwrap();
        }
        policy
    });
    let mut policy = none.clone();
    policy.set_severity(rule.meta().id, rule.meta().severity.name()).unwrap();
    policy
}

/// What is about the files of a project, what only a server shows and what fills pages has no example.
fn has_no_example(meta: &Meta) -> bool {
    let long = meta.id == "review/beyond-limits";
    let shown = ["correctness/does-not-run", "correctness/not-reversible", "review/forecast-differs"];
    meta.category() == "integrity" || meta.id == "review/stale-baseline" || long || shown.contains(&meta.id)
}

#[test]
fn bad_examples_are_found_by_their_rule() {
    let mut wrong = String::new();
    for rule in rules::all() {
        let bad = examples(*rule, "Bad");
        if bad.is_empty() && !has_no_example(rule.meta()) {
            writeln!(wrong, "{}: no bad example", rule.meta().id).unwrap();
        }
        for example in bad {
            let findings = review(&alone(*rule), *rule, &example);
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
        if good.is_empty() && !has_no_example(rule.meta()) {
            writeln!(wrong, "{}: no good example", rule.meta().id).unwrap();
        }
        for example in good {
            for finding in review(&policy(*rule), *rule, &example) {
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
        let headings: Vec<&str> = meta.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let wanted: &[&str] =
            if has_no_example(meta) { &["Why", "Source"] } else { &["Why", "Bad", "Good", "Source"] };
        assert_eq!(headings, wanted, "{}", meta.id);
        let source = meta.lines().skip_while(|line| *line != "## Source").nth(1).unwrap_or_default();
        assert!(source.len() > 8 && !source.contains("TODO"), "{}: says no source", meta.id);
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
            for finding in review(&policy, *rule, &example) {
                let Some(fix) = finding.fix.filter(|_| finding.rule == rule.meta().id) else { continue };
                let mut sql = fix.apply(&example.sql);
                let mut before = example.before.clone();
                for next in std::iter::once(None).chain(fix.follow_ups.iter().map(Some)) {
                    if let Some(next) = next {
                        before.push_str(&sql);
                        sql.clone_from(&next.sql);
                    }
                    let options = example.options.clone();
                    let fixed = Example { before: before.clone(), sql: sql.clone(), options, ..example };
                    for left in review(&policy, *rule, &fixed) {
                        // What the server refuses loses nothing; what it then takes does.
                        let revealed = rule.meta().id == "correctness/sqlite-drop-column"
                            && left.rule == "data-loss/drop-column";
                        if left.rule == rule.meta().id || (left.severity == Severity::Error && !revealed) {
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

/// Pairs of rules that may speak of the same place, as they tell of different harm.
const TOGETHER: &[(&str, &str)] = &[
    // What is left out, and what is changed.
    ("compatibility/attribute-not-repeated", "compatibility/change-type"),
    ("compatibility/attribute-not-repeated", "compatibility/rename-column"),
    // What waits, and what breaks or is lost.
    ("locks/add-check", "compatibility/add-check"),
    ("locks/add-unique-constraint", "compatibility/add-unique"),
    ("locks/column-type-rewrite", "compatibility/change-type"),
    ("locks/column-type-rewrite", "correctness/timestamp-without-zone"),
    ("locks/column-type-rewrite", "data-loss/narrow-type"),
    ("locks/create-index", "compatibility/add-unique"),
    ("locks/create-index", "correctness/duplicate-key-column"),
    ("locks/drop-foreign-key-parent", "compatibility/drop-constraint"),
    ("locks/drop-table-parent", "data-loss/drop-table"),
    ("locks/set-logged", "data-loss/set-unlogged"),
    ("locks/set-not-null", "compatibility/add-not-null"),
    ("locks/sqlite-table-rewrite", "data-loss/drop-column"),
    // What is lost, and what the house wants.
    ("data-loss/drop-column", "schema/drop-indexed-column"),
    ("data-loss/drop-table", "naming/dropped-table"),
    ("data-loss/drop-table", "statement/require-if-exists"),
];

/// Nothing is said twice: recommended rules that find something in the same place tell of different things.
#[test]
fn recommended_rules_do_not_say_the_same() {
    let mut wrong = BTreeMap::new();
    let recommended = Policy::of(RuleSet::Recommended);
    for rule in rules::all() {
        for example in examples(*rule, "Bad") {
            let findings = review(&recommended, *rule, &example);
            for (at, left) in findings.iter().enumerate() {
                for right in findings.iter().skip(at + 1) {
                    let touches = left.span.start < right.span.end && right.span.start < left.span.end;
                    let allowed = TOGETHER.iter().any(|(one, other)| {
                        [(left.rule, right.rule), (right.rule, left.rule)].contains(&(one, other))
                    });
                    if touches && left.rule != right.rule && !allowed {
                        wrong.entry((left.rule, right.rule)).or_insert_with(|| {
                            format!("«{}» «{}» of {}", left.message, right.message, example.sql)
                        });
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
