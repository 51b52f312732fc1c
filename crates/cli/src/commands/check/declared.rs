//! The declared schema in a review: whether its files make a schema, whether the changes make it, and what leads to it from that of the
//! base.

use std::path::Path;

use sluice_engine::ApplyError;
use sluice_engine::shadow::{Refused, Script as Text, ShadowError};
use sluice_facts::{Diff, Snapshot, Step, dump};
use sluice_project::Project;
use sluice_project::desired::Desired;
use sluice_project::git;
use sluice_report::{Problem, terminated};
use sluice_review::{ChangeInfo, Policy, Script, rules};
use sluice_rollout::Change;
use sluice_sql::Dialect;
use sluice_text::{Evidence, Finding, SourceFile, Span};

use super::project::{git_error, script_of};
use super::{Item, about};
use crate::error::CliError;
use crate::ground::{self, Ground};
use crate::output::Output;
use crate::replay::{Replay, made, text, way};
use crate::scope::Counted;
use crate::sites::Resolver;

/// More differences than this are not told one by one.
const TOLD: usize = 8;
/// The changes do not make the declared schema.
const DIFFERS: &str = "integrity/schema-differs";

/// What a review looks at.
pub(super) struct Declared<'a> {
    pub project: &'a Project,
    pub policy: &'a Policy,
    pub dialect: Dialect,
    /// The commit that the branch began from, where it is held against one.
    pub began: Option<&'a str>,
    pub output: Output,
}

