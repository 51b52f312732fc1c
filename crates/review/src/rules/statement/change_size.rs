use sluice_text::Span;

use crate::{ChangeContext, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A change is a very large file.
    ///
    /// ## Why
    /// What is deployed together waits, locks and fails together; a large file is mostly data, which has better ways into a database.
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
    /// PostgreSQL manual, Populating a Database; MySQL manual, Packet Too Large.
    ChangeSize, "statement/change-size", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 2_097_152 },
            about: "Largest file, in bytes.",
        },
    ]
}

impl Rule for ChangeSize {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let (max, size) = (cx.options.number("max"), cx.file.text().len());
        if let Some(first) =
            cx.statements.first().filter(|_| u64::try_from(size).is_ok_and(|size| size > max))
        {
            let first = Span::new(first.span.start, first.span.start + 1);
            out.report(first, format!("the change has {size} bytes, more than {max}"))
                .help("split it, or load the rows from a file");
        }
    }
}
