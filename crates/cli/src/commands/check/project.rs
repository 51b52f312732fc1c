use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_engine::script;
use sluice_project::config::{self, Config};
use sluice_project::git::{self, GitError};
use sluice_project::{Project, layout};
use sluice_review::{ChangeInfo, Part, Policy, Script, rules};
use sluice_rollout::{Change, ChecksumInput, Response, Selector};
use sluice_runner::kept;
use sluice_sql::Dialect;
use sluice_text::{Finding, Severity, SourceFile};
use tokio_util::sync::CancellationToken;

use super::baseline::{self, Baseline};
use super::declared::Declared;
use super::history::{Base, Commit, Known, Standing, Wrong};
use super::replayed::{Beginning, Files, Prefix};
use super::schema_source::Source;
use super::scope::{self, Scope};
use super::{Item, Work, about, change_info, policy};
use crate::args::{self, Global};
use crate::context::{in_parallel, run_id};
use crate::error::{CliError, Exit};
use crate::folder::Folder;
use crate::output::Output;
use crate::secrets::Secrets;
use crate::sites::Resolver;
use crate::targets;

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

    /// Reads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn config(&self) -> Result<Config, CliError> {
        self.folder.config()
    }

    /// The text of a file beside the configuration, as the base has it where there is one: a branch does not choose what it is
    /// held against.
    ///
    /// # Errors
    /// A base that git does not know; a file that cannot be read.
    pub(super) fn kept(&self, args: &args::Check, name: &str) -> Result<Option<String>, CliError> {
        match self.base(args)? {
            Some(base) => git::file_at(Path::new("."), &base, name).map_err(git_error),
            None => kept::read(Path::new(name)),
        }
    }

    /// `[review]`, as the base has it where there is one.
    ///
    /// # Errors
    /// Those of [`Place::kept`]; a configuration that cannot be read.
    pub(super) fn review(&self, args: &args::Check) -> Result<config::Review, CliError> {
        let name = self.folder.config_name();
        let of_base = self.base(args)?.map(|commit| base_config(&commit, name)).transpose()?.flatten();
        Ok(of_base.map_or_else(|| self.config(), Ok)?.review)
    }

    /// The commit that `--base` names, where it names one.
    fn base(&self, args: &args::Check) -> Result<Option<String>, CliError> {
        let base = args.base.as_deref().filter(|base| !is_file(base));
        base.map(|base| git::commit_of(Path::new("."), base)).transpose().map_err(git_error)
    }
}

impl Place {
    /// A path of the command line, seen from the project's folder.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        let root = std::env::current_dir().unwrap_or_default();
        let path = self.here.join(path);
        path.strip_prefix(&root).map(Path::to_path_buf).unwrap_or(path)
    }

    /// The baseline file, where there is one. Where a branch is reviewed it is the one that its base has.
    ///
    /// # Errors
    /// A file that is named and not there; one that is no baseline.
    pub(super) fn baseline(&self, args: &args::Check) -> Result<Option<Baseline>, CliError> {
        let base = args.base.as_deref();
        let given = args.baseline.as_deref().or_else(|| base.filter(|base| is_file(base)).map(Path::new));
        let path = given.map_or_else(|| PathBuf::from(baseline::FILE_NAME), |path| self.path(path));
        if let Some(revision) = base.filter(|base| !is_file(base))
            && path.is_relative()
        {
            let commit = git::commit_of(Path::new("."), revision).map_err(git_error)?;
            let found = Baseline::at(&commit, &path.to_string_lossy())?;
            if found.is_none() && given.is_some() {
                let path = path.display();
                return Err(CliError::usage(format!("{revision} has no baseline file {path}"))
                    .help("what may stay is decided by the base, not by the branch that is reviewed"));
            }
            return Ok(found);
        }
        if given.is_some() { baseline::named(&path).map(Some) } else { Baseline::read(&path) }
    }
}

/// Whether `--base` names a baseline file, and not a branch or a commit.
fn is_file(base: &str) -> bool {
    base.ends_with(".json")
}

/// What a review is held against.
enum Against {
    /// Nothing: every change is reviewed.
    Nothing,
    /// What the branch began from, and where its base is by now.
    Commits { began: String, tip: String },
    /// The changes that a baseline file lists.
    Listed(Vec<Known>),
}

