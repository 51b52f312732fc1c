use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A UUID is kept as text of 36 characters.
    ///
    /// ## Why
    /// It takes more than twice the room of 16 bytes, in each index again.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, token char(36));
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, token char(36));
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, token varchar(36));
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, token uuid);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, token binary(16));
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, token uuid);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, UUID Type; MySQL manual, Miscellaneous Functions, UUID_TO_BIN().
    UuidAsText, "schema/uuid-as-text", Engines::SERVERS, Info, All
}

impl Rule for UuidAsText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if matches!(data_type.name.as_str(), "char" | "character" | "varchar" | "character varying")
                && data_type.number(0) == Some(36)
            {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` has the length of a UUID in text"))
                    .help("use the type uuid, or binary(16) on MySQL");
            }
        }
    }
}
