use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::{Ident, NameClass, ObjectName, Statement, TableAction};
use sluice_text::Span;

rule! {
    /// `CASCADE` drops more than what is named.
    ///
    /// ## Why
    /// Views, and foreign keys of other tables, go without a word. A view that is lost is missed by whoever reads it; a foreign key that is lost is missed by nobody until the data is wrong.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE VIEW open_orders AS SELECT id FROM orders;
    /// ```
    /// ```sql
    /// DROP TABLE orders CASCADE;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id bigint PRIMARY KEY);
    /// DROP TABLE drafts;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Dependency Tracking.
    DropCascade, "data-loss/drop-cascade", Engines::POSTGRES, Error, Recommended
}

impl Rule for DropCascade {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let dropped: Vec<(&ObjectName, Option<&Ident>, Span)> = match &cx.parsed.statement {
            Statement::Drop(drop)
                if matches!(
                    drop.kind,
                    ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView
                ) =>
            {
                let Some(cascade) = drop.cascade else { return };
                drop.names.iter().map(|name| (name, None, cascade)).collect()
            }
            Statement::AlterTable(alter) => alter
                .actions
                .iter()
                .filter_map(|action| match &action.kind {
                    TableAction::DropColumn { name, cascade: Some(cascade), .. } => {
                        Some((&alter.name, Some(name), *cascade))
                    }
                    _ => None,
                })
                .collect(),
            _ => return,
        };
        for (name, column, cascade) in dropped {
            if cx.is_new(name) {
                continue;
            }
            let mut gone = depending(cx, name, column);
            if gone.is_empty() {
                if cx.relation(name).is_some() {
                    continue;
                }
                gone.push("whatever depends on it".to_owned());
            }
            out.report(cascade, format!("CASCADE drops {}, too", gone.join(", ")))
                .help("drop what depends on it by name, and leave CASCADE out");
        }
    }
}

/// Views and foreign keys that go with a relation or with one of its columns.
fn depending(cx: &Context<'_>, name: &ObjectName, column: Option<&Ident>) -> Vec<String> {
    let root = cx.schema.relation_name(name);
    let column = column.map(|column| column.key(cx.dialect(), NameClass::Other));
    let mut gone: Vec<String> = Vec::new();
    let mut next = vec![root.clone()];
    while let Some(one) = next.pop() {
        for view in cx.schema.views_of(&one) {
            let reads = column.as_deref().is_none_or(|column| {
                one != root
                    || view.uses.iter().any(|used| {
                        used.relation == root && (used.star || used.columns.iter().any(|name| name == column))
                    })
            });
            let text = format!("view `{}`", view.name);
            if reads && !gone.contains(&text) {
                gone.push(text);
                next.push(view.name.clone());
            }
        }
    }
    for (relation, constraint) in cx.schema.references_to(&root) {
        let needs = column.as_deref().is_none_or(|column| {
            constraint.foreign_key().is_some_and(|key| key.referenced.iter().any(|name| name == column))
        });
        if needs && relation.name != root {
            gone.push(format!("foreign key `{}` of `{}`", constraint.name, relation.name));
        }
    }
    gone
}
