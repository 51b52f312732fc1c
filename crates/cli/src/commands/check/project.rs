use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_engine::script;
use sluice_project::config::{self, Config};
use sluice_project::git::{self, Difference};
use sluice_project::secret::SecretRef;
use sluice_project::{Project, git::GitError};
use sluice_review::{ChangeInfo, Policy, Script};
use sluice_rollout::{Change, ChangeKind};
use sluice_sql::Dialect;
use sluice_text::SourceFile;
use tokio_util::sync::CancellationToken;

use super::{Item, Work, about, change_info, policy};
use crate::args::{self, Global};
use crate::context::in_parallel;
use crate::error::{CliError, Exit};
use crate::folder::Folder;
use crate::output::Output;

/// A project whose folder is the current directory, and where the command was given.
pub(super) struct Place {
    /// Paths on the command line are relative to this.
    here: PathBuf,
    folder: Folder,
}

impl Place {
    /// Finds the project and enters its folder.
    ///
    /// # Errors
    /// Those of [`Folder::enter`].
    pub(super) fn enter(
        global: &Global,
        output: Output,
        cancel: CancellationToken,
    ) -> Result<Self, CliError> {
        let here = std::env::current_dir().unwrap_or_default();
        let folder = Folder::enter(global, output, cancel).map_err(|error| {
            error.help(
                "`sluice init` writes one; files without a project are reviewed with \
                 `sluice check --engine ENGINE FILE…`",
            )
        })?;
        Ok(Self { here, folder })
    }
}

/// The changes of a project, once for each engine that its databases have.
///
/// # Errors
/// Everything that is wrong with configuration and files; a base that git does not know.
pub(super) fn read(place: &Place, args: &args::Check) -> Result<Vec<Work>, CliError> {
    let config = place.folder.config()?;
    let dialects = dialects(&config, args)?;
    let project = Project::read(PathBuf::from("."), config)?;
    let base = args
        .base
        .as_deref()
        .map(|base| git::merge_base(Path::new("."), base))
        .transpose()
        .map_err(git_error)?;
    let reviewed = Reviewed::of(&project, args, base.as_deref(), place)?;
    // A branch is judged by the policy of what it branches off: it cannot soften its own.
    let review = match &base {
        Some(base) => base_review(base)?.unwrap_or_else(|| project.config.review.clone()),
        None => project.config.review.clone(),
    };
    let fail_on = policy::fail_on(&review, args);
    let mut works = Vec::new();
    for dialect in dialects {
        let policy = policy::of(&review, args)?;
        let items = items(&project, dialect, &reviewed, &policy);
        let one_batch = base.is_some();
        let history = reviewed.edited.clone();
        works.push(Work { items, complete: true, one_batch, history, ..Work::new(dialect, policy, fail_on) });
    }
    let directory = Arc::new(project.directory);
    works.iter_mut().for_each(|work| work.directory = Some(directory.clone()));
    Ok(works)
}

fn git_error(error: GitError) -> CliError {
    CliError::new(Exit::Usage, sluice_report::Problem::error(format!("--base: {error}")))
        .help("name a branch or commit that is fetched, for example --base origin/main")
}

/// Engines of the project's databases, as far as they can be told without asking them.
fn dialects(config: &Config, args: &args::Check) -> Result<BTreeSet<Dialect>, CliError> {
    if let Some(engine) = args.engine {
        return Ok(BTreeSet::from([engine.dialect()]));
    }
    let engines = config.databases.iter().filter_map(|database| match &database.url {
        SecretRef::Env(name) => {
            let url = std::env::var(name).ok()?;
            sluice_project::secret::engine_of(&url)
        }
        other => other.engine(),
    });
    let found: BTreeSet<Dialect> = engines.filter_map(Dialect::named).collect();
    if found.is_empty() {
        return Err(CliError::usage("the engine of the project's databases cannot be told from their urls")
            .help("name it with --engine postgres|mysql|mariadb|sqlite"));
    }
    Ok(found)
}

/// `[review]` of the configuration that a commit has; none where it has no configuration.
fn base_review(base: &str) -> Result<Option<config::Review>, CliError> {
    let text = git::file_at(Path::new("."), base, config::FILE_NAME).map_err(git_error)?;
    let Some(text) = text else { return Ok(None) };
    Ok(Some(Config::parse(&SourceFile::new(config::FILE_NAME, text))?.review))
}

/// Which files are reviewed, and what is wrong with the history.
struct Reviewed {
    /// None: every one.
    paths: Option<BTreeSet<String>>,
    /// Files that the base has otherwise.
    edited: BTreeSet<String>,
    /// Files that only the base has.
    removed: Vec<String>,
    /// There is a base.
    based: bool,
}

