use sluice_sql::model::{Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A constraint is dropped, renamed or validated that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP CONSTRAINT total_positive;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, total integer, CONSTRAINT total_positive CHECK (total > 0));
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP CONSTRAINT total_positive;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42704 undefined_object; MySQL manual, error 3940.
    MissingConstraint, "correctness/missing-constraint", Engines::SERVERS, Error, Recommended
}

impl Rule for MissingConstraint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let table = cx.display(&alter.name);

        let Some(relation) = cx.relation(&alter.name).filter(|it| it.columns_known && it.is_table()) else {
            return;
        };
        for action in &alter.actions {
            let name = match &action.kind {
                TableAction::DropConstraint { name, if_exists, .. } if !if_exists.is_written() => name,
                TableAction::ValidateConstraint(name) => name,
                TableAction::RenameConstraint { from, .. } => from,
                _ => continue,
            };
            let is_it = |other: &str| other.eq_ignore_ascii_case(&name.text);
            // Names that the server chooses are guesses, NOT NULL ones above all.
            let chosen = name.text.ends_with("_not_null")
                || name.text.contains("_check")
                || name.text.contains("_ibfk_")
                || name.text.contains("_chk_");
            let known = relation.constraints.iter().any(|it| is_it(&it.name))
                || relation.indexes.iter().any(|it| is_it(&it.name));
            let added = alter.actions.iter().any(|other| match &other.kind {
                TableAction::AddConstraint(constraint) => {
                    constraint.name.as_ref().is_some_and(|it| is_it(&it.text))
                }
                _ => false,
            });
            if cx.schema.complete
                && !known
                && !added
                && !chosen
                && relation.inherits.is_empty()
                && relation.partition_of.is_none()
            {
                out.report(name.span, format!("`{table}` has no constraint `{}`", name.text))
                    .help("correct the name, or write IF EXISTS");
            }
        }
    }
}
