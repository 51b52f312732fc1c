use sluice_sql::model::{Statement, TableAction, TableOptionKind};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has a row format that is not on the list.
    ///
    /// ## Why
    /// `DYNAMIC` is the default and lets indexes be longer than 767 bytes.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ROW_FORMAT=COMPACT;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ROW_FORMAT=DYNAMIC;
    /// ```
    RowFormat, "schema/row-format", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["dynamic", "default"] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for RowFormat {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let of_alter = |action: &TableAction| match action {
            TableAction::SetOption(option) => Some(option.clone()),
            _ => None,
        };
        let options = match &cx.parsed.statement {
            Statement::CreateTable(create) => create.options.clone(),
            Statement::AlterTable(alter) => {
                alter.actions.iter().filter_map(|action| of_alter(&action.kind)).collect()
            }
            _ => return,
        };
        for option in &options {
            if let TableOptionKind::RowFormat(word) = &option.kind
                && !cx.options.lists("allowed", &word.text)
            {
                out.report(option.span, format!("`{}` is not among those that are used here", word.text))
                    .help("use one that is on the list");
            }
        }
    }
}
