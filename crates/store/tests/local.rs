//! What commands rely on that keep state in a folder.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use sluice_rollout::{ChangeKind, Digest, Provenance};
use sluice_store::{
    NewRollout, RunnerLock, SCHEMA_VERSION, Store, StoreError, StoredChange, StoredRelease, Update,
    rollout_id,
};
use tempfile::TempDir;

struct Site {
    root: TempDir,
}

impl Site {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn directory(&self) -> PathBuf {
        self.root.path().join(".sluice")
    }

    fn file(&self) -> PathBuf {
        self.directory().join("state.db")
    }

    fn open(&self) -> Store {
        Store::open(&self.directory()).unwrap()
    }

    fn bare(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }

    /// A store with release `1111…` and rollout `id`.
    fn with_rollout(&self, id: &str) -> Store {
        let mut store = self.open();
        store.put_release(&release("1111")).unwrap();
        store.create_rollout(&rollout(id)).unwrap();
        store
    }
}

fn digest(hex: &str) -> Digest {
    Digest(format!("sha256:{hex:0<64}"))
}

fn release(hex: &str) -> StoredRelease {
    StoredRelease {
        digest: digest(hex),
        project: "shop".to_owned(),
        created_at: String::new(),
        provenance: Provenance { commit: Some("abc".to_owned()), ..Provenance::default() },
        changes: vec![StoredChange {
            path: "migrations/1_orders.sql".to_owned(),
            version: "1".to_owned(),
            name: "orders".to_owned(),
            kind: ChangeKind::Versioned,
            checksum: "sha256:00".to_owned(),
        }],
        configuration: "{}".to_owned(),
    }
}

fn rollout(id: &str) -> NewRollout {
    NewRollout {
        id: id.to_owned(),
        release: digest("1111"),
        plan: digest("9"),
        status: "running".to_owned(),
        state: "{\"n\":0}".to_owned(),
    }
}

#[test]
fn reading_where_nothing_was_kept_finds_nothing_and_creates_nothing() {
    let site = Site::new();
    let store = site.open();
    assert_eq!((store.releases().unwrap(), store.rollouts().unwrap()), (vec![], vec![]));
    assert_eq!(store.latest_rollout(&digest("1")).unwrap(), None);
    assert!(matches!(store.release("1"), Err(StoreError::NotFound { kind: "release", .. })));
    assert!(matches!(store.rollout("r"), Err(StoreError::NotFound { kind: "rollout", .. })));
    assert!(!site.directory().exists());
}

#[test]
fn the_directory_stays_out_of_git() {
    let site = Site::new();
    site.open().put_release(&release("1")).unwrap();
    assert_eq!(std::fs::read_to_string(site.directory().join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn a_state_can_be_created_by_many_at_once() {
    let site = Site::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let site = &site;
            scope.spawn(move || site.open().put_release(&release(&format!("{number}"))).unwrap());
        }
    });
    assert_eq!(site.open().releases().unwrap().len(), 8);
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let site = Site::new();
    drop(site.with_rollout("r-1"));
    site.bare().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&site.directory()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: SCHEMA_VERSION, .. }), "{error}");
    assert!(error.help().unwrap().contains("newer sluice"));
    site.bare().pragma_update(None, "user_version", SCHEMA_VERSION).unwrap();
    assert_eq!(site.open().rollouts().unwrap().len(), 1);
}

