use sluice_text::FollowUp;

use super::alteration::{Alteration, word};
use crate::Context;

/// Constraints that prove of columns, without blocking anybody, that there is no null in them.
pub(super) struct NotNullProof {
    /// Name and column, as text of SQL.
    constraints: Vec<(String, String)>,
    /// `NOT NULL … NOT VALID`, which becomes the column's own (18); else a `CHECK` that goes again.
    native: bool,
}

impl NotNullProof {
    /// For columns, which are text of SQL with the name that it means; none where no name can be given.
    pub fn of(cx: &Context<'_>, alteration: &Alteration<'_>, columns: &[(&str, &str)]) -> Option<Self> {
        let named = |(text, name): &(&str, &str)| {
            Some((alteration.picked(&[*name], "not_null")?, (*text).to_owned()))
        };
        let constraints = columns.iter().map(named).collect::<Option<_>>()?;
        Some(Self { constraints, native: cx.version.at_least(18, 0) })
    }

    /// The actions that begin it.
    pub fn begin(&self) -> String {
        let action = |(name, column): &(String, String)| {
            let demand = if self.native {
                format!("NOT NULL {column}")
            } else {
                format!("CHECK ({column} IS NOT NULL)")
            };
            format!("ADD CONSTRAINT {name} {demand} NOT VALID")
        };
        self.constraints.iter().map(action).collect::<Vec<_>>().join(", ")
    }

    /// The change that proves it.
    pub fn validation(&self, cx: &Context<'_>, alteration: &Alteration<'_>) -> FollowUp {
        let actions = self.constraints.iter().map(|(name, _)| format!("VALIDATE CONSTRAINT {name}"));
        let name = self.constraints.first().map(|(name, _)| word(name)).unwrap_or_default();
        FollowUp {
            name: format!("validate_{name}"),
            sql: format!("{}{};\n", alteration.again(cx), actions.collect::<Vec<_>>().join(", ")),
        }
    }

    /// The statements that make it the columns' own; none where it is that already.
    pub fn end(&self, cx: &Context<'_>, alteration: &Alteration<'_>) -> Option<String> {
        if self.native {
            return None;
        }
        let again = alteration.again(cx);
        let set = self.constraints.iter().map(|(_, column)| format!("ALTER COLUMN {column} SET NOT NULL"));
        let drop = self.constraints.iter().map(|(name, _)| format!("DROP CONSTRAINT {name}"));
        let [set, drop] = [set.collect::<Vec<_>>().join(", "), drop.collect::<Vec<_>>().join(", ")];
        Some(format!("{again}{set};\n{again}{drop};\n"))
    }

    /// All of it, in changes that follow.
    pub fn later(&self, cx: &Context<'_>, alteration: &Alteration<'_>) -> Vec<FollowUp> {
        let column = self.constraints.first().map(|(_, column)| word(column)).unwrap_or_default();
        let begin = FollowUp {
            name: format!("prove_{column}"),
            sql: format!("{}{};\n", alteration.again(cx), self.begin()),
        };
        [begin, self.validation(cx, alteration)].into_iter().chain(self.last(cx, alteration)).collect()
    }

    /// The change that ends it.
    pub fn last(&self, cx: &Context<'_>, alteration: &Alteration<'_>) -> Option<FollowUp> {
        let column = self.constraints.first().map(|(_, column)| word(column)).unwrap_or_default();
        self.end(cx, alteration).map(|sql| FollowUp { name: format!("set_{column}_not_null"), sql })
    }
}
