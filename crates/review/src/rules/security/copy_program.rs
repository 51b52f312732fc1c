use sluice_sql::model::{CopyEndpoint, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `COPY … PROGRAM` runs a command of the operating system on the server.
    ///
    /// ## Why
    /// The command runs as the user that the server runs as, outside of every right that the database knows. A change of the
    /// schema has no need of it, and it is the usual way from SQL to a shell.
    ///
    /// ## Bad
    /// ```sql postgres
    /// COPY orders FROM PROGRAM 'curl https://example.com/orders.csv';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// INSERT INTO orders (id) VALUES (1);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, COPY.
    CopyProgram, "security/copy-program", Engines::POSTGRES, Error, Recommended
}

impl Rule for CopyProgram {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Copy(copy) = &one.statement else { continue };
            if let CopyEndpoint::Program(command) = &copy.endpoint {
                out.report(
                    command.span,
                    "this runs a command on the server, as the user that the server runs as",
                )
                .help("run the command elsewhere and load its result through the client");
            }
        }
    }
}
