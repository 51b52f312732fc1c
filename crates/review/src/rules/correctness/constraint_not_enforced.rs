use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A constraint is there and not enforced.
    ///
    /// ## Why
    /// `NOT ENFORCED` is documentation: rows that break it are taken.
    ///
    /// ## Bad
    /// ```sql postgres 18
    /// CREATE TABLE parcels (id bigint PRIMARY KEY, n integer, CONSTRAINT positive CHECK (n > 0) NOT ENFORCED);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE parcels (id int PRIMARY KEY, n int, CONSTRAINT positive CHECK (n > 0) NOT ENFORCED);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY, n integer, CONSTRAINT positive CHECK (n > 0));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE, NOT ENFORCED; MySQL manual, CHECK Constraints.
    ConstraintNotEnforced, "correctness/constraint-not-enforced", Engines::SERVERS, Warning, Recommended
}

impl Rule for ConstraintNotEnforced {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, constraint) in cx.parsed.statement.constraints() {
            if constraint.enforced == Some(false) {
                out.report(
                    constraint.span,
                    format!("rows of `{}` that break this are taken", cx.display(table)),
                )
                .help("leave NOT ENFORCED out");
            }
        }
    }
}
