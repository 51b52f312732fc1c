//! How big tables are and how much they are used, and what follows for how long work on them takes.
//!
//! Rates are estimates, chosen low so that a forecast errs on the long side; no server was measured for them.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_schema::{Name, Relation, Schema};

use crate::{Forecast, WorkKind};

/// A table has few rows up to this many, where the policy says nothing else: by the rates below the longest work on it, a rewrite
/// with its indexes, is over in 100 ms.
pub const FEW_ROWS: u64 = 10_000;

/// Sizes and use of relations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// By relation.
    pub relations: BTreeMap<Name, Measure>,
    /// Up to so many rows a table is small.
    pub few_rows: u64,
}

/// What is known of one relation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Rows.
    pub rows: Option<u64>,
    /// Bytes with indexes.
    pub bytes: Option<u64>,
    /// How often it is read or written in a minute.
    pub calls_per_minute: Option<u64>,
}

/// How much there is to do for a statement, and how long that takes at most, about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Rows of the relations that it works on.
    pub rows: u64,
    /// Their bytes with indexes, where they are known.
    pub bytes: Option<u64>,
    /// How long.
    pub duration: Duration,
}

/// Classes of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duration {
    /// Less than a second.
    Moment,
    /// Less than a minute.
    Seconds,
    /// Less than an hour.
    Minutes,
    /// An hour or more.
    Hours,
}

impl Duration {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moment => "moment",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
        }
    }

    fn of(milliseconds: u64) -> Self {
        match milliseconds {
            0..1_000 => Self::Moment,
            1_000..60_000 => Self::Seconds,
            60_000..3_600_000 => Self::Minutes,
            _ => Self::Hours,
        }
    }
}

/// What work of a kind gets done in a millisecond.
struct Rate {
    rows: u64,
    bytes: u64,
}

/// Bytes are those of the table with its indexes, although a scan reads the table alone.
fn rate(kind: WorkKind) -> Rate {
    match kind {
        WorkKind::Scan => Rate { rows: 1_000, bytes: 100_000 },
        WorkKind::ForeignKeyCheck => Rate { rows: 200, bytes: 50_000 },
        WorkKind::IndexBuild | WorkKind::IndexRebuild => Rate { rows: 200, bytes: 50_000 },
        WorkKind::Rewrite => Rate { rows: 100, bytes: 20_000 },
    }
}

impl Statistics {
    /// Puts what is known into a schema; what the schema knows already stays.
    pub(crate) fn enter(&self, schema: &mut Schema) {
        for (name, measure) in &self.relations {
            let Some(relation) = schema.relations.get_mut(name).filter(|it| it.origin.is_before()) else {
                continue;
            };
            relation.rows = relation.rows.or(measure.rows);
            relation.bytes = relation.bytes.or(measure.bytes);
            relation.calls_per_minute = relation.calls_per_minute.or(measure.calls_per_minute);
        }
    }
}

impl Estimate {
    /// Of a forecast; none where there is no work, or where the size of a relation that is worked on is not known.
    pub(crate) fn of(forecast: &Forecast, schema: &Schema) -> Option<Self> {
        let mut names: Vec<&Name> = Vec::new();
        let (mut rows, mut bytes, mut milliseconds) = (0_u64, Some(0_u64), 0_u64);
        for work in &forecast.work {
            let relation = worked_on(forecast, schema, &work.relation)?;
            let (own_rows, own_bytes) = (relation.rows?, relation.bytes);
            let rate = rate(work.kind);
            let time = (own_rows / rate.rows).max(own_bytes.unwrap_or(0) / rate.bytes);
            milliseconds = milliseconds.saturating_add(time);
            if !names.contains(&&relation.name) {
                names.push(&relation.name);
                rows = rows.saturating_add(own_rows);
                bytes = bytes.zip(own_bytes).map(|(sum, own)| sum.saturating_add(own));
            }
        }
        (!names.is_empty()).then_some(Self { rows, bytes, duration: Duration::of(milliseconds) })
    }
}

/// The table of a piece of work, which may name an index. An index that is to be built is not there yet: then it is the largest of
/// the tables that the statement locks, where all of them are known.
pub(crate) fn worked_on<'s>(forecast: &Forecast, schema: &'s Schema, name: &Name) -> Option<&'s Relation> {
    schema.relations.get(name).or_else(|| schema.table_of_index(name)).or_else(|| {
        let locked = forecast.locks.iter().map(|lock| schema.relations.get(&lock.relation));
        let known: Vec<&Relation> = locked.collect::<Option<_>>()?;
        known.iter().all(|relation| relation.rows.is_some()).then_some(())?;
        known.into_iter().max_by_key(|relation| relation.rows)
    })
}

/// A size for people: `240 rows, 64 KiB`.
impl std::fmt::Display for Estimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rows, unit) = match self.rows {
            rows @ 0..10_000 => (rows, ""),
            rows @ 10_000..10_000_000 => (rows / 1_000, " thousand"),
            rows => (rows / 1_000_000, " million"),
        };
        write!(f, "{rows}{unit} row{}", if self.rows == 1 { "" } else { "s" })?;
        match self.bytes {
            None => Ok(()),
            Some(bytes @ 0..10_240) => write!(f, ", {bytes} bytes"),
            Some(bytes @ 10_240..10_485_760) => write!(f, ", {} KiB", bytes >> 10),
            Some(bytes @ 10_485_760..10_737_418_240) => write!(f, ", {} MiB", bytes >> 20),
            Some(bytes) => write!(f, ", {} GiB", bytes >> 30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_few_digits() {
        for (rows, bytes, text) in [
            (1, None, "1 row"),
            (240, Some(65_536), "240 rows, 64 KiB"),
            (12_345, Some(9_000), "12 thousand rows, 9000 bytes"),
            (3_000_000_000, Some(3 << 40), "3000 million rows, 3072 GiB"),
        ] {
            assert_eq!(Estimate { rows, bytes, duration: Duration::Moment }.to_string(), text);
        }
    }
}
