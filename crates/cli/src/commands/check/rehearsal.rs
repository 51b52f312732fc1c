//! Changes are run on a shadow: what fails there is a finding, and what was measured stands in for what was forecast.

use sluice_engine::proof::ProofError;
use sluice_engine::rehearsal::{Before, Measured, Rehearsal};
use sluice_engine::{DbError, DbErrorKind};
use sluice_facts::{Diff, Snapshot};
use sluice_report::Problem;
use sluice_review::{
    Algorithm, Forecast, Lock, LockMode, Online, OnlineLock, Policy, Review, WorkKind, rules,
};
use sluice_rollout::Change;
use sluice_schema::Name;
use sluice_sql::{Dialect, PieceKind, split};
use sluice_text::{Evidence, Finding, SourceFile, Span};

use super::{Item, Work};
use crate::against::Against;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// More differences than this are not told one by one.
const TOLD: usize = 5;

/// What the rehearsal of an item has shown.
#[derive(Default)]
pub struct Rehearsed {
    /// What failed.
    pub findings: Vec<Finding>,
    /// What was measured, by statement.
    measured: Vec<(Span, Measured)>,
}

/// What is asked of a rehearsal.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// Where it takes place.
    pub shadow: &'a Against,
    /// The schema that the changes begin with, where they do not begin with nothing.
    pub before: Option<&'a Snapshot>,
    /// Ways back are gone as well.
    pub reversibility: bool,
}

/// Runs the items of a work, those that are only replayed as well: they make what the others begin with.
///
/// # Errors
/// A shadow that does not answer, or where the schema before cannot be made.
pub fn rehearse(work: &mut Work, wish: Wish<'_>) -> Result<(), CliError> {
    let (family, connect) = wish.shadow.reach();
    let unable = |error: ProofError| {
        let problem = Problem::error(format!("the changes cannot be rehearsed: {error}"));
        CliError::new(Exit::Unreachable, problem.at(wish.shadow.name.as_str()))
            .help("name a shadow that has the roles and extensions of the schema")
    };
    let before = match (wish.before, family.rules()) {
        (Some(facts), Some(rules)) => Before::Facts(rules, facts),
        _ => Before::Empty,
    };
    Context::runtime()?.block_on(async {
        let mut rehearsal = Rehearsal::begin(family, connect, before).await.map_err(unable)?;
        let server = rehearsal.server().dialect;
        let result = match same_family(server, work.dialect) {
            true => run(work, &mut rehearsal, wish.reversibility).await,
            false => Ok(()),
        };
        let ended = rehearsal.end().await;
        result.and(ended).map_err(|error| unable(error.into()))
    })
}

fn same_family(one: Dialect, other: Dialect) -> bool {
    super::schema_source::family(one) == super::schema_source::family(other)
}

async fn run(work: &mut Work, rehearsal: &mut Rehearsal<'_>, reversibility: bool) -> Result<(), DbError> {
    let directory = work.directory.clone();
    for at in 0..work.items.len() {
        let Some(item) = work.items.get(at) else { break };
        let policy = work.measure(item).0;
        let change = directory.as_ref().and_then(|directory| directory.changes.get(at));
        let way_back = change.filter(|change| reversibility && item.reviewed && change.down.is_some());
        let before = match way_back {
            Some(_) => Some(rehearsal.facts().await?),
            None => None,
        };
        let mut rehearsed = forward(item, rehearsal, policy).await?;
        if rehearsed.findings.is_empty()
            && let (Some(change), Some(before)) = (way_back, before)
        {
            rehearsed.findings.extend(back(item, change, rehearsal, policy, &before).await?);
        }
        // What comes after something that does not run would fail for that alone.
        let stops = !rehearsed.findings.is_empty();
        if let Some(item) = work.items.get_mut(at) {
            match item.reviewed {
                true => item.rehearsed = rehearsed,
                false => item.findings.extend(rehearsed.findings),
            }
        }
        if stops {
            break;
        }
    }
    Ok(())
}

