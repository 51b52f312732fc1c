//! Connections that go away while a statement runs. One that ends its own session, or crashes the server, does so each time that
//! it is sent: it must not be sent for ever.

use crate::{DbError, DbErrorKind};

/// How often a connection may be lost on the same statement, with the server reachable again each time, before that counts
/// as the statement's failure.
pub(crate) const DEATHS: u32 = 3;

/// What was sent to the server last: one statement, or those of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Version of the change, as the ledger spells it.
    pub version: String,
    /// Place in the change of the first statement that was sent, from 1; 0 for an assertion.
    pub first: u64,
    /// Place in the change of the statement that ran, where the server has told.
    pub ordinal: Option<u64>,
    /// `path:line:column`.
    pub place: String,
}

impl Sent {
    fn is_same(&self, version: &str, first: u64) -> bool {
        self.version == version && self.first == first
    }
}

/// The connections that were lost in a row on the same statement.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    last: Option<(Sent, DbError)>,
    count: u32,
}

impl Losses {
    /// A connection was lost; `sent` is what it was busy with. A loss between statements says nothing of any.
    pub(crate) fn note(&mut self, sent: Option<Sent>, error: &DbError) {
        let Some(sent) = sent else { return };
        let again = self.last.as_ref().is_some_and(|(last, _)| last.is_same(&sent.version, sent.first));
        self.count = if again { self.count.saturating_add(1) } else { 1 };
        self.last = Some((sent, error.clone()));
    }

    /// Why what is about to be sent must not be sent again, and the statement that ended the connections, where that is known.
    pub(crate) fn verdict(&self, version: &str, first: u64) -> Option<(DbError, Option<u64>)> {
        let (sent, error) = self.last.as_ref().filter(|(last, _)| last.is_same(version, first))?;
        if self.count < DEATHS {
            return None;
        }
        let mut failure = DbError::new(
            DbErrorKind::Statement,
            format!("the connection was lost {} times while it ran, at last with: {error}", self.count),
        );
        failure.hint = Some(
            "the statement ends its own session or makes the server end it; the server's log tells more"
                .to_owned(),
        );
        Some((failure, sent.ordinal))
    }

    /// What ran when the connection was lost last.
    pub(crate) fn place(&self) -> Option<&str> {
        self.last.as_ref().map(|(sent, _)| sent.place.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(version: &str, first: u64) -> Option<Sent> {
        Some(Sent { version: version.to_owned(), first, ordinal: None, place: "1.sql:1:1".to_owned() })
    }

    #[test]
    fn only_losses_in_a_row_on_the_same_statement_condemn_it() {
        let error = DbError::new(DbErrorKind::ConnectionLost, "gone");
        let mut losses = Losses::default();
        for (lost, condemned) in [
            (sent("1", 1), false),
            (sent("1", 1), false),
            (sent("1", 2), false),
            (sent("1", 1), false),
            (None, false),
            (sent("1", 1), false),
            (None, false),
            (sent("1", 1), true),
            (None, true),
        ] {
            losses.note(lost, &error);
            assert_eq!(losses.verdict("1", 1).is_some(), condemned, "{losses:?}");
            assert!(losses.verdict("1", 9).is_none() && losses.verdict("2", 1).is_none());
        }
    }
}
