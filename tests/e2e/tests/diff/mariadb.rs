use sluice_e2e::Project;
use sluice_testkit::{MysqlDatabase, mariadb};

const OLD: &str = "\
create table users (id int not null auto_increment primary key, name varchar(20) not null) comment='people';
create view names as select name from users;
";

/// In an order in which nothing runs at once, with a body that holds semicolons.
const NEW: &str = "\
create view names as select name, mood from users;
create table posts (id int primary key, user_id bigint, foreign key (user_id) references users (id));
create table users (
  id bigint not null auto_increment primary key,
  mood enum('fine', 'bad') not null default 'fine',
  name varchar(40) not null,
  key by_name (name)
);
delimiter //
create trigger lower_names before insert on users for each row begin
  set new.name = lower(new.name); -- as everybody does; always
end//
delimiter ;
";

/// A database that serves as the shadow, which is never touched itself.
fn shadow() -> (MysqlDatabase, String) {
    let database = mariadb().database();
    let url = database.url();
    (database, url)
}

#[test]
fn the_script_runs_in_the_client_program_and_then_there_is_nothing_to_do() {
    let (database, project) = (mariadb().database(), Project::new());
    let url = database.url();
    project.write("old.sql", OLD).write("new/tables.sql", NEW);
    database.sql(OLD);
    database.sql("insert into users (name) values ('Ann')");

    let script = project.sluice(&["diff", &url, "new", "--format", "sql"]).exits(0).stdout;
    database.sql(&script);

    database.sql("insert into users (name) values ('BOB')");
    assert_eq!(database.sql("select id, name, mood from users order by id"), "1\tAnn\tfine\n2\tbob\tfine");
    let again = project.sluice(&["diff", &url, "new", "--format", "sql"]).exits(0);
    assert_eq!(again.stdout, "");
    project.sluice(&["diff", &url, "new"]).exits(0).says("The schemas are equal.");
}

#[test]
fn what_differs_is_told_with_the_statements_that_make_it_equal() {
    let ((_shadow, url), project) = (shadow(), Project::new());
    project.write("old.sql", OLD).write("new.sql", NEW);
    let run =
        project.sluice(&["diff", "old.sql", "new.sql", "--engine", "mariadb", "--shadow", &url]).exits(0);
    let (said, proof) = run.stdout.split_once("\n-- proved on MariaDB ").unwrap();
    let (proof, back) = proof.split_once('\n').unwrap();
    assert!(back.contains("-- DROP TABLE `posts`;"), "{back}");
    assert!(
        proof.ends_with(
            ": these steps lead to TO; 3 rows that were made up in a table stay what they are; SHOW CREATE says so, too"
        ),
        "{proof}"
    );
    insta::assert_snapshot!("mariadb_diff", said);
    let arguments = ["diff", "old.sql", "new.sql", "--shadow", &url, "--format", "json"];
    let report = project.sluice(&arguments).exits(0).json();
    assert_eq!(report["schema"], "sluice/diff/v1");
    assert_eq!(report["engine"], "mariadb");
    assert_eq!(report["refused"], serde_json::json!([]));
}

#[test]
fn rows_are_deleted_only_where_that_is_allowed() {
    let ((_shadow, url), project) = (shadow(), Project::new());
    project.write("old.sql", OLD).write("new.sql", "create table users (id int primary key);");
    let arguments = ["diff", "old.sql", "new.sql", "--shadow", url.as_str(), "--format", "sql"];
    let refused = project.sluice(&arguments).exits(1).says("deletes_data");
    assert_eq!(refused.stdout, "");
    let allowed = project.sluice(&[arguments.as_slice(), &["--allow", "deletes_data"]].concat()).exits(0);
    assert!(allowed.stdout.contains("DROP COLUMN `name`"), "{}", allowed.stdout);
}

#[test]
fn every_statement_that_does_not_run_is_told_with_its_place() {
    let ((_shadow, url), project) = (shadow(), Project::new());
    project
        .write("old.sql", "")
        .write("new.sql", "create table a (x nonsense);\n\ncreate view v as\n select * from gone;\n");
    let run = project.sluice(&["diff", "old.sql", "new.sql", "--shadow", &url]).exits(2);
    run.says("new.sql:1:1").says("nonsense").says("new.sql:3:1").says("gone");
}

#[test]
fn a_script_that_names_its_database_reaches_no_other_than_the_scratch() {
    let ((database, url), project) = (shadow(), Project::new());
    database.sql("create table users (id int primary key)");
    database.sql("insert into users values (1)");
    let name = database.name();
    let dump = format!(
        "create database if not exists {name};\nuse {name};\ndrop table if exists {name}.users;\n\
         create table {name}.users (id int primary key, a int);\ncreate view v as select id from {name}.users;\n"
    );
    project.write("dump.sql", &dump);
    let script = project.sluice(&["diff", &url, "dump.sql", "--format", "sql"]).exits(0).stdout;
    assert_eq!(database.sql("select count(*) from users"), "1");
    assert_eq!(
        script,
        "ALTER TABLE `users`\n  ADD COLUMN `a` int(11),\n  ALGORITHM=INSTANT;\nCREATE VIEW `v` AS select `users`.`id` AS `id` from `users`;\n"
    );
    project.write("other.sql", "create table a (b int);\ndrop table if exists mysql.user;\n");
    let run = project.sluice(&["diff", &url, "other.sql"]).exits(2);
    run.says("other.sql:2:1").says("the statement changes database mysql");
}

#[test]
fn scratch_databases_are_gone_afterwards() {
    let ((database, url), project) = (shadow(), Project::new());
    project.write("old.sql", OLD).write("bad.sql", "create table a (x nonsense);");
    // One that a run left behind long ago, and one that may be at work.
    database.sql(&format!(
        "create database sluice_shadow_1_{0}_0; create database sluice_shadow_ffffffff_{0}_0",
        database.name()
    ));
    project.sluice(&["diff", "old.sql", "bad.sql", "--shadow", &url]).exits(2);
    let left = database.sql(&format!("show databases like 'sluice\\_shadow\\_%{}\\_0'", database.name()));
    database.sql(&format!("drop database sluice_shadow_ffffffff_{}_0", database.name()));
    assert_eq!(left, format!("sluice_shadow_ffffffff_{}_0", database.name()));
}

#[test]
fn mariadb_and_other_engines_are_not_compared() {
    let ((_shadow, url), project) = (shadow(), Project::new());
    project.write("old.sql", OLD);
    project.sluice(&["diff", "old.sql", "old.sql", "--shadow", &url, "--save", "kept.snapshot"]).exits(0);
    project.sluice(&["diff", "kept.snapshot", "kept.snapshot", "--engine", "mysql"]).exits(2).says("mariadb");
}

#[test]
fn a_table_that_is_not_understood_is_named_and_left_alone() {
    let ((database, url), project) = (shadow(), Project::new());
    // A table of MERGE whose parts are gone cannot be shown.
    database
        .sql("create table part (x int) engine=myisam; create table whole (x int) engine=merge union=(part)");
    database.sql("drop table part; create table rest (x int)");
    project.write("new.sql", "create table whole (x int); create table rest (x int, y int);");
    let run = project.sluice(&["diff", &url, "new.sql", "--format", "sql"]).exits(0);
    assert_eq!(run.stdout, "ALTER TABLE `rest`\n  ADD COLUMN `y` int(11),\n  ALGORITHM=INSTANT;\n");
    run.says("table whole is not compared");
}
