use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `LIMIT` in `UPDATE` and `DELETE` is not wanted.
    ///
    /// ## Why
    /// Which rows are meant is left to chance where two have the same place. Under statement-based replication replicas may take other rows.
    ///
    /// ## Bad
    /// ```sql
    /// DELETE FROM orders WHERE day < '2020-01-01' LIMIT 100;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// DELETE FROM orders WHERE id BETWEEN 1 AND 100;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Replication and LIMIT.
    DisallowLimit, "statement/disallow-limit", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for DisallowLimit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let clause = match &cx.parsed.statement {
            Statement::Update(update) => update.limit.as_ref().map(|limit| limit.span),
            Statement::Delete(delete) => delete.limit.as_ref().map(|limit| limit.span),
            _ => None,
        };
        if let Some(span) = clause {
            out.report(span, "LIMIT is not wanted where rows change").help("pick the rows by their key");
        }
    }
}
