use sluice_schema::Relation;
use sluice_sql::model::{Comparison, ConjunctKind, Expr, NameClass, Statement};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// One statement may change very many rows.
    ///
    /// ## Why
    /// All of them stay locked until the transaction ends, and the log and the replicas take them at once. How many rows a table has is
    /// known where statistics are given.
    ///
    /// ## Bad
    /// ```sql before rows:5000000
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20));
    /// ```
    /// ```sql
    /// UPDATE orders SET state = 'old' WHERE state = 'new';
    /// ```
    ///
    /// ## Good
    /// ```sql before rows:5000000
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20));
    /// ```
    /// ```sql
    /// UPDATE orders SET state = 'old' WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking, Row-Level Locks; MySQL manual, InnoDB Locking.
    AffectedRows, "rows/affected-rows", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 100_000 },
            about: "Most rows of a table that one statement may change without naming a key.",
        },
    ]
}

impl Rule for AffectedRows {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["rows/update-without-where", "rows/delete-without-where", "rows/backfill-in-one-statement"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (table, filter, limit) = match &cx.parsed.statement {
            Statement::Update(update) => (update.tables.first(), &update.filter, &update.limit),
            Statement::Delete(delete) => (delete.tables.first(), &delete.filter, &delete.limit),
            _ => return,
        };
        let Some(relation) = table.and_then(|table| cx.relation(&table.name)) else { return };
        let (Some(rows), max) = (relation.rows, cx.options.number("max")) else { return };
        let limited = limit.as_ref().and_then(|limit| limit.count).is_some_and(|count| count <= max);
        let key_is_given = filter.as_ref().is_some_and(|filter| gives_key(cx, relation, &filter.expr));
        if rows > max && !limited && !key_is_given {
            let message = format!("up to {rows} rows of `{}` change at once", relation.name);
            out.report(cx.parsed.span, message).help("change them in batches, by ranges of the key");
        }
    }
}

/// Whether a condition says the value of every column of a unique key.
fn gives_key(cx: &Context<'_>, relation: &Relation, filter: &Expr) -> bool {
    let given: Vec<String> = filter
        .conjuncts
        .iter()
        .filter_map(|one| match &one.kind {
            ConjunctKind::Compare { column, operator: Comparison::Equal, .. } => {
                Some(column.name.key(cx.dialect(), NameClass::Other).into_owned())
            }
            _ => None,
        })
        .collect();
    let unique = relation.indexes.iter().filter(|index| index.unique && index.filter.is_none());
    let mut keys = unique.filter_map(|index| index.plain_columns());
    let is_given = |column: &str| given.iter().any(|one| one == column);
    let primary = relation.primary_key();
    (!primary.is_empty() && primary.iter().all(|column| is_given(column)))
        || keys.any(|columns| columns.iter().all(|column| is_given(column)))
}
