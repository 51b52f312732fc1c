use sluice_sql::model::TableConstraintKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A constraint of a table has no name of its own.
    ///
    /// ## Why
    /// The server makes a name up, another one on each engine and sometimes on each database; a later change that drops the
    /// constraint cannot rely on it. Primary keys and constraints written in a column are not meant.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int, CHECK (total > 0));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int, CONSTRAINT orders_total_check CHECK (total > 0));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Constraints: a name lets error messages and later changes refer to it; MySQL manual, CREATE TABLE
    /// Statement, which numbers them.
    ConstraintUnnamed, "naming/constraint-unnamed", Engines::ALL, Warning, Strict
}

impl Rule for ConstraintUnnamed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, constraint) in cx.parsed.statement.constraints() {
            let word = match &constraint.kind {
                TableConstraintKind::Unique(key) if key.index_name.is_none() && key.using_index.is_none() => {
                    "unique key"
                }
                TableConstraintKind::ForeignKey(key) if key.index_name.is_none() => "foreign key",
                TableConstraintKind::Check(_) => "check",
                TableConstraintKind::Exclude(_) => "exclusion constraint",
                _ => continue,
            };
            if constraint.name.is_none() {
                let table = cx.display(table);
                out.report(constraint.span, format!("a {word} of `{table}` has no name of its own"))
                    .help("name it with CONSTRAINT");
            }
        }
    }
}
