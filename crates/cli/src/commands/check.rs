mod baseline;
mod declared;
pub(super) mod edits;
pub(super) mod files;
mod history;
mod masking;
pub(super) mod policy;
pub(super) mod project;
mod reading;
mod rehearsal;
mod replayed;
mod schema_source;
mod scope;
mod sizes;

use std::collections::{BTreeSet, HashSet};
use std::slice;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sluice_engine::shadow;
use sluice_project::layout::Directory;
use sluice_report::{Check, CheckFormat, Problem, Report as _};
use sluice_review::{
    ChangeInfo, Conditions, Policy, Review, Reviewer, Script, ServerVersion, Statistics, Supply, rules,
};
use sluice_rollout::{Change, ChangeKind, Directives, Phase, TransactionMode};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{Evidence, Finding, Severity, SourceFile, Span};
use tokio_util::sync::CancellationToken;

use baseline::Baseline;
use masking::Masked;
use reading::with_statements;
use rehearsal::{Rehearsed, Wish};
use replayed::{Beginning, Prefix};
use schema_source::{KnownSchema, Source};
use scope::Measure;
use sizes::Sizes;

use super::diff::{self, Ground, Local};
use crate::against::Against;
use crate::args::{self, Format, Global};
use crate::context::{Context, config_path, run_id};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::secrets::Secrets;
use crate::sites::Resolver;

/// A change, or a file that could not be read.
pub(super) struct Item {
    /// Its text; empty where it could not be read.
    pub(super) script: Script,
    /// It is reviewed; else it was there before and is only replayed.
    pub(super) reviewed: bool,
    /// Findings that do not come from its statements: what is wrong with the file or with the history.
    pub(super) findings: Vec<Finding>,
    /// What it is measured by, among those of the work; none for the work's own policy.
    measure: Option<usize>,
    /// It would be reviewed, but the policy ignores its file.
    ignored: bool,
    /// What the base has instead of it. Databases have that: it is what the changes after it find.
    instead: Option<Script>,
    /// As it is written, where it has placeholders.
    pub(super) masked: Option<Masked>,
    /// What a shadow has shown of it.
    rehearsed: Rehearsed,
}

impl Item {
    /// Takes the text of its change.
    pub(super) fn take(&mut self, change: &Change, dialect: Dialect, substitute: bool) {
        self.masked = if substitute { Masked::of(&change.up.file) } else { None };
        let file = self.masked.as_ref().map_or(&change.up.file, |masked| &masked.seen);
        self.script = project::script_of(change, dialect, file.clone());
    }

    fn of(script: Script, reviewed: bool) -> Self {
        Self {
            script,
            reviewed,
            findings: Vec::new(),
            measure: None,
            ignored: false,
            instead: None,
            masked: None,
            rehearsed: Rehearsed::default(),
        }
    }
}

/// What a review works on.
pub(super) struct Work {
    pub(super) dialect: Dialect,
    /// In the order in which they are applied.
    pub(super) items: Vec<Item>,
    /// Nothing but these items has made the database.
    complete: bool,
    /// The schema that they begin with, where a database or a lock tells it.
    known: Option<KnownSchema>,
    /// The first items, if they are only replayed and many.
    prefix: Option<Prefix>,
    /// The schema after those, where it was kept, as bytes that are whole; they have no statements then.
    begins_with: Option<Beginning>,
    /// Sizes of tables, where a file tells them.
    statistics: Option<Statistics>,
    /// They are deployed together.
    one_batch: bool,
    pub(super) policy: Policy,
    /// Lowest severity that fails; none for never.
    fail_on: Option<Severity>,
    /// What changes to some files or databases are measured by instead.
    measures: Vec<Measure>,
    /// What the baseline file is to list as there, where one is written.
    changes: Vec<history::Known>,
    /// The changes of the project; none for files without one.
    directory: Option<Arc<Directory>>,
    /// Files that the base has, too: databases have them, and nothing but a person edits them.
    history: BTreeSet<String>,
}

