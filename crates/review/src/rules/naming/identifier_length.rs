use super::new_name::new_names;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A name is longer than names may be.
    ///
    /// ## Why
    /// Engines cut or refuse long names at different lengths: PostgreSQL keeps 63 bytes, MySQL and MariaDB 64 characters.
    /// Shorter names leave room for those that are derived from them.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, the_day_on_which_the_customer_has_been_told_that_it_is_late date);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, told_late_on date);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Identifier Length Limits.
    IdentifierLength, "naming/identifier-length", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 48 },
            about: "Longest name, in bytes.",
        },
    ]
}

impl Rule for IdentifierLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["correctness/identifier-too-long"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let max = cx.options.number("max");
        for name in new_names(&cx.parsed.statement) {
            let text = &name.ident.text;
            if max > 0 && u64::try_from(text.len()).is_ok_and(|length| length > max) {
                out.report(name.ident.span, format!("`{text}` is longer than {max} bytes"))
                    .help("choose a shorter name");
            }
        }
    }
}
