use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// `DROP TYPE … CASCADE` drops the columns of that type.
    ///
    /// ## Why
    /// Every column of the type goes with its values, in every table.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TYPE mood AS ENUM ('sad', 'ok');
    /// CREATE TABLE people (id bigint PRIMARY KEY, feels mood);
    /// ```
    /// ```sql
    /// DROP TYPE mood CASCADE;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TYPE mood AS ENUM ('sad', 'ok');
    /// ```
    /// ```sql
    /// DROP TYPE mood;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP TYPE; Dependency Tracking; measured on 14–18.
    DropTypeCascade, "data-loss/drop-type-cascade", Engines::POSTGRES, Error, Recommended
}

impl Rule for DropTypeCascade {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        let Some(cascade) = drop.cascade else { return };
        if !matches!(drop.kind, ObjectKind::Type | ObjectKind::Domain) {
            return;
        }
        for name in &drop.names {
            let found = cx.schema.user_type(name);
            let mut lost: Vec<String> = Vec::new();
            for relation in
                cx.schema.relations.values().filter(|it| it.is_table() && !cx.made_here(it.origin))
            {
                for column in &relation.columns {
                    let is_of = column.data_type.as_ref().is_some_and(|data_type| {
                        found.as_ref().is_some_and(|(_, user_type)| {
                            cx.schema
                                .type_of_column(data_type)
                                .is_some_and(|one| std::ptr::eq(one, *user_type))
                        })
                    });
                    if is_of {
                        lost.push(format!("column `{}` of `{}`", column.name, relation.name));
                    }
                }
            }
            if lost.is_empty() {
                if found.is_some() || cx.schema.complete {
                    continue;
                }
                lost.push("every column of that type".to_owned());
            }
            out.report(cascade, format!("CASCADE drops {} with its values", lost.join(", ")))
                .help("change the columns to another type first, then drop the type without CASCADE");
        }
    }
}
