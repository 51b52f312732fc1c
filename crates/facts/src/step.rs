use std::fmt;

use serde::{Deserialize, Serialize};

use crate::FactId;

/// What a step does to its fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// It goes.
    Drop,
    /// It is altered in place.
    Alter,
    /// It comes.
    Create,
    /// It gets another name.
    Rename,
}

impl Verb {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Alter => "alter",
            Self::Create => "create",
            Self::Rename => "rename",
        }
    }
}

/// What may hurt about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hazard {
    /// Rows or values are gone afterwards.
    DeletesData,
    /// The table is written anew.
    RewritesTable,
    /// The table is read from end to end while nobody may write.
    ScansTable,
    /// An index is built while nobody may write.
    BuildsIndex,
    /// It fails where the rows do not fit.
    DependsOnData,
    /// Somebody may do more or less than before.
    ChangesAccess,
}

impl Hazard {
    /// Every hazard.
    pub const ALL: [Self; 6] = [
        Self::DeletesData,
        Self::RewritesTable,
        Self::ScansTable,
        Self::BuildsIndex,
        Self::DependsOnData,
        Self::ChangesAccess,
    ];

    /// The name by which it is allowed.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeletesData => "deletes_data",
            Self::RewritesTable => "rewrites_table",
            Self::ScansTable => "scans_table",
            Self::BuildsIndex => "builds_index",
            Self::DependsOnData => "depends_on_data",
            Self::ChangesAccess => "changes_access",
        }
    }

    /// The hazard of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hazard| hazard.name() == name)
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A question to the rows, asked without writing anything: whether a step can succeed depends on the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// What must not be there, in words: `rows of public.users in which email is null`.
    pub finds: String,
    /// The query. One row answers it: how many of them there are, and one of them for people.
    pub sql: String,
    /// The query does to the rows what the step will do: that it fails is the answer.
    pub tries: bool,
    /// No step before this one changes the answer, so that it can be asked before the first.
    pub early: bool,
}

/// What begins a line that holds an assertion, above the statement that depends on it.
const LINE: &str = "-- sluice: before ";

impl Assertion {
    /// The assertion as a line of a script, with its end.
    pub fn line(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{LINE}{json}\n")
    }

    /// Those that stand in the text above a statement.
    ///
    /// # Errors
    /// A line that cannot be read, with why.
    pub fn above(text: &str) -> Result<Vec<Self>, (String, serde_json::Error)> {
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix(LINE));
        lines.map(|json| serde_json::from_str(json).map_err(|error| (json.to_owned(), error))).collect()
    }
}

/// One statement on the way from one schema to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The statement, without a terminator.
    pub sql: String,
    /// What it does.
    pub verb: Verb,
    /// What it is about.
    pub fact: FactId,
    /// What may hurt about it; sorted.
    pub hazards: Vec<Hazard>,
    /// It cannot run in a transaction, or what it makes cannot be used in its transaction.
    pub alone: bool,
    /// What is asked of the rows before it.
    pub assertions: Vec<Assertion>,
}

impl Step {
    /// A step without hazards.
    pub fn new(verb: Verb, fact: &FactId, sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            verb,
            fact: fact.clone(),
            hazards: Vec::new(),
            alone: false,
            assertions: Vec::new(),
        }
    }

    /// The same with a hazard.
    #[must_use]
    pub fn hazard(mut self, hazard: Hazard) -> Self {
        self.hazards.push(hazard);
        self.hazards.sort_unstable();
        self.hazards.dedup();
        self
    }

    /// The same with questions to the rows.
    #[must_use]
    pub fn asserting(mut self, assertions: impl IntoIterator<Item = Assertion>) -> Self {
        self.assertions.extend(assertions);
        self
    }

    /// The same outside of transactions.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}