/// Runs an item's statements up to the first that fails.
async fn forward(item: &Item, rehearsal: &mut Rehearsal<'_>, policy: &Policy) -> Result<Rehearsed, DbError> {
    let mut rehearsed = Rehearsed::default();
    let file = &item.script.file;
    for span in &item.script.statements {
        let sql = file.slice(*span);
        match rehearsal.run(sql).await {
            Ok(measured) => rehearsed.measured.push((*span, measured)),
            Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error),
            Err(error) => {
                let Some(severity) = policy.severity(rules::correctness::DOES_NOT_RUN) else { break };
                let place = place_of(&error, sql);
                rehearsed.findings.push(Finding {
                    rule: rules::correctness::DOES_NOT_RUN,
                    severity,
                    message: format!("this fails on {}: {error}", rehearsal.server().product),
                    help: error.hint.clone().unwrap_or_default(),
                    evidence: Evidence::Measured,
                    file: file.clone(),
                    span: Span::new(span.start + place.start, span.start + place.end),
                    statement: *span,
                    engine: Some(rehearsal.server().dialect.name()),
                    fix: None,
                });
                break;
            }
        }
    }
    rehearsal.end_change().await?;
    Ok(rehearsed)
}

/// Goes the way back of a change, and forward again.
async fn back(
    item: &Item,
    change: &Change,
    rehearsal: &mut Rehearsal<'_>,
    policy: &Policy,
    before: &Snapshot,
) -> Result<Option<Finding>, DbError> {
    let Some(severity) = policy.severity(rules::correctness::NOT_REVERSIBLE) else { return Ok(None) };
    let Some(down) = &change.down else { return Ok(None) };
    let after = rehearsal.facts().await?;
    let engine = Some(rehearsal.server().dialect.name());
    let finding = |file: &SourceFile, span: Span, statement: Span, message: String, help: &str| Finding {
        rule: rules::correctness::NOT_REVERSIBLE,
        severity,
        message,
        help: help.to_owned(),
        evidence: Evidence::Measured,
        file: file.clone(),
        span,
        statement,
        engine,
        fix: None,
    };
    let whole =
        down.blocks.first().map_or(Span::new(0, 0), |block| Span::new(block.span.start, block.span.start));
    for span in statements_of(down, rehearsal.server().dialect) {
        let sql = down.file.slice(span);
        if let Err(error) = rehearsal.run(sql).await {
            if error.kind == DbErrorKind::ConnectionLost {
                return Err(error);
            }
            let place = place_of(&error, sql);
            let place = Span::new(span.start + place.start, span.start + place.end);
            let message = format!("the way back fails on {}: {error}", rehearsal.server().product);
            return Ok(Some(finding(&down.file, place, span, message, "")));
        }
    }
    rehearsal.end_change().await?;
    let back = rehearsal.facts().await?;
    if let Some(words) = differences(before, &back) {
        let message = format!("the way back leads elsewhere than to the schema before: {words}");
        let help = "take back all that the change does, and nothing else";
        return Ok(Some(finding(&down.file, whole, whole, message, help)));
    }
    let again = forward(item, rehearsal, policy).await?;
    if let Some(failed) = again.findings.into_iter().next() {
        let message = format!("after its way back the change does not run again: {}", failed.message);
        return Ok(Some(Finding { rule: rules::correctness::NOT_REVERSIBLE, severity, message, ..failed }));
    }
    let second = rehearsal.facts().await?;
    Ok(differences(&after, &second).map(|words| {
        let message = format!("after its way back the change leads elsewhere than the first time: {words}");
        finding(&down.file, whole, whole, message, "take back all that the change does, and nothing else")
    }))
}

fn differences(should: &Snapshot, is: &Snapshot) -> Option<String> {
    let words = Diff::between(is, should).words(TOLD, "is missing", "should not be there");
    (!words.is_empty()).then(|| words.join("; "))
}

