//! What the rules about options of tables share.

use sluice_sql::model::{Statement, TableAction, TableOption, TableOptionKind, Word};

use sluice_text::Span;

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
        if let Some(word) = pick(&option.kind) {
            check(cx, out, &word.text, option.span);
        }
    }
}

/// Reports `word` if it is not on the rule's list `allowed`.
pub(super) fn check(cx: &Context<'_>, out: &mut Sink<'_>, word: &str, span: Span) {
    if !cx.options.lists("allowed", word) {
        out.report(span, format!("`{word}` is not among those that are used here"))
            .help("use one that is on the list");
    }
}
