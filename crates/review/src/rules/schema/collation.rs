use sluice_sql::model::{Statement, TableAction, TableOptionKind};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has a collation that is not on the list.
    ///
    /// ## Why
    /// Columns with different collations cannot be compared by an index.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COLLATE=latin1_swedish_ci;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) COLLATE=utf8mb4_bin;
    /// ```
    Collation, "schema/collation", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci", "utf8mb4_unicode_ci", "utf8mb4_general_ci", "utf8mb4_bin"] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for Collation {
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
            if let TableOptionKind::Collation(word) = &option.kind
                && !cx.options.lists("allowed", &word.text)
            {
                out.report(option.span, format!("`{}` is not among those that are used here", word.text))
                    .help("use one that is on the list");
            }
        }
    }
}
