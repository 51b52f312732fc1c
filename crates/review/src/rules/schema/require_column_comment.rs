use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is made without a comment.
    ///
    /// ## Why
    /// What a column holds, and in which unit, should be known where it is.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (weight int);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (weight int COMMENT 'grams');
    /// ```
    RequireColumnComment, "schema/require-column-comment", Engines::MYSQL_FAMILY, Info, All
}

impl Rule for RequireColumnComment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            if column.comment().is_none() {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(column.span, format!("`{name}` of `{table}` has no comment")).help("add COMMENT");
            }
        }
    }
}
