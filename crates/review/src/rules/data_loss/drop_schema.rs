use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A schema is dropped with everything in it.
    ///
    /// ## Why
    /// `CASCADE` takes every table, view, type and function of the schema, and what depends on them in other schemas.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE SCHEMA shop;
    /// CREATE TABLE shop.orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// DROP SCHEMA shop CASCADE;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE SCHEMA shop;
    /// ```
    /// ```sql
    /// DROP SCHEMA shop;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP SCHEMA.
    DropSchema, "data-loss/drop-schema", Engines::POSTGRES, Error, Recommended
}

impl Rule for DropSchema {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Schema || drop.cascade.is_none() {
            return;
        }
        for name in &drop.names {
            let schema = name.name.folded(cx.dialect());
            let made_here =
                cx.schema.schemas.get(schema.as_ref()).is_some_and(|origin| cx.made_here(*origin));
            let inside: Vec<String> = cx
                .schema
                .relations
                .keys()
                .filter(|relation| relation.schema == *schema)
                .map(|relation| format!("`{}`", relation.name))
                .collect();
            if made_here || (cx.schema.complete && inside.is_empty()) {
                continue;
            }
            let what = if inside.is_empty() { "everything in it".to_owned() } else { inside.join(", ") };
            out.report(name.span, format!("dropping schema `{schema}` with CASCADE loses {what}"))
                .help("drop what is in the schema by name, then the schema without CASCADE");
        }
    }
}
