//! `sluice diff --dump`: a schema as files, and back.

use sluice_e2e::{Engine, Project};
use sluice_testkit::{mariadb, postgres};

const POSTGRES: &str = r#"
create schema app;
create schema "Odd.Schema";
create type app.mood as enum ('fine', 'bad');
create domain app.mail as text check (value like '%@%');
create table app.users (id serial primary key, mail app.mail not null unique, mood app.mood default 'fine');
comment on table app.users is 'It''s people';
create table app."Users" (id int);
create table app."USERS" (id int);
create table app.posts (id bigint generated always as identity primary key, author int references app.users, parent bigint);
alter table app.posts add foreign key (parent) references app.posts;
create index by_author on app.posts (author) where author is not null;
create table "Odd.Schema"."a/b ""c""" (x int);
create view app.fine as select id from app.users where mood = 'fine';
create view app.finer as select id from app.fine;
set check_function_bodies = off;
create function app.first() returns int language sql as 'select app.second(1)';
create function app.second(x int) returns int language plpgsql as $$ begin return x; end $$;
create function app.second(x text) returns text language sql as 'select x';
create function app.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on app.users for each row execute function app.touch();
create materialized view app.counts as select count(*) from app.posts;
grant select on app.users to public;
revoke all on schema public from public;
alter default privileges in schema app grant select on tables to public;
create table app.loud (at date) partition by range (at);
create table app.loud_2026 partition of app.loud for values from ('2026-01-01') to ('2027-01-01');
"#;

