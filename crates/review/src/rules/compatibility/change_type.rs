use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::ColumnType;
use sluice_sql::model::TypeFamily;

rule! {
    /// A column gets a type of another family.
    ///
    /// ## Why
    /// Programs that run while the change is deployed bind and read values of the old type, and comparisons that worked may have no operator.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN total TYPE text;
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders MODIFY COLUMN total varchar(20);
    /// ```
    /// ```sql mariadb
    /// ALTER TABLE orders MODIFY COLUMN total varchar(20);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE text;
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders MODIFY COLUMN note varchar(40);
    /// ```
    ///
    /// ## Source
    /// Measured: the types of parameters and results change for prepared statements. PostgreSQL manual, ALTER TABLE, SET DATA
    /// TYPE; MySQL manual, ALTER TABLE Statement.
    ChangeType, "compatibility/change-type", Engines::SERVERS, Warning, Recommended
}

impl Rule for ChangeType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let Some((name, new)) = action.kind.new_type() else { continue };
            let Some(column) = super::column(cx, &alter.name, name) else { continue };
            let Some(old) = column.data_type.as_ref().filter(|_| !cx.made_here(column.origin)) else {
                continue;
            };
            let new_type = ColumnType::of(cx.dialect(), new);
            let (from, to) = (group(old.family(cx.dialect())), group(new_type.family(cx.dialect())));
            if from == to
                && (from != TypeFamily::Other
                    || (old.name == new_type.name && old.dimensions == new_type.dimensions))
            {
                continue;
            }
            let message = format!(
                "programs read and write `{}` of `{table}` as {old}; it becomes {new_type}",
                name.text
            );
            out.report(new.span, message)
                .help("add a column of the new type, write both, and contract later");
        }
    }
}

/// Families that programs read and write alike, or that `data-loss/narrow-type` speaks of, are one.
fn group(family: TypeFamily) -> TypeFamily {
    use TypeFamily as F;
    match family {
        F::Serial | F::Decimal | F::Float => F::Integer,
        F::FixedText | F::Lob => F::Text,
        F::TimestampTz | F::Date => F::Timestamp,
        other => other,
    }
}
