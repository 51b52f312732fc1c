//! The result of a review, in every format that people and programs read.

mod forecast;
mod forge;
mod hover;
mod human;
mod inert;
mod junit;
mod lines;
mod markdown;
mod sarif;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use sluice_review::{StatementForecast, Suppressed};
use sluice_sql::Dialect;
use sluice_text::{Finding, Severity, SourceFile};

use crate::{Paint, Report};
pub use forecast::{ForecastLock, ForecastWork, StatementReport};
use lines::Lines;

/// What a review found.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Check {
    /// Findings by file and place.
    pub findings: Vec<FindingReport>,
    /// What statements lock and do, those left out that nobody notices.
    pub forecasts: Vec<StatementReport>,
    /// Findings that suppressions in the files keep quiet.
    pub suppressed: Vec<SuppressedReport>,
    /// Counts.
    pub summary: Summary,
    /// How long it took, where people are told.
    #[serde(skip)]
    #[schemars(skip)]
    pub elapsed: Option<Duration>,
    /// Forecasts are left out: nobody will look at them.
    #[serde(skip)]
    #[schemars(skip)]
    pub without_forecasts: bool,
    #[serde(skip)]
    #[schemars(skip)]
    sources: BTreeMap<String, SourceFile>,
    #[serde(skip)]
    #[schemars(skip)]
    spans: Vec<(usize, usize)>,
    /// Whether each finding makes the review fail by the policy of its change.
    #[serde(skip)]
    #[schemars(skip)]
    failing: Vec<bool>,
    /// How often findings that read the same came so far.
    #[serde(skip)]
    #[schemars(skip)]
    seen: BTreeMap<String, usize>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingReport {
    /// The rule, as `category/name`.
    pub rule: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// `measured`, `modelled` or `assumed`.
    pub evidence: String,
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column after the end.
    pub end_column: usize,
    /// The statement, shortened, without secrets.
    pub statement: String,
    /// The engine.
    pub engine: Option<String>,
    /// Its name, which stays the same while the file changes elsewhere.
    pub fingerprint: String,
    /// A change that makes it go away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixReport>,
}

/// A finding that a suppression keeps quiet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SuppressedReport {
    /// The rule.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Why it may stay.
    pub reason: String,
    /// The last day on which it may, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A change of the file, and changes to come after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixReport {
    /// What it does.
    pub title: String,
    /// Replacements in the file, in order.
    pub edits: Vec<EditReport>,
    /// Changes to come directly after this one, each to be applied for itself.
    pub follow_ups: Vec<FollowUpReport>,
}

/// A replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EditReport {
    /// First line, from 1.
    pub line: usize,
    /// First column, from 1.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column after the end.
    pub end_column: usize,
    /// The new text.
    pub text: String,
}

/// A change to come after the fixed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FollowUpReport {
    /// Name without version.
    pub name: String,
    /// Its text.
    pub sql: String,
}

/// Counts of a review.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Files that were reviewed.
    pub files: usize,
    /// Statements in them.
    pub statements: usize,
    /// Findings by severity.
    pub errors: usize,
    /// Findings by severity.
    pub warnings: usize,
    /// Findings by severity.
    pub infos: usize,
    /// Findings that suppressions kept quiet.
    pub suppressed: usize,
    /// Findings that the baseline file lists.
    pub baselined: usize,
    /// Files that the policy ignores.
    pub ignored: usize,
    /// Whether the review failed by the policy.
    pub failed: bool,
}

/// Formats of findings besides those of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CheckFormat {
    Sarif,
    Junit,
    Github,
    Gitlab,
    Markdown,
}

impl Check {
    /// Adds what the review of one file gave.
    pub fn add(
        &mut self,
        dialect: Dialect,
        file: &SourceFile,
        statements: usize,
        suppressed: usize,
        findings: &[Finding],
        forecasts: &[StatementForecast],
    ) {
        self.summary.files += 1;
        self.summary.statements += statements;
        self.summary.suppressed += suppressed;
        let forecasts = if self.without_forecasts { &[] } else { forecasts };
        if findings.is_empty() && forecasts.is_empty() {
            return;
        }
        let lines = Lines::of(file.text());
        self.push(dialect, file, findings, &lines);
        self.forecasts
            .extend(forecasts.iter().filter_map(|one| StatementReport::of(one, dialect, file, &lines)));
    }

    /// Adds findings about a file that was not reviewed.
    pub fn add_findings(&mut self, dialect: Dialect, file: &SourceFile, findings: &[Finding]) {
        if !findings.is_empty() {
            self.push(dialect, file, findings, &Lines::of(file.text()));
        }
    }

    /// Adds what suppressions kept quiet in a file.
    pub fn add_suppressed(&mut self, file: &SourceFile, quiet: &[Suppressed]) {
        if quiet.is_empty() {
            return;
        }
        let lines = Lines::of(file.text());
        self.suppressed.extend(quiet.iter().map(|one| SuppressedReport {
            rule: one.rule.to_owned(),
            message: one.message.clone(),
            path: file.path().to_owned(),
            line: lines.position(one.span.start).0,
            reason: one.reason.clone(),
            until: one.until.map(|day| day.to_string()),
        }));
    }