impl Reviewed {
    fn of(
        project: &Project,
        args: &args::Check,
        base: Option<&str>,
        place: &Place,
    ) -> Result<Self, CliError> {
        let mut reviewed =
            Self { paths: None, edited: BTreeSet::new(), removed: Vec::new(), based: base.is_some() };
        if let Some(base) = base {
            let differences = project.differences(base).map_err(git_error)?;
            let mut paths = BTreeSet::new();
            for (path, difference) in differences {
                if difference == Difference::Changed {
                    reviewed.edited.insert(path.clone());
                }
                paths.insert(path);
            }
            reviewed.paths = Some(paths);
            let within: Vec<&str> = project.config.project.migrations.iter().map(String::as_str).collect();
            let at_base = git::files_at(Path::new("."), base, &within).map_err(git_error)?;
            reviewed.removed = at_base
                .into_iter()
                .filter(|path| path.ends_with(".sql") && !Path::new(path).exists())
                .collect();
        }
        if !args.paths.is_empty() {
            let root = std::env::current_dir().unwrap_or_default();
            let wanted: Vec<PathBuf> = args
                .paths
                .iter()
                .map(|path| {
                    let path = place.here.join(path);
                    path.strip_prefix(&root).map(Path::to_path_buf).unwrap_or(path)
                })
                .collect();
            let is_wanted = |path: &str| wanted.iter().any(|one| Path::new(path).starts_with(one));
            let all = project.changes().iter().map(|change| change.up.file.path().to_owned());
            let named: BTreeSet<String> = all.filter(|path| is_wanted(path)).collect();
            if named.is_empty() {
                return Err(CliError::usage("none of the named files is a change of this project")
                    .help("files outside of the project are reviewed with --engine ENGINE FILE…"));
            }
            reviewed.paths = Some(match reviewed.paths {
                Some(paths) => paths.intersection(&named).cloned().collect(),
                None => named,
            });
        }
        Ok(reviewed)
    }

    fn contains(&self, path: &str) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.contains(path))
    }
}

fn items(project: &Project, dialect: Dialect, reviewed: &Reviewed, policy: &Policy) -> Vec<Item> {
    let changes = project.changes();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let substitute = project.config.placeholders.enabled;
    let mut items = in_parallel(changes, threads, |change| Item {
        script: script_of(change, dialect, substitute),
        reviewed: reviewed.contains(change.up.file.path()),
        findings: Vec::new(),
    });
    let last_old = changes
        .iter()
        .enumerate()
        .filter(|(_, change)| change.kind == ChangeKind::Versioned)
        .filter(|(_, change)| reviewed.based && !reviewed.contains(change.up.file.path()))
        .map(|(at, change)| (at, change.version.clone()))
        .next_back();
    for (at, (change, item)) in changes.iter().zip(&mut items).enumerate() {
        let file = &item.script.file;
        if change.kind != ChangeKind::Versioned {
            continue;
        }
        if reviewed.edited.contains(file.path()) {
            let message = format!("change {} is edited, and the base has it already", change.version);
            let help = "restore it, and make a new change for what is new: databases that have it refuse the edited one";
            item.findings.extend(about(file, "integrity/edited-change", policy, message, help));
        } else if let Some((last, version)) = &last_old
            && item.reviewed
            && at < *last
        {
            let message =
                format!("change {} comes before {version}, which the base has already", change.version);
            let help = "give it a version after it: databases that have the later one refuse the earlier one";
            item.findings.extend(about(file, "integrity/out-of-order", policy, message, help));
        }
    }
    for path in &reviewed.removed {
        let file = SourceFile::new(path.as_str(), "");
        let message = "this file is removed, and the base has it".to_owned();
        let help = "bring it back: databases that have the change refuse a repository without it";
        let findings = about(&file, "integrity/removed-change", policy, message, help).into_iter().collect();
        let script = Script::cut(dialect, file, Vec::new(), ChangeInfo::default());
        items.push(Item { script, reviewed: false, findings });
    }
    items
}

pub(super) fn script_of(change: &Change, dialect: Dialect, substitute: bool) -> Script {
    let info = change_info(&change.directives, change.kind);
    let file = if substitute { masked_file(&change.up.file) } else { change.up.file.clone() };
    match script::statements(change, dialect) {
        Ok(spans) => Script::cut(dialect, file, spans, info),
        Err(broken) => {
            let mut script = Script::cut(dialect, file, Vec::new(), info);
            script.broken = Some(broken);
            script
        }
    }
}

/// The file with every `${name}` written as a name of the same length, so that it can be parsed and places stay right.
fn masked_file(file: &SourceFile) -> SourceFile {
    if file.text().contains("${") { SourceFile::new(file.path(), masked(file.text())) } else { file.clone() }
}

/// As [`masked_file`], of a text.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                out.push_str("p_");
                out.push_str(name);
                out.push('_');
                rest = tail;
            }
            _ => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