fn statements_of(script: &sluice_rollout::Script, dialect: Dialect) -> Vec<Span> {
    let mut spans = Vec::new();
    for block in &script.blocks {
        let text = script.file.slice(block.span);
        for piece in split(dialect, text).unwrap_or_default() {
            if matches!(piece.kind, PieceKind::Statement) {
                spans.push(Span::new(block.span.start + piece.body.start, block.span.start + piece.body.end));
            }
        }
    }
    spans
}

/// Where in a statement the server stumbles: PostgreSQL says the place, MySQL and MariaDB the text from there on or a name.
fn place_of(error: &DbError, sql: &str) -> Span {
    let near = || {
        let (_, rest) = error.message.split_once(" near '")?;
        let (text, _) = rest.rsplit_once("' at line ")?;
        if text.is_empty() { None } else { sql.find(text) }
    };
    // Else a name that the message quotes, where the statement has it once.
    let quoted = || {
        let mut words = error.message.split('\'').skip(1).step_by(2).filter(|word| !word.is_empty());
        words.find_map(|word| sql.find(word).filter(|_| sql.matches(word).count() == 1))
    };
    let at = error.offset.or_else(near).or_else(quoted).filter(|at| sql.is_char_boundary(*at));
    match at {
        Some(at) => {
            let rest = sql.get(at..).unwrap_or_default();
            let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            let first = rest.chars().next().map_or(0, char::len_utf8);
            Span::new(at, at + length.max(first))
        }
        None => Span::new(0, sql.len()),
    }
}

impl Rehearsed {
    /// Puts what was measured in the place of what was forecast, and adds findings to a review.
    pub fn amend(&self, review: &mut Review, dialect: Dialect, policy: &Policy, file: &SourceFile) {
        review.findings.extend(self.findings.iter().cloned());
        for one in &mut review.forecasts {
            let Some((_, measured)) = self.measured.iter().find(|(span, _)| *span == one.span) else {
                continue;
            };
            let Some(seen) = measured_forecast(measured, &one.forecast, dialect) else { continue };
            let differs = disagreements(&one.forecast, &seen);
            if let (Some(words), Some(severity)) = (differs, policy.severity(rules::review::FORECAST_DIFFERS))
            {
                review.findings.push(Finding {
                    rule: rules::review::FORECAST_DIFFERS,
                    severity,
                    message: format!("{words}: the forecast is wrong here"),
                    help: "report it: this is a mistake in sluice".to_owned(),
                    evidence: Evidence::Measured,
                    file: file.clone(),
                    span: one.span,
                    statement: one.span,
                    engine: Some(dialect.name()),
                    fix: None,
                });
            }
            one.forecast = seen;
        }
        review.findings.sort_by_key(|finding| finding.span.start);
    }
}

/// The forecast with what was measured; none where nothing was.
fn measured_forecast(measured: &Measured, modelled: &Forecast, dialect: Dialect) -> Option<Forecast> {
    let mut forecast = modelled.clone();
    forecast.evidence = Evidence::Measured;
    if let Some((algorithm, lock)) = measured.online {
        let algorithm = match algorithm {
            "INSTANT" => Algorithm::Instant,
            "NOCOPY" => Algorithm::NoCopy,
            "INPLACE" => Algorithm::Inplace,
            _ => Algorithm::Copy,
        };
        let lock = if lock == "NONE" { OnlineLock::None } else { OnlineLock::Shared };
        let rebuild = modelled.online.is_some_and(|online| online.rebuild) || algorithm == Algorithm::Copy;
        forecast.online = Some(Online { algorithm, lock, rebuild });
        return Some(forecast);
    }
    if dialect != Dialect::Postgres || measured.seen.is_empty() {
        return None;
    }
    forecast.locks.clear();
    forecast.index_locks.clear();
    // Only some kinds of work can be seen; a lookup of references is a scan to the server.
    forecast.work.retain(|work| matches!(work.kind, WorkKind::ForeignKeyCheck | WorkKind::Scan));
    for seen in &measured.seen {
        let name = Name::new(seen.schema.as_str(), seen.name.as_str());
        match seen.what.as_str() {
            "lock" => mode(&seen.mode).into_iter().for_each(|mode| forecast.lock(name.clone(), mode)),
            "index-lock" => {
                mode(&seen.mode).into_iter().for_each(|mode| forecast.lock_index(name.clone(), mode))
            }
            "rewrite" => forecast.work(WorkKind::Rewrite, name),
            "index-build" => forecast.work(WorkKind::IndexBuild, name),
            "index-rebuild" => forecast.work(WorkKind::IndexRebuild, name),
            _ => {}
        }
    }
    Some(forecast)
}

