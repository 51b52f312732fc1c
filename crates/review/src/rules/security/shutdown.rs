use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change stops or restarts the server.
    ///
    /// ## Why
    /// Every session of every database ends, the deployment's own too, so that the change is never recorded as applied.
    ///
    /// ## Bad
    /// ```sql
    /// SHUTDOWN;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, SHUTDOWN Statement.
    Shutdown, "security/shutdown", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for Shutdown {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Other(other) = &one.statement else { continue };
            if other.verb == "shutdown" || other.verb == "restart" {
                out.report(one.span, "this stops the server, for all of its databases")
                    .help("restart the server outside of the change");
            }
        }
    }
}
