use sluice_sql::model::{Ident, IndexKey, Statement};
use sluice_text::{Edit, Fix};

use super::picked;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index has no name of its own.
    ///
    /// ## Why
    /// The server makes a name up that later changes must guess.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// CREATE INDEX ON orders (customer_id);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, KEY (customer_id));
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, KEY (customer_id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// CREATE INDEX orders_customer_id_idx ON orders (customer_id);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE INDEX: the server picks a name; MySQL manual, CREATE INDEX Statement.
    IndexUnnamed, "naming/index-unnamed", Engines::SERVERS, Warning, Strict
}

impl Rule for IndexUnnamed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, index) in cx.parsed.statement.index_defs() {
            if index.name.is_none() {
                let table = cx.display(table);
                out.report(index.span, format!("an index of `{table}` has no name of its own"))
                    .help("name it")
                    .fix(fix(cx));
            }
        }
    }
}

/// Writes the name down that PostgreSQL picks.
fn fix(cx: &Context<'_>) -> Option<Fix> {
    let Statement::CreateIndex(create) = &cx.parsed.statement else { return None };
    let keys: Option<Vec<&Ident>> = create.index.keys.iter().map(IndexKey::column).collect();
    let name = picked::name(cx, &create.table, &keys?, "idx")?;
    let plain = create.index.include.is_empty() && !create.only.is_written();
    let known = cx.relation(&create.table).filter(|it| plain && !it.is_partitioned())?;
    known.index(&name).is_none().then(|| {
        let edit = Edit::insert(create.if_not_exists.span.start, format!(" {name}"));
        Fix::edits("name it as the server would", vec![edit])
    })
}
