use sluice_sql::model::{Ident, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `AUTO_INCREMENT` column is no key.
    ///
    /// ## Why
    /// The server refuses it: there can be only one auto column and it must be defined as a key.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE notes (id int AUTO_INCREMENT, code int PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE notes (id int AUTO_INCREMENT PRIMARY KEY, code int);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, CREATE TABLE Statement, AUTO_INCREMENT; error 1075.
    AutoIncrementNotKey, "correctness/auto-increment-not-key", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for AutoIncrementNotKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        for column in create.columns().filter(|column| column.auto_increment()) {
            let is_it =
                |name: Option<&&Ident>| name.is_some_and(|name| name.same(&column.name, cx.dialect()));
            let in_key = column.primary_key().is_some()
                || column.unique().is_some()
                || create.constraints().any(|it| it.columns().iter().any(|name| is_it(Some(name))))
                || create.indexes().any(|it| it.columns().any(|name| is_it(Some(&name))));
            if !in_key {
                out.report(column.span, format!("`{}` counts by itself and is no key", column.name.text))
                    .help("make it the primary key");
            }
        }
    }
}
