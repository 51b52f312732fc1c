//! A server's folder is copied while it works, and made anew from the copy.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::os::unix::fs::PermissionsExt as _;

use sluice_store::audit::{Act, Expectation, Outcome, verify};
use sluice_store::{Key, Place, RunnerLock, Store, StoreError, back_up, restore};
use tempfile::TempDir;

fn act(number: usize) -> Act {
    Act {
        actor: "Ann <ann@example.com>".to_owned(),
        action: "rollout.approve".to_owned(),
        project: "shop".to_owned(),
        subject: format!("r-{number}"),
        outcome: Outcome::Accepted,
        detail: serde_json::json!({}),
    }
}

/// A server that has done something, and goes on.
fn server() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    Key::of(folder.path()).unwrap();
    let mut store = Place::folder(folder.path()).open_server().unwrap();
    for number in 0..3 {
        store.audit(&act(number)).unwrap();
    }
    (folder, store)
}

#[test]
fn a_copy_that_is_made_while_the_server_works_gives_its_state_and_its_key_back() {
    let (folder, mut store) = server();
    let _running = RunnerLock::try_take(folder.path(), "serve").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (copy, anew) = (elsewhere.path().join("copy"), elsewhere.path().join("anew"));
    back_up(folder.path(), &copy).unwrap();
    store.audit(&act(3)).unwrap();
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o700);

    restore(&copy, &anew).unwrap();
    let key = Key::of(&anew).unwrap();
    assert_eq!(key.public(), Key::of(folder.path()).unwrap().public());
    let mut again = Place::folder(&anew).open_server().unwrap();
    assert_eq!(again.audit(&act(9)).unwrap(), 4, "it goes on from the copy");
    let mut lines = Vec::new();
    again.export_audit(&key, |line| lines.push(line)).unwrap();
    let expected = Expectation { key: Some(key.public()), earlier: None };
    assert_eq!(verify(lines.join("\n").as_bytes(), &expected).unwrap().checkpoint.count, 4);
}

#[test]
fn nothing_is_overwritten_and_no_server_is_disturbed() {
    let (folder, _store) = server();
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy");
    back_up(folder.path(), &copy).unwrap();
    assert!(matches!(back_up(folder.path(), &copy), Err(StoreError::File { action: "created", .. })));
    assert!(matches!(restore(&copy, folder.path()), Err(StoreError::File { action: "created", .. })));
    let replica = tempfile::tempdir().unwrap();
    Key::of(replica.path()).unwrap();
    assert!(matches!(restore(&copy, replica.path()), Err(StoreError::File { action: "created", .. })));
    let running = tempfile::tempdir().unwrap();
    let _lock = RunnerLock::try_take(running.path(), "serve").unwrap();
    assert!(matches!(restore(&copy, running.path()), Err(StoreError::Running { .. })));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(back_up(empty.path(), &elsewhere.path().join("x")), Err(StoreError::File { .. })));
}

#[test]
fn a_damaged_a_strange_and_a_newer_copy_are_refused_and_leave_nothing_that_starts() {
    let (folder, _store) = server();
    let elsewhere = tempfile::tempdir().unwrap();
    let made = |name: &str, spoil: &dyn Fn(&std::path::Path)| {
        let (copy, anew) = (elsewhere.path().join(name), elsewhere.path().join(format!("{name}-anew")));
        back_up(folder.path(), &copy).unwrap();
        spoil(&copy.join("state.db"));
        let error = restore(&copy, &anew).unwrap_err();
        assert!(!anew.join("state.db").exists(), "{name}");
        error
    };
    let sql = |path: &std::path::Path, sql: &str| {
        rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    };
    let newer = made("newer", &|path| sql(path, "PRAGMA user_version = 99"));
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer}");
    let strange = made("strange", &|path| sql(path, "PRAGMA user_version = 0"));
    assert!(matches!(strange, StoreError::Damaged { .. }), "{strange}");
    let torn = made("torn", &|path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(matches!(torn, StoreError::Damaged { .. }), "{torn}");
}
