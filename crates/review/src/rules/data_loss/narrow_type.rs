use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::ColumnType;
use sluice_sql::Dialect;
use sluice_sql::model::TypeFamily;

rule! {
    /// A column gets a type that holds less.
    ///
    /// ## Why
    /// Values that do not fit make the statement fail halfway through a rewrite of the table, or are rounded without a word (numbers with
    /// fewer decimals). Programs that still write the old size fail from then on.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(5);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN total TYPE integer;
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders MODIFY COLUMN total int;
    /// ```
    /// ```sql mariadb
    /// ALTER TABLE orders MODIFY COLUMN note varchar(5);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(50);
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders MODIFY COLUMN note varchar(50);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Out-of-Range and Overflow Handling; PostgreSQL manual, ALTER TABLE, SET DATA TYPE. Measured on MariaDB: a
    /// narrower varchar is not refused before it is run.
    NarrowType, "data-loss/narrow-type", Engines::SERVERS, Warning, Recommended
}

impl Rule for NarrowType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            let Some((name, new)) = action.kind.new_type() else { continue };
            let Some(column) = super::column(cx, &alter.name, name) else { continue };
            let Some(old) = &column.data_type else { continue };
            let new_type = ColumnType::of(cx.dialect(), new);
            if cx.made_here(column.origin) || !is_narrower(cx.dialect(), old, &new_type) {
                continue;
            }
            let (name, table) = (&name.text, cx.display(&alter.name));
            let message = format!(
                "`{name}` of `{table}` goes from {old} to {new_type}: values that do not fit are lost or refused"
            );
            out.report(new.span, message)
                .help("add a column of the new type, copy what fits, and contract later");
        }
    }
}

fn is_narrower(dialect: Dialect, old: &ColumnType, new: &ColumnType) -> bool {
    use TypeFamily as F;
    if old.dimensions != new.dimensions {
        return false;
    }
    match (old.family(dialect), new.family(dialect)) {
        (F::Integer, F::Integer) => {
            bytes(&new.name) < bytes(&old.name)
                || (bytes(&new.name) == bytes(&old.name) && old.unsigned && !new.unsigned)
        }
        (F::Float, F::Float) => old.name.starts_with("double") && !new.name.starts_with("double"),
        (F::Float | F::Decimal, F::Integer) | (F::Timestamp | F::TimestampTz, F::Date) => true,
        (F::Decimal, F::Decimal) => match (old.number(0), new.number(0)) {
            (Some(old_precision), Some(precision)) => {
                let (old_scale, scale) = (old.number(1).unwrap_or(0), new.number(1).unwrap_or(0));
                scale < old_scale || precision - scale < old_precision - old_scale
            }
            (None, Some(_)) => dialect == Dialect::Postgres,
            _ => false,
        },
        (F::Text | F::FixedText, F::Text | F::FixedText) => match (old.number(0), new.number(0)) {
            (Some(old), Some(new)) => new < old,
            (None, Some(_)) => old.name == "text" || old.name == "character varying",
            _ => false,
        },
        (F::Lob, F::Lob) => lob(&new.name) < lob(&old.name),
        (F::Lob, F::Text | F::FixedText) => true,
        _ => false,
    }
}

fn bytes(integer: &str) -> u8 {
    match integer {
        "tinyint" => 1,
        "smallint" => 2,
        "mediumint" => 3,
        "bigint" => 8,
        _ => 4,
    }
}

fn lob(name: &str) -> u8 {
    ["tiny", "medium", "long"].iter().position(|size| name.starts_with(size)).map_or(2, |at| match at {
        0 => 1,
        1 => 3,
        _ => 4,
    })
}
