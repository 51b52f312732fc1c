use sluice_sql::Dialect;
use sluice_text::{Edit, Evidence, Fix};

use super::OnlineDdl;
use crate::forecast::mysql::{algorithm_name, stated};
use crate::{Algorithm, Context, Engines, Meta, OnlineLock, Rule, ServerVersion, Sink, rule};

rule! {
    /// The stated algorithm or lock is one that the server refuses for this statement.
    ///
    /// ## Why
    /// The server refuses the statement and changes nothing. What stands before it in the file has been committed by then, so
    /// that the change stops half-way. MySQL takes no other `LOCK` than `DEFAULT` together with `ALGORITHM=INSTANT`.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int NOT NULL);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD INDEX orders_customer_id (customer_id), ALGORITHM=INSTANT;
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY amount bigint NOT NULL, ALGORITHM=INPLACE;
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders ADD COLUMN note varchar(20), ALGORITHM=INSTANT, LOCK=NONE;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD INDEX orders_customer_id (customer_id), ALGORITHM=INPLACE, LOCK=NONE;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN note varchar(20), ALGORITHM=INSTANT;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, ALTER TABLE, Performance and Space Requirements; measured on MariaDB 10.11.
    AlgorithmRefused, "locks/algorithm-refused", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for AlgorithmRefused {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some((table, options)) = OnlineDdl::clauses(cx) else { return };
        let (algorithm, lock) = stated(options);
        if algorithm.is_none() && lock.is_none() {
            return;
        }
        let forecast = cx.forecast();
        let (Some(words), Some(best)) = (&forecast.refused, forecast.online) else { return };
        let combination =
            cx.dialect() == Dialect::Mysql && algorithm == Some(Algorithm::Instant) && lock.is_some();
        // What INSTANT does grew from patch to patch of 8.0: without the patch nothing is certain.
        let patch_unknown = cx.dialect() == Dialect::Mysql
            && cx.version < ServerVersion::new(8, 0, 11)
            && algorithm == Some(Algorithm::Instant)
            && forecast.work.iter().all(|work| work.kind != crate::WorkKind::IndexBuild);
        if !combination && (forecast.evidence == Evidence::Assumed || patch_unknown) {
            return;
        }
        let word = options.algorithm.as_ref().or(options.lock.as_ref());
        let span = word.map_or(table.span, |word| word.span);
        let message = format!("the server refuses this for `{}`: {words}", cx.display(table));
        let reported = out.report(span, message).evidence(forecast.evidence);
        if combination {
            reported.help("leave out LOCK: ALGORITHM=INSTANT takes none");
            return;
        }
        // A statement that asked for more than it can get is not made to copy behind its author's back.
        let harmless = best.algorithm != Algorithm::Copy && best.lock == OnlineLock::None && !best.rebuild;
        let fix = options.algorithm.as_ref().filter(|_| harmless && algorithm < Some(best.algorithm));
        let name = algorithm_name(best.algorithm);
        reported.help(format!("state ALGORITHM={name}, or split the statement")).fix(
            fix.map(|word| {
                Fix::edits(format!("state ALGORITHM={name}"), vec![Edit::replace(word.span, name)])
            }),
        );
    }
}
