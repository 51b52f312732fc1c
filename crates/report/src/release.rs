use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::plan::{counted, short};
use crate::table::Table;
use crate::{Problem, Report};

/// One release in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReleaseSummary {
    /// Content digest.
    pub digest: String,
    /// When it was created, RFC 3339 in UTC.
    pub created_at: String,
    /// Commit that it comes from.
    pub commit: Option<String>,
    /// Author of the commit.
    pub author: Option<String>,
    /// How many changes it holds.
    pub changes: usize,
}

/// Result of `sluice release list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReleaseList {
    /// The latest first.
    pub releases: Vec<ReleaseSummary>,
}

/// Result of `sluice release create` and `sluice release show`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReleaseDetail {
    /// Content digest.
    pub digest: String,
    /// Project.
    pub project: String,
    /// Whether this command created it; absent in `show`.
    pub created: Option<bool>,
    /// When it was created, RFC 3339 in UTC.
    pub created_at: String,
    /// Where it comes from.
    pub provenance: serde_json::Value,
    /// What it holds, in order.
    pub changes: Vec<ReleasedChange>,
}

/// A change of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
pub struct ReleasedChange {
    /// Version.
    pub version: String,
    /// Name.
    pub name: String,
    /// File.
    pub path: String,
    /// `versioned`, `repeatable` or `baseline`.
    pub kind: String,
    /// Checksum of the file.
    pub checksum: String,
}

/// Result of `sluice release verify`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Verification {
    /// Digest of the release.
    pub release: String,
    /// Digest of the files as they are.
    pub files: String,
    /// Whether both are equal and the files are those of the commit.
    pub verified: bool,
    /// Commit that the files were compared with.
    pub commit: Option<String>,
    /// What differs.
    pub problems: Vec<Problem>,
}

impl Report for ReleaseList {
    const SCHEMA: &'static str = "sluice/release-list/v1";

    fn human(&self, paint: Paint) -> String {
        if self.releases.is_empty() {
            return "no releases yet: `sluice release create` makes one\n".to_owned();
        }
        let mut table = Table::new(&["release", "created", "changes", "commit", "author"]);
        for release in &self.releases {
            let created = release.created_at.get(..19).unwrap_or(&release.created_at).replace('T', " ");
            table.row(vec![
                (short(&release.digest).to_owned(), Some(Tone::Strong)),
                (created, Some(Tone::Faint)),
                (release.changes.to_string(), None),
                (release.commit.as_deref().map(short).unwrap_or("–").to_owned(), None),
                (release.author.as_deref().map(line).unwrap_or_default(), Some(Tone::Faint)),
            ]);
        }
        table.render(paint)
    }
}

impl Report for ReleaseDetail {
    const SCHEMA: &'static str = "sluice/release/v1";

    fn human(&self, paint: Paint) -> String {
        let verb = match self.created {
            Some(true) => "created",
            Some(false) => "exists already",
            None => "release",
        };
        let mut out = format!(
            "{} {} {}\n",
            paint.tone(Tone::Strong, short(&self.digest)),
            verb,
            paint.tone(
                Tone::Faint,
                &format!("({} · {})", line(&self.project), counted(self.changes.len(), "change"))
            )
        );
        if let Some(fields) = self.provenance.as_object() {
            for (name, value) in fields {
                let text = value
                    .as_str()
                    .map(line)
                    .or_else(|| (value.as_bool() == Some(true)).then(|| "yes".to_owned()));
                if let Some(text) = text {
                    out.push_str(&format!("  {} {text}\n", paint.tone(Tone::Faint, &format!("{name}:"))));
                }
            }
        }
        if self.created.is_none() {
            let mut table = Table::new(&["version", "name", "kind", "file"]);
            for change in &self.changes {
                table.row(vec![
                    (line(&change.version), None),
                    (line(&change.name), None),
                    (change.kind.clone(), Some(Tone::Faint)),
                    (line(&change.path), Some(Tone::Faint)),
                ]);
            }
            out.push_str(&table.render(paint));
        }
        out
    }
}

impl Report for Verification {
    const SCHEMA: &'static str = "sluice/release-verify/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        for problem in &self.problems {
            problem.render(paint, &mut out);
        }
        let commit = self
            .commit
            .as_deref()
            .map(|commit| format!(" and of commit {}", short(commit)))
            .unwrap_or_default();
        if self.verified {
            out.push_str(&format!(
                "{}: the files are those of release {}{commit}\n",
                paint.tone(Tone::Good, "verified"),
                short(&self.release)
            ));
        }
        out
    }
}
