use crate::adopting::Adoptee;
use crate::past::{self, Past};
use crate::server::Engine::{self, Mariadb, Postgres, Sqlite};

/// What was made of the history before it is adopted, and what adopting it says.
struct Refusal {
    past: Past,
    engine: Engine,
    spoil: &'static str,
    says: &'static str,
}

/// Nothing must be written.
pub fn assert_no_ledger(adoptee: &Adoptee, engine: Engine) {
    let sql = match engine {
        Postgres => "select count(*) from information_schema.tables where table_schema = 'sluice'",
        Mariadb => {
            "select count(*) from information_schema.tables \
             where table_schema = database() and table_name like 'sluice%'"
        }
        Sqlite => "select count(*) from sqlite_master where name like 'sluice%'",
    };
    assert_eq!(adoptee.sql(sql), "0");
}

#[test]
fn a_history_that_is_not_in_order_is_refused_as_a_whole() {
    for Refusal { past, engine, spoil, says } in [
        Refusal {
            past: past::flyway(),
            engine: Mariadb,
            spoil: "INSERT INTO flyway_schema_history VALUES \
                    (3, '3', 'index', 'SQL', 'V3__index.sql', 1, 'app', now(), 4, false)",
            says: "Flyway recorded that V3__index.sql failed: repair it with Flyway first",
        },
        Refusal {
            past: past::golang_migrate(),
            engine: Postgres,
            spoil: "UPDATE schema_migrations SET version = 3, dirty = true",
            says: "golang-migrate left version 3 dirty",
        },
        Refusal {
            past: past::golang_migrate(),
            engine: Sqlite,
            spoil: "UPDATE schema_migrations SET version = 3, dirty = true",
            says: "golang-migrate left version 3 dirty",
        },
        Refusal {
            past: past::atlas(),
            engine: Mariadb,
            spoil: "UPDATE atlas_schema_revisions SET total = 3, error = 'it failed' WHERE version = '20240102120000'",
            says: "Atlas applied 1 of 3 statements of 20240102120000: finish it with Atlas first",
        },
        Refusal {
            past: past::prisma(),
            engine: Postgres,
            spoil: "UPDATE _prisma_migrations SET rolled_back_at = NULL WHERE id = '9b20'",
            says: "Prisma did not finish 20240102120000_add_email",
        },
        Refusal {
            past: past::sqlx(),
            engine: Mariadb,
            spoil: "UPDATE _sqlx_migrations SET success = false WHERE version = 20240102120000",
            says: "sqlx did not finish version 20240102120000",
        },
    ] {
        let adoptee = Adoptee::new(&past, engine);
        adoptee.sql(spoil);
        adoptee.sluice(&["baseline", "--adopt"]).exits(1).says(says).says(adoptee.table).says("help: bring");
        assert_no_ledger(&adoptee, engine);
    }
}

#[test]
fn rows_without_a_file_are_refused_or_said() {
    for (past, spoil, unknown) in [
        (
            past::goose(),
            "INSERT INTO goose_db_version (version_id, is_applied) VALUES (20, true), (21, true), (21, false)",
            "20",
        ),
        (past::golang_migrate(), "UPDATE schema_migrations SET version = 20", "20"),
        (
            past::prisma(),
            "INSERT INTO _prisma_migrations VALUES ('b', 'c', now(), '2024_gone', NULL, NULL, now(), 1)",
            "2024_gone",
        ),
        (
            past::drizzle(),
            "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('abcd', 5)",
            "abcd",
        ),
    ] {
        let adoptee = Adoptee::new(&past, Postgres);
        adoptee.sql(spoil);
        adoptee
            .sluice(&["baseline", "--adopt"])
            .exits(1)
            .says(&format!("{} has {unknown}, and the repository has no such change", adoptee.table))
            .says("or set `removed = \"warn\"` in [policy]");
        assert_no_ledger(&adoptee, Postgres);
        adoptee.configure("[policy]\nremoved = \"warn\"");
        let run = adoptee.sluice(&["baseline", "--adopt"]).exits(0);
        let run = run.says(&format!("warning: {} has {unknown}, and", adoptee.table));
        run.says(" changes adopted");
    }
}

