use schemars::JsonSchema;
use serde::Serialize;

use crate::Report;
use crate::paint::{Paint, Tone, line};
use crate::plan::{counted, short};

/// Result of `sluice history`: what was done to the databases, by their own ledgers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct History {
    /// Revisions, database by database, in the order of application.
    pub revisions: Vec<Revision>,
    /// Append-only history, database by database, oldest first: successes, failures, repairs.
    pub events: Vec<Entry>,
}

/// The ledger's record of one change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the columns of the table `revision`, see docs/ledger.md")]
pub struct Revision {
    /// Name of the database.
    pub database: String,
    /// Its environment.
    pub environment: String,
    pub version: String,
    pub name: String,
    pub kind: String,
    pub state: String,
    pub checksum: String,
    pub release_digest: Option<String>,
    pub commit_id: Option<String>,
    pub author: Option<String>,
    pub applied_by: String,
    pub run_id: String,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub duration_ms: Option<i64>,
    pub statements_total: i64,
    pub statements_applied: i64,
}

/// One entry of the append-only history.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the columns of the table `event`, see docs/ledger.md")]
pub struct Entry {
    /// Name of the database.
    pub database: String,
    /// Its environment.
    pub environment: String,
    pub at: String,
    pub kind: String,
    pub version: Option<String>,
    pub run_id: Option<String>,
    pub actor: Option<String>,
    pub detail: Option<String>,
}

impl Report for History {
    const SCHEMA: &'static str = "sluice/history/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        let mut database = None;
        for entry in &self.events {
            if database != Some(&entry.database) {
                database = Some(&entry.database);
                let count =
                    self.revisions.iter().filter(|revision| revision.database == entry.database).count();
                out.push_str(&format!(
                    "{} {}\n",
                    paint.tone(Tone::Strong, &line(&entry.database)),
                    paint.tone(
                        Tone::Faint,
                        &format!("({} · {})", line(&entry.environment), counted(count, "revision"))
                    )
                ));
            }
            self.render(entry, paint, &mut out);
        }
        if out.is_empty() {
            out.push_str("no history: nothing was applied yet\n");
        }
        out
    }
}

impl History {
    fn render(&self, entry: &Entry, paint: Paint, out: &mut String) {
        let tone = match entry.kind.as_str() {
            "failed" => Tone::Bad,
            "applied" => Tone::Good,
            _ => Tone::Waiting,
        };
        let version = entry.version.as_deref().unwrap_or_default();
        let revision = self
            .revisions
            .iter()
            .find(|revision| revision.database == entry.database && revision.version == version)
            .filter(|_| entry.kind == "applied");
        let mut text = line(version);
        if let Some(revision) = revision {
            text.push_str(&format!(" {}", line(&revision.name)));
        }
        if let Some(detail) = &entry.detail {
            text.push_str(&format!(" {}", line(detail)));
        }
        let mut by = entry.actor.clone().unwrap_or_default();
        if let Some(commit) = revision.and_then(|revision| revision.commit_id.as_deref()) {
            by.push_str(&format!(" · {}", short(commit)));
        }
        let at = entry.at.get(..19).unwrap_or(&entry.at).replace('T', " ");
        out.push_str(&format!(
            "  {} {} {} {}\n",
            paint.tone(Tone::Faint, &at),
            paint.tone(tone, &format!("{:<9}", line(&entry.kind))),
            text.trim_end(),
            paint.tone(Tone::Faint, &line(&by))
        ));
    }
}
