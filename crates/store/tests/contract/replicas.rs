//! What holds where several servers share a PostgreSQL database.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use sluice_store::{News, Place, SCHEMA_VERSION, StoreError, Task, Update, WorkKind};
use sluice_testkit::{Fault, FaultProxy, PostgresServer, newest_postgres};

use crate::kit::{Site, act, project, release};

const PATIENCE: Duration = Duration::from_secs(60);

fn shop() -> Task<'static> {
    Task::of_project(WorkKind::Reconcile, "shop")
}

#[test]
fn the_oldest_supported_server_will_do() {
    let site = Site::old_postgres();
    let mut store = site.with_rollout("r-1");
    store.append_events("r-1", 0, Update::default(), &["1"]).unwrap();
    store.audit(&act(1)).unwrap();
    assert_eq!(site.replica().open().unwrap().rollout("r-1").unwrap().summary.events, 1);
}

#[test]
fn servers_that_start_on_an_empty_database_at_once_make_its_schema_once() {
    let database = newest_postgres().database();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let url = database.url();
            scope.spawn(move || {
                let mut store = Place::postgres(url).unwrap().open_server().unwrap();
                store.put_release(&release("shop", &number.to_string())).unwrap();
            });
        }
    });
    let site = Site::on(database);
    assert_eq!(site.open().releases().unwrap().len(), 6);
    assert_eq!(site.database().psql("select version from sluice_server.version"), SCHEMA_VERSION.to_string());
}

#[test]
fn a_newer_schema_is_refused_unless_it_says_that_this_version_may_go_on() {
    let site = Site::postgres();
    drop(site.with_rollout("r-1"));
    let set = |version: i64, oldest: i64| {
        site.database()
            .psql(&format!("update sluice_server.version set version = {version}, oldest = {oldest}"));
        Place::postgres(site.database().url())
    };
    // A later version that has only added something: servers are replaced one by one.
    let place = set(SCHEMA_VERSION + 1, SCHEMA_VERSION).unwrap();
    assert_eq!(place.open().unwrap().rollouts().unwrap().len(), 1);
    let error = set(SCHEMA_VERSION + 2, SCHEMA_VERSION + 1).unwrap_err();
    let StoreError::Newer { found, known, .. } = &error else { panic!("{error}") };
    assert_eq!((*found, *known), (SCHEMA_VERSION + 2, SCHEMA_VERSION));
    assert!(error.help().unwrap().contains("newer sluice"));
    assert!(!error.to_string().contains("postgres@"), "{error}");
}

#[test]
fn news_of_one_server_wake_the_others() {
    let site = Site::postgres();
    let (sender, receiver) = channel();
    let other = site.replica();
    other.listen(move |news| {
        let _ = sender.send(news);
    });
    let mut store = site.open();
    let wait_for = |wanted: News, tell: &mut dyn FnMut()| {
        let until = Instant::now() + PATIENCE;
        // It may begin to listen a moment later; from then on everything is heard.
        loop {
            tell();
            match receiver.recv_timeout(Duration::from_millis(200)) {
                Ok(news) if news == wanted => return,
                _ => assert!(Instant::now() < until, "{wanted:?} is not heard"),
            }
        }
    };
    wait_for(News::Work, &mut || store.want(&shop(), Duration::ZERO).unwrap());
    let mut count = 0;
    wait_for(News::Feed, &mut || {
        count += 1;
        store.create_project(&project(&format!("p{count}"))).unwrap();
    });
}

#[test]
fn a_server_that_stands_still_in_a_transaction_keeps_the_others_waiting_for_a_moment_only() {
    let site = Site::postgres();
    drop(site.open());
    // As a server that was stopped between two statements: it has the writers' lock and says nothing.
    let mut frozen = site.database().session();
    frozen.run(
        "set idle_in_transaction_session_timeout = '4s';
         begin; select pg_advisory_xact_lock(x'736c75696365'::bigint);
         insert into sluice_server.audit values (1, '', '', '', '', '', '', '{}', '', 'half done')",
    );
    let mut store = site.replica().open_server().unwrap();
    assert_eq!(store.audit(&act(1)).unwrap(), 1, "nothing of it is left");
}

#[test]
fn a_restart_of_the_database_loses_nothing_and_is_survived() {
    let server = PostgresServer::private(18);
    let place = Place::postgres(&server.url("postgres")).unwrap();
    let mut store = place.open_server().unwrap();
    store.want(&shop(), Duration::ZERO).unwrap();
    store.audit(&act(1)).unwrap();
    server.stop_immediate();
    let error = store.audit(&act(2)).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(matches!(store.projects(), Err(StoreError::Unreachable { .. })));
    assert!(matches!(place.open().unwrap().projects(), Err(StoreError::Unreachable { .. })));
    server.start();
    assert_eq!(store.audit(&act(2)).unwrap(), 2);
    assert_eq!(store.projects().unwrap(), []);
    assert!(store.claim(WorkKind::Reconcile, "a", PATIENCE).unwrap().is_some());
}

#[test]
fn a_network_that_swallows_everything_is_noticed_before_a_lease_is_over() {
    let site = Site::postgres();
    let server = newest_postgres();
    let proxy = FaultProxy::start(server.port());
    let url = proxy.url(site.database().url(), server.port());
    let mut store = Place::postgres(&url).unwrap().open_server().unwrap();
    store.want(&shop(), Duration::ZERO).unwrap();
    let lease = store.claim(WorkKind::Reconcile, "a", PATIENCE).unwrap().unwrap();
    proxy.inject(Fault::BlackHole);
    let asked = Instant::now();
    let error = store.renew(&lease, PATIENCE).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(14), "{:?}", asked.elapsed());
}

#[test]
fn what_was_done_although_its_answer_never_came_is_done_once() {
    let site = Site::postgres();
    drop(site.with_rollout("r-1"));
    let server = newest_postgres();
    let proxy = FaultProxy::start(server.port());
    let mut store =
        Place::postgres(&proxy.url(site.database().url(), server.port())).unwrap().open_server().unwrap();
    assert_eq!(store.append_events("r-1", 0, Update::default(), &["1"]).unwrap(), 1);
    // The proxy remembers the end of what was sent last: it must not be the last COMMIT.
    assert_eq!(store.events("r-1", 0).unwrap().len(), 1);
    proxy.inject(Fault::SilenceAfter(b"COMMIT".to_vec()));
    let error = store.append_events("r-1", 1, Update::default(), &["2"]).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    // Nobody who asks again can do it twice.
    let again = store.append_events("r-1", 1, Update::default(), &["2"]).unwrap_err();
    assert!(matches!(again, StoreError::Conflict { found: 2, .. }), "{again}");
    assert_eq!(store.rollout("r-1").unwrap().summary.events, 2);
}

#[test]
fn what_makes_no_sense_or_does_not_answer_is_told_without_the_password() {
    for url in ["postgres://u:secret@h:port/d", "mysql://u:secret@h/d", "postgres://u:secret@127.0.0.1:1/d"] {
        let error = Place::postgres(url).unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{url}: {error}");
        assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    }
}
