use sluice_schema::Relation;
use sluice_sql::model::{Ident, NameClass, Statement, TableAction, TableConstraintKind};
use sluice_text::Span;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A unique key goes that upserts may rely on.
    ///
    /// ## Why
    /// `INSERT … ON CONFLICT (column)` fails where no unique index over the column is left. `ON DUPLICATE KEY UPDATE` and `REPLACE`
    /// do not fail: they insert a second row.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100));
    /// CREATE UNIQUE INDEX users_email ON users (email);
    /// ```
    /// ```sql postgres
    /// DROP INDEX CONCURRENTLY users_email;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE users DROP INDEX users_email;
    /// ```
    /// ```sql sqlite
    /// DROP INDEX users_email;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100));
    /// CREATE UNIQUE INDEX users_email ON users (email);
    /// CREATE UNIQUE INDEX users_email_again ON users (email);
    /// ```
    /// ```sql postgres
    /// DROP INDEX CONCURRENTLY users_email;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE users DROP INDEX users_email;
    /// ```
    /// ```sql sqlite
    /// DROP INDEX users_email;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, INSERT, ON CONFLICT Clause; measured: the error comes when the statement is planned, not before.
    DropUnique, "compatibility/drop-unique", Engines::ALL, Warning, Recommended
}

impl Rule for DropUnique {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if cx.change.contract {
            return;
        }
        let dialect = cx.dialect();
        let mut dropped: Vec<(&Relation, String, Span)> = Vec::new();
        match &cx.parsed.statement {
            Statement::DropIndex(drop) => {
                for name in &drop.names {
                    if let Some((relation, index)) = cx.schema.index(name, drop.table.as_ref()) {
                        dropped.push((relation, index.name.clone(), name.span));
                    }
                }
            }
            Statement::AlterTable(alter) => {
                let Some(relation) = cx.relation(&alter.name) else { return };
                for action in &alter.actions {
                    let name = match &action.kind {
                        TableAction::DropIndex { name, .. } | TableAction::DropConstraint { name, .. } => {
                            name
                        }
                        _ => continue,
                    };
                    dropped.push((relation, name.key(dialect, NameClass::Other).into_owned(), action.span));
                }
            }
            _ => return,
        }
        for (relation, name, span) in &dropped {
            let Some(index) = relation.index(name).filter(|it| it.unique && it.valid) else { continue };
            let Some(columns) = index.plain_columns() else { continue };
            let stays = relation.indexes.iter().any(|other| {
                let gone = dropped.iter().any(|(_, gone, _)| *gone == other.name);
                !gone
                    && other.unique
                    && other.filter == index.filter
                    && other.plain_columns().as_ref() == Some(&columns)
            });
            let comes = adds_unique(cx, &columns) || drops_column(cx, &columns);
            if stays || comes || cx.made_here(relation.origin) || cx.made_here(index.origin) {
                continue;
            }
            let message = format!(
                "upserts into `{}` that rely on unique ({}) fail or insert doubles from now on",
                relation.name,
                columns.join(", ")
            );
            out.report(*span, message)
                .help("make sure that no program upserts by it, and drop it in a change with phase=contract");
        }
    }
}

/// Whether the statement, or one after it, makes these columns unique again.
fn adds_unique(cx: &Context<'_>, columns: &[&str]) -> bool {
    let same = |keys: Vec<&Ident>| {
        keys.len() == columns.len()
            && keys.iter().all(|key| columns.contains(&key.key(cx.dialect(), NameClass::Other).as_ref()))
    };
    std::iter::once(cx.parsed).chain(cx.after).any(|parsed| {
        let indexes = parsed.statement.index_defs();
        let constraints = parsed.statement.constraints();
        indexes.iter().any(|(_, index)| index.unique.is_some() && same(index.columns().collect()))
            || constraints.iter().any(|(_, it)| {
                let key =
                    matches!(it.kind, TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_));
                key && same(it.columns())
            })
    })
}

/// Whether a column of the key goes, too, of which another rule speaks.
fn drops_column(cx: &Context<'_>, columns: &[&str]) -> bool {
    let Statement::AlterTable(alter) = &cx.parsed.statement else { return false };
    alter.actions.iter().any(|action| match &action.kind {
        TableAction::DropColumn { name, .. } => {
            columns.contains(&name.key(cx.dialect(), NameClass::Other).as_ref())
        }
        _ => false,
    })
}