impl Declared<'_> {
    /// What there is to say of the declared schema; nothing where there is none, and nothing but a warning where no shadow can be had.
    ///
    /// # Errors
    /// A base that git does not know.
    pub(super) fn items(&self, resolver: &Resolver) -> Result<Vec<Item>, CliError> {
        let Some(desired) = &self.project.desired else { return Ok(Vec::new()) };
        let config = &self.project.config;
        let ground = match ground::of_review(config, resolver) {
            Some(Ok(ground)) => ground,
            Some(Err(error)) => {
                self.warn(&error);
                return Ok(Vec::new());
            }
            None => return Ok(Vec::new()),
        };
        let counted = Counted::of(config);
        let scope = crate::scope::of(counted.as_ref());
        let found = if config.project.is_declarative() {
            self.of_files(&ground, scope, desired)?
        } else {
            let both = Replay::of(self.project.changes(), desired).run(&ground, scope);
            both.map(|both| self.difference(desired, &both.replayed, &both.desired).into_iter().collect())
        };
        match found {
            Ok(items) => Ok(items),
            Err(ApplyError::Desired(ShadowError::Refused(refused))) => {
                Ok(refused.iter().filter_map(|refused| self.refused(desired, refused)).collect())
            }
            Err(ApplyError::Desired(ShadowError::Text { place, message })) => {
                Ok(self.at(desired, &place, message).into_iter().collect())
            }
            Err(error) => {
                self.warn(&error);
                Ok(Vec::new())
            }
        }
    }

    fn warn(&self, error: &ApplyError) {
        let message = format!("the declared schema was not tried: {error}");
        self.output.warning(&Problem::warning(message).help(error.help()));
    }

    /// The statements that lead from the schema of the base to this one, for review.
    fn of_files(
        &self,
        ground: &Ground,
        scope: Option<&dyn sluice_facts::Scope>,
        desired: &Desired,
    ) -> Result<Result<Vec<Item>, ApplyError>, CliError> {
        let (server, new) = match made(ground, scope, &texts(desired)) {
            Ok(new) => new,
            Err(error) => return Ok(Err(error)),
        };
        let Some(began) = self.began else { return Ok(Ok(Vec::new())) };
        let old = match made(ground, scope, &texts(&of_commit(began, &desired.folder)?)) {
            Ok((_, old)) => old,
            // That the base has no schema is no fault of the branch.
            Err(error) => {
                self.warn(&error);
                return Ok(Ok(Vec::new()));
            }
        };
        let (old, new) = (old.leaving_out(&new), new.leaving_out(&old));
        Ok(way(ground, server.version, [&old, &new], None).map(|steps| {
            let Some(declared) = self.project.changes().first().filter(|_| !steps.is_empty()) else {
                return Vec::new();
            };
            let laid: Vec<Step> = ground
                .0
                .rules()
                .map(|rules| dump(&old, rules).into_iter().flat_map(|file| file.steps).collect())
                .unwrap_or_default();
            let before =
                declared.computed(laid.iter().map(|step| terminated(&old.engine, &step.sql)).collect());
            vec![
                self.item(&before, false),
                self.item(&declared.computed(text(&old, &new, &steps, false)), true),
            ]
        }))
    }

    fn item(&self, change: &Change, reviewed: bool) -> Item {
        Item::of(script_of(change, self.dialect, change.up.file.clone()), reviewed)
    }

    /// What the changes make differs from what is declared.
    fn difference(&self, desired: &Desired, replayed: &Snapshot, declared: &Snapshot) -> Option<Item> {
        let differences = Diff::between(replayed, declared).words(TOLD, "is missing", "is too much");
        if differences.is_empty() {
            return None;
        }
        let message = format!("the changes do not make the declared schema: {}", differences.join("; "));
        let help = "`sluice new --from-schema NAME` writes the change that leads there; or correct the files of the schema";
        let file = SourceFile::new(desired.folder.as_str(), "");
        let finding = about(&file, DIFFERS, self.policy, message, help)?;
        Some(self.found(file, Finding { evidence: Evidence::Measured, ..finding }))
    }

    fn refused(&self, desired: &Desired, refused: &Refused) -> Option<Item> {
        self.at(desired, &refused.place, refused.error.to_string())
    }

    /// A finding about a statement that does not run, `place` being `path:line:column`.
    fn at(&self, desired: &Desired, place: &str, message: String) -> Option<Item> {
        let mut parts = place.rsplitn(3, ':');
        let mut number = || parts.next().and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
        let (column, line) = (number(), number());
        let path = parts.next().unwrap_or(place);
        let files = desired.files.iter().chain(self.project.changes().iter().map(|change| &change.up.file));
        let file = files.into_iter().find(|file| file.path() == path).cloned();
        let file = file.unwrap_or_else(|| SourceFile::new(path, ""));
        let at = offset(file.text(), line, column);
        let help =
            "correct it: the declared schema was run on a shadow, and this statement failed in any order";
        let finding = about(&file, rules::review::UNREADABLE, self.policy, message, help)?;
        let span = Span::new(at, at);
        Some(self.found(file, Finding { evidence: Evidence::Measured, span, statement: span, ..finding }))
    }

    fn found(&self, file: SourceFile, finding: Finding) -> Item {
        let empty = SourceFile::new(file.path(), "");
        Item {
            findings: vec![finding],
            ..Item::of(Script::cut(self.dialect, empty, Vec::new(), ChangeInfo::default()), false)
        }
    }
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    start.saturating_add(within)
}

fn texts(desired: &Desired) -> Vec<Text> {
    let text = |file: &SourceFile| Text { name: file.path().to_owned(), text: file.text().to_owned() };
    desired.files.iter().map(text).collect()
}

/// The declared schema as a commit has it; an empty one where it has none.
fn of_commit(commit: &str, folder: &str) -> Result<Desired, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::usage(format!("--base: {error}"));
    let tree = git::tree(Path::new("."), commit, &[folder]).map_err(git_error)?;
    let place = tempfile::tempdir().map_err(|error| failed(&error))?;
    let root = tree.export(Path::new("."), place.path()).map_err(|error| failed(&error))?;
    if !root.join(folder).is_dir() {
        return Ok(Desired { folder: folder.to_owned(), files: Vec::new(), renames: String::new() });
    }
    Ok(Desired::read(&root, folder)?)
}
