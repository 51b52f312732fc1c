use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A plugin or component is installed on the server.
    ///
    /// ## Why
    /// It is code of a library that runs inside of the server, for all of its databases, from now on.
    ///
    /// ## Bad
    /// ```sql
    /// INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, INSTALL PLUGIN Statement.
    InstallPlugin, "security/install-plugin", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for InstallPlugin {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Other(other) = &one.statement else { continue };
            if other.verb.starts_with("install") {
                out.report(one.span, "this loads code into the server, for all of its databases")
                    .help("install it where the server is configured");
            }
        }
    }
}
