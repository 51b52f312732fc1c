use sluice_sql::model::{Literal, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change opens another database file.
    ///
    /// ## Why
    /// `ATTACH` opens or creates whatever file its text names, with the rights of the deployment; the file must be there
    /// wherever the change is deployed. A database can be written where something else reads it.
    ///
    /// ## Bad
    /// ```sql
    /// ATTACH DATABASE '/var/lib/other.db' AS other;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id INTEGER PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, ATTACH DATABASE; Defense Against The Dark Arts.
    AttachDatabase, "security/attach-database", Engines::SQLITE, Error, Recommended
}

impl Rule for AttachDatabase {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Attach(attach) = &one.statement else { continue };
            let file = match &attach.file.literal {
                Some(Literal::Text(file)) => file.as_str(),
                _ => "another file",
            };
            if file != ":memory:" && !file.is_empty() {
                out.report(attach.file.span, format!("this opens or creates the database file {file}"))
                    .help("deploy to that database as a target of its own");
            }
        }
    }
}
