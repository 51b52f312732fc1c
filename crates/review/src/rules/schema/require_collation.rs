use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is made without saying its collation.
    ///
    /// ## Why
    /// The default is the server's and changes with its version; tables of different collations do not join by their indexes.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COLLATE=utf8mb4_0900_ai_ci;
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COLLATE=utf8mb4_uca1400_ai_ci;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Table Character Set and Collation.
    RequireCollation, "schema/require-collation", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for RequireCollation {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let said = create.options.iter().any(|it| matches!(it.kind, TableOptionKind::Collation(_)));
        if super::says_all(create) && !said {
            let table = cx.display(&create.name);
            out.report(
                create.name.span,
                format!("`{table}` has the collation that the server happens to have"),
            )
            .help("add COLLATE");
        }
    }
}