/// As `pg_locks` names it.
fn mode(name: &str) -> Option<LockMode> {
    Some(match name {
        "AccessShareLock" => LockMode::AccessShare,
        "RowShareLock" => LockMode::RowShare,
        "RowExclusiveLock" => LockMode::RowExclusive,
        "ShareUpdateExclusiveLock" => LockMode::ShareUpdateExclusive,
        "ShareLock" => LockMode::Share,
        "ShareRowExclusiveLock" => LockMode::ShareRowExclusive,
        "ExclusiveLock" => LockMode::Exclusive,
        "AccessExclusiveLock" => LockMode::AccessExclusive,
        _ => return None,
    })
}

/// What the model says otherwise, as far as people notice it: locks that block, tables that are written anew, the algorithm.
fn disagreements(modelled: &Forecast, measured: &Forecast) -> Option<String> {
    let mut words = Vec::new();
    if let (Some(was), Some(is)) = (modelled.online, measured.online)
        && (was.algorithm, was.lock) != (is.algorithm, is.lock)
    {
        words.push(format!("the server takes {:?} and not {:?}", is.algorithm, was.algorithm));
    }
    if measured.online.is_none() {
        let weak = |mode: Option<LockMode>| mode.filter(|mode| mode.blocks().is_some());
        let name = |mode: Option<LockMode>| mode.map_or("no lock that blocks", LockMode::name);
        let mut relations: Vec<&Name> =
            modelled.locks.iter().chain(&measured.locks).map(|lock: &Lock| &lock.relation).collect();
        relations.sort();
        relations.dedup();
        for relation in relations {
            let (was, is) = (weak(modelled.lock_on(relation)), weak(measured.lock_on(relation)));
            if was != is {
                words.push(format!("{relation} has {} and not {}", name(is), name(was)));
            }
        }
        let rewritten = |forecast: &Forecast| {
            let mut names: Vec<Name> = forecast.works_on(WorkKind::Rewrite).cloned().collect();
            names.sort();
            names
        };
        let (was, is) = (rewritten(modelled), rewritten(measured));
        let only = |some: &[Name], others: &[Name]| -> Vec<String> {
            some.iter().filter(|name| !others.contains(name)).map(ToString::to_string).collect()
        };
        words.extend(only(&is, &was).into_iter().map(|name| format!("{name} is written anew")));
        words.extend(only(&was, &is).into_iter().map(|name| format!("{name} is not written anew")));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, offset: Option<usize>) -> DbError {
        DbError { offset, ..DbError::new(DbErrorKind::Statement, message) }
    }

    #[test]
    fn the_place_is_the_word_at_which_the_server_stumbles() {
        let sql = "ALTER TABLE t ADD c nonsense";
        assert_eq!(place_of(&error("type does not exist", Some(20)), sql), Span::new(20, 28));
        let message = "You have an error in your SQL syntax; … to use near 'nonsense' at line 1";
        assert_eq!(place_of(&error(message, None), sql), Span::new(20, 28));
        assert_eq!(place_of(&error("Unknown data type: 'nonsense'", None), sql), Span::new(20, 28));
        assert_eq!(place_of(&error("it is gone", None), sql), Span::new(0, 28));
    }
}
