//! Names of facts in SQL.

use sluice_facts::{Fact, FactId};

use crate::name::quote;

/// The name as it was written; ids of what is inside of a table are in small letters.
pub(crate) fn spelled(fact: &Fact) -> String {
    fact.payload.text("spelled").map_or_else(|| fact.id.name(), str::to_owned)
}

/// The same in backticks.
pub(crate) fn quoted(fact: &Fact) -> String {
    quote(&spelled(fact))
}

/// The table, view or program of an id, in backticks.
pub(crate) fn top(id: &FactId) -> String {
    quote(&id.part(0))
}

/// An account in SQL.
pub(crate) fn account(definer: &str) -> String {
    match definer.rsplit_once('@') {
        Some((user, host)) => format!("{}@{}", quote(user), quote(host)),
        None => quote(definer),
    }
}

/// A collation with its character set: the part of its name before the first underscore.
pub(crate) fn charset(collation: &str) -> String {
    let charset = collation.split('_').next().unwrap_or(collation);
    format!("CHARACTER SET {charset} COLLATE {collation}")
}
