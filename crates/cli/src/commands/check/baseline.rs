//! The baseline file: findings that are known and may stay, and changes that are not new.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_project::git;
use sluice_report::{Check, FindingReport};
use sluice_review::{Policy, rules};
use sluice_rollout::{ChangeKind, Checksum, version_key};
use sluice_text::{Finding, SourceFile, Span};

use super::about;
use super::history::Known;
use super::project::Place;
use crate::args;
use crate::error::CliError;

/// Its name where none is given.
pub(super) const FILE_NAME: &str = "sluice.baseline.json";
const SCHEMA: &str = "sluice/review-baseline/v1";

/// A baseline file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema: String,
    /// Changes that were there, in their order.
    #[serde(default)]
    changes: Vec<ListedChange>,
    /// Findings that are known, by path, rule and fingerprint.
    #[serde(default)]
    findings: Vec<ListedFinding>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedChange {
    version: String,
    path: String,
    kind: ChangeKind,
    checksum: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedFinding {
    path: String,
    rule: String,
    fingerprint: String,
    message: String,
    /// Why it may stay; written by people, kept when the file is written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A baseline file that was read.
pub(super) struct Baseline {
    file: SourceFile,
    content: Content,
}

impl Baseline {
    /// Reads a file. None where it does not exist.
    ///
    /// # Errors
    /// A file that cannot be read or is no baseline.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CliError> {
        let shown = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&shown, &bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CliError::usage(format!("{shown} cannot be read: {error}"))),
        }
    }

    /// Reads the file as a commit has it: a branch does not write down itself what may stay.
    ///
    /// # Errors
    /// As [`Baseline::read`]; where git fails.
    pub(super) fn at(commit: &str, path: &str) -> Result<Option<Self>, CliError> {
        let text = git::file_at(Path::new("."), commit, path)
            .map_err(|error| CliError::usage(format!("--base: {error}")))?;
        text.map(|text| Self::parse(path, text.as_bytes())).transpose()
    }

    fn parse(shown: &str, bytes: &[u8]) -> Result<Self, CliError> {
        let no_baseline = |why: String| {
            CliError::usage(format!("{shown} is not a baseline file: {why}"))
                .help("`sluice check --write-baseline` writes one")
        };
        let text = sluice_text::decode(bytes).map_err(|error| no_baseline(error.to_string()))?;
        let content: Content = serde_json::from_str(text).map_err(|error| no_baseline(error.to_string()))?;
        if content.schema != SCHEMA {
            return Err(no_baseline(format!("its schema is `{}`, not `{SCHEMA}`", content.schema)));
        }
        Ok(Self { file: SourceFile::new(shown, text), content })
    }

    /// The changes that it lists.
    ///
    /// # Errors
    /// A checksum that is none.
    pub(super) fn changes(&self) -> Result<Vec<Known>, CliError> {
        let known = |change: &ListedChange| {
            let checksum: Checksum = change
                .checksum
                .parse()
                .map_err(|error| CliError::usage(format!("{}: {error}", self.file.path())))?;
            Ok(Known {
                key: version_key(&change.version),
                version: change.version.clone(),
                path: change.path.clone(),
                kind: change.kind,
                checksum,
            })
        };
        self.content.changes.iter().map(known).collect()
    }

    /// Takes the findings that it lists out of a review; `all` are the same findings in the same order. Entries about files that
    /// `is_ours` knows and that match nothing any more come back as findings.
    pub(super) fn apply(
        &self,
        check: &mut Check,
        all: &mut Vec<Finding>,
        policy: &Policy,
        is_ours: impl Fn(&str) -> bool,
    ) -> Vec<Finding> {
        let mut listed: BTreeMap<&str, bool> =
            self.content.findings.iter().map(|one| (one.fingerprint.as_str(), false)).collect();
        let mut keep = Vec::with_capacity(check.findings.len());
        for finding in &check.findings {
            let entry = listed.get_mut(finding.fingerprint.as_str()).filter(|_| may_stay(finding));
            keep.push(entry.is_none());
            if let Some(used) = entry {
                *used = true;
            }
        }
        check.take_known(&keep);
        let mut stays = keep.iter();
        all.retain(|_| stays.next().copied().unwrap_or(true));
        let is_used = |one: &ListedFinding| listed.get(one.fingerprint.as_str()).copied().unwrap_or(false);
        // A rule that does not look cannot say that nothing is there any more.
        let looks =
            |one: &ListedFinding| rules::find(&one.rule).is_none() || policy.severity(&one.rule).is_some();
        let listed = self.content.findings.iter();
        let unused = listed.filter(|one| !is_used(one) && is_ours(&one.path) && looks(one));
        unused.filter_map(|one| self.stale(one, policy)).collect()
    }

    fn stale(&self, one: &ListedFinding, policy: &Policy) -> Option<Finding> {
        let message = format!("{} no longer finds in {} what the baseline lists", one.rule, one.path);
        let help = "write the baseline anew with `sluice check --write-baseline`, or remove the entry";
        let at = self.file.text().find(&one.fingerprint).unwrap_or(0);
        let span = Span::new(at, at + one.fingerprint.len().min(self.file.text().len() - at));
        let finding = about(&self.file, rules::review::STALE_BASELINE, policy, message, help)?;
        Some(Finding { span, ..finding })
    }
}

