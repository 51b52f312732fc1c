use std::cell::OnceCell;
use std::time::Duration;

use sluice_schema::{Name, Origin, Relation, Schema};
use sluice_sql::model::{AlterTable, ObjectName, Parsed, StatementKind};
use sluice_sql::{Dialect, Placement, UnitKind};
use sluice_text::{SourceFile, Span};

use crate::{Forecast, Options, Question, ServerVersion, forecast};

/// What a rule knows when it looks at a statement. The schema is the one before the statement.
pub struct Context<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// The statement.
    pub parsed: &'a Parsed,
    /// The schema before it.
    pub schema: &'a Schema,
    /// The server's version: the one that is given, else the oldest one that is supported.
    pub version: ServerVersion,
    /// Settings that are in force.
    pub session: &'a Session,
    /// How it runs; none where it is not sent (`BEGIN`, `COMMIT`).
    pub placement: Option<Placement>,
    /// Statements of this change before it, the latest last.
    pub before: &'a [Seen],
    /// Statements of this change after it; empty in files that are too big to be held.
    pub after: &'a [Parsed],
    /// Relations in use that its transaction has locked with `ACCESS EXCLUSIVE` before it, in the order of the locks.
    pub held: &'a [Name],
    /// The change.
    pub change: &'a ChangeInfo,
    /// What is made now has this origin.
    pub origin: Origin,
    /// The rule's options.
    pub options: &'a Options,
    pub(crate) question: &'a Question<'a>,
    pub(crate) forecast: &'a OnceCell<Forecast>,
    /// The statement, if it alters a relation that is in use.
    pub(crate) altered: Option<&'a AlterTable>,
}

/// What a rule knows when it looks at a change as a whole.
pub struct ChangeContext<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Its statements.
    pub statements: &'a [Seen],
    /// The schema after it.
    pub schema: &'a Schema,
    /// The server's version, as in [`Context`].
    pub version: ServerVersion,
    /// The change.
    pub change: &'a ChangeInfo,
    /// The rule's options.
    pub options: &'a Options,
}

/// What the layout and the directives say of a change.
#[derive(Debug, Clone, Default)]
pub struct ChangeInfo {
    /// `transaction=none`.
    pub separate: bool,
    /// `lock_timeout=…`.
    pub lock_timeout: Option<Duration>,
    /// It is run again whenever it is edited.
    pub repeatable: bool,
    /// `phase=contract`: what it takes away is meant to go.
    pub contract: bool,
}

/// Settings that are in force.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// `lock_timeout` (`lock_wait_timeout`) as set in the change; the runner's own otherwise.
    pub lock_timeout: Option<String>,
    /// `statement_timeout` as set in the change.
    pub statement_timeout: Option<String>,
    /// `foreign_key_checks` or `PRAGMA foreign_keys` is off.
    pub foreign_keys_off: bool,
    /// `TimeZone` as set in the change, lower case.
    pub time_zone: Option<String>,
    /// `SET ROLE`, `SET SESSION AUTHORIZATION`.
    pub role: Option<String>,
}

/// What is kept of a statement that was looked at.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its place.
    pub span: Span,
    /// Its kind.
    pub kind: StatementKind,
    /// Transaction that it was in, see [`Origin::transaction`].
    pub transaction: u32,
    /// It was in a transaction, not alone.
    pub in_transaction: bool,
    /// The relation that it is about.
    pub subject: Option<Name>,
}

impl<'a> Context<'a> {
    /// The dialect.
    pub fn dialect(&self) -> Dialect {
        self.schema.dialect()
    }

    /// The file's text.
    pub fn text(&self) -> &'a str {
        self.file.text()
    }

    /// The text of a place.
    pub fn slice(&self, span: Span) -> &'a str {
        span.slice(self.file.text())
    }

    /// The relation that a name means, if it is known.
    pub fn relation(&self, name: &ObjectName) -> Option<&'a Relation> {
        self.schema.relation(name)
    }

    /// Whether what has this origin was made by what is deployed together with the statement: nobody uses it yet.
    pub fn made_here(&self, origin: Origin) -> bool {
        origin.batch == self.origin.batch && origin.batch != 0
    }

    /// Whether a relation was made by what is deployed together with the statement, so that nobody uses it yet.
    pub fn is_new(&self, name: &ObjectName) -> bool {
        self.relation(name).is_some_and(|relation| self.made_here(relation.origin) || relation.temporary)
    }

    /// The statement, if it alters a table or another relation that is in use.
    pub fn altered(&self) -> Option<&'a AlterTable> {
        self.altered
    }

    /// Whether the statement runs in a transaction together with others or the ledger's rows.
    pub fn in_transaction(&self) -> bool {
        self.placement.is_some_and(|placement| placement.kind == UnitKind::Transaction)
    }

    /// What the statement locks and how much it does. Computed once.
    pub fn forecast(&self) -> &'a Forecast {
        self.forecast.get_or_init(|| forecast::forecast(self.question))
    }

    /// A relation's name for messages.
    pub fn display(&self, name: &ObjectName) -> String {
        self.schema.relation_name(name).to_string()
    }

    /// Statements before it in the same transaction.
    pub fn same_transaction(&self) -> impl Iterator<Item = &'a Seen> {
        let transaction = self.origin.transaction;
        self.before.iter().filter(move |seen| seen.in_transaction && seen.transaction == transaction)
    }
}
