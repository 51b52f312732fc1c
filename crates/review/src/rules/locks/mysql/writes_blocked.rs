use super::OnlineDdl;
use crate::forecast::mysql::lock_name;
use crate::{Algorithm, Context, Engines, LockMode, Meta, OnlineLock, Rule, Sink, rule};

rule! {
    /// Writes to a table that is in use wait while the statement works.
    ///
    /// ## Why
    /// Some work is done in place, but not under `LOCK=NONE`: building a full-text or spatial index, adding an `AUTO_INCREMENT`
    /// column, writing a table with a full-text index anew. The table is under `LOCK=SHARED` then: reads go on, writes wait to
    /// the end.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE articles (id bigint PRIMARY KEY, body text);
    /// ```
    /// ```sql
    /// CREATE FULLTEXT INDEX articles_body ON articles (body);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE articles (id bigint PRIMARY KEY, body text, FULLTEXT INDEX articles_body (body));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Online DDL Operations; measured on MariaDB 10.11.
    WritesBlocked, "locks/writes-blocked", Engines::MYSQL_FAMILY, Warning, Recommended
}

impl Rule for WritesBlocked {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(ddl) = OnlineDdl::of(cx) else { return };
        // An instant statement is over before anybody notices.
        if ddl.online.algorithm == Algorithm::Instant
            || ddl.online.algorithm == Algorithm::Copy
            || ddl.online.lock == OnlineLock::None
        {
            return;
        }
        let forecast = cx.forecast();
        let mode = forecast.lock_on(&cx.schema.relation_name(ddl.table));
        let blocked = mode.and_then(LockMode::blocks).unwrap_or("writes");
        let table = cx.display(ddl.table);
        let lock = lock_name(ddl.online.lock);
        let message = format!("{blocked} of `{table}` wait until this is done (LOCK={lock})");
        out.report(ddl.table.span, message)
            .evidence(forecast.evidence)
            .help("run it when nothing writes to the table, or with an online schema change tool");
    }
}
