use sluice_sql::model::{MaintenanceVerb, Statement};

use crate::rules::security::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `FLUSH TABLES WITH READ LOCK` stops every writer of the server.
    ///
    /// ## Why
    /// It waits for every statement that runs, lets none begin meanwhile, and then nobody writes to any table of any database until
    /// the session frees the lock.
    ///
    /// ## Bad
    /// ```sql
    /// FLUSH TABLES WITH READ LOCK;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// FLUSH STATUS;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, FLUSH TABLES.
    FlushTables, "locks/flush-tables", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for FlushTables {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::run_now(cx) {
            let Statement::Maintenance(work) = &one.statement else { continue };
            if work.verb != MaintenanceVerb::Flush {
                continue;
            }
            let words = cx.slice(one.span).split_ascii_whitespace().map(str::to_ascii_lowercase);
            let words: Vec<String> = words.collect();
            if words.iter().zip(words.iter().skip(1)).any(|(left, right)| left == "read" && right == "lock") {
                let whom = match work.names.as_slice() {
                    [] => "no table of the server".to_owned(),
                    [name, ..] => format!("`{}` is not", cx.display(name)),
                };
                let message = match work.names.is_empty() {
                    true => format!("{whom} is written to until this session frees its lock"),
                    false => format!("{whom} written to until this session frees its lock"),
                };
                out.report(one.span, message).help("leave backups to tools that need no lock of their own");
            }
        }
    }
}
