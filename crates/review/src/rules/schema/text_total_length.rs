use sluice_sql::model::{Statement, TypeFamily};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// The text columns of a table are long together.
    ///
    /// ## Why
    /// Rows get long, fewer of them fit on a page, and temporary tables of sorts and groups need room for the longest values.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a varchar(2000), b varchar(3000));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a varchar(200), b varchar(300));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Limits on Table Column Count and Row Size.
    TextTotalLength, "schema/text-total-length", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 4000 },
            about: "Most characters of all text columns together.",
        },
    ]
}

impl Rule for TextTotalLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let lengths = create.columns().filter_map(|column| {
            let data_type = column.data_type.as_ref()?;
            let is_text = matches!(data_type.family(cx.dialect()), TypeFamily::Text | TypeFamily::FixedText);
            data_type.number(0).filter(|_| is_text).and_then(|length| u64::try_from(length).ok())
        });
        let (total, max) = (lengths.fold(0, u64::saturating_add), cx.options.number("max"));
        if total > max {
            let table = cx.display(&create.name);
            out.report(
                create.name.span,
                format!("text columns of `{table}` have {total} characters, more than {max}"),
            )
            .help("shorten them, or put some into a table of their own");
        }
    }
}