#[test]
fn a_damaged_state_says_that_it_may_be_deleted_and_what_that_costs() {
    let texts: [(&str, Vec<u8>); 2] =
        [("no database", b"hello ".repeat(1000)), ("a torn header", b"SQLite format 3\0".repeat(300))];
    for (name, bytes) in texts {
        let site = Site::new();
        std::fs::create_dir(site.directory()).unwrap();
        std::fs::write(site.file(), bytes).unwrap();
        let error = Store::open(&site.directory()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{name}: {error}");
        let help = error.help().unwrap();
        assert!(help.contains(".sluice`") && help.contains("ledgers of the databases"), "{help}");
    }
    let site = Site::new();
    drop(site.with_rollout("r-1"));
    site.bare().execute_batch("UPDATE release SET content = 'x'").unwrap();
    assert!(matches!(site.open().release("1"), Err(StoreError::Damaged { .. })));
    site.bare().execute_batch("DROP TABLE rollout_event; DROP TABLE rollout").unwrap();
    assert!(matches!(site.open().rollouts(), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let site = Site::new();
    std::fs::write(site.directory(), "a file where the directory should be").unwrap();
    let refused =
        Store::open(&site.directory()).and_then(|mut store| store.put_release(&release("1")).map(drop));
    let error = refused.unwrap_err();
    assert!(matches!(error, StoreError::File { .. }) && error.to_string().contains(".sluice"), "{error}");
    assert!(RunnerLock::try_take(&site.directory(), "deploy").is_err());
}

/// Root may write everything, so this runs as another user.
#[test]
fn a_read_only_directory_is_a_clear_error() {
    use std::os::unix::process::CommandExt;
    let program = std::env::current_exe().unwrap();
    let is_root = std::fs::read_to_string("/proc/self/status").unwrap().contains("\nUid:\t0\t0\t");
    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    let directory = tempfile::Builder::new().permissions(open_to_all).tempdir().unwrap();
    let copy = directory.path().join("program");
    let mut command = Command::new(if is_root { &copy } else { &program });
    if is_root {
        std::fs::copy(&program, &copy).unwrap();
        command.uid(65534).gid(65534);
    }
    let output =
        command.args(["--exact", "act_without_permission", "--ignored"]).current_dir("/").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by another test as another user"]
fn act_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: PathBuf, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let site = Site::new();
    mode(site.root.path().to_owned(), 0o555);
    let error = site.open().put_release(&release("1")).unwrap_err();
    assert!(matches!(error, StoreError::File { action: "created", .. }), "{error}");
    mode(site.root.path().to_owned(), 0o755);
    drop(site.with_rollout("r-1"));
    // Files that are there can be written in a directory in which none can be made.
    let files = || std::fs::read_dir(site.directory()).unwrap().map(|file| file.unwrap().path());
    files().for_each(|file| mode(file, 0o444));
    mode(site.directory(), 0o555);
    let refused =
        Store::open(&site.directory()).and_then(|mut store| store.put_release(&release("2")).map(drop));
    let error = refused.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(error.help().unwrap().contains("write the directory"));
    mode(site.directory(), 0o755);
    files().for_each(|file| mode(file, 0o644));
    assert_eq!(site.open().rollouts().unwrap().len(), 1);
}

#[test]
fn ten_thousand_targets_events_are_kept_quickly() {
    let site = Site::new();
    let mut store = site.with_rollout("r-1");
    let events: Vec<String> = (0..10_000)
        .map(|number| format!("{{\"target\":\"tenant-{number}\",\"kind\":\"applied\"}}"))
        .collect();
    let begun = Instant::now();
    for (generation, batch) in (0..).zip(events.chunks(100)) {
        store.append_events("r-1", generation, Update::default(), batch).unwrap();
    }
    let took = begun.elapsed();
    eprintln!("10,000 events in batches of 100: {took:?}");
    assert!(took.as_secs() < 5, "{took:?}");
    let begun = Instant::now();
    assert_eq!(store.events("r-1", 0).unwrap().len(), 10_000);
    eprintln!("read back: {:?}", begun.elapsed());
    drop(store);
    let begun = Instant::now();
    for _ in 0..100 {
        site.open().rollout("r-1").unwrap();
    }
    eprintln!("open, read one rollout, close: {:?}", begun.elapsed() / 100);
}

#[test]
fn rollout_identifiers_are_short_sortable_and_different() {
    let ids: std::collections::BTreeSet<String> = (0..20).map(|_| rollout_id()).collect();
    assert!(ids.len() > 15);
    for id in ids {
        assert_eq!(id.len(), "r-20261122-193000-a1b2".len(), "{id}");
        assert!(id.starts_with("r-20"));
    }
}

#[test]
fn only_one_runs_and_the_other_is_told_who() {
    let site = Site::new();
    let first = RunnerLock::try_take(&site.directory(), "deploy").unwrap();
    let error = RunnerLock::try_take(&site.directory(), "deploy").unwrap_err();
    let pid = std::process::id();
    assert!(error.to_string().contains(&format!("deploy (pid {pid} on ")), "{error}");
    assert!(error.help().unwrap().contains(&format!("kill {pid}")));
    drop(first);
    RunnerLock::try_take(&site.directory(), "deploy").unwrap();
}

#[test]
#[ignore = "a part in another test"]
fn hold_the_runner_lock() {
    let Some(directory) = std::env::var_os("SLUICE_TEST_DIRECTORY") else { return };
    let _lock = RunnerLock::try_take(directory.as_ref(), "a part").unwrap();
    println!("ready");
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[test]
fn a_killed_runner_loses_the_lock_by_itself() {
    use std::io::{BufRead, BufReader};
    let site = Site::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hold_the_runner_lock", "--ignored", "--nocapture"])
        .env("SLUICE_TEST_DIRECTORY", site.directory())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")));
    let error = RunnerLock::try_take(&site.directory(), "deploy").unwrap_err();
    assert!(
        matches!(&error, StoreError::Running { holder: Some(holder) } if holder.pid == child.id()),
        "{error}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    RunnerLock::try_take(&site.directory(), "deploy").unwrap();
}

/// The schema that version 0.1 of `.sluice/state.db` has.
const FIRST: &str = "
CREATE TABLE release (digest text PRIMARY KEY, project text NOT NULL, created_at text NOT NULL, provenance text NOT NULL,
  content text NOT NULL, configuration text NOT NULL) STRICT;
CREATE TABLE rollout (id text PRIMARY KEY, release text NOT NULL REFERENCES release (digest), plan text NOT NULL,
  status text NOT NULL, state text NOT NULL, state_sequence integer NOT NULL, sequence integer NOT NULL,
  generation integer NOT NULL, created_at text NOT NULL, updated_at text NOT NULL) STRICT;
CREATE INDEX rollout_release ON rollout (release);
CREATE TABLE rollout_event (rollout text NOT NULL REFERENCES rollout (id), sequence integer NOT NULL,
  at text NOT NULL, event text NOT NULL, PRIMARY KEY (rollout, sequence)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
INSERT INTO release VALUES ('sha256:11', 'shop', '2026-01-01', '{\"dirty\":false}', '[]', '{}');
INSERT INTO rollout VALUES ('r-1', 'sha256:11', 'sha256:22', 'waiting', '{}', 0, 0, 0, '2026-01-01', '2026-01-01');
";

#[test]
fn a_state_of_an_older_version_is_brought_up_and_keeps_what_it_had() {
    let site = Site::new();
    std::fs::create_dir(site.directory()).unwrap();
    site.bare().execute_batch(FIRST).unwrap();
    let store = site.open();
    assert_eq!(store.project_of_rollout("r-1").unwrap(), "shop");
    assert_eq!(store.rollouts().unwrap().len(), 1);
    assert_eq!(store.releases().unwrap().len(), 1);
    let version: i64 = site.bare().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, SCHEMA_VERSION);
    drop(store);
    assert_eq!(site.open().rollouts().unwrap().len(), 1);
}
