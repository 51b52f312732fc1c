//! Another name for what is there already.

use sluice_facts::{Fact, Kind};

use super::name::{keyword, of, owner_of, phrase, quote};

/// None for what has no name of its own, or whose name says what it takes.
pub fn statement(old: &Fact, new: &Fact) -> Option<String> {
    let name = quote(&new.id.name());
    let within = |owner: &str, what: &str| {
        Some(format!("ALTER {owner} {} RENAME {what}{} TO {name}", owner_of(old), of(old)))
    };
    let of_domain = old.parent.as_ref().is_some_and(|parent| parent.kind() == Some(Kind::Domain));
    match old.kind {
        Kind::Column => within("TABLE", "COLUMN "),
        Kind::Attribute => within("TYPE", "ATTRIBUTE "),
        Kind::Constraint => within(if of_domain { "DOMAIN" } else { "TABLE" }, "CONSTRAINT "),
        Kind::Trigger | Kind::Policy | Kind::Rule => {
            let what = old.kind.name().to_uppercase();
            Some(format!("ALTER {what} {} ON {} RENAME TO {name}", of(old), owner_of(old)))
        }
        Kind::Function | Kind::Procedure | Kind::Aggregate | Kind::Operator | Kind::Extension => None,
        kind if keyword(kind).is_empty() => None,
        _ => Some(format!("ALTER {} RENAME TO {name}", phrase(old))),
    }
}
