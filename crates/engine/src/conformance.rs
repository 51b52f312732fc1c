//! The suite that every database crate runs against real servers: the promises of the apply protocol, in words that hold for
//! every engine. Only tests use it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test suite"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use sluice_rollout::TransactionMode;
use sluice_rollout::{
    Assertion, Block, Change, ChangeKind, Checksum, Directives, Integrity, ProblemKind, RevisionState,
    Script, Split, version_key,
};
use sluice_text::{SourceFile, Span};
use tokio_util::sync::CancellationToken;

use crate::ledger::{Identity, RevisionEntry, Writer};
use crate::{
    Admin, Applied, ApplyError, Connect, Database, DbErrorKind, Event, EventSink, Existing, Job, Look, Query,
    Session, Step, Timing, apply, history, inspect,
};

/// A fresh, empty database.
pub struct Fresh<'a> {
    /// Its family.
    pub database: &'a dyn Database,
    /// Its URL.
    pub url: String,
}

/// A change as a test writes it.
pub fn change(version: &str, sql: &str) -> Change {
    let kind = if version.starts_with("R__") { ChangeKind::Repeatable } else { ChangeKind::Versioned };
    let file = SourceFile::new(format!("migrations/{version}.sql"), sql);
    let block = Block { span: Span::new(0, sql.len()), split: Split::Dialect, substitute: true };
    Change {
        version: version.to_owned(),
        key: version_key(version),
        name: format!("change {version}"),
        kind,
        checksum: Checksum::of(sql.as_bytes()),
        input: sluice_rollout::ChecksumInput::File,
        up: Script { file, blocks: vec![block] },
        down: None,
        directives: Directives::default(),
    }
}

impl Fresh<'_> {
    /// How to connect to it.
    pub fn connect(&self, run_id: &str) -> Connect {
        Connect {
            url: self.url.clone(),
            run_id: run_id.to_owned(),
            connect_timeout: Duration::from_secs(10),
            cancel: CancellationToken::new(),
        }
    }

    /// Applies changes, collecting the events.
    pub async fn apply_with(
        &self,
        changes: &[Change],
        adjust: impl FnOnce(&mut Job<'_>),
    ) -> (Result<Applied, ApplyError>, Vec<Event>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let events: EventSink = {
            let seen = Arc::clone(&seen);
            Arc::new(move |event| seen.lock().unwrap().push(event))
        };
        let everywhere = |_: usize| true;
        let mut job = Job {
            changes,
            applies: &everywhere,
            integrity: Integrity::default(),
            on_drift: None,
            histories: None,
            layout: "native",
            placeholders: None,
            identity: identity("run"),
            timing: Timing {
                lock_timeout: Duration::from_millis(1000),
                lock_attempts: 2,
                lock_wait: Duration::from_secs(30),
                ..Timing::default()
            },
            start: None,
            scope: None,
            planned: None,
            renew: None,
            may_go_on: None,
            expected: Vec::new(),
            backup: crate::backup::Policy::default(),
        };
        adjust(&mut job);
        let result = apply(self.database, &self.connect("run"), &job, &events).await;
        let seen = seen.lock().unwrap().clone();
        (result, seen)
    }

    /// Applies changes.
    pub async fn apply(&self, changes: &[Change]) -> Result<Applied, ApplyError> {
        self.apply_with(changes, |_| {}).await.0
    }

    /// A session for looking.
    pub async fn session(&self) -> Box<dyn Session> {
        self.database.connect(&self.connect("observer")).await.unwrap()
    }

    /// The first column of the first row.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let rows = self.session().await.query(&Query::new(sql, Vec::new())).await.unwrap();
        rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()
    }

    /// Versions and states in the ledger.
    pub async fn ledger(&self) -> Vec<(String, String)> {
        let history = history(self.database, &self.connect("observer")).await.unwrap();
        history.revisions.into_iter().map(|revision| (revision.version, revision.state)).collect()
    }

    async fn admin<'a>(&'a self, connect: &'a Connect, events: &'a EventSink) -> Admin<'a> {
        Admin {
            database: self.database,
            connect,
            identity: identity("admin"),
            timing: Timing::default(),
            events,
        }
    }

    async fn write(&self, sql: &str) {
        let mut session = self.session().await;
        let prefix = session.ledger_dialect().prefix.clone();
        let step = Step::Own(Query::new(sql.replace("{p}", &prefix), Vec::new()));
        session.transaction(&[step]).await.unwrap();
    }
}

