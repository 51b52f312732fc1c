use sluice_sql::model::{CopyDirection, CopyEndpoint, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `COPY` reads or writes a file of the server.
    ///
    /// ## Why
    /// It reads and writes with the rights of the user that the server runs as, configuration and keys included, and the file
    /// must be there on every server that the change is deployed to.
    ///
    /// ## Bad
    /// ```sql postgres
    /// COPY countries FROM '/srv/data/countries.csv';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// INSERT INTO countries (code) VALUES ('ch');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, COPY.
    CopyServerFile, "security/copy-server-file", Engines::POSTGRES, Error, Recommended
}

impl Rule for CopyServerFile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Copy(copy) = &one.statement else { continue };
            let CopyEndpoint::File(file) = &copy.endpoint else { continue };
            let (verb, help) = match copy.direction {
                CopyDirection::From => {
                    ("reads", "put the rows into the change: `COPY … FROM stdin` or INSERT")
                }
                CopyDirection::To => ("writes", "read the rows through the client"),
            };
            out.report(file.span, format!("this {verb} a file of the server")).help(help);
        }
    }
}
