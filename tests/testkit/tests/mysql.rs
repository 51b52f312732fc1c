//! The test kit's MySQL and MariaDB servers keep their promises.

use sluice_testkit::{mariadb, mysql, private_mariadb, private_mysql};

#[test]
fn a_database_is_fresh_and_goes_with_its_value() {
    for server in [Some(mariadb()), mysql()].into_iter().flatten() {
        let database = server.database();
        let name = database.name().to_owned();
        database.sql("create table t (a int); insert into t values (1), (2)");
        assert_eq!(database.sql("select a from t order by a"), "1\n2");
        drop(database);
        assert_eq!(server.sql(&format!("show databases like '{name}'")), "");
    }
}

#[test]
fn an_open_session_blocks_others_until_it_lets_go() {
    let database = mariadb().database();
    database.sql("create table t (a int)");
    let mut holder = database.session();
    holder.run("lock tables t write");
    let mut waiter = database.session();
    waiter.send("select 'through' from t union all select 'through'");
    assert_ne!(holder.connection_id(), 0);
    holder.run("unlock tables");
    assert_eq!(waiter.wait(), "through");
}

#[test]
fn a_killed_private_server_comes_back_with_its_commits() {
    for mut server in [Some(private_mariadb(&[])), private_mysql(&[])].into_iter().flatten() {
        server.sql("create database d; create table d.t (a int primary key); insert into d.t values (7)");
        server.kill();
        server.start();
        assert_eq!(server.sql("select a from d.t"), "7");
        server.restart_with(&["--max-connections=17"]);
        assert_eq!(server.sql("select @@max_connections, (select a from d.t)"), "17\t7");
    }
}