impl Work {
    /// Nothing to review yet, on a schema of which nothing is known.
    fn new(dialect: Dialect, policy: Policy, fail_on: Option<Severity>) -> Self {
        Self {
            dialect,
            items: Vec::new(),
            complete: false,
            known: None,
            prefix: None,
            begins_with: None,
            statistics: None,
            one_batch: false,
            policy,
            fail_on,
            measures: Vec::new(),
            changes: Vec::new(),
            directory: None,
            history: BTreeSet::new(),
        }
    }

    /// The policy by which an item is reviewed, and the lowest severity that fails.
    pub(super) fn measure(&self, item: &Item) -> (&Policy, Option<Severity>) {
        match item.measure.and_then(|at| self.measures.get(at)) {
            Some(measure) => (&measure.policy, measure.fail_on),
            None => (&self.policy, self.fail_on),
        }
    }

    /// The schema before the first item.
    pub(super) fn schema(&self) -> Schema {
        match (&self.known, &self.begins_with) {
            (Some(known), _) => known.schema.clone(),
            // Of what this program wrote as a whole everything can be read.
            (None, Some(kept)) => kept.schema().unwrap_or_else(|| Schema::unknown(self.dialect)),
            _ if self.complete => Schema::empty(self.dialect),
            _ => Schema::unknown(self.dialect),
        }
    }

    /// What its review takes as given.
    pub(super) fn conditions(&self, version: Option<ServerVersion>) -> Conditions {
        Conditions { version, today: today(), one_batch: self.one_batch }
    }
}

