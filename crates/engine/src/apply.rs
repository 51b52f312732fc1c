//! The apply protocol for one target: lock, check, change by change, record.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sluice_facts::{Digest, Scope, Snapshot};
use sluice_rollout::{
    Action, Change, Decision, ForeignHistory, Integrity, Ledger, Past, Problem, Response, Revision,
    StatementState, decide, version_key,
};

use crate::backup;
use crate::change::ChangeRun;
use crate::declared;
use crate::drift::{self, OnDrift};
use crate::event::{Event, EventSink};
use crate::failure::{ApplyError, read_only};
use crate::fault::{self, Point};
use crate::foreign::{self, Histories};
use crate::ledger::{self, Identity, Writer};
use crate::loss::{Losses, Sent};
use crate::script::{Prepared, PreparedStatement, prepare};
use crate::{
    Connect, Database, DbError, DbErrorKind, Limits, LockAttempt, Query, Server, Session, Step, unfinished,
};

/// What is to be done to one target.
pub struct Job<'a> {
    /// The release's changes, in order.
    pub changes: &'a [Change],
    /// Whether a change's `targets` directive matches this target, by index.
    pub applies: &'a (dyn Fn(usize) -> bool + Sync),
    /// What to do about a history that was touched.
    pub integrity: Integrity,
    /// What to do where the schema is not as the last change has left it; `None` where that is not looked for.
    pub on_drift: Option<OnDrift>,
    /// What ways back take back, as the ledger had it when they were planned: what was undone and applied again since is another
    /// change.
    pub expected: Vec<Revision>,
    /// What is kept of the rows that changes touch.
    pub backup: backup::Policy,
    /// How histories of other tools are found; `None` where they do not matter.
    pub histories: Option<Histories>,
    /// Name of the layout of the changes' files.
    pub layout: &'a str,
    /// Values for `${name}`; `None` where placeholders are not enabled.
    pub placeholders: Option<BTreeMap<String, String>>,
    /// Who runs it.
    pub identity: Identity,
    /// Time limits.
    pub timing: Timing,
    /// Where the change was computed for this target from its schema: what it starts from.
    pub start: Option<Start<'a>>,
    /// What of a schema counts; everything where nothing was said.
    pub scope: Option<&'a dyn Scope>,
    /// Versions that the plan says are pending; a different set is a stale plan.
    pub planned: Option<Vec<String>>,
    /// Finds the URL anew when the database refuses the password of the one that it is given: the secret may have been rotated
    /// since.
    pub renew: Option<&'a Renew<'a>>,
    /// Asked once the target's lock is held and before every further change: waiting for the lock and working take time, and
    /// what let the run begin may not hold any more. The error says why.
    pub may_go_on: Option<&'a (dyn Fn() -> Result<(), String> + Sync)>,
}

/// What a computed change starts from.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Fingerprint of the schema, as far as it counts. With another one the change is not what leads to the declared schema.
    pub fingerprint: Digest,
    /// The other schema, without which the schema is taken for the fingerprint: see [`Snapshot::leaving_out`].
    pub without: &'a Snapshot,
}

impl Job<'_> {
    fn go_on(&self) -> Result<(), ApplyError> {
        self.may_go_on.map_or(Ok(()), |ask| ask().map_err(|reason| ApplyError::Held { reason }))
    }
}

/// Takes the URL that was refused and returns the one to try next.
pub type Renew<'a> = dyn Fn(&str) -> Result<String, DbError> + Sync + 'a;

/// Time limits of a run.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Longest wait of one statement for a lock, per try.
    pub lock_timeout: Duration,
    /// Tries before a lock timeout is a failure.
    pub lock_attempts: u32,
    /// Longest wait for another runner.
    pub lock_wait: Duration,
    /// Longest run of one statement; `None` is no limit.
    pub statement_timeout: Option<Duration>,
    /// How long a lost connection is tried again: from each loss on, as long as nothing could be sent.
    pub reconnect: Duration,
    /// How long a statement may run without an answer before the server is asked whether it still works on it.
    pub silence: Duration,
    /// How long a session may say nothing before the server ends it; `None` where nobody else would take the work over.
    pub idle: Option<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(3),
            lock_attempts: 10,
            lock_wait: Duration::from_secs(600),
            statement_timeout: None,
            reconnect: Duration::from_secs(60),
            silence: Duration::from_secs(15),
            idle: None,
        }
    }
}

