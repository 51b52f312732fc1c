use sluice_rollout::Provenance;
use sluice_store::{NewRollout, Put, StoreError, StoredRelease, Update};

use crate::kit::{digest, on_both, release, rollout};

on_both! {
    fn putting_a_release_twice_keeps_the_first(site) {
        let mut store = site.open();
        assert_eq!(store.put_release(&release("shop", "1")).unwrap(), Put::Inserted);
        let kept = store.release("1").unwrap();
        let mut again = release("shop", "1");
        again.provenance = Provenance { commit: Some("other".to_owned()), ..Provenance::default() };
        assert_eq!(site.open().put_release(&again).unwrap(), Put::Exists);
        assert_eq!(site.open().releases().unwrap(), std::slice::from_ref(&kept));
        assert!(kept.created_at.ends_with('Z'));
        assert_eq!(StoredRelease { created_at: String::new(), ..kept }, release("shop", "1"));
    }

    fn releases_are_found_by_a_unique_prefix(site) {
        let mut store = site.open();
        assert!(matches!(store.release("1"), Err(StoreError::NotFound { kind: "release", .. })));
        for hex in ["aa1", "aa2", "b"] {
            store.put_release(&release("shop", hex)).unwrap();
        }
        for (given, found) in [("b", "b"), ("aa1", "aa1"), ("sha256:aa2", "aa2"), (digest("b").0.as_str(), "b")] {
            assert_eq!(store.release(given).unwrap().digest, digest(found), "{given}");
        }
        let error = store.release("aa").unwrap_err();
        assert!(matches!(&error, StoreError::Ambiguous { count: 2, .. }), "{error}");
        assert!(error.to_string().contains("sha256:aa1"), "{error}");
        for given in ["", "c", "%", "sha256:b0%", "'", "?1"] {
            assert!(matches!(store.release(given), Err(StoreError::NotFound { .. })), "{given}");
        }
        let newest: Vec<_> = store.releases().unwrap().into_iter().map(|it| it.digest).collect();
        assert_eq!(newest, [digest("b"), digest("aa2"), digest("aa1")]);
        let page = |after| -> Vec<_> {
            store.release_page(None, after, 2).unwrap().into_iter().map(|it| it.digest).collect()
        };
        assert_eq!(page(None), [digest("b"), digest("aa2")]);
        assert_eq!(page(Some(digest("aa2").0.as_str())), [digest("aa1")]);
        assert!(store.release_page(Some(&["other".to_owned()]), None, 2).unwrap().is_empty());
    }

    fn a_rollout_is_its_last_state_and_the_events_since(site) {
        let mut store = site.with_rollout("r-1");
        let id = "r-1";
        assert_eq!(store.append_events(id, 0, Update::default(), &["1", "2"]).unwrap(), 1);
        let update = Update { state: Some("{\"n\":3}"), status: Some("waiting") };
        assert_eq!(store.append_events(id, 1, update, &["3"]).unwrap(), 2);
        assert_eq!(store.append_events(id, 2, Update::default(), &["4"]).unwrap(), 3);
        assert_eq!(store.append_events::<&str>(id, 3, Update::default(), &[]).unwrap(), 4);
        drop(store);

        let store = site.open();
        let kept = store.rollout("r-").unwrap();
        assert_eq!((kept.state.as_str(), kept.state_sequence), ("{\"n\":3}", 3));
        assert_eq!(
            (kept.summary.status.as_str(), kept.summary.generation, kept.summary.events),
            ("waiting", 4, 4)
        );
        let events = |after| -> Vec<(u64, String)> {
            store.events(id, after).unwrap().into_iter().map(|event| (event.sequence, event.event)).collect()
        };
        assert_eq!(events(kept.state_sequence), [(4, "4".to_owned())]);
        assert_eq!(events(0).len(), 4);
        assert_eq!(store.rollouts().unwrap(), [kept.summary]);
        assert_eq!(store.rollout_statuses().unwrap(), [("waiting".to_owned(), 1)]);
        assert_eq!(store.project_of_rollout(id).unwrap(), "shop");
    }

    fn the_latest_rollout_of_a_release_is_the_one_made_last(site) {
        let mut store = site.with_rollout("r-2");
        store.create_rollout(&rollout("r-1")).unwrap();
        assert_eq!(store.latest_rollout(&digest("1111")).unwrap().unwrap().summary.id, "r-1");
        assert_eq!(store.latest_rollout(&digest("2")).unwrap(), None);
        assert!(matches!(store.create_rollout(&rollout("r-1")), Err(StoreError::RolloutExists { .. })));
        let unknown = NewRollout { release: digest("2"), ..rollout("r-3") };
        assert!(matches!(store.create_rollout(&unknown), Err(StoreError::NotFound { kind: "release", .. })));
        let page: Vec<_> = store.rollout_page(None, None, 9).unwrap().into_iter().map(|(_, it)| it.id).collect();
        assert_eq!(page, ["r-1", "r-2"]);
    }

    fn a_change_on_what_is_no_longer_so_is_a_conflict_and_writes_nothing(site) {
        let (mut first, mut second) = (site.with_rollout("r-1"), site.replica().open_server().unwrap());
        first.append_events("r-1", 0, Update::default(), &["first"]).unwrap();
        let update = Update { state: Some("lost"), status: Some("lost") };
        let error = second.append_events("r-1", 0, update, &["second"]).unwrap_err();
        assert!(matches!(error, StoreError::Conflict { expected: 0, found: 1, .. }), "{error}");
        let kept = second.rollout("r-1").unwrap();
        assert_eq!((kept.summary.status.as_str(), kept.summary.events), ("running", 1));
        let missing = first.append_events("r-9", 0, Update::default(), &["x"]);
        assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    }

    fn many_writers_lose_no_event(site) {
        drop(site.with_rollout("r-1"));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || {
                    let mut store = site.open();
                    for number in 0..25 {
                        loop {
                            let generation = store.rollout("r-1").unwrap().summary.generation;
                            let event = format!("{writer}.{number}");
                            match store.append_events("r-1", generation, Update::default(), &[event]) {
                                Ok(_) => break,
                                Err(StoreError::Conflict { .. }) => {}
                                Err(error) => panic!("{error}"),
                            }
                        }
                    }
                });
            }
        });
        let store = site.open();
        let events: std::collections::BTreeSet<String> =
            store.events("r-1", 0).unwrap().into_iter().map(|event| event.event).collect();
        assert_eq!(events.len(), 100);
        assert_eq!(store.rollout("r-1").unwrap().summary.generation, 100);
    }

    fn each_project_sees_its_own_and_events_come_in_order(site) {
        let mut store = site.open();
        for (name, hex) in [("shop", "11"), ("crm", "22")] {
            let (mut own, release) = (site.of_project(name).open().unwrap(), release(name, hex));
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
            let own = site.of_project(name).open().unwrap();
            let names: Vec<String> = own.rollouts().unwrap().into_iter().map(|it| it.id).collect();
            assert_eq!(names, [format!("r-{name}")]);
            assert_eq!(own.releases().unwrap().len(), 1);
            assert_eq!(store.project_of_rollout(&format!("r-{name}")).unwrap(), name);
        }
        let events = store.feed(0, 100).unwrap();
        let told: Vec<(String, String)> =
            events.iter().map(|event| (event.project.clone(), event.kind.clone())).collect();
        let kinds = ["release.created", "rollout.created", "rollout.event", "rollout.status"];
        let wanted =
            ["shop", "crm"].iter().flat_map(|name| kinds.map(|kind| ((*name).to_owned(), kind.to_owned())));
        assert_eq!(told, wanted.collect::<Vec<_>>());
        assert!(events.is_sorted_by_key(|event| event.sequence));
        assert_eq!(store.feed_end().unwrap(), events.last().unwrap().sequence);
        assert_eq!(store.feed(events[5].sequence, 1).unwrap(), [events[6].clone()]);
        let page = |projects: Option<&[String]>, after| {
            let found = store.rollout_page(projects, after, 1).unwrap();
            found.into_iter().map(|(_, rollout)| rollout.id).collect::<Vec<_>>()
        };
        assert_eq!(page(Some(&["shop".to_owned()]), None), ["r-shop"]);
        assert_eq!(page(Some(&[]), None), [""; 0]);
        assert_eq!(page(None, None), ["r-crm"]);
        assert_eq!(page(None, Some("r-crm")), ["r-shop"]);
        assert!(page(None, Some("r-shop")).is_empty());
        store.put_databases("shop", &[]).unwrap();
    }
}
