//! What a server relies on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use sluice_rollout::{Digest, Provenance};
use sluice_store::{
    Begun, NewRollout, NewToken, Observation, ProjectState, State, Store, StoredAnswer, StoredProject,
    StoredRelease, TokenKind, Update, WorkKind,
};
use tempfile::TempDir;

const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

fn server() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_server(folder.path()).unwrap();
    (folder, store)
}

fn observation(state: ProjectState) -> Observation {
    Observation { state, message: "why".to_owned(), commit: Some("abc".to_owned()), release: None }
}

fn project(name: &str) -> StoredProject {
    StoredProject {
        name: name.to_owned(),
        url: "https://example.com/shop".to_owned(),
        branch: "main".to_owned(),
        path: String::new(),
        interval_seconds: 180,
        created_at: String::new(),
        created_by: "Ann <ann@example.com>".to_owned(),
        seen: observation(ProjectState::New),
        seen_at: None,
    }
}

fn release(project: &str, hex: &str) -> StoredRelease {
    StoredRelease {
        digest: Digest(format!("sha256:{hex:0<64}")),
        project: project.to_owned(),
        created_at: String::new(),
        provenance: Provenance::default(),
        changes: Vec::new(),
        configuration: "{}".to_owned(),
    }
}

#[test]
fn work_has_one_holder_and_an_earlier_one_cannot_say_anything_any_more() {
    let (_folder, mut store) = server();
    let kind = WorkKind::Reconcile;
    assert_eq!(store.claim(kind, "a", LONG).unwrap(), None);
    store.want(kind, "shop", NOW).unwrap();
    let first = store.claim(kind, "a", NOW).unwrap().unwrap();
    // Its lease is over at once: another one takes it.
    let second = store.claim(kind, "b", LONG).unwrap().unwrap();
    assert!(second.fence > first.fence);
    assert_eq!(store.claim(kind, "c", LONG).unwrap(), None);
    assert!(!store.renew(&first, LONG).unwrap());
    assert!(store.renew(&second, LONG).unwrap());
    store.finish(&first, NOW).unwrap();
    assert_eq!(store.claim(kind, "c", LONG).unwrap(), None, "the first one gave back what it did not hold");
    store.finish(&second, LONG).unwrap();
    assert_eq!(store.claim(kind, "c", LONG).unwrap(), None, "it is not due yet");
    assert!(store.next_due(kind).unwrap().unwrap() > LONG / 2);
}

#[test]
fn what_is_wanted_while_it_is_done_is_done_again() {
    let (_folder, mut store) = server();
    let kind = WorkKind::Reconcile;
    store.want(kind, "shop", NOW).unwrap();
    let held = store.claim(kind, "a", LONG).unwrap().unwrap();
    store.want(kind, "shop", NOW).unwrap();
    assert_eq!(store.claim(kind, "b", LONG).unwrap(), None);
    store.finish(&held, LONG).unwrap();
    assert!(store.claim(kind, "b", LONG).unwrap().is_some());
}

#[test]
fn what_a_fenced_holder_has_seen_of_a_project_is_not_kept() {
    let (_folder, mut store) = server();
    assert!(store.create_project(&project("shop")).unwrap());
    assert!(!store.create_project(&project("shop")).unwrap());
    assert!(store.observe_project("shop", 2, &observation(ProjectState::Synced)).unwrap());
    assert!(!store.observe_project("shop", 1, &observation(ProjectState::Failed)).unwrap());
    let seen = store.project("shop").unwrap().unwrap().seen;
    assert_eq!(seen, observation(ProjectState::Synced));
}

