//! Changes that fail: where, why, what stays, and how it goes on.

use sluice_e2e::{Engine, Shop};

fn a_failing_change(engine: Engine, second: &str, stays: &str) {
    let shop = Shop::with_gates(engine, "", "");
    shop.write(
        "migrations/0003_totals.sql",
        "-- Totals of orders.\nCREATE TABLE totals (id integer PRIMARY KEY);\n\n  INSERT INTO no_such_table VALUES (1);\n",
    );
    shop.commit("Totals");
    let run = shop.sluice(&["deploy"]).exits(4);
    // Where: file, line, column; which statement; what the server said.
    for text in ["migrations/0003_totals.sql:4:", "statement 2 of change 0003", "no_such_table"] {
        assert!(run.all().contains(text), "`{text}` is missing in {run}");
    }
    assert_eq!(
        (shop.applied("dev"), shop.applied("staging")),
        (2, 0),
        "the next environment is not touched: {run}"
    );

    let status = shop.sluice(&["status", "--format", "json", "--env", "dev"]).exits(0);
    assert_eq!(status.json()["targets"][0]["state"], "failed", "{status}");
    let problem = &status.json()["targets"][0]["problems"][0];
    assert!(problem["message"].as_str().unwrap().contains("0003_totals.sql:4:"), "{status}");
    shop.sluice(&["history", "--env", "dev"]).exits(0).says("failed").says("no_such_table");
    let left = shop.database("dev").sql(stays);
    assert_eq!(left, second, "what stays of the failed change");

    // The same command again fails the same way and harms nothing.
    shop.sluice(&["deploy"]).exits(4).says("migrations/0003_totals.sql:4:");

    // Mend the file; the same command goes on.
    shop.write(
        "migrations/0003_totals.sql",
        "-- Totals of orders.\nCREATE TABLE totals (id integer PRIMARY KEY);\n\nINSERT INTO totals VALUES (1);\n",
    );
    shop.commit("Totals, this time right");
    let run = shop.sluice(&["deploy"]).exits(0);
    for environment in Shop::ENVIRONMENTS {
        assert_eq!(shop.applied(environment), 3, "{run}");
        assert_eq!(shop.database(environment).sql("SELECT count(*) FROM totals"), "1");
    }
    shop.sluice(&["deploy"]).exits(0).says("nothing to do");
}

#[test]
fn a_failing_change_rolls_back_is_mended_and_goes_on_on_sqlite() {
    a_failing_change(Engine::Sqlite, "0", "SELECT count(*) FROM sqlite_master WHERE name = 'totals'");
}

#[test]
fn a_failing_change_rolls_back_is_mended_and_goes_on_on_postgres() {
    a_failing_change(Engine::Postgres(18), "0", "SELECT count(*) FROM pg_class WHERE relname = 'totals'");
}

#[test]
fn a_failing_change_resumes_at_its_statement_on_mariadb() {
    a_failing_change(
        Engine::Mariadb,
        "1",
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = 'totals'",
    );
}

#[test]
fn an_edited_change_is_refused_at_plan_and_at_deploy_and_repair_takes_the_edit() {
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    shop.sluice(&["deploy"]).exits(0);
    let old = shop.read("migrations/0002_create_orders.sql");
    shop.write("migrations/0002_create_orders.sql", &format!("{old}-- edited\nSELECT 1;\n")).commit("Edit");
    shop.sluice(&["plan"]).exits(1).says("0002");
    shop.write("migrations/0003_more.sql", "CREATE TABLE more (id integer);").commit("More");
    shop.sluice(&["deploy"]).exits(1).says("0002");
    assert_eq!(shop.applied("dev"), 2);
    shop.sluice(&["status"]).exits(1).says("refused");
    shop.sluice(&["repair"]).exits(1).says("--accept");
    for environment in Shop::ENVIRONMENTS {
        shop.sluice(&["repair", "0002", "--accept", "--database", &format!("shop-{environment}")]).exits(0);
    }
    shop.sluice(&["repair"]).exits(0).says("nothing to repair");
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.applied("prod"), 3);
}

#[test]
fn removed_and_late_changes_are_refused_with_their_versions() {
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    shop.sluice(&["deploy"]).exits(0);
    shop.write("migrations/0001_5_late.sql", "CREATE TABLE late (id integer);").commit("Late");
    let run = shop.sluice(&["deploy"]).exits(1);
    assert!(run.all().contains("0001") && run.all().contains("late"), "{run}");
    std::fs::remove_file(shop.path("migrations/0001_5_late.sql")).unwrap();
    std::fs::remove_file(shop.path("migrations/0002_create_orders.sql")).unwrap();
    shop.write("migrations/0003_more.sql", "CREATE TABLE more (id integer);").commit("Removed");
    shop.sluice(&["plan"]).exits(1).says("0002");
    shop.sluice(&["deploy"]).exits(1).says("0002");
    shop.sluice(&["repair", "0002", "--forget", "--database", "shop-dev"]).exits(0);
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);
}

#[test]
fn what_postgres_does_in_several_transactions_runs_where_the_change_says_so() {
    let shop = Shop::with_gates(Engine::Postgres(16), "", "");
    let table = "CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);\n\
                 CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);\nCREATE INDEX p_id ON p (id);\n";
    shop.write("migrations/0003_parts.sql", table);
    shop.write("migrations/0004_again.sql", "REINDEX TABLE p;\n");
    shop.commit("Parts");
    shop.sluice(&["deploy"]).exits(4).says("-- sluice: transaction=none");
    shop.write(
        "migrations/0004_again.sql",
        "-- sluice: transaction=none\nREINDEX TABLE p;\nCLUSTER p USING p_id;\n",
    );
    shop.commit("Alone");
    shop.sluice(&["deploy"]).exits(0);
    for environment in Shop::ENVIRONMENTS {
        assert_eq!(shop.applied(environment), 4);
    }
}
