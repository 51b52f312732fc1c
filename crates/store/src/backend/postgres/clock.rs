//! The server's time between two looks at it. A replica's own clock may be an hour off: nothing is decided by it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A look that took longer tells little: the process may have been stopped meanwhile.
const QUICK: Duration = Duration::from_secs(1);

/// Goes on from the server's time as this machine's monotonic clock goes on.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Option<(Instant, Timestamp)>>);

impl Clock {
    /// Takes in the server's time, which was asked for at `asked` and answered by now.
    pub(crate) fn learn(&self, asked: Instant, time: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() || asked.elapsed() < QUICK {
            *known = Some((asked, time));
        }
    }

    /// The server's time now; this machine's before the first look.
    pub(crate) fn now(&self) -> Timestamp {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = known.and_then(|(asked, time)| time.checked_add(asked.elapsed()).ok());
        now.unwrap_or_else(Timestamp::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_counts_however_wrong_this_machines_is() {
        for off in [-3600, 3600] {
            let clock = Clock::default();
            let theirs = Timestamp::now().checked_add(jiff::SignedDuration::from_secs(off)).unwrap();
            clock.learn(Instant::now(), theirs);
            let told = clock.now().duration_since(theirs).as_secs();
            assert!((0..60).contains(&told), "{told}");
        }
    }

    #[test]
    fn a_look_during_which_the_process_stood_still_does_not_count() {
        let clock = Clock::default();
        let right = Timestamp::now();
        clock.learn(Instant::now(), right);
        let long_ago = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
        clock.learn(long_ago, right);
        assert!(clock.now().duration_since(right).as_secs() < 10);
    }
}