impl Against {
    fn of(place: &Place, args: &args::Check) -> Result<Self, CliError> {
        match args.base.as_deref() {
            None => Ok(Self::Nothing),
            Some(file) if is_file(file) => {
                Ok(Self::Listed(baseline::named(&place.path(Path::new(file)))?.changes()?))
            }
            Some(revision) => {
                let here = Path::new(".");
                let began = git::merge_base(here, revision).map_err(git_error)?;
                let tip = git::commit_of(here, revision).map_err(git_error)?;
                Ok(Self::Commits { began, tip })
            }
        }
    }
}

/// The changes of a project, once for each engine that its databases have.
///
/// # Errors
/// Everything that is wrong with configuration and files; a base that git does not know.
pub(super) fn read(
    place: &Place,
    args: &args::Check,
    source: Option<&Source>,
) -> Result<Vec<Work>, CliError> {
    let config = place.folder.config()?;
    let against = Against::of(place, args)?;
    // A branch is judged by the policy of its base as it is now: it cannot soften its own, nor begin where it was softer.
    let of_base = match &against {
        Against::Commits { tip, .. } => base_config(tip, place.folder.config_name())?,
        _ => None,
    };
    let told = dialects(&config, args);
    let mut dialects = match source {
        Some(source) => source.dialects(args, told)?,
        None => told?,
    };
    if let Some(of_base) = of_base.as_ref().filter(|_| args.engine.is_none() && source.is_none()) {
        dialects.extend(engines(of_base));
    }
    // Only the changes of a git commit are compared by their texts.
    let files = match &against {
        Against::Commits { .. } => None,
        // Changes are run, or held against a declared schema.
        _ if source.is_some() || is_rehearsed(args) || config.project.schema.is_some() => None,
        _ => Files::of(&config),
    };
    let task = Task { place, args, source, against, of_base, dialects };
    if let Some(files) = &files {
        let project = Project::read_unseen(PathBuf::from("."), config.clone(), files.seen())?;
        if let Some(works) = task.works(project, Some(files))? {
            return Ok(works);
        }
    }
    // Of a project that was read as a whole nothing is missing.
    Ok(task.works(Project::read(PathBuf::from("."), config)?, None)?.unwrap_or_default())
}

/// Changes are run, and so are all those before them.
fn is_rehearsed(args: &args::Check) -> bool {
    args.shadow.is_some() || args.reversibility
}

/// What is to be reviewed, before the project is read.
struct Task<'t> {
    place: &'t Place,
    args: &'t args::Check,
    source: Option<&'t Source>,
    against: Against,
    /// The configuration that the base has.
    of_base: Option<Config>,
    dialects: BTreeSet<Dialect>,
}

