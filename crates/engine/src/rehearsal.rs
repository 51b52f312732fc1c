//! Changes are run on a shadow before anybody runs them where it counts: what fails there fails, and what a server of the same kind
//! locks and does is measured.

use std::borrow::Cow;

use sluice_facts::{Rules, Snapshot};
use sluice_sql::{Dialect, Kind, Mode, classify};

use crate::proof::{self, ProofError};
use crate::shadow::{self, Script, ShadowError};
use crate::{Connect, Database, DbError, DbErrorKind, Query, Server, Session, Statement, Step};

/// How a database family measures what a statement does, in a scratch database. Texts without parameters.
#[derive(Debug, Clone, Copy)]
pub struct Gauge {
    /// Makes what it needs.
    pub prepare: &'static [&'static str],
    /// Run in front of the statement, in its transaction.
    pub before: &'static [&'static str],
    /// Run behind it, in its transaction.
    pub after: &'static [&'static str],
    /// Reads what was seen: what (`lock`, `index-lock`, or a kind of work), schema, name, mode.
    pub read: &'static str,
}

/// A statement that says itself how little the server may do for it. The server refuses it where it must do more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// `INSTANT`, `NOCOPY`, `INPLACE`, `COPY`.
    pub algorithm: &'static str,
    /// `NONE`, `SHARED`, `EXCLUSIVE`: what it keeps from others.
    pub lock: &'static str,
    /// The statement.
    pub sql: String,
}

/// What was seen while a statement ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Locks on relations and indexes that were there before.
    pub seen: Vec<Seen>,
    /// How MySQL or MariaDB ran it: algorithm and lock.
    pub online: Option<(&'static str, &'static str)>,
}

/// A lock, or work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `lock`, `index-lock`, or a kind of work.
    pub what: String,
    /// Schema of the relation.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Mode of the lock, as the catalog names it.
    pub mode: String,
}

/// What is there before the changes.
#[derive(Clone, Copy)]
pub enum Before<'a> {
    /// Nothing.
    Empty,
    /// A schema that was read elsewhere.
    Facts(&'a dyn Rules, &'a Snapshot),
}

/// A scratch database in which changes are run one after the other.
pub struct Rehearsal<'a> {
    database: &'a dyn Database,
    connect: &'a Connect,
    scratch: Connect,
    session: Box<dyn Session>,
    gauge: Option<Gauge>,
}

impl<'a> Rehearsal<'a> {
    /// Makes it on the server of `connect`.
    ///
    /// # Errors
    /// As [`Database::create_scratch`]; [`ProofError::Base`] where the schema before cannot be made.
    pub async fn begin(
        database: &'a dyn Database,
        connect: &'a Connect,
        before: Before<'_>,
    ) -> Result<Self, ProofError> {
        let scratch = database.create_scratch(connect).await?;
        let session = match database.connect(&scratch).await {
            Ok(session) => session,
            Err(error) => {
                let _ = database.drop_scratch(connect, &scratch).await;
                return Err(error.into());
            }
        };
        let mut rehearsal = Self { database, connect, scratch, session, gauge: database.gauge() };
        match rehearsal.lay(before).await {
            Ok(()) => Ok(rehearsal),
            Err(error) => {
                let _ = rehearsal.end().await;
                Err(error)
            }
        }
    }

    async fn lay(&mut self, before: Before<'_>) -> Result<(), ProofError> {
        if let Before::Facts(rules, facts) = before {
            proof::lay_facts(self.session.as_mut(), rules, facts).await?;
        }
        for sql in self.gauge.iter().flat_map(|gauge| gauge.prepare) {
            self.session.query(&Query::new(*sql, Vec::new())).await?;
        }
        Ok(())
    }

    /// The server.
    pub fn server(&self) -> &Server {
        self.session.server()
    }

