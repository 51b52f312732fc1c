//! Deployments of declared schemas that are killed.

use sluice_e2e::Engine;
use sluice_testkit::PsqlSession;

use super::Declared;

#[test]
fn a_killed_deployment_goes_on_at_the_statement_that_it_was_on() {
    let shop = Declared::with(Engine::Postgres(18), "", "");
    shop.deploy("dev").exits(0);
    shop.database("dev").sql("insert into users select g, 'u' || g from generate_series(1, 100) g");
    shop.write(
        "schema/tables/users.sql",
        "create table moods (id integer primary key);\n\
         create table users (id integer not null primary key, name varchar(20) not null);\n\
         create index by_name on users (name);\n",
    )
    .commit("An index");
    // An index is built concurrently when everybody who looks at the table has gone.
    let mut session = PsqlSession::open(shop.database("dev").url());
    session.run("begin; lock table users in row exclusive mode");
    let mut deploy = shop.start(&["deploy", "--env", "dev"]);
    deploy.wait_for("blocked by");
    deploy.signal("KILL");
    deploy.finish().exits(137);
    assert_eq!(shop.states("dev"), ["applied", "applying"]);
    session.run("rollback");

    // Another machine goes on: what is left to do is in the database.
    let elsewhere = shop.clone_elsewhere();
    elsewhere.sluice(&["plan", "--env", "dev"]).exits(0).says("by_name");
    elsewhere.sluice(&["deploy", "--env", "dev"]).exits(0);
    assert_eq!(shop.states("dev"), ["applied", "applied"]);
    assert_eq!(
        shop.database("dev").sql("select indisvalid from pg_index where indexrelid = 'by_name'::regclass"),
        "t"
    );
    assert_eq!(
        elsewhere.sluice(&["deploy", "--env", "dev", "--format", "json"]).exits(0).json()["outcome"],
        "nothing-to-do"
    );
}

#[test]
fn what_failed_is_left_behind_when_something_else_is_declared() {
    let shop = Declared::with(Engine::Mariadb, "", "");
    shop.deploy("dev").exits(0);
    shop.database("dev").sql("insert into users values (1, 'Ann'), (2, 'Ann')");
    let users = "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL";
    shop.write("schema/tables/users.sql", &format!("{users}, n tinyint AS (id * 100) STORED);\n"))
        .commit("A number that is too large for its column");
    shop.deploy("dev").exits(4).says("Out of range");
    shop.sluice(&["status", "--env", "dev"]).exits(0).says("failed");
    // As long as the same is declared, the same is tried.
    shop.deploy("dev").exits(4).says("Out of range");
    shop.write("schema/tables/users.sql", &format!("{users}, KEY by_name (name));\n")).commit("Names");
    shop.deploy("dev").exits(0);
    assert_eq!(shop.states("dev"), ["applied", "applied"]);
    shop.sluice(&["status", "--env", "dev"]).exits(0).says("up to date");
}
