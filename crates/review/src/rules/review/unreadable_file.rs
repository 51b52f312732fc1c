use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A file cannot be read, or cannot be cut into statements.
    ///
    /// ## Why
    /// Nothing of it was reviewed, and what was not reviewed does not pass.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT 'never closed;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT 'closed';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Lexical Structure; MySQL manual, mysql Client Commands.
    UnreadableFile, "review/unreadable-file", Engines::ALL, Error, Recommended
}

impl Rule for UnreadableFile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
