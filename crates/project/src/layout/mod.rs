//! Migration directories of every layout, read as changes in the order in which they apply.
//!
//! A layout says which file belongs to which change (its name, its directory, a plan, a journal) and which parts of
//! it are to run; offsets are always those of the file, so that every message points into it. Everything that is wrong
//! is reported, not only the first thing. What another tool would silently pass over is a warning.

mod atlas;
mod atlas_sum;
mod bytebase;
mod convention;
mod dbmate;
mod detection;
mod directive;
mod drizzle;
mod flyway;
mod folders;
mod goose;
pub mod history;
mod kind;
mod liquibase;
mod native;
mod numbered;
mod order;
mod product;
mod reading;
mod reread;
mod scan;
mod seen;
mod sqitch;
mod sqitch_plan;
mod successor;
mod tree;
mod unreplaced;
mod unsaved;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_rollout::{Change, ChangeKind, ChecksumInput, Directives};
use sluice_text::{SourceFile, Span};

pub use atlas_sum::renewed_sums;
pub use detection::{Detection, Found, detect, find, find_ruby};
pub use kind::{Layout, UnknownLayout};
pub use liquibase::preamble;
pub use order::compare;
pub use product::Written;
pub use reread::Reread;
pub use seen::Seen;
pub use successor::{CannotFollow, Piece, Successors, Wanted};
pub use unsaved::{Unsaved, without_dots};

use crate::message::{Message, ProjectError};
use order::Order;
use reading::Reading;

/// The migrations of a project.
#[derive(Debug, Clone)]
pub struct Directory {
    /// How they are laid out, and what says so.
    pub detection: Detection,
    /// In the order in which they must be applied; repeatable ones last.
    pub changes: Vec<Change>,
    /// What should be looked at.
    pub warnings: Vec<Message>,
    /// Drizzle: when each change was generated, in milliseconds since 1970, by version. Its history is kept by it.
    pub journal: BTreeMap<String, i64>,
    /// sqitch: the project's name by its plan. Projects share one history.
    pub project: Option<String>,
    /// Prisma, Drizzle: the engine that the changes are written for.
    pub product: Option<Written>,
    /// What is known of the files that were read, where that was asked for.
    pub seen: Seen,
}

impl Directory {
    /// No migrations.
    pub fn empty() -> Self {
        Self {
            detection: Detection {
                layout: Layout::Native,
                evidence: "there are no migrations yet".to_owned(),
            },
            changes: Vec::new(),
            warnings: Vec::new(),
            journal: BTreeMap::new(),
            project: None,
            product: None,
            seen: Seen::default(),
        }
    }
}

/// What is wrong with placeholders of changes that a configuration does not decide about.
pub(crate) fn unreplaced(changes: &[Change], layout: Layout) -> Vec<Message> {
    changes.iter().filter_map(|change| unreplaced::message(change, layout)).collect()
}

/// What the lines at the top of a file that is in no project say of how it runs. What cannot be read of them says nothing.
pub fn directives(file: &SourceFile) -> Directives {
    let mut directives = Directives::default();
    let whole = Span::new(0, file.text().len());
    directive::read(&mut Reading::new(Path::new("")), file, whole, &mut directives);
    directives
}

/// A file that is in no project but has the marks of a layout that keeps both ways in one file: only one of them runs.
pub fn marked(file: &SourceFile) -> Option<Change> {
    let has = |mark: &str| file.text().lines().any(|line| line.starts_with(mark));
    let convention = if has("-- +goose Up") {
        &goose::CONVENTION
    } else if has("-- migrate:up") {
        &dbmate::CONVENTION
    } else {
        return None;
    };
    let mut reading = Reading::new(Path::new(""));
    let body = (convention.body)(&mut reading, file);
    let change = reading.change(reading::Draft {
        version: file.path().to_owned(),
        name: String::new(),
        kind: ChangeKind::Versioned,
        part: reading::all_of(file),
        source: reading::Source { file: file.clone(), input: ChecksumInput::File },
        blocks: body.blocks,
        down: None,
        directives: body.directives,
    });
    reading.errors.is_empty().then_some(change)
}

