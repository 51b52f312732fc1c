//! Servers that are not there, refuse, or take no writes.

use std::sync::Arc;

use sluice_e2e::Project;
use sluice_testkit::{PostgresServer, free_port, mariadb, postgres, private_mariadb};

use crate::refuses;

fn project(url: &str) -> Project {
    let project = Project::with_database(url);
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project
}

#[test]
fn nobody_at_the_address() {
    let port = free_port();
    for url in [
        format!("postgres://app@127.0.0.1:{port}/shop"),
        format!("mariadb://app@127.0.0.1:{port}/shop"),
        "postgres://app@no-such-host.invalid/shop".to_owned(),
        "mysql://app@no-such-host.invalid/shop".to_owned(),
        "postgres://app@/shop?host=/no/such/folder".to_owned(),
        "sqlite:no/such/folder/shop.db".to_owned(),
        "sqlite:missing.db?mode=rw".to_owned(),
    ] {
        let project = project(&url);
        for command in ["plan", "deploy", "history", "baseline"] {
            refuses(&project, &[command], 3, &["shop-dev"]);
        }
        let run = project.sluice(&["status"]).exits(3).says("unreachable");
        assert!(run.all().contains("shop-dev"), "{run}");
    }
}

#[test]
fn looking_at_a_sqlite_database_does_not_create_it() {
    let project = project("sqlite:new.db");
    for command in ["plan", "status", "history"] {
        project.sluice(&[command]).exits(0);
        assert!(!project.path("new.db").exists(), "`sluice {command}` creates a file");
    }
    project.sluice(&["deploy"]).exits(0);
    assert!(project.path("new.db").exists());
}

#[test]
fn databases_that_are_missing() {
    let server = postgres(18);
    let project = project(&server.url("no_such_database"));
    refuses(&project, &["deploy"], 3, &["shop-dev", "no_such_database"]);
    let project = crate::servers::project(&mariadb().url("no_such_database"));
    refuses(&project, &["deploy"], 3, &["shop-dev", "no_such_database"]);
}

#[test]
fn files_that_are_no_database() {
    let project = project("sqlite:dev.db");
    project.write("dev.db", &"no database at all ".repeat(100));
    refuses(&project, &["deploy"], 3, &["shop-dev", "dev.db"]);
    assert!(project.read("dev.db").starts_with("no database"), "it is left alone");
    std::fs::remove_file(project.path("dev.db")).unwrap();
    std::fs::create_dir(project.path("dev.db")).unwrap();
    refuses(&project, &["deploy"], 3, &["shop-dev", "dev.db"]);
}

const PASSWORD: &str = "s3cr3t-and-nobody-elses";

#[test]
fn wrong_passwords_on_postgres_are_said_and_never_shown() {
    let server = PostgresServer::private(17);
    server.psql(&format!(
        "set password_encryption = 'scram-sha-256'; create role app login password '{PASSWORD}'"
    ));
    server.allow("host all app 127.0.0.1/32 scram-sha-256");
    let url = |password: &str| format!("postgres://app{password}@127.0.0.1:{}/postgres", server.port());
    for (password, hidden) in [(":wrong-pa55word", "wrong-pa55word"), ("", "nothing to hide")] {
        let mut project = project("env:SHOP_URL");
        project.set("SHOP_URL", &url(password));
        let run = refuses(&project, &["deploy"], 3, &["shop-dev", "password"]);
        assert!(!run.all().contains(hidden), "{run}");
    }
    // With the right one: a role that may not create the ledger.
    let mut project = project("env:SHOP_URL");
    project.set("SHOP_URL", &url(&format!(":{PASSWORD}")));
    let run = project.sluice(&["deploy"]).exits(4).says("permission denied");
    assert!(run.all().contains("help:") && !run.all().contains(PASSWORD), "{run}");
    server.psql("grant create on database postgres to app; grant create on schema public to app");
    for verbose in [vec!["deploy", "-vv"], vec!["status"], vec!["history"], vec!["plan", "--format", "json"]]
    {
        project.sluice(&verbose).exits(0).keeps_quiet_about(PASSWORD);
    }
    for file in ["state.db", "state.db-wal"] {
        let state = std::fs::read(project.path(&format!(".sluice/{file}"))).unwrap();
        assert!(
            !state.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()),
            "{file} holds the password"
        );
    }
}

#[test]
fn wrong_passwords_on_mariadb_are_said_and_never_shown() {
    let server = Arc::new(private_mariadb(&[]));
    let database = server.database();
    server.sql(&format!(
        "create user app identified by '{PASSWORD}'; grant select on {0}.* to app; grant create on other.* to app",
        database.name()
    ));
    let mut project = project("env:SHOP_URL");
    project.set("SHOP_URL", &server.url_as("app:wrong-pa55word", database.name()));
    let run = refuses(&project, &["deploy"], 3, &["shop-dev", "app"]);
    assert!(!run.all().contains("wrong-pa55word"), "{run}");
    project.set("SHOP_URL", &server.url_as(&format!("app:{PASSWORD}"), database.name()));
    let run = project.sluice(&["deploy"]).exits(4).says("denied").keeps_quiet_about(PASSWORD);
    assert!(run.all().contains("help:"), "{run}");
    server.sql(&format!("grant all on {}.* to app", database.name()));
    project.sluice(&["deploy", "-vv"]).exits(0).keeps_quiet_about(PASSWORD);
}

#[test]
fn servers_that_take_no_writes() {
    let server = PostgresServer::private_with(16, &[("default_transaction_read_only", "on")]);
    let project = project(&server.url("postgres"));
    refuses(&project, &["deploy"], 3, &["shop-dev", "no writes", "primary"]);
    // Looking is allowed.
    project.sluice(&["status"]).exits(0).says("pending");
    project.sluice(&["plan"]).exits(0);

    let server = Arc::new(private_mariadb(&["--read-only=ON"]));
    let database = server.database();
    server.sql(&format!("create user app; grant all on {}.* to app", database.name()));
    let project = crate::servers::project(&server.url_as("app", database.name()));
    refuses(&project, &["deploy"], 3, &["shop-dev", "no writes", "primary"]);
    project.sluice(&["status"]).exits(0).says("pending");

    let project = crate::servers::project("sqlite:dev.db?mode=ro");
    project.create_sqlite("dev.db");
    refuses(&project, &["deploy"], 3, &["shop-dev", "no writes"]);
}

#[test]
fn one_database_of_many_that_does_not_answer_is_named_and_the_others_are_shown() {
    let project = project("sqlite:dev.db");
    project.create_sqlite("dev.db");
    let text = project.read("sluice.toml");
    let port = free_port();
    project.write(
        "sluice.toml",
        &format!("{text}\n[[database]]\nname = \"gone\"\nenvironment = \"dev\"\nurl = \"postgres://app@127.0.0.1:{port}/x\"\n"),
    );
    let run = project.sluice(&["status"]).exits(3);
    assert!(
        run.stdout.contains("shop-dev") && run.stdout.contains("pending") && run.stdout.contains("gone"),
        "{run}"
    );
    project.sluice(&["plan"]).exits(3).says("gone").says("0001");
    let run = project.sluice(&["deploy"]).exits(3).says("gone");
    // It came to the other one before, or not at all; never half.
    let found = project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master WHERE name = 'a'");
    assert!(["0", "1"].contains(&found.as_str()), "{run}");
    project.sluice(&["deploy", "--database", "shop-dev"]).exits(0);
}
