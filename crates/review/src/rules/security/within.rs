//! What is inside of a statement: what a body, a `WITH` or `EXPLAIN` runs can do as much harm as what stands alone.

use sluice_sql::model::{Call, GrantDirection, Parsed, RoleName, SpecialRole, Statement};

/// A statement and everything inside of it.
pub(in crate::rules) fn statements(parsed: &Parsed) -> Vec<&Parsed> {
    let mut all = vec![parsed];
    let mut at = 0;
    while let Some(one) = all.get(at).copied() {
        all.extend(one.statement.nested());
        at += 1;
    }
    all
}

/// Functions that a statement and everything inside of it calls.
pub(in crate::rules) fn calls(parsed: &Parsed) -> Vec<&Call> {
    let mut calls = Vec::new();
    for one in statements(parsed) {
        if let Some(facts) = one.statement.query_facts() {
            calls.extend(&facts.calls);
        }
        match &one.statement {
            Statement::Set(set) => {
                let values = set.settings.iter().flat_map(|setting| &setting.values);
                calls.extend(values.flat_map(|value| &value.calls));
            }
            Statement::Call(call) => calls.extend(call.arguments.iter().flat_map(|value| &value.calls)),
            _ => {}
        }
    }
    calls
}

/// Calls of one of `names`.
pub(in crate::rules) fn calls_of<'a>(parsed: &'a Parsed, names: &[&str]) -> Vec<&'a Call> {
    let mut calls = calls(parsed);
    calls.retain(|call| names.iter().any(|name| call.name.name.text.eq_ignore_ascii_case(name)));
    calls
}

/// `PUBLIC` among those who get something.
pub(super) fn public(grantees: &[RoleName]) -> Option<&RoleName> {
    grantees.iter().find(|role| role.special == Some(SpecialRole::Public))
}

/// What a `GRANT` gives, with its statement: `GRANT` alone and inside of bodies.
pub(super) fn grants(parsed: &Parsed) -> Vec<&sluice_sql::model::Grant> {
    let grants = statements(parsed).into_iter().filter_map(|one| match &one.statement {
        Statement::Grant(grant) if grant.direction == GrantDirection::Grant => Some(&**grant),
        _ => None,
    });
    grants.collect()
}

/// A statement and what runs with it: what is in a `WITH` or a `DO`, not in bodies that are called later.
pub(in crate::rules) fn run_now(parsed: &Parsed) -> Vec<&Parsed> {
    let mut all = vec![parsed];
    let mut at = 0;
    while let Some(one) = all.get(at).copied() {
        if matches!(one.statement, Statement::Do(_)) || one.statement.query_facts().is_some() {
            all.extend(one.statement.nested());
        }
        at += 1;
    }
    all
}