impl Task<'_> {
    /// The changes of a project, once for each engine; none where some are needed whose texts were left unread.
    fn works(&self, project: Project, files: Option<&Files>) -> Result<Option<Vec<Work>>, CliError> {
        let Self { place, args, source, against, of_base, dialects } = self;
        let selectors = targets::compile(project.changes(), &project.config.databases)?;
        let judge = of_base.as_ref().unwrap_or(&project.config);
        let configs: Vec<&Config> = std::iter::once(&project.config).chain(of_base).collect();
        let is_declarative = project.config.project.is_declarative();
        let base = match against {
            Against::Nothing => None,
            // What is declared has no history.
            _ if is_declarative => None,
            Against::Commits { began, tip } => {
                let now = of_base.as_ref();
                let then = match base_config(began, place.folder.config_name()) {
                    _ if began == tip => None,
                    // What was wrong with it then is mended by now, or told of the newest one.
                    then => then.ok().flatten(),
                };
                let own = &project.config;
                let began = Commit { id: began, config: &then.as_ref().or(now).unwrap_or(own).project };
                let tip = Commit { id: tip, config: &now.unwrap_or(own).project };
                Some(Base::of_commits(&project, &began, &tip).map_err(git_error)?)
            }
            Against::Listed(changes) => Some(Base::listed(changes.clone())),
        };
        let standing = base.as_ref().map(|base| base.compare(&project, judge.policy.integrity));
        let reviewed = Reviewed { standing, named: named(&project, args, place)? };
        let unread = base.as_ref().and_then(|base| base.unreadable.as_deref());
        let global = Some(&place.folder.global);
        let resolver = Resolver::own(Secrets::default(), run_id(), place.folder.cancel.clone());
        let mut works = Vec::new();
        let mut first = usize::MAX;
        for &dialect in dialects {
            let policy = policy::of(&judge.review, args)?;
            let fail_on = policy::fail_on(&judge.review, args);
            let mut scope = Scope::of(&configs, &judge.review, dialect, global, args)?;
            if scope.is_empty() {
                continue;
            }
            let kept = if source.is_none() && !is_rehearsed(args) {
                KeptSchema::Of(files)
            } else {
                KeptSchema::None
            };
            let Items { mut items, prefix, begins_with, lacks_texts } =
                items(&project, dialect, &reviewed, &selectors, &mut scope, &judge.review, kept)?;
            if lacks_texts {
                return Ok(None);
            }
            first = first.min(prefix.as_ref().map_or(0, |prefix| prefix.changes));
            items.extend(unread.map(|why| unread_base(args, dialect, &policy, why)));
            if is_declarative {
                items.clear();
            }
            let began = match against {
                Against::Commits { began, .. } => Some(began.as_str()),
                _ => None,
            };
            let output = place.folder.output;
            let declared = Declared { project: &project, policy: &policy, dialect, began, output };
            items.extend(declared.items(&resolver)?);
            let measures = scope.measures;
            let one_batch = base.is_some();
            let changes = match &args.write_baseline {
                Some(_) => project.changes().iter().map(Known::from).collect(),
                None => Vec::new(),
            };
            let known = source.and_then(|source| source.known(dialect));
            if let (Some(source), Some(_)) = (source, &known) {
                source.settle(&project, &mut items, &policy, place.folder.output)?;
            }
            works.push(Work {
                items,
                complete: true,
                known,
                prefix,
                begins_with,
                one_batch,
                measures,
                changes,
                history: reviewed.history(&project),
                ..Work::new(dialect, policy, fail_on)
            });
        }
        if let Some(files) = files {
            let prefixes: Vec<&Prefix> = works.iter().filter_map(|work| work.prefix.as_ref()).collect();
            files.keep(&project, first, &prefixes);
        }
        let directory = Arc::new(project.directory);
        works.iter_mut().for_each(|work| work.directory = Some(directory.clone()));
        Ok(Some(works))
    }
}

/// Every change of a project, for a review without a base: items stand where the project's changes do.
///
/// # Errors
/// An engine that cannot be told; a policy that cannot be taken.
pub(in crate::commands) fn whole(project: &Project, args: &args::Check) -> Result<Vec<Work>, CliError> {
    let review = &project.config.review;
    let selectors = targets::compile(project.changes(), &project.config.databases)?;
    let mut works = Vec::new();
    for dialect in dialects(&project.config, args)? {
        let mut scope = Scope::of(&[&project.config], review, dialect, None, args)?;
        let items =
            items(project, dialect, &Reviewed::default(), &selectors, &mut scope, review, KeptSchema::None)?
                .items;
        let (policy, fail_on) = (policy::of(review, args)?, policy::fail_on(review, args));
        let measures = scope.measures;
        works.push(Work { items, complete: true, measures, ..Work::new(dialect, policy, fail_on) });
    }
    Ok(works)
}

/// As [`whole`], of a project whose changes cannot be read: nothing is known of what is there.
///
/// # Errors
/// Those of [`whole`].
pub(in crate::commands) fn without_changes(
    config: &Config,
    args: &args::Check,
) -> Result<Vec<Work>, CliError> {
    let project = Project::without_files(PathBuf::from("."), config.clone());
    let works = whole(&project, args)?;
    Ok(works.into_iter().map(|work| Work { complete: false, ..work }).collect())
}

pub(super) fn git_error(error: GitError) -> CliError {
    CliError::new(Exit::Usage, sluice_report::Problem::error(format!("--base: {error}")))
        .help("name a branch or commit that is fetched, for example --base origin/main")
}

/// Engines of the project's databases, as far as they can be told without asking them.
pub(in crate::commands) fn dialects(
    config: &Config,
    args: &args::Check,
) -> Result<BTreeSet<Dialect>, CliError> {
    if let Some(engine) = args.engine {
        return Ok(BTreeSet::from([engine.dialect()]));
    }
    let found: BTreeSet<Dialect> = engines(config).collect();
    if found.is_empty() {
        return Err(CliError::usage("the engine of the project's databases cannot be told from their urls")
            .help("name it with --engine postgres|mysql|mariadb|sqlite"));
    }
    Ok(found)
}

