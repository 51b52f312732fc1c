//! Projects as their tools' documentation and generators write them, deployed as they are; the schema is compared with what the
//! database's own client makes of the same SQL.

use std::process::Command;

use sluice_e2e::Project;
use sluice_testkit::postgres;

use crate::server::{Database, Engine};

/// A project, and what is to come of it.
struct Story<'a> {
    layout: &'a str,
    engine: Engine,
    files: &'a [(&'a str, &'a str)],
    /// What the client runs.
    sql: &'a str,
    /// Queries with their answers, on both databases.
    asks: &'a [(&'a str, &'a str)],
    /// Appended to `sluice.toml`.
    configuration: &'a str,
    /// What the plan says.
    says: &'a [&'a str],
}

const NOTHING: Story<'_> = Story {
    layout: "",
    engine: Engine::Sqlite,
    files: &[],
    sql: "",
    asks: &[],
    configuration: "",
    says: &[],
};

fn database(engine: Engine, project: &Project) -> Database {
    match engine {
        // The newest that Debian's pg_dump reads.
        Engine::Postgres => Database::Postgres(postgres(15).database()),
        Engine::Mariadb | Engine::Sqlite => Database::new(engine, project),
    }
}

/// The schema without the ledger, as somebody else sees it.
fn schema(database: &Database, project: &Project) -> String {
    match database {
        Database::Postgres(postgres) => {
            let output = Command::new("pg_dump")
                .args(["-s", "-N", "sluice", "-d", postgres.url()])
                .output()
                .expect("pg_dump is installed (tests/setup.sh programs)");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
        }
        Database::Mariadb(mariadb) => mariadb.sql(
            "select table_name, ordinal_position, column_name, column_type, is_nullable, column_default, extra \
             from information_schema.columns where table_schema = database() and table_name not like 'sluice\\_%' \
             order by 1, 2; \
             select table_name, index_name, non_unique, seq_in_index, column_name from information_schema.statistics \
             where table_schema = database() and table_name not like 'sluice\\_%' order by 1, 2, 4; \
             select table_name, replace(view_definition, database(), 'db') from information_schema.views \
             where table_schema = database() order by 1; \
             select routine_name, routine_type, routine_definition from information_schema.routines \
             where routine_schema = database() order by 1; \
             select trigger_name, event_manipulation, event_object_table, action_statement \
             from information_schema.triggers where trigger_schema = database() order by 1; \
             select constraint_name, table_name, referenced_table_name, delete_rule \
             from information_schema.referential_constraints where constraint_schema = database() order by 1",
        ),
        Database::Sqlite => project.sqlite(
            "app.db",
            "select type, name, tbl_name, sql from sqlite_master where name not like 'sluice\\_%' escape '\\' \
             and tbl_name not like 'sluice\\_%' escape '\\' and name not like 'sqlite\\_%' escape '\\' order by 1, 2",
        ),
    }
}

#[track_caller]
fn tell(story: &Story<'_>) {
    let mut project = Project::git();
    for (path, content) in story.files {
        project.write(path, content);
    }
    let ours = database(story.engine, &project);
    project.set("PROJECT_DEV_URL", &ours.url(&project));
    project.sluice(&["init"]).exits(0).says(&format!("found {} migrations in ", story.layout));
    let configuration = project.read("sluice.toml");
    project.write("sluice.toml", &format!("{configuration}\n{}\n", story.configuration));
    let plan = project.sluice(&["plan", "--env", "dev"]).exits(0);
    story.says.iter().fold(plan, |plan, text| plan.says(text));
    project.sluice(&["deploy", "--env", "dev"]).exits(0);
    project.sluice(&["deploy", "--env", "dev"]).exits(0).keeps_quiet_about("applied (");
    project.sluice(&["plan", "--env", "dev"]).exits(0).says("nothing to do");

    let by_hand = Project::new();
    let theirs = database(story.engine, &by_hand);
    theirs.sql(&by_hand, story.sql);
    similar_asserts(&schema(&ours, &project), &schema(&theirs, &by_hand));
    for (sql, expected) in story.asks {
        assert_eq!(ours.sql(&project, sql), *expected, "{sql}");
        assert_eq!(theirs.sql(&by_hand, sql), *expected, "by the client: {sql}");
    }
}

