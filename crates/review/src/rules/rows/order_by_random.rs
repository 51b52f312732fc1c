use sluice_sql::model::{Expr, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Rows are sorted by a random number.
    ///
    /// ## Why
    /// Every row is read and sorted to return a few; the result is another one each time.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT id FROM orders WHERE id > 5 ORDER BY random() LIMIT 1;
    /// ```
    /// ```sql mysql
    /// SELECT id FROM orders WHERE id > 5 ORDER BY RAND() LIMIT 1;
    /// ```
    /// ```sql mariadb
    /// SELECT id FROM orders WHERE id > 5 ORDER BY RAND() LIMIT 1;
    /// ```
    /// ```sql sqlite
    /// SELECT id FROM orders WHERE id > 5 ORDER BY random() LIMIT 1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id > 5 ORDER BY id LIMIT 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Sorting Rows; MySQL manual, Mathematical Functions, RAND().
    OrderByRandom, "rows/order-by-random", Engines::ALL, Warning, All
}

impl Rule for OrderByRandom {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Query(query) = &cx.parsed.statement else { return };
        let random = |expr: &Expr| expr.calls("random") || expr.calls("rand");
        if let Some((expr, _)) = query.order_by.iter().find(|(expr, _)| random(expr)) {
            out.report(expr.span, "every row is read and sorted to be picked at random")
                .help("pick a random key, or use TABLESAMPLE");
        }
    }
}
