use sluice_schema::{ColumnType, UserType};

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column of a domain with constraints is added to a table that is in use.
    ///
    /// ## Why
    /// PostgreSQL cannot know what the domain says of a null, so it writes the whole table and all of its indexes anew
    /// under an `ACCESS EXCLUSIVE` lock, even if the column has no default. Nobody reads or writes meanwhile.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount positive;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    AddColumnConstrainedDomain, "locks/add-column-constrained-domain", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnConstrainedDomain {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (action, column) in alteration.columns() {
            let Some(data_type) = &column.data_type else { continue };
            let data_type = ColumnType::of(cx.dialect(), data_type);
            let Some(UserType::Domain(domain)) = cx.schema.type_of_column(&data_type) else { continue };
            if !domain.constrained() {
                continue;
            }
            let message = format!(
                "the domain `{}` has constraints: adding a column of it rewrites `{}` under an ACCESS EXCLUSIVE lock, and nobody reads or writes it meanwhile",
                data_type.name, alteration.table
            );
            out.report(action.span, message)
                .help(format!("use `{}` and a CHECK that is added as NOT VALID", domain.base));
        }
    }
}
