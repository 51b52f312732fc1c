use super::new_name::new_names;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A name can only be used with quotes: it has upper case, blanks or other signs in it.
    ///
    /// ## Why
    /// PostgreSQL folds what is not quoted to lower case; a name with upper case is not found without quotes.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, "Customer Name" text);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_name text);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words: quoting makes names case-sensitive.
    QuotedIdentifier, "naming/quoted-identifier", Engines::POSTGRES, Warning, All
}

impl Rule for QuotedIdentifier {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for name in new_names(&cx.parsed.statement) {
            let text = &name.ident.text;
            let plain =
                text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                    && !text.starts_with(|first: char| first.is_ascii_digit());
            if name.ident.quoted && !plain {
                out.report(name.ident.span, format!("`{text}` can only be used with quotes"))
                    .help("use lower case letters, digits and `_`");
            }
        }
    }
}
