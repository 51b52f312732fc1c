use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::{ObjectName, Statement};

rule! {
    /// A table is changed that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement. What the changes before this one make, and what was there before them, is known.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE ordres ADD COLUMN memo varchar(20);
    /// ```
    /// ```sql
    /// DROP TABLE ordres;
    /// ```
    /// ```sql
    /// CREATE INDEX ordres_note ON ordres (note);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN memo varchar(20);
    /// ```
    /// ```sql
    /// DROP TABLE IF EXISTS ordres;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42P01 undefined_table; MySQL manual, error 1146.
    MissingTable, "correctness/missing-table", Engines::ALL, Error, Recommended
}

impl Rule for MissingTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if !cx.schema.complete {
            return;
        }
        let names: Vec<&ObjectName> = match &cx.parsed.statement {
            Statement::AlterTable(alter)
                if alter.kind == ObjectKind::Table && !alter.if_exists.is_written() =>
            {
                vec![&alter.name]
            }
            Statement::CreateIndex(create) => vec![&create.table],
            Statement::Drop(drop) if drop.kind == ObjectKind::Table && !drop.if_exists.is_written() => {
                drop.names.iter().collect()
            }
            Statement::Truncate(truncate) => truncate.tables.iter().map(|table| &table.name).collect(),
            Statement::Insert(insert) => vec![&insert.table.name],
            _ => return,
        };
        for name in names {
            // Other schemas and databases may be somebody else's.
            let elsewhere = name.schema().is_some_and(|schema| schema.text != cx.schema.home());
            if cx.relation(name).is_none()
                && !elsewhere
                && !cx.schema.sequences.contains_key(&cx.schema.sequence_name(name))
            {
                out.report(name.span, format!("there is no table `{}`", cx.display(name)))
                    .help("correct the name, or create the table first");
            }
        }
    }
}
