use schemars::JsonSchema;
use serde::Serialize;
use sluice_review::{Lock, StatementForecast};
use sluice_sql::Dialect;
use sluice_text::SourceFile;

use crate::Report;
use crate::check::{ForecastLock, ForecastWork, StatementReport};
use crate::paint::Paint;

/// What lies between two schemas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaDiff {
    /// `postgres`, `mysql`, `mariadb` or `sqlite`.
    pub engine: String,
    /// The one schema.
    pub from: String,
    /// Its fingerprint.
    pub from_fingerprint: String,
    /// The other one.
    pub to: String,
    /// Its fingerprint.
    pub to_fingerprint: String,
    /// Facts that differ, by id.
    pub facts: Vec<FactDiff>,
    /// Statements for the session in which the steps are run, in front of them.
    pub prelude: Vec<String>,
    /// The statements that lead from the one to the other, in order.
    pub steps: Vec<StepReport>,
    /// Statements for the session behind the steps: they end what the prelude began.
    pub coda: Vec<String>,
    /// Facts that are dropped and made again although they do not differ.
    pub rebuilt: Vec<String>,
    /// Objects of either schema that are not compared.
    pub unmodelled: Vec<String>,
    /// What was seen when the steps were tried in a scratch database; none where they were not.
    pub proof: Option<ProofReport>,
    /// Hazards that nobody has allowed: nothing is to be run while there are any.
    pub refused: Vec<String>,
    /// The statements that lead back from TO to FROM, in order. They bring back structure, never values; they were not tried.
    pub reverse: Vec<StepReport>,
}

/// A fact that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FactDiff {
    /// Its id, for example `column:public.orders.total`.
    pub fact: String,
    /// What it is.
    pub kind: String,
    /// `added`, `removed`, `altered` or `renamed`.
    pub change: String,
    /// For one that is altered: the attributes that differ; for one that is renamed: its name.
    pub attributes: Vec<AttributeDiff>,
}

/// An attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttributeDiff {
    /// Its name.
    pub name: String,
    /// As it is; none where it is at its default.
    pub from: Option<String>,
    /// As it is to be.
    pub to: Option<String>,
}

/// The steps were gone in a scratch database that held the schema FROM, and the schema TO was found there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProofReport {
    /// The server, product and version.
    pub server: String,
    /// Fingerprint of the schema before.
    pub from_fingerprint: String,
    /// Fingerprint of the schema that was found after.
    pub to_fingerprint: String,
    /// Rows that were made up lay in the tables meanwhile, and were looked at afterwards.
    pub rows: usize,
    /// So many tables had such rows.
    pub tables: usize,
    /// Tables that had none.
    pub without_rows: Vec<WithoutRows>,
    /// Who else compared where the steps lead with TO, made by itself.
    pub observers: Vec<ObserverReport>,
}

/// Another look at the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObserverReport {
    /// `pg_dump`, `SHOW CREATE`, `pragmas`.
    pub observer: String,
    /// Lines that only one of both has: `+` where the steps lead, `-` TO. Empty where they are the same.
    pub differences: Vec<String>,
}

/// A table in which no row could be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WithoutRows {
    /// The table.
    pub table: String,
    /// Why.
    pub reason: String,
}

impl ProofReport {
    /// The certificate on one line.
    fn words(&self) -> String {
        let rows = match (self.rows, self.tables) {
            (0, _) => String::new(),
            (rows, 1) => format!("; {rows} rows that were made up in a table stay what they are"),
            (rows, tables) => {
                format!("; {rows} rows that were made up in {tables} tables stay what they are")
            }
        };
        let agree = self.observers.iter().filter(|observer| observer.differences.is_empty());
        let agree: String = agree.map(|observer| format!("; {} says so, too", observer.observer)).collect();
        format!("proved on {}: these steps lead to TO{rows}{agree}", self.server)
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepReport {
    /// The statement, without a terminator.
    pub sql: String,
    /// `create`, `alter`, `drop` or `rename`.
    pub verb: String,
    /// What it is about.
    pub fact: String,
    /// What may hurt about it.
    pub hazards: Vec<String>,
    /// It runs outside of transactions.
    pub alone: bool,
    /// What is asked of the rows before it.
    pub assertions: Vec<AssertionReport>,
    /// What it locks and does on the schema FROM; none where nobody is held up and no row is looked at, and for the way back.
    pub forecast: Option<StepForecast>,
    /// The engine that it is for, which decides what ends it.
    #[serde(skip)]
    pub engine: String,
}

/// What a statement locks and does, as the model tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepForecast {
    /// Locks on relations, the strongest for each.
    pub locks: Vec<ForecastLock>,
    /// Work on rows that are there.
    pub work: Vec<ForecastWork>,
    /// What others cannot do meanwhile: `reads and writes`, `writes`; none where everything goes on.
    pub blocks: Option<String>,
    /// Of these relations.
    pub blocked: Vec<String>,
    /// How MySQL or MariaDB runs it: `INSTANT`, `NOCOPY`, `INPLACE`, `COPY`.
    pub algorithm: Option<String>,
    /// `modelled` or `assumed`.
    pub evidence: String,
}

impl StepForecast {
    /// The forecast of a statement in `file`.
    pub fn of(one: &StatementForecast, dialect: Dialect, file: &SourceFile) -> Self {
        let blocks = |lock: &Lock| lock.mode.blocks();
        let strongest = one.forecast.strongest().and_then(blocks);
        let kept_out =
            one.forecast.locks.iter().filter(|lock| strongest.is_some() && blocks(lock) == strongest);
        let blocked = kept_out.map(|lock| lock.relation.to_string()).collect();
        let StatementReport { locks, work, blocks, algorithm, evidence, .. } =
            StatementReport::new(one, dialect, file);
        Self { locks, work, blocks, blocked, algorithm, evidence }
    }

