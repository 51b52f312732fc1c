//! Which layout a directory has, and where a repository keeps its migrations.

use std::path::{Path, PathBuf};

use sluice_text::SourceFile;

use super::kind::Layout;
use super::native::{leading_digits, version};
use super::reading::Reading;
use super::tree::{self, Entry};
use super::{atlas, dbmate, drizzle, folders, liquibase, scan, sqitch};
use crate::message::ProjectError;

/// A layout and what it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The layout.
    pub layout: Layout,
    /// What was found, for people: `migrations/atlas.sum`, `V1__init.sql`.
    pub evidence: String,
}

/// Finds out the layout of `dirs`, relative to `root`.
///
/// # Errors
/// Directories that cannot be read, or that have different layouts.
pub fn detect(root: &Path, dirs: &[PathBuf]) -> Result<Detection, ProjectError> {
    let mut reading = Reading::new(root);
    let mut found: Option<(Detection, PathBuf)> = None;
    for dir in dirs {
        let dir = root.join(dir);
        let entries = tree::walk(&mut reading, &dir);
        let Some(detection) = of(&mut reading, root, &dir, &entries) else { continue };
        match &found {
            Some((first, first_dir)) if first.layout != detection.layout => {
                let message = format!(
                    "this directory is laid out as {} ({}), but {} as {} ({})",
                    detection.layout,
                    detection.evidence,
                    reading.shown(first_dir),
                    first.layout,
                    first.evidence
                );
                let path = reading.shown(&dir);
                reading.error_about(
                    path,
                    message,
                    "give each its own project, or set `layout` in sluice.toml",
                );
            }
            Some(_) => {}
            None => found = Some((detection, dir)),
        }
    }
    if !reading.errors.is_empty() {
        return Err(ProjectError { messages: reading.errors });
    }
    Ok(found.map_or_else(native, |(detection, _)| detection))
}

fn native() -> Detection {
    Detection { layout: Layout::Native, evidence: "nothing of another tool".to_owned() }
}

/// The layout of a directory with these files; `None` where there is nothing that could be a migration.
pub(super) fn of(reading: &mut Reading, root: &Path, dir: &Path, entries: &[Entry]) -> Option<Detection> {
    let detection = |layout, evidence: String| Some(Detection { layout, evidence });
    if let Some(home) = sqitch::home(root, dir).filter(|home| {
        home == dir || dir.ends_with("deploy") || home.as_path() == root && !entries.iter().any(Entry::is_sql)
    }) {
        return detection(Layout::Sqitch, reading.shown(&home.join(sqitch::PLAN)));
    }
    if let Some(detection) = by_name(reading, entries) {
        return Some(detection);
    }
    by_content(reading, entries).or_else(|| by_surroundings(reading, root, dir, entries))
}

/// By files that only one tool has.
fn by_name(reading: &Reading, entries: &[Entry]) -> Option<Detection> {
    let evidence = |layout, entry: &Entry| Some(Detection { layout, evidence: reading.shown(&entry.path) });
    let sole = |inside: &str| entries.iter().find(|entry| entry.inside == inside);
    if let Some(entry) = sole(drizzle::JOURNAL) {
        return evidence(Layout::Drizzle, entry);
    }
    if let Some(entry) = sole(folders::LOCK) {
        return evidence(Layout::Prisma, entry);
    }
    let in_folder = |name: &str| {
        entries.iter().find(|entry| {
            entry.name() == name && !entry.is_at_top() && leading_digits(entry.folder()).is_some()
        })
    };
    if let Some(entry) = in_folder("migration.sql") {
        let layout = if in_folder("snapshot.json").is_some() { Layout::Drizzle } else { Layout::Prisma };
        return evidence(layout, entry);
    }
    if let Some(entry) = in_folder("up.sql") {
        return evidence(Layout::Diesel, entry);
    }
    None
}

/// By markers within the files; only a few are read.
fn by_content(reading: &mut Reading, entries: &[Entry]) -> Option<Detection> {
    let sql: Vec<&Entry> = entries.iter().filter(|entry| entry.is_sql()).collect();
    let samples = sql.iter().take(3).chain(sql.iter().skip(3).last());
    for entry in samples {
        // A file that cannot be read is reported when its turn comes.
        let errors = reading.errors.len();
        let source = reading.source(&entry.path);
        reading.errors.truncate(errors);
        let Some(source) = source else { continue };
        let layout = marked(&source.file);
        let evidence = source.file.path().to_owned();
        reading.keep(entry.path.clone(), source);
        if let Some(layout) = layout {
            return Some(Detection { layout, evidence });
        }
    }
    let changelog = entries.iter().find(|entry| {
        entry.name().contains("changelog")
            && [".xml", ".yaml", ".yml", ".json"].iter().any(|extension| entry.name().ends_with(extension))
    });
    changelog.map(|entry| Detection { layout: Layout::Liquibase, evidence: reading.shown(&entry.path) })
}

fn marked(file: &SourceFile) -> Option<Layout> {
    let text = file.text();
    if liquibase::header(text).is_some() {
        return Some(Layout::Liquibase);
    }
    if atlas::has_directive(text) {
        return Some(Layout::Atlas);
    }
    scan::lines(text, super::reading::all_of(file)).find_map(|line| {
        let comment = line.comment()?;
        if comment.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("+goose")) {
            return Some(Layout::Goose);
        }
        dbmate::marker(&line).map(|_| Layout::Dbmate)
    })
}