#[test]
fn each_project_sees_its_own_releases_and_rollouts_and_its_events_come_in_order() {
    let (folder, mut store) = server();
    let of = |name: &str| State::of_project(folder.path(), name).open().unwrap();
    for (name, hex) in [("shop", "11"), ("crm", "22")] {
        let (mut own, release) = (of(name), release(name, hex));
        own.put_release(&release).unwrap();
        own.create_rollout(&NewRollout {
            id: format!("r-{name}"),
            release: release.digest.clone(),
            plan: release.digest,
            status: "created".to_owned(),
            state: "{}".to_owned(),
        })
        .unwrap();
        let update = Update { state: None, status: Some("running") };
        own.append_events(&format!("r-{name}"), 0, update, &["{\"event\":\"started\"}"]).unwrap();
    }
    for name in ["shop", "crm"] {
        let names: Vec<String> = of(name).rollouts().unwrap().into_iter().map(|it| it.id).collect();
        assert_eq!(names, [format!("r-{name}")]);
        assert_eq!(of(name).releases().unwrap().len(), 1);
        assert_eq!(store.project_of_rollout(&format!("r-{name}")).unwrap(), name);
    }
    let told: Vec<(String, String)> =
        store.feed(0, 100).unwrap().into_iter().map(|event| (event.project, event.kind)).collect();
    let kinds = ["release.created", "rollout.created", "rollout.event", "rollout.status"];
    let wanted =
        ["shop", "crm"].iter().flat_map(|name| kinds.map(|kind| ((*name).to_owned(), kind.to_owned())));
    assert_eq!(told, wanted.collect::<Vec<_>>());
    assert_eq!(store.feed_end().unwrap(), 8);
    let page = |projects: Option<&[String]>, after| {
        let found = store.rollout_page(projects, after, 1).unwrap();
        found.into_iter().map(|(_, rollout)| rollout.id).collect::<Vec<_>>()
    };
    assert_eq!(page(Some(&["shop".to_owned()]), None), ["r-shop"]);
    assert_eq!(page(Some(&[]), None), [""; 0]);
    let first = page(None, None).remove(0);
    let second = page(None, Some(&first)).remove(0);
    assert_ne!(first, second);
    assert!(page(None, Some(&second)).is_empty());
    store.put_databases("shop", &[]).unwrap();
}

#[test]
fn a_token_counts_until_it_expires_or_is_revoked_and_its_text_is_nowhere() {
    let (folder, mut store) = server();
    let token = |expires_at: Option<&str>| NewToken {
        kind: TokenKind::Person,
        identity: "Ann <ann@example.com>".to_owned(),
        grants: "[]".to_owned(),
        created_by: "admin".to_owned(),
        expires_at: expires_at.map(str::to_owned),
    };
    let (stored, text) = store.create_token(&token(Some("2999-01-01T00:00:00Z"))).unwrap();
    assert_eq!(store.token_of(&text).unwrap().unwrap().id, stored.id);
    assert_eq!(store.token_of(&text.to_uppercase()).unwrap(), None);
    for over in ["2001-01-01T00:00:00Z", "garbage"] {
        let (_, text) = store.create_token(&token(Some(over))).unwrap();
        assert_eq!(store.token_of(&text).unwrap(), None, "{over}");
    }
    assert!(store.revoke_token(&stored.id).unwrap());
    assert!(!store.revoke_token("another").unwrap());
    assert_eq!(store.token_of(&text).unwrap(), None);
    drop(store);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        let secret = text.as_bytes();
        assert!(!content.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_request_with_a_key_is_done_once() {
    let (_folder, mut store) = server();
    let begin =
        |store: &mut Store, token: &str, request: &str| store.begin_request(token, "key", request).unwrap();
    assert_eq!(begin(&mut store, "t1", "a"), Begun::First);
    assert_eq!(begin(&mut store, "t1", "a"), Begun::Open);
    assert_eq!(begin(&mut store, "t2", "a"), Begun::First);
    let answer = StoredAnswer { status: 201, body: "{}".to_owned() };
    store.end_request("t1", "key", &answer).unwrap();
    assert_eq!(begin(&mut store, "t1", "a"), Begun::Answered(answer));
    assert_eq!(begin(&mut store, "t1", "b"), Begun::Other);
    store.drop_request("t2", "key").unwrap();
    assert_eq!(begin(&mut store, "t2", "b"), Begun::First);
}