#[track_caller]
fn similar_asserts(ours: &str, theirs: &str) {
    assert!(!theirs.trim().is_empty());
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.lines().count(), theirs.lines().count(), "{ours}\n---\n{theirs}");
}

#[test]
fn prisma_redefines_tables_on_sqlite() {
    let init = "-- CreateTable\nCREATE TABLE \"User\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \
                \"email\" TEXT NOT NULL\n);\n\n-- CreateTable\nCREATE TABLE \"Post\" (\n    \
                \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"authorId\" INTEGER NOT NULL,\n    \
                CONSTRAINT \"Post_authorId_fkey\" FOREIGN KEY (\"authorId\") REFERENCES \"User\" (\"id\") \
                ON DELETE CASCADE ON UPDATE CASCADE\n);\n\n-- CreateIndex\n\
                CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
                INSERT INTO \"User\" (\"email\") VALUES ('a@example.com');\n\
                INSERT INTO \"Post\" (\"authorId\") VALUES (1);\n";
    let redefine = "/*\n  Warnings:\n\n  - Added the required column `name` to the `User` table.\n\n*/\n\
                    -- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\n\
                    CREATE TABLE \"new_User\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \
                    \"email\" TEXT NOT NULL,\n    \"name\" TEXT NOT NULL DEFAULT ''\n);\n\
                    INSERT INTO \"new_User\" (\"email\", \"id\") SELECT \"email\", \"id\" FROM \"User\";\n\
                    DROP TABLE \"User\";\nALTER TABLE \"new_User\" RENAME TO \"User\";\n\
                    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
                    PRAGMA foreign_key_check(\"User\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n";
    tell(&Story {
        layout: "prisma",
        files: &[
            ("prisma/schema.prisma", "datasource db { provider = \"sqlite\" }\n"),
            ("prisma/migrations/migration_lock.toml", "provider = \"sqlite\"\n"),
            (
                "prisma/migrations/20240101120000_init/migration.sql",
                &format!("PRAGMA foreign_keys=ON;\n{init}"),
            ),
            ("prisma/migrations/20240102120000_name/migration.sql", redefine),
        ],
        sql: &format!("{init}{redefine}"),
        asks: &[
            ("select count(*) from \"Post\"", "1"),
            ("select id, email, name from \"User\"", "1|a@example.com|"),
        ],
        ..NOTHING
    });
}

#[test]
fn prisma_replaces_enums_on_postgresql() {
    let init = "-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS \"public\";\n\n-- CreateEnum\n\
                CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN', 'NONE');\n\n-- CreateTable\n\
                CREATE TABLE \"User\" (\n    \"id\" SERIAL NOT NULL,\n    \"role\" \"Role\" NOT NULL DEFAULT 'USER',\n    \
                CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\")\n);\n";
    let replace = "/*\n  Warnings:\n\n  - The values [NONE] on the enum `Role` will be removed; this will fail.\n*/\n\
                   -- AlterEnum\nBEGIN;\nCREATE TYPE \"Role_new\" AS ENUM ('USER', 'ADMIN');\n\
                   ALTER TABLE \"User\" ALTER COLUMN \"role\" DROP DEFAULT;\n\
                   ALTER TABLE \"User\" ALTER COLUMN \"role\" TYPE \"Role_new\" USING (\"role\"::text::\"Role_new\");\n\
                   ALTER TYPE \"Role\" RENAME TO \"Role_old\";\nALTER TYPE \"Role_new\" RENAME TO \"Role\";\n\
                   DROP TYPE \"Role_old\";\nALTER TABLE \"User\" ALTER COLUMN \"role\" SET DEFAULT 'USER';\nCOMMIT;\n";
    let add = "-- AlterEnum\nALTER TYPE \"Role\" ADD VALUE 'OWNER';\n\n-- AlterTable\n\
               ALTER TABLE \"User\" ADD COLUMN \"tags\" TEXT[] DEFAULT ARRAY[]::TEXT[];\n";
    tell(&Story {
        layout: "prisma",
        engine: Engine::Postgres,
        files: &[
            ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n"),
            ("prisma/migrations/20240101120000_init/migration.sql", init),
            ("prisma/migrations/20240102120000_roles/migration.sql", replace),
            ("prisma/migrations/20240103120000_owner/migration.sql", add),
        ],
        sql: &format!("{init}{replace}{add}"),
        ..NOTHING
    });
}

#[test]
fn drizzle_breakpoints_part_statements() {
    let journal = |tags: [&str; 2]| {
        format!(
            "{{\"version\": \"7\", \"dialect\": \"postgresql\", \"entries\": [\
             {{\"idx\": 0, \"version\": \"7\", \"when\": 1, \"tag\": \"{}\", \"breakpoints\": true}},\
             {{\"idx\": 1, \"version\": \"7\", \"when\": 2, \"tag\": \"{}\", \"breakpoints\": true}}]}}",
            tags[0], tags[1]
        )
    };
    let first = "DO $$ BEGIN\n CREATE TYPE \"public\".\"mood\" AS ENUM('sad', 'ok');\nEXCEPTION\n \
                 WHEN duplicate_object THEN null;\nEND $$;\n--> statement-breakpoint\n\
                 CREATE TABLE IF NOT EXISTS \"users\" (\n\t\"id\" serial PRIMARY KEY NOT NULL,\n\t\"mood\" \"mood\"\n);\n";
    let second = "ALTER TABLE \"users\" ADD COLUMN \"email\" text;--> statement-breakpoint\n\
                  CREATE UNIQUE INDEX \"users_email\" ON \"users\" USING btree (\"email\");";
    tell(&Story {
        layout: "drizzle",
        engine: Engine::Postgres,
        files: &[
            ("drizzle/meta/_journal.json", &journal(["0000_wet_wasp", "0001_dry_duck"])),
            ("drizzle/0000_wet_wasp.sql", first),
            ("drizzle/0001_dry_duck.sql", second),
        ],
        sql: &format!("{first}{second}"),
        ..NOTHING
    });
    let first = "CREATE TABLE `users` (\n\t`id` integer PRIMARY KEY NOT NULL\n);\n--> statement-breakpoint\n\
                 CREATE TRIGGER `t` AFTER INSERT ON `users` BEGIN DELETE FROM `users` WHERE id < 0; SELECT 1; END;";
    let second = "PRAGMA foreign_keys=OFF;--> statement-breakpoint\n\
                  CREATE TABLE `__new_users` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`name` text\n);\n\
                  --> statement-breakpoint\nINSERT INTO `__new_users`(\"id\") SELECT \"id\" FROM `users`;\
                  --> statement-breakpoint\nDROP TABLE `users`;--> statement-breakpoint\n\
                  ALTER TABLE `__new_users` RENAME TO `users`;--> statement-breakpoint\nPRAGMA foreign_keys=ON;";
    tell(&Story {
        layout: "drizzle",
        files: &[
            (
                "drizzle/meta/_journal.json",
                &journal(["0000_wet_wasp", "0001_dry_duck"]).replace("postgresql", "sqlite"),
            ),
            ("drizzle/0000_wet_wasp.sql", first),
            ("drizzle/0001_dry_duck.sql", second),
        ],
        sql: &format!("{first}\n{second}"),
        ..NOTHING
    });
}

#[test]
fn diesel_changes_without_transaction_run_outside_of_one() {
    let table = "CREATE TABLE crates (id serial PRIMARY KEY, name text NOT NULL);\n";
    let index = "CREATE INDEX CONCURRENTLY crates_name ON crates (name);\nVACUUM crates;\n";
    tell(&Story {
        layout: "diesel",
        engine: Engine::Postgres,
        files: &[
            ("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n"),
            ("migrations/.keep", ""),
            ("migrations/00000000000000_diesel_initial_setup/up.sql", "-- helpers\nSELECT 1;\n"),
            ("migrations/00000000000000_diesel_initial_setup/down.sql", "SELECT 1;\n"),
            ("migrations/2024-01-01-120000_create_crates/up.sql", table),
            ("migrations/2024-01-01-120000_create_crates/down.sql", "DROP TABLE crates;\n"),
            ("migrations/2024-01-02-120000_index/up.sql", index),
            ("migrations/2024-01-02-120000_index/down.sql", "DROP INDEX CONCURRENTLY crates_name;\n"),
            ("migrations/2024-01-02-120000_index/metadata.toml", "run_in_transaction = false\n"),
        ],
        sql: &format!("{table}{index}"),
        says: &["20240102120000 index"],
        ..NOTHING
    });
}

#[test]
fn goose_statements_are_whole_between_their_marks() {
    let function = "CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $$\nBEGIN\n  NEW.at = now();\n  RETURN NEW;\n\
                    END;\n$$ LANGUAGE plpgsql;\nCOMMENT ON FUNCTION touch() IS 'two statements; in one mark';\n";
    let table = "CREATE TABLE posts (id int PRIMARY KEY, at timestamptz);\n";
    let index = "CREATE INDEX CONCURRENTLY posts_at ON posts (at);\n";
    tell(&Story {
        layout: "goose",
        engine: Engine::Postgres,
        files: &[
            (
                "sql/00001_posts.sql",
                &format!(
                    "-- +goose Up\n{table}\n-- +goose StatementBegin\n{function}-- +goose StatementEnd\n\n-- +goose Down\n-- +goose StatementBegin\nDROP FUNCTION touch();\n-- +goose StatementEnd\nDROP TABLE posts;\n"
                ),
            ),
            (
                "sql/00002_index.sql",
                &format!(
                    "-- +goose NO TRANSACTION\n-- +goose Up\n{index}\n-- +goose Down\nDROP INDEX posts_at;\n"
                ),
            ),
        ],
        sql: &format!("{table}{function}{index}"),
        ..NOTHING
    });
    let procedure = "CREATE PROCEDURE two()\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\n";
    let table = "CREATE TABLE posts (id int PRIMARY KEY, title varchar(20) DEFAULT 'a;b');\n";
    tell(&Story {
        layout: "goose",
        engine: Engine::Mariadb,
        files: &[(
            "sql/00001_posts.sql",
            &format!(
                "-- +goose Up\n{table}-- +goose StatementBegin\n{procedure}-- +goose StatementEnd\nINSERT INTO posts VALUES (1, 'x');\n-- +goose Down\nDROP TABLE posts;\n"
            ),
        )],
        sql: &format!(
            "{table}DELIMITER //\n{}//\nDELIMITER ;\nINSERT INTO posts VALUES (1, 'x');\n",
            procedure.replace("END;", "END")
        ),
        asks: &[("select count(*) from posts", "1")],
        ..NOTHING
    });
}

#[test]
fn dbmate_blocks_without_transaction_run_outside_of_one() {
    let table = "CREATE TABLE posts (id int PRIMARY KEY, title text);\n";
    let index = "CREATE INDEX CONCURRENTLY posts_title ON posts (title);\nVACUUM posts;\n";
    tell(&Story {
        layout: "dbmate",
        engine: Engine::Postgres,
        files: &[
            ("db/schema.sql", "-- dumped\nCREATE TABLE posts (id int);\n"),
            (
                "db/migrations/20240101120000_posts.sql",
                &format!("-- migrate:up\n{table}\n-- migrate:down\nDROP TABLE posts;\n"),
            ),
            (
                "db/migrations/20240102120000_index.sql",
                &format!(
                    "-- migrate:up transaction:false\n{index}\n-- migrate:down transaction:false\nDROP INDEX posts_title;\n"
                ),
            ),
        ],
        sql: &format!("{table}{index}"),
        ..NOTHING
    });
}

#[test]
fn flyway_scripts_of_every_kind_run_with_their_configuration() {
    let first = "CREATE TABLE ${table} (id int PRIMARY KEY, name text);\nINSERT INTO ${table} VALUES (1, '$' || '{kept}');\n";
    let literal = "INSERT INTO users VALUES (2, '${table}');\n";
    let index = "CREATE INDEX CONCURRENTLY users_name ON users (name);\n";
    let view = "CREATE OR REPLACE VIEW names AS SELECT name FROM users;\n";
    let first_by_hand = first.replace("${table}", "users");
    tell(&Story {
        layout: "flyway",
        engine: Engine::Postgres,
        files: &[
            ("src/main/resources/db/migration/V1__users.sql", first),
            ("src/main/resources/db/migration/V1_1__literal.sql", literal),
            ("src/main/resources/db/migration/V1_1__literal.sql.conf", "placeholderReplacement=false\n"),
            ("src/main/resources/db/migration/V1.10__index.sql", index),
            ("src/main/resources/db/migration/V1.10__index.sql.conf", "executeInTransaction=false\n"),
            ("src/main/resources/db/migration/U1.10__index.sql", "DROP INDEX users_name;\n"),
            ("src/main/resources/db/migration/views/R__names.sql", view),
        ],
        sql: &format!("{first_by_hand}{literal}{index}{view}"),
        asks: &[("select name from users order by id", "${kept}\n${table}")],
        configuration: "[placeholders]\nenabled = true\nvalues = { table = \"users\" }",
        says: &["1.10 index", "R__names names"],
    });
    let before = "CREATE TABLE old (id int);\n";
    let base = "CREATE TABLE users (id int PRIMARY KEY, name varchar(10));\n";
    let procedure = "DELIMITER $$\nCREATE PROCEDURE p()\nBEGIN\n  SELECT ';';\nEND$$\nDELIMITER ;\n";
    tell(&Story {
        layout: "flyway",
        engine: Engine::Mariadb,
        files: &[
            ("sql/V1__old.sql", before),
            ("sql/V2__drop.sql", "DROP TABLE old;\n"),
            ("sql/B2__base.sql", base),
            ("sql/V3__procedure.sql", procedure),
        ],
        sql: &format!("{base}{procedure}"),
        says: &["2 changes skipped"],
        ..NOTHING
    });
}

#[test]
fn liquibase_changesets_run_as_their_attributes_say() {
    let functions = "CREATE FUNCTION one() RETURNS integer AS $body$ BEGIN RETURN 1; END; $body$ LANGUAGE plpgsql;\n\
                     CREATE FUNCTION two() RETURNS integer AS $body$ BEGIN RETURN 2; END; $body$ LANGUAGE plpgsql;\n";
    let tables = [
        "CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20) DEFAULT 'a;b')",
        "CREATE TABLE parts (id integer PRIMARY KEY)",
    ];
    let index = "CREATE INDEX CONCURRENTLY orders_note ON orders (note);\n";
    tell(&Story {
        layout: "liquibase",
        engine: Engine::Postgres,
        files: &[
            (
                "db/changelog/db.changelog-master.xml",
                "<?xml version=\"1.0\"?>\n<databaseChangeLog xmlns=\"http://www.liquibase.org/xml/ns/dbchangelog\">\n  <include file=\"sql/1.sql\" relativeToChangelogFile=\"true\"/>\n</databaseChangeLog>\n",
            ),
            (
                "db/changelog/sql/1.sql",
                &format!(
                    "--liquibase formatted sql\n\n--changeset alice:1 splitStatements:false dbms:postgresql\n{functions}\
                     --rollback DROP FUNCTION two(); DROP FUNCTION one();\n\n\
                     --changeset alice:2 endDelimiter:@@\n--preconditions onFail:HALT onError:HALT\n\
                     --precondition-sql-check expectedResult:2 SELECT count(*) FROM pg_proc WHERE proname IN ('one', 'two')\n\
                     {}\n@@\n{}\n@@\n--rollback DROP TABLE parts;\n--rollback DROP TABLE orders;\n\n\
                     --changeset alice:3 runInTransaction:false\n{index}--rollback DROP INDEX orders_note;\n\n\
                     --changeset alice:4 dbms:mysql\nCREATE TABLE `elsewhere` (`id` int);\n",
                    tables[0], tables[1]
                ),
            ),
        ],
        sql: &format!("{functions}{};{};{index}", tables[0], tables[1]),
        says: &["1 change skipped: not for this target"],
        ..NOTHING
    });
}

#[test]
fn atlas_directives_delimiters_and_checkpoints_are_kept() {
    let table = "CREATE TABLE users (id int PRIMARY KEY, name text);\n";
    let index = "CREATE INDEX CONCURRENTLY users_name ON users (name);\n";
    tell(&Story {
        layout: "atlas",
        engine: Engine::Postgres,
        files: &[
            ("migrations/20240101120000_old.sql", "CREATE TABLE old (id int);\n"),
            ("migrations/20240102120000_checkpoint.sql", &format!("-- atlas:checkpoint\n\n{table}")),
            ("migrations/20240103120000_index.sql", &format!("-- atlas:txmode none\n\n{index}")),
        ],
        sql: &format!("{table}{index}"),
        says: &["1 change skipped"],
        ..NOTHING
    });
    let function = "CREATE PROCEDURE two()\nBEGIN\n  SELECT 1;\n\n  SELECT 2;\nEND";
    let table = "CREATE TABLE users (id int PRIMARY KEY)";
    tell(&Story {
        layout: "atlas",
        engine: Engine::Mariadb,
        files: &[(
            "migrations/20240101120000_two.sql",
            &format!(
                "-- atlas:delimiter \\n\\n\\n\n\n{table}\n\n\n{function}\n\n\nINSERT INTO users VALUES (1)\n"
            ),
        )],
        sql: &format!("{table};\nDELIMITER //\n{function}//\nDELIMITER ;\nINSERT INTO users VALUES (1);\n"),
        asks: &[("select count(*) from users", "1")],
        ..NOTHING
    });
}

#[test]
fn what_a_tool_would_pass_over_is_said() {
    let project = Project::git();
    project.write("db/migration/V1__a.sql", "CREATE TABLE a (id int);\n");
    project.write("db/migration/afterMigrate.sql", "SELECT 1;\n");
    project.create_sqlite("app.db");
    project.sluice(&["init"]).exits(0);
    let configuration = project.read("sluice.toml");
    project.write("sluice.toml", &configuration.replace("env:PROJECT_DEV_URL", "sqlite:app.db"));
    let warning = "warning: Flyway callbacks are not run\n  --> db/migration/afterMigrate.sql\n";
    project.sluice(&["plan", "--env", "dev"]).exits(0).says(warning);
    project.sluice(&["deploy", "--env", "dev"]).exits(0).says(warning);
    project.sluice(&["plan", "--env", "dev", "--quiet"]).exits(0).keeps_quiet_about("callbacks");
}

#[test]
fn bytebase_names_rails_and_golang_migrate_run_in_their_order() {
    let (first, second) = ("CREATE TABLE a (id int PRIMARY KEY);\n", "ALTER TABLE a ADD COLUMN b int;\n");
    let third =
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; SET NEW.b = NEW.b + 1; END;\n";
    let by_hand = format!("{first}{second}DELIMITER //\n{third}//\nDELIMITER ;\n");
    for (layout, paths) in [
        ("bytebase", ["bb/shop##9##ddl##a.sql", "bb/shop##10##ddl##b.sql", "bb/shop##11##migrate##t.sql"]),
        ("bytebase", ["bb/1.9_a_ddl.sql", "bb/1.10_b_ddl.sql", "bb/1.11_t_ddl.sql"]),
        ("rails", ["db/migrate/20240101_a.sql", "db/migrate/20240102_b.sql", "db/migrate/20240103_t.sql"]),
        ("golang-migrate", ["m/9_a.up.sql", "m/10_b.up.sql", "m/11_t.up.sql"]),
        ("native", ["m/9_a.sql", "m/10_b.sql", "m/11_t.sql"]),
    ] {
        tell(&Story {
            layout,
            engine: Engine::Mariadb,
            files: &[(paths[0], first), (paths[1], second), (paths[2], third)],
            sql: &by_hand,
            ..NOTHING
        });
    }
}

#[test]
fn sqitch_scripts_bring_their_own_transactions() {
    let (app, users) = ("CREATE SCHEMA app;\n", "CREATE TABLE app.users (id int PRIMARY KEY);\n");
    let (one, two) = (
        "CREATE OR REPLACE FUNCTION app.f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\n",
        "CREATE OR REPLACE FUNCTION app.f() RETURNS int LANGUAGE sql AS $$ SELECT 2; $$;\n",
    );
    let script = |sql: &str| {
        format!(
            "-- Deploy shop:x to pg\n-- requires: y\n\nBEGIN;\n\nSET client_min_messages = 'warning';\n{sql}\nCOMMIT;\n"
        )
    };
    let who = "2024-01-01T12:00:00Z Bob <bob@example.com>";
    tell(&Story {
        layout: "sqitch",
        engine: Engine::Postgres,
        files: &[
            ("sqitch.conf", "[core]\n\tengine = pg\n\ttop_dir = sql\n"),
            (
                "sql/sqitch.plan",
                &format!(
                    "%syntax-version=1.0.0\n%project=shop\n%uri=https://example.com/\n\napp {who} # schema\n\
                     f [app] {who} # \\# a function\n@v1 {who} # tag\n\nusers [app f@v1] {who} # users\nf [f@v1] {who} # two\n"
                ),
            ),
            ("sql/deploy/app.sql", &script(app)),
            ("sql/deploy/f@v1.sql", &script(one)),
            ("sql/deploy/f.sql", &script(two)),
            ("sql/deploy/users.sql", &script(users)),
            ("sql/revert/users.sql", "BEGIN;\nDROP TABLE app.users;\nCOMMIT;\n"),
            ("sql/verify/users.sql", "SELECT id FROM app.users WHERE false;\n"),
        ],
        sql: &format!("{app}{one}{users}{two}"),
        asks: &[("select app.f()", "2")],
        says: &["f@v1 f", "4 changes to run"],
        ..NOTHING
    });
}

#[test]
fn a_precondition_that_does_not_hold_is_named_with_its_place() {
    let mut project = Project::with_database("sqlite:dev.db");
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    project.create_sqlite("dev.db");
    let changes = "--liquibase formatted sql\n\n--changeset ann:1\nCREATE TABLE a (id integer);\n\n\
                   --changeset ann:2\n--preconditions onFail:HALT\n\
                   --precondition-sql-check expectedResult:7 SELECT count(*) FROM a;\n\
                   INSERT INTO a VALUES (1);\n";
    project.write("migrations/changes.sql", changes);
    let place = "migrations/changes.sql:8:43";
    project.sluice(&["deploy"]).exits(4).says("SELECT (SELECT count(*) FROM a) = 7").says(place);
    project.sluice(&["status"]).says(&format!("{place}: assertion"));
}
