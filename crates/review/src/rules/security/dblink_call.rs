use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change runs SQL on another server.
    ///
    /// ## Why
    /// What runs there is outside of the change's transaction: it stays when the change is rolled back, and is not recorded.
    /// Connection strings hold passwords and name servers that are others in each environment.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT dblink_exec('dbname=archive', 'DELETE FROM orders');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, dblink.
    DblinkCall, "security/dblink-call", Engines::POSTGRES, Error, Recommended
}

impl Rule for DblinkCall {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        const FUNCTIONS: [&str; 6] = [
            "dblink",
            "dblink_exec",
            "dblink_connect",
            "dblink_connect_u",
            "dblink_open",
            "dblink_send_query",
        ];
        for call in within::calls_of(cx, &FUNCTIONS) {
            out.report(call.span, "this runs SQL on another server, outside of the change's transaction")
                .help("deploy to that server as a target of its own");
        }
    }
}
