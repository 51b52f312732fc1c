use sluice_sql::model::{Statement, TableAction, TableOptionKind};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has an engine that is not on the list.
    ///
    /// ## Why
    /// Other engines than InnoDB have no transactions and no foreign keys and may lose rows in a crash.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ENGINE=MyISAM;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ENGINE=InnoDB;
    /// ```
    Engine, "schema/engine", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["innodb"] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for Engine {
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
            if let TableOptionKind::Engine(word) = &option.kind
                && !cx.options.lists("allowed", &word.text)
            {
                out.report(option.span, format!("`{}` is not among those that are used here", word.text))
                    .help("use one that is on the list");
            }
        }
    }
}
