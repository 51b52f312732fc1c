use std::path::{Path, PathBuf};

use sluice_report::Stats;
use sluice_review::{FEW_ROWS, Measure, Statistics};
use sluice_runner::kept;
use sluice_schema::Name;
use sluice_sql::Dialect;

use super::Work;
use super::project::Place;
use super::schema_source::family;
use crate::args;
use crate::error::CliError;

/// Statistics of a file, and the engine that they are of.
pub(super) struct Sizes {
    path: PathBuf,
    engine: Dialect,
    statistics: Statistics,
    /// Somebody named the file.
    named: bool,
}

impl Sizes {
    /// Those that `--stats` names, else those of the configuration, else those beside it; the latter two as the base has them.
    ///
    /// # Errors
    /// A file that is named and not there; one that cannot be taken.
    pub(super) fn find(
        place: Option<&Place>,
        here: &Path,
        args: &args::Check,
    ) -> Result<Option<Self>, CliError> {
        let review = place.map(|place| place.review(args)).transpose()?;
        let configured = review.as_ref().and_then(|review| review.stats.as_deref());
        let named = args.stats.is_some() || configured.is_some();
        let (path, text) = match (&args.stats, place) {
            (Some(path), _) => (path.clone(), kept::read(&here.join(path))?),
            (None, Some(place)) => {
                let name = configured.unwrap_or(Stats::FILE_NAME);
                (PathBuf::from(name), place.kept(args, name)?)
            }
            (None, None) => return Ok(None),
        };
        let Some(text) = text else {
            if !named {
                return Ok(None);
            }
            return Err(CliError::usage(format!("{} does not exist", path.display()))
                .help("`sluice stats --out FILE` writes it"));
        };
        let shown = path.display();
        let stats = Stats::parse(&text)
            .map_err(|error| CliError::usage(format!("{shown}: {error}")).help(error.help()))?;
        let engine = Dialect::named(&stats.engine)
            .ok_or_else(|| CliError::usage(format!("{shown}: `{}` is no engine", stats.engine)))?;
        let few_rows = review.map_or(FEW_ROWS, |review| review.small_table);
        let statistics = statistics(stats, few_rows);
        Ok(Some(Self { path, engine, statistics, named }))
    }

    /// Gives them to the work that they are about.
    ///
    /// # Errors
    /// A file that is named and about none of it.
    pub(super) fn give_to(&self, works: &mut [Work]) -> Result<(), CliError> {
        let mut given = false;
        for work in works.iter_mut().filter(|work| family(work.dialect) == family(self.engine)) {
            work.statistics = Some(self.statistics.clone());
            given = true;
        }
        if given || !self.named || works.is_empty() {
            return Ok(());
        }
        let engines: Vec<&str> = works.iter().map(|work| work.dialect.name()).collect();
        Err(CliError::usage(format!(
            "{} is of {}, and the review is for {}",
            self.path.display(),
            self.engine,
            engines.join(", ")
        ))
        .help("write it with `sluice stats` from a database of the engine that is reviewed for"))
    }
}

fn statistics(stats: Stats, few_rows: u64) -> Statistics {
    let minutes = stats.counted_seconds.map(|seconds| (seconds / 60).max(1));
    let relations = stats.relations.into_iter().map(|one| {
        let used = match (one.calls, one.reads, one.writes) {
            (Some(calls), ..) => Some(calls),
            (None, None, None) => None,
            (None, reads, writes) => Some(reads.unwrap_or(0).saturating_add(writes.unwrap_or(0))),
        };
        let calls_per_minute = used.zip(minutes).map(|(used, minutes)| used / minutes);
        let measure = Measure { rows: one.rows, bytes: one.bytes, calls_per_minute };
        (Name::new(one.schema, one.name), measure)
    });
    Statistics { relations: relations.collect(), few_rows }
}
