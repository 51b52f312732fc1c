use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Change;

/// Content digest of a release or a plan: `sha256:hex`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// Digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(crate::Checksum::with(crate::Algorithm::Sha256Raw, bytes).as_str().replacen(
            "sha256-raw:",
            "sha256:",
            1,
        ))
    }

    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        let hex = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        hex.get(..12).unwrap_or(hex)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a release comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Remote URL without credentials.
    pub repository: Option<String>,
    /// Commit hash.
    pub commit: Option<String>,
    /// Whether tracked files differed from the commit.
    pub dirty: bool,
    /// `name <mail>` of the commit's author.
    pub author: Option<String>,
    /// `name <mail>` of the commit's committer.
    pub committer: Option<String>,
    /// Branch or tag.
    pub reference: Option<String>,
    /// Pull or merge request number.
    pub pull_request: Option<String>,
    /// CI system, for example `github`.
    pub ci: Option<String>,
    /// URL of the CI run.
    pub ci_run: Option<String>,
}

/// An immutable ordered set of changes, named by its content.
#[derive(Debug, Clone)]
pub struct Release {
    /// Content digest over paths, versions, checksums, order and the effective configuration.
    pub digest: Digest,
    /// Project name.
    pub project: String,
    /// The changes in order.
    pub changes: Arc<[Change]>,
    /// Effective configuration without secrets, canonical JSON.
    pub configuration: String,
    /// Where it comes from. Not part of the digest.
    pub provenance: Provenance,
}

impl Release {
    /// Version of the digest's definition; part of the digest.
    pub const DIGEST_VERSION: u32 = 1;

    /// Names a set of changes by its content.
    pub fn new(project: String, changes: Vec<Change>, configuration: String, provenance: Provenance) -> Self {
        Self {
            digest: Self::digest_of(&project, &changes, &configuration),
            project,
            changes: changes.into(),
            configuration,
            provenance,
        }
    }

    /// The digest alone.
    pub fn digest_of(project: &str, changes: &[Change], configuration: &str) -> Digest {
        let mut text = format!("sluice release {}\n", Self::DIGEST_VERSION);
        text.reserve(configuration.len() + 160 * changes.len());
        for part in [project, configuration] {
            push_field(&mut text, part);
        }
        for change in changes {
            for part in [change.up.file.path(), &change.version, change.kind.name(), change.checksum.as_str()]
            {
                push_field(&mut text, part);
            }
        }
        Digest::of(text.as_bytes())
    }
}

/// Length first, so that no two lists of fields give the same text.
fn push_field(text: &mut String, field: &str) {
    push_number(text, field.len());
    text.push(':');
    text.push_str(field);
    text.push('\n');
}

fn push_number(text: &mut String, number: usize) {
    if number > 9 {
        push_number(text, number / 10);
    }
    text.extend(u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10)));
}
