use sluice_sql::model::{NameClass, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `IF NOT EXISTS` hides that the table is there with other columns.
    ///
    /// ## Why
    /// The server says nothing and does nothing: the table keeps the columns that it has.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS orders (id integer PRIMARY KEY, currency varchar(3));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS parcels (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE, IF NOT EXISTS: nothing says that the table is like the one that would have been
    /// created.
    IfNotExistsHidesDifference, "correctness/if-not-exists-hides-difference", Engines::ALL, Warning, Strict
}

impl Rule for IfNotExistsHidesDifference {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let there = cx.relation(&create.name).filter(|it| it.columns_known);
        let Some(relation) = there.filter(|_| create.if_not_exists.is_written()) else { return };
        let missing: Vec<String> = create
            .columns()
            .filter(|column| relation.column(&column.name.key(cx.dialect(), NameClass::Other)).is_none())
            .map(|column| format!("`{}`", column.name.text))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{}` is there and does not get {}", relation.name, missing.join(", "));
            out.report(create.if_not_exists.span, message).help("add the columns with ALTER TABLE");
        }
    }
}
