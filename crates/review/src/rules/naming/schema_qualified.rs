use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A relation is made or changed by a name without its schema.
    ///
    /// ## Why
    /// Which schema is meant then hangs on `search_path`, which differs between roles, sessions and databases.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE public.orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, The Schema Search Path.
    SchemaQualified, "naming/schema-qualified", Engines::POSTGRES, Warning, Strict
}

impl Rule for SchemaQualified {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (name, temporary) = match &cx.parsed.statement {
            Statement::CreateTable(create) => (&create.name, create.temporary.is_some()),
            Statement::AlterTable(alter) => (&alter.name, false),
            Statement::CreateView(view) => (&view.name, view.temporary.is_some()),
            Statement::CreateIndex(create) => (&create.table, false),
            Statement::CreateSequence(create) => (&create.name, create.temporary.is_some()),
            Statement::CreateType(create) => (&create.name, false),
            Statement::CreateRoutine(create) => (&create.name, false),
            _ => return,
        };
        let known_temporary = cx.relation(name).is_some_and(|relation| relation.temporary);
        if name.schema().is_none() && !temporary && !known_temporary {
            let text = name.name.folded(cx.dialect());
            out.report(
                name.span,
                format!("`{text}` is named without its schema: search_path decides which one is meant"),
            )
            .help("write the schema before the name");
        }
    }
}
