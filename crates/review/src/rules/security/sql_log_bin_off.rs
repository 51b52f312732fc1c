use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The change is kept out of the binary log.
    ///
    /// ## Why
    /// Replicas never see what follows: they differ from then on, and break at the next statement that needs it. Restores to
    /// a point in time lack it, too.
    ///
    /// ## Bad
    /// ```sql
    /// SET SESSION sql_log_bin = 0;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SET NAMES utf8mb4;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, SET sql_log_bin Statement.
    SqlLogBinOff, "security/sql-log-bin-off", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for SqlLogBinOff {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Set(set) = &one.statement else { continue };
            let Some(setting) = set.setting("sql_log_bin") else { continue };
            let value = setting.values.first().map(|value| cx.slice(value.span).to_ascii_lowercase());
            if value.is_some_and(|value| matches!(value.as_str(), "0" | "off" | "false")) {
                out.report(setting.span, "replicas and backups never see what follows")
                    .help("leave this out");
            }
        }
    }
}