/// Reads the migrations in `dirs`, which are relative to the repository's `root`; the layout is found out where it is
/// not given.
///
/// # Errors
/// Everything that is wrong with the files, their names, their markers and directives, their order and what they require.
pub fn read(root: &Path, dirs: &[PathBuf], layout: Option<Layout>) -> Result<Directory, ProjectError> {
    read_with(root, dirs, layout, Unsaved::default(), None)
}

/// As [`read`], where an editor has texts that are not on disk, or where files that `seen` knows may stay unread: then the answer
/// says what it has seen.
///
/// # Errors
/// Those of [`read`].
pub fn read_with(
    root: &Path,
    dirs: &[PathBuf],
    layout: Option<Layout>,
    unsaved: Unsaved,
    seen: Option<Arc<Seen>>,
) -> Result<Directory, ProjectError> {
    let mut reading = Reading::new(root);
    reading.unsaved = unsaved;
    reading.seen = seen;
    let mut trees = Vec::with_capacity(dirs.len());
    let mut found = layout.map(|layout| Detection { layout, evidence: "`layout` in sluice.toml".to_owned() });
    for dir in dirs {
        let dir = root.join(dir);
        let entries = tree::walk(&mut reading, &dir);
        let detected =
            if layout.is_none() { detection::of(&mut reading, root, &dir, &entries) } else { None };
        match (&found, detected) {
            (None, detected) => found = detected,
            (Some(first), Some(other)) if other.layout != first.layout => {
                let message = format!(
                    "this directory is laid out as {} ({}), but another as {} ({})",
                    other.layout, other.evidence, first.layout, first.evidence
                );
                let path = reading.shown(&dir);
                reading.error_about(
                    path,
                    message,
                    "give each its own project, or set `layout` in sluice.toml",
                );
            }
            _ => {}
        }
        trees.push((dir, entries));
    }
    let detection = found.unwrap_or_else(|| Directory::empty().detection);
    reading.empty_is_error = detection.layout == Layout::Native;
    let mut changes = Vec::new();
    let mut journal = BTreeMap::new();
    let mut project = None;
    let mut product = None;
    for (dir, entries) in &trees {
        let mut read = match detection.layout {
            Layout::Native => convention::read(&mut reading, entries, &native::CONVENTION),
            Layout::Flyway => flyway::read(&mut reading, entries),
            Layout::Liquibase => liquibase::read(&mut reading, entries),
            Layout::GolangMigrate => convention::read(&mut reading, entries, &numbered::GOLANG_MIGRATE),
            Layout::Goose => convention::read(&mut reading, entries, &goose::CONVENTION),
            Layout::Dbmate => convention::read(&mut reading, entries, &dbmate::CONVENTION),
            Layout::Atlas => atlas::read(&mut reading, dir, entries),
            Layout::Sqitch => {
                let plan = sqitch::read(&mut reading, root, dir);
                project = project.or(plan.project);
                plan.changes
            }
            Layout::Prisma => {
                product = product.or_else(|| folders::provider(&mut reading, entries));
                folders::prisma(&mut reading, dir, entries)
            }
            Layout::Diesel => folders::diesel(&mut reading, dir, entries),
            Layout::Sqlx => convention::read(&mut reading, entries, &numbered::SQLX),
            Layout::Rails => convention::read(&mut reading, entries, &numbered::RAILS),
            Layout::Drizzle => {
                let read = drizzle::read(&mut reading, dir, entries);
                journal.extend(read.when);
                product = product.or(read.dialect);
                read.changes
            }
            Layout::Bytebase => bytebase::read(&mut reading, entries),
        };
        changes.append(&mut read);
    }
    let changes = order::arrange(&mut reading, changes, Order::of(detection.layout));
    if reading.errors.is_empty() {
        // Where there was something to say of a file, it is to be said again.
        let is_wanted = reading.seen.is_some() && reading.warnings.is_empty();
        let seen = if is_wanted { Seen::of(&changes, &reading.stamps) } else { Seen::default() };
        Ok(Directory { seen, detection, changes, warnings: reading.warnings, journal, project, product })
    } else {
        Err(ProjectError { messages: reading.errors })
    }
}