/// The day of reviews is that of UTC, so that a suppression ends everywhere at once (and the machine's zone, for which the whole
/// directory of zones is walked, need not be known).
pub(super) fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// `sluice check [PATHS]`
///
/// # Errors
/// Options, configuration and policies that cannot be taken. What cannot be read of the files is a finding.
pub fn run(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    args: &args::Check,
) -> Result<Exit, CliError> {
    let began = Instant::now();
    // Entered once: a second reading for the fixes must not look for it from where the first one went.
    let told = args.engine.is_some() || (args.against.is_some() && config_path(global).is_err());
    let bare = told && !args.paths.is_empty() && args.base.is_none() && global.config.is_none();
    let here = std::env::current_dir().unwrap_or_default();
    let place = if bare { None } else { Some(project::Place::enter(global, output, cancel.clone())?) };
    let shadowed = Resolver::own(Secrets::default(), run_id(), cancel.clone());
    let source = Source::find(place.as_ref(), &here, args, output, cancel)?;
    let sizes = Sizes::find(place.as_ref(), &here, args)?;
    let read = || {
        let mut works = match &place {
            Some(place) => project::read(place, args, source.as_ref())?,
            None => files::read(args, source.as_ref())?,
        };
        if let Some(sizes) = &sizes {
            sizes.give_to(&mut works)?;
        }
        Ok::<_, CliError>(works)
    };
    let known = match &place {
        Some(place) => place.baseline(args)?,
        None => args.baseline.as_deref().map(baseline::named).transpose()?,
    };
    let mut works = read()?;
    rehearse(&mut works, place.as_ref(), &here, args, shadowed)?;
    let from_stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    if (args.diff || args.fix && from_stdin) && global.format != Format::Human {
        return Err(CliError::usage("the text goes to standard output: it has no other format")
            .help("leave --format out, or review the text without --fix and --diff"));
    }
    if args.diff {
        let (mut check, found) = review(&works, args, known.as_ref(), false)?;
        let fixed = edits::Fixed::of(&works, &found);
        output.text(&fixed.diff());
        fixed.tell_left(output);
        check.settle();
        return Ok(if check.summary.failed { Exit::Findings } else { Exit::Done });
    }
    if args.fix && from_stdin {
        return match (args.paths.as_slice(), works.pop()) {
            ([_], Some(work)) => fix_text(work, output, args, known.as_ref()),
            _ => Err(CliError::usage("standard input can only be fixed by itself")
                .help("fix the files in a run of their own")),
        };
    }
    if args.fix {
        let mut made = 0;
        for _ in 0..edits::ROUNDS {
            let found = review(&works, args, known.as_ref(), false)?.1;
            let fixed = edits::Fixed::of(&works, &found);
            if fixed.made() == 0 {
                fixed.tell_left(output);
                break;
            }
            fixed.write()?;
            fixed.tell(output);
            made += fixed.made();
            works = read()?;
        }
        output.message(&format!("{made} fixed"));
        if made > 0 && place.is_some() && args.base.is_none() && source.is_none() {
            let message = "what was fixed may have been applied: a database that has it refuses it edited";
            let help = "`--base REV` and `--against DATABASE` leave alone what is applied";
            output.warning(&Problem::warning(message).help(Some(help.to_owned())));
        }
    }
    // The other formats are about findings.
    let shows_forecasts = matches!(global.format, Format::Json | Format::Markdown);
    let (mut check, _) = match &args.write_baseline {
        None => review(&works, args, known.as_ref(), shows_forecasts)?,
        Some(name) => {
            let (mut check, mut all) = review(&works, args, None, shows_forecasts)?;
            let path = baseline::path(name.as_deref(), args, place.as_ref());
            let changes = works.first().map_or(&[][..], |work| &work.changes);
            let written = baseline::write(&path, &check, changes, &reviewed_paths(&works))?;
            let findings = if written == 1 { "finding is" } else { "findings are" };
            output.message(&format!("{written} {findings} in {}", path.display()));
            let now = baseline::named(&path)?;
            take_known(&now, &works, args, &mut check, &mut all);
            (check, all)
        }
    };
    check.settle();
    check.elapsed = Some(began.elapsed());
    match global.format {
        // Of SQL there is none; it is refused before the command begins.
        Format::Human | Format::Json | Format::Sql => output.result(&check),
        Format::Sarif => output.text(&check.render(CheckFormat::Sarif)),
        Format::Junit => output.text(&check.render(CheckFormat::Junit)),
        Format::Github => output.text(&check.render(CheckFormat::Github)),
        Format::Gitlab => output.text(&check.render(CheckFormat::Gitlab)),
        Format::Markdown => output.text(&check.render(CheckFormat::Markdown)),
    }
    // The process ends: giving thousands of texts back takes longer than leaving them.
    std::mem::forget(works);
    Ok(if check.summary.failed { Exit::Findings } else { Exit::Done })
}

/// Runs the changes on the shadow that `--shadow` names.
fn rehearse(
    works: &mut [Work],
    place: Option<&project::Place>,
    here: &std::path::Path,
    args: &args::Check,
    resolver: Resolver,
) -> Result<(), CliError> {
    let Some(text) = args.shadow.as_deref().or(args.reversibility.then_some("auto")) else { return Ok(()) };
    let config = place.map(project::Place::config).transpose()?;
    let named = |option: &str, text: &str| Against::named_by(option, text, config.as_ref(), here, &resolver);
    let before = match args.against.as_deref() {
        Some(text) => {
            let against = named("--against", text)?;
            let (family, connect) = against.reach();
            let read = Context::runtime()?.block_on(shadow::facts(family, connect));
            Some(read.map_err(|error| diff::failed(error, &against.name))?.1)
        }
        None => None,
    };
    let given = if text == "auto" { None } else { Some(named("--shadow", text)?) };
    for work in works {
        let local = match (&given, work.dialect) {
            (Some(_), _) => None,
            (None, Dialect::Sqlite) => None,
            (None, dialect) => {
                let resolver =
                    Resolver::own(Secrets::default(), resolver.run_id.clone(), resolver.cancel.clone());
                Some(Local::find(dialect, args.server_version.as_deref(), resolver)?)
            }
        };
        let memory = match (&given, &local) {
            (None, None) => Some(named("--shadow", "sqlite::memory:")?),
            _ => None,
        };
        let ground = match (&given, &local, &memory) {
            (Some(against), _, _) | (None, None, Some(against)) => Ground::Named(against),
            (None, Some(local), _) => Ground::Local(local),
            (None, None, None) => return Ok(()),
        };
        let shadow = ground.server()?;
        let wish = Wish { shadow, before: before.as_ref(), reversibility: args.reversibility };
        rehearsal::rehearse(work, wish)?;
    }
    Ok(())
}

