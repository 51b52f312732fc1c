mod edits;
mod files;
mod policy;
mod project;

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use jiff::Zoned;
use sluice_project::layout::Directory;
use sluice_report::{Check, CheckFormat, Report as _};
use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, Script, rules};
use sluice_rollout::{ChangeKind, Directives, Phase, TransactionMode};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{Evidence, Finding, Severity, SourceFile, Span};
use tokio_util::sync::CancellationToken;

use crate::args::{self, Format, Global};
use crate::error::{CliError, Exit};
use crate::output::Output;

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
    /// They are deployed together.
    one_batch: bool,
    policy: Policy,
    /// Lowest severity that fails; none for never.
    fail_on: Option<Severity>,
    /// The changes of the project; none for files without one.
    directory: Option<Arc<Directory>>,
    /// Files that the base has, too: databases have them, and nothing but a person edits them.
    history: BTreeSet<String>,
}

impl Work {
    fn new(dialect: Dialect, policy: Policy, fail_on: Option<Severity>) -> Self {
        Self {
            dialect,
            items: Vec::new(),
            complete: false,
            one_batch: false,
            policy,
            fail_on,
            directory: None,
            history: BTreeSet::new(),
        }
    }
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
    let bare =
        args.engine.is_some() && !args.paths.is_empty() && args.base.is_none() && global.config.is_none();
    let place = if bare { None } else { Some(project::Place::enter(global, output, cancel)?) };
    let read = || match &place {
        Some(place) => project::read(place, args),
        None => files::read(args),
    };
    let mut works = read()?;
    let from_stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    if (args.diff || args.fix && from_stdin) && global.format != Format::Human {
        return Err(CliError::usage("the text goes to standard output: it has no other format")
            .help("leave --format out, or review the text without --fix and --diff"));
    }
    if args.diff {
        let found = review(&works, args)?.1;
        let fixed = edits::Fixed::of(&works, &found);
        output.text(&fixed.diff());
        fixed.tell_left(output);
        return Ok(if failed(&works, &review(&works, args)?.0) { Exit::Findings } else { Exit::Done });
    }
    if args.fix && from_stdin {
        return match (args.paths.as_slice(), works.pop()) {
            ([_], Some(work)) => fix_text(work, output, args),
            _ => Err(CliError::usage("standard input can only be fixed by itself")
                .help("fix the files in a run of their own")),
        };
    }
    if args.fix {
        let mut made = 0;
        for _ in 0..edits::ROUNDS {
            let found = review(&works, args)?.1;
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
    }
    let (mut check, _) = review(&works, args)?;
    check.summary.failed = failed(&works, &check);
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

/// Whether there is something at or above the severity that fails.
fn failed(works: &[Work], check: &Check) -> bool {
    match works.iter().filter_map(|work| work.fail_on).min() {
        None => false,
        Some(Severity::Error) => check.summary.errors > 0,
        Some(Severity::Warning) => check.summary.errors + check.summary.warnings > 0,
        Some(Severity::Info) => !check.findings.is_empty(),
    }
}

/// `--fix -`: the fixed text to standard output, everything else to standard error.
fn fix_text(mut work: Work, output: Output, args: &args::Check) -> Result<Exit, CliError> {
    let mut made = 0;
    for _ in 0..edits::ROUNDS {
        let found = review(slice::from_ref(&work), args)?.1;
        let fixed = edits::in_one_text(slice::from_ref(&work), &found);
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
        item.script = Script::read(work.dialect, file, item.script.info.clone());
    }
    let (check, _) = review(slice::from_ref(&work), args)?;
    for item in work.items.iter().filter(|item| item.reviewed) {
        output.text(item.script.file.text());
    }
    output.message(check.human(output.message_paint).trim_end());
    output.message(&format!("{made} fixed"));
    Ok(if failed(slice::from_ref(&work), &check) { Exit::Findings } else { Exit::Done })
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
        let schema = if work.complete { Schema::empty(work.dialect) } else { Schema::unknown(work.dialect) };
        let conditions = Conditions { version, today: Zoned::now().date(), one_batch: work.one_batch };
        let mut reviewer = Reviewer::new(schema, &work.policy, conditions);
        for item in &work.items {
            if !item.reviewed {
                reviewer.replay(&item.script);
                if !item.findings.is_empty() {
                    check.add(work.dialect, &item.script.file, 0, 0, &item.findings, &[]);
                    all.extend(item.findings.iter().cloned());
                }
                continue;
            }
            let mut review = reviewer.review(&item.script);
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
        }
    }
    Ok((check, all))
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
