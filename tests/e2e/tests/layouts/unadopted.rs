//! Databases that another tool has worked on, and whose history nobody has taken over.

use crate::adopting::Adoptee;
use crate::past;
use crate::refusing::assert_no_ledger;
use crate::server::Engine::{self, Mariadb, Postgres, Sqlite};

const EVERYWHERE: [Engine; 3] = [Postgres, Mariadb, Sqlite];

/// As if the tool's changes had never run: everything can run from the start.
fn undo(adoptee: &Adoptee) {
    adoptee.sql("DROP TABLE users");
}

#[test]
fn it_is_a_problem_in_every_view_of_the_database() {
    for engine in EVERYWHERE {
        let adoptee = Adoptee::new(&past::flyway(), engine);
        let status = adoptee.sluice(&["status", "--format", "json"]).exits(1).json();
        assert_eq!(status["targets"][0]["state"], "refused", "{engine:?}");
        let problem = &status["targets"][0]["problems"][0];
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains("history of flyway (table flyway_schema_history)"), "{message}");
        assert!(problem["help"].as_str().unwrap().contains("--adopt --database project-dev"), "{problem}");

        let command = "sluice baseline --adopt --database project-dev";
        let repair = adoptee.sluice(&["repair", "--format", "json"]).exits(1).json();
        let problem = &repair["targets"][0]["problems"][0];
        assert_eq!((&problem["kind"], &problem["command"]), (&"unadopted".into(), &command.into()));
        assert_no_ledger(&adoptee, engine);
    }
}

#[test]
fn a_history_in_a_schema_of_its_own_is_found_and_adopted() {
    for (past, table) in [(past::flyway(), "flyway_schema_history"), (past::prisma(), "_prisma_migrations")] {
        let adoptee = Adoptee::new(&past, Postgres);
        adoptee.sql(&format!("CREATE SCHEMA \"the app's\"; ALTER TABLE {table} SET SCHEMA \"the app's\""));
        for command in ["plan", "deploy"] {
            adoptee.sluice(&[command]).exits(1).says(&format!("table the app's.{table}"));
        }
        adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("2 changes adopted");
        adoptee.sluice(&["deploy"]).exits(0).says("1 change applied");
    }
}

#[test]
fn a_history_of_another_application_in_its_own_schema_is_none_of_ours() {
    let adoptee = Adoptee::new(&past::dbmate(), Postgres);
    undo(&adoptee);
    adoptee.sql(
        "DROP TABLE schema_migrations; CREATE SCHEMA other; \
         CREATE TABLE other.flyway_schema_history (installed_rank int, version text, description text, type text, \
         script text, checksum int, installed_by text, installed_on timestamp, execution_time int, success boolean); \
         INSERT INTO other.flyway_schema_history VALUES (1, '1', 'x', 'SQL', 'V1__x.sql', 1, 'app', now(), 4, true)",
    );
    adoptee.sluice(&["deploy"]).exits(0).says("3 changes applied");
}

#[test]
fn the_policy_can_warn_or_allow_instead() {
    for engine in EVERYWHERE {
        for policy in ["warn", "allow"] {
            let adoptee = Adoptee::new(&past::dbmate(), engine);
            undo(&adoptee);
            adoptee.configure(&format!("[policy]\nunadopted = \"{policy}\""));
            for command in ["plan", "deploy"] {
                let run = adoptee.sluice(&[command]).exits(0);
                if policy == "warn" {
                    run.says("warning: ").says("history of dbmate or rails (table schema_migrations)");
                } else {
                    run.keeps_quiet_about("schema_migrations");
                }
            }
            assert_eq!(adoptee.sql("SELECT count(*) FROM users"), "0", "{engine:?}: it ran from the start");
            adoptee.sluice(&["deploy"]).exits(0).keeps_quiet_about("schema_migrations");
        }
    }
}

#[test]
fn a_history_that_says_that_nothing_is_applied_is_no_reason_to_refuse() {
    for (past, empty) in [
        (past::flyway(), "DELETE FROM flyway_schema_history"),
        (past::rails(), "DELETE FROM schema_migrations"),
        (past::golang_migrate(), "DELETE FROM schema_migrations"),
        (past::goose(), "DELETE FROM goose_db_version WHERE version_id > 0"),
    ] {
        for engine in EVERYWHERE {
            let adoptee = Adoptee::new(&past, engine);
            undo(&adoptee);
            adoptee.sql(empty);
            adoptee.sluice(&["plan"]).exits(0).keeps_quiet_about(adoptee.table);
            adoptee.sluice(&["deploy"]).exits(0).says("3 changes applied");
        }
    }
}

