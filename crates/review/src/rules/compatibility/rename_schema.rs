use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::{ObjectAction, Statement};

rule! {
    /// A schema that is in use is renamed.
    ///
    /// ## Why
    /// Everything in it gets another name at once; programs that name the old one, or have it in their `search_path`, fail.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE SCHEMA shop;
    /// CREATE TABLE shop.orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// ALTER SCHEMA shop RENAME TO store;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE SCHEMA shop;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER SCHEMA; The Schema Search Path.
    RenameSchema, "compatibility/rename-schema", Engines::POSTGRES, Error, Recommended
}

impl Rule for RenameSchema {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterObject(alter) = &cx.parsed.statement else { return };
        let made_here = cx
            .schema
            .schemas
            .get(alter.name.name.folded(cx.dialect()).as_ref())
            .is_some_and(|origin| cx.made_here(*origin));
        let renamed = alter.actions.iter().any(|action| matches!(action, ObjectAction::RenameTo(_)));
        if alter.kind == ObjectKind::Schema && renamed && !made_here {
            out.report(alter.name.span, format!("programs that use schema `{}` fail", alter.name.name.text))
                .help("create the new schema, move things one by one, and leave views behind");
        }
    }
}
