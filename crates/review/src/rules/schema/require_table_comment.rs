use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is made without a comment.
    ///
    /// ## Why
    /// What a table is for should be known where it is.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COMMENT='Orders of the shop';
    /// ```
    RequireTableComment, "schema/require-table-comment", Engines::MYSQL_FAMILY, Info, All
}

impl Rule for RequireTableComment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        if !create.options.iter().any(|option| matches!(option.kind, TableOptionKind::Comment(_))) {
            let table = cx.display(&create.name);
            out.report(create.name.span, format!("`{table}` has no comment")).help("add COMMENT");
        }
    }
}