fn engines(config: &Config) -> impl Iterator<Item = Dialect> {
    config.databases.iter().filter_map(|entry| Dialect::named(&scope::engine_of(entry)?))
}

/// The configuration that a commit has; none where it has none.
fn base_config(commit: &str, name: &str) -> Result<Option<Config>, CliError> {
    let text = git::file_at(Path::new("."), commit, name).map_err(git_error)?;
    let Some(text) = text else { return Ok(None) };
    let short = commit.get(..12).unwrap_or(commit);
    Ok(Some(Config::parse(&SourceFile::new(format!("{name} of {short}"), text))?))
}

/// Which changes are reviewed, and what is wrong with the history; by default all, and nothing.
#[derive(Default)]
struct Reviewed {
    /// Where they stand against the base; none where there is none.
    standing: Option<Standing>,
    /// Files that are named; none for all.
    named: Option<BTreeSet<String>>,
}

impl Reviewed {
    /// Files that hold nothing but changes that the base has, and those in which one of them is edited.
    fn history(&self, project: &Project) -> BTreeSet<String> {
        let Some(standing) = &self.standing else { return BTreeSet::new() };
        let paths = || project.changes().iter().map(|change| change.up.file.path());
        let is_edited = |wrong: &Option<Wrong>| wrong.as_ref().is_some_and(Wrong::is_edited);
        let new: BTreeSet<&str> =
            paths().zip(&standing.new).filter(|(_, new)| **new).map(|it| it.0).collect();
        let edited: BTreeSet<&str> =
            paths().zip(&standing.wrong).filter(|(_, wrong)| is_edited(wrong)).map(|it| it.0).collect();
        paths().filter(|path| !new.contains(path) || edited.contains(path)).map(str::to_owned).collect()
    }

    fn contains(&self, at: usize, path: &str) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(path))
            && self.standing.as_ref().is_none_or(|standing| standing.new.get(at) == Some(&true))
    }
}

/// The files of changes that the command line names; none where it names none.
fn named(project: &Project, args: &args::Check, place: &Place) -> Result<Option<BTreeSet<String>>, CliError> {
    if args.paths.is_empty() {
        return Ok(None);
    }
    let wanted: Vec<PathBuf> = args.paths.iter().map(|path| place.path(path)).collect();
    let is_wanted = |path: &str| wanted.iter().any(|one| Path::new(path).starts_with(one));
    let all = project.changes().iter().map(|change| change.up.file.path().to_owned());
    let named: BTreeSet<String> = all.filter(|path| is_wanted(path)).collect();
    if named.is_empty() {
        return Err(CliError::usage("none of the named files is a change of this project")
            .help("files outside of the project are reviewed with --engine ENGINE FILE…"));
    }
    Ok(Some(named))
}

/// What is reviewed and replayed.
struct Items {
    items: Vec<Item>,
    /// The first of them, if they are only replayed and many.
    prefix: Option<Prefix>,
    /// The schema after those, where it is kept: they are not cut into statements then.
    begins_with: Option<Beginning>,
    /// Some are needed whose texts were left unread.
    lacks_texts: bool,
}

/// Whether the schema after the changes that are only replayed is kept from run to run.
#[derive(Clone, Copy)]
enum KeptSchema<'f> {
    /// It is worked out each time.
    None,
    /// It is, and may be read already by these.
    Of(Option<&'f Files>),
}

