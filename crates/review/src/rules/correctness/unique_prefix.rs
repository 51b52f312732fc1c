use sluice_sql::model::TableConstraintKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A unique key is over the first characters of a column only.
    ///
    /// ## Why
    /// Two values that begin alike are taken for equal, and the second one is refused.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE users (id bigint PRIMARY KEY, email varchar(200), UNIQUE KEY users_email (email(20)));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE users (id bigint PRIMARY KEY, email varchar(200), UNIQUE KEY users_email (email));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Column Prefix Key Parts.
    UniquePrefix, "correctness/unique-prefix", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for UniquePrefix {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let of_indexes = cx.parsed.statement.index_defs();
        let of_indexes =
            of_indexes.iter().filter(|(_, index)| index.unique.is_some()).map(|(_, it)| &it.keys);
        let of_constraints = cx.parsed.statement.constraints();
        let of_constraints = of_constraints.iter().filter_map(|(_, constraint)| match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => Some(&key.keys),
            _ => None,
        });
        for key in of_indexes.chain(of_constraints).flatten() {
            let (Some(prefix), Some(column)) = (key.prefix, key.column()) else { continue };
            let message = format!(
                "values of `{}` that begin with the same {prefix} characters are refused",
                column.text
            );
            out.report(key.span, message).help("leave the length out, or make a column of a hash unique");
        }
    }
}
