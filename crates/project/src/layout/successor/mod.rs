//! Changes to come directly after another one: what their files are called in each layout, and what is in them.

mod form;
mod number;

use std::path::{Path, PathBuf};

use sluice_rollout::{Change, ChangeKind, Directives};

use super::{Directory, Layout};
use number::Numbering;

/// A change that is wanted after another one.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name without version, in words joined by `_`.
    pub name: String,
    /// Its SQL, with its `-- sluice:` directives; where the change before runs only on some databases, so does this one.
    pub sql: String,
    /// Its statements cannot run in a transaction. Sluice sees that by itself; the tool that the layout comes from is told.
    pub separate: bool,
}

/// What has to be written for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A new file.
    File {
        /// Its path, beside the file of the change that it follows.
        path: PathBuf,
        /// Its text.
        text: String,
    },
    /// A text within the file of the change that it follows.
    Within {
        /// Offset in that file.
        at: usize,
        /// What is put there.
        text: String,
    },
}

/// Why a change cannot be followed by another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotFollow {
    /// The layout's order is kept in a file of its tool.
    #[error("the order of {layout} changes is kept by its own tool")]
    OrderedByTool {
        /// The layout.
        layout: Layout,
    },
    /// Only versioned changes have a place in the order.
    #[error("it is not a change that runs once")]
    NotVersioned,
    /// No such change.
    #[error("it is no change of the project")]
    Unknown,
    /// There is no version after it.
    #[error("there is no version to be had after {version}")]
    NoVersion {
        /// The last version.
        version: String,
    },
}

/// Finds places for new changes. It remembers those that it gave away.
#[derive(Debug)]
pub struct Successors<'d> {
    layout: Layout,
    changes: &'d [Change],
    /// Versions in their order, those given away included.
    versions: Vec<String>,
}

impl<'d> Successors<'d> {
    /// For the changes of a directory.
    pub fn new(directory: &'d Directory) -> Self {
        let versions = directory
            .changes
            .iter()
            .filter(|change| change.kind == ChangeKind::Versioned)
            .map(|change| change.version.clone())
            .collect();
        Self { layout: directory.detection.layout, changes: &directory.changes, versions }
    }

    /// For a file that is in no directory of changes: named as in the native layout.
    pub fn lone() -> Self {
        Self { layout: Layout::Native, changes: &[], versions: Vec::new() }
    }

    /// What has to be written so that `wanted` come directly after the change that has `offset` of the file at `path`, in
    /// their order; after the last change where the layout has no version between.
    ///
    /// # Errors
    /// [`CannotFollow`].
    pub fn after(
        &mut self,
        path: &Path,
        offset: usize,
        wanted: &[Wanted],
    ) -> Result<Vec<Piece>, CannotFollow> {
        if matches!(self.layout, Layout::Sqitch | Layout::Drizzle) {
            return Err(CannotFollow::OrderedByTool { layout: self.layout });
        }
        if self.changes.is_empty() {
            return Ok(form::lone(path, wanted));
        }
        let has = |change: &&Change| {
            let blocks = &change.up.blocks;
            Path::new(change.up.file.path()) == path
                && (blocks.len() < 2 && self.layout != Layout::Liquibase
                    || blocks.iter().any(|block| block.span.start <= offset && offset <= block.span.end))
        };
        let change = self.changes.iter().find(has).ok_or(CannotFollow::Unknown)?;
        if change.kind != ChangeKind::Versioned {
            return Err(CannotFollow::NotVersioned);
        }
        let wanted = &inheriting(change, wanted);
        if self.layout == Layout::Liquibase {
            return Ok(form::changesets(change, self.changes, wanted));
        }
        let numbering = Numbering::of(self.layout);
        let versions = numbering
            .after(&change.version, &self.versions, wanted.len())
            .ok_or_else(|| CannotFollow::NoVersion { version: change.version.clone() })?;
        let mut pieces = Vec::new();
        for (version, one) in versions.into_iter().zip(wanted) {
            let recorded = form::files(self.layout, change, &version, one, &mut pieces);
            let at = self.versions.partition_point(|other| numbering.compare(other, &recorded).is_lt());
            self.versions.insert(at, recorded);
        }
        Ok(pieces)
    }
}

/// What is wanted, with what the change before says of where it runs.
fn inheriting(change: &Change, wanted: &[Wanted]) -> Vec<Wanted> {
    let mut lines = String::new();
    let Directives { targets, flag, .. } = &change.directives;
    for (key, value) in [("targets", targets), ("flag", flag)] {
        if let Some(value) = value {
            lines.push_str(&format!("-- sluice: {key}={value}\n"));
        }
    }
    wanted.iter().map(|one| Wanted { sql: format!("{lines}{}", one.sql), ..one.clone() }).collect()
}

#[cfg(test)]
mod tests;
