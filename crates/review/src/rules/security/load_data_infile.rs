use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `LOAD DATA` reads a file of the server.
    ///
    /// ## Why
    /// It needs the `FILE` privilege, which lets an account read what the server can read, and the file must be there on
    /// every server that the change is deployed to.
    ///
    /// ## Bad
    /// ```sql
    /// LOAD DATA INFILE '/srv/orders.csv' INTO TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO orders (id) VALUES (1);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, LOAD DATA Statement.
    LoadDataInfile, "security/load-data-infile", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for LoadDataInfile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Load(load) = &one.statement else { continue };
            if load.local.is_none() {
                out.report(
                    load.file.span,
                    "this reads a file of the server, for which an account needs FILE",
                )
                .help("write the rows as INSERT");
            }
        }
    }
}
