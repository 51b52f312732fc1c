use sluice_store::{Begun, Key, NewToken, Store, StoreError, StoredAnswer, TokenKind};

use crate::kit::{act, on_both};

fn token(expires_at: Option<&str>) -> NewToken {
    NewToken {
        kind: TokenKind::Person,
        identity: "Ann <ann@example.com>".to_owned(),
        grants: "[]".to_owned(),
        created_by: "admin".to_owned(),
        expires_at: expires_at.map(str::to_owned),
    }
}

on_both! {
    fn a_token_counts_until_it_expires_or_is_revoked(site) {
        let mut store = site.open();
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
        assert_eq!(store.tokens().unwrap().len(), 3);
    }

    fn of_servers_that_start_at_the_same_time_one_makes_the_first_token(site) {
        let made = std::thread::scope(|scope| {
            let servers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        site.replica().open_server().unwrap().create_first_token(&token(None), &act(1)).unwrap()
                    })
                })
                .collect();
            servers.into_iter().filter_map(|server| server.join().unwrap()).collect::<Vec<_>>()
        });
        let store = site.open();
        assert_eq!((made.len(), store.tokens().unwrap().len()), (1, 1));
        assert_eq!(store.audit_page(0, 9).unwrap().len(), 1);
        assert!(store.token_of(&made[0]).unwrap().is_some());
    }

    fn a_request_with_a_key_is_done_once(site) {
        let mut store = site.open();
        let begin =
            |store: &mut Store, token: &str, request: &str| store.begin_request(token, "key", request).unwrap();
        assert_eq!(begin(&mut store, "t1", "a"), Begun::First);
        assert_eq!(begin(&mut site.replica().open_server().unwrap(), "t1", "a"), Begun::Open);
        assert_eq!(begin(&mut store, "t2", "a"), Begun::First);
        let answer = StoredAnswer { status: 201, body: "{}".to_owned() };
        store.end_request("t1", "key", &answer).unwrap();
        assert_eq!(begin(&mut store, "t1", "a"), Begun::Answered(answer));
        assert_eq!(begin(&mut store, "t1", "b"), Begun::Other);
        store.drop_request("t2", "key").unwrap();
        assert_eq!(begin(&mut store, "t2", "b"), Begun::First);
    }

    fn all_servers_of_a_store_have_one_key(site) {
        let (first, stranger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = Key::of(first.path()).unwrap();
        site.open().agree_on_key(&key).unwrap();
        site.replica().open_server().unwrap().agree_on_key(&key).unwrap();
        let other = Key::of(stranger.path()).unwrap();
        let error = site.open().agree_on_key(&other).unwrap_err();
        assert!(matches!(&error, StoreError::OtherKey { known, .. } if *known == key.public()), "{error}");
        assert!(error.help().unwrap().contains("server.key"));
    }
}

#[test]
fn the_text_of_a_token_is_in_no_file() {
    let site = crate::kit::Site::sqlite();
    let (_, text) = site.open().create_token(&token(None)).unwrap();
    for entry in std::fs::read_dir(site.folder()).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!content.windows(text.len()).any(|window| window == text.as_bytes()));
    }
}
