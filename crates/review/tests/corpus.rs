//! What the recommended rules say of a production database's changes since 2014.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::SourceFile;

#[test]
fn findings_about_a_production_database_are_few() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/migrations/cratesio");
    let Ok(entries) = std::fs::read_dir(root.join("migrations")).or_else(|_| std::fs::read_dir(&root)) else {
        eprintln!("skipped: {} is not there", root.display());
        return;
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path().join("up.sql")).collect();
    files.retain(|file| file.exists());
    // As Diesel orders them: by the version without dashes.
    files.sort_by_key(|file| {
        let folder = file.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
        folder.split('_').next().unwrap().replace('-', "")
    });
    let policy = Policy::of(RuleSet::Recommended);
    let conditions =
        Conditions { version: "15".parse().ok(), today: Date::constant(2026, 11, 1), one_batch: false };
    let mut reviewer = Reviewer::new(Schema::empty(Dialect::Postgres), &policy, conditions);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let script = Script::read(
            Dialect::Postgres,
            SourceFile::new(name.as_str(), text.as_str()),
            ChangeInfo::default(),
        );
        for finding in reviewer.review(&script).findings {
            *counts.entry(finding.rule).or_default() += 1;
            if std::env::var_os("SHOW_FINDINGS").is_some() {
                let line = finding.span.slice(&text).lines().next().unwrap_or_default().to_owned();
                println!(
                    "{} [{}] {name}: {} | {line}",
                    finding.severity.name(),
                    finding.rule,
                    finding.message
                );
            }
        }
    }
    println!("{} changes: {counts:#?}", files.len());
    assert_eq!(files.len(), 285);
    // Every one of them was applied: nothing of it is refused, missing or not understood.
    let refused: Vec<_> = counts.keys().filter(|rule| rule.starts_with("correctness/")).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let unread: Vec<_> = counts.keys().filter(|rule| rule.starts_with("review/")).collect();
    assert!(unread.is_empty(), "{unread:?}");
}
