use sluice_sql::model::NameClass;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A primary key has a type that is not on the list.
    ///
    /// ## Why
    /// Keys of one type join without casts and are as narrow as they can be.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id varchar(40) PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Primary Keys; MySQL manual, Optimizing InnoDB Queries: the primary key is in every other index.
    PrimaryKeyType, "schema/primary-key-type", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "types",
            kind: OptionKind::List { default: &["bigint", "int", "integer", "bigserial", "serial", "uuid"] },
            about: "Types that primary keys may have, by their full names.",
        },
    ]
}

impl Rule for PrimaryKeyType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column, data_type) in cx.parsed.statement.column_types() {
            let is_key = || {
                let key = column.key(cx.dialect(), NameClass::Other);
                super::primary_key(cx, table).iter().any(|one| *one == key)
            };
            if !cx.options.lists("types", &data_type.name) && is_key() {
                let (table, name) = (cx.display(table), &column.text);
                out.report(
                    data_type.span,
                    format!("the primary key `{name}` of `{table}` has a type that is not on the list"),
                )
                .help("use a type that is on the list");
            }
        }
    }
}
