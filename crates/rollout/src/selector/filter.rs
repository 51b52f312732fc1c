use std::collections::BTreeSet;

use super::{Selector, SelectorError};
use crate::Target;

/// What `--database` and lists of databases accept: names, a configured group, or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetFilter {
    /// `name` or `a,b`.
    Names(BTreeSet<String>),
    /// `group:NAME`.
    Group(String),
    /// Anything else.
    Matching(Selector),
}

impl TargetFilter {
    /// Reads `NAME`, `A,B`, `group:NAME` or a CEL expression. Names consist of letters, digits, `_`, `-`, `.` and `/`.
    ///
    /// # Errors
    /// Those of [`Selector::parse`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let text = text.trim();
        let is_name = |name: &str| {
            !name.is_empty()
                && name.chars().all(|character| character.is_alphanumeric() || "_-./".contains(character))
        };
        if let Some(group) = text.strip_prefix("group:")
            && is_name(group.trim())
        {
            return Ok(Self::Group(group.trim().to_owned()));
        }
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        let constant = matches!(text, "true" | "false");
        if !constant && names.iter().all(|name| is_name(name)) {
            return Ok(Self::Names(names.into_iter().map(str::to_owned).collect()));
        }
        Selector::parse(text).map(Self::Matching)
    }

    /// Whether `target` is chosen. `group(name)` gives the selector of a configured group; a group that is not
    /// configured chooses nothing: check it first.
    ///
    /// # Errors
    /// Those of [`Selector::matches`].
    pub fn matches<'g>(
        &self,
        target: &Target,
        group: impl FnOnce(&str) -> Option<&'g Selector>,
    ) -> Result<bool, SelectorError> {
        match self {
            Self::Names(names) => Ok(names.contains(&target.name.0)),
            Self::Group(name) => group(name).map_or(Ok(false), |selector| selector.matches(target)),
            Self::Matching(selector) => selector.matches(target),
        }
    }
}
