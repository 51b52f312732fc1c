use sluice_sql::model::{MaintenanceVerb, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `VACUUM INTO` writes a copy of the database to a file.
    ///
    /// ## Why
    /// Every row goes to a file of any name, with the rights of the program that has the database open: data leaves it, or a file
    /// appears where another program reads it.
    ///
    /// ## Bad
    /// ```sql
    /// VACUUM INTO '/var/www/copy.db';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// VACUUM;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, VACUUM, VACUUM with an INTO clause.
    VacuumInto, "security/vacuum-into", Engines::SQLITE, Error, Recommended
}

impl Rule for VacuumInto {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Maintenance(work) = &one.statement else { continue };
            if work.verb == MaintenanceVerb::Vacuum
                && let Some(into) = work.options.iter().find(|option| option.is("into"))
            {
                out.report(into.span, "the whole database is written to a file")
                    .help("make copies outside of changes, with the tool that keeps them");
            }
        }
    }
}
