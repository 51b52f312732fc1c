//! What was done by hand between two deployments.

use sluice_e2e::Project;
use sluice_testkit::{TestDatabase, postgres};

/// A database with two changes, watched as `response` says.
fn deployed(response: &str) -> (TestDatabase, Project) {
    let database = postgres(15).database();
    let project = Project::new();
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\nmigrations = \"migrations\"\n\n[policy]\ndrift = \"{response}\"\n\n\
             [[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"main\"\nenvironment = \"dev\"\nurl = \"{}\"\n",
            database.url()
        ),
    );
    project
        .write("migrations/1_users.sql", "create table users (id bigint primary key, name text not null);\n");
    project.write(
        "migrations/2_orders.sql",
        "create table orders (id bigint primary key);\ncreate index concurrently orders_id on orders (id);\n",
    );
    project.sluice(&["deploy"]).exits(0);
    (database, project)
}

#[test]
fn what_was_done_by_hand_stops_the_next_deployment_until_it_is_official() {
    let (database, project) = deployed("error");
    project.sluice(&["drift"]).exits(0).says("main: no drift since change 2");
    database.psql("alter table users add column phone text; alter table users alter column name drop not null; comment on table users is 'people'");
    project.write("migrations/3_more.sql", "create table more (id bigint primary key);\n");

    let drift = project.sluice(&["drift", "--format", "json"]).exits(1).json();
    let facts = drift["databases"][0]["facts"].as_array().unwrap().clone();
    let told: Vec<(&str, &str, &str)> = facts
        .iter()
        .map(|fact| {
            (
                fact["class"].as_str().unwrap(),
                fact["change"].as_str().unwrap(),
                fact["fact"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("dangerous", "altered", "column:public.users.name"),
            ("hand-made", "added", "column:public.users.phone"),
            ("harmless", "added", "comment:table:public.users"),
        ]
    );
    project
        .sluice(&["deploy"])
        .exits(1)
        .says("drifted since change 2")
        .says("column:public.users.phone was added");
    assert_eq!(database.psql("select to_regclass('more') is null"), "t");
    project.sluice(&["status"]).exits(0).says("drifted");

    // The file would come after what is pending.
    project.sluice(&["drift", "--adopt"]).exits(1).says("changes are pending");
    std::fs::remove_file(project.path("migrations/3_more.sql")).unwrap();
    let adopted = project.sluice(&["drift", "--adopt"]).exits(0);
    let written = std::fs::read_dir(project.path("migrations"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .find(|name| name.ends_with("adopt_drift.sql"))
        .unwrap();
    adopted.says(&written);
    let text = project.read(&format!("migrations/{written}"));
    assert!(text.contains("ADD COLUMN phone text"), "{text}");
    project.sluice(&["drift"]).exits(0).says("no drift");
    // Another database gets it by deployment; this one has it.
    project.write("migrations/30000101000000_last.sql", "create table last (id bigint primary key);\n");
    project.sluice(&["deploy"]).exits(0);
    project.sluice(&["drift"]).exits(0).says("no drift since change 30000101000000");
    assert_eq!(database.psql("select to_regclass('last') is not null"), "t");
}

#[test]
fn the_way_back_undoes_what_was_done_by_hand() {
    let (database, project) = deployed("error");
    database.psql("drop index orders_id; create view names as select name from users");
    let back = project.sluice(&["drift", "--revert", "--format", "json"]).exits(1).json();
    let steps = back["databases"][0]["revert"].as_array().unwrap();
    for step in steps {
        database.psql(step["sql"].as_str().unwrap());
    }
    assert!(!steps.is_empty());
    project.sluice(&["drift"]).exits(0).says("no drift");
}

#[test]
fn what_is_no_drift_raises_no_alarm() {
    let (database, project) = deployed("error");
    database.psql("insert into users values (1, 'Ann'), (2, 'Bob'); delete from users where id = 2");
    database.psql("vacuum full users");
    database.psql("analyze");
    database.psql("reindex table users");
    database.psql("create temporary table t (x int)");
    project.sluice(&["drift"]).exits(0).says("no drift");
    // A failed change leaves nothing, and nothing of it is drift; what came before it is seen.
    project.write("migrations/3_right.sql", "create table right_one (id bigint);\n");
    project.write("migrations/4_wrong.sql", "create table more (id bigint);\nselect 1 / 0;\n");
    project.sluice(&["deploy"]).exits(4);
    project.sluice(&["drift"]).exits(0).says("no drift since change 3");
    project.write("migrations/4_wrong.sql", "create table more (id bigint);\n");
    project.sluice(&["deploy"]).exits(0);
    project.sluice(&["drift"]).exits(0).says("no drift since change 4");
}

#[test]
fn a_warning_lets_the_deployment_go_on_and_the_next_snapshot_has_it() {
    let (database, project) = deployed("warn");
    database.psql("alter table users add column phone text");
    project.write("migrations/3_more.sql", "create table more (id bigint primary key);\n");
    project.sluice(&["deploy"]).exits(0).says("drifted since change 2");
    project.sluice(&["drift"]).exits(0).says("no drift since change 3");
}

#[test]
fn a_database_that_was_not_watched_is_not_called_clean() {
    let (database, project) = deployed("off");
    assert_eq!(database.psql("select to_regclass('sluice.snapshot') is null"), "t");
    project.sluice(&["drift"]).exits(0).says("not known: no snapshot was kept after the last change");
    project.sluice(&["drift", "--adopt"]).exits(0);
    database.psql("drop table orders");
    project.sluice(&["drift"]).exits(1).says("dangerous").says("table:public.orders");
}

#[test]
fn any_two_schemas_can_be_compared() {
    let server = postgres(15);
    let (old, new, project) = (server.database(), server.database(), Project::new());
    project.sluice(&["drift", old.url(), new.url()]).exits(0).says("no drift");
    new.psql("create table t (x int)");
    project.sluice(&["drift", old.url(), new.url()]).exits(1).says("+ table:public.t");
    project.sluice(&["drift", old.url()]).exits(2);
}
