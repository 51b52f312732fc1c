use sluice_schema::ColumnType;
use sluice_sql::Dialect;
use sluice_sql::model::TypeFamily;

/// Whether values of the type `old` may not fit into the type `new`.
pub(crate) fn is_narrower(dialect: Dialect, old: &ColumnType, new: &ColumnType) -> bool {
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
        // MySQL's `timestamp` ends in 2038 and begins in 1970.
        (F::Timestamp | F::TimestampTz, F::Timestamp | F::TimestampTz) => {
            old.name == "datetime" && new.name == "timestamp"
        }
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