#[test]
fn a_history_in_which_everything_is_undone_can_be_adopted_and_the_deployment_goes_on() {
    let adoptee = Adoptee::new(&past::flyway(), Postgres);
    undo(&adoptee);
    adoptee.sql(
        "DELETE FROM flyway_schema_history; INSERT INTO flyway_schema_history VALUES \
         (1, '1', 'create users', 'SQL', 'V1__create_users.sql', 1, 'app', now(), 4, true), \
         (2, '1', 'create users', 'UNDO_SQL', 'U1__create_users.sql', 2, 'app', now(), 4, true)",
    );
    adoptee.sluice(&["deploy"]).exits(1).says("history of flyway");
    adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("0 changes adopted");
    adoptee.sluice(&["deploy"]).exits(0).says("3 changes applied");
}

#[test]
fn a_history_of_a_tool_that_the_files_are_not_of_is_refused_with_both_names() {
    for engine in EVERYWHERE {
        let adoptee = Adoptee::new(&past::sqlx(), engine);
        adoptee.sql("DROP TABLE _sqlx_migrations");
        adoptee.sql(
            "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); \
             INSERT INTO schema_migrations VALUES (7, false)",
        );
        for command in ["plan", "deploy"] {
            adoptee
                .sluice(&[command])
                .exits(1)
                .says("history of golang-migrate (table schema_migrations)")
                .says("the layout of the files here is sqlx");
        }
        // None of its changes is here: a ledger without them would let everything run.
        adoptee.configure("[policy]\nremoved = \"warn\"");
        adoptee
            .sluice(&["baseline", "--adopt"])
            .exits(1)
            .says("schema_migrations has none of the repository's changes")
            .says("`sluice baseline --to VERSION`");
        assert_no_ledger(&adoptee, engine);
        adoptee.sluice(&["baseline", "--to", "20240102120000"]).exits(0);
        adoptee.sluice(&["deploy"]).exits(0).says("1 change applied");
    }
}

#[test]
fn an_empty_history_does_not_hide_another_one() {
    let adoptee = Adoptee::new(&past::sqlx(), Sqlite);
    adoptee.sql(
        "DELETE FROM _sqlx_migrations; CREATE TABLE schema_migrations (version text PRIMARY KEY); \
         INSERT INTO schema_migrations VALUES ('20240101120000'), ('20240102120000')",
    );
    adoptee
        .sluice(&["deploy"])
        .exits(1)
        .says("table schema_migrations")
        .keeps_quiet_about("_sqlx_migrations");
    adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("2 changes adopted from schema_migrations");
    adoptee.sluice(&["deploy"]).exits(0).says("1 change applied");
}

#[test]
fn a_history_that_may_not_be_read_counts() {
    let adoptee = Adoptee::new(&past::diesel(), Postgres);
    let role = format!("stranger_{}", std::process::id());
    adoptee.sql(&format!(
        "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {} TO {role}",
        adoptee.sql("select current_database()")
    ));
    let url = adoptee.database.url(&adoptee.project).replace("postgres@", &format!("{role}@"));
    let mut project = adoptee.project.clone_elsewhere();
    project.set("PROJECT_DEV_URL", &url);
    let run = project.sluice(&["deploy", "--env", "dev"]);
    adoptee.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    run.exits(1).says("history of diesel (table __diesel_schema_migrations)");
    assert_no_ledger(&adoptee, Postgres);
}

#[test]
fn a_registry_of_the_whole_server_counts_for_its_own_projects_alone() {
    let sqitch = Adoptee::new(&past::sqitch(), Mariadb);
    sqitch.sluice(&["plan"]).exits(1).says("history of sqitch (table sqitch.changes)");
    let dbmate = past::dbmate();
    dbmate.write(&sqitch.project, Engine::Sqlite);
    sqitch.project.write(
        "sluice.toml",
        "[project]\nname = \"other\"\nmigrations = \"db/migrations\"\n\n[[environment]]\nname = \"dev\"\n\n\
         [[database]]\nname = \"other\"\nenvironment = \"dev\"\nurl = \"env:PROJECT_DEV_URL\"\n",
    );
    undo(&sqitch);
    sqitch.sluice(&["deploy"]).exits(0).says("3 changes applied");
}