/// What was done to one target.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The server.
    pub server: Server,
    /// Versions applied in this run, in order.
    pub versions: Vec<String>,
    /// How many changes were skipped.
    pub skipped: usize,
    /// Problems that the policy only warns of.
    pub warnings: Vec<Problem>,
    /// When the last change before this run was finished, RFC 3339 in UTC on the database's clock.
    pub finished_at: Option<String>,
}

/// Brings one target to the release: applies what is pending, exactly once.
///
/// Safe to call at any time, from anywhere, any number of times, and to interrupt at any moment: calling it again goes on
/// where it stopped.
///
/// # Errors
/// [`ApplyError`]; everything that was applied before it is recorded.
pub async fn apply(
    database: &dyn Database,
    connect: &Connect,
    job: &Job<'_>,
    events: &EventSink,
) -> Result<Applied, ApplyError> {
    let mut log = Log::default();
    let mut lost: Option<Instant> = None;
    let mut losses = 0_u32;
    let mut connect = connect.clone();
    loop {
        let before = log.versions.len();
        let result = attempt(database, &connect, job, events, &mut log).await;
        if log.versions.len() > before {
            (lost, losses) = (None, 0);
        }
        let error = match result {
            Ok(mut applied) => {
                applied.versions = log.versions;
                return Ok(applied);
            }
            Err(ApplyError::Lost(error)) => error,
            Err(ApplyError::Connect(error)) if lost.is_some() && is_transient(error.kind) => error,
            Err(error) => return Err(error),
        };
        let sent = log.sent.take();
        if sent.is_some() {
            // The connection was there again, and a statement lost it: how often it may do so is counted, not timed.
            lost = None;
        }
        log.losses.note(sent, &error);
        let since = *lost.get_or_insert_with(Instant::now);
        losses += 1;
        if since.elapsed() >= job.timing.reconnect || losses > 100 {
            return Err(ApplyError::Lost(log.located(error)));
        }
        events(Event::Reconnecting { reason: error.to_string() });
        if let Some(renew) = job.renew.filter(|_| error.kind == DbErrorKind::Authentication) {
            connect.url = renew(&connect.url).map_err(ApplyError::Connect)?;
        }
        pause(&connect, backoff(losses, Duration::from_millis(50), Duration::from_secs(2))).await?;
    }
}

fn is_transient(kind: DbErrorKind) -> bool {
    matches!(kind, DbErrorKind::Connect | DbErrorKind::ConnectionLost | DbErrorKind::Authentication)
}

/// Opens a session and does everything that is pending, as long as the session lasts.
async fn attempt(
    database: &dyn Database,
    connect: &Connect,
    job: &Job<'_>,
    events: &EventSink,
    log: &mut Log,
) -> Result<Applied, ApplyError> {
    if connect.cancel.is_cancelled() {
        return Err(ApplyError::Cancelled { running: None });
    }
    let mut session = database.connect(connect).await.map_err(ApplyError::Connect)?;
    let server = session.server().clone();
    events(Event::Connected { server: server.product.clone(), address: server.address.clone() });
    let result = work(session.as_mut(), connect, job, events, log).await;
    if !matches!(result, Err(ApplyError::Lost(_))) {
        session.close().await;
    }
    let done = result?;
    Ok(Applied {
        server,
        versions: Vec::new(),
        skipped: done.decision.skipped.len(),
        warnings: done.decision.problems,
        finished_at: done.finished_at,
    })
}

/// What a run has done so far, over all its sessions.
#[derive(Default)]
struct Log {
    versions: Vec<String>,
    /// The change that was being run when a session ended.
    current: Option<String>,
    /// What was sent and not answered when a session ended.
    sent: Option<Sent>,
    losses: Losses,
}

impl Log {
    /// An error that ended a session, with what it ended.
    fn located(&self, mut error: DbError) -> DbError {
        if let Some(place) = self.losses.place() {
            error.message = format!("{} while {place} ran", error.message);
        }
        error
    }

    /// A commit that was in doubt when the connection went away: the ledger tells.
    fn settle(&mut self, ledger: &Ledger) {
        let complete = |version: &String| {
            let key = version_key(version);
            ledger
                .revisions
                .iter()
                .any(|revision| revision.state.is_complete() && version_key(&revision.version) == key)
        };
        self.versions.extend(self.current.take().filter(complete));
    }
}

/// What a session came to.
struct Done {
    decision: Decision,
    finished_at: Option<String>,
}

