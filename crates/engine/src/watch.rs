use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::event::{Event, EventSink};
use crate::failure::ApplyError;
use crate::{Connect, Control, DbError, DbErrorKind, Running};

/// How long the server may take to stop a statement after it was asked to.
const CANCEL_GRACE: Duration = Duration::from_secs(10);

/// When a wait without a limit is looked into.
const LOOK_AFTER: Duration = Duration::from_secs(3);

/// Watches over a statement while it runs: finds out who blocks it, and cancels it when the user wants to stop.
pub(crate) struct Watch<'a> {
    connect: &'a Connect,
    control: Arc<dyn Control>,
    look_after: Duration,
    silence: Duration,
    events: &'a EventSink,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(
        connect: &'a Connect,
        control: Arc<dyn Control>,
        lock_timeout: Option<Duration>,
        silence: Duration,
        events: &'a EventSink,
    ) -> Self {
        // Late enough that a normal wait is not disturbed, early enough that the blocker is still there.
        let look_after = lock_timeout.map_or(LOOK_AFTER, |limit| limit.mul_f64(0.6));
        Self { connect, control, look_after, silence, events }
    }

    /// Runs `work` to its end; returns its result and who blocked it.
    pub(crate) async fn run<T>(self, work: impl Future<Output = T>) -> Result<(T, Vec<Running>), ApplyError> {
        let look = async {
            tokio::time::sleep(self.look_after).await;
            self.control.blockers().await.unwrap_or_default()
        };
        let stop = async {
            self.connect.cancel.cancelled().await;
            // When the request cannot be delivered, the grace below ends the wait.
            let _ = tokio::time::timeout(CANCEL_GRACE, self.control.cancel()).await;
            tokio::time::sleep(CANCEL_GRACE).await;
        };
        // A dead connection that nobody closed: the server is done, or cannot be reached at all, and no answer comes.
        let dead = async {
            let mut misses = 0;
            while misses < 2 {
                tokio::time::sleep(self.silence).await;
                let working = tokio::time::timeout(self.silence, self.control.is_working()).await;
                misses = if matches!(working, Ok(Ok(true))) { 0 } else { misses + 1 };
            }
        };
        tokio::pin!(work, look, stop, dead);
        let mut blockers = Vec::new();
        let mut looked = false;
        loop {
            tokio::select! {
                biased;
                result = &mut work => return Ok((result, blockers)),
                found = &mut look, if !looked => {
                    looked = true;
                    if !found.is_empty() {
                        (self.events)(Event::Blocked { blockers: found.clone() });
                    }
                    blockers = found;
                }
                () = &mut dead => {
                    return Err(ApplyError::Lost(DbError::new(
                        DbErrorKind::ConnectionLost,
                        "the server does not answer any more on this connection",
                    )));
                }
                () = &mut stop => {
                    return Err(ApplyError::Cancelled { running: self.control.itself() });
                }
            }
        }
    }
}
