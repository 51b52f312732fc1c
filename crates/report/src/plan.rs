use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, block, line};
use crate::{Problem, Report};

/// Result of `sluice plan`: what a deployment would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Plan {
    /// Digest of the release.
    pub release: String,
    /// Digest of the plan: the release, and state and SQL of the databases behind an approval; of all databases where nobody
    /// approves anything.
    pub digest: String,
    /// Database by database.
    pub targets: Vec<PlannedTarget>,
}

/// What would be done to one database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedTarget {
    /// Name of the database.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// Dialect: `postgres`, `mysql`, `mariadb` or `sqlite`.
    pub engine: Option<String>,
    /// Product and version.
    pub server: Option<String>,
    /// What would run, in order. Databases of a kind share what is the same on all of them.
    pub pending: Vec<Arc<PlannedChange>>,
    /// What would not run, and why.
    pub skipped: Vec<SkippedChange>,
    /// What is wrong with its history, or why it cannot be planned.
    pub problems: Vec<Problem>,
}

/// A change that would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedChange {
    /// Version.
    pub version: String,
    /// Name.
    pub name: String,
    /// File.
    pub path: String,
    /// `versioned`, `repeatable` or `baseline`.
    pub kind: String,
    /// `apply`, `resume` or `rerun`.
    pub action: String,
    /// Whether all of it lands in one transaction.
    pub atomic: bool,
    /// The exact SQL, and of a change that is resumed also what does not run again.
    pub statements: Vec<PlannedStatement>,
}

/// A statement of a pending change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedStatement {
    /// Place in the change, from 1.
    pub ordinal: u64,
    /// Line in the file, from 1.
    pub line: u32,
    /// Number of the unit that it runs in, from 1: statements of a `transaction` unit land together.
    pub unit: u32,
    /// How the unit runs: `transaction`, `alone` or `session`.
    pub mode: String,
    /// `to-run`; `applied`: an earlier run has applied it, it does not run; `in-flight`: an earlier run was about to send it, it
    /// runs if it turns out not to have taken effect.
    pub state: String,
    /// The text that is sent.
    pub sql: String,
}

/// A change that would not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SkippedChange {
    /// Version.
    pub version: String,
    /// `applied`, `baseline`, `covered-by-baseline`, `baseline-not-needed` or `not-for-this-target`.
    pub reason: String,
}

impl Report for Plan {
    const SCHEMA: &'static str = "sluice/plan/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = format!(
            "{} {}\n{} {}\n",
            paint.tone(Tone::Faint, "release"),
            short(&self.release),
            paint.tone(Tone::Faint, "plan   "),
            short(&self.digest)
        );
        for alike in self.targets.chunk_by(PlannedTarget::is_like) {
            render(alike, paint, &mut out);
        }
        let (pending, busy) =
            self.targets.iter().filter(|target| !target.is_held()).fold((0, 0), |(pending, busy), target| {
                (pending + target.pending.len(), busy + usize::from(!target.pending.is_empty()))
            });
        let held = self.targets.iter().filter(|target| target.is_held()).count();
        out.push('\n');
        if pending > 0 {
            out.push_str(&format!(
                "{} to run on {}\n",
                counted(pending, "change"),
                counted(busy, "database")
            ));
        } else if held == 0 {
            out.push_str("nothing to do\n");
        }
        if held > 0 {
            out.push_str(&format!("nothing would run on {}: see above\n", counted(held, "database")));
        }
        out
    }
}

impl PlannedTarget {
    /// Whether something is wrong that keeps everything from running.
    fn is_held(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == "error")
    }

    /// Whether the same would happen to both, so that it is told once.
    fn is_like(&self, other: &Self) -> bool {
        self.environment == other.environment
            && self.server == other.server
            && self.problems.is_empty()
            && other.problems.is_empty()
            && self.pending == other.pending
            && self.skipped == other.skipped
    }

    fn render(&self, paint: Paint, out: &mut String) {
        for problem in &self.problems {
            problem.render(paint, out);
        }
        for change in &self.pending {
            change.render(paint, out);
        }
        if self.pending.is_empty() && self.problems.is_empty() {
            out.push_str(&format!("  {}\n", paint.tone(Tone::Good, "up to date")));
        }
        let mut reasons: Vec<(&str, usize)> = Vec::new();
        for skipped in &self.skipped {
            match reasons.iter_mut().find(|(reason, _)| *reason == skipped.reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((&skipped.reason, 1)),
            }
        }
        for (reason, count) in reasons {
            let text = format!("{} skipped: {}", counted(count, "change"), reason.replace('-', " "));
            out.push_str(&format!("  {}\n", paint.tone(Tone::Faint, &text)));
        }
    }
}

