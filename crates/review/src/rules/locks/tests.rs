use sluice_sql::Dialect::Postgres;

use crate::rules::data_loss::tests::{fires, said, silent};

const USERS: &str =
    "CREATE TABLE users (id bigint PRIMARY KEY, email text); CREATE INDEX by_email ON users (email);";

#[test]
fn what_cannot_run_in_a_block_is_not_written_into_one() {
    let inside = [
        ("locks/create-index", "CREATE INDEX ON users (email);"),
        ("locks/drop-index", "DROP INDEX by_email;"),
        ("locks/reindex", "REINDEX INDEX by_email;"),
        ("locks/add-unique-constraint", "ALTER TABLE users ADD UNIQUE (email);"),
        ("locks/set-not-null", "IF true THEN ALTER TABLE users ALTER email SET NOT NULL; END IF;"),
        ("locks/add-check", "ALTER TABLE users ADD CHECK (email <> '');"),
    ];
    for (rule, sql) in inside {
        let findings = said(rule, Postgres, USERS, &format!("DO $$ BEGIN {sql} END $$;"));
        assert!(!findings.is_empty() && findings.iter().all(|it| it.fix.is_none()), "{sql}: {findings:?}");
    }
    assert!(said("locks/create-index", Postgres, USERS, "CREATE INDEX ON users (email);")[0].fix.is_some());
}

#[test]
fn what_a_block_cannot_do_is_refused() {
    let rule = "review/refused-statement";
    for sql in ["CREATE INDEX CONCURRENTLY a ON users (email)", "VACUUM users"] {
        fires(rule, Postgres, USERS, &format!("DO $$ BEGIN {sql}; END $$;"));
    }
    silent(rule, Postgres, USERS, "DO $$ BEGIN CREATE INDEX a ON users (email); END $$;");
    // A block that commits runs alone.
    silent(rule, Postgres, USERS, "DO $$ BEGIN COMMIT; END $$;");
    silent(rule, Postgres, USERS, "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;");
}
