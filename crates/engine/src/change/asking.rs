use sluice_facts::Assertion;
use sluice_rollout::ChangeKind;

use super::ChangeRun;
use super::progress::Progress;
use crate::apply::lost_or_connect;
use crate::assertion::{Answer, ask};
use crate::event::Event;
use crate::failure::ApplyError;
use crate::script::PreparedStatement;

impl ChangeRun<'_, '_> {
    /// Asks what stands above statements of a computed change that run together, before the first of them: of those behind it only
    /// what none before them changes the answer of. The server answers the others itself. What people write is never asked: nobody has
    /// reviewed it as SQL.
    ///
    /// # Errors
    /// [`ApplyError::Assertion`], recorded; a connection that is lost.
    pub(super) async fn ask_before(
        &mut self,
        progress: &Progress<'_>,
        statements: &[&PreparedStatement],
    ) -> Result<(), ApplyError> {
        if progress.change.kind != ChangeKind::Declared {
            return Ok(());
        }
        for (at, statement) in statements.iter().enumerate() {
            let place = progress.place(statement, None);
            let questions = match Assertion::above(above(progress, statement)) {
                Ok(questions) => questions,
                Err((line, error)) => {
                    let answer = format!("nothing: it cannot be read: {error}");
                    return Err(self.refuse(progress, Some(statement), place, &line, answer).await);
                }
            };
            for assertion in questions.into_iter().filter(|one| at == 0 || one.early) {
                self.refuse_deadly(progress, statement).await?;
                self.sending(progress, statement);
                let answer = ask(self.session, &assertion).await.map_err(lost_or_connect)?;
                self.sent = None;
                match answer {
                    Answer::Holds => {}
                    Answer::Unknown(error) => (self.events)(Event::Warning {
                        message: format!(
                            "{place}: it could not be asked whether there are {}: {error}",
                            assertion.finds
                        ),
                    }),
                    Answer::Broken(violation) => {
                        let answer = violation.to_string();
                        return Err(self
                            .refuse(progress, Some(statement), place, &assertion.sql, answer)
                            .await);
                    }
                }
            }
        }
        Ok(())
    }

    /// Records that an assertion does not hold.
    pub(super) async fn refuse(
        &mut self,
        progress: &Progress<'_>,
        statement: Option<&PreparedStatement>,
        place: String,
        sql: &str,
        answer: String,
    ) -> ApplyError {
        let detail = format!("{place}: assertion `{sql}` answered {answer}");
        if let Err(unrecorded) = self.record_failure(progress, statement, "failed", &detail).await {
            (self.events)(Event::Warning {
                message: format!("the failure could not be recorded in the ledger: {unrecorded}"),
            });
        }
        ApplyError::Assertion { place, version: progress.change.version.clone(), sql: sql.to_owned(), answer }
    }
}

/// The text between a statement and the one before it.
fn above<'p>(progress: &'p Progress<'_>, statement: &PreparedStatement) -> &'p str {
    let statements = progress.prepared.statements.iter();
    let before = statements.take_while(|other| other.ordinal < statement.ordinal).last();
    let start = before.map_or(0, |other| other.span.end);
    progress.change.up.file.text().get(start..statement.span.start).unwrap_or_default()
}
