use sluice_sql::model::{Statement, TableElement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is made without saying its charset.
    ///
    /// ## Why
    /// The default of the database or server decides otherwise, which differs between places.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) DEFAULT CHARSET=utf8mb4;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Table Character Set and Collation.
    RequireCharset, "schema/require-charset", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for RequireCharset {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let said = create
            .options
            .iter()
            .any(|option| matches!(option.kind, TableOptionKind::Charset(_) | TableOptionKind::Collation(_)));
        let copies = create.query.is_some()
            || create.elements.iter().any(|element| matches!(element, TableElement::Like(_)));
        if !said && !copies && create.temporary.is_none() {
            let table = cx.display(&create.name);
            out.report(create.name.span, format!("`{table}` does not say its charset"))
                .help("add DEFAULT CHARSET=utf8mb4");
        }
    }
}
