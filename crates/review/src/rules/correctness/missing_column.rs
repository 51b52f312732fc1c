use sluice_sql::model::{NameClass, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is changed that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP COLUMN nota;
    /// ```
    /// ```sql
    /// ALTER TABLE orders RENAME COLUMN nota TO memo;
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
    /// PostgreSQL manual, Error Codes, 42703 undefined_column; MySQL manual, error 1054.
    MissingColumn, "correctness/missing-column", Engines::ALL, Error, Recommended
}

impl Rule for MissingColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let table = cx.display(&alter.name);

        let Some(relation) = cx.relation(&alter.name).filter(|it| it.columns_known && it.is_table()) else {
            return;
        };
        let mut added: Vec<String> = Vec::new();
        for action in &alter.actions {
            let name = match &action.kind {
                TableAction::AddColumn { column, .. } => {
                    added.push(column.name.key(cx.dialect(), NameClass::Other).into_owned());
                    continue;
                }
                TableAction::RenameColumn { from, to } => {
                    added.push(to.key(cx.dialect(), NameClass::Other).into_owned());
                    from
                }
                TableAction::DropColumn { name, if_exists, .. } if !if_exists.is_written() => name,
                TableAction::AlterColumn { name, if_exists: None, .. } => name,
                TableAction::ModifyColumn { column, if_exists: None, .. } => &column.name,
                TableAction::ChangeColumn { from, if_exists: None, .. } => from,
                _ => continue,
            };
            let key = name.key(cx.dialect(), NameClass::Other).into_owned();
            if relation.column(&key).is_none() && !added.contains(&key) {
                out.report(name.span, format!("`{table}` has no column `{}`", name.text))
                    .help("correct the name, or add the column first");
            }
        }
    }
}