fn identity(run: &str) -> Identity {
    Identity { run_id: run.to_owned(), applied_by: "tester@here".to_owned(), ..Identity::default() }
}

fn applied(versions: &[&str]) -> Vec<(String, String)> {
    versions.iter().map(|version| ((*version).to_owned(), "applied".to_owned())).collect()
}

/// Runs every promise, each on a fresh database.
pub async fn run<'a, F: AsyncFn() -> Fresh<'a>>(fresh: F) {
    what_is_pending_is_applied_once(&fresh().await).await;
    a_failure_is_recorded_and_resumed(&fresh().await).await;
    a_history_that_was_touched_is_refused(&fresh().await).await;
    repeatable_changes_run_again_when_they_change(&fresh().await).await;
    a_rerun_that_stops_half_way_goes_on_there(&fresh().await).await;
    a_change_is_itself_however_its_version_is_spelt(&fresh().await).await;
    nothing_leaks_from_one_change_into_the_next(&fresh().await).await;
    two_runners_do_the_work_once(&fresh().await).await;
    a_stale_runner_is_refused_by_the_fence(&fresh().await).await;
    a_ledger_from_elsewhere_is_refused(&fresh().await).await;
    baselines_are_recorded_without_running(&fresh().await).await;
    plans_directives_and_placeholders_are_honoured(&fresh().await).await;
    text_that_cannot_run_stops_everything_before_it_starts(&fresh().await).await;
    a_cancelled_run_stops(&fresh().await).await;
    repairs_are_recorded(&fresh().await).await;
    help_says_what_was_rolled_back(&fresh().await).await;
    a_change_that_breaks_the_ledger_is_named(&fresh().await).await;
    forgetting_a_half_applied_change_says_what_it_leaves(&fresh().await).await;
}

const TABLE: &str = "CREATE TABLE effect (a integer);\nINSERT INTO effect (a) VALUES (1);";

async fn what_is_pending_is_applied_once(fresh: &Fresh<'_>) {
    let changes =
        [change("1", TABLE), change("2", "INSERT INTO effect (a) VALUES (2)"), change("3", "-- nothing")];
    let first = fresh.apply(&changes).await.unwrap();
    assert_eq!(first.versions, ["1", "2", "3"]);
    for _ in 0..2 {
        let again = fresh.apply(&changes).await.unwrap();
        assert_eq!((again.versions.len(), again.skipped), (0, 3));
    }
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("2"));
    assert_eq!(fresh.ledger().await, applied(&["1", "2", "3"]));
    let history = history(fresh.database, &fresh.connect("observer")).await.unwrap();
    assert_eq!(history.events.iter().filter(|event| event.kind == "applied").count(), 3);
    let revision = &history.revisions[0];
    assert_eq!((revision.statements_total, revision.statements_applied), (2, 2));
    assert!(revision.finished_at.as_deref().unwrap() >= revision.started_at.as_str());
    assert!(revision.started_at.ends_with('Z'), "{}", revision.started_at);
}

async fn a_failure_is_recorded_and_resumed(fresh: &Fresh<'_>) {
    let bad = "CREATE TABLE second (a integer);\nINSERT INTO nowhere (a) VALUES (1);\nINSERT INTO effect (a) VALUES (3);";
    let changes = [change("1", TABLE), change("2", bad), change("3", "INSERT INTO effect (a) VALUES (4)")];
    let error = fresh.apply(&changes).await.unwrap_err();
    let ApplyError::Statement { place, version, ordinal, error, .. } = &error else { panic!("{error:?}") };
    assert_eq!((version.as_str(), *ordinal), ("2", 2), "{error}");
    assert!(place.starts_with("migrations/2.sql:2:"), "{place}");
    let failures: Vec<_> = history(fresh.database, &fresh.connect("observer")).await.unwrap().events;
    let failure = failures.iter().find(|event| event.kind == "failed").expect("a failure is in the history");
    assert!(failure.detail.as_deref().unwrap().contains("migrations/2.sql:2:"), "{failure:?}");
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("1"));

    let mended = bad.replace("nowhere", "second");
    let changes = [changes[0].clone(), change("2", &mended), changes[2].clone()];
    assert_eq!(fresh.apply(&changes).await.unwrap().versions, ["2", "3"]);
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("3"));
    assert_eq!(fresh.value("SELECT count(*) FROM second").await.as_deref(), Some("1"));
    assert_eq!(fresh.ledger().await, applied(&["1", "2", "3"]));
    assert_eq!(fresh.apply(&changes).await.unwrap().versions.len(), 0);
}

