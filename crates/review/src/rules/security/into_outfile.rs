use sluice_sql::model::{QueryInto, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `INTO OUTFILE` and `INTO DUMPFILE` write a file on the server.
    ///
    /// ## Why
    /// It needs the `FILE` privilege. It is the usual way to plant a program: a page in the folder of a web server, or a
    /// library among the plugins.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE id = 1 INTO OUTFILE '/srv/orders.csv';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, SELECT … INTO Statement.
    IntoOutfile, "security/into-outfile", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for IntoOutfile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Query(query) = &one.statement else { continue };
            if let Some(QueryInto::File(file)) = &query.into {
                out.report(file.span, "this writes a file on the server")
                    .help("read the rows through the client");
            }
        }
    }
}
