use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An object runs as an account that is written in the change.
    ///
    /// ## Why
    /// Views, triggers, routines and events run with the rights of their definer. Where the account does not exist the object
    /// fails when it is used; where it exists it is often the one with the most rights. Only accounts with `SET_USER_ID` or
    /// `SUPER` may name another.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE DEFINER = 'root'@'localhost' PROCEDURE p() SQL SECURITY INVOKER SELECT 1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE PROCEDURE p() SQL SECURITY INVOKER SELECT 1;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Stored Object Access Control.
    Definer, "security/definer", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for Definer {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let (definer, name) = match &one.statement {
                Statement::CreateRoutine(it) => (&it.definer, &it.name),
                Statement::CreateTrigger(it) => (&it.definer, &it.name),
                Statement::CreateEvent(it) => (&it.definer, &it.name),
                Statement::CreateView(it) => (&it.definer, &it.name),
                _ => continue,
            };
            if let Some(definer) = definer.as_ref().filter(|definer| definer.special.is_none()) {
                let (name, account) = (name.display(cx.dialect()), &definer.name.text);
                out.report(definer.span, format!("`{name}` runs with the rights of the account `{account}`"))
                    .help("leave DEFINER out, so that it is whoever deploys, and add SQL SECURITY INVOKER");
            }
        }
    }
}