async fn a_history_that_was_touched_is_refused(fresh: &Fresh<'_>) {
    let changes = [change("1", TABLE), change("3", "INSERT INTO effect (a) VALUES (3)")];
    fresh.apply(&changes).await.unwrap();
    let refused = async |changes: &[Change], kind| {
        let error = fresh.apply(changes).await.unwrap_err();
        let ApplyError::Refused { problems } = &error else { panic!("{error:?}") };
        assert_eq!(problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [kind], "{error}");
    };
    let edited = [change("1", &TABLE.replace("(1)", "(9)")), changes[1].clone()];
    refused(&edited, ProblemKind::Edited).await;
    refused(&changes[1..], ProblemKind::Removed).await;
    let late = [changes[0].clone(), change("2", "INSERT INTO effect (a) VALUES (2)"), changes[1].clone()];
    refused(&late, ProblemKind::OutOfOrder).await;
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("2"));
    let respelt = [change("01", TABLE), change("3.0", "INSERT INTO effect (a) VALUES (3)")];
    assert_eq!(fresh.apply(&respelt).await.unwrap().versions.len(), 0);
    let (allowed, _) =
        fresh.apply_with(&late, |job| job.integrity.out_of_order = sluice_rollout::Response::Warn).await;
    let allowed = allowed.unwrap();
    assert_eq!((allowed.versions.len(), allowed.warnings.len()), (1, 1));
}

async fn repeatable_changes_run_again_when_they_change(fresh: &Fresh<'_>) {
    let view = |column: &str| {
        change(
            "R__view",
            &format!("DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT a AS {column} FROM effect;"),
        )
    };
    let table = change("1", TABLE);
    assert_eq!(fresh.apply(&[table.clone(), view("x")]).await.unwrap().versions, ["1", "R__view"]);
    assert_eq!(fresh.apply(&[table.clone(), view("x")]).await.unwrap().versions.len(), 0);
    assert_eq!(fresh.apply(&[table.clone(), view("y")]).await.unwrap().versions, ["R__view"]);
    assert_eq!(fresh.value("SELECT y FROM v").await.as_deref(), Some("1"));
    assert_eq!(fresh.apply(&[table.clone(), view("y")]).await.unwrap().versions.len(), 0);
    let broken = change("R__view", "CREATE VIEW w AS SELECT nothing FROM nowhere");
    fresh.apply(&[table.clone(), broken]).await.unwrap_err();
    assert_eq!(fresh.apply(&[table, view("z")]).await.unwrap().versions, ["R__view"]);
    assert_eq!(fresh.value("SELECT z FROM v").await.as_deref(), Some("1"));
}

async fn a_rerun_that_stops_half_way_goes_on_there(fresh: &Fresh<'_>) {
    let table = change("1", TABLE);
    let alone = |sql: &str| {
        let mut change = change("R__r", sql);
        change.directives.transaction = TransactionMode::None;
        [table.clone(), change]
    };
    fresh
        .apply(&alone("INSERT INTO effect (a) VALUES (10);\nINSERT INTO effect (a) VALUES (11);"))
        .await
        .unwrap();
    let broken = "INSERT INTO effect (a) VALUES (20);\nINSERT INTO nowhere (a) VALUES (21);";
    for _ in 0..2 {
        fresh.apply(&alone(broken)).await.unwrap_err();
    }
    fresh.apply(&alone(&broken.replace("nowhere", "effect"))).await.unwrap();
    assert_eq!(fresh.value("SELECT count(*) FROM effect WHERE a = 20").await.as_deref(), Some("1"));
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("5"));
}

async fn a_change_is_itself_however_its_version_is_spelt(fresh: &Fresh<'_>) {
    let spelt = |version: &str, sql: &str| {
        let mut change = change(version, sql);
        change.directives.transaction = TransactionMode::None;
        [change]
    };
    let broken = format!("{TABLE}\nINSERT INTO nowhere (a) VALUES (2);");
    fresh.apply(&spelt("1", &broken)).await.unwrap_err();
    let mended = broken.replace("nowhere", "effect");
    assert_eq!(fresh.apply(&spelt("01", &mended)).await.unwrap().versions.len(), 1);
    assert_eq!(fresh.apply(&spelt("1.0", &mended)).await.unwrap().versions.len(), 0);
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("2"));
    assert_eq!(fresh.ledger().await, applied(&["1"]));
}

