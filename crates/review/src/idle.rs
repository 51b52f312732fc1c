use sluice_schema::Schema;
use sluice_sql::ObjectKind;
use sluice_sql::model::{Drop, Statement};

/// Whether a statement does nothing, as `IF EXISTS` or `IF NOT EXISTS` finds that there is nothing to do.
pub(crate) fn is_idle(statement: &Statement, schema: &Schema) -> bool {
    match statement {
        // What is built concurrently may have been left invalid by an earlier run: that is not nothing.
        Statement::CreateIndex(create)
            if create.if_not_exists.is_written() && !create.concurrently.is_written() =>
        {
            let found = create.index.name.as_ref().and_then(|name| schema.index(name, Some(&create.table)));
            found.is_some_and(|(_, index)| index.valid)
        }
        Statement::DropIndex(drop) if drop.if_exists.is_written() && schema.complete => {
            drop.names.iter().all(|name| schema.index(name, drop.table.as_ref()).is_none())
        }
        Statement::Drop(drop) if drop.if_exists.is_written() && schema.complete => {
            drops_nothing(drop, schema)
        }
        Statement::AlterTable(alter) if alter.if_exists.is_written() && schema.complete => {
            let of_relation = matches!(
                alter.kind,
                ObjectKind::Table
                    | ObjectKind::View
                    | ObjectKind::MaterializedView
                    | ObjectKind::ForeignTable
            );
            of_relation && schema.relation(&alter.name).is_none()
        }
        _ => false,
    }
}

fn drops_nothing(drop: &Drop, schema: &Schema) -> bool {
    drop.names.iter().all(|name| match drop.kind {
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => {
            schema.relation(name).is_none()
        }
        ObjectKind::Sequence => !schema.sequences.contains_key(&schema.sequence_name(name)),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
            schema.routine(name).is_none()
        }
        ObjectKind::Type | ObjectKind::Domain => schema.user_type(name).is_none(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_text::SourceFile;

    use crate::weigh::is_harm;
    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    const BEFORE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, login text, email text);\
                          CREATE INDEX users_login ON users (login);\
                          CREATE SEQUENCE numbers;\
                          CREATE MATERIALIZED VIEW logins AS SELECT login FROM users;\
                          CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';";

    /// Rules that have something to say.
    fn found(schema: Schema, sql: &str) -> Vec<&'static str> {
        let policy = Policy::of(RuleSet::Recommended);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
        let mut reviewer = Reviewer::new(schema, &policy, conditions);
        let read =
            |sql: &str| Script::read(Dialect::Postgres, SourceFile::new("a.sql", sql), ChangeInfo::default());
        reviewer.replay(&read(BEFORE));
        reviewer.review(&read(sql)).findings.into_iter().map(|finding| finding.rule).collect()
    }

    /// Rules that speak of harm.
    fn harm(schema: Schema, sql: &str) -> Vec<&'static str> {
        found(schema, sql).into_iter().filter(|rule| is_harm(rule)).collect()
    }

    #[test]
    fn what_has_nothing_to_do_does_no_harm() {
        for sql in [
            "DROP INDEX IF EXISTS lower_login;",
            "DROP FUNCTION IF EXISTS nosuch(int);",
            "DROP SEQUENCE IF EXISTS nosuch;",
            "DROP MATERIALIZED VIEW IF EXISTS nosuch;",
            "DROP TABLE IF EXISTS nosuch CASCADE;",
            "ALTER TABLE IF EXISTS nosuch DROP COLUMN x;",
        ] {
            assert_eq!(harm(Schema::empty(Dialect::Postgres), sql), Vec::<&str>::new(), "{sql}");
            // Where not everything is known it may be there.
            assert_ne!(harm(Schema::unknown(Dialect::Postgres), sql), Vec::<&str>::new(), "{sql}");
        }
        let index = "CREATE INDEX IF NOT EXISTS users_login ON users (login);";
        assert_eq!(harm(Schema::empty(Dialect::Postgres), index), Vec::<&str>::new());
    }

    #[test]
    fn what_nobody_saw_being_made_may_be_there() {
        for before in [
            "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'orders (id int)'; END $$;",
            "DO LANGUAGE plpython3u $$ plpy.execute('create table orders ()') $$;",
            "FROBNICATE TABLE orders;",
            "CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE f(); END $$; SELECT make();",
            "CALL make();",
            "SELECT partman.create_parent('public.orders');",
        ] {
            for (sql, rule) in [
                ("ALTER TABLE orders ADD COLUMN note text;", "correctness/missing-table"),
                ("DROP TABLE orders;", "correctness/missing-table"),
            ] {
                let sql = format!("{before} {sql}");
                assert!(!found(Schema::empty(Dialect::Postgres), &sql).contains(&rule), "{sql}");
            }
            let sql = format!("{before} DROP TABLE IF EXISTS orders CASCADE;");
            assert!(harm(Schema::empty(Dialect::Postgres), &sql).contains(&"data-loss/drop-table"), "{sql}");
        }
        for before in [
            "DO $$ BEGIN CREATE TABLE posts (id int); END $$;",
            "DO $$ BEGIN EXECUTE 'CREATE TABLE posts (id int)'; END $$;",
            "SELECT pg_catalog.setval('numbers', 1), now();",
        ] {
            let rules = found(Schema::empty(Dialect::Postgres), &format!("{before} DROP TABLE orders;"));
            assert!(rules.contains(&"correctness/missing-table"), "{before}");
        }
    }

    #[test]
    fn what_is_there_is_harmed_all_the_same() {
        for (sql, rule) in [
            ("DROP INDEX IF EXISTS users_login;", "locks/drop-index"),
            ("DROP INDEX IF EXISTS nosuch, users_login;", "locks/drop-index"),
            ("CREATE INDEX IF NOT EXISTS users_email ON users (email);", "locks/create-index"),
            ("DROP SEQUENCE IF EXISTS numbers;", "data-loss/drop-sequence"),
            ("DROP MATERIALIZED VIEW IF EXISTS logins;", "data-loss/drop-materialized-view"),
            ("DROP FUNCTION IF EXISTS f();", "compatibility/drop-function"),
            ("ALTER TABLE IF EXISTS users DROP COLUMN email;", "data-loss/drop-column"),
        ] {
            assert!(harm(Schema::empty(Dialect::Postgres), sql).contains(&rule), "{sql}");
        }
    }
}
