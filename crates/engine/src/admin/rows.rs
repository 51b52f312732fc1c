//! Putting back rows that changes have updated or deleted.

use super::{Admin, Held};
use crate::apply::{lost_or_connect, prelude};
use crate::backup::{Kept, Restored, examine, list, restore};
use crate::failure::ApplyError;

/// Which of what is kept is meant.
pub type Chosen<'a> = dyn Fn(&Kept) -> bool + Sync + 'a;

impl Admin<'_> {
    /// What would be put back, the latest first. Nothing is written.
    ///
    /// # Errors
    /// As [`crate::inspect()`].
    pub async fn rows_to_restore(&self, chosen: &Chosen<'_>) -> Result<Vec<Restored>, ApplyError> {
        let mut session = self.database.connect_to_read(self.connect).await.map_err(ApplyError::Connect)?;
        let mut found = Vec::new();
        for kept in list(session.as_mut()).await.map_err(lost_or_connect)? {
            if chosen(&kept) {
                found.push(examine(session.as_mut(), &kept).await.map_err(lost_or_connect)?);
            }
        }
        session.close().await;
        Ok(found)
    }

    /// Puts rows back, the latest first, each entry in a transaction with its mark in the ledger; `done` has what was put back,
    /// whatever comes of the rest. What was put back before is left alone.
    ///
    /// # Errors
    /// As [`crate::apply()`].
    pub async fn restore_rows(
        &self,
        chosen: &Chosen<'_>,
        done: &mut Vec<Restored>,
    ) -> Result<(), ApplyError> {
        let Held { mut session, ledger, writer } = self.hold().await?;
        let result = async {
            let kept = list(session.as_mut()).await.map_err(lost_or_connect)?;
            if kept.is_empty() {
                return Ok(());
            }
            let mut first = prelude(session.as_mut(), &ledger, &writer).await?;
            for kept in kept.iter().filter(|kept| kept.restored_at.is_none() && chosen(kept)) {
                let restored = restore(session.as_mut(), &writer, &mut first, kept).await;
                done.push(restored.map_err(|error| lost_or_connect(error.error))?);
                crate::fault::at(crate::fault::Point::BetweenStatements);
            }
            Ok(())
        };
        let result = result.await;
        Held { session, ledger, writer }.release().await;
        result
    }
}