async fn nothing_leaks_from_one_change_into_the_next(fresh: &Fresh<'_>) {
    let changes = [
        change("1", "CREATE TEMPORARY TABLE effect (a integer)"),
        change("2", TABLE),
        change("3", "INSERT INTO effect (a) VALUES (3)"),
    ];
    fresh.apply(&changes).await.unwrap();
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("2"));
}

async fn two_runners_do_the_work_once(fresh: &Fresh<'_>) {
    let changes: Vec<Change> = std::iter::once(change("1", TABLE))
        .chain((2..=12).map(|n| change(&n.to_string(), "INSERT INTO effect (a) VALUES (1)")))
        .collect();
    let results: Vec<_> = std::thread::scope(|scope| {
        let runner = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(fresh.apply(&changes)).unwrap().versions.len()
        };
        let runners: Vec<_> = (0..3).map(|_| scope.spawn(runner)).collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    assert_eq!(results.iter().sum::<usize>(), 12, "{results:?}");
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("12"));
}

async fn a_stale_runner_is_refused_by_the_fence(fresh: &Fresh<'_>) {
    let changes = [change("1", TABLE), change("2", "INSERT INTO effect (a) VALUES (2)")];
    fresh.apply(&changes[..1]).await.unwrap();
    let mut zombie = fresh.session().await;
    let fence =
        inspect(fresh.database, &fresh.connect("observer"), Look::default()).await.unwrap().ledger.fence;
    let writer = Writer::new(zombie.ledger_dialect().clone(), identity("zombie"), fence);
    fresh.write(&format!("UPDATE {{p}}fence SET number = {}", fence + 1)).await;
    let entry = RevisionEntry {
        change: &changes[1],
        version: "2",
        state: RevisionState::Applied,
        total: 1,
        applied: 1,
        sequence: 99,
    };
    let mut steps = vec![Step::Own(Query::new("INSERT INTO effect (a) VALUES (66)", Vec::new()))];
    steps.extend(writer.put_revision(&entry, false).into_iter().map(Step::Own));
    let refused = zombie.transaction(&steps).await.unwrap_err();
    assert_eq!(refused.error.kind, DbErrorKind::Fenced, "{refused}");
    assert_eq!(fresh.value("SELECT count(*) FROM effect WHERE a = 66").await.as_deref(), Some("0"));
    assert_eq!(fresh.ledger().await, applied(&["1"]));
}

