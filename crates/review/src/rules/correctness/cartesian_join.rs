use sluice_sql::model::{InsertSource, Join, Statement};

use crate::{Context, Engines, Meta, Reach, Rule, Sink, rule};

rule! {
    /// Two tables are joined without a condition.
    ///
    /// ## Why
    /// Every row of one is combined with every row of the other: the work grows with the product.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE TABLE parcels (id integer PRIMARY KEY, order_id integer);
    /// ```
    /// ```sql
    /// INSERT INTO parcels (id, order_id) SELECT orders.id, parcels.id FROM orders, parcels;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE TABLE parcels (id integer PRIMARY KEY, order_id integer);
    /// ```
    /// ```sql
    /// CREATE VIEW sent AS SELECT orders.id FROM orders JOIN parcels ON parcels.order_id = orders.id;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Table Expressions, Cross join; MySQL manual, JOIN Clause.
    CartesianJoin, "correctness/cartesian-join", Engines::ALL, Warning, Recommended
}

impl Rule for CartesianJoin {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn reach(&self) -> Reach {
        Reach::Program
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (facts, filter) = match &cx.parsed.statement {
            Statement::Insert(insert) => match &insert.source {
                InsertSource::Query(query) => (&insert.facts, &query.filter),
                _ => return,
            },
            Statement::CreateView(view) => (&view.query.facts, &view.query.filter),
            Statement::Query(query) => (&query.facts, &query.filter),
            _ => return,
        };
        // Joins by WHERE are many; without one there is no condition for sure.
        let written =
            |join: &&Join| !join.conditional && !cx.slice(join.span).to_ascii_lowercase().contains("cross");
        if let Some(join) = facts
            .joins
            .iter()
            .find(written)
            .filter(|_| filter.is_none() && facts.set_operations == 0 && facts.ctes.is_empty())
        {
            let functions = facts.reads.len() < 2;
            if !functions {
                out.report(join.span, "every row of one table is combined with every row of the other")
                    .help("join on a condition, or say CROSS JOIN where that is meant");
            }
        }
    }
}
