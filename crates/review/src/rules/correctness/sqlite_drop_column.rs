use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::{ConstraintKind, Index, Relation};
use sluice_sql::model::{NameClass, Statement, TableAction};
use sluice_text::{Edit, Fix};

rule! {
    /// SQLite refuses to drop a column that something needs.
    ///
    /// ## Why
    /// A column that is in an index, a key, a view or a check cannot be dropped; SQLite does not drop the index for it. Measured on 3.40.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP COLUMN note;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY, note text);
    /// ALTER TABLE drafts DROP COLUMN note;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, ALTER TABLE DROP COLUMN.
    SqliteDropColumn, "correctness/sqlite-drop-column", Engines::SQLITE, Error, Recommended
}

impl Rule for SqliteDropColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let table = cx.display(&alter.name);

        let Some(relation) = cx.relation(&alter.name) else { return };
        for action in &alter.actions {
            let TableAction::DropColumn { name, .. } = &action.kind else { continue };
            let key = name.key(cx.dialect(), NameClass::Other);
            // A key goes only with its table.
            let keys = relation.constraints.iter().find(|it| {
                matches!(it.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. })
                    && it.columns().iter().any(|one| *one == *key)
            });
            if let Some(constraint) = keys {
                let kind = match constraint.kind {
                    ConstraintKind::PrimaryKey { .. } => "primary key",
                    _ => "UNIQUE constraint",
                };
                let columns = constraint.columns().join(", ");
                let message = format!(
                    "`{}` of `{table}` cannot be dropped: it is in the {kind} over {columns}",
                    name.text
                );
                out.report(action.span, message).help(
                    "make the table anew without the column: a new table, INSERT … SELECT, drop the old one, rename",
                );
                continue;
            }
            let index = relation.indexes_of(&key).next().map(|index| format!("index `{}`", index.name));
            let constraint = || {
                let of = relation.constraints.iter().find(|it| match &it.kind {
                    ConstraintKind::NotNull { .. } => false,
                    // One that is written at its column goes with it.
                    ConstraintKind::ForeignKey(_) => {
                        it.columns().len() > 1 && it.columns().iter().any(|one| *one == *key)
                    }
                    ConstraintKind::Check { columns, .. } => {
                        columns.len() > 1 && columns.iter().any(|one| *one == *key)
                    }
                    _ => it.columns().iter().any(|one| *one == *key),
                });
                of.map(|it| format!("a constraint over {}", it.columns().join(", ")))
            };
            let view = || {
                let mut views = cx.schema.views_of(&relation.name);
                let reads = |it: &&sluice_schema::Relation| {
                    it.uses.iter().any(|used| {
                        used.relation == relation.name && used.columns.iter().any(|one| *one == *key)
                    })
                };
                views.find(reads).map(|it| format!("view `{}`", it.name))
            };
            let others = constraint().is_some() || view().is_some();
            if let Some(user) = index.or_else(constraint).or_else(view) {
                out.report(
                    action.span,
                    format!("`{}` of `{table}` cannot be dropped: {user} needs it", name.text),
                )
                .help("drop what needs the column first, and make it anew after that")
                .fix(if others { None } else { fix(cx, relation, &key) });
            }
        }
    }
}

/// Drops the indexes over the column alone first: they would go with it on any other engine.
fn fix(cx: &Context<'_>, relation: &Relation, column: &str) -> Option<Fix> {
    let indexes: Vec<&Index> = relation.indexes_of(column).collect();
    let plain = |index: &&Index| {
        index.constraint.is_none()
            && index.plain_columns().is_some_and(|columns| columns == [column])
            && index.filter_columns.iter().all(|it| it == column)
    };
    if indexes.is_empty() || !indexes.iter().all(plain) {
        return None;
    }
    let drop: String =
        indexes.iter().map(|it| format!("DROP INDEX \"{}\";\n", it.name.replace('"', "\"\""))).collect();
    Some(Fix::edits("drop the index first", vec![Edit::insert(cx.parsed.span.start, drop)]))
}
