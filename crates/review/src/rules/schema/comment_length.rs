use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A comment of a column is long.
    ///
    /// ## Why
    /// Long texts belong into documents; every reading of the schema carries them.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY COMMENT 'word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word ');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY COMMENT 'number of the order');
    /// ```
    CommentLength, "schema/comment-length", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 200 },
            about: "Longest comment, in characters.",
        },
    ]
}

impl Rule for CommentLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let max = cx.options.number("max");
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(comment) = column.comment() else { continue };
            if u64::try_from(comment.value.chars().count()).is_ok_and(|count| count > max) {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(
                    comment.span,
                    format!("the comment of `{name}` of `{table}` has more than {max} characters"),
                )
                .help("make it shorter");
            }
        }
    }
}
