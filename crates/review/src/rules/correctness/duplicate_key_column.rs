use sluice_sql::model::{IndexKey, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A key or index names the same column twice.
    ///
    /// ## Why
    /// MySQL and MariaDB refuse it, PostgreSQL refuses it in constraints. Where it is accepted, the second place is only in the way.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a integer, b integer, UNIQUE (a, b, a));
    /// ```
    /// ```sql
    /// CREATE INDEX orders_a ON orders (a, a);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a integer, b integer, UNIQUE (a, b));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, error ER_DUP_FIELDNAME (1060); PostgreSQL, `column "a" appears twice in unique constraint`.
    DuplicateKeyColumn, "correctness/duplicate-key-column", Engines::SERVERS, Error, Recommended
}

impl Rule for DuplicateKeyColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let of_indexes = cx.parsed.statement.index_defs();
        // The same column by two operator classes, or two collations, is two keys.
        let plain = |key: &&IndexKey| key.operator_class.is_none() && key.collation.is_none();
        let of_indexes = of_indexes.iter().map(|(_, index)| {
            index.keys.iter().filter(plain).filter_map(IndexKey::column).collect::<Vec<_>>()
        });
        let of_constraints = cx.parsed.statement.constraints();
        let of_constraints = of_constraints.iter().filter_map(|(_, constraint)| match constraint.kind {
            TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_) => Some(constraint.columns()),
            _ => None,
        });
        for columns in of_indexes.chain(of_constraints) {
            for (at, column) in columns.iter().enumerate() {
                if columns.iter().take(at).any(|before| before.same(column, cx.dialect())) {
                    out.report(column.span, format!("`{}` is in this key twice", column.text))
                        .help("take one of the two out");
                }
            }
        }
    }
}
