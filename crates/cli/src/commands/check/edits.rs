//! `sluice check --fix`: fixes of findings made in files.

mod choice;
mod diff;
mod writing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use sluice_project::layout::{self, Directory, Layout, Piece, Successors, Wanted};
use sluice_sql::{Dialect, Mode};
use sluice_text::{Edit, Finding, SourceFile, Span, apply_edits};

use self::choice::Choice;
use super::Work;
use crate::error::CliError;
use crate::output::Output;

/// Fixes reveal what only the fixed text shows; after so many rounds they are left.
pub(super) const ROUNDS: usize = 10;

/// What fixes make of the files.
#[derive(Default)]
pub(in crate::commands) struct Fixed {
    /// Files with other text than before, by path.
    edited: BTreeMap<PathBuf, Edited>,
    /// Files that are new, in the order in which they come.
    added: Vec<(PathBuf, String)>,
    /// Fixes that were not made, and why.
    left: Vec<String>,
    /// How many were made.
    made: usize,
}

struct Edited {
    before: String,
    after: String,
    edits: Vec<Edit>,
    /// What was done, with the rules.
    titles: Vec<String>,
}

/// Where fixes are made.
pub(in crate::commands) struct Ground<'g> {
    /// What the paths of files are seen from.
    pub root: &'g Path,
    /// The changes of the project; none for files without one.
    pub directory: Option<&'g Directory>,
    /// For how many engines a file was reviewed.
    pub engines: &'g dyn Fn(&str) -> usize,
    /// Changes can be added after a file's own.
    pub grows: bool,
}