fn items(
    project: &Project,
    dialect: Dialect,
    reviewed: &Reviewed,
    selectors: &[Option<Selector>],
    scope: &mut Scope<'_>,
    review: &config::Review,
    kept: KeptSchema<'_>,
) -> Result<Items, CliError> {
    let mut goes = Vec::new();
    for (at, change) in project.changes().iter().enumerate() {
        let selector = selectors.get(at).and_then(Option::as_ref);
        goes.push((at, change, scope.measure(change, selector)?));
    }
    let is_reviewed = |at: usize, change: &Change, measure: Option<usize>| {
        measure.is_some() && reviewed.contains(at, change.up.file.path())
    };
    let edited = |at: usize| reviewed.standing.as_ref().and_then(|standing| standing.edited.get(&at));
    let is_replayed = |at: usize, change: &Change, measure: Option<usize>| {
        !is_reviewed(at, change, measure) && edited(at).is_none()
    };
    let (prefix, files) = match kept {
        KeptSchema::None => (None, None),
        KeptSchema::Of(files) => {
            let before = goes.iter().take_while(|(at, change, measure)| is_replayed(*at, change, *measure));
            let before = before.map(|(_, change, measure)| (*change, measure.is_some()));
            (Prefix::of(project, dialect, before), files)
        }
    };
    let begins_with = prefix.as_ref().and_then(|prefix| prefix.schema(files));
    let uncut = prefix.as_ref().filter(|_| begins_with.is_some()).map_or(0, |prefix| prefix.changes);
    let lacks_texts =
        goes.iter().skip(uncut).any(|(_, change, measure)| measure.is_some() && !change.up.file.is_read());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let substitute = project.config.placeholders.enabled;
    let mut items = in_parallel(&goes, threads, |(at, change, measure)| {
        let path = change.up.file.path();
        let is_reviewed = is_reviewed(*at, change, *measure);
        let ignored = is_reviewed && review.ignore.iter().any(|glob| glob.matches(path));
        // Where its effects are known, or it goes to none of these databases, only its place is kept.
        let place = Script::cut(dialect, change.up.file.clone(), Vec::new(), ChangeInfo::default());
        let mut item = Item { measure: *measure, ignored, ..Item::of(place, is_reviewed && !ignored) };
        if measure.is_some() && *at >= uncut {
            item.take(change, dialect, substitute);
            if let Some(before) = edited(*at) {
                let mut known = Item::of(item.script.clone(), false);
                known.take(before.as_ref().unwrap_or(change), dialect, substitute);
                item.instead = Some(known.script);
            }
        }
        item
    });
    let Some(standing) = &reviewed.standing else {
        return Ok(Items { items, prefix, begins_with, lacks_texts });
    };
    for ((at, _, measure), item) in goes.iter().zip(&mut items) {
        let policy = measure.and_then(|at| scope.measures.get(at)).map(|measure| &measure.policy);
        if let (Some(Some(wrong)), Some(policy)) = (standing.wrong.get(*at), policy) {
            item.findings.extend(finding(&item.script.file, wrong, policy));
        }
    }
    let policy = policy::of(review, scope.args)?;
    for (known, wrong) in &standing.removed {
        let file = SourceFile::new(known.path.as_str(), "");
        let findings = finding(&file, wrong, &policy).into_iter().collect();
        items.push(Item {
            findings,
            ..Item::of(Script::cut(dialect, file, Vec::new(), ChangeInfo::default()), false)
        });
    }
    Ok(Items { items, prefix, begins_with, lacks_texts })
}

fn finding(file: &SourceFile, wrong: &Wrong, policy: &Policy) -> Option<Finding> {
    let finding = about(file, wrong.rule, policy, wrong.message.clone(), wrong.help)?;
    let most = if wrong.response == Response::Warn { Severity::Warning } else { Severity::Error };
    Some(Finding { severity: finding.severity.min(most), ..finding })
}

/// The changes of the base could not be read: nothing can be said of how the project's stand against them.
fn unread_base(args: &args::Check, dialect: Dialect, policy: &Policy, why: &str) -> Item {
    let base = args.base.as_deref().unwrap_or_default();
    let file = SourceFile::new(config::FILE_NAME, "");
    let message =
        format!("the changes of {base} cannot be read, so that this branch was not held against them: {why}");
    let help = "mend them there, or lower the severity of this rule for the branch that does";
    let findings = about(&file, rules::review::UNREADABLE, policy, message, help).into_iter().collect();
    Item { findings, ..Item::of(Script::cut(dialect, file, Vec::new(), ChangeInfo::default()), false) }
}

/// A change as the review takes it; `file` is its own, or that with names in place of placeholders.
pub(super) fn script_of(change: &Change, dialect: Dialect, file: SourceFile) -> Script {
    let info = change_info(&change.directives, change.kind);
    let part = match change.input {
        // Comments begin lines there.
        ChecksumInput::Part(own) => Some(Part { top: layout::preamble(change.up.file.text()), own }),
        _ => None,
    };
    let (spans, broken) = match script::statements(change, dialect) {
        Ok(spans) => (spans, None),
        Err(broken) => (Vec::new(), Some(broken)),
    };
    let mut script = Script::cut(dialect, file, spans, info);
    (script.broken, script.part) = (broken, part);
    script
}
