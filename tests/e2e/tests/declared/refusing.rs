//! What a declarative project cannot do, and how it says so.

use sluice_e2e::Engine;
use sluice_testkit::postgres;

use super::Declared;

#[test]
fn every_statement_that_does_not_run_is_told_with_its_place() {
    for engine in [Engine::Sqlite, Engine::Postgres(18)] {
        let shop = Declared::with(engine, "", "");
        shop.write(
            "schema/b.sql",
            "CREATE TABLE fine (id integer);\n\nCREATE VIEW v AS\n SELECT * FROM gone;\n",
        );
        shop.write("schema/c.sql", "CREATE TABLE t (id integer,);\n");
        let run = shop.deploy("dev").exits(2);
        run.clone().says("schema/c.sql:1:1").keeps_quiet_about("schema/b.sql:1");
        // SQLite takes views over tables that are not there.
        if engine != Engine::Sqlite {
            run.says("schema/b.sql:3:1").says("gone");
        }
        assert!(shop.states("dev").is_empty());
    }
}

#[test]
fn data_is_deleted_only_where_that_is_allowed() {
    let shop = Declared::with(Engine::Postgres(18), "", "");
    shop.deploy("dev").exits(0);
    shop.write("schema/a_view.sql", "")
        .write("schema/tables/users.sql", "create table users (id integer not null primary key);\n");
    shop.commit("Fewer columns");
    shop.sluice(&["plan", "--env", "dev"]).exits(1).says("deletes_data").says("DROP COLUMN name");
    shop.deploy("dev").exits(1).says("deletes_data");
    shop.sluice(&["status", "--env", "dev"]).exits(0).says("pending");
    shop.sluice(&["plan", "--env", "dev", "--allow", "deletes_data"]).exits(0).says("DROP COLUMN name");
    shop.sluice(&["plan", "--env", "dev", "--allow", "everything"]).exits(2).says("no hazard everything");
    shop.configure("\n[schema]\nallow = [\"deletes_data\"]\n", "");
    shop.commit("Allowed for good");
    shop.deploy("dev").exits(0);
    assert_eq!(shop.database("dev").sql("select count(*) from users"), "0");
}

#[test]
fn a_shadow_must_be_named_and_may_be_anywhere() {
    let shop = Declared::with(Engine::Postgres(18), "", "");
    let without = shop.read("sluice.toml").replace("shadow = \"own\"\n", "");
    shop.write("sluice.toml", &without);
    shop.deploy("dev").exits(2).says("no shadow").says("shadow");
    shop.write("sluice.toml", &format!("{without}\n[schema]\nshadow = \"env:SCRATCH_URL\"\n"));
    shop.sluice(&["plan", "--env", "dev"]).exits(3).says("SCRATCH_URL");
    let mut shop = shop;
    shop.project.set("SCRATCH_URL", &postgres(18).url("postgres"));
    shop.deploy("dev").exits(0);
}

#[test]
fn what_is_about_changes_says_that_there_are_none() {
    let shop = Declared::with(Engine::Sqlite, "", "");
    shop.sluice(&["new", "x"]).exits(2).says("declarative");
    shop.sluice(&["baseline", "--yes"]).exits(2).says("declarative");
    shop.sluice(&["rollback", "--env", "dev", "--yes"]).exits(2).says("git revert");
    shop.sluice(&["drift", "--env", "dev", "--adopt"]).exits(2).says("declare it");
}

#[test]
fn rows_that_stand_in_the_way_are_found_when_the_plan_is_made() {
    for engine in [Engine::Sqlite, Engine::Postgres(18), Engine::Mariadb] {
        let shop = Declared::with(engine, "", "");
        shop.write(
            "schema/tables/users.sql",
            "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(20));\n",
        );
        shop.commit("Names may be unknown");
        shop.deploy("dev").exits(0);
        let database = shop.database("dev");
        database.sql("INSERT INTO users (id, name) VALUES (1, 'Ann'), (2, NULL)");
        shop.write(
            "schema/tables/users.sql",
            "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);\n",
        );
        shop.commit("Names are known");

        shop.sluice(&["plan", "--env", "dev"])
            .exits(1)
            .says("will fail: there are 1 ")
            .says("correct these rows");
        shop.deploy("dev").exits(1).says("will fail: there are 1 ");
        assert_eq!(database.sql("SELECT count(*) FROM users WHERE name IS NULL"), "1");

        database.sql("UPDATE users SET name = 'Bob' WHERE name IS NULL");
        shop.sluice(&["plan", "--env", "dev"]).exits(0);
        shop.deploy("dev").exits(0);
    }
}

#[test]
fn what_may_be_a_new_name_is_asked_and_the_rows_stay() {
    for engine in [Engine::Sqlite, Engine::Postgres(18), Engine::Mariadb] {
        let shop = Declared::with(engine, "\n[schema]\nallow = [\"deletes_data\"]\n", "");
        shop.write("schema/a_view.sql", "");
        shop.commit("No view");
        shop.deploy("dev").exits(0);
        let database = shop.database("dev");
        database.sql("INSERT INTO users (id, name) VALUES (1, 'Ann')");
        let users = |above: &str| {
            format!(
                "CREATE TABLE users (\n  id integer NOT NULL PRIMARY KEY,\n{above}  label varchar(20) NOT NULL\n);\n"
            )
        };
        shop.write("schema/tables/users.sql", &users(""));
        shop.commit("Labels");
        shop.sluice(&["plan", "--env", "dev"]).exits(1).says("is it a new name?").says(".sluice-renames");
        shop.deploy("dev").exits(1).says("is it a new name?");

        shop.write("schema/tables/users.sql", &users("  -- sluice: renamed from=name\n"));
        shop.commit("Labels are names");
        shop.sluice(&["plan", "--env", "dev"]).exits(0).says("RENAME COLUMN");
        shop.deploy("dev").exits(0);
        assert_eq!(database.sql("SELECT label FROM users"), "Ann");
        shop.deploy("dev").exits(0).says("nothing to do");
    }
}
