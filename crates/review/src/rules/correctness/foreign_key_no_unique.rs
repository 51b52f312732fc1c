use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::Dialect;
use sluice_sql::model::{NameClass, Statement};

rule! {
    /// A foreign key refers to columns that are no key.
    ///
    /// ## Why
    /// PostgreSQL and MySQL refuse it. SQLite takes it and fails at the first write: foreign key mismatch. MariaDB takes any index.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql sqlite before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql mysql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE parcels (id bigint PRIMARY KEY, note varchar(20) REFERENCES orders (note));
    /// ```
    /// ```sql sqlite
    /// CREATE TABLE parcels (id integer PRIMARY KEY, note varchar(20) REFERENCES orders (note));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY, order_id integer, FOREIGN KEY (order_id) REFERENCES orders (id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Foreign Keys; MySQL manual, FOREIGN KEY Constraints, error 6125; SQLite documentation, Foreign Key
    /// Support.
    ForeignKeyNoUnique, "correctness/foreign-key-no-unique", Engines::ALL, Error, Recommended
}

impl Rule for ForeignKeyNoUnique {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (_, key) in cx.parsed.statement.foreign_keys() {
            let itself = matches!(&cx.parsed.statement, Statement::CreateTable(create) if create.name.same_relation(&key.table, cx.dialect()));
            let Some(relation) =
                cx.relation(&key.table).filter(|it| it.columns_known && it.is_table() && !itself)
            else {
                continue;
            };
            let columns: Vec<String> = key
                .referenced
                .iter()
                .map(|name| name.key(cx.dialect(), NameClass::Other).into_owned())
                .collect();
            let primary = relation.primary_key();
            let is_primary = !primary.is_empty()
                && primary.len() == columns.len()
                && columns.iter().all(|column| primary.contains(column));
            let enough = match cx.dialect() {
                Dialect::Mysql | Dialect::Mariadb => relation.has_index_on(&columns),
                Dialect::Postgres | Dialect::Sqlite => relation.has_unique(&columns),
            };
            if !columns.is_empty() && !key.period && !is_primary && !enough {
                let message = format!("{} of `{}` is no key", columns.join(", "), relation.name);
                out.report(key.span, message)
                    .help("refer to the primary key, or make the columns unique first");
            }
        }
    }
}
