use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column holds large objects.
    ///
    /// ## Why
    /// Files in the database make backups, replicas and caches grow; object storage is cheaper.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, picture bytea);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, picture blob);
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, picture longblob);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, picture_url varchar(200));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Binary Data Types; MySQL manual, The BLOB and TEXT Types.
    BlobType, "schema/blob-type", Engines::SERVERS, Warning, All
}

impl Rule for BlobType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && (data_type.name == "bytea" || data_type.name.ends_with("blob")) {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` holds large objects"))
                    .help("keep files in object storage and their address here");
            }
        }
    }
}