/// Whether a finding can be listed: not what was not reviewed, nor what is wrong between a branch and its base.
fn may_stay(finding: &FindingReport) -> bool {
    let never = [rules::review::UNREADABLE, rules::review::STALE_BASELINE];
    !never.contains(&finding.rule.as_str()) && !finding.rule.starts_with("integrity/")
}

/// The file that is written: the one that the option names, else the one that is read.
pub(super) fn path(named: Option<&Path>, args: &args::Check, place: Option<&Place>) -> PathBuf {
    let given = named.or(args.baseline.as_deref());
    match (given, place) {
        (Some(path), Some(place)) => place.path(path),
        (Some(path), None) => path.to_owned(),
        (None, _) => PathBuf::from(FILE_NAME),
    }
}

/// Reads the file that the command line names.
///
/// # Errors
/// Those of [`Baseline::read`]; a file that does not exist.
pub(super) fn named(path: &Path) -> Result<Baseline, CliError> {
    Baseline::read(path)?.ok_or_else(|| {
        CliError::usage(format!("there is no baseline file {}", path.display()))
            .help("`sluice check --write-baseline` writes one")
    })
}

/// Writes what a review has found down as known. Returns how many findings that are.
///
/// What an older file says of files that were not reviewed stays, and so do its reasons.
///
/// # Errors
/// A file that cannot be written, or that is there and is no baseline.
pub(super) fn write(
    path: &Path,
    check: &Check,
    changes: &[Known],
    reviewed: &HashSet<&str>,
) -> Result<usize, CliError> {
    let old = Baseline::read(path)?.map(|baseline| baseline.content).unwrap_or_default();
    let reasons: BTreeMap<&str, &String> = old
        .findings
        .iter()
        .filter_map(|one| Some((one.fingerprint.as_str(), one.reason.as_ref()?)))
        .collect();
    let mut findings: BTreeSet<ListedFinding> = check
        .findings
        .iter()
        .filter(|finding| may_stay(finding))
        .map(|finding| ListedFinding {
            path: finding.path.clone(),
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
            message: finding.message.clone(),
            reason: reasons.get(finding.fingerprint.as_str()).map(|reason| (*reason).clone()),
        })
        .collect();
    let is_other = |path: &str| !reviewed.contains(path) && Path::new(path).exists();
    let others = old.findings.iter().filter(|one| is_other(&one.path));
    findings.extend(others.cloned());
    let content = Content {
        schema: SCHEMA.to_owned(),
        changes: changes
            .iter()
            .map(|known| ListedChange {
                version: known.version.clone(),
                path: known.path.clone(),
                kind: known.kind,
                checksum: known.checksum.as_str().to_owned(),
            })
            .collect(),
        findings: findings.into_iter().collect(),
    };
    let failed = |error: &dyn std::fmt::Display| {
        CliError::usage(format!("{} cannot be written: {error}", path.display()))
    };
    let text = serde_json::to_string_pretty(&content).map_err(|error| failed(&error))? + "\n";
    let mut beside = PathBuf::from(path);
    beside.add_extension("new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| failed(&error))?;
    Ok(content.findings.len())
}