/// How many databases of a kind are named to people; programs get all of them.
const NAMED: usize = 12;

/// What would be done to databases that are alike: their names, then the changes once.
fn render(alike: &[PlannedTarget], paint: Paint, out: &mut String) {
    let Some(first) = alike.first() else { return };
    let names: Vec<_> = alike.iter().take(NAMED).map(|target| line(&target.name)).collect();
    let more = match alike.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    };
    let server = first.server.as_deref().map(|server| format!(" · {server}")).unwrap_or_default();
    let count = if alike.len() > 1 { format!(" · {} databases", alike.len()) } else { String::new() };
    out.push_str(&format!(
        "\n{}{more} {}\n",
        paint.tone(Tone::Strong, &names.join(", ")),
        paint.tone(Tone::Faint, &format!("({}{}{count})", line(&first.environment), line(&server)))
    ));
    first.render(paint, out);
}

impl PlannedChange {
    fn render(&self, paint: Paint, out: &mut String) {
        let how = match (self.action.as_str(), self.atomic) {
            ("apply", true) => "in one transaction".to_owned(),
            ("apply", false) => "statement by statement where it must be".to_owned(),
            ("resume", _) if self.statements.iter().any(|statement| statement.state != "to-run") => {
                let left = self.statements.iter().filter(|statement| statement.state != "applied").count();
                format!("resume · {left} of {} to run", counted(self.statements.len(), "statement"))
            }
            (action, _) => action.to_owned(),
        };
        out.push_str(&format!(
            "  {} {} {}\n",
            paint.tone(Tone::Waiting, &line(&self.version)),
            line(&self.name),
            paint.tone(Tone::Faint, &format!("{} · {how}", line(&self.path)))
        ));
        for statement in &self.statements {
            let mark = match (statement.state.as_str(), statement.mode.as_str()) {
                ("applied", _) => "✓ applied ·",
                ("in-flight", _) => "? in flight ·",
                (_, "transaction") => "│",
                (_, "session") => "·",
                _ => "▸",
            };
            for (at, text) in block(&statement.sql).lines().enumerate() {
                let mark = if at == 0 { mark } else { " " };
                out.push_str(&format!("    {} {text}\n", paint.tone(Tone::Faint, mark)));
            }
        }
    }
}

/// The first twelve digits of a digest.
pub(crate) fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}

/// `1 change`, `2 changes`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str, sql: &str) -> PlannedTarget {
        let statement = PlannedStatement {
            ordinal: 1,
            line: 1,
            unit: 1,
            mode: "transaction".into(),
            state: "to-run".into(),
            sql: sql.into(),
        };
        let change = PlannedChange {
            version: "1".into(),
            name: "a".into(),
            path: "migrations/1_a.sql".into(),
            kind: "versioned".into(),
            action: "apply".into(),
            atomic: true,
            statements: vec![statement],
        };
        PlannedTarget {
            name: name.into(),
            environment: "prod".into(),
            engine: Some("sqlite".into()),
            server: Some("SQLite 3".into()),
            pending: vec![Arc::new(change)],
            skipped: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn human(targets: Vec<PlannedTarget>) -> String {
        Plan { release: "sha256:1".into(), digest: "sha256:2".into(), targets }
            .human(Paint { colours: false })
    }

    #[test]
    fn what_happens_alike_on_many_databases_is_told_once() {
        let shown = human(vec![target("a", "select 1"), target("b", "select 1"), target("c", "select 2")]);
        assert!(shown.contains("\na, b (prod · SQLite 3 · 2 databases)\n"), "{shown}");
        assert!(shown.contains("\nc (prod · SQLite 3)\n"), "{shown}");
        assert_eq!(shown.matches("select 1").count(), 1, "{shown}");
        assert!(shown.ends_with("\n3 changes to run on 3 databases\n"), "{shown}");
    }

    #[test]
    fn a_plan_that_names_only_some_databases_says_how_many_more_there_are() {
        let shown = human((1..=20).map(|number| target(&format!("t{number}"), "select 1")).collect());
        assert!(shown.contains("t12 and 8 more (prod · SQLite 3 · 20 databases)\n"), "{shown}");
    }

    #[test]
    fn a_database_with_a_problem_stands_alone() {
        let mut held = target("b", "select 1");
        held.problems.push(Problem::error("refused").at("b".to_owned()));
        let shown = human(vec![target("a", "select 1"), held]);
        assert!(
            shown.contains("\na (prod · SQLite 3)\n") && shown.contains("\nb (prod · SQLite 3)\n"),
            "{shown}"
        );
    }
}
