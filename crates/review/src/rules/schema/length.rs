//! What the rules about the length of character types share.

use crate::{Context, Sink};

/// Reports every column of one of these types that is longer than the rule's option `max`. `what` names the type for people.
pub(super) fn at_most(cx: &Context<'_>, out: &mut Sink<'_>, types: &[&str], what: &str, help: &str) {
    let most = cx.options.number("max");
    for (table, name, data_type) in cx.parsed.statement.column_types() {
        let length = data_type.number(0).and_then(|length| u64::try_from(length).ok());
        if types.contains(&data_type.name.as_str()) && length.is_some_and(|length| length > most) {
            let (table, name) = (cx.display(table), &name.text);
            out.report(data_type.span, format!("`{name}` of `{table}` is longer than the limit for {what}"))
                .help(help);
        }
    }
}
