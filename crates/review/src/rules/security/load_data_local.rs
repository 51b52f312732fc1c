use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `LOAD DATA LOCAL` reads a file of the machine that deploys.
    ///
    /// ## Why
    /// The server asks the client for the file: a server that is not what it should be may ask for any other. Sluice's own
    /// connection does not answer, so that the statement fails.
    ///
    /// ## Bad
    /// ```sql
    /// LOAD DATA LOCAL INFILE '/tmp/orders.csv' INTO TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO orders (id) VALUES (1);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Security Considerations for LOAD DATA LOCAL.
    LoadDataLocal, "security/load-data-local", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for LoadDataLocal {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Load(load) = &one.statement else { continue };
            if let Some(local) = load.local {
                out.report(local, "this reads a file of the machine that deploys")
                    .help("write the rows as INSERT, or load the file by itself");
            }
        }
    }
}