    fn push(&mut self, dialect: Dialect, file: &SourceFile, findings: &[Finding], lines: &Lines<'_>) {
        self.sources.insert(file.path().to_owned(), file.clone());
        for finding in findings {
            self.count(finding.severity.name(), 1);
            self.spans.push((finding.span.start, finding.span.end));
            let mut report = FindingReport::of(finding, dialect, lines);
            report.fingerprint = self.fingerprint(&report);
            self.findings.push(report);
        }
    }

    fn count(&mut self, severity: &str, by: isize) {
        let count = match severity {
            "error" => &mut self.summary.errors,
            "warning" => &mut self.summary.warnings,
            _ => &mut self.summary.infos,
        };
        *count = count.saturating_add_signed(by);
    }

    /// Says of the findings that were added since the last time which of them make the review fail: those at or above `fail_on`.
    pub fn weigh(&mut self, fail_on: Option<Severity>) {
        let new = self.findings.iter().skip(self.failing.len());
        let fails = |finding: &FindingReport| {
            fail_on.is_some_and(|lowest| match finding.severity.as_str() {
                "error" => true,
                "warning" => lowest <= Severity::Warning,
                _ => lowest == Severity::Info,
            })
        };
        let new: Vec<bool> = new.map(fails).collect();
        self.failing.extend(new);
    }

    /// Takes findings out that the baseline file lists: those whose place in `keep` is false.
    pub fn take_known(&mut self, keep: &[bool]) {
        let mut at = 0;
        let mut stays = || {
            at += 1;
            keep.get(at - 1).copied().unwrap_or(true)
        };
        let mut taken = Vec::new();
        self.findings.retain(|finding| {
            let stays = stays();
            if !stays {
                taken.push(finding.severity.clone());
            }
            stays
        });
        let mut at = keep.iter();
        self.spans.retain(|_| at.next().copied().unwrap_or(true));
        let mut at = keep.iter();
        self.failing.retain(|_| at.next().copied().unwrap_or(true));
        for severity in &taken {
            self.count(severity, -1);
        }
        self.summary.baselined += taken.len();
    }

    /// Says whether the review failed.
    pub fn settle(&mut self) {
        self.summary.failed = self.failing.contains(&true);
    }

    /// Writes the findings in a format of their own.
    pub fn render(&self, format: CheckFormat) -> String {
        match format {
            CheckFormat::Sarif => sarif::render(self),
            CheckFormat::Junit => junit::render(self),
            CheckFormat::Github => forge::github(self),
            CheckFormat::Gitlab => forge::gitlab(self),
            CheckFormat::Markdown => markdown::render(self),
        }
    }

    /// A name for a finding that stays the same while the file changes elsewhere: digest over rule, path, statement and message,
    /// and a number where that comes more than once.
    fn fingerprint(&mut self, finding: &FindingReport) -> String {
        let words: Vec<&str> = finding.statement.split_whitespace().collect();
        let text = format!("{}\n{}\n{}\n{}", finding.rule, finding.path, words.join(" "), finding.message);
        let times = self.seen.entry(text.clone()).or_default();
        let whole = sluice_rollout::Checksum::of(format!("{text}\n{times}").as_bytes());
        *times += 1;
        whole.value().to_owned()
    }
}

impl FindingReport {
    fn of(finding: &Finding, dialect: Dialect, lines: &Lines<'_>) -> Self {
        let (line, column) = lines.position(finding.span.start);
        let (end_line, end_column) = lines.position(finding.span.end);
        let fix = finding.fix.as_ref().map(|fix| FixReport {
            title: fix.title.clone(),
            edits: fix
                .edits
                .iter()
                .map(|edit| {
                    let (line, column) = lines.position(edit.span.start);
                    let (end_line, end_column) = lines.position(edit.span.end);
                    EditReport { line, column, end_line, end_column, text: edit.text.clone() }
                })
                .collect(),
            follow_ups: fix
                .follow_ups
                .iter()
                .map(|next| FollowUpReport { name: next.name.clone(), sql: next.sql.clone() })
                .collect(),
        });
        Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity.name().to_owned(),
            message: finding.message.clone(),
            help: finding.help.clone(),
            evidence: finding.evidence.name().to_owned(),
            path: finding.file.path().to_owned(),
            line,
            column,
            end_line,
            end_column,
            statement: excerpt(dialect, finding.file.slice(finding.statement), EXCERPT),
            engine: Some(finding.engine.unwrap_or(dialect.name()).to_owned()),
            fingerprint: String::new(),
            fix,
        }
    }
}

/// At most so many characters of a statement are told.
const EXCERPT: usize = 200;

/// A statement on one line, at most so many characters of it, without secrets.
fn excerpt(dialect: Dialect, text: &str, most: usize) -> String {
    // Long statements are cut before anything is looked for in them; a literal that is cut is not shown.
    let shown = sluice_sql::redact(dialect, sluice_text::cut(text, 16 * most));
    let (mut out, mut count) = (String::with_capacity(shown.len().min(4 * most)), 0);
    for word in shown.split_whitespace() {
        let length = word.chars().count();
        if count + length > most {
            out.push_str(if out.is_empty() { "…" } else { " …" });
            break;
        }
        if !out.is_empty() {
            out.push(' ');
            count += 1;
        }
        out.push_str(word);
        count += length;
    }
    out
}

impl Report for Check {
    const SCHEMA: &'static str = "sluice/check/v1";

    fn human(&self, paint: Paint) -> String {
        human::render(self, paint)
    }
}

#[cfg(test)]
mod tests;