impl Fixed {
    /// How many fixes it makes.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Makes the fixes of `findings` in memory, those of applied history left out.
    pub(super) fn of(works: &[Work], findings: &[Finding]) -> Self {
        let is_history = |path: &str| works.iter().any(|work| work.history.contains(path));
        let (history, findings): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| finding.fix.is_some() && is_history(finding.file.path()));
        let directory = works.iter().find_map(|work| work.directory.as_deref());
        let mut engines: HashMap<&str, usize> = HashMap::new();
        for item in works.iter().flat_map(|work| &work.items).filter(|item| item.reviewed) {
            *engines.entry(item.script.file.path()).or_default() += 1;
        }
        let engines = |path: &str| if works.len() > 1 { engines.get(path).copied().unwrap_or(1) } else { 1 };
        let ground = Ground { root: Path::new(""), directory, engines: &engines, grows: true };
        let mut fixed = Self::on(&ground, findings);
        let paths: BTreeSet<&str> = history.iter().map(|finding| finding.file.path()).collect();
        fixed
            .left
            .extend(paths.iter().map(|path| format!("{path}: it is applied history, which the base has")));
        fixed
    }

    /// Makes the fixes of `findings` in memory.
    pub fn on<'f>(ground: &Ground<'_>, findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut fixed = Self::default();
        let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in findings {
            let Some(fix) = &finding.fix else { continue };
            if ground.grows || fix.follow_ups.is_empty() {
                by_file.entry(finding.file.path()).or_default().push(finding);
            } else {
                let place = finding.file.locate(finding.span.start);
                fixed.left.push(format!("{place}: changes must come after it ({})", finding.rule));
            }
        }
        let mut successors = ground.directory.map(Successors::new);
        for (path, mut findings) in by_file {
            // Two engines may want two things of one text: only what both want is done.
            let engines = (ground.engines)(path);
            if engines > 1 {
                choice::wanted_by_all(&mut findings, engines);
            }
            fixed.fix(ground, Path::new(path), &findings, successors.as_mut());
        }
        if let Some(directory) = ground.directory.filter(|it| it.detection.layout == Layout::Atlas) {
            fixed.renew_sums(ground.root, directory);
        }
        fixed
    }

    fn fix(
        &mut self,
        ground: &Ground<'_>,
        path: &Path,
        findings: &[&Finding],
        successors: Option<&mut Successors<'_>>,
    ) {
        let Ground { root, directory, .. } = *ground;
        let Some(original) = findings.first().map(|finding| finding.file.clone()) else { return };
        let (choices, left) = choice::choose(findings, &original, directory);
        self.left.extend(left);
        if let Some(successors) = successors {
            return self.make(path, Path::new(""), &original, choices, successors);
        }
        if choices.iter().all(|choice| choice.follow_ups.is_empty()) {
            return self.make(path, Path::new(""), &original, choices, &mut Successors::lone());
        }
        // A file without a project: what lies beside it says how changes are named.
        let folder = path.parent().unwrap_or(Path::new(""));
        let seen = root.join(folder);
        let seen = if seen.as_os_str().is_empty() { Path::new(".") } else { &seen };
        let beside = layout::read(seen, &[PathBuf::from(".")], None).ok();
        let inside = path.file_name().unwrap_or_default();
        let is_there =
            |it: &&Directory| it.changes.iter().any(|change| Path::new(change.up.file.path()) == inside);
        match beside.as_ref().filter(is_there) {
            Some(directory) => {
                self.make(path, folder, &original, choices, &mut Successors::new(directory));
            }
            None => self.make(path, Path::new(""), &original, choices, &mut Successors::lone()),
        }
    }

    /// Makes what is chosen for a file, whose changes lie below `base`.
    fn make(
        &mut self,
        path: &Path,
        base: &Path,
        original: &SourceFile,
        choices: Vec<Choice>,
        successors: &mut Successors<'_>,
    ) {
        let inside = path.strip_prefix(base).unwrap_or(path);
        let mut edits: Vec<Edit> = Vec::new();
        let mut titles = Vec::new();
        for choice in choices {
            let wanted: Vec<Wanted> = choice
                .follow_ups
                .iter()
                .map(|next| Wanted {
                    name: next.name.clone(),
                    separate: is_separate(choice.dialect, &next.sql),
                    sql: next.sql.clone(),
                })
                .collect();
            let pieces =
                if wanted.is_empty() { Ok(Vec::new()) } else { successors.after(inside, choice.at, &wanted) };
            let pieces = match pieces {
                Ok(pieces) => pieces,
                Err(error) => {
                    self.left.push(format!("{}: no change can come after it: {error}", choice.place));
                    continue;
                }
            };
            for piece in pieces {
                match piece {
                    Piece::File { path, text } => self.added.push((base.join(path), text)),
                    Piece::Within { at, text } => edits.push(Edit::insert(at, text)),
                }
            }
            edits.extend(choice.edits);
            titles.push(format!("{} ({})", choice.title, choice.rule));
        }
        if titles.is_empty() {
            return;
        }
        self.made += titles.len();
        let after = apply_edits(original.text(), &edits);
        let edited = Edited { before: original.text().to_owned(), after, edits, titles };
        self.edited.insert(path.to_owned(), edited);
    }

    /// Atlas keeps a sum over all files of a directory.
    fn renew_sums(&mut self, root: &Path, directory: &Directory) {
        let touched: BTreeMap<PathBuf, &str> = self
            .edited
            .iter()
            .map(|(path, edited)| (path.clone(), edited.after.as_str()))
            .chain(self.added.iter().map(|(path, text)| (path.clone(), text.as_str())))
            .collect();
        for (path, before, after) in layout::renewed_sums(root, directory, &touched) {
            let titles = vec!["renew the sum over the files".to_owned()];
            let edits = vec![Edit::replace(Span::new(0, before.len()), after.as_str())];
            self.edited.insert(path, Edited { before, after, edits, titles });
        }
    }

    /// Writes everything, or nothing.
    ///
    /// # Errors
    /// A file that cannot be written, is there already, or is not as it was when it was reviewed.
    pub fn write(&self) -> Result<(), CliError> {
        writing::write(
            self.added.iter().map(|(path, text)| (path.as_path(), text.as_str())),
            self.edited.iter().map(|(path, it)| (path.as_path(), it.before.as_str(), it.after.as_str())),
        )
    }

    /// Files with other text than before: path, text before, what is replaced in it.
    pub fn edited(&self) -> impl Iterator<Item = (&Path, &str, &[Edit])> {
        self.edited.iter().map(|(path, it)| (path.as_path(), it.before.as_str(), it.edits.as_slice()))
    }

    /// Files that are new, with their texts.
    pub fn added(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.added.iter().map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// Says what was done to which file, and what was not.
    pub fn tell(&self, output: Output) {
        for (path, edited) in &self.edited {
            output.message(&format!("fixed {}: {}", path.display(), edited.titles.join("; ")));
        }
        for (path, _) in &self.added {
            output.message(&format!("new {}", path.display()));
        }
        self.tell_left(output);
    }

    /// Says what was not done.
    pub fn tell_left(&self, output: Output) {
        for left in &self.left {
            output.message(&format!("left {left}"));
        }
    }

    /// The text that a file would have.
    pub fn text_of(&self, path: &str) -> Option<&str> {
        self.edited.get(Path::new(path)).map(|edited| edited.after.as_str())
    }

    /// What would be written, as a unified diff.
    pub fn diff(&self) -> String {
        let edited = self.edited.iter();
        let edited = edited.map(|(path, it)| diff::of(Some(path), path, &it.before, &it.after));
        let added = self.added.iter().map(|(path, text)| diff::of(None, path, "", text));
        edited.chain(added).collect()
    }
}

/// Whether a change's statements must not run in a transaction.
fn is_separate(dialect: Dialect, sql: &str) -> bool {
    let says_so = sql.lines().any(|line| line.starts_with("-- sluice: transaction=none"));
    let alone = |span: Span| sluice_sql::classify(dialect, span.slice(sql)).mode == Mode::Autocommit;
    let spans = || sluice_sql::split(dialect, sql).into_iter().flatten().map(|piece| piece.body);
    says_so || (dialect == Dialect::Postgres && spans().any(alone))
}

/// The text of standard input with what can be fixed in it alone.
pub(super) fn in_one_text(findings: &[Finding]) -> Fixed {
    let ground = Ground { root: Path::new(""), directory: None, engines: &|_| 1, grows: false };
    let mut fixed = Fixed::on(&ground, findings);
    fixed.left.iter_mut().for_each(|left| left.push_str(": fix it in a file"));
    fixed
}
