use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `CREATE OR REPLACE TABLE` drops the table that is there.
    ///
    /// ## Why
    /// It is a `DROP TABLE IF EXISTS` and a `CREATE TABLE` in one: the rows are gone without the word drop.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql
    /// CREATE OR REPLACE TABLE orders (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS drafts (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MariaDB manual, CREATE OR REPLACE TABLE.
    ReplaceTable, "data-loss/replace-table", Engines::MARIADB, Error, Recommended
}

impl Rule for ReplaceTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let Some(replace) = create.or_replace else { return };
        let nothing_there = cx.schema.complete && cx.relation(&create.name).is_none();
        if create.temporary.is_some() || nothing_there || cx.is_new(&create.name) {
            return;
        }
        out.report(
            replace,
            format!("OR REPLACE drops `{}` with its rows if it is there", cx.display(&create.name)),
        )
        .help("write CREATE TABLE, or change the table with ALTER TABLE");
    }
}
