use sluice_sql::model::{TableConstraint, TableConstraintKind};
use sluice_text::{Edit, Fix};

use super::picked;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A constraint of a table has no name of its own.
    ///
    /// ## Why
    /// The server makes a name up, another one on each engine and sometimes on each database; a later change that drops the
    /// constraint cannot rely on it. Primary keys and constraints written in a column are not meant.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int, CHECK (total > 0));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int, CONSTRAINT orders_total_check CHECK (total > 0));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Constraints: a name lets error messages and later changes refer to it; MySQL manual, CREATE TABLE
    /// Statement, which numbers them.
    ConstraintUnnamed, "naming/constraint-unnamed", Engines::ALL, Warning, Strict
}

impl Rule for ConstraintUnnamed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, constraint) in cx.parsed.statement.constraints() {
            let word = match &constraint.kind {
                TableConstraintKind::Unique(key) if key.index_name.is_none() && key.using_index.is_none() => {
                    "unique key"
                }
                TableConstraintKind::ForeignKey(key) if key.index_name.is_none() => "foreign key",
                TableConstraintKind::Check(_) => "check",
                TableConstraintKind::Exclude(_) => "exclusion constraint",
                _ => continue,
            };
            if constraint.name.is_none() {
                let table = cx.display(table);
                out.report(constraint.span, format!("a {word} of `{table}` has no name of its own"))
                    .help("name it with CONSTRAINT")
                    .fix(fix(cx, constraint));
            }
        }
    }
}

/// Writes the name down that PostgreSQL picks, where no other constraint could have it.
fn fix(cx: &Context<'_>, constraint: &TableConstraint) -> Option<Fix> {
    let all = cx.parsed.statement.constraints();
    let name = |constraint: &TableConstraint| {
        let (table, _) = all.iter().find(|(_, it)| it.span == constraint.span)?;
        let mut columns = constraint.columns();
        let suffix = match constraint.kind {
            TableConstraintKind::Unique(_) => "key",
            TableConstraintKind::ForeignKey(_) => "fkey",
            TableConstraintKind::Check(_) => "check",
            _ => return None,
        };
        if suffix == "check" {
            let first = columns.first().map(|column| column.folded(cx.dialect()));
            let same = columns.iter().all(|column| Some(column.folded(cx.dialect())) == first);
            columns.truncate(usize::from(same));
        }
        let known = cx.relation(table);
        let name = picked::name(cx, table, &columns, suffix)?;
        known.is_none_or(|it| it.constraint(&name).is_none() && it.index(&name).is_none()).then_some(name)
    };
    let own = name(constraint)?;
    let twice = all.iter().filter(|(_, it)| it.name.is_none() && name(it).as_ref() == Some(&own)).count() > 1;
    let written = cx.slice(cx.parsed.span).to_ascii_lowercase().contains(&own);
    // Those of columns are named first, and a table that is there may have more than is known.
    let columns = cx.parsed.statement.column_defs();
    let others = columns.iter().any(|(_, column)| {
        column.unique().is_some() || column.references().is_some() || column.checks().next().is_some()
    });
    let safe = !twice && !written && !others && constraint.if_not_exists.is_none();
    safe.then(|| {
        let edit = Edit::insert(constraint.span.start, format!("CONSTRAINT {own} "));
        Fix::edits("name it as the server would", vec![edit])
    })
}
