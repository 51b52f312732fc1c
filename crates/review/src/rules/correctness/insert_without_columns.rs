use sluice_schema::Column;
use sluice_sql::Dialect;
use sluice_sql::model::{Insert, InsertSource, Statement};
use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `INSERT` does not name its columns.
    ///
    /// ## Why
    /// It depends on the number and order of columns, which the next change may alter.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders VALUES (1, 'x', 2);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, note, total) VALUES (1, 'x', 2);
    /// ```
    ///
    /// ## Source
    /// Measured: after DROP COLUMN values of such an `INSERT` go into other columns without an error. PostgreSQL manual,
    /// INSERT.
    InsertWithoutColumns, "correctness/insert-without-columns", Engines::ALL, Warning, Strict
}

impl Rule for InsertWithoutColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        if insert.columns.is_empty()
            && matches!(insert.source, InsertSource::Values { .. } | InsertSource::Query(_))
        {
            let message = format!("the columns of `{}` are not named", cx.display(&insert.table.name));
            out.report(insert.table.name.span, message)
                .help("name the columns that are inserted")
                .fix(fix(cx, insert));
        }
    }
}

/// Writes the table's columns down, where each is known and has a value.
fn fix(cx: &Context<'_>, insert: &Insert) -> Option<Fix> {
    let InsertSource::Values { width, .. } = insert.source else { return None };
    let relation = cx.relation(&insert.table.name).filter(|it| it.columns_known && it.is_table())?;
    let plain = |column: &Column| column.generated.is_none() && !column.invisible;
    if relation.columns.len() != width || !relation.columns.iter().all(plain) {
        return None;
    }
    let mark = if matches!(cx.dialect(), Dialect::Mysql | Dialect::Mariadb) { '`' } else { '"' };
    let name = |column: &Column| {
        let doubled = column.name.replace(mark, &format!("{mark}{mark}"));
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        // Quotes are left out where nothing can be meant but the name: no word of SQL has a `_`.
        let bare = column.name.bytes().all(is_plain) && (column.name.contains('_') || column.name == "id");
        if bare { doubled } else { format!("{mark}{doubled}{mark}") }
    };
    let names: Vec<String> = relation.columns.iter().map(name).collect();
    let edit = Edit::insert(insert.table.name.span.end, format!(" ({})", names.join(", ")));
    Some(Fix::edits("name the columns", vec![edit]))
}
