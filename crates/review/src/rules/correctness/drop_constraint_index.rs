use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is dropped that belongs to a constraint.
    ///
    /// ## Why
    /// PostgreSQL refuses it: the constraint requires the index.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, code text, CONSTRAINT orders_code UNIQUE (code));
    /// ```
    /// ```sql
    /// DROP INDEX CONCURRENTLY orders_code;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, code text);
    /// CREATE INDEX orders_code ON orders (code);
    /// ```
    /// ```sql
    /// DROP INDEX CONCURRENTLY orders_code;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18: `cannot drop index … because constraint … requires it`.
    DropConstraintIndex, "correctness/drop-constraint-index", Engines::POSTGRES, Error, Recommended
}

impl Rule for DropConstraintIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::DropIndex(drop) = &cx.parsed.statement else { return };
        for name in &drop.names {
            let Some((relation, index)) = cx.schema.index(name, drop.table.as_ref()) else { continue };
            if let Some(constraint) = &index.constraint {
                let message = format!(
                    "index `{}` belongs to constraint `{constraint}` of `{}`",
                    index.name, relation.name
                );
                out.report(name.span, message).help("drop the constraint with ALTER TABLE … DROP CONSTRAINT");
            }
        }
    }
}
