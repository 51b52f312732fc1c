use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// An extension lets SQL reach files, other servers or programs.
    ///
    /// ## Why
    /// These extensions give functions that leave the database: they read and write files, log in to other servers, or run
    /// code that the server does not confine.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE EXTENSION file_fdw;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE EXTENSION IF NOT EXISTS pgcrypto;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Additional Supplied Modules.
    CreateExtensionUnsafe, "security/create-extension-unsafe", Engines::POSTGRES, Warning, Recommended, options: &[OptionSpec {
        name: "extensions",
        kind: OptionKind::List {
            default: &[
                "file_fdw", "dblink", "adminpack", "plpython3u", "plpythonu", "plperlu", "pltclu", "plsh", "plr",
                "http", "pg_net",
            ],
        },
        about: "Extensions that leave the database.",
    }]
}

impl Rule for CreateExtensionUnsafe {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::CreateExtension(create) = &one.statement else { continue };
            let name = create.name.name.folded(cx.dialect());
            if cx.options.lists("extensions", &name) {
                out.report(create.name.span, format!("the extension `{name}` lets SQL leave the database"))
                    .help("make sure that it is needed, and take EXECUTE on its functions away from PUBLIC");
            }
        }
    }
}
