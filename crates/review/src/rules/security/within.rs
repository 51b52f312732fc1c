//! What is inside of a statement: what a body, a `WITH` or `EXPLAIN` runs can do as much harm as what stands alone.

use sluice_sql::model::{Call, GrantDirection, Parsed, RoleName, SpecialRole, Statement};

use crate::Context;

/// The statement and everything inside of it.
pub(in crate::rules) fn statements<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Parsed> {
    let all = cx.inside.statements.get_or_init(|| inside_of(cx.parsed, |_| true));
    all.iter().copied()
}

/// Functions that the statement and everything inside of it calls.
pub(in crate::rules) fn calls<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Call> {
    let all = cx.inside.calls.get_or_init(|| {
        let mut calls = Vec::new();
        for one in statements(cx) {
            if let Some(facts) = one.statement.query_facts() {
                calls.extend(&facts.calls);
            }
            match &one.statement {
                Statement::Set(set) => {
                    let values = set.settings.iter().flat_map(|setting| &setting.values);
                    calls.extend(values.flat_map(|value| &value.calls));
                }
                Statement::Call(call) => calls.extend(call.arguments.iter().flat_map(|value| &value.calls)),
                _ => {}
            }
        }
        calls
    });
    all.iter().copied()
}

/// Calls of one of `names`.
pub(in crate::rules) fn calls_of<'a>(cx: &Context<'a>, names: &[&str]) -> impl Iterator<Item = &'a Call> {
    calls(cx).filter(|call| names.iter().any(|name| call.name.name.text.eq_ignore_ascii_case(name)))
}

/// `PUBLIC` among those who get something.
pub(super) fn public(grantees: &[RoleName]) -> Option<&RoleName> {
    grantees.iter().find(|role| role.special == Some(SpecialRole::Public))
}

/// What a `GRANT` gives, with its statement: `GRANT` alone and inside of bodies.
pub(super) fn grants<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a sluice_sql::model::Grant> {
    statements(cx).filter_map(|one| match &one.statement {
        Statement::Grant(grant) if grant.direction == GrantDirection::Grant => Some(&**grant),
        _ => None,
    })
}

/// A statement and what runs with it: what is in a `WITH` or a `DO`, not in bodies that are called later.
pub(in crate::rules) fn run_now<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Parsed> {
    let all = cx.inside.run_now.get_or_init(|| {
        inside_of(cx.parsed, |one| {
            matches!(one.statement, Statement::Do(_)) || one.statement.query_facts().is_some()
        })
    });
    all.iter().copied()
}

/// A statement and what is inside of it, as far as `into` looks.
fn inside_of(parsed: &Parsed, into: impl Fn(&Parsed) -> bool) -> Vec<&Parsed> {
    let mut all = vec![parsed];
    let mut at = 0;
    while let Some(one) = all.get(at).copied() {
        if into(one) {
            all.extend(one.statement.nested());
        }
        at += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_text::SourceFile;

    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    /// Security rules that have something to say of `sql`.
    fn found(dialect: Dialect, sql: &str) -> Vec<&'static str> {
        let policy = Policy::of(RuleSet::Recommended);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
        let mut reviewer = Reviewer::new(Schema::empty(dialect), &policy, conditions);
        let script = Script::read(dialect, SourceFile::new("example.sql", sql), ChangeInfo::default());
        let rules = reviewer.review(&script).findings.into_iter().map(|finding| finding.rule);
        rules.filter(|rule| rule.starts_with("security/")).collect()
    }

    #[test]
    fn programs_are_looked_into() {
        let copy = "DO $$ BEGIN COPY t FROM PROGRAM 'id'; END $$;";
        assert_eq!(found(Dialect::Postgres, copy), ["security/copy-program"]);
        let grant = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN GRANT SELECT ON t TO PUBLIC; END $$;";
        assert_eq!(found(Dialect::Postgres, grant), ["security/grant-to-public"]);
        let file = "CREATE PROCEDURE p() SQL SECURITY INVOKER BEGIN SELECT 1 INTO OUTFILE '/tmp/x'; END;";
        assert_eq!(found(Dialect::Mysql, &format!("DELIMITER //\n{file}//\n")), ["security/into-outfile"]);
    }

    #[test]
    fn what_only_looks_dangerous_is_let_pass() {
        let harmless = [
            (Dialect::Postgres, "RESET ROLE;"),
            (Dialect::Postgres, "RESET SESSION AUTHORIZATION;"),
            (Dialect::Postgres, "GRANT USAGE ON TYPE mood TO PUBLIC;"),
            (Dialect::Postgres, "REVOKE ALL ON SCHEMA public FROM PUBLIC;"),
            (Dialect::Postgres, "CREATE POLICY admins ON t TO admins USING (true);"),
            (Dialect::Postgres, "ALTER ROLE app NOSUPERUSER NOBYPASSRLS;"),
            (Dialect::Postgres, "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"),
            (Dialect::Mysql, "CREATE DEFINER = CURRENT_USER PROCEDURE p() SELECT 1;"),
            (Dialect::Sqlite, "ATTACH DATABASE ':memory:' AS scratch;"),
            (Dialect::Sqlite, "PRAGMA trusted_schema = OFF;"),
        ];
        for (dialect, sql) in harmless {
            assert!(found(dialect, sql).is_empty(), "{sql}: {:?}", found(dialect, sql));
        }
    }
}