async fn work(
    session: &mut dyn Session,
    connect: &Connect,
    job: &Job<'_>,
    events: &EventSink,
    log: &mut Log,
) -> Result<Done, ApplyError> {
    // Without the lock, to learn cheaply that there is nothing to do.
    match read_ledger(session).await {
        Ok(ledger) => {
            log.settle(&ledger);
            let decision = judge(job, &ledger, &[], &log.versions)?;
            if decision.pending.is_empty() {
                return Ok(Done { decision, finished_at: ledger.finished_at().map(str::to_owned) });
            }
        }
        // Another run may be creating the ledger at this moment: what is half there is damage only under the lock.
        Err(ApplyError::Ledger(ledger::LedgerError::Damaged { .. })) => {}
        Err(error) => return Err(error),
    }
    if session.server().read_only {
        return Err(read_only(session.server()));
    }
    fault::at(Point::BeforeLock);
    lock(session, connect, &job.timing, events).await?;
    fault::at(Point::LockHeld);
    let result = work_locked(session, connect, job, events, log).await;
    if !matches!(result, Err(ApplyError::Lost(_))) {
        // The lock ends with the session anyway.
        let _ = session.unlock().await;
    }
    result
}

async fn work_locked(
    session: &mut dyn Session,
    connect: &Connect,
    job: &Job<'_>,
    events: &EventSink,
    log: &mut Log,
) -> Result<Done, ApplyError> {
    // What was read before the lock does not count.
    let ledger = read_ledger(session).await?;
    let histories = if ledger.exists { Vec::new() } else { foreign::find(session, job.histories).await? };
    let decision = judge(job, &ledger, &histories, &log.versions)?;
    check_plan(job, &decision, &log.versions)?;
    check_expected(job, &decision, &ledger)?;
    let work = prepare_all(session, job, &decision, &ledger)?;
    if !work.is_empty() {
        job.go_on()?;
    }
    events(Event::Planned { pending: work.len() });
    for problem in &decision.problems {
        events(Event::Warning { message: problem.message.clone() });
    }
    report_leftovers(session, events).await?;
    let on_drift = job.on_drift.filter(|_| !work.is_empty());
    if let Some(on_drift) = on_drift {
        drift::check(session, &ledger, job.scope, on_drift, events).await?;
    }
    if let Some(start) = &job.start {
        declared::check(session, &ledger, start, job.scope, &work).await?;
    }

    refuse_unfit(session, job, &work, &ledger).await?;

    let writer = Writer::new(session.ledger_dialect().clone(), job.identity.clone(), ledger.fence + 1);
    let mut prelude = prelude(session, &ledger, &writer).await?;
    if job.start.is_some() {
        declared::keep(session, &ledger, &writer, &work, &mut prelude).await?;
    }
    let losses = &log.losses;
    let mut run = ChangeRun {
        session,
        connect,
        job,
        events,
        writer: &writer,
        prelude,
        dirty: false,
        losses,
        sent: None,
        cleaned: Vec::new(),
    };
    for (at, (change, action, prepared)) in work.iter().enumerate() {
        if connect.cancel.is_cancelled() {
            return Err(ApplyError::Cancelled { running: None });
        }
        if at > 0 {
            fault::at(Point::BetweenStatements);
            job.go_on()?;
        }
        let sequence = (ledger.fence + 1) * 1_000_000 + u64::try_from(at).unwrap_or(u64::MAX);
        log.current = Some(change.version.clone());
        if let Err(error) = run.apply(change, *action, prepared, &ledger, sequence).await {
            log.sent = run.sent.take();
            if on_drift.is_some() && !log.versions.is_empty() && !matches!(error, ApplyError::Lost(_)) {
                // What was applied before it stays. That it cannot be kept is said, and the error counts.
                let _ = keep_schema(run.session, &writer, events).await;
            }
            return Err(error);
        }
        log.current = None;
        log.versions.push(change.version.clone());
    }
    let has_run = !work.is_empty();
    drop(work);
    if on_drift.is_some() {
        keep_schema(session, &writer, events).await?;
    }
    if has_run {
        sweep(session, job, events).await?;
    }
    Ok(Done { finished_at: ledger.finished_at().map(str::to_owned), decision })
}

