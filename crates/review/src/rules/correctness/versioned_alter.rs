use sluice_sql::model::{AlterAction, TableAction, TableConstraintKind};
use sluice_text::Evidence;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Columns of a table with system versioning are altered while its history must not change.
    ///
    /// ## Why
    /// MariaDB refuses it (error 4119) unless `system_versioning_alter_history` is `KEEP`: the old versions of rows would get the
    /// new column, too, or lose the old one.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE prices (id integer PRIMARY KEY, amount integer) WITH SYSTEM VERSIONING;
    /// ```
    /// ```sql
    /// ALTER TABLE prices ADD COLUMN note varchar(20);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE prices (id integer PRIMARY KEY, amount integer) WITH SYSTEM VERSIONING;
    /// ```
    /// ```sql
    /// SET system_versioning_alter_history = KEEP;
    /// ALTER TABLE prices ADD COLUMN note varchar(20);
    /// ```
    ///
    /// ## Source
    /// MariaDB documentation, System-Versioned Tables, system_versioning_alter_history; measured on 10.11.
    VersionedAlter, "correctness/versioned-alter", Engines::MARIADB, Error, Recommended
}

impl Rule for VersionedAlter {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let sluice_sql::model::Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let versioned =
            cx.relation(&alter.name).is_some_and(|it| it.options.contains_key("system versioning"));
        let ends = || alter.actions.iter().any(|it| it.kind == TableAction::SystemVersioning(false));
        if !versioned || ends() || history_may_change(cx) {
            return;
        }
        if let Some(action) = alter.actions.iter().find(is_refused) {
            let table = cx.display(&alter.name);
            // The server may be configured so.
            out.report(
                action.span,
                format!("the history of `{table}` would change, which the server refuses"),
            )
            .evidence(Evidence::Assumed)
            .help("put SET system_versioning_alter_history = KEEP before it");
        }
    }
}

fn is_refused(action: &&AlterAction) -> bool {
    match &action.kind {
        TableAction::AddColumn { .. }
        | TableAction::DropColumn { .. }
        | TableAction::ModifyColumn { .. }
        | TableAction::ChangeColumn { .. } => true,
        TableAction::AddConstraint(constraint) => {
            matches!(constraint.kind, TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_))
        }
        _ => false,
    }
}

/// Whether the change set `system_versioning_alter_history` before, to whatever.
fn history_may_change(cx: &Context<'_>) -> bool {
    cx.before.iter().filter(|seen| seen.is_setting).any(|seen| {
        let text = cx.slice(seen.span).to_ascii_lowercase();
        text.contains("system_versioning_alter_history") && text.contains("keep")
    })
}
