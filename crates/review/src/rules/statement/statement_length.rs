use sluice_text::Span;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A statement is very long.
    ///
    /// ## Why
    /// Long statements are parsed and sent as a whole, are cut in logs, and may be longer than the server takes
    /// (`max_allowed_packet`). Nobody reads them in a review.
    ///
    /// ## Bad
    /// ```sql max:60
    /// SELECT 'word word word word word word word word word word word word word word word word word word word word word word';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT 1;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Packet Too Large; PostgreSQL manual, Limits.
    StatementLength, "statement/statement-length", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 100_000 },
            about: "Longest statement, in bytes.",
        },
    ]
}

impl Rule for StatementLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let max = cx.options.number("max");
        if u64::try_from(cx.parsed.span.len()).is_ok_and(|length| length > max) {
            let first = Span::new(cx.parsed.span.start, cx.parsed.span.start + 1);
            let length = cx.parsed.span.len();
            out.report(first, format!("this statement has {length} bytes, more than {max}"))
                .help("split it, or load the rows from a file");
        }
    }
}
