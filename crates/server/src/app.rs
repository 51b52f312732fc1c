use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use sluice_project::git::Protocols;
use sluice_store::{Key, News, Place, State, Store, StoreError, Task, WorkKind};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::workload::KeySources;

/// What all parts of a server share.
pub struct App {
    /// Folder of this server: clones, its key, and its state where no other place keeps it.
    pub data: PathBuf,
    /// Where state is.
    pub place: Place,
    /// Its key.
    pub key: Key,
    /// Where repositories may be.
    pub protocols: Protocols,
    /// Most bytes of a clone.
    pub clone_limit: u64,
    /// Whether issuers may be on this machine and in private networks.
    pub private_addresses: bool,
    /// Keys of issuers.
    pub key_sources: KeySources,
    /// Cancelled when it is to stop.
    pub cancel: CancellationToken,
    /// Changes whenever events were stored, by whichever server.
    pub feed: watch::Sender<u64>,
    /// Changes whenever agents may have something to do.
    pub jobs: watch::Sender<u64>,
    /// How many wait for events.
    pub watchers: AtomicUsize,
    /// How many requests were answered.
    pub requests: AtomicU64,
    /// Rollouts that wait for somebody, by project: the generation in which nothing was left to do, and how often a look had been
    /// wanted by then.
    pub settled: Mutex<HashMap<String, (String, u64, u64)>>,
    stores: Mutex<Vec<Store>>,
    wanted: Mutex<u64>,
    wake: Condvar,
}

/// How many open stores are kept for the next request.
const SPARE_STORES: usize = 8;

impl App {
    /// With its first store.
    #[allow(clippy::too_many_arguments, reason = "each is one thing that a server is told")]
    pub fn new(
        data: PathBuf,
        place: Place,
        key: Key,
        protocols: Protocols,
        clone_limit: u64,
        private_addresses: bool,
        cancel: CancellationToken,
        store: Store,
    ) -> Self {
        Self {
            data,
            place,
            key,
            protocols,
            clone_limit,
            private_addresses,
            key_sources: KeySources::default(),
            cancel,
            feed: watch::Sender::new(0),
            jobs: watch::Sender::new(0),
            watchers: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            settled: Mutex::default(),
            stores: Mutex::new(vec![store]),
            wanted: Mutex::new(0),
            wake: Condvar::new(),
        }
    }

    /// Does something with a store.
    ///
    /// # Errors
    /// Those of `work`; a store that cannot be opened.
    pub fn with_store<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, E>,
    ) -> Result<T, E> {
        let spare = self.stores.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut store = match spare {
            Some(store) => store,
            None => self.place.open_server()?,
        };
        let result = work(&mut store);
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if stores.len() < SPARE_STORES {
            stores.push(store);
        }
        result
    }

    /// What is kept of a project.
    pub fn state(&self, project: &str) -> State {
        State::of_project(&self.place, &self.data, project)
    }

    /// Has a project looked at soon.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn want(&self, project: &str) -> Result<(), StoreError> {
        let look = Task::of_project(WorkKind::Reconcile, project);
        self.with_store(|store| store.want(&look, Duration::ZERO))
    }

    /// Takes in what happened, here or in another server.
    pub fn hear(&self, news: News) {
        match news {
            News::Work => self.wake(),
            News::Job => {
                self.jobs.send_modify(|count| *count = count.wrapping_add(1));
                self.wake();
            }
            News::Feed => self.feed.send_modify(|count| *count = count.wrapping_add(1)),
        }
    }

    /// Wakes the workers: something may be due.
    pub fn wake(&self) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        *wanted = wanted.wrapping_add(1);
        self.wake.notify_all();
    }

    /// How often the workers were woken.
    pub fn wakes(&self) -> u64 {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the workers are woken again after `seen` was read, at most so long.
    pub fn rest(&self, seen: u64, most: Duration) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let unchanged = |wanted: &mut u64| *wanted == seen && !self.cancel.is_cancelled();
        drop(self.wake.wait_timeout_while(wanted, most, unchanged));
    }

    /// Counts a request.
    pub fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}