#[test]
fn an_edited_file_is_adopted_with_a_warning_where_the_policy_says_so() {
    let past = past::sqlx();
    let adoptee = Adoptee::new(&past, Postgres);
    let (path, content) = &past.changes[0];
    adoptee.project.write(path, &format!("-- a comment\n{content}"));
    adoptee.configure("[policy]\nedited = \"warn\"");
    adoptee
        .sluice(&["baseline", "--adopt"])
        .exits(0)
        .says(&format!("warning: {path} was edited after sqlx applied it"))
        .says("2 changes adopted");
    // The file as it is now is what counts from here on.
    adoptee.sluice(&["plan"]).exits(0).keeps_quiet_about("edited");
}

#[test]
fn a_repeatable_change_that_differs_from_its_last_run_runs_again() {
    let past = past::flyway();
    let adoptee = Adoptee::new(&past, Postgres);
    let view = "CREATE OR REPLACE VIEW user_names AS SELECT name FROM users;\n";
    adoptee.sql(view);
    adoptee.project.write("db/migration/R__user_names.sql", view);
    adoptee.sql(
        "INSERT INTO flyway_schema_history VALUES \
         (3, NULL, 'user names', 'SQL', 'R__user_names.sql', -1, 'app', now(), 4, true), \
         (4, NULL, 'user names', 'SQL', 'R__user_names.sql', -152910129, 'app', now(), 4, true)",
    );
    let changed = view.replace("SELECT name", "SELECT name, email");
    adoptee.project.write("db/migration/R__user_names.sql", &changed);
    adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("3 changes adopted");
    let (pending, _) = adoptee.plan();
    assert_eq!(pending, ["3", "R__user_names"]);
    adoptee.sluice(&["deploy"]).exits(0);
    assert_eq!(
        adoptee.sql("select count(*) from information_schema.columns where table_name = 'user_names'"),
        "2"
    );
}

#[test]
fn what_flyway_baselined_undid_and_deleted_is_understood() {
    let past = past::flyway();
    let adoptee = Adoptee::new(&past, Postgres);
    adoptee.sql(
        "DELETE FROM flyway_schema_history; INSERT INTO flyway_schema_history VALUES \
         (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '\"public\"', NULL, 'app', now(), 0, true), \
         (1, '1.5', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'app', now(), 0, true), \
         (2, '2', 'add email', 'SQL', 'V2__add_email.sql', 928138173, 'app', now(), 4, true), \
         (3, '3', 'index', 'SQL', 'V3__index.sql', 5, 'app', now(), 4, true), \
         (4, '3', 'index', 'UNDO_SQL', 'U3__index.sql', 6, 'app', now(), 4, true), \
         (5, '9', 'gone', 'SQL', 'V9__gone.sql', 7, 'app', now(), 4, true), \
         (6, '9', 'gone', 'DELETE', 'V9__gone.sql', 7, 'app', now(), 0, true)",
    );
    adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("2 changes adopted");
    assert_eq!(adoptee.plan().0, ["3"]);
    adoptee.sluice(&["deploy"]).exits(0);
}

#[test]
fn a_database_without_a_history_is_told_from_one_that_may_not_be_read() {
    let past = past::prisma();
    let adoptee = Adoptee::new(&past, Postgres);
    let role = format!("reader_{}", std::process::id());
    adoptee.sql(&format!(
        "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; \
         GRANT CREATE ON DATABASE {} TO {role}",
        adoptee.sql("select current_database()")
    ));
    let url = adoptee.database.url(&adoptee.project).replace("postgres@", &format!("{role}@"));
    let mut project = adoptee.project.clone_elsewhere();
    project.set("PROJECT_DEV_URL", &url);
    let run = project.sluice(&["baseline", "--adopt", "--env", "dev"]);
    assert_no_ledger(&adoptee, Postgres);
    adoptee.sql(&format!("GRANT SELECT ON _prisma_migrations TO {role}"));
    let again = project.sluice(&["baseline", "--adopt", "--env", "dev"]);
    adoptee.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    run.exits(4).says("permission denied for table _prisma_migrations").says("help: grant");
    again.exits(0).says("2 changes adopted");

    let empty = Adoptee::new(&past, Sqlite);
    empty.sql("DROP TABLE _prisma_migrations");
    empty
        .sluice(&["baseline", "--adopt"])
        .exits(2)
        .says("the database has no history of a tool that sluice knows")
        .says("`sluice baseline --to VERSION`");
}

#[test]
fn sqitch_on_sqlite_without_its_registry_has_no_history() {
    let adoptee = Adoptee::new(&past::sqitch(), Sqlite);
    std::fs::remove_file(adoptee.project.path("sqitch.db")).unwrap();
    adoptee.sluice(&["baseline", "--adopt"]).exits(2).says("no history");
    assert!(!adoptee.project.path("sqitch.db").exists());
}
