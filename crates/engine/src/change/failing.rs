use super::ChangeRun;
use super::progress::Progress;
use crate::apply::lost_or_connect;
use crate::event::Event;
use crate::failure::ApplyError;
use crate::script::PreparedStatement;
use crate::{Committed, DbError, DbErrorKind, Running, TransactionError};

impl ChangeRun<'_, '_> {
    /// A failed statement whose remains are still there: the history tells, and the statement stays in flight.
    pub(super) async fn fail_with_remains(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        mut error: DbError,
        evidence: String,
        blockers: Vec<Running>,
    ) -> ApplyError {
        let cancelled = error.kind == DbErrorKind::Cancelled && self.connect.cancel.is_cancelled();
        let kind = if cancelled { "cancelled" } else { "failed" };
        let place = progress.place(statement, error.offset);
        let mut steps = Vec::new();
        self.push_event(kind, progress, Some(format!("{place}: {error}; {evidence}")), &mut steps);
        if let Err(unrecorded) = self.commit(steps).await {
            return lost_or_connect(unrecorded.error);
        }
        if cancelled {
            return ApplyError::Cancelled { running: None };
        }
        error.hint.get_or_insert(format!("{evidence}; the next run removes it"));
        ApplyError::Statement {
            place,
            version: progress.change.version.clone(),
            ordinal: statement.ordinal,
            summary: statement.summary(),
            error,
            blockers,
            applied: progress.applied,
            resumes_at: statement.ordinal,
            total: progress.total(),
        }
    }

    /// Records a failed statement of a change of which nothing else is in flight, and says what happened.
    pub(super) async fn fail_alone(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        error: DbError,
        blockers: Vec<Running>,
    ) -> ApplyError {
        let error = TransactionError { step: None, error, committed: Committed::No };
        self.fail(progress, Some(statement), error, blockers).await
    }

    pub(super) async fn fail(
        &mut self,
        progress: &Progress<'_>,
        statement: Option<&PreparedStatement>,
        error: TransactionError,
        blockers: Vec<Running>,
    ) -> ApplyError {
        let TransactionError { error, committed, .. } = error;
        if committed == Committed::Unknown || error.kind == DbErrorKind::ConnectionLost {
            return ApplyError::Lost(error);
        }
        if error.kind == DbErrorKind::Fenced {
            return ApplyError::Fenced;
        }
        let cancelled = error.kind == DbErrorKind::Cancelled && self.connect.cancel.is_cancelled();
        let place = statement.map_or_else(
            || progress.change.up.file.path().to_owned(),
            |statement| progress.place(statement, error.offset),
        );
        let kind = if cancelled { "cancelled" } else { "failed" };
        let detail = format!("{place}: {error}");
        if let Err(unrecorded) = self.record_failure(progress, statement, kind, &detail).await {
            // Nothing of it is applied, so that the next session can find that out again, and record it.
            if unrecorded.kind == DbErrorKind::ConnectionLost {
                return ApplyError::Lost(unrecorded);
            }
            (self.events)(Event::Warning {
                message: format!("the failure could not be recorded in the ledger: {unrecorded}"),
            });
        }
        if cancelled {
            return ApplyError::Cancelled { running: None };
        }
        ApplyError::Statement {
            place,
            version: progress.change.version.clone(),
            ordinal: statement.map_or(0, |statement| statement.ordinal),
            summary: statement.map(PreparedStatement::summary).unwrap_or_default(),
            error,
            blockers,
            applied: progress.applied,
            resumes_at: statement.map_or(0, |statement| progress.resumes_at(statement)),
            total: progress.total(),
        }
    }
}

/// Whether the ledger could be read before, and a statement has made it so that it cannot be written any more.
pub(super) fn is_broken(error: &DbError) -> bool {
    matches!(error.kind, DbErrorKind::UndefinedTable | DbErrorKind::Statement)
}

/// The failure of a statement after which the ledger cannot be written any more.
pub(super) fn broken(error: &DbError) -> DbError {
    let mut failure =
        DbError::new(DbErrorKind::Statement, format!("the ledger cannot be written after it: {error}"));
    failure.hint = Some("a change must leave the tables of the ledger alone".to_owned());
    failure
}

/// The end of a run that cannot record what it did.
pub(super) fn unrecorded(
    progress: &Progress<'_>,
    statement: &PreparedStatement,
    error: DbError,
) -> ApplyError {
    if !is_broken(&error) {
        return lost_or_connect(error);
    }
    let mut error = broken(&error);
    error.hint = Some(
        "a change must leave the tables of the ledger alone; this statement is carried out: restore the ledger, from a \
         backup or by `sluice baseline`"
            .to_owned(),
    );
    ApplyError::Statement {
        place: progress.place(statement, None),
        version: progress.change.version.clone(),
        ordinal: statement.ordinal,
        summary: statement.summary(),
        error,
        blockers: Vec::new(),
        applied: progress.applied,
        resumes_at: statement.ordinal,
        total: progress.total(),
    }
}

pub(super) fn inconclusive(
    progress: &Progress<'_>,
    statement: &PreparedStatement,
    evidence: String,
) -> ApplyError {
    ApplyError::Inconclusive {
        place: progress.place(statement, None),
        version: progress.change.version.clone(),
        ordinal: statement.ordinal,
        summary: statement.summary(),
        evidence,
    }
}
