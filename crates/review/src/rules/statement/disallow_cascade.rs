use sluice_sql::model::{Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `DROP … CASCADE` statements are not wanted.
    ///
    /// ## Why
    /// `CASCADE` drops whatever depends on the object, and does not say what that is. This rule is for projects that have
    /// decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// DROP VIEW open_orders CASCADE;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Dependency Tracking.
    DisallowCascade, "statement/disallow-cascade", Engines::POSTGRES, Warning, All
}

impl Rule for DisallowCascade {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["data-loss/drop-cascade", "data-loss/truncate-cascade", "data-loss/drop-type-cascade"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let cascade = match &cx.parsed.statement {
            Statement::Drop(drop) => drop.cascade,
            Statement::Truncate(truncate) => truncate.cascade,
            Statement::AlterTable(alter) => alter.actions.iter().find_map(|action| match &action.kind {
                TableAction::DropColumn { cascade, .. } | TableAction::DropConstraint { cascade, .. } => {
                    *cascade
                }
                _ => None,
            }),
            _ => None,
        };
        if let Some(span) = cascade {
            out.report(span, "whatever depends on it goes, too").help("drop what depends on it by name");
        }
    }
}
