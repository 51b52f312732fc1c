use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::Dialect;
use sluice_sql::model::{Ident, NameClass, ObjectName, Statement, TableConstraintKind, TableElement};

rule! {
    /// An index or key is over a column that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE INDEX orders_nota ON orders (nota);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id integer, note varchar(20), PRIMARY KEY (ident));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE parcels (id integer, note varchar(20), PRIMARY KEY (id));
    /// CREATE INDEX parcels_note ON parcels (note);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42703 undefined_column; MySQL manual, error 1072.
    IndexOnMissingColumn, "correctness/index-on-missing-column", Engines::ALL, Error, Recommended
}

impl Rule for IndexOnMissingColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let mut keys: Vec<(&ObjectName, &Ident)> = Vec::new();
        for (table, index) in cx.parsed.statement.index_defs() {
            keys.extend(index.columns().chain(&index.include).map(|column| (table, column)));
        }
        for (table, constraint) in cx.parsed.statement.constraints() {
            if !matches!(constraint.kind, TableConstraintKind::Check(_)) {
                keys.extend(constraint.columns().into_iter().map(|column| (table, column)));
            }
        }
        for (table, column) in keys {
            let key = column.key(cx.dialect(), NameClass::Other);
            let defined =
                cx.parsed.statement.column_defs().iter().any(|(_, it)| it.name.same(column, cx.dialect()));
            let renamed = cx.parsed.statement.renames().iter().any(|it| it.to.same(column, cx.dialect()));
            let known = match &cx.parsed.statement {
                Statement::CreateTable(create) => {
                    let only = create
                        .elements
                        .iter()
                        .all(|it| !matches!(it, TableElement::Like(_) | TableElement::Period(_)));
                    only && create.query.is_none()
                        && create.inherits.is_empty()
                        && create.partition_of.is_none()
                        && create.of_type.is_none()
                }
                _ => cx.relation(table).is_some_and(|it| {
                    it.columns_known
                        && it.column(&key).is_none()
                        && !it.options.contains_key("system versioning")
                }),
            };
            let rowid = cx.dialect() == Dialect::Sqlite
                && (column.quoted || matches!(key.as_ref(), "rowid" | "oid" | "_rowid_"));
            if known && !defined && !renamed && !rowid {
                out.report(column.span, format!("`{}` has no column `{}`", cx.display(table), column.text))
                    .help("correct the name");
            }
        }
    }
}
