use sluice_report::{RuleDetail, RuleList, RuleReport};
use sluice_review::{Meta, nearest, rules};

use crate::args;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice rules [RULE]`
///
/// # Errors
/// A rule that does not exist.
pub fn run(output: Output, args: &args::Rules) -> Result<Exit, CliError> {
    if let Some(id) = &args.rule {
        let Some(rule) = rules::find(id) else {
            let error = CliError::usage(format!("there is no rule `{id}`"));
            let category = id.trim_end_matches('*').trim_end_matches('/');
            if rules::all().iter().any(|rule| rule.meta().category() == category) {
                return Err(
                    error.help(format!("`sluice rules --category {category}` lists those of a category"))
                );
            }
            return Err(match nearest(id) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("`sluice rules` lists them"),
            });
        };
        let text = rule.meta().lines().collect::<Vec<_>>().join("\n").trim_end().to_owned();
        output.result(&RuleDetail { rule: RuleReport::of(rule.meta()), text });
        return Ok(Exit::Done);
    }
    let wanted = |meta: &Meta| {
        args.engine.is_none_or(|engine| meta.engines.contains(engine.dialect()))
            && args.category.as_ref().is_none_or(|category| meta.category() == category)
    };
    let list = rules::all().iter().map(|rule| rule.meta()).filter(|meta| wanted(meta));
    output.result(&RuleList { rules: list.map(RuleReport::of).collect() });
    Ok(Exit::Done)
}
