use sluice_sql::contains_string_literal;
use sluice_sql::model::{EnumAction, Statement, StatementKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A value is used in the transaction that added it to an enum.
    ///
    /// ## Why
    /// PostgreSQL refuses it: "unsafe use of new value". Sluice commits before the statement that uses it, so between
    /// `BEGIN` and `COMMIT` the file promises one transaction and gets two.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TYPE mood AS ENUM ('sad', 'glad');
    /// CREATE TABLE people (id bigint PRIMARY KEY, mood mood);
    /// ```
    /// ```sql postgres
    /// BEGIN;
    /// ALTER TYPE mood ADD VALUE 'calm';
    /// UPDATE people SET mood = 'calm' WHERE id = 1;
    /// COMMIT;
    /// ```
    /// ```sql postgres
    /// BEGIN;
    /// ALTER TYPE mood ADD VALUE 'calm';
    /// INSERT INTO people (id, mood) VALUES (2, 'calm');
    /// COMMIT;
    /// ```
    /// ```sql postgres
    /// BEGIN;
    /// ALTER TYPE mood ADD VALUE 'calm';
    /// INSERT INTO people (id, mood) VALUES (2, 'sad');
    /// INSERT INTO people (id, mood) SELECT id + 10, 'calm' FROM people;
    /// COMMIT;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TYPE mood AS ENUM ('sad', 'glad');
    /// CREATE TABLE people (id bigint PRIMARY KEY, mood mood);
    /// ```
    /// ```sql postgres
    /// ALTER TYPE mood ADD VALUE 'calm';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TYPE; measured on 14–18.
    EnumValueUsed, "transactions/enum-value-used", Engines::POSTGRES, Error, Recommended
}

impl Rule for EnumValueUsed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let dialect = cx.dialect();
        if cx.placement.is_none_or(|placement| !placement.written)
            || cx.parsed.statement.kind() == StatementKind::Session
        {
            return;
        }
        if matches!(cx.parsed.statement, Statement::AlterEnum(_)) {
            return;
        }
        // Of a million rows only those before which the transaction was cut use a value.
        let is_cut = cx.before.last().is_none_or(|last| last.transaction != cx.origin.transaction);
        if matches!(cx.parsed.statement, Statement::Insert(_)) && !is_cut {
            return;
        }
        // Units are cut before the use, so the transaction's number does not tell: the statements since BEGIN do.
        let since =
            cx.before.iter().rev().take(100).take_while(|seen| seen.kind != StatementKind::Transaction);
        let text = cx.slice(cx.parsed.span);
        for seen in since.filter(|seen| seen.kind == StatementKind::Definition) {
            if !cx.slice(seen.span).get(..5).is_some_and(|word| word.eq_ignore_ascii_case("alter")) {
                continue;
            }
            let Statement::AlterEnum(alter) = sluice_sql::parse(dialect, cx.text(), seen.span).statement
            else {
                continue;
            };
            let EnumAction::AddValue { value, .. } = &alter.action else { continue };
            if contains_string_literal(dialect, text, &value.value) {
                let message = format!(
                    "`{}` was added to `{}` in this transaction, and PostgreSQL refuses its use before a commit",
                    value.value,
                    alter.name.display(dialect)
                );
                out.report(cx.parsed.span, message)
                    .help("add the value in a change of its own before this one");
            }
        }
    }
}
