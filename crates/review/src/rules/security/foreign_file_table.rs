use sluice_sql::model::{Statement, TableOptionKind};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A foreign table reads a file of the server, or what a program on it prints.
    ///
    /// ## Why
    /// The extension `file_fdw` opens the file or runs the program as the user that the server runs as, each time somebody reads
    /// the table: configuration, keys, any command.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE FOREIGN TABLE who (line text) SERVER files OPTIONS (program 'id');
    /// ```
    /// ```sql postgres
    /// CREATE FOREIGN TABLE users_of_host (line text) SERVER files OPTIONS (filename '/etc/passwd');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE FOREIGN TABLE stock (id bigint, amount integer) SERVER warehouse OPTIONS (table_name 'stock');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, file_fdw.
    ForeignFileTable, "security/foreign-file-table", Engines::POSTGRES, Error, Recommended
}

impl Rule for ForeignFileTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::CreateTable(create) = &one.statement else { continue };
            if create.external.is_none() {
                continue;
            }
            for option in &create.options {
                let TableOptionKind::Other(named) = &option.kind else { continue };
                let what = match named.name.text.to_ascii_lowercase().as_str() {
                    "program" => "runs a program on the server",
                    "filename" => "reads a file of the server",
                    _ => continue,
                };
                out.report(option.span, format!("whoever reads `{}` {what}", cx.display(&create.name)))
                    .help("load the rows with the change, or from outside of the server");
            }
        }
    }
}
