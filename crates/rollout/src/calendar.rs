//! Windows and freezes together: may something start now, until when, and if not, when next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Freeze, Window};

/// The windows and freezes of an environment. Several windows are their union; none is always open; a freeze beats every
/// window.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    /// When it may start.
    pub windows: &'a [Window],
    /// When it may not.
    pub freezes: &'a [Freeze],
}

/// Whether windows and freezes let something start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Opening {
    /// Yes.
    Open {
        /// First instant at which it is closed again; absent: not within a year.
        closes_at: Option<Timestamp>,
    },
    /// No.
    Closed {
        /// Next instant at which it is open; absent: never within the time that can be written.
        opens_at: Option<Timestamp>,
    },
}

impl<'a> Calendar<'a> {
    /// Whether a window is open (or there is none) and no freeze is on.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.freeze(at).is_none() && self.window_is_open(at)
    }

    /// The freeze that is on; of several the one that ends last.
    pub fn freeze(&self, at: Timestamp) -> Option<&'a Freeze> {
        self.freezes.iter().filter(|freeze| freeze.covers(at)).max_by_key(|freeze| freeze.end())
    }

    /// Whether a window is open, or there is none. Does not look at freezes.
    pub fn window_is_open(&self, at: Timestamp) -> bool {
        self.windows.is_empty() || self.windows.iter().any(|window| window.is_open(at))
    }

    /// Why nothing may go on at that instant, for people.
    pub fn closed(&self, at: Timestamp) -> Option<String> {
        if let Some(freeze) = self.freeze(at) {
            return Some(format!("freeze {freeze}"));
        }
        let windows = || self.windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (!self.window_is_open(at)).then(|| format!("outside {}", windows()))
    }

    /// What holds at that instant.
    pub fn at(&self, at: Timestamp) -> Opening {
        if self.is_open(at) {
            Opening::Open { closes_at: self.closes_at(at) }
        } else {
            Opening::Closed { opens_at: self.next_opening(at) }
        }
    }

    /// First instant from `at` on at which it is open; `at` itself if it is open then.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        let mut moment = at;
        // Each freeze is left once, and between two freezes at most one step leads into a window.
        for _ in 0..=self.freezes.len().saturating_mul(2).saturating_add(2) {
            if let Some(freeze) = self.freeze(moment) {
                moment = freeze.end();
            } else if self.window_is_open(moment) {
                return Some(moment);
            } else {
                moment = self.windows.iter().filter_map(|window| window.next_opening(moment)).min()?;
            }
        }
        None
    }

    /// First instant after `at` at which it is closed, if it is open at `at` and closes within a year.
    pub fn closes_at(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.is_open(at) {
            return None;
        }
        let freeze = self.freezes.iter().map(Freeze::start).filter(|start| *start > at).min();
        if self.windows.is_empty() {
            return freeze;
        }
        let mut end = at;
        // At least one opening a step, at most a few a day: a year of daily windows that touch.
        for _ in 0..400 {
            let next = self.windows.iter().filter_map(|window| window.closes_at(end)).max();
            match next {
                Some(next) if freeze.is_some_and(|freeze| freeze <= next) => return freeze,
                Some(next) => end = next,
                None => return Some(end),
            }
        }
        freeze
    }
}
