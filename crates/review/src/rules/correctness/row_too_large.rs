use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The columns of a table are longer than a row may be.
    ///
    /// ## Why
    /// The server refuses more than 65535 bytes in a row, counting four bytes for each character of a `varchar` in utf8mb4.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE notes (id int PRIMARY KEY, a varchar(10000), b varchar(10000)) DEFAULT CHARSET=utf8mb4;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE notes (id int PRIMARY KEY, a varchar(255), b text) DEFAULT CHARSET=utf8mb4;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Limits on Table Column Count and Row Size.
    RowTooLarge, "correctness/row-too-large", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for RowTooLarge {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        // Only what is certain: a charset that the table names.
        let utf8mb4 = create
            .options
            .iter()
            .any(|it| matches!(&it.kind, TableOptionKind::Charset(word) if word.is("utf8mb4")));
        let bytes: i64 = create
            .columns()
            .filter_map(|it| it.data_type.as_ref())
            .map(|it| {
                let each = if utf8mb4 && it.charset.is_none() && it.collation.is_none() { 4 } else { 1 };
                match it.name.as_str() {
                    "varchar" => it.number(0).unwrap_or(0) * each + 2,
                    "varbinary" => it.number(0).unwrap_or(0) + 2,
                    _ => 0,
                }
            })
            .sum();
        if bytes > 65_535 {
            out.report(
                create.name.span,
                format!("a row of `{}` may take {bytes} bytes, more than 65535", create.name.name.text),
            )
            .help("make columns shorter, or make the longest of them TEXT");
        }
    }
}
