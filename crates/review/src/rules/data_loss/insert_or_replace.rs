use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `REPLACE` deletes the row that is there and inserts another.
    ///
    /// ## Why
    /// Columns that are not named go back to their defaults, rows that refer to it with `ON DELETE CASCADE` go away, and the row may get another id.
    ///
    /// ## Bad
    /// ```sql sqlite before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql mysql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql sqlite
    /// INSERT OR REPLACE INTO orders (id, note) VALUES (1, 'x');
    /// ```
    /// ```sql mysql
    /// REPLACE INTO orders (id, note) VALUES (1, 'x');
    /// ```
    ///
    /// ## Good
    /// ```sql sqlite before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql sqlite
    /// INSERT INTO orders (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = excluded.note;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, REPLACE Statement; SQLite documentation, The ON CONFLICT Clause.
    InsertOrReplace, "data-loss/insert-or-replace", Engines::ALL, Warning, Strict
}

impl Rule for InsertOrReplace {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        let Some(replace) = insert.replace else { return };
        if !cx.is_new(&insert.table.name) {
            let message = format!(
                "a row of `{}` that is there is deleted, not updated",
                cx.display(&insert.table.name)
            );
            out.report(replace, message).help("write an upsert that updates the columns that are meant");
        }
    }
}