/// `--fix -`: the fixed text to standard output, everything else to standard error.
fn fix_text(
    mut work: Work,
    output: Output,
    args: &args::Check,
    known: Option<&Baseline>,
) -> Result<Exit, CliError> {
    let mut made = 0;
    for _ in 0..edits::ROUNDS {
        let found = review(slice::from_ref(&work), args, known, false)?.1;
        let fixed = edits::in_one_text(&found);
        let mut items = work.items.iter_mut().filter(|item| item.reviewed);
        let Some((item, text)) = items.find_map(|item| {
            let text = fixed.text_of(item.script.file.path())?;
            Some((item, text))
        }) else {
            fixed.tell_left(output);
            break;
        };
        made += fixed.made();
        let file = SourceFile::new(item.script.file.path(), text);
        item.script = files::script_of(work.dialect, file);
    }
    let (mut check, _) = review(slice::from_ref(&work), args, known, false)?;
    check.settle();
    for item in work.items.iter().filter(|item| item.reviewed) {
        output.text(item.script.file.text());
    }
    output.message(check.human(output.message_paint).trim_end());
    output.message(&format!("{made} fixed"));
    Ok(if check.summary.failed { Exit::Findings } else { Exit::Done })
}

fn review(
    works: &[Work],
    args: &args::Check,
    known: Option<&Baseline>,
    shows_forecasts: bool,
) -> Result<(Check, Vec<Finding>), CliError> {
    let version = server_version(args)?;
    works.iter().try_for_each(|work| supported(version, work.dialect))?;
    let mut found = Found::default();
    found.check.without_forecasts = !shows_forecasts;
    for work in works {
        let version = version.or(work.known.as_ref().map(|known| known.version));
        let mut reviewer = Reviewer::new(work.schema(), &work.policy, work.conditions(version))
            .with_statistics(work.statistics.clone());
        let replayed = work.prefix.as_ref().filter(|_| work.begins_with.is_none());
        let mut left = replayed.map_or(0, |prefix| prefix.changes);
        let review = |item: &Item, statements: Supply<'_>| {
            if !item.reviewed {
                match &item.instead {
                    Some(instead) => reviewer.replay(instead),
                    None => reviewer.replay_chunks(&item.script, statements),
                }
                if let Some(prefix) = replayed.filter(|_| left == 1) {
                    prefix.keep(reviewer.schema());
                }
                left = left.saturating_sub(1);
                return None;
            }
            reviewer.set_policy(work.measure(item).0);
            Some(match &item.instead {
                Some(instead) => reviewer.review_edited(&item.script, statements, instead),
                None => reviewer.review_chunks(&item.script, statements),
            })
        };
        with_statements(&work.items, review, |item, review| found.add(work, item, review));
        // As with the texts, when the process ends.
        std::mem::forget(reviewer);
    }
    let Found { mut check, mut all } = found;
    if let Some(known) = known {
        take_known(known, works, args, &mut check, &mut all);
    }
    Ok((check, all))
}

/// What reviews have found so far.
#[derive(Default)]
struct Found {
    check: Check,
    all: Vec<Finding>,
}

