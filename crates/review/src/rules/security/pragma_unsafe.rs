use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A PRAGMA gives up what protects the database.
    ///
    /// ## Why
    /// `writable_schema` lets statements damage the schema beyond repair; `trusted_schema` lets the schema call any function;
    /// without journal or `synchronous` a crash or loss of power destroys the file; `ignore_check_constraints` lets rows in
    /// that the checks forbid.
    ///
    /// ## Bad
    /// ```sql
    /// PRAGMA writable_schema = ON;
    /// ```
    /// ```sql
    /// PRAGMA journal_mode = OFF;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// PRAGMA journal_mode = WAL;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, PRAGMA Statements.
    PragmaUnsafe, "security/pragma-unsafe", Engines::SQLITE, Warning, Recommended
}

impl Rule for PragmaUnsafe {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Pragma(pragma) = &one.statement else { continue };
            let Some(word) = &pragma.word else { continue };
            let name = pragma.name.name.text.to_ascii_lowercase();
            let on = ["on", "1", "true", "yes"].iter().any(|it| word.is(it));
            let off = word.is("off") || word.is("0");
            let harm = match name.as_str() {
                "writable_schema" if on || word.is("reset") => {
                    "statements can damage the schema beyond repair"
                }
                "trusted_schema" if on => "views and triggers can call any function",
                "journal_mode" if word.is("off") => {
                    "a crash or an error in a transaction destroys the database"
                }
                "synchronous" if off => "a loss of power destroys the database",
                "ignore_check_constraints" if on => "rows get in that the checks forbid",
                _ => continue,
            };
            out.report(one.span, format!("with this {name} {harm}")).help("leave the PRAGMA out");
        }
    }
}
