use std::collections::HashMap;

use sluice_sql::Dialect;
use sluice_sql::model::{Call, CreateRoutine, NameClass, ObjectName, Parsed, Statement, StatementKind};
use sluice_text::Span;

/// More routines than this are not kept.
const LIMIT: usize = 10_000;

/// Routines that a deployment makes, until it calls them itself: then what they do is its own doing.
#[derive(Default)]
pub(crate) struct Routines {
    /// By the last part of their names.
    made: HashMap<String, Vec<Made>>,
    count: usize,
}

/// A routine.
pub(crate) struct Made {
    /// The statement that makes it.
    pub(crate) span: Span,
    /// The change that has the statement.
    pub(crate) change: u32,
    /// Its file.
    pub(crate) path: String,
    /// It is understood, and only asks for something.
    pub(crate) only_asks: bool,
}

impl Routines {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.made.clear();
        self.count = 0;
    }

    /// Keeps what `parsed` makes, if that is a routine.
    pub(crate) fn keep(&mut self, dialect: Dialect, parsed: &Parsed, change: u32, path: &str) {
        let Statement::CreateRoutine(routine) = &parsed.statement else { return };
        let Some(body) = routine.body.as_ref().filter(|_| self.count < LIMIT && !fires(routine)) else {
            return;
        };
        let only_asks = body.analysed
            && body.dynamic.is_empty()
            && body.statements.iter().all(|one| one.statement.kind() == StatementKind::Query);
        let made = Made { span: parsed.span, change, path: path.to_owned(), only_asks };
        self.made.entry(key(dialect, &routine.name)).or_default().push(made);
        self.count += 1;
    }

    /// Takes out what `statement` calls.
    pub(crate) fn called(&mut self, dialect: Dialect, statement: &Statement) -> Vec<Made> {
        let mut found = Vec::new();
        if self.made.is_empty() {
            return found;
        }
        let mut take =
            |name: &ObjectName| found.extend(self.made.remove(&key(dialect, name)).into_iter().flatten());
        match statement {
            Statement::Call(call) => {
                take(&call.name);
                calls(call.arguments.iter().flat_map(|value| &value.calls), &mut take);
            }
            Statement::Set(set) => {
                let values = set.settings.iter().flat_map(|setting| &setting.values);
                calls(values.flat_map(|value| &value.calls), &mut take);
            }
            _ => calls(statement.query_facts().into_iter().flat_map(|facts| &facts.calls), &mut take),
        }
        self.count -= found.len();
        found
    }
}

fn calls<'c>(calls: impl Iterator<Item = &'c Call>, take: &mut impl FnMut(&ObjectName)) {
    calls.for_each(|call| take(&call.name));
}

/// Whether events call it, and nobody else can.
fn fires(routine: &CreateRoutine) -> bool {
    let returns = routine.returns.as_ref().map(|returns| returns.name.as_str());
    returns.is_some_and(|name| matches!(name, "trigger" | "event_trigger"))
}

fn key(dialect: Dialect, name: &ObjectName) -> String {
    let key = name.name.key(dialect, NameClass::Other);
    if dialect == Dialect::Postgres { key.into_owned() } else { key.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_sql::Dialect::{Mariadb, Mysql, Postgres};
    use sluice_text::SourceFile;

    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    /// Rules of harm that have something to say of changes that are deployed together.
    fn found(dialect: Dialect, changes: &[&str]) -> Vec<&'static str> {
        let policy = Policy::of(RuleSet::Recommended);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: true };
        let mut reviewer = Reviewer::new(Schema::empty(dialect), &policy, conditions);
        let read = |sql: &str| Script::read(dialect, SourceFile::new("a.sql", sql), ChangeInfo::default());
        reviewer.replay(&read("CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint);"));
        let findings = changes.iter().flat_map(|sql| reviewer.review(&read(sql)).findings);
        let is_harm = |rule: &&str| ["data-loss/", "rows/", "review/"].iter().any(|it| rule.starts_with(it));
        findings.map(|finding| finding.rule).filter(is_harm).collect()
    }

    #[test]
    fn what_a_change_makes_and_calls_is_its_own_doing() {
        let drop = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE posts; END $$;";
        let truncate = "CREATE PROCEDURE p() LANGUAGE sql AS $$ TRUNCATE posts $$;";
        let harmless = "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM posts $$;";
        let cases: &[(Dialect, &[&str], &[&str])] = &[
            (Postgres, &[drop], &[]),
            (Postgres, &[drop, "SELECT 1;"], &[]),
            (Postgres, &[&format!("{drop} SELECT f();")], &["data-loss/drop-table"]),
            (Postgres, &[&format!("{drop} SELECT f(); SELECT f();")], &["data-loss/drop-table"]),
            (
                Postgres,
                &[&format!("{drop} DO $$ BEGIN PERFORM public.f(); END $$;")],
                &["data-loss/drop-table"],
            ),
            (Postgres, &[&format!("{truncate} CALL p();")], &["data-loss/truncate"]),
            (
                Postgres,
                &[&format!(
                    "{drop} CREATE FUNCTION g() RETURNS void LANGUAGE sql AS 'SELECT f()'; SELECT g();"
                )],
                &["data-loss/drop-table"],
            ),
            // In another file it is not looked into, and that is said.
            (Postgres, &[drop, "SELECT f();"], &["review/opaque-sql"]),
            (Postgres, &[harmless, "SELECT g();"], &[]),
            (Postgres, &[&format!("{harmless} SELECT g();")], &[]),
            (
                Mysql,
                &[
                    "DELIMITER //\nCREATE PROCEDURE P() BEGIN DELETE FROM posts; END//\nDELIMITER ;\nCALL p();",
                ],
                &["rows/delete-without-where"],
            ),
        ];
        for (dialect, changes, wanted) in cases {
            assert_eq!(found(*dialect, changes), *wanted, "{changes:?}");
        }
    }

    #[test]
    fn what_is_prepared_or_run_to_be_explained_is_run() {
        let delete = &["rows/delete-without-where"][..];
        let cases: &[(Dialect, &str, &[&str])] = &[
            (Postgres, "PREPARE x AS DELETE FROM posts; EXECUTE x;", delete),
            (Postgres, "EXPLAIN ANALYZE DELETE FROM posts;", delete),
            (Postgres, "EXPLAIN (costs off, analyze) DELETE FROM posts;", delete),
            (Postgres, "EXPLAIN (analyze false) DELETE FROM posts;", &[]),
            (Postgres, "EXPLAIN DELETE FROM posts;", &[]),
            (Mariadb, "ANALYZE DELETE FROM posts;", delete),
            (Mysql, "EXPLAIN DELETE FROM posts;", &[]),
            (Mysql, "PREPARE s FROM 'DROP TABLE posts'; EXECUTE s;", &["data-loss/drop-table"]),
            (Mysql, "SET @a = 'DROP TABLE posts'; PREPARE s FROM @a; EXECUTE s;", &["review/opaque-sql"]),
            (Mariadb, "EXECUTE IMMEDIATE CONCAT('DROP TABLE ', 'posts');", &["review/opaque-sql"]),
            (Mariadb, "EXECUTE IMMEDIATE 'DELETE FROM posts';", delete),
        ];
        for (dialect, sql, wanted) in cases {
            assert_eq!(found(*dialect, &[sql]), *wanted, "{sql}");
        }
    }
}
