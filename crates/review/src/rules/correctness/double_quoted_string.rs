use sluice_sql::model::{Call, ColumnRef, Ident, InsertSource, Literal, NameClass, Statement, Touch};
use sluice_text::{Edit, Fix, Span};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A text stands in double quotes, which are for names.
    ///
    /// ## Why
    /// SQLite takes a name in double quotes that it does not know for a text. A column that is misspelt or dropped becomes a constant
    /// without any error; and builds of SQLite without this habit refuse the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, status text);
    /// ```
    /// ```sql
    /// UPDATE orders SET status = "paid" WHERE id = 1;
    /// ```
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY, status text DEFAULT "new");
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, status text);
    /// ```
    /// ```sql
    /// UPDATE orders SET "status" = 'paid' WHERE "id" = 1;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, Quirks, Misfeatures, Double-quoted String Literals Are Accepted.
    DoubleQuotedString, "correctness/double-quoted-string", Engines::SQLITE, Warning, Recommended
}

impl Rule for DoubleQuotedString {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let statement = &cx.parsed.statement;
        let mut found: Vec<(Span, &str)> = Vec::new();
        for (_, column) in statement.column_defs() {
            if let Some(default) = column.default()
                && let Some(Literal::Text(text)) = &default.literal
            {
                found.push((default.span, text));
            }
        }
        // A query inside, or a function in FROM, has columns that no table has.
        let nested = sluice_sql::subquery_depth(cx.dialect(), cx.slice(cx.parsed.span)).0 > 0;
        if let Some(facts) =
            statement.query_facts().filter(|facts| !nested && !facts.calls.iter().any(makes_rows))
        {
            let tables = statement.targets();
            let mut tables =
                tables.iter().filter(|target| matches!(target.touch, Touch::Read | Touch::Written));
            let known: Option<Vec<_>> = tables
                .by_ref()
                .map(|target| cx.relation(target.name).filter(|relation| relation.columns_known))
                .collect();
            // A name that is not known may be a column of a table that is not known, or an alias.
            if let Some(known) = known.filter(|known| !known.is_empty() && facts.ctes.is_empty()) {
                let is_column = |column: &&ColumnRef| {
                    let key = column.name.key(cx.dialect(), NameClass::Other);
                    known.iter().any(|relation| relation.column(&key).is_some())
                        || matches!(key.as_ref(), "rowid" | "oid" | "_rowid_")
                        || outputs(statement).iter().any(|alias| alias.same(&column.name, cx.dialect()))
                };
                let unknown =
                    facts.columns.iter().filter(|column| column.table.is_none() && !is_column(column));
                found.extend(unknown.map(|column| (column.name.span, column.name.text.as_str())));
            }
        }
        for (span, text) in found {
            if cx.slice(span).starts_with('"') {
                let quoted = format!("'{}'", text.replace('\'', "''"));
                out.report(span, format!("no column is called `{text}`: SQLite takes this for a text"))
                    .help("write a text in single quotes, or correct the name of the column")
                    .fix(Fix::edits("write it in single quotes", vec![Edit::replace(span, quoted)]));
            }
        }
    }
}

/// Names that a query gives to its columns.
fn outputs(statement: &Statement) -> Vec<&Ident> {
    let query = match statement {
        Statement::Query(query) => query,
        Statement::CreateView(view) => &view.query,
        Statement::Insert(insert) => match &insert.source {
            InsertSource::Query(query) => query,
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    query.outputs.iter().flatten().collect()
}

/// Whether a function stands for rows.
fn makes_rows(call: &Call) -> bool {
    let name = call.name.name.text.to_ascii_lowercase();
    matches!(name.as_str(), "json_each" | "json_tree" | "jsonb_each" | "jsonb_tree" | "generate_series")
        || name.starts_with("pragma_")
}
