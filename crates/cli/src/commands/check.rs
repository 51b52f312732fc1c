mod edits;
mod files;
mod policy;
mod project;
mod schema_source;
mod sizes;

use std::sync::mpsc::sync_channel;

use jiff::Zoned;
use sluice_report::{Check, CheckFormat};
use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, Script, Statistics, rules};
use sluice_rollout::{ChangeKind, Directives, Phase, TransactionMode};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_sql::model::Parsed;
use sluice_text::{Evidence, Finding, Severity, SourceFile, Span};
use tokio_util::sync::CancellationToken;

use schema_source::{Known, Source};
use sizes::Sizes;

use crate::args::{self, Format, Global};
use crate::context::config_path;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// Changes that are parsed before their turn.
const AHEAD: usize = 32;

/// A change, or a file that could not be read.
struct Item {
    /// Its text; empty where it could not be read.
    script: Script,
    /// It is reviewed; else it was there before and is only replayed.
    reviewed: bool,
    /// Findings that do not come from its statements: what is wrong with the file or with the history.
    findings: Vec<Finding>,
}

/// What a review works on.
struct Work {
    dialect: Dialect,
    /// In the order in which they are applied.
    items: Vec<Item>,
    /// Nothing but these items has made the database.
    complete: bool,
    /// The schema that they begin with, where a database or a lock tells it.
    known: Option<Known>,
    /// Sizes of tables, where a file tells them.
    statistics: Option<Statistics>,
    /// They are deployed together.
    one_batch: bool,
    policy: Policy,
    /// Lowest severity that fails; none for never.
    fail_on: Option<Severity>,
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
    // Entered once: a second reading for the fixes must not look for it from where the first one went.
    let told = args.engine.is_some() || (args.against.is_some() && config_path(global).is_err());
    let bare = told && !args.paths.is_empty() && args.base.is_none() && global.config.is_none();
    let here = std::env::current_dir().unwrap_or_default();
    let place = if bare { None } else { Some(project::Place::enter(global, output, cancel.clone())?) };
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
    let mut works = read()?;
    if args.fix {
        let found = review(&works, args)?.1;
        let fixed = edits::apply(&found)?;
        output.message(&format!("{fixed} fixed"));
        works = read()?;
    }
    let (mut check, _) = review(&works, args)?;
    let fail_on = works.iter().filter_map(|work| work.fail_on).min();
    check.summary.failed = match fail_on {
        None => false,
        Some(Severity::Error) => check.summary.errors > 0,
        Some(Severity::Warning) => check.summary.errors + check.summary.warnings > 0,
        Some(Severity::Info) => !check.findings.is_empty(),
    };
    match global.format {
        Format::Human | Format::Json => output.result(&check),
        Format::Sarif => output.text(&check.render(CheckFormat::Sarif)),
        Format::Junit => output.text(&check.render(CheckFormat::Junit)),
        Format::Github => output.text(&check.render(CheckFormat::Github)),
        Format::Gitlab => output.text(&check.render(CheckFormat::Gitlab)),
        Format::Markdown => output.text(&check.render(CheckFormat::Markdown)),
    }
    Ok(if check.summary.failed { Exit::Findings } else { Exit::Done })
}

fn review(works: &[Work], args: &args::Check) -> Result<(Check, Vec<Finding>), CliError> {
    let version = match &args.server_version {
        Some(text) => {
            Some(text.parse().map_err(|error| CliError::usage(format!("--server-version: {error}")))?)
        }
        None => None,
    };
    let (mut check, mut all) = (Check::default(), Vec::new());
    for work in works {
        let schema = match &work.known {
            Some(known) => known.schema.clone(),
            None if work.complete => Schema::empty(work.dialect),
            None => Schema::unknown(work.dialect),
        };
        let version = version.or(work.known.as_ref().map(|known| known.version));
        let conditions = Conditions { version, today: Zoned::now().date(), one_batch: work.one_batch };
        let mut reviewer =
            Reviewer::new(schema, &work.policy, conditions).with_statistics(work.statistics.clone());
        with_parsed(&work.items, |item, parsed| {
            if !item.reviewed {
                reviewer.replay_parsed(&item.script, parsed);
                if !item.findings.is_empty() {
                    check.add(work.dialect, &item.script.file, 0, 0, &item.findings, &[]);
                    all.extend(item.findings.iter().cloned());
                }
                return;
            }
            let mut review = reviewer.review_parsed(&item.script, parsed);
            review.findings.splice(0..0, item.findings.iter().cloned());
            check.add(
                work.dialect,
                &item.script.file,
                review.statements,
                review.suppressed,
                &review.findings,
                &review.forecasts,
            );
            all.extend(review.findings);
        });
    }
    Ok((check, all))
}

/// Calls `take` for each item in turn, while a thread parses those that come next.
fn with_parsed(items: &[Item], mut take: impl FnMut(&Item, &[Parsed])) {
    if let [item] = items {
        return take(item, &item.script.parse());
    }
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        scope.spawn(move || items.iter().try_for_each(|item| sender.send(item.script.parse())));
        for item in items {
            take(item, &receiver.recv().unwrap_or_default());
        }
    });
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
fn unreadable(path: &str, policy: &Policy, message: String) -> Item {
    let file = SourceFile::new(path, "");
    let help = "make it readable: nothing of it was reviewed";
    let findings = about(&file, rules::review::UNREADABLE, policy, message, help).into_iter().collect();
    let script = Script::cut(Dialect::Postgres, file, Vec::new(), ChangeInfo::default());
    Item { script, reviewed: true, findings }
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
