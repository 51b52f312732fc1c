//! The rules, a folder for each category and a file for each rule.

mod compatibility;
pub mod correctness;
mod data_loss;
mod integrity;
mod locks;
mod naming;
mod remainder;
pub mod review;
mod rows;
mod schema;
mod security;
mod statement;
mod timeouts;
mod transactions;

use std::sync::OnceLock;

use crate::Rule;

/// Every rule, in the order of the categories.
pub fn all() -> &'static [&'static dyn Rule] {
    static ALL: OnceLock<Vec<&'static dyn Rule>> = OnceLock::new();
    ALL.get_or_init(|| {
        let categories = [
            locks::RULES,
            locks::mysql::RULES,
            locks::sqlite::RULES,
            transactions::RULES,
            timeouts::RULES,
            data_loss::RULES,
            compatibility::RULES,
            correctness::RULES,
            security::RULES,
            rows::RULES,
            statement::RULES,
            naming::RULES,
            schema::RULES,
            integrity::RULES,
            review::RULES,
        ];
        categories.concat()
    })
}

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    all().iter().find(|rule| rule.meta().id == id).copied()
}

#[cfg(test)]
mod tests;