/// Refuses where rows are to be kept and cannot be, while nothing has run.
async fn refuse_unfit(
    session: &mut dyn Session,
    job: &Job<'_>,
    work: &Work<'_>,
    ledger: &Ledger,
) -> Result<(), ApplyError> {
    for (change, _, prepared) in work {
        let is_applied = |statement: &PreparedStatement| {
            ledger.statements.iter().any(|record| {
                version_key(&record.version) == change.key
                    && record.ordinal == statement.ordinal
                    && record.state == StatementState::Applied
            })
        };
        let refusal = backup::refuse_unfit(session, change, prepared, job.backup, &is_applied).await;
        if let Some(refusal) = refusal.map_err(lost_or_connect)? {
            return Err(ApplyError::NotKept { version: change.version.clone(), refusal });
        }
    }
    Ok(())
}

/// Drops rows that were kept long enough. That they stay does not undo the run: it is said.
async fn sweep(session: &mut dyn Session, job: &Job<'_>, events: &EventSink) -> Result<(), ApplyError> {
    match backup::sweep(session, job.backup).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == DbErrorKind::ConnectionLost => Err(ApplyError::Lost(error)),
        Err(error) => {
            events(Event::Warning {
                message: format!("rows that were kept long enough are still there: {error}"),
            });
            Ok(())
        }
    }
}

/// Keeps the schema as the last change has left it; nothing where one is unfinished.
async fn keep_schema(
    session: &mut dyn Session,
    writer: &Writer,
    events: &EventSink,
) -> Result<(), ApplyError> {
    let revisions = read_ledger(session).await?.revisions;
    match revisions.last() {
        Some(last) if revisions.iter().all(|revision| revision.state.is_complete()) => {
            drift::keep(session, writer, &last.version, events).await
        }
        _ => Ok(()),
    }
}

/// What goes with the first transaction of a run: creates the ledger where needed and takes the fence. Where creating tables
/// commits by itself, they are created here and now.
pub(crate) async fn prelude(
    session: &mut dyn Session,
    ledger: &Ledger,
    writer: &Writer,
) -> Result<Vec<Step<'static>>, ApplyError> {
    let mut prelude = Vec::new();
    if !ledger.exists {
        let dialect = session.ledger_dialect();
        let create: Vec<Query> = dialect.create.iter().map(|sql| Query::new(sql, Vec::new())).collect();
        if dialect.create_is_transactional {
            prelude.extend(create.into_iter().map(Step::Own));
        } else {
            for query in create {
                session.query(&query).await.map_err(lost_or_connect)?;
            }
        }
    }
    prelude.push(Step::Own(writer.take_fence()));
    Ok(prelude)
}

pub(crate) type Work<'a> = Vec<(&'a Change, sluice_rollout::Action, Prepared)>;

/// Cuts every pending change before the first one runs, so that a broken file, or one that was edited while the change was half
/// applied, stops the run while nothing is done.
fn prepare_all<'a>(
    session: &dyn Session,
    job: &Job<'a>,
    decision: &Decision,
    ledger: &Ledger,
) -> Result<Work<'a>, ApplyError> {
    let dialect = session.server().dialect;
    let mut work = Vec::with_capacity(decision.pending.len());
    for (index, action) in &decision.pending {
        if let Some(change) = job.changes.get(*index) {
            let prepared = prepare(change, dialect, job.placeholders.as_ref())?;
            unfinished::check(change, &prepared, ledger)?;
            work.push((change, *action, prepared));
        }
    }
    Ok(work)
}

fn judge(
    job: &Job<'_>,
    ledger: &Ledger,
    histories: &[ForeignHistory],
    done: &[String],
) -> Result<Decision, ApplyError> {
    let past = Past { ledger, histories, layout: job.layout };
    let mut decision = decide(job.changes, past, job.integrity, job.applies);
    if job.start.is_some() {
        // A computed change may be run again, but not by the run that has done it before a reconnect.
        decision.pending.retain(|(index, _)| {
            job.changes.get(*index).is_none_or(|change| !done.contains(&change.version))
        });
    }
    if decision.is_refused() {
        let problems =
            decision.problems.into_iter().filter(|problem| problem.response == Response::Error).collect();
        return Err(ApplyError::Refused { problems });
    }
    Ok(decision)
}

/// A plan holds as long as what is pending is what it says, less what this run has done before a reconnect.
fn check_plan(job: &Job<'_>, decision: &Decision, done: &[String]) -> Result<(), ApplyError> {
    let Some(planned) = &job.planned else { return Ok(()) };
    let planned: Vec<&str> = planned
        .iter()
        .map(String::as_str)
        .filter(|version| !done.iter().any(|done| done == version))
        .collect();
    let found: Vec<&str> = decision
        .pending
        .iter()
        .filter_map(|(index, _)| job.changes.get(*index))
        .map(|change| change.version.as_str())
        .collect();
    if planned == found {
        return Ok(());
    }
    let list = |versions: &[&str]| {
        if versions.is_empty() { "nothing".to_owned() } else { versions.join(", ") }
    };
    Err(ApplyError::Stale { planned: list(&planned), found: list(&found) })
}

