use std::time::Duration;

use sluice_store::{Cap, ProjectState, Store, StoreError, Task, Update, WorkKind};

use crate::kit::{observation, on_both, project};

const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);
const KIND: WorkKind = WorkKind::Reconcile;

fn shop() -> Task<'static> {
    Task::of_project(KIND, "shop")
}

/// A database of a project, on a server that takes `most` at a time.
fn database<'a>(project: &'a str, subject: &'a str, instance: &'a str, most: u32) -> Task<'a> {
    let instance = Some(Cap { name: instance, most });
    Task { kind: WorkKind::Apply, project, subject, instance, wave: None }
}

/// Takes whatever can be taken; what it is, in the order in which it was given.
fn take_all(store: &mut Store) -> Vec<String> {
    std::iter::from_fn(|| store.claim(WorkKind::Apply, "a", LONG).unwrap())
        .map(|lease| format!("{}/{}", lease.project, lease.subject))
        .collect()
}

on_both! {
    fn work_has_one_holder_and_an_earlier_one_cannot_say_anything_any_more(site) {
        let mut store = site.open();
        assert_eq!(store.claim(KIND, "a", LONG).unwrap(), None);
        store.want(&shop(), NOW).unwrap();
        let first = store.claim(KIND, "a", NOW).unwrap().unwrap();
        // Its lease is over at once: another one takes it.
        let mut other = site.replica().open_server().unwrap();
        let second = other.claim(KIND, "b", LONG).unwrap().unwrap();
        assert!(second.fence > first.fence);
        assert_eq!(store.claim(KIND, "c", LONG).unwrap(), None);
        assert!(!store.renew(&first, LONG).unwrap());
        assert!(other.renew(&second, LONG).unwrap());
        store.finish(&first, NOW).unwrap();
        assert_eq!(store.claim(KIND, "c", LONG).unwrap(), None, "the first one gave back what it did not hold");
        other.finish(&second, LONG).unwrap();
        assert_eq!(store.claim(KIND, "c", LONG).unwrap(), None, "it is not due yet");
        assert!(store.next_due(KIND).unwrap().unwrap() > LONG / 2);
        assert_eq!(store.next_due(WorkKind::Apply).unwrap(), None);
    }

    fn what_is_wanted_while_it_is_done_is_done_again(site) {
        let mut store = site.open();
        store.want(&shop(), NOW).unwrap();
        let held = store.claim(KIND, "a", LONG).unwrap().unwrap();
        store.want(&shop(), NOW).unwrap();
        assert_eq!(store.claim(KIND, "b", LONG).unwrap(), None);
        store.finish(&held, LONG).unwrap();
        let again = store.claim(KIND, "b", LONG).unwrap().unwrap();
        assert!(again.wanted > held.wanted);
        store.release_leases().unwrap();
        assert_eq!(store.claim(KIND, "c", LONG).unwrap().unwrap().fence, again.fence + 1);
    }

    fn what_is_done_for_good_is_due_no_more_until_it_is_wanted_again_and_its_fence_goes_on(site) {
        let mut store = site.open();
        store.want(&database("shop", "eu-1", "pg-1", 1), NOW).unwrap();
        let held = store.claim(WorkKind::Apply, "a", LONG).unwrap().unwrap();
        store.complete(&held).unwrap();
        assert_eq!(store.claim(WorkKind::Apply, "a", LONG).unwrap(), None);
        store.want(&database("shop", "eu-1", "pg-1", 1), NOW).unwrap();
        assert_eq!(store.claim(WorkKind::Apply, "a", LONG).unwrap().unwrap().fence, held.fence + 1);
    }

    fn what_a_fenced_holder_has_seen_of_a_project_is_not_kept(site) {
        let mut store = site.open();
        assert!(store.create_project(&project("shop")).unwrap());
        assert!(!store.create_project(&project("shop")).unwrap());
        assert!(store.observe_project("shop", 2, &observation(ProjectState::Synced)).unwrap());
        assert!(!store.observe_project("shop", 1, &observation(ProjectState::Failed)).unwrap());
        assert_eq!(store.project("shop").unwrap().unwrap().seen, observation(ProjectState::Synced));
    }

    fn a_zombie_writes_nothing_of_a_rollout_that_somebody_else_has_taken_over(site) {
        drop(site.with_rollout("r-1"));
        let mut store = site.open();
        store.want(&shop(), NOW).unwrap();
        let lease = store.claim(KIND, "a", NOW).unwrap().unwrap();
        let mut zombie = site.of_project("shop").under(&lease).open().unwrap();
        let generation = zombie.append_events("r-1", 0, Update::default(), &["begun"]).unwrap();

        let mut other = site.replica().open_server().unwrap();
        let taken = other.claim(KIND, "b", LONG).unwrap().unwrap();
        let error = zombie.append_events("r-1", generation, Update::default(), &["done"]).unwrap_err();
        assert!(matches!(&error, StoreError::Fenced { project } if project == "shop"), "{error}");
        assert!(matches!(zombie.put_databases("shop", &[]), Err(StoreError::Fenced { .. })));
        assert_eq!(store.rollout("r-1").unwrap().summary.events, 1);
        let mut heir = site.of_project("shop").under(&taken).open().unwrap();
        heir.append_events("r-1", generation, Update::default(), &["done"]).unwrap();
    }

    fn no_more_is_given_out_than_a_server_or_a_wave_takes(site) {
        let mut store = site.open();
        for number in 0..5 {
            store.want(&database("shop", &format!("a{number}"), "pg-1", 2), NOW).unwrap();
            store.want(&database("crm", &format!("b{number}"), "pg-1", 2), NOW).unwrap();
        }
        let held = store.claim(WorkKind::Apply, "a", LONG).unwrap().unwrap();
        let mut other = site.replica().open_server().unwrap();
        assert!(other.claim(WorkKind::Apply, "b", LONG).unwrap().is_some());
        assert_eq!(other.claim(WorkKind::Apply, "b", LONG).unwrap(), None, "the server is busy with two");
        // Another server is free, and of one wave there is one at a time.
        let wave = Some(Cap { name: "canary", most: 1 });
        for (project, subject) in [("shop", "w1"), ("shop", "w2"), ("crm", "w1")] {
            store.want(&Task { wave, ..database(project, subject, "pg-2", 9) }, NOW).unwrap();
        }
        assert_eq!(take_all(&mut store), ["shop/w1", "crm/w1"]);
        store.complete(&held).unwrap();
        assert_eq!(take_all(&mut store).len(), 1);
    }

    fn a_large_project_does_not_keep_a_small_one_waiting(site) {
        let mut store = site.open();
        for number in 0..4 {
            store.want(&database("large", &number.to_string(), "pg", 9), NOW).unwrap();
        }
        store.want(&database("small", "0", "pg", 9), NOW).unwrap();
        assert_eq!(take_all(&mut store), ["large/0", "small/0", "large/1", "large/2", "large/3"]);
    }

    fn of_many_who_ask_at_once_one_gets_it(site) {
        let mut store = site.open();
        for number in 0..20 {
            store.want(&database("shop", &number.to_string(), "pg", 5), NOW).unwrap();
        }
        let taken = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| take_all(&mut site.replica().open_server().unwrap())))
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
        });
        let different: std::collections::BTreeSet<_> = taken.iter().collect();
        assert_eq!((taken.len(), different.len()), (5, 5), "{taken:?}");
    }
}
