use sluice_sql::model::{ColumnDef, ObjectName, Statement, Storage, TableAction};
use sluice_text::{Edit, Fix, Span};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// SQLite refuses to add a column like this.
    ///
    /// ## Why
    /// `ADD COLUMN` writes no row: it takes no primary key, no unique key, no stored generated column, no default that is computed, and no
    /// `NOT NULL` without default. Measured on 3.40.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN code text UNIQUE;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN at text DEFAULT CURRENT_TIMESTAMP;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN twice integer AS (total * 2) STORED;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN code text;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'new';
    /// ```
    ///
    /// ## Source
    /// SQLite manual, ALTER TABLE ADD COLUMN; measured on 3.40.
    SqliteAddColumn, "correctness/sqlite-add-column", Engines::SQLITE, Error, Recommended
}

impl Rule for SqliteAddColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let TableAction::AddColumn { column, .. } = &action.kind else { continue };
            let default = column.default();
            let computed = default.is_some_and(|it| {
                let text = cx.slice(it.span).trim_matches(['(', ')', ' ']).to_ascii_lowercase();
                !it.is_constant() || text.starts_with("current_")
            });
            let filled = default.is_some_and(|it| !it.is_null());
            let why = if column.primary_key().is_some() {
                "a primary key"
            } else if column.unique().is_some() {
                "a unique column"
            } else if column.generated().is_some_and(|it| it.storage == Storage::Stored) {
                "a stored generated column"
            } else if computed {
                "a default that is computed"
            } else if column.references().is_some() && filled && !cx.session.foreign_keys_off {
                "a reference with a default"
            } else {
                continue;
            };
            let message = format!("SQLite refuses to add {why} (`{}`) to `{table}`", column.name.text);
            out.report(column.span, message)
                .help("add the column without it, or build the table anew under another name")
                .fix(unique_after(cx, &alter.name, column));
        }
    }
}

/// The column without its uniqueness, and an index that demands it.
fn unique_after(cx: &Context<'_>, table: &ObjectName, column: &ColumnDef) -> Option<Fix> {
    let attribute = column.unique().filter(|it| it.name.is_none())?;
    let text = cx.slice(attribute.span);
    let alone = text.eq_ignore_ascii_case("unique") && column.primary_key().is_none();
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = format!("{}_{}_key", table.name.text, column.name.text);
    if !alone || !plain(&name) || column.default().is_some_and(|it| !it.is_null()) {
        return None;
    }
    let schema = table.schema().map(|schema| format!("{}.", cx.slice(schema.span))).unwrap_or_default();
    let index = format!(
        ";\nCREATE UNIQUE INDEX {schema}{name} ON {} ({})",
        cx.slice(table.name.span),
        cx.slice(column.name.span)
    );
    let blank = usize::from(cx.text().get(..attribute.span.start).is_some_and(|it| it.ends_with(' ')));
    let edits = vec![
        Edit::replace(Span::new(attribute.span.start - blank, attribute.span.end), ""),
        Edit::insert(cx.parsed.span.end, index),
    ];
    Some(Fix::edits("demand it with a unique index", edits))
}
