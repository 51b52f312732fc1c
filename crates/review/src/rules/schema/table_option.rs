//! What the rules about options of tables share.

use sluice_sql::model::{Statement, TableAction, TableOption, TableOptionKind, Word};

use crate::{Context, Sink};

/// Options that the statement gives to a table, by `CREATE TABLE` or `ALTER TABLE`.
fn given<'a>(cx: &Context<'a>) -> Vec<&'a TableOption> {
    match &cx.parsed.statement {
        Statement::CreateTable(create) => create.options.iter().collect(),
        Statement::AlterTable(alter) => alter
            .actions
            .iter()
            .filter_map(|action| match &action.kind {
                TableAction::SetOption(option) => Some(option),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Reports every option that `pick` takes and whose word is not on the rule's list `allowed`.
pub(super) fn only_allowed(
    cx: &Context<'_>,
    out: &mut Sink<'_>,
    pick: impl Fn(&TableOptionKind) -> Option<&Word>,
) {
    for option in given(cx) {
        if let Some(word) = pick(&option.kind).filter(|word| !cx.options.lists("allowed", &word.text)) {
            out.report(option.span, format!("`{}` is not among those that are used here", word.text))
                .help("use one that is on the list");
        }
    }
}
