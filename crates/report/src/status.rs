use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::table::Table;
use crate::{Problem, Report};

/// Result of `sluice status`: where every database stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Status {
    /// Digest of the release of the files as they are; absent where they are wrong.
    pub release: Option<String>,
    /// Database by database, in the order of the environments.
    pub targets: Vec<DatabaseStatus>,
    /// What is wrong with the files: what the ledgers have was not compared with them.
    pub problems: Vec<Problem>,
}

/// Where one database stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DatabaseStatus {
    /// Name.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// Product and version of the server.
    pub server: Option<String>,
    /// In one word.
    pub state: State,
    /// Version of the last versioned change that is applied.
    pub version: Option<String>,
    /// Changes to run; absent where the ledger or the files could not be read.
    pub pending: Option<usize>,
    /// The last change.
    pub last_change: Option<LastChange>,
    /// `none`, `drifted`, `unknown`, or `off` where the policy does not look for it.
    pub drift: String,
    /// What interrupted statements have left, with the statement that removes it.
    pub leftovers: Vec<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// The last change of a database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LastChange {
    /// Version.
    pub version: String,
    /// When it was finished, RFC 3339 in UTC, by the database's clock.
    pub finished_at: Option<String>,
}

/// A database in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Has every change of the release.
    UpToDate,
    /// Changes are to be run.
    Pending,
    /// A change is unfinished: the next run resumes it.
    Unfinished,
    /// A change failed: the next run resumes it.
    Failed,
    /// The last try of a change was cancelled: the next run resumes it.
    Cancelled,
    /// No change is unfinished; what is to be run is not known, because the files are wrong.
    Unknown,
    /// The history does not fit the repository.
    Refused,
    /// Did not answer.
    Unreachable,
}

impl State {
    fn text(self) -> (&'static str, Tone) {
        match self {
            Self::UpToDate => ("up to date", Tone::Good),
            Self::Pending => ("pending", Tone::Waiting),
            Self::Unfinished => ("unfinished", Tone::Bad),
            Self::Failed => ("failed", Tone::Bad),
            Self::Cancelled => ("cancelled", Tone::Waiting),
            Self::Unknown => ("unknown", Tone::Waiting),
            Self::Refused => ("refused", Tone::Bad),
            Self::Unreachable => ("unreachable", Tone::Bad),
        }
    }
}

impl Report for Status {
    const SCHEMA: &'static str = "sluice/status/v1";

    fn human(&self, paint: Paint) -> String {
        let mut table =
            Table::new(&["environment", "database", "state", "version", "pending", "last change", "drift"]);
        let mut environment = None;
        for target in &self.targets {
            let (state, tone) = target.state.text();
            let first = environment != Some(&target.environment);
            environment = Some(&target.environment);
            let last = target.last_change.as_ref().and_then(|last| last.finished_at.as_deref());
            let last = last.map_or_else(|| "–".to_owned(), |at| at.get(..19).unwrap_or(at).replace('T', " "));
            table.row(vec![
                (if first { line(&target.environment) } else { String::new() }, Some(Tone::Strong)),
                (line(&target.name), None),
                (state.to_owned(), Some(tone)),
                (target.version.as_deref().map_or_else(|| "–".to_owned(), line), None),
                (
                    target.pending.map_or_else(|| "–".to_owned(), |pending| pending.to_string()),
                    target.pending.filter(|pending| *pending > 0).map(|_| Tone::Waiting),
                ),
                (last, Some(Tone::Faint)),
                (target.drift.clone(), Some(Tone::Faint)),
            ]);
        }
        let mut out = table.render(paint);
        for target in &self.targets {
            for problem in &target.problems {
                out.push('\n');
                problem
                    .clone()
                    .at(problem.place.clone().unwrap_or_else(|| target.name.clone()))
                    .render(paint, &mut out);
            }
            for leftover in &target.leftovers {
                out.push_str(&format!(
                    "\n{}: {}: {}\n",
                    paint.tone(Tone::Waiting, "leftover"),
                    target.name,
                    line(leftover)
                ));
            }
        }
        for problem in &self.problems {
            out.push('\n');
            problem.render(paint, &mut out);
        }
        out
    }
}
