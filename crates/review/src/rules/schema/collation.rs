use sluice_sql::model::{Statement, TableAction, TableOptionKind};

use super::table_option;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table or column has a collation that is not on the list.
    ///
    /// ## Why
    /// Columns with different collations cannot be compared by an index.
    ///
    /// ## Bad
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COLLATE=latin1_swedish_ci;
    /// ```
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20) COLLATE latin1_swedish_ci);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text COLLATE "sv_SE");
    /// ```
    ///
    /// ## Good
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COLLATE=utf8mb4_bin;
    /// ```
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text COLLATE "C");
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Character Sets and Collations in MySQL; PostgreSQL manual, Collation Support.
    Collation, "schema/collation", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &[
                "utf8mb4_0900_ai_ci",
                "utf8mb4_uca1400_ai_ci",
                "utf8mb4_unicode_ci",
                "utf8mb4_general_ci",
                "utf8mb4_bin",
                "default",
                "C",
                "und-x-icu",
            ] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for Collation {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        table_option::only_allowed(cx, out, |kind| match kind {
            TableOptionKind::Collation(word) => Some(word),
            _ => None,
        });
        for (_, _, data_type) in cx.parsed.statement.column_types() {
            if let Some(collation) = &data_type.collation {
                table_option::check(cx, out, &collation.name.text, collation.span);
            }
        }
        if let Statement::AlterTable(alter) = &cx.parsed.statement {
            for action in &alter.actions {
                if let TableAction::ConvertCharset { collation: Some(word), .. } = &action.kind {
                    table_option::check(cx, out, &word.text, word.span);
                }
            }
        }
    }
}
