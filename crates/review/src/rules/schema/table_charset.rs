use sluice_sql::model::{Statement, TableAction, TableOption, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table has a charset or collation of its own.
    ///
    /// ## Why
    /// Tables of one charset join by their indexes. Where the database says the charset, a table need not.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) DEFAULT CHARSET=utf8mb4;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Table Character Set and Collation.
    TableCharset, "schema/table-charset", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for TableCharset {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (name, options): (_, Vec<&TableOption>) = match &cx.parsed.statement {
            Statement::CreateTable(create) => (&create.name, create.options.iter().collect()),
            Statement::AlterTable(alter) => {
                let options = alter.actions.iter().filter_map(|action| match &action.kind {
                    TableAction::SetOption(option) => Some(option),
                    _ => None,
                });
                (&alter.name, options.collect())
            }
            _ => return,
        };
        let own = options
            .into_iter()
            .find(|it| matches!(it.kind, TableOptionKind::Charset(_) | TableOptionKind::Collation(_)));
        if let Some(option) = own {
            let table = cx.display(name);
            out.report(option.span, format!("`{table}` has a charset of its own"))
                .help("leave it to the database");
        }
    }
}
