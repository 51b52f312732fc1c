use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is created that exists.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE orders (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42P07 duplicate_table; MySQL manual, error 1050.
    DuplicateTable, "correctness/duplicate-table", Engines::ALL, Error, Recommended
}

impl Rule for DuplicateTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (name, guarded) = match &cx.parsed.statement {
            Statement::CreateTable(create) => (
                &create.name,
                create.if_not_exists.is_written()
                    || create.or_replace.is_some()
                    || create.temporary.is_some(),
            ),
            Statement::CreateView(view) => (
                &view.name,
                view.if_not_exists.is_written()
                    || view.or_replace.is_written()
                    || view.alter
                    || view.temporary.is_some(),
            ),
            _ => return,
        };
        let there = cx.schema.relations.get(&cx.schema.new_name(name));
        if !guarded && there.is_some_and(|relation| !relation.temporary) {
            out.report(name.span, format!("`{}` exists", cx.display(name)))
                .help("choose another name, or change what is there with ALTER");
        }
    }
}
