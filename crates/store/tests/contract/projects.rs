use std::collections::BTreeMap;
use std::time::Duration;

use sluice_store::{ProjectState, StoredDatabase};

use crate::kit::{observation, on_both, project};

fn database(name: &str, pending: Option<usize>) -> StoredDatabase {
    StoredDatabase {
        name: name.to_owned(),
        environment: "prod".to_owned(),
        labels: BTreeMap::from([("región".to_owned(), "<b>\"'`\\".to_owned())]),
        state: "behind".to_owned(),
        pending,
        applied: vec!["1".to_owned(), "2".to_owned()],
        message: "späť — 日本語".to_owned(),
        seen_at: String::new(),
    }
}

on_both! {
    fn projects_are_kept_as_they_were_made_and_seen(site) {
        let mut store = site.open();
        for name in ["shop", "Zoo", "álbum", "crm"] {
            assert!(store.create_project(&project(name)).unwrap());
        }
        // Byte by byte, whatever language the server speaks.
        let names: Vec<_> = store.projects().unwrap().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["Zoo", "crm", "shop", "álbum"]);
        assert_eq!(store.project("nothing").unwrap(), None);
        let made = store.project("shop").unwrap().unwrap();
        assert_eq!((made.seen.state, made.seen_at), (ProjectState::New, None));
        assert!(made.created_at.ends_with('Z'));
        let mut seen = observation(ProjectState::RollingOut);
        assert!(store.observe_project("shop", 1, &seen).unwrap());
        seen.commit = None;
        seen.message = "later".to_owned();
        assert!(store.observe_project("shop", 1, &seen).unwrap());
        assert!(!store.observe_project("nothing", 1, &seen).unwrap());
        let kept = store.project("shop").unwrap().unwrap();
        assert_eq!((kept.seen.message.as_str(), kept.seen.commit.as_deref()), ("later", Some("abc")));
        assert!(kept.seen_at.is_some());
        store.forget_history("shop").unwrap();
        assert_eq!(store.project("shop").unwrap().unwrap().seen.commit, None);
        let kinds: Vec<_> = store.feed(0, 100).unwrap().into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds[3..], ["project.created", "project.state", "project.state"]);
    }

    fn events_are_forgotten_when_they_are_old_and_their_numbers_go_on(site) {
        let mut store = site.open();
        for name in ["a", "b", "c"] {
            store.create_project(&project(name)).unwrap();
        }
        let last = store.feed_end().unwrap();
        assert_eq!(store.forget_events(Duration::from_secs(3600)).unwrap(), 0);
        assert_eq!(store.feed(0, 9).unwrap().len(), 3);
        // Of what was told at this very moment nothing is older than it.
        let until = store.now().as_millisecond() + 1;
        while store.now().as_millisecond() <= until {}
        assert_eq!(store.forget_events(Duration::ZERO).unwrap(), 2);
        assert_eq!(store.feed_end().unwrap(), last);
        store.create_project(&project("d")).unwrap();
        assert!(store.feed_end().unwrap() > last);
    }

    fn databases_are_those_that_were_seen_last(site) {
        let mut store = site.open();
        store.put_databases("shop", &[database("b", Some(3)), database("a", None)]).unwrap();
        store.put_databases("crm", &[database("x", Some(0))]).unwrap();
        let seen = store.databases("shop").unwrap();
        assert!(seen.iter().all(|it| it.seen_at.ends_with('Z')));
        let seen: Vec<_> = seen.into_iter().map(|it| StoredDatabase { seen_at: String::new(), ..it }).collect();
        assert_eq!(seen, [database("a", None), database("b", Some(3))]);
        store.put_databases("shop", &[]).unwrap();
        assert_eq!(store.databases("shop").unwrap(), []);
        assert_eq!(store.databases("crm").unwrap().len(), 1);
    }
}
