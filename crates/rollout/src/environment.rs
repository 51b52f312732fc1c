use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ApprovalRule, Calendar, Freeze, Wave, Window};

/// A stop on the way with everything that guards it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Unique name.
    pub name: String,
    /// How long the previous environment must have been done before this one starts.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::optional")]
    pub soak: Option<Duration>,
    /// All of them must be fulfilled.
    pub approvals: Vec<ApprovalRule>,
    /// Databases are started only while one of them is open; none: at any time.
    pub windows: Vec<Window>,
    /// Nothing is started in one of them, whatever the windows say.
    pub freezes: Vec<Freeze>,
    /// Parts that go one after the other; none: all at once. See [`Wave::split`].
    pub waves: Vec<Wave>,
    /// How many databases are worked on at the same time; 0 counts as 1.
    pub max_parallel: usize,
    /// How many databases may fail before the rollout pauses. Without it the first failure stops the rollout, and whoever
    /// goes on tries it again.
    pub max_failures: Option<u32>,
}

impl Environment {
    /// `max_parallel` of an environment that does not say it.
    pub const MAX_PARALLEL: usize = 8;

    /// Its windows and freezes.
    pub fn calendar(&self) -> Calendar<'_> {
        Calendar { windows: &self.windows, freezes: &self.freezes }
    }

    /// An environment without gates.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            soak: None,
            approvals: Vec::new(),
            windows: Vec::new(),
            freezes: Vec::new(),
            waves: Vec::new(),
            max_parallel: Self::MAX_PARALLEL,
            max_failures: None,
        }
    }
}
