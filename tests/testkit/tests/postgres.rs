//! The kit's promises about PostgreSQL.

use sluice_testkit::{POSTGRES_VERSIONS, PostgresServer, postgres};

#[test]
fn every_version_starts_and_gives_each_test_a_database_of_its_own() {
    for major in POSTGRES_VERSIONS {
        let server = postgres(major);
        let (one, two) = (server.database(), server.database());
        one.psql("create table here (a int); insert into here values (1)");
        assert_eq!(
            one.psql("select a, current_setting('server_version_num')::int / 10000 from here"),
            format!("1|{major}")
        );
        assert!(two.try_psql("select a from here").unwrap_err().contains("42P01"));
        let name = one.name().to_owned();
        drop(one);
        assert_eq!(server.psql(&format!("select count(*) from pg_database where datname = '{name}'")), "0");
    }
}

#[test]
fn a_private_server_keeps_what_was_committed_when_it_is_stopped_and_killed() {
    let server = PostgresServer::private(17);
    server.psql("create table kept (a int)");
    server.stop_immediate();
    assert!(std::net::TcpStream::connect((server.host(), server.port())).is_err());
    server.start();
    server.psql("insert into kept values (1)");
    server.kill();
    server.start();
    assert_eq!(server.psql("select count(*) from kept"), "1");
}

#[test]
fn an_open_session_holds_its_locks_until_it_is_dropped() {
    let database = postgres(16).database();
    let mut holder = database.session();
    holder.run("begin; select pg_advisory_lock(7)");
    assert_eq!(database.psql("select pg_try_advisory_lock(7)"), "f");
    let pid = holder.backend();
    assert_eq!(database.psql(&format!("select count(*) from pg_stat_activity where pid = {pid}")), "1");
}
