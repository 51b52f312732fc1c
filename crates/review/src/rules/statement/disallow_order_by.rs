use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `ORDER BY` in `UPDATE` and `DELETE` is not wanted.
    ///
    /// ## Why
    /// The rows are sorted first, only to be changed all or in part. Under statement-based replication replicas may sort otherwise.
    ///
    /// ## Bad
    /// ```sql
    /// DELETE FROM orders WHERE day < '2020-01-01' ORDER BY id LIMIT 100;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// DELETE FROM orders WHERE id BETWEEN 1 AND 100;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Replication and LIMIT.
    DisallowOrderBy, "statement/disallow-order-by", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for DisallowOrderBy {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let clause = match &cx.parsed.statement {
            Statement::Update(update) => update.order_by,
            Statement::Delete(delete) => delete.order_by,
            _ => None,
        };
        if let Some(span) = clause {
            out.report(span, "ORDER BY is not wanted where rows change").help("pick the rows by their key");
        }
    }
}
