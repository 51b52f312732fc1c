use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::model::{Ident, NameClass, ObjectName, Statement, TableConstraintKind};
use sluice_text::Span;

rule! {
    /// A unique key is added to columns that are in use.
    ///
    /// ## Why
    /// It fails where two rows are equal, and programs that still write equal values fail from then on.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE UNIQUE INDEX orders_note ON orders (note);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY, note varchar(20));
    /// CREATE UNIQUE INDEX drafts_note ON drafts (note);
    /// ```
    ///
    /// ## Source
    /// Measured: no query is refused before its row is. PostgreSQL manual, Unique Constraints; MySQL manual, CREATE INDEX
    /// Statement, Unique Indexes.
    AddUnique, "compatibility/add-unique", Engines::ALL, Warning, Recommended
}

impl Rule for AddUnique {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["locks/add-column-unique"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let mut added: Vec<(&ObjectName, Vec<&Ident>, Span)> = Vec::new();
        for (table, index) in cx.parsed.statement.index_defs() {
            if let Some(unique) = index.unique {
                added.push((table, index.columns().collect(), unique));
            }
        }
        for (table, constraint) in cx.parsed.statement.constraints() {
            if let TableConstraintKind::Unique(key) = &constraint.kind
                && key.using_index.is_none()
            {
                added.push((table, constraint.columns(), constraint.span));
            }
        }
        if !matches!(cx.parsed.statement, Statement::AlterTable(_) | Statement::CreateIndex(_)) {
            return;
        }
        for (table, columns, span) in added {
            let new_column = columns
                .iter()
                .any(|name| super::column(cx, table, name).is_some_and(|column| cx.made_here(column.origin)));
            let keys: Vec<String> =
                columns.iter().map(|name| name.key(cx.dialect(), NameClass::Other).into_owned()).collect();
            let known_unique = cx.relation(table).is_some_and(|relation| {
                !keys.is_empty()
                    && relation.indexes.iter().any(|index| {
                        // What is unique in some of the columns is unique in all of them.
                        index.unique
                            && index.valid
                            && index.filter.is_none()
                            && index.plain_columns().is_some_and(|columns| {
                                columns.iter().all(|column| keys.iter().any(|key| key == column))
                            })
                    })
            });
            if cx.is_new(table) || new_column || known_unique {
                continue;
            }
            let message = format!(
                "rows of `{}` that are equal make this fail, and writers of such rows fail from now on",
                cx.display(table)
            );
            out.report(span, message)
                .help("make sure that the values are unique and that programs keep them so");
        }
    }
}
