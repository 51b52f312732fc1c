use sluice_sql::model::{Ident, NameClass, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table gets two columns of one name.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN note varchar(20);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY, note varchar(20), note varchar(30));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN memo varchar(20);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42701 duplicate_column; MySQL manual, error 1060.
    DuplicateColumn, "correctness/duplicate-column", Engines::ALL, Error, Recommended
}

impl Rule for DuplicateColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let key = |name: &Ident| name.key(cx.dialect(), NameClass::Other).into_owned();
        match &cx.parsed.statement {
            Statement::CreateTable(create) => {
                let mut seen: Vec<String> = Vec::new();
                for column in create.columns() {
                    if seen.contains(&key(&column.name)) {
                        let message = format!("column `{}` is there twice", column.name.text);
                        out.report(column.name.span, message).help("take one of the two out");
                    }
                    seen.push(key(&column.name));
                }
            }
            Statement::AlterTable(alter) => {
                let Some(relation) = cx.relation(&alter.name) else { return };
                let mut gone: Vec<String> = Vec::new();
                let mut added: Vec<String> = Vec::new();
                for action in &alter.actions {
                    match &action.kind {
                        TableAction::DropColumn { name, .. } => gone.push(key(name)),
                        TableAction::RenameColumn { from, .. } | TableAction::ChangeColumn { from, .. } => {
                            gone.push(key(from));
                        }
                        TableAction::AddColumn { column, if_not_exists, .. }
                            if !if_not_exists.is_written() =>
                        {
                            let name = key(&column.name);
                            let there = relation.column(&name).is_some() && !gone.contains(&name);
                            if there || added.contains(&name) {
                                let message = format!(
                                    "`{}` has a column `{}`",
                                    cx.display(&alter.name),
                                    column.name.text
                                );
                                out.report(column.name.span, message)
                                    .help("choose another name, or take this out");
                            }
                            added.push(name);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}
