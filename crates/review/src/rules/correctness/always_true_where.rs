use sluice_sql::model::{ConjunctKind, Statement};

use crate::{Context, Engines, Meta, Reach, Rule, Sink, rule};

rule! {
    /// The condition of an `UPDATE` or `DELETE` always holds.
    ///
    /// ## Why
    /// It reads as a condition and changes every row. `WHERE true` alone reads as what it does, and says that every row is meant.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE 1 = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE id = 1;
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE true;
    /// ```
    /// ```sql
    /// UPDATE orders SET total = 0 WHERE true;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, UPDATE; MySQL manual, Using Safe-Updates Mode, which refuses such statements.
    AlwaysTrueWhere, "correctness/always-true-where", Engines::ALL, Error, Recommended
}

impl Rule for AlwaysTrueWhere {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn reach(&self) -> Reach {
        Reach::Program
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let filter = match &cx.parsed.statement {
            Statement::Update(update) if !update.tables.iter().all(|it| cx.is_new(&it.name)) => {
                &update.filter
            }
            Statement::Delete(delete) if !delete.tables.iter().all(|it| cx.is_new(&it.name)) => {
                &delete.filter
            }
            _ => return,
        };
        let Some(condition) = filter else { return };
        let conjuncts = &condition.expr.conjuncts;
        if condition.ors == 0
            && !conjuncts.is_empty()
            && conjuncts.iter().all(|it| it.kind == ConjunctKind::AlwaysTrue)
            && !is_plain(cx.slice(condition.span))
        {
            out.report(condition.span, "this condition holds for every row")
                .help("name the rows that are meant, or write WHERE true if every row is");
        }
    }
}

/// Whether a condition is nothing but `true`.
fn is_plain(condition: &str) -> bool {
    let condition = match condition.split_at_checked("where".len()) {
        Some((word, rest)) if word.eq_ignore_ascii_case("where") => rest,
        _ => condition,
    };
    condition.trim_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).eq_ignore_ascii_case("true")
}
