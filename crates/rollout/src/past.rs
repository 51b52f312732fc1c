use crate::Ledger;

/// What a database tells of what was done to it.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The ledger.
    pub ledger: &'a Ledger,
    /// Histories of other tools; they count only where there is no ledger.
    pub histories: &'a [ForeignHistory],
    /// Name of the layout of the project's files.
    pub layout: &'a str,
}

/// A history that another tool keeps in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignHistory {
    /// Names of the tools whose it may be: some keep the same table.
    pub tools: Vec<String>,
    /// The table, as people name it.
    pub table: String,
    /// It need not be about this database: it is kept once for all of the server, or in a schema that may be another application's.
    pub shared: bool,
}

impl ForeignHistory {
    /// Whether it is of the tool that a layout is named after.
    pub fn is_of(&self, layout: &str) -> bool {
        self.tools.iter().any(|tool| tool == layout)
    }

    /// Whether it tells of a database of a project with this layout.
    pub fn counts_for(&self, layout: &str) -> bool {
        !self.shared || self.is_of(layout)
    }
}

impl<'a> From<&'a Ledger> for Past<'a> {
    fn from(ledger: &'a Ledger) -> Self {
        Self { ledger, histories: &[], layout: "" }
    }
}
