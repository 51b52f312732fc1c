use sluice_sql::model::Statement;

use crate::rules::security::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Binary logs of the server are deleted.
    ///
    /// ## Why
    /// Replicas that have not read them must be built anew, and the database can no longer be restored to a moment that they hold.
    /// They belong to the whole server, not to one database.
    ///
    /// ## Bad
    /// ```sql
    /// RESET MASTER;
    /// ```
    /// ```sql
    /// PURGE BINARY LOGS BEFORE '2026-01-01';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SHOW BINARY LOGS;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, RESET BINARY LOGS AND GTIDS; PURGE BINARY LOGS.
    BinaryLog, "data-loss/binary-log", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for BinaryLog {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::run_now(cx) {
            let Statement::Other(other) = &one.statement else { continue };
            if matches!(other.verb.as_str(), "reset master" | "purge binary logs") {
                out.report(one.span, "logs are deleted that replicas and restores need")
                    .help("let the server expire them (binlog_expire_logs_seconds)");
            }
        }
    }
}
