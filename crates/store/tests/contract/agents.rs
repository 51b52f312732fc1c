use std::collections::BTreeMap;
use std::time::Duration;

use sluice_store::{Cap, JobState, NewJob, Store, StoredAgent};

use crate::kit::on_both;

const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

fn labels(region: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("region".to_owned(), region.to_owned())])
}

fn agent(store: &mut Store, region: &str) -> StoredAgent {
    let (_, token) = store.create_enrolment(&labels(region), "admin", LONG).unwrap();
    store.enrol(&token, "a", &BTreeMap::new(), "0.1.0").unwrap().unwrap().agent
}

fn job<'a>(subject: &'a str, labels: &'a BTreeMap<String, String>, request: &'a str) -> NewJob<'a> {
    NewJob {
        project: "shop",
        subject,
        environment: "dev",
        labels,
        release: "sha256:1",
        request,
        takes_up: true,
        instance: None,
        wave: None,
    }
}

on_both! {
    fn an_enrolment_counts_once_and_not_for_ever(site) {
        let mut store = site.open();
        let (_, token) = store.create_enrolment(&labels("eu"), "admin", LONG).unwrap();
        // What the token says comes before what the agent says.
        let mut said = labels("us");
        said.insert("tenant".to_owned(), "t".to_owned());
        let made = store.enrol(&token, "a", &said, "0.1.0").unwrap().unwrap();
        assert_eq!((made.agent.labels["region"].as_str(), made.agent.labels["tenant"].as_str()), ("eu", "t"));
        assert_eq!(store.enrol(&token, "b", &said, "0.1.0").unwrap(), None);
        let (_, late) = store.create_enrolment(&labels("eu"), "admin", NOW).unwrap();
        assert_eq!(store.enrol(&late, "b", &said, "0.1.0").unwrap(), None);
        assert_eq!(store.enrol("", "b", &said, "0.1.0").unwrap(), None);
    }

    fn a_key_counts_until_its_successor_is_used(site) {
        let mut store = site.open();
        let (_, token) = store.create_enrolment(&labels("eu"), "admin", LONG).unwrap();
        let made = store.enrol(&token, "a", &BTreeMap::new(), "0.1.0").unwrap().unwrap();
        let lost = store.rotate_key(&made.agent.id).unwrap();
        assert!(store.agent_of(&made.key).unwrap().is_some(), "the answer with the new one may be lost");
        let new = store.rotate_key(&made.agent.id).unwrap();
        assert!(store.agent_of(&lost).unwrap().is_none());
        assert!(store.agent_of(&new).unwrap().is_some());
        assert!(store.agent_of(&made.key).unwrap().is_none());
        assert!(store.revoke_agent(&made.agent.id).unwrap());
        assert!(store.agent_of(&new).unwrap().is_none());
    }

    fn work_goes_to_whoever_has_its_labels_and_an_earlier_holder_is_refused(site) {
        let mut store = site.open();
        let (eu, other, us) = (agent(&mut store, "eu"), agent(&mut store, "eu"), agent(&mut store, "us"));
        let labels = labels("eu");
        let id = store.put_job(&job("shop-eu", &labels, "{}")).unwrap();
        assert_eq!(store.claim_job(&us, LONG).unwrap(), None);
        // Its lease is over at once.
        let first = store.claim_job(&eu, NOW).unwrap().unwrap();
        let second = store.claim_job(&other, LONG).unwrap().unwrap();
        assert!(second.lease.fence > first.lease.fence);
        assert_eq!(store.claim_job(&eu, LONG).unwrap(), None);
        let (zombie, holder) =
            ((id.as_str(), eu.id.as_str(), first.lease.fence), (id.as_str(), other.id.as_str(), second.lease.fence));
        assert!(store.renew_job(&id, &eu.id, first.lease.fence, LONG).unwrap().is_none());
        assert!(!store.put_job_events(zombie, 1, &["{}".to_owned()]).unwrap());
        assert!(!store.complete_job(zombie, "\"zombie\"").unwrap());
        // The right number in the wrong hands.
        assert!(!store.complete_job((&id, &eu.id, second.lease.fence), "\"zombie\"").unwrap());
        assert_eq!(store.job(&id).unwrap(), JobState::Claimed);
        assert!(store.renew_job(&id, &other.id, second.lease.fence, LONG).unwrap().is_some());
        assert!(store.complete_job(holder, "\"done\"").unwrap());
        assert_eq!(store.job(&id).unwrap(), JobState::Done("\"done\"".to_owned()));
        // The answer was lost: the same is taken as said, something else is not.
        assert!(store.complete_job(holder, "\"done\"").unwrap());
        assert!(!store.complete_job(holder, "\"other\"").unwrap());
        assert_eq!(store.claim_job(&eu, LONG).unwrap(), None, "it is done for good");
    }

    fn an_agent_that_was_not_heard_of_may_still_end_what_nobody_has_taken(site) {
        let mut store = site.open();
        let eu = agent(&mut store, "eu");
        let labels = labels("eu");
        let id = store.put_job(&job("shop-eu", &labels, "{}")).unwrap();
        let held = store.claim_job(&eu, NOW).unwrap().unwrap();
        store.release_leases().unwrap();
        assert!(store.complete_job((&id, &eu.id, held.lease.fence), "1").unwrap());
    }

    fn events_are_taken_once_by_their_numbers(site) {
        let mut store = site.open();
        let eu = agent(&mut store, "eu");
        let labels = labels("eu");
        let id = store.put_job(&job("shop-eu", &labels, "{}")).unwrap();
        let fence = store.claim_job(&eu, LONG).unwrap().unwrap().lease.fence;
        let events = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>();
        for (first, sent) in [(1, events(&[1, 2])), (1, events(&[1, 2, 3])), (2, events(&[2])), (4, events(&[4]))] {
            assert!(store.put_job_events((&id, &eu.id, fence), first, &sent).unwrap());
        }
        let told: Vec<String> = store.feed(0, 100).unwrap().into_iter().filter(|it| it.kind == "target.event").map(|it| it.data).collect();
        assert_eq!(told, ["1", "2", "3", "4"]);
    }

    fn the_same_work_is_taken_up_and_other_work_takes_its_place(site) {
        let mut store = site.open();
        let eu = agent(&mut store, "eu");
        let labels = labels("eu");
        let first = store.put_job(&job("shop-eu", &labels, "1")).unwrap();
        let held = store.claim_job(&eu, LONG).unwrap().unwrap();
        assert_eq!(store.put_job(&job("shop-eu", &labels, "1")).unwrap(), first);
        assert!(store.renew_job(&first, &eu.id, held.lease.fence, LONG).unwrap().is_some());
        assert!(store.complete_job((&first, &eu.id, held.lease.fence), "9").unwrap());
        assert_eq!(store.put_job(&job("shop-eu", &labels, "1")).unwrap(), first, "nobody has been told yet");
        store.forget_job(&first).unwrap();
        let second = store.put_job(&job("shop-eu", &labels, "1")).unwrap();
        assert_ne!(first, second);
        let held = store.claim_job(&eu, LONG).unwrap().unwrap();
        let third = store.put_job(&job("shop-eu", &labels, "3")).unwrap();
        assert_eq!(store.job(&second).unwrap(), JobState::Gone);
        assert!(!store.complete_job((&second, &eu.id, held.lease.fence), "9").unwrap());
        assert!(store.withdraw_job(&third).unwrap());
        assert_eq!(store.claim_job(&eu, LONG).unwrap(), None);
    }

    fn a_wave_takes_no_more_than_its_cap_at_a_time(site) {
        let mut store = site.open();
        let eu = agent(&mut store, "eu");
        let labels = labels("eu");
        let wave = Some(Cap { name: "dev", most: 2 });
        for subject in ["a", "b", "c"] {
            store.put_job(&NewJob { wave, ..job(subject, &labels, "1") }).unwrap();
        }
        let first = store.claim_job(&eu, LONG).unwrap().unwrap();
        assert!(store.claim_job(&eu, LONG).unwrap().is_some());
        assert_eq!(store.claim_job(&eu, LONG).unwrap(), None);
        assert!(store.complete_job((&first.id, &eu.id, first.lease.fence), "1").unwrap());
        assert!(store.claim_job(&eu, LONG).unwrap().is_some());
    }
}