    /// On one line; none where there is nothing that people wait for.
    fn words(&self) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(blocks) = &self.blocks {
            parts.push(format!("blocks {blocks} of {}", self.blocked.join(", ")));
        }
        parts.extend(self.work.iter().map(ForecastWork::words));
        parts.extend(self.algorithm.clone());
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// A question to the rows: the step is refused where it finds any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssertionReport {
    /// What must not be there, in words.
    pub finds: String,
    /// The query, which writes nothing. One row answers it: how many, and one of them for people.
    pub sql: String,
    /// The query does to the rows what the step will do: that it fails is the answer.
    pub tries: bool,
    /// No step before this one changes the answer.
    pub early: bool,
    /// What FROM answered, where it is a database that could be asked: `holds`, `broken` or `unknown`.
    pub answer: Option<String>,
    /// For `broken`: what was found, in words. For `unknown`: why.
    pub detail: Option<String>,
}

impl AssertionReport {
    /// The question as comments of SQL.
    fn comment(&self) -> String {
        let answer = match (self.answer.as_deref(), &self.detail) {
            (Some("holds"), _) => " (there are none)".to_owned(),
            (Some("unknown"), Some(why)) => format!(" (not known: {why})"),
            (_, Some(detail)) => format!(" ({detail})"),
            _ => String::new(),
        };
        format!("asserts no {}{answer}", self.finds)
    }
}

impl Report for SchemaDiff {
    const SCHEMA: &'static str = "sluice/diff/v1";

    fn human(&self, _paint: Paint) -> String {
        if self.facts.is_empty() {
            return "The schemas are equal.\n".to_owned();
        }
        let mut text = String::new();
        self.facts.iter().for_each(|fact| fact.render("", &mut text));
        text.push('\n');
        let plain = |sql: &String| format!("{sql};\n");
        text.extend(self.prelude.iter().map(plain));
        self.steps.iter().for_each(|step| step.render(&mut text));
        text.extend(self.coda.iter().map(plain));
        if let Some(proof) = &self.proof {
            text.push_str(&format!("\n{}", commented(&proof.words())));
        }
        if !self.reverse.is_empty() {
            text.push_str("\n-- The way back, for the structure:\n");
            let mut back = String::new();
            self.reverse.iter().for_each(|step| step.render(&mut back));
            text.push_str(&commented(&back));
        }
        text
    }
}

impl FactDiff {
    /// Appends the fact, and what differs of it behind `indent`.
    pub(crate) fn render(&self, indent: &str, out: &mut String) {
        let sign = match self.change.as_str() {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        out.push_str(&format!("{sign} {}\n", self.fact));
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| "default".to_owned(), one_line);
        for AttributeDiff { name, from, to } in &self.attributes {
            out.push_str(&format!("{indent}    {name}: {} → {}\n", value(from), value(to)));
        }
    }
}

impl StepReport {
    /// Appends the statement for a client of the engine, its hazards before it.
    pub(crate) fn render(&self, out: &mut String) {
        if !self.hazards.is_empty() {
            out.push_str(&format!("-- {}\n", self.hazards.join(", ")));
        }
        if let Some(words) = self.forecast.as_ref().and_then(StepForecast::words) {
            out.push_str(&commented(&words));
        }
        self.assertions.iter().for_each(|assertion| out.push_str(&commented(&assertion.comment())));
        out.push_str(&terminated(&self.engine, &self.sql));
    }
}

/// Lines of SQL comments.
pub fn commented(text: &str) -> String {
    text.lines().map(|line| format!("-- {line}\n")).collect()
}

/// A statement with what ends it. Client programs of MySQL and MariaDB end a statement at the first semicolon, also in the middle of a
/// body, unless they were told another delimiter before; our own splitter reads such lines as they do.
pub fn terminated(engine: &str, sql: &str) -> String {
    if !matches!(engine, "mysql" | "mariadb") || !sql.contains(';') {
        return format!("{sql};\n");
    }
    let delimiter = ["//", ";;", "$$", "%%", "~~"].into_iter().find(|delimiter| !sql.contains(delimiter));
    let delimiter = delimiter.unwrap_or("@@end_of_statement@@");
    format!("DELIMITER {delimiter}\n{sql}\n{delimiter}\nDELIMITER ;\n")
}

/// A text on one line, cut to what can be read.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 {
        line
    } else {
        format!("{} …", line.chars().take(58).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_with_semicolons_are_ended_by_something_else() {
        for (engine, sql, expected) in [
            ("mariadb", "DROP TABLE a", "DROP TABLE a;\n"),
            ("postgres", "CREATE FUNCTION f() AS $$;$$", "CREATE FUNCTION f() AS $$;$$;\n"),
            ("mysql", "CREATE p BEGIN a; END", "DELIMITER //\nCREATE p BEGIN a; END\n//\nDELIMITER ;\n"),
            (
                "mariadb",
                "CREATE p BEGIN a; -- http://b\nEND",
                "DELIMITER ;;\nCREATE p BEGIN a; -- http://b\nEND\n;;\nDELIMITER ;\n",
            ),
        ] {
            assert_eq!(terminated(engine, sql), expected);
        }
    }
}
