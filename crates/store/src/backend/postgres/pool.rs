//! Lines to one database, and the thread that they live on.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sluice_postgres::{Address, Heard};
use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::clock::Clock;
use super::line::{StoreLine, fault};
use super::listener;
use crate::fault::Fault;
use crate::news::Bell;
use crate::{Location, StoreError};

/// Longest wait for an answer. Less than a lease, so that whoever cannot renew one finds out before it is over.
const LIMIT: Duration = Duration::from_secs(8);

/// Longest wait for a new line.
const CONNECT: Duration = Duration::from_secs(4);

/// How the message about an answer that did not come begins.
pub(crate) const NO_ANSWER: &str = "no answer";

/// How many lines that nobody uses are kept.
const SPARE: usize = 8;

/// A database that keeps the state of several servers.
pub(crate) struct Pool {
    address: Address,
    events: Handle,
    spare: Mutex<Vec<Arc<StoreLine>>>,
    pub(crate) clock: Clock,
    /// Ends the thread.
    _end: DropGuard,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({})", self.address.describe())
    }
}

impl Pool {
    /// Connects, and brings the schema to this version. `bell` is rung for news of all servers.
    ///
    /// # Errors
    /// A URL that makes no sense; a server that does not answer; a newer schema.
    pub(crate) fn open(url: &str, bell: &Bell) -> Result<Arc<Self>, StoreError> {
        let address =
            Address::parse(url).map_err(|error| fault(error).at(Location::Server("--store".into())))?;
        let place = Location::Server(address.describe());
        let end = CancellationToken::new();
        let events = thread(end.clone()).map_err(|error| StoreError::Unreachable {
            place: place.clone(),
            what: format!("the system gives no thread: {error}"),
        })?;
        let pool = Arc::new(Self {
            address,
            events,
            spare: Mutex::default(),
            clock: Clock::default(),
            _end: end.clone().drop_guard(),
        });
        let first = pool.take().map_err(|fault| fault.at(place))?;
        pool.give_back(first);
        listener::start(&pool, bell.clone(), end);
        Ok(pool)
    }

    /// Host and database for people.
    pub(crate) fn location(&self) -> Location {
        Location::Server(self.address.describe())
    }

    /// The server's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A line that nobody else uses.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Arc<StoreLine>, Fault> {
        loop {
            let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match spare {
                Some(line) if line.is_closed() => {}
                Some(line) => return Ok(line),
                None => break,
            }
        }
        let pool = Arc::clone(self);
        self.wait(async move { pool.connect(None).await.map(Arc::new) })
    }

    pub(crate) fn give_back(&self, line: Arc<StoreLine>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE && !line.is_closed() {
            spare.push(line);
        }
    }

    /// Drops the lines that nobody uses: what ended one has ended them all.
    pub(crate) fn forget(&self) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A new line, ready for use.
    pub(crate) async fn connect(&self, heard: Option<Heard>) -> Result<StoreLine, Fault> {
        let line = self.address.open("sluice-server", CONNECT, heard).await.map_err(fault)?;
        StoreLine::ready(line, &self.clock).await
    }

    /// Waits for something that happens on the pool's thread.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        let (sender, receiver) = sync_channel(1);
        self.events.spawn(async move {
            let result = tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| {
                Err(Fault::Unreachable(format!("{NO_ANSWER} within {} s", LIMIT.as_secs())))
            });
            // Whoever has waited is there: it waits without a limit.
            let _ = sender.send(result);
        });
        receiver.recv().unwrap_or_else(|_| Err(Fault::Unreachable("the server is being stopped".to_owned())))
    }

    /// Has something go on on the pool's thread.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.events.spawn(work);
    }
}

/// A thread that carries out what is sent to its event loop, until it is ended.
fn thread(end: CancellationToken) -> std::io::Result<Handle> {
    let events = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = events.handle().clone();
    std::thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || events.block_on(end.cancelled_owned()))
        .map(|_| handle)
}
