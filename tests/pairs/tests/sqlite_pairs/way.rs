//! One way from a schema to another.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sluice_engine::shadow::{self, Script};
use sluice_engine::{Connect, Database, Session, Statement, Step as EngineStep};
use sluice_facts::{Hazard, Options, Snapshot, Transition, transition};
use sluice_pairs::{Likeness, Verdict, differences};
use sluice_sql::{Dialect, classify};
use sluice_sqlite::{Sqlite, SqliteRules};

use crate::judge::{self, Program};
use crate::rows;

/// What becomes of a database with the one schema when it is led to the other.
pub fn judge(from: &str, to: &str, is_noop: bool) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match runtime.block_on(go(from, to, is_noop)) {
        Ok(verdict) => verdict,
        Err((stage, detail)) => Verdict::Failed { stage, detail },
    }
}

type Failure = (&'static str, String);

async fn go(from: &str, to: &str, is_noop: bool) -> Result<Verdict, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (was, wanted) = (load(&path("from.db"), from).await?, load(&path("to.db"), to).await?);
    let way = transition(&was, &wanted, &SqliteRules, Options { online: false, version: 3_040_001 });
    let script = script(&way);
    let failed = |stage, detail: String| {
        Err((stage, format!("{detail}\n  script:\n    {}", script.replace('\n', "\n    "))))
    };
    if is_noop && !script.is_empty() {
        return failed("not empty", differences(&was, &wanted));
    }
    if !way.broken.is_empty() {
        return failed("cycle", way.broken.join("\n"));
    }
    // With rows, where they can be put in, and without.
    let (full, empty) = (path("full.db"), path("empty.db"));
    fs::copy(path("from.db"), &full).unwrap();
    fs::copy(path("from.db"), &empty).unwrap();
    rows::insert(Program(&full));
    let before = rows::read(Program(&full));
    let orphans = judge::orphans(Program(&full), false);
    let untouched = judge::dump(Program(&full));
    let may_fail = way.steps.iter().any(|step| step.hazards.contains(&Hazard::DependsOnData));
    let mut reached = vec![empty.clone()];
    match Program(&full).run(&script) {
        Ok(_) => reached.push(full.clone()),
        Err(error) if may_fail => {
            if judge::dump(Program(&full)) != untouched || rows::read(Program(&full)) != before {
                return failed("half done", error);
            }
            // A program that goes on after errors must not do harm either, unless it meets another one.
            Program(&full).run_on(&script);
            let copies = way.steps.iter().filter(|step| step.sql.starts_with("INSERT OR ROLLBACK INTO \""));
            if copies.count() == 1
                && let Err(lost) = rows::all_there(&before, &rows::read(Program(&full)), Some(&way))
            {
                return failed("lost after an error", format!("{error}\n{lost}"));
            }
        }
        Err(error) => return failed("apply with rows", error),
    }
    if let Err(error) = Program(&empty).run(&script) {
        return failed("apply", error);
    }
    let own = path("own.db");
    fs::copy(path("from.db"), &own).unwrap();
    if let Err(error) = run_by_ourselves(&own, &way).await {
        return failed("apply by ourselves", error);
    }
    reached.push(own);
    for file in &reached {
        if let Err(detail) = compare(&judge::dump(Program(file)), &judge::dump(Program(&path("to.db")))) {
            return failed("observer", detail);
        }
        let texts = |file: &Path| judge::texts(Program(file)).join("\n");
        if let Err(detail) = compare(&texts(file), &texts(&path("to.db")))
            && !is_noop
        {
            return failed("texts", detail);
        }
        let after = read(file).await;
        if after.fingerprint() != wanted.fingerprint() {
            return failed("facts", differences(&after, &wanted));
        }
        if !transition(&after, &wanted, &SqliteRules, Options::default()).steps.is_empty() {
            return failed("second plan", differences(&after, &wanted));
        }
        if let Err(detail) = judge::is_sound(Program(file)) {
            return failed("integrity", detail);
        }
    }
    if reached.contains(&full) {
        if let Err(detail) = rows::all_there(&before, &rows::read(Program(&full)), Some(&way)) {
            return failed("rows", detail);
        }
        let left = judge::orphans(Program(&full), true);
        if left.zip(orphans).is_some_and(|(left, before)| left > before) {
            return failed("orphans", "rows refer to nothing".to_owned());
        }
    }
    let columns = |file: &Path| judge::columns(Program(file));
    let exact = reached.iter().all(|file| columns(file) == columns(&path("to.db")));
    Ok(if exact { Verdict::Exact } else { Verdict::UpToOrder })
}

fn compare(got: &str, wanted: &str) -> Result<(), String> {
    match sluice_pairs::compare(got, wanted) {
        Likeness::Different(text) => Err(text),
        _ => Ok(()),
    }
}

/// The script as `sluice diff --format sql` writes it.
fn script(way: &Transition<'_>) -> String {
    let statements = way.prelude.iter().chain(way.steps.iter().map(|step| &step.sql)).chain(&way.coda);
    statements.map(|sql| format!("{sql};\n")).collect()
}

async fn connect(file: &Path) -> Box<dyn Session> {
    let connect = Connect {
        url: format!("sqlite:{}", file.display()),
        run_id: "pairs".to_owned(),
        connect_timeout: Duration::from_secs(5),
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    Sqlite.connect(&connect).await.unwrap()
}

async fn load(file: &Path, text: &str) -> Result<Snapshot, Failure> {
    let mut session = connect(file).await;
    let script = Script { name: "schema".to_owned(), text: text.to_owned() };
    // A file that holds nothing is none yet.
    let facts = classify(Dialect::Sqlite, "PRAGMA user_version = 1");
    session
        .execute(&Statement { sql: "PRAGMA user_version = 1".into(), copy_data: None, facts: &facts })
        .await
        .unwrap();
    shadow::load(session.as_mut(), &[script]).await.map_err(|error| ("load", error.to_string()))?;
    let snapshot = shadow::read(session.as_mut()).await.map_err(|error| ("read", error.to_string()))?;
    if !snapshot.unmodelled.is_empty() {
        return Err(("unmodelled", snapshot.unmodelled.join(", ")));
    }
    Ok(snapshot)
}

async fn read(file: &Path) -> Snapshot {
    shadow::read(connect(file).await.as_mut()).await.unwrap()
}

/// As a deployment does it: settings first, then everything in one transaction.
async fn run_by_ourselves(file: &Path, way: &Transition<'_>) -> Result<(), String> {
    let mut session = connect(file).await;
    let classified: Vec<_> = way.steps.iter().map(|step| classify(Dialect::Sqlite, &step.sql)).collect();
    for sql in way.prelude.iter().filter(|sql| sql.starts_with("PRAGMA")) {
        let facts = classify(Dialect::Sqlite, sql);
        let statement = Statement { sql: sql.as_str().into(), copy_data: None, facts: &facts };
        session.execute(&statement).await.map_err(|error| error.to_string())?;
    }
    let steps: Vec<EngineStep<'_>> = way
        .steps
        .iter()
        .zip(&classified)
        .map(|(step, facts)| {
            EngineStep::Statement(Statement { sql: step.sql.as_str().into(), copy_data: None, facts })
        })
        .collect();
    session.transaction(&steps).await.map_err(|error| format!("{error} in step {:?}", error.step))
}
