use sluice_sql::Dialect;
use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A statement fails where what it makes is there, or what it drops is gone.
    ///
    /// ## Why
    /// Changes that are run by hand, or on databases that differ, are repeated. `IF EXISTS` and `IF NOT EXISTS` let them pass; they also
    /// hide that something else is there under that name.
    ///
    /// ## Bad
    /// ```sql
    /// DROP TABLE drafts;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS drafts (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE, IF NOT EXISTS; MySQL manual, CREATE TABLE Statement.
    RequireIfExists, "statement/require-if-exists", Engines::ALL, Info, All
}

impl Rule for RequireIfExists {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (keyword, what) = match &cx.parsed.statement {
            Statement::CreateTable(create) if create.or_replace.is_none() => (create.if_not_exists, NOT),
            Statement::CreateIndex(create)
                if cx.dialect() != Dialect::Mysql && create.or_replace.is_none() =>
            {
                // Without a name there is nothing to ask for; built concurrently it may be there and broken.
                if create.index.name.is_none() || create.concurrently.is_written() {
                    return;
                }
                (create.if_not_exists, NOT)
            }
            Statement::CreateSequence(create) => (create.if_not_exists, NOT),
            Statement::CreateSchema(create) => (create.if_not_exists, NOT),
            Statement::CreateExtension(create) => (create.if_not_exists, NOT),
            Statement::Drop(drop) => (drop.if_exists, "IF EXISTS"),
            Statement::DropIndex(drop) if cx.dialect() != Dialect::Mysql => (drop.if_exists, "IF EXISTS"),
            _ => return,
        };
        if !keyword.is_written() {
            out.report(cx.parsed.span, "this fails when it is run again").help(format!("add {what}"));
        }
    }
}

const NOT: &str = "IF NOT EXISTS";