impl Found {
    /// Adds an item, with its review where it was reviewed.
    fn add(&mut self, work: &Work, item: &Item, review: Option<Review>) {
        let Self { check, all } = self;
        let (policy, fail_on) = work.measure(item);
        check.summary.ignored += usize::from(item.ignored);
        let Some(mut review) = review else {
            check.add_findings(work.dialect, &item.script.file, &item.findings);
            check.weigh(fail_on);
            all.extend(item.findings.iter().cloned());
            return;
        };
        review.findings.splice(0..0, item.findings.iter().cloned());
        item.rehearsed.amend(&mut review, work.dialect, policy, &item.script.file);
        let mut file = &item.script.file;
        if let Some(masked) = &item.masked {
            masked.reveal(&mut review);
            file = &masked.written;
        }
        check.add(
            work.dialect,
            file,
            review.statements,
            review.suppressed,
            &review.findings,
            &review.forecasts,
        );
        check.add_suppressed(file, &review.quiet);
        check.weigh(fail_on);
        all.extend(review.findings);
    }
}

/// The version that the options name.
///
/// # Errors
/// What is no version.
pub(super) fn server_version(args: &args::Check) -> Result<Option<ServerVersion>, CliError> {
    let version = args.server_version.as_deref().map(str::parse).transpose();
    let version = version.map_err(|error| CliError::usage(format!("--server-version: {error}")))?;
    args.engine.map_or(Ok(()), |engine| supported(version, engine.dialect()))?;
    Ok(version)
}

/// Refuses what nothing is known of: it would be reviewed as if it could what later versions can.
fn supported(version: Option<ServerVersion>, dialect: Dialect) -> Result<(), CliError> {
    let checked = version.map(|version| version.supported(dialect)).transpose();
    checked.map(drop).map_err(|error| {
        CliError::usage(format!("--server-version: {error}"))
            .help("review it for a newer version, and mind that the server may lock more than is said")
    })
}

/// Takes out of a review what a baseline file lists, and adds what is wrong with the file.
fn take_known(
    known: &Baseline,
    works: &[Work],
    args: &args::Check,
    check: &mut Check,
    all: &mut Vec<Finding>,
) {
    let Some(work) = works.first() else { return };
    let reviewed = reviewed_paths(works);
    // Where only some files are reviewed, nothing can be said of entries about others.
    let whole = args.paths.is_empty() && args.base.is_none();
    let is_ours = |path: &str| reviewed.contains(path) || (whole && !std::path::Path::new(path).exists());
    let stale = known.apply(check, all, &work.policy, is_ours);
    for finding in stale {
        check.add_findings(work.dialect, &finding.file, std::slice::from_ref(&finding));
        check.weigh(work.fail_on);
        all.push(finding);
    }
}

fn reviewed_paths(works: &[Work]) -> HashSet<&str> {
    let items = works.iter().flat_map(|work| &work.items);
    items.filter(|item| item.reviewed).map(|item| item.script.file.path()).collect()
}

/// A finding about a file as a whole.
fn about(
    file: &SourceFile,
    rule: &'static str,
    policy: &Policy,
    message: String,
    help: &str,
) -> Option<Finding> {
    let severity = policy.severity(rule)?;
    Some(Finding {
        rule,
        severity,
        message,
        help: help.to_owned(),
        evidence: Evidence::Modelled,
        file: file.clone(),
        span: Span::new(0, 0),
        statement: Span::new(0, 0),
        engine: None,
        fix: None,
    })
}

/// A file that cannot be read, with the finding that says so.
pub(super) fn unreadable(path: &str, policy: &Policy, message: String) -> Item {
    let file = SourceFile::new(path, "");
    let help = "make it readable: nothing of it was reviewed";
    let findings = about(&file, rules::review::UNREADABLE, policy, message, help).into_iter().collect();
    let script = Script::cut(Dialect::Postgres, file, Vec::new(), ChangeInfo::default());
    Item { findings, ..Item::of(script, true) }
}

/// What the review must know of how a change runs.
fn change_info(directives: &Directives, kind: ChangeKind) -> ChangeInfo {
    ChangeInfo {
        separate: directives.transaction == TransactionMode::None,
        lock_timeout: directives.lock_timeout,
        repeatable: kind == ChangeKind::Repeatable,
        contract: directives.phase == Some(Phase::Contract),
    }
}
