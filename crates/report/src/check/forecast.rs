use schemars::JsonSchema;
use serde::Serialize;
use sluice_review::{LockMode, StatementForecast, WorkKind};
use sluice_sql::Dialect;
use sluice_text::SourceFile;

use super::excerpt;
use super::lines::Lines;

/// At most so many characters of a statement are told.
const EXCERPT: usize = 80;

/// What one statement locks and does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatementReport {
    /// The file.
    pub path: String,
    /// Line of the statement, from 1.
    pub line: usize,
    /// Its beginning.
    pub statement: String,
    /// Locks on relations, the strongest for each.
    pub locks: Vec<ForecastLock>,
    /// Work on rows that are there.
    pub work: Vec<ForecastWork>,
    /// What others cannot do meanwhile: `reads and writes`, `writes`; none where everything goes on.
    pub blocks: Option<String>,
    /// How MySQL or MariaDB runs it: `INSTANT`, `NOCOPY`, `INPLACE`, `COPY`.
    pub algorithm: Option<String>,
    /// How it is taken back: `nothing` to take back, by a `statement`, by the `definition` of what was there, `unknown`, or
    /// `lost`: rows or values are gone.
    pub reversibility: String,
    /// `measured`, `modelled` or `assumed`.
    pub evidence: String,
    /// Rows of the tables that it works on, where statistics tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Their bytes with indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How long it takes at most, about: `moment` (less than a second), `seconds`, `minutes`, `hours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
}

/// A lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ForecastLock {
    /// The relation.
    pub relation: String,
    /// Its mode, as SQL writes it.
    pub mode: String,
}

/// Work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ForecastWork {
    /// `scan`, `rewrite`, `index-build`, `index-rebuild`, `foreign-key-check`.
    pub kind: String,
    /// The table or index.
    pub relation: String,
}

impl ForecastWork {
    /// In words.
    pub(crate) fn words(&self) -> String {
        let verb = match self.kind.as_str() {
            "scan" => "reads all of",
            "rewrite" => "rewrites",
            "index-build" => "builds",
            "index-rebuild" => "builds again",
            _ => "looks up the rows of",
        };
        format!("{verb} {}", self.relation)
    }
}

impl StatementReport {
    /// None for a statement that only reads and writes rows without holding anybody up.
    pub(super) fn of(
        one: &StatementForecast,
        dialect: Dialect,
        file: &SourceFile,
        lines: &Lines<'_>,
    ) -> Option<Self> {
        let forecast = &one.forecast;
        let strongest = forecast.locks.iter().map(|lock| lock.mode).max();
        if forecast.work.is_empty()
            && forecast.online.is_none()
            && strongest.is_none_or(|mode| mode <= LockMode::RowExclusive)
        {
            return None;
        }
        Some(Self::at(one, dialect, file, lines.position(one.span.start).0))
    }

    /// What a statement locks and does, also where nobody notices it.
    pub fn new(one: &StatementForecast, dialect: Dialect, file: &SourceFile) -> Self {
        Self::at(one, dialect, file, file.position(one.span.start).line)
    }

    /// How it is taken back, in words.
    pub(super) fn taken_back(&self) -> &'static str {
        match self.reversibility.as_str() {
            "nothing" => "nothing to take back",
            "statement" => "by a statement",
            "definition" => "by its old definition",
            "lost" => "no: values are lost",
            _ => "not known",
        }
    }

    fn at(one: &StatementForecast, dialect: Dialect, file: &SourceFile, line: usize) -> Self {
        let forecast = &one.forecast;
        let strongest = forecast.locks.iter().map(|lock| lock.mode).max();
        Self {
            path: file.path().to_owned(),
            line,
            statement: excerpt(dialect, file.slice(one.span), EXCERPT),
            locks: forecast
                .locks
                .iter()
                .map(|lock| ForecastLock {
                    relation: lock.relation.to_string(),
                    mode: lock.mode.name().to_owned(),
                })
                .collect(),
            work: forecast
                .work
                .iter()
                .map(|work| ForecastWork {
                    kind: word(work.kind).to_owned(),
                    relation: work.relation.to_string(),
                })
                .collect(),
            blocks: strongest.and_then(LockMode::blocks).map(str::to_owned),
            algorithm: forecast.online.map(|online| format!("{:?}", online.algorithm).to_uppercase()),
            reversibility: forecast.reversibility.name().to_owned(),
            evidence: forecast.evidence.name().to_owned(),
            rows: one.estimate.map(|estimate| estimate.rows),
            bytes: one.estimate.and_then(|estimate| estimate.bytes),
            duration: one.estimate.map(|estimate| estimate.duration.name().to_owned()),
        }
    }
}

fn word(kind: WorkKind) -> &'static str {
    match kind {
        WorkKind::Scan => "scan",
        WorkKind::Rewrite => "rewrite",
        WorkKind::IndexBuild => "index-build",
        WorkKind::IndexRebuild => "index-rebuild",
        WorkKind::ForeignKeyCheck => "foreign-key-check",
    }
}
