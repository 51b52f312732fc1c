use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change ends sessions of others.
    ///
    /// ## Why
    /// Their transactions are rolled back and their clients see errors. The number of a session means another one, or none,
    /// on each server that the change is deployed to.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction';
    /// ```
    /// ```sql mysql
    /// KILL 42;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SET lock_timeout = '5s';
    /// ```
    /// ```sql mysql
    /// SET lock_wait_timeout = 5;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Server Signaling Functions.
    Kill, "security/kill", Engines::SERVERS, Error, Recommended
}

impl Rule for Kill {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            if matches!(&one.statement, Statement::Other(other) if other.verb == "kill") {
                out.report(one.span, "this ends a session of somebody else")
                    .help("wait for locks with a timeout, and let the deployment try again");
            }
        }
        for call in within::calls_of(cx, &["pg_terminate_backend", "pg_cancel_backend"]) {
            out.report(call.span, "this ends what other sessions do")
                .help("wait for locks with lock_timeout, and let the deployment try again");
        }
    }
}