async fn a_ledger_from_elsewhere_is_refused(fresh: &Fresh<'_>) {
    let changes = [change("1", TABLE), change("2", "INSERT INTO effect (a) VALUES (2)")];
    fresh.apply(&changes[..1]).await.unwrap();
    let refused = async |sql: &str, words: &str| {
        fresh.write(sql).await;
        let error = fresh.apply(&changes).await.unwrap_err();
        assert!(matches!(error, ApplyError::Ledger(_)), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused("UPDATE {p}fence SET format = 999", "use a newer sluice").await;
    fresh.write("UPDATE {p}fence SET format = 1").await;
    refused("UPDATE {p}revision SET state = 'done'", "revision 1: state is `done`").await;
    fresh.write("UPDATE {p}revision SET state = 'applied'").await;
    refused("UPDATE {p}revision SET checksum = 'x'", "revision 1: checksum is `x`").await;
    refused("DELETE FROM {p}fence", "row of the table fence is missing").await;
    fresh.write("INSERT INTO {p}fence (id, number, format) VALUES (1, 1, 1)").await;
    // An algorithm that nobody knows would never be compared: that would allow every edit.
    for unknown in ["md5:abc", "flyway:1", "sha512:00"] {
        let words = format!("revision 1: checksum is `{unknown}`");
        refused(&format!("UPDATE {{p}}revision SET checksum = '{unknown}'"), &words).await;
    }
    fresh.write(&format!("UPDATE {{p}}revision SET checksum = '{}'", changes[0].checksum)).await;
    for (column, value, right) in [
        ("finished_at", "NULL", "started_at"),
        ("statements_applied", "0", "statements_total"),
        ("sequence", "-1", "1000000"),
    ] {
        let words = format!("revision 1: {column} is `{value}`");
        refused(&format!("UPDATE {{p}}revision SET {column} = {value}"), &words).await;
        fresh.write(&format!("UPDATE {{p}}revision SET {column} = {right}")).await;
    }
    refused("UPDATE {p}fence SET number = 0", "fence.number is `0`").await;
    fresh.write("UPDATE {p}fence SET number = 1").await;
    fresh.apply(&changes[..1]).await.unwrap();
    fresh.write("DROP TABLE {p}event").await;
    let error = fresh.apply(&changes).await.unwrap_err();
    assert!(error.to_string().contains("the table event is missing"), "{error}");
    refused("DROP TABLE {p}revision", "the table revision is missing").await;
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("1"));
}

async fn baselines_are_recorded_without_running(fresh: &Fresh<'_>) {
    let changes = [change("1", "CREATE TABLE never (a integer)"), change("2", TABLE)];
    let (connect, events): (_, EventSink) = (fresh.connect("admin"), Arc::new(|_| {}));
    let admin = fresh.admin(&connect, &events).await;
    let existing = [Existing { change: &changes[0], checksum: None }];
    assert_eq!(admin.baseline(&existing, "test").await.unwrap(), 1);
    assert_eq!(admin.baseline(&existing, "test").await.unwrap(), 0);
    assert_eq!(fresh.apply(&changes).await.unwrap().versions, ["2"]);
    assert_eq!(fresh.ledger().await[0], ("1".to_owned(), "baseline".to_owned()));
}

async fn plans_directives_and_placeholders_are_honoured(fresh: &Fresh<'_>) {
    let mut changes = [change("1", TABLE), change("2", "INSERT INTO effect (a) VALUES (${number})")];
    let (stale, _) = fresh.apply_with(&changes, |job| job.planned = Some(vec!["1".to_owned()])).await;
    assert!(matches!(stale, Err(ApplyError::Stale { .. })), "{stale:?}");
    let values = |job: &mut Job<'_>| {
        job.placeholders = Some([("number".to_owned(), "42".to_owned())].into());
        job.planned = Some(vec!["1".to_owned(), "2".to_owned()]);
    };
    fresh.apply_with(&changes, values).await.0.unwrap();
    assert_eq!(fresh.value("SELECT count(*) FROM effect WHERE a = 42").await.as_deref(), Some("1"));

    changes[1] = change("2", "INSERT INTO effect (a) VALUES (${number})");
    let mut third = change("3", "INSERT INTO effect (a) VALUES (43)");
    third.directives.asserts = vec![Assertion { sql: "SELECT count(*) = 7 FROM effect".to_owned(), at: 7 }];
    let changes = [changes[0].clone(), changes[1].clone(), third];
    let (failed, _) = fresh.apply_with(&changes, |_| {}).await;
    let Err(ApplyError::Assertion { place, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(place, "migrations/3.sql:1:8");
    let mut alone = change("3", "INSERT INTO effect (a) VALUES (43);\nINSERT INTO effect (a) VALUES (44);");
    alone.directives.transaction = TransactionMode::None;
    alone.directives.asserts = vec![Assertion { sql: "SELECT count(*) = 2 FROM effect".to_owned(), at: 0 }];
    let changes = [changes[0].clone(), changes[1].clone(), alone];
    fresh.apply(&changes).await.unwrap();
    assert_eq!(fresh.value("SELECT count(*) FROM effect").await.as_deref(), Some("4"));
    let prefix = fresh.session().await.ledger_dialect().prefix.clone();
    let statements =
        format!("SELECT count(*) FROM {prefix}statement WHERE version = '3' AND state = 'applied'");
    assert_eq!(fresh.value(&statements).await.as_deref(), Some("2"));
}

async fn text_that_cannot_run_stops_everything_before_it_starts(fresh: &Fresh<'_>) {
    for (sql, words) in [
        ("INSERT INTO effect (a) VALUES (1);\nROLLBACK;", "ROLLBACK in a change"),
        ("SELECT 'open", "never closed"),
        ("SELECT '${undefined}'", "`${undefined}` is not defined"),
    ] {
        let changes = [change("1", TABLE), change("2", sql)];
        let (result, _) = fresh.apply_with(&changes, |job| job.placeholders = Some([].into())).await;
        let error = result.unwrap_err();
        assert!(matches!(error, ApplyError::Script(_)), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(
            !inspect(fresh.database, &fresh.connect("observer"), Look::default())
                .await
                .unwrap()
                .ledger
                .exists
        );
    }
}

async fn a_cancelled_run_stops(fresh: &Fresh<'_>) {
    let connect = fresh.connect("run");
    connect.cancel.cancel();
    let events: EventSink = Arc::new(|_| {});
    let everywhere = |_: usize| true;
    let changes = [change("1", TABLE)];
    let job = Job {
        changes: &changes,
        applies: &everywhere,
        integrity: Integrity::default(),
        on_drift: None,
        histories: None,
        layout: "native",
        placeholders: None,
        identity: identity("run"),
        timing: Timing::default(),
        start: None,
        scope: None,
        planned: None,
        renew: None,
        may_go_on: None,
        expected: Vec::new(),
        backup: crate::backup::Policy::default(),
    };
    let result = apply(fresh.database, &connect, &job, &events).await;
    assert!(matches!(result, Err(ApplyError::Cancelled { .. })), "{result:?}");
    assert_eq!(fresh.apply(&changes).await.unwrap().versions, ["1"]);
}

async fn repairs_are_recorded(fresh: &Fresh<'_>) {
    let changes = [change("1", TABLE), change("2", "INSERT INTO effect (a) VALUES (2)")];
    fresh.apply(&changes).await.unwrap();
    let (connect, events): (_, EventSink) = (fresh.connect("admin"), Arc::new(|_| {}));
    let admin = fresh.admin(&connect, &events).await;
    let edited = [change("1", &TABLE.replace("(1)", "(9)"))];
    admin.accept_checksum(&edited[0]).await.unwrap();
    admin.forget("2", &edited).await.unwrap();
    assert_eq!(fresh.apply(&edited).await.unwrap().skipped, 1);
    let history = history(fresh.database, &connect).await.unwrap();
    assert_eq!(history.events.iter().filter(|event| event.kind == "repaired").count(), 2);
    assert_eq!(history.revisions.len(), 1);
}

async fn help_says_what_was_rolled_back(fresh: &Fresh<'_>) {
    let sql = "BEGIN;\nCREATE TABLE first_one (a integer);\nCOMMIT;\n\
               BEGIN;\nINSERT INTO first_one (a) VALUES (1);\nINSERT INTO first_one (a) VALUES (2);\n\
               INSERT INTO nowhere (a) VALUES (3);\nCOMMIT;";
    let error = fresh.apply(&[change("1", sql)]).await.unwrap_err();
    let ApplyError::Statement { place, applied, resumes_at, ordinal, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(place.starts_with("migrations/1.sql:7:"), "{place}");
    assert_eq!((*applied, *resumes_at, *ordinal), (1, 2, 4), "{error}");
    assert_eq!(fresh.value("SELECT count(*) FROM first_one").await.as_deref(), Some("0"));
    let help = error.help().unwrap();
    assert!(help.contains("it goes on at statement 2") && help.contains("rolled back"), "{help}");
    fresh.apply(&[change("1", &sql.replace("nowhere", "first_one"))]).await.unwrap();
    assert_eq!(fresh.value("SELECT count(*) FROM first_one").await.as_deref(), Some("3"));
}

async fn a_change_that_breaks_the_ledger_is_named(fresh: &Fresh<'_>) {
    let prefix = fresh.session().await.ledger_dialect().prefix.clone();
    let sql = format!("INSERT INTO effect (a) VALUES (2);\nDROP TABLE {prefix}revision;");
    let error = fresh.apply(&[change("1", TABLE), change("2", &sql)]).await.unwrap_err();
    let ApplyError::Statement { place, version, .. } = &error else { panic!("{error:?}") };
    assert_eq!((place.as_str(), version.as_str()), ("migrations/2.sql:2:1", "2"), "{error}");
    assert!(error.to_string().contains("the ledger cannot be written after it"), "{error}");
    let look = inspect(fresh.database, &fresh.connect("observer"), Look::default()).await;
    // Where tables are dropped in a transaction nothing has happened; elsewhere the ledger is not taken for an empty one.
    assert!(look.as_ref().map_or(true, |found| found.ledger.revisions.len() == 1), "{look:?}");
}

async fn forgetting_a_half_applied_change_says_what_it_leaves(fresh: &Fresh<'_>) {
    let mut half = change("1", "CREATE TABLE effect (a integer);\nINSERT INTO nowhere (a) VALUES (1);");
    half.directives.transaction = TransactionMode::None;
    fresh.apply(&[half]).await.unwrap_err();
    let (connect, events): (_, EventSink) = (fresh.connect("admin"), Arc::new(|_| {}));
    let detail = fresh.admin(&connect, &events).await.forget("1", &[]).await.unwrap();
    assert!(
        detail.contains("half applied (failed); applied, and still in the database: statement 1"),
        "{detail}"
    );
}
