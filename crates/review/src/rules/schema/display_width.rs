use sluice_sql::model::{DataType, TypeFamily};
use sluice_text::{Edit, Fix, Span};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An integer has a display width or `ZEROFILL`.
    ///
    /// ## Why
    /// `int(11)` does not limit anything; both are deprecated since MySQL 8.0.17. `tinyint(1)` is left alone: connectors read
    /// it as boolean.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, clicks int(11));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, clicks int);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Numeric Type Attributes.
    DisplayWidth, "schema/display-width", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for DisplayWidth {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.zerofill.is_some()
                || (matches!(data_type.family(cx.dialect()), TypeFamily::Integer)
                    && data_type.number(0).is_some_and(|width| width != 1 || data_type.name != "tinyint"))
            {
                let (table, name) = (cx.display(table), &name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` has a display width, which limits nothing"),
                )
                .help("leave the width out")
                .fix(fix(cx, data_type));
            }
        }
    }
}

/// Takes the width away. Of a number that is filled up with zeros it is what is seen.
fn fix(cx: &Context<'_>, data_type: &DataType) -> Option<Fix> {
    let text = cx.slice(data_type.span);
    let (open, close) = (text.find('(')?, text.find(')')?);
    (data_type.zerofill.is_none() && open < close).then(|| {
        let at = data_type.span.start;
        let edit = Edit::replace(Span::new(at + open, at + close + 1), "");
        Fix::edits("leave the width out", vec![edit])
    })
}