/// What is taken back is what was planned to be.
fn check_expected(job: &Job<'_>, decision: &Decision, ledger: &Ledger) -> Result<(), ApplyError> {
    for (index, action) in &decision.pending {
        let undone = job.changes.get(*index).and_then(Change::undoes);
        let Some(undone) = undone.filter(|_| *action == Action::Apply) else { continue };
        let of = |revisions: &[Revision]| {
            revisions.iter().find(|it| version_key(&it.version) == version_key(undone)).cloned()
        };
        let (planned, found) = (of(&job.expected), of(&ledger.revisions));
        let told = |revision: Option<Revision>| {
            revision.map_or_else(
                || "not applied".to_owned(),
                |it| format!("{} of {}", it.checksum, it.finished_at.unwrap_or_default()),
            )
        };
        if planned.is_some() && planned != found {
            return Err(ApplyError::Replaced {
                version: undone.to_owned(),
                planned: told(planned),
                found: told(found),
            });
        }
    }
    Ok(())
}

pub(crate) async fn read_ledger(session: &mut dyn Session) -> Result<Ledger, ApplyError> {
    ledger::read(session).await.map_err(|error| match error {
        ledger::LedgerError::Database(error) if error.kind == DbErrorKind::ConnectionLost => {
            ApplyError::Lost(error)
        }
        error => ApplyError::Ledger(error),
    })
}

async fn report_leftovers(session: &mut dyn Session, events: &EventSink) -> Result<(), ApplyError> {
    match session.leftovers().await {
        Ok(leftovers) => leftovers.into_iter().for_each(|leftover| events(Event::LeftoverFound(leftover))),
        Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(ApplyError::Lost(error)),
        Err(error) => {
            events(Event::Warning {
                message: format!("leftovers of interrupted statements could not be listed: {error}"),
            });
        }
    }
    Ok(())
}

/// Takes the session lock by trying, with jittered pauses and no open transaction (fact P6: a waiter that blocks can break
/// the holder's concurrent index build).
pub(crate) async fn lock(
    session: &mut dyn Session,
    connect: &Connect,
    timing: &Timing,
    events: &EventSink,
) -> Result<(), ApplyError> {
    if timing.idle.is_some() {
        // Before there is a lock to be kept.
        let limits = Limits { idle: timing.idle, ..Limits::default() };
        session.set_limits(&limits).await.map_err(lost_or_connect)?;
    }
    let started = Instant::now();
    let mut tries = 0;
    let mut told = None;
    loop {
        let by = match session.try_lock().await.map_err(lost_or_connect)? {
            LockAttempt::Acquired => return Ok(()),
            LockAttempt::Held { by } => by,
        };
        if started.elapsed() >= timing.lock_wait {
            return Err(ApplyError::Locked { by });
        }
        let holder = by.as_ref().map(|by| by.backend.clone());
        if told.as_ref() != Some(&holder) {
            told = Some(holder);
            events(Event::WaitingForLock { by });
        }
        tries += 1;
        let left = timing.lock_wait.saturating_sub(started.elapsed());
        pause(connect, backoff(tries, Duration::from_millis(25), Duration::from_secs(1)).min(left)).await?;
    }
}

/// The error of a statement of ours, as the end of this session or of this run.
pub(crate) fn lost_or_connect(error: crate::DbError) -> ApplyError {
    match error.kind {
        DbErrorKind::ConnectionLost => ApplyError::Lost(error),
        DbErrorKind::Fenced => ApplyError::Fenced,
        DbErrorKind::Cancelled => ApplyError::Cancelled { running: None },
        _ => ApplyError::Connect(error),
    }
}

/// Sleeps unless the user wants to stop.
pub(crate) async fn pause(connect: &Connect, time: Duration) -> Result<(), ApplyError> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        () = connect.cancel.cancelled() => Err(ApplyError::Cancelled { running: None }),
    }
}

/// The pause before try number `tries` + 1: doubles from `first` up to `most`, with a jitter of a half.
pub(crate) fn backoff(tries: u32, first: Duration, most: Duration) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(16))).min(most);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    full / 2 + (full / 2).mul_f64(f64::from(nanos % 1_000_003) / 1_000_003.0)
}