/// By names that several tools share, and by what stands around the directory.
fn by_surroundings(reading: &Reading, root: &Path, dir: &Path, entries: &[Entry]) -> Option<Detection> {
    let shown = |entry: &Entry| reading.shown(&entry.path);
    let detection = |layout, evidence| Some(Detection { layout, evidence });
    if let Some(entry) = entries.iter().find(|entry| entry.inside == atlas::SUM) {
        return detection(Layout::Atlas, shown(entry));
    }
    let mut sql = entries.iter().filter(|entry| entry.is_sql());
    if let Some(entry) = sql.clone().find(|entry| is_flyway(entry.name())) {
        return detection(Layout::Flyway, shown(entry));
    }
    let is_bytebase =
        |name: &str| name.contains("##") || name.ends_with("_ddl.sql") || name.ends_with("_dml.sql");
    if let Some(entry) = sql.clone().find(|entry| is_bytebase(entry.name())) {
        return detection(Layout::Bytebase, shown(entry));
    }
    let first = sql.clone().find(|entry| leading_digits(entry.name()).is_some());
    if let Some(entry) = first {
        if dir.ends_with("db/migrate") {
            return detection(Layout::Rails, shown(entry));
        }
        if let Some(manifest) = sqlx_manifest(root, dir) {
            return detection(Layout::Sqlx, reading.shown(&manifest));
        }
        let all_up_or_down = sql.clone().filter(|entry| entry.is_at_top()).all(|entry| {
            (entry.name().ends_with(".up.sql") || entry.name().ends_with(".down.sql"))
                && leading_digits(entry.name()).is_some()
        });
        if all_up_or_down && entry.is_at_top() {
            return detection(Layout::GolangMigrate, shown(entry));
        }
    }
    sql.find(|entry| {
        version(entry.name().trim_end_matches(".sql").trim_end_matches(".up").trim_end_matches(".down"))
            .is_some()
    })
    .map(|entry| Detection { layout: Layout::Native, evidence: shown(entry) })
}

/// `V1__name.sql`, `U1__name.sql`, `B1__name.sql`.
fn is_flyway(name: &str) -> bool {
    let rest = name.strip_prefix(['V', 'U', 'B']).unwrap_or_default();
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_')).count();
    rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.get(..digits).is_some_and(|version| version.ends_with("__"))
}

/// The nearest `Cargo.toml` from `dir` up to `root`, if it names sqlx.
fn sqlx_manifest(root: &Path, dir: &Path) -> Option<PathBuf> {
    let manifest = dir
        .ancestors()
        .take_while(|ancestor| ancestor.starts_with(root))
        .map(|ancestor| ancestor.join("Cargo.toml"))
        .find(|manifest| manifest.is_file())?;
    std::fs::read_to_string(&manifest).is_ok_and(|text| text.contains("sqlx")).then_some(manifest)
}

/// A directory of migrations that was found below a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Relative to the repository.
    pub dir: PathBuf,
    /// Its layout.
    pub layout: Layout,
    /// What it is known by.
    pub evidence: String,
}

/// Directories in which nobody keeps migrations.
const SKIPPED: [&str; 8] =
    ["node_modules", "target", "vendor", "dist", "build", "venv", "__pycache__", "testdata"];

/// How far below the repository migrations are looked for.
const MAX_DEPTH: usize = 6;

/// Looks for migration directories below `root`, by path. Directories that cannot be read are passed over.
pub fn find(root: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    find_below(root, root, 0, &mut found);
    found.sort_by(|left, right| left.dir.cmp(&right.dir));
    found
}

/// The first migration in Ruby below `root`, relative to it: Rails' own, which nothing here can run.
pub fn find_ruby(root: &Path) -> Option<PathBuf> {
    let mut folders = vec![(root.to_owned(), 0)];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some((dir, depth)) = folders.pop() {
        for item in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = item.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MAX_DEPTH && !SKIPPED.contains(&name) {
                    folders.push((item.path(), depth + 1));
                }
            } else if name.ends_with(".rb")
                && leading_digits(name).is_some_and(|(digits, _)| digits.len() >= 8)
            {
                found.push(item.path());
            }
        }
    }
    found.sort();
    found.first().and_then(|path| path.strip_prefix(root).ok()).map(Path::to_owned)
}

fn find_below(root: &Path, dir: &Path, depth: usize, found: &mut Vec<Found>) {
    let Ok(listing) = std::fs::read_dir(dir) else { return };
    let mut folders = Vec::new();
    let mut has_sign = false;
    for item in listing.flatten() {
        let name = item.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        if item.file_type().is_ok_and(|kind| kind.is_dir()) {
            has_sign |= name == "meta" && item.path().join("_journal.json").is_file();
            if leading_digits(name).is_some() {
                has_sign |= ["up.sql", "migration.sql"].iter().any(|file| item.path().join(file).is_file());
            }
            if !SKIPPED.contains(&name) {
                folders.push(item.path());
            }
        } else {
            has_sign |= name == sqitch::PLAN || name.contains("changelog") || has_version(name);
        }
    }
    if has_sign {
        let mut reading = Reading::new(root);
        let entries = tree::walk(&mut reading, dir);
        if let Some(Detection { layout, evidence }) = of(&mut reading, root, dir, &entries) {
            let relative = dir.strip_prefix(root).unwrap_or(dir).to_owned();
            found.push(Found { dir: relative, layout, evidence });
            return;
        }
    }
    if depth < MAX_DEPTH {
        for folder in folders {
            find_below(root, &folder, depth + 1, found);
        }
    }
}

/// Whether a file's name is that of a migration.
fn has_version(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".sql") else { return false };
    is_flyway(name)
        || stem.contains("##")
        || version(stem.trim_end_matches(".up").trim_end_matches(".down")).is_some()
}
