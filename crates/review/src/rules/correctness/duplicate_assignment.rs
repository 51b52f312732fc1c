use sluice_sql::model::{ColumnRef, Statement};

use crate::{Context, Engines, Meta, Reach, Rule, Sink, rule};

rule! {
    /// An `UPDATE` sets a column twice.
    ///
    /// ## Why
    /// PostgreSQL refuses it; the others take the last value and forget the first.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// UPDATE orders SET total = 1, total = 2 WHERE id = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// UPDATE orders SET total = 1, note = 'x' WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, UPDATE: `multiple assignments to same column`; MySQL manual, UPDATE Statement, which takes the last
    /// one.
    DuplicateAssignment, "correctness/duplicate-assignment", Engines::ALL, Error, Recommended
}

impl Rule for DuplicateAssignment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn reach(&self) -> Reach {
        Reach::Program
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Update(update) = &cx.parsed.statement else { return };
        for (at, assignment) in update.assignments.iter().enumerate() {
            let same = |other: &ColumnRef| {
                let table = |it: &ColumnRef| it.table.as_ref().map(|table| table.display(cx.dialect()));
                other.name.same(&assignment.column.name, cx.dialect())
                    && table(other) == table(&assignment.column)
            };
            // `SET a[1] = …, a[2] = …` sets one array twice and is fine.
            let element = cx
                .text()
                .get(assignment.column.span.end..)
                .is_some_and(|rest| rest.trim_start().starts_with(['[', '.']));
            if !element && update.assignments.iter().take(at).any(|one| same(&one.column)) {
                out.report(assignment.column.span, format!("`{}` is set twice", assignment.column.name.text))
                    .help("take one of the two out");
            }
        }
    }
}
