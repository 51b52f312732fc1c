//! What the steps of a plan ask of the rows, on real servers.

use sluice_e2e::Project;
use sluice_testkit::{mariadb, postgres};

const OLD: &str = "\
create table people (id int primary key, email text, age text, level bigint, code varchar(20));
create table pets (id int primary key, owner int);
";

const NEW: &str = "\
create table people (
  id int primary key, email text not null unique, age int, level int check (level > 0), code varchar(4)
);
create table pets (id int primary key, owner int references people (id));
";

/// Rows that nothing of it fits.
const ROWS: &str = "\
insert into people values (1, 'a', 'x', 1, 'short'), (2, 'a', '7', 0, 'abc'), (3, null, null, 5000000000, null);
insert into pets values (1, 9);
";

#[test]
fn rows_that_do_not_fit_refuse_the_plan_with_their_number_and_an_example() {
    let server = postgres(16);
    let (database, project) = (server.database(), Project::new());
    project.write("new.sql", NEW);
    database.psql(&format!("{OLD}{ROWS}"));

    let run = project.sluice(&["diff", database.url(), "new.sql"]).exits(1);
    let run = run
        .says("there are 1 rows of public.people in which email is null, for example id = 3")
        .says("there are 1 values of (email) that more than one row of public.people has, for example email = a")
        .says("there are 1 rows of public.people whose age is no integer, for example id = 1")
        .says("there are 1 rows of public.people whose level is no integer, for example id = 3")
        .says("there are 1 rows of public.people whose code is no character varying(4), for example id = 1")
        .says("rows of public.pets that refer to rows of public.people that are not there, for example owner = 9");
    assert!(run.stdout.contains("-- asserts no rows of public.people in which email is null"), "{run}");
    let script = project.sluice(&["diff", database.url(), "new.sql", "--format", "sql"]).exits(1);
    assert_eq!(script.stdout, "");
    // A type that changes on the way makes the question of the check one for later.
    let report = project.sluice(&["diff", database.url(), "new.sql", "--format", "json"]).exits(1).json();
    let assertions: Vec<&serde_json::Value> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["assertions"].as_array().unwrap())
        .collect();
    let check = assertions.iter().find(|it| it["finds"].as_str().unwrap().contains("do not fulfil")).unwrap();
    assert_eq!((check["early"].as_bool(), check["answer"].is_null()), (Some(false), true));
}

#[test]
fn rows_that_fit_let_the_plan_through_and_the_script_carries_its_questions() {
    let server = postgres(15);
    let (database, project) = (server.database(), Project::new());
    project.write("new.sql", NEW);
    database
        .psql(&format!("{OLD} insert into people values (1, 'a', '7', 1, 'abc  '), (2, 'b', null, 2, null)"));
    let script = project.sluice(&["diff", database.url(), "new.sql", "--format", "sql"]).exits(0).stdout;
    assert!(
        script.contains("-- asserts no rows of public.pets that refer to rows of public.people"),
        "{script}"
    );
    database.psql(&script);
    project.sluice(&["diff", database.url(), "new.sql"]).exits(0).says("The schemas are equal.");
    // Before version 16 a value is tried, and the server says what is wrong with it.
    let other = server.database();
    other.psql(&format!("{OLD} insert into people (id, email, age) values (1, 'a', 'x')"));
    project
        .sluice(&["diff", other.url(), "new.sql"])
        .exits(1)
        .says("invalid input syntax for type integer: \"x\"");
}

#[test]
fn a_question_that_takes_too_long_is_no_refusal() {
    let server = postgres(16);
    let (database, project) = (server.database(), Project::new());
    let slow = "create function slow(int) returns boolean language plpgsql immutable \
                as $$ begin perform pg_sleep(600); return true; end $$;";
    database.psql(&format!("{slow} create table t (id int primary key); insert into t values (1)"));
    project.write("new.sql", &format!("{slow} create table t (id int primary key, check (slow(id)));"));
    let shadow = server.url("postgres");
    let run = project.sluice(&["diff", database.url(), "new.sql", "--shadow", &shadow]).exits(0);
    run.says("(not known: canceling statement due to statement timeout");
}

#[test]
fn mariadb_is_asked_as_well() {
    let (database, project) = (mariadb().database(), Project::new());
    project.write("new.sql", NEW);
    database.sql(&format!("{}{ROWS}", OLD.replace("email text", "email varchar(50)")));
    project.write(
        "new.sql",
        &NEW.replace("email text", "email varchar(50)").replace(
            "owner int references people (id)",
            "owner int, foreign key (owner) references people (id)",
        ),
    );
    project
        .sluice(&["diff", &database.url(), "new.sql"])
        .exits(1)
        .says("there are 1 rows of `people` in which `email` is null, for example `id` = 3")
        .says("more than one row of `people` has, for example `email` = a")
        .says("whose `age` is no int(11), for example `id` = 1")
        .says("whose `level` is no int(11), for example `id` = 3")
        .says("whose `code` is no varchar(4), for example `id` = 1")
        .says("rows of `pets` that refer to rows of `people` that are not there, for example `owner` = 9");
}

#[test]
fn sqlite_is_asked_as_well() {
    let project = Project::new();
    project.create_sqlite("app.db");
    project.sqlite("app.db", &format!("{OLD}{ROWS}"));
    project.write("new.sql", &NEW.replace("age int", "age text"));
    project
        .sluice(&["diff", "app.db", "new.sql"])
        .exits(1)
        .says("there are 1 rows of \"people\" in which \"email\" is null, for example id = 3")
        .says("more than one row of \"people\" has, for example email = a")
        .says(
            "rows of \"pets\" that refer to rows of \"people\" that are not there, for example \"owner\" = 9",
        );
}
