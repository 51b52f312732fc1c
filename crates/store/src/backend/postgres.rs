//! PostgreSQL: one database, several servers, one writer at a time.
//!
//! Callers wait as they do for a file: on threads of their own. The lines to the server live on one thread that does nothing else, so
//! that it does not matter who calls, and a line that breaks is noticed while nobody asks for anything.

mod clock;
mod line;
mod listener;
mod pool;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub(crate) use pool::Pool;

use crate::fault::Fault;
use crate::news::News;
use crate::value::{Row, Value};
use line::StoreLine;

/// Statements of one caller, on a line that it has for itself from the first of them on.
pub(crate) struct Session {
    pool: Arc<Pool>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    line: Option<Arc<StoreLine>>,
    in_transaction: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, held: Mutex::default() }
    }

    pub(crate) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        if self.held().in_transaction {
            return self.on_line(|line| async move { line.rows(&sql, &values).await });
        }
        // What only reads may be asked again.
        self.again_on_a_new_line(|line| {
            let (sql, values) = (sql.clone(), values.clone());
            async move { line.rows(&sql, &values).await }
        })
    }

    /// One statement for each list of values; how many rows were changed.
    pub(crate) fn execute(&self, sql: &str, each: &[Vec<Value>]) -> Result<u64, Fault> {
        let (sql, each) = (sql.to_owned(), each.to_vec());
        self.on_line(|line| async move { line.execute(&sql, &each).await })
    }

    /// Begins a transaction with the lock of all writers; the server's time.
    pub(crate) fn begin(&self) -> Result<Timestamp, Fault> {
        let pool = Arc::clone(&self.pool);
        // Nothing was sent that could have been done.
        let now = self.again_on_a_new_line(move |line| {
            let pool = Arc::clone(&pool);
            async move { line.begin(&pool.clock).await }
        })?;
        self.held().in_transaction = true;
        Ok(now)
    }

    pub(crate) fn commit(&self, news: &[News]) -> Result<(), Fault> {
        let news = news.to_vec();
        let done = self.on_line(|line| async move { line.commit(&news).await });
        self.held().in_transaction = false;
        done
    }

    pub(crate) fn rollback(&self) {
        if self.held().line.is_none() {
            self.held().in_transaction = false;
            return;
        }
        let done = self.on_line(|line| async move { line.rollback().await });
        let mut held = self.held();
        held.in_transaction = false;
        if done.is_err() {
            held.line = None;
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something on this session's line. A line that failed is not used again.
    fn on_line<T, F>(&self, work: impl FnOnce(Arc<StoreLine>) -> F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let known = self.held().line.clone();
        let line = match known {
            Some(line) => line,
            None => self.pool.take()?,
        };
        self.held().line = Some(Arc::clone(&line));
        let result = self.pool.wait(work(line));
        if let Err(Fault::Unreachable(_)) = &result {
            self.held().line = None;
        }
        result
    }

    /// As `on_line`; once again where the line had ended before, for example with a restart of the server.
    fn again_on_a_new_line<T, F>(&self, work: impl Fn(Arc<StoreLine>) -> F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let result = self.on_line(&work);
        match result {
            Err(Fault::Unreachable(what)) if !what.starts_with(pool::NO_ANSWER) => {
                self.pool.forget();
                self.on_line(&work)
            }
            result => result,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let held = std::mem::take(&mut *self.held());
        // A transaction that was given up ends with its line.
        if let Some(line) = held.line.filter(|_| !held.in_transaction) {
            self.pool.give_back(line);
        }
    }
}
