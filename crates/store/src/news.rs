use std::sync::{Arc, Mutex, PoisonError};

/// Something that somebody may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Work may be due.
    Work,
    /// Events were stored.
    Feed,
    /// Something about the work of agents has changed.
    Job,
}

impl News {
    /// The channel's name.
    pub(crate) fn channel(self) -> &'static str {
        match self {
            Self::Work => "sluice_work",
            Self::Feed => "sluice_feed",
            Self::Job => "sluice_job",
        }
    }

    pub(crate) const ALL: [Self; 3] = [Self::Work, Self::Feed, Self::Job];
}

type Listener = Arc<dyn Fn(News) + Send + Sync>;

/// Tells of news, from whichever process they come.
#[derive(Default, Clone)]
pub(crate) struct Bell(Arc<Mutex<Vec<Listener>>>);

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bell")
    }
}

impl Bell {
    pub(crate) fn listen(&self, listener: impl Fn(News) + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(listener));
    }

    pub(crate) fn ring(&self, news: News) {
        // Not while the lock is held: whoever is told may listen to more.
        let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|listener| listener(news));
    }
}
