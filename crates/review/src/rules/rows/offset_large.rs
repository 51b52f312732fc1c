use sluice_sql::model::{Literal, Statement};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A large `OFFSET` reads rows only to throw them away.
    ///
    /// ## Why
    /// Everything before the offset is read and sorted each time; rows that come or go meanwhile are missed or seen twice.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE id > 0 ORDER BY id LIMIT 10 OFFSET 50000;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id > 50000 ORDER BY id LIMIT 10;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, LIMIT and OFFSET: rows skipped by OFFSET still have to be computed.
    OffsetLarge, "rows/offset-large", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 1000 },
        about: "Largest offset that is let pass.",
    }]
}

impl Rule for OffsetLarge {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Query(query) = &cx.parsed.statement else { return };
        let offset = query.limit.as_ref().and_then(|limit| limit.offset.as_ref());
        let Some(offset) = offset else { return };
        if let Some(Literal::Number(number)) = &offset.literal
            && number.parse::<u64>().is_ok_and(|rows| rows > cx.options.number("max"))
        {
            out.report(offset.span, format!("{number} rows are read only to be thrown away"))
                .help("continue behind the last key that was seen");
        }
    }
}
