use sluice_schema::{Column, ColumnType, Relation, UserType};
use sluice_sql::model::{AlterAction, ColumnChange, DataType, Expr, Ident, TableAction};

use super::alteration::Alteration;
use crate::Context;

/// What PostgreSQL does to a table when the type of one of its columns changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Nothing.
    None,
    /// It builds indexes over the column anew.
    Indexes,
    /// It writes table and indexes anew.
    Rewrite,
}

/// A change of a column's type.
pub(super) struct TypeChange<'a> {
    /// The action.
    pub action: &'a AlterAction,
    /// The column as written.
    pub name: &'a Ident,
    /// What is known of the column.
    pub column: Option<&'a Column>,
    /// The new type.
    pub data_type: &'a DataType,
    /// What it takes.
    pub effort: Effort,
}

/// Changes of types that an `ALTER TABLE` makes.
pub(super) fn changes<'a>(cx: &Context<'a>, alteration: &Alteration<'a>) -> Vec<TypeChange<'a>> {
    let actions = alteration.alter.actions.iter().filter_map(|action| {
        let TableAction::AlterColumn { name, change, .. } = &action.kind else { return None };
        let ColumnChange::Type { data_type, using } = &**change else { return None };
        let column = alteration.relation.and_then(|it| it.column(&name.folded(cx.dialect())));
        let old = column.and_then(|column| column.data_type.as_ref());
        let effort = effort(cx, alteration.relation, name, old, data_type, using.as_ref());
        Some(TypeChange { action, name, column, data_type, effort })
    });
    actions.collect()
}

fn effort(
    cx: &Context<'_>,
    relation: Option<&Relation>,
    name: &Ident,
    old: Option<&ColumnType>,
    new: &DataType,
    using: Option<&Expr>,
) -> Effort {
    let Some(old) = old else { return Effort::Rewrite };
    // `USING c` and `USING c::new` say what happens anyhow; anything else is computed for each row.
    if using.is_some_and(|expr| !expr.calls.is_empty() || expr.computes || expr.columns.len() != 1) {
        return Effort::Rewrite;
    }
    let new = ColumnType::of(cx.dialect(), new);
    if (&old.name, &old.arguments, old.dimensions, &old.schema)
        == (&new.name, &new.arguments, new.dimensions, &new.schema)
    {
        let same = new.collation.is_none() || old.collation == new.collation;
        return if same { Effort::None } else { Effort::Indexes };
    }
    if old.dimensions > 0 || new.dimensions > 0 {
        return Effort::Rewrite;
    }
    let utc = cx.session.time_zone.as_deref().is_some_and(|zone| matches!(zone, "utc" | "gmt" | "etc/utc"));
    match (old.name.as_str(), new.name.as_str()) {
        ("timestamp", "timestamp with time zone") if utc => Effort::Indexes,
        ("timestamp with time zone", "timestamp") if utc => Effort::None,
        // Operators of varchar are those of text; an index over an expression is built anew all the same.
        ("text", "character varying") if new.arguments.is_empty() => {
            let column = name.folded(cx.dialect());
            let is_over = |it: &Relation| it.indexes_of(&column).any(sluice_schema::Index::has_expression);
            if relation.is_some_and(is_over) { Effort::Indexes } else { Effort::None }
        }
        _ if is_free(cx, old, &new) => Effort::None,
        _ => Effort::Rewrite,
    }
}

/// Changes that only touch the catalog, as measured on 14–18.
fn is_free(cx: &Context<'_>, old: &ColumnType, new: &ColumnType) -> bool {
    let wider = || new.arguments.is_empty() || new.number(0).zip(old.number(0)).is_some_and(|(n, o)| n >= o);
    match (old.name.as_str(), new.name.as_str()) {
        ("character varying", "text") | ("cidr", "inet") => true,
        ("character varying", "character varying") | ("bit varying", "bit varying") => wider(),
        ("numeric", "numeric") => {
            let scale = |it: &ColumnType| it.number(1).unwrap_or(0);
            new.arguments.is_empty() || (wider() && scale(old) == scale(new))
        }
        (a, b) if a == b => {
            let has_precision = matches!(
                a,
                "timestamp" | "timestamp with time zone" | "time" | "time with time zone" | "interval"
            );
            // Without a precision it is 6, the greatest one.
            has_precision
                && (new.arguments.is_empty() || new.number(0).unwrap_or(0) >= old.number(0).unwrap_or(6))
        }
        _ => {
            let base = |it: &ColumnType| match cx.schema.type_of_column(it) {
                Some(UserType::Domain(domain)) => Some((domain.base.clone(), domain.constrained())),
                _ => None,
            };
            match (base(old), base(new)) {
                (Some((base, _)), None) => base == *new,
                (None, Some((base, constrained))) => base == *old && !constrained,
                _ => false,
            }
        }
    }
}
