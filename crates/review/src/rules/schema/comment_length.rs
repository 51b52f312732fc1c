use sluice_sql::model::{Statement, TableOptionKind, Text};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A comment is long.
    ///
    /// ## Why
    /// Long texts belong into documents; every reading of the schema carries them.
    ///
    /// ## Bad
    /// ```sql mysql mariadb max:20
    /// CREATE TABLE orders (id bigint PRIMARY KEY COMMENT 'the number by which an order is known');
    /// ```
    /// ```sql postgres max:20
    /// COMMENT ON TABLE orders IS 'everything that anybody has ordered';
    /// ```
    ///
    /// ## Good
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY COMMENT 'number of the order');
    /// ```
    /// ```sql postgres
    /// COMMENT ON TABLE orders IS 'orders of the shop';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, COMMENT; MySQL manual, CREATE TABLE Statement, which keeps at most 1024 (columns) and 2048 (tables).
    CommentLength, "schema/comment-length", Engines::SERVERS, Warning, All,
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
        let mut comments: Vec<(String, &Text)> = Vec::new();
        for (table, column) in cx.parsed.statement.column_defs() {
            let of = format!("`{}` of `{}`", column.name.text, cx.display(table));
            comments.extend(column.comment().map(|comment| (of, comment)));
        }
        match &cx.parsed.statement {
            Statement::CreateTable(create) => {
                for option in &create.options {
                    if let TableOptionKind::Comment(text) = &option.kind {
                        comments.push((format!("`{}`", cx.display(&create.name)), text));
                    }
                }
            }
            Statement::Comment(comment) => {
                let of = format!("`{}`", comment.name.display(cx.dialect()));
                comments.extend(comment.text.as_ref().map(|text| (of, text)));
            }
            _ => {}
        }
        for (of, comment) in comments {
            if u64::try_from(comment.value.chars().count()).is_ok_and(|count| count > max) {
                out.report(comment.span, format!("the comment of {of} has more than {max} characters"))
                    .help("make it shorter");
            }
        }
    }
}
