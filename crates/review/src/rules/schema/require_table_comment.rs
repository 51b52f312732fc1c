use sluice_sql::model::{Statement, TableOptionKind};
use sluice_sql::{Dialect, ObjectKind};

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
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COMMENT='Orders of the shop';
    /// ```
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// COMMENT ON TABLE orders IS 'Orders of the shop';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, COMMENT; MySQL manual, CREATE TABLE Statement, Table Options.
    RequireTableComment, "schema/require-table-comment", Engines::SERVERS, Info, All
}

impl Rule for RequireTableComment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let written = create.options.iter().any(|option| matches!(option.kind, TableOptionKind::Comment(_)));
        let follows = super::comments(cx)
            .any(|it| it.kind == ObjectKind::Table && it.name.same_relation(&create.name, cx.dialect()));
        if !written && !follows && create.temporary.is_none() && create.partition_of.is_none() {
            let table = cx.display(&create.name);
            let help = if cx.dialect() == Dialect::Postgres { "add COMMENT ON TABLE" } else { "add COMMENT" };
            out.report(create.name.span, format!("`{table}` has no comment")).help(help);
        }
    }
}
