use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::Dialect;
use sluice_sql::model::Statement;

rule! {
    /// An index gets a name that is taken.
    ///
    /// ## Why
    /// The server refuses the statement. Index names belong to the schema in PostgreSQL and SQLite, to the table in MySQL and MariaDB.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql
    /// CREATE INDEX orders_note ON orders (total);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY, note varchar(20));
    /// CREATE INDEX drafts_note ON drafts (note);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE INDEX; Error Codes, 42P07; MySQL manual, error 1061.
    DuplicateIndexName, "correctness/duplicate-index-name", Engines::ALL, Error, Recommended
}

impl Rule for DuplicateIndexName {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        let Some(name) = &create.index.name else { return };
        if create.if_not_exists.is_written() || create.or_replace.is_some() {
            return;
        }
        let of_table = matches!(cx.dialect(), Dialect::Mysql | Dialect::Mariadb);
        if let Some((relation, index)) = cx.schema.index(name, of_table.then_some(&create.table)) {
            out.report(name.span, format!("`{}` has an index `{}`", relation.name, index.name))
                .help("choose another name");
        }
    }
}