    /// Runs one statement, by itself, and measures it. What begins and ends transactions, and rows from a client, are passed over.
    ///
    /// # Errors
    /// What the server says, or why the statement is not for a scratch database.
    pub async fn run(&mut self, sql: &str) -> Result<Measured, DbError> {
        let dialect = self.session.server().dialect;
        let facts = classify(dialect, sql);
        let is_passed = facts.kind == Kind::Transaction
            || matches!(facts.mode, Mode::Control(_))
            || is_copy_from_client(sql);
        if is_passed {
            return Ok(Measured::default());
        }
        let sql = self.inside(dialect, sql)?;
        for Trial { algorithm, lock, sql } in self.database.trials(dialect, &sql) {
            let statement = Statement { sql: Cow::Owned(sql), copy_data: None, facts: &facts };
            match self.session.execute(&statement).await {
                Ok(()) => return Ok(Measured { online: Some((algorithm, lock)), ..Measured::default() }),
                Err(error) if is_refused_algorithm(&error) => {}
                // Which words it is refused for is told by the statement without ours.
                Err(_) => break,
            }
        }
        let statement = Statement { sql: Cow::Owned(sql), copy_data: None, facts: &facts };
        match self.gauge.filter(|_| facts.mode == Mode::Transactional) {
            Some(gauge) => self.measure(&statement, gauge).await,
            None => self.session.execute(&statement).await.map(|()| Measured::default()),
        }
    }

    /// The statement as it runs here: what names the database itself means the scratch.
    fn inside(&self, dialect: Dialect, sql: &str) -> Result<String, DbError> {
        let script = Script { name: String::new(), text: sql.to_owned() };
        match shadow::inside(self.database, dialect, self.connect, std::slice::from_ref(&script)) {
            Ok(scripts) => Ok(scripts.into_iter().map(|script| script.text).collect()),
            Err(ShadowError::Text { message, .. }) => Err(DbError::new(DbErrorKind::Statement, message)),
            Err(error) => Err(DbError::new(DbErrorKind::Statement, error.to_string())),
        }
    }

    async fn measure(&mut self, statement: &Statement<'_>, gauge: Gauge) -> Result<Measured, DbError> {
        let own = |sql: &&'static str| Step::Own(Query::new(*sql, Vec::new()));
        let mut steps: Vec<Step<'_>> = gauge.before.iter().map(own).collect();
        steps.push(Step::Statement(statement.clone()));
        steps.extend(gauge.after.iter().map(own));
        match self.session.transaction(&steps).await {
            Ok(()) => {}
            Err(error) if error.error.kind == DbErrorKind::NotInTransaction => {
                return self.session.execute(statement).await.map(|()| Measured::default());
            }
            Err(error) => return Err(error.error),
        }
        let rows = self.session.query(&Query::new(gauge.read, Vec::new())).await?;
        let seen = rows.into_iter().filter_map(|row| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            Some(Seen {
                what: cells.next()?,
                schema: cells.next()?,
                name: cells.next()?,
                mode: cells.next()?,
            })
        });
        Ok(Measured { seen: seen.collect(), online: None })
    }

    /// Undoes what a change has set in the session.
    ///
    /// # Errors
    /// A connection that is lost.
    pub async fn end_change(&mut self) -> Result<(), DbError> {
        self.session.reset().await
    }

    /// The schema as it is now.
    ///
    /// # Errors
    /// As [`Session::facts`].
    pub async fn facts(&mut self) -> Result<Snapshot, DbError> {
        shadow::read(self.session.as_mut()).await
    }

    /// Drops the scratch database.
    ///
    /// # Errors
    /// As [`Database::drop_scratch`].
    pub async fn end(self) -> Result<(), DbError> {
        self.session.close().await;
        self.database.drop_scratch(self.connect, &self.scratch).await
    }
}

/// MySQL and MariaDB: the algorithm or the lock is not known, or not possible for this statement.
fn is_refused_algorithm(error: &DbError) -> bool {
    matches!(error.code.as_deref(), Some("1800" | "1801" | "1845" | "1846"))
}

fn is_copy_from_client(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().map(str::to_ascii_lowercase).collect();
    let is_pair =
        |pair: &[String]| matches!(pair, [from, stdin] if from == "from" && stdin.starts_with("stdin"));
    words.first().is_some_and(|word| word == "copy") && words.windows(2).any(is_pair)
}
