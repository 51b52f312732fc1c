use super::new_name::new_names;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A thing is called by a word that SQL reserves, so that every query must quote it.
    ///
    /// ## Why
    /// `SELECT user FROM …` means something else than `SELECT "user" FROM …`: who forgets the quotes gets an error or, worse,
    /// another value.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE "order" (id bigint PRIMARY KEY);
    /// ```
    /// ```sql sqlite
    /// CREATE TABLE "order" (id bigint PRIMARY KEY);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE `order` (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, SQL Key Words; MySQL manual, Keywords and Reserved Words; SQLite documentation, SQLite Keywords.
    ReservedWord, "naming/reserved-word", Engines::ALL, Warning, All
}

impl Rule for ReservedWord {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for name in new_names(&cx.parsed.statement) {
            let lower = name.ident.text.to_ascii_lowercase();
            if name.ident.quoted && RESERVED.contains(&lower.as_str()) {
                out.report(
                    name.ident.span,
                    format!("`{lower}` is a word that SQL reserves: every query must quote it"),
                )
                .help("choose another name");
            }
        }
    }
}

/// Words that at least two of the engines reserve and that people like to call things by.
const RESERVED: &[&str] = &[
    "all",
    "analyze",
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "check",
    "column",
    "constraint",
    "create",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "delete",
    "desc",
    "distinct",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "index",
    "insert",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "keys",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "primary",
    "rank",
    "references",
    "right",
    "row",
    "rows",
    "select",
    "set",
    "table",
    "then",
    "to",
    "trigger",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];