#[test]
fn a_live_schema_is_written_as_files_and_they_make_the_same_schema() {
    let server = postgres(15);
    let (database, project) = (server.database(), Project::new());
    database.psql(POSTGRES);
    let shadow = server.url("postgres");
    let arguments = ["diff", database.url(), "--dump", "schema", "--shadow", &shadow, "--format", "json"];
    let report = project.sluice(&arguments).exits(0).json();
    assert_eq!(report["schema"], "sluice/dump/v1");
    assert!(report["proved_on"].as_str().unwrap().starts_with("PostgreSQL 15"), "{report}");
    let files: Vec<&str> =
        report["files"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for path in [
        "schemas/app.sql",
        "schemas/public.sql",
        "tables/app.users.sql",
        "tables/Odd%2ESchema.a%2Fb%20%22c%22.sql",
        "types/app.mood.sql",
        "functions/app.second.sql",
        "views/app.finer.sql",
        "default_privileges.sql",
    ] {
        assert!(files.contains(&path), "{path} is not among {files:?}");
    }
    let users = project.read("schema/tables/app.users.sql");
    for text in [
        "CREATE SEQUENCE",
        "CREATE TABLE app.users",
        "CREATE TRIGGER touch",
        "COMMENT ON TABLE",
        "GRANT SELECT",
    ] {
        assert!(users.contains(text), "{text} is not in\n{users}");
    }
    // What differs only in case has files of its own, on every file system.
    let mut folded: Vec<String> = files.iter().map(|path| path.to_lowercase()).collect();
    folded.sort();
    folded.dedup();
    assert_eq!(folded.len(), files.len(), "{files:?}");

    project
        .sluice(&["diff", database.url(), "schema", "--shadow", &shadow])
        .exits(0)
        .says("The schemas are equal.");
    let again = project.sluice(&arguments).exits(0).json();
    assert_eq!(again, report, "the same schema gives the same files");
    project.sluice(&["diff", "schema", "--dump", "copy", "--shadow", &shadow]).exits(0);
    assert_eq!(project.read("copy/tables/app.users.sql"), users);
}

#[test]
fn without_a_shadow_nothing_is_made_on_the_server_and_that_is_said() {
    let server = postgres(15);
    let (database, project) = (server.database(), Project::new());
    database.psql(POSTGRES);
    project.sluice(&["diff", database.url(), "--dump", "schema"]).exits(0).says("there is no shadow");
    let shadow = server.url("postgres");
    project
        .sluice(&["diff", "schema", database.url(), "--shadow", &shadow])
        .exits(0)
        .says("The schemas are equal.");
}

#[test]
fn mariadb_and_sqlite_schemas_come_back_as_they_were() {
    let maria = "create table users (id int not null auto_increment primary key, name varchar(20) not null, key by_name (name));\n\
                 create table `a.b/C` (id int primary key, user int, foreign key (user) references users (id));\n\
                 create table peer (id int primary key, other int);\n\
                 create table reep (id int primary key, other int, foreign key (other) references peer (id));\n\
                 alter table peer add foreign key (other) references reep (id);\n\
                 create view names as select name from users;\n\
                 delimiter //\ncreate trigger lower_names before insert on users for each row begin set new.name = lower(new.name); end//\n\
                 delimiter ;\n";
    let sqlite = "create table users (id integer primary key, name text); -- people\n\
                  create table Posts (id integer primary key, author integer references users (id));\n\
                  create index by_author on Posts (author);\n\
                  create view names as select name from users;\n\
                  create trigger greet after insert on users begin insert into Posts (author) values (new.id); end;\n";
    for (engine, sql) in [(Engine::Mariadb, maria), (Engine::Sqlite, sqlite)] {
        let project = Project::new();
        let database = engine.database(&project, "app");
        database.sql(sql);
        let shadow = match engine {
            Engine::Sqlite => None,
            _ => Some(mariadb().database()),
        };
        let url = shadow.as_ref().map(|shadow| shadow.url());
        let mut tail: Vec<&str> = Vec::new();
        if let Some(url) = &url {
            tail.extend(["--shadow", url]);
        }
        let run = |arguments: &[&str]| project.sluice(&[arguments, &tail].concat());
        run(&["diff", database.url(), "--dump", "schema"]).exits(0).says("the same schema");
        run(&["diff", database.url(), "schema"]).exits(0).says("The schemas are equal.");
        assert!(project.path("schema/tables/users.sql").exists());
        assert!(project.path("schema/views/names.sql").exists());
    }
}

#[test]
fn nothing_that_somebody_else_wrote_is_overwritten() {
    let project = Project::new();
    project.create_sqlite("app.db");
    project.sqlite("app.db", "create table a (id integer primary key); create table b (id integer);");
    std::fs::create_dir(project.path("empty")).unwrap();
    project.sluice(&["diff", "app.db", "--dump", "empty"]).exits(0).says("2 files");
    project.sqlite("app.db", "drop table b");
    project.sluice(&["diff", "app.db", "--dump", "empty"]).exits(0).says("1 file");
    assert!(!project.path("empty/tables/b.sql").exists(), "what is gone has no file");

    project.write("empty/tables/a.sql", "create table a (id integer primary key); -- mine");
    let refused = project.sluice(&["diff", "app.db", "--dump", "empty"]).exits(2);
    refused.says("edited since").says("tables/a.sql").says("--yes");
    assert!(project.read("empty/tables/a.sql").contains("mine"));
    project.sluice(&["diff", "app.db", "--dump", "empty", "--yes"]).exits(0);
    assert!(!project.read("empty/tables/a.sql").contains("mine"));

    project.write("empty/notes.txt", "keep me");
    project.sluice(&["diff", "app.db", "--dump", "empty", "--yes"]).exits(2).says("notes.txt");
    assert_eq!(project.read("empty/notes.txt"), "keep me");
    project.write("file", "");
    project.sluice(&["diff", "app.db", "--dump", "file"]).exits(2).says("is no directory");
    let left: Vec<_> = std::fs::read_dir(project.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".sluice-dump"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn one_side_is_dumped_and_two_are_compared() {
    let project = Project::new();
    project.write("a.sql", "create table a (id int);");
    project.sluice(&["diff", "a.sql", "--engine", "sqlite"]).exits(2).says("TO");
    project
        .sluice(&["diff", "a.sql", "a.sql", "--dump", "x", "--engine", "sqlite"])
        .exits(2)
        .says("cannot be used with");
    project.sluice(&["diff", "a.sql", "--dump", "x", "--engine", "sqlite"]).exits(0);
    assert_eq!(project.read("x/tables/a.sql"), "CREATE TABLE a (id int);\n");
}
