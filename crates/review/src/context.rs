use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::time::Duration;

use sluice_schema::{Name, Origin, Relation, RelationKind, Schema};
use sluice_sql::model::{AlterTable, Call, ObjectName, Parsed, StatementKind};
use sluice_sql::{Dialect, Placement, UnitKind};
use sluice_text::{SourceFile, Span};

use crate::{Forecast, LockMode, Options, Question, ServerVersion, forecast};

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
    /// Locks on relations in use that statements before it took and that its transaction still holds.
    pub held: &'a [Held],
    /// Pairs of relations that transactions before this one locked in this order, and the file that did. They are those of
    /// the changes that are deployed together.
    pub orders: &'a Orders,
    /// The next thousand statements of this change.
    pub after: &'a [Parsed],
    /// The change.
    pub change: &'a ChangeInfo,
    /// What is made now has this origin.
    pub origin: Origin,
    /// The rule's options.
    pub options: &'a Options,
    pub(crate) question: &'a Question<'a>,
    pub(crate) forecast: &'a OnceCell<Forecast>,
    pub(crate) inside: &'a Inside<'a>,
    /// It stands in a program: in a `DO` block, a routine, a trigger.
    pub(crate) in_program: bool,
    /// The statement, if it alters a relation that is in use.
    pub(crate) altered: Option<&'a AlterTable>,
}

/// What is inside of a statement, looked for once.
#[derive(Default)]
pub(crate) struct Inside<'a> {
    pub(crate) statements: OnceCell<Vec<&'a Parsed>>,
    pub(crate) run_now: OnceCell<Vec<&'a Parsed>>,
    pub(crate) calls: OnceCell<Vec<&'a Call>>,
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
    /// It is a `SET`.
    pub is_setting: bool,
    /// It is an `ALTER TABLE`.
    pub is_alteration: bool,
}

/// Pairs of relations in the order in which they are locked, and the file that does.
pub type Orders = BTreeMap<(Name, Name), String>;

/// A lock that keeps others waiting until the transaction ends.
#[derive(Debug, Clone)]
pub struct Held {
    /// The relation.
    pub relation: Name,
    /// Mode.
    pub mode: LockMode,
    /// The statement that took it.
    pub by: Span,
}

/// A relation's name for messages, looked up when it is written.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    schema: &'a Schema,
    name: &'a ObjectName,
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.schema.relation_name(self.name).fmt(f)
    }
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
    pub fn display<'n>(&self, name: &'n ObjectName) -> Shown<'n>
    where
        'a: 'n,
    {
        Shown { schema: self.schema, name }
    }

    /// The lock of this mode that was taken first, of those that the transaction still holds.
    pub fn first_held(&self, mode: LockMode) -> Option<&'a Held> {
        self.held.iter().find(|held| held.mode == mode)
    }

    /// Whether a name means a table that is in use, or that is not known.
    pub fn in_use(&self, name: &Name) -> bool {
        in_use(self.schema, self.origin, name)
    }
}

/// Whether a name means a table that is in use, or that is not known. A view is not: what reads it locks what it reads.
pub(crate) fn in_use(schema: &Schema, origin: Origin, name: &Name) -> bool {
    match schema.relations.get(name) {
        Some(relation) => {
            let new = relation.origin.batch == origin.batch && origin.batch != 0;
            !new && !relation.temporary && relation.kind != RelationKind::View
        }
        None => !schema.sequences.contains_key(name),
    }
}
