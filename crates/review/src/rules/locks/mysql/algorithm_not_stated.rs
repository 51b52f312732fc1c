use sluice_sql::Dialect;
use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use super::OnlineDdl;
use crate::forecast::mysql::{algorithm_name, lock_name};
use crate::{Algorithm, Context, Engines, Meta, OnlineLock, Rule, Sink, rule};

rule! {
    /// A statement on a table in use does not state the algorithm and the lock that it counts on.
    ///
    /// ## Why
    /// Without `ALGORITHM` and `LOCK` the server takes the best way that it has, and falls back to copying the table without a
    /// word where the table differs from what was expected. With the clauses it refuses instead. `ALGORITHM=INSTANT` of MySQL
    /// goes without `LOCK`.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD INDEX orders_customer_id (customer_id);
    /// ```
    /// ```sql
    /// CREATE INDEX orders_customer_id ON orders (customer_id);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN note varchar(20);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD INDEX orders_customer_id (customer_id), ALGORITHM=INPLACE, LOCK=NONE;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Online DDL Performance and Concurrency and ALTER TABLE.
    AlgorithmNotStated, "locks/algorithm-not-stated", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for AlgorithmNotStated {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(ddl) = OnlineDdl::of(cx) else { return };
        let stated = ddl.stated;
        let any = stated.algorithm.is_some() || stated.lock.is_some() || stated.online.is_some();
        // A copy is reported by itself; a renaming is exclusive whatever it states.
        let of_interest = ddl.online.algorithm != Algorithm::Copy && ddl.online.lock != OnlineLock::Exclusive;
        let renames =
            cx.parsed.statement.renames().iter().any(|one| one.kind == sluice_sql::ObjectKind::Table);
        if any || !of_interest || renames {
            return;
        }
        let (algorithm, lock) = (algorithm_name(ddl.online.algorithm), lock_name(ddl.online.lock));
        let comma = if matches!(cx.parsed.statement, Statement::AlterTable(_)) { "," } else { "" };
        let mut clause = format!("{comma} ALGORITHM={algorithm}");
        if cx.dialect() == Dialect::Mariadb || ddl.online.algorithm != Algorithm::Instant {
            clause.push_str(&format!("{comma} LOCK={lock}"));
        }
        let table = cx.display(ddl.table);
        let message = format!(
            "nothing states how `{table}` is changed: the server copies it without a word where {algorithm} does not do"
        );
        let title = format!("state{}", clause.replace(',', ""));
        out.report(ddl.table.span, message)
            .evidence(cx.forecast().evidence)
            .help("state ALGORITHM and LOCK, so that the server refuses instead of copying")
            .fix(Fix::edits(title, vec![Edit::insert(stated.end, clause)]));
    }
}
