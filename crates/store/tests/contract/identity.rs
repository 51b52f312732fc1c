use jiff::{SignedDuration, Timestamp};
use sluice_store::{Assertion, NewToken, StoredIssuer, TokenKind};

use crate::kit::{act, on_both};

fn issuer(name: &str, url: &str) -> StoredIssuer {
    StoredIssuer {
        name: name.to_owned(),
        url: url.to_owned(),
        settings: "{}".to_owned(),
        created_at: String::new(),
        created_by: "admin".to_owned(),
    }
}

fn assertion(id: &str, until: Timestamp) -> Assertion {
    Assertion { issuer: "ci".to_owned(), id: id.to_owned(), until }
}

fn token(expires: Timestamp) -> NewToken {
    NewToken {
        kind: TokenKind::Service,
        identity: "ci: acme/shop".to_owned(),
        grants: "[]".to_owned(),
        created_by: String::new(),
        expires_at: Some(expires.to_string()),
    }
}

on_both! {
    fn no_two_issuers_have_the_same_name_or_url(site) {
        let mut store = site.open();
        assert!(store.create_issuer(&issuer("ci", "https://ci.example.com")).unwrap());
        assert!(!store.create_issuer(&issuer("ci", "https://other.example.com")).unwrap());
        assert!(!store.create_issuer(&issuer("other", "https://ci.example.com")).unwrap());
        assert_eq!(store.issuer_of("https://ci.example.com").unwrap().unwrap().name, "ci");
        assert_eq!(store.issuer_of("https://ci.example.com/").unwrap(), None);
        assert_eq!(store.issuers().unwrap().len(), 1);
        assert!(store.delete_issuer("ci").unwrap() && !store.delete_issuer("ci").unwrap());
    }

    fn an_assertion_is_taken_once_however_many_ask_at_the_same_time(site) {
        let now = site.open().now();
        let soon = now.saturating_add(SignedDuration::from_mins(5)).unwrap();
        let taken = std::thread::scope(|scope| {
            let servers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut store = site.replica().open_server().unwrap();
                        store.take_assertion(&assertion("a", soon), &token(soon), &act(1)).unwrap()
                    })
                })
                .collect();
            servers.into_iter().filter_map(|server| server.join().unwrap()).collect::<Vec<_>>()
        });
        let mut store = site.open();
        assert_eq!((taken.len(), store.tokens().unwrap().len()), (1, 1));
        assert_eq!(store.audit_page(0, 9).unwrap().len(), 1);
        let (stored, text) = &taken[0];
        assert_eq!(store.token_of(text).unwrap().unwrap().id, stored.id);
        assert_eq!(stored.created_by, "issuer ci");
        // Another one is another one, and each is remembered as long as somebody could take it.
        assert!(store.take_assertion(&assertion("b", soon), &token(soon), &act(2)).unwrap().is_some());
        assert!(store.take_assertion(&assertion("a", soon), &token(soon), &act(2)).unwrap().is_none());
    }

    fn tokens_of_an_issuer_go_with_it_and_with_time(site) {
        let mut store = site.open();
        store.create_issuer(&issuer("ci", "https://ci.example.com")).unwrap();
        let (now, minutes) = (store.now(), SignedDuration::from_mins(5));
        let soon = now.saturating_add(minutes).unwrap();
        let past = now.saturating_sub(minutes).unwrap();
        store.take_assertion(&assertion("old", soon), &token(past), &act(1)).unwrap().unwrap();
        let (_, text) = store.take_assertion(&assertion("new", soon), &token(soon), &act(1)).unwrap().unwrap();
        let (own, kept) = store.create_token(&token(soon)).unwrap();
        let known: Vec<String> = store.tokens().unwrap().into_iter().map(|token| token.created_by).collect();
        assert_eq!(known.len(), 2, "{known:?}");
        store.delete_issuer("ci").unwrap();
        assert_eq!(store.token_of(&text).unwrap(), None);
        assert_eq!(store.token_of(&kept).unwrap().unwrap().id, own.id);
    }
}
