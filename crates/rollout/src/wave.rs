//! Parts of a stage that go one after the other.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Selector, SelectorError, Target};

/// One entry of `waves`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Wave {
    /// Databases that match and are in no earlier wave.
    Matching(Selector),
    /// As many as it takes that this share of all databases of the stage is in this and earlier waves.
    Percent(u8),
    /// That many more.
    Count(usize),
}

/// Text that is no wave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaveError {
    /// A share outside 1 to 100.
    #[error("`{text}` is not a share: write a whole number from 1% to 100%")]
    Percent {
        /// As written.
        text: String,
    },
    /// A count of none, or too large.
    #[error("`{text}` is not a number of databases: write 1 or more")]
    Count {
        /// As written.
        text: String,
    },
    /// Neither a share nor a count, and no expression.
    #[error(
        "a wave is an expression such as canary == 'true', a share such as 25%, or a number such as 3: {0}"
    )]
    Selector(#[from] SelectorError),
}

impl Wave {
    /// Reads `25%`, `3` or a CEL expression.
    ///
    /// # Errors
    /// [`WaveError`] naming the value.
    pub fn parse(text: &str) -> Result<Self, WaveError> {
        let text = text.trim();
        let number = text.strip_prefix('-').unwrap_or(text);
        if let Some(share) = number.strip_suffix('%') {
            let error = || WaveError::Percent { text: text.to_owned() };
            let share: u8 = share.trim().parse().map_err(|_| error())?;
            return if (1..=100).contains(&share) && number == text {
                Ok(Self::Percent(share))
            } else {
                Err(error())
            };
        }
        if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            let count = text.parse().ok().filter(|count| *count > 0);
            return count.map(Self::Count).ok_or_else(|| WaveError::Count { text: text.to_owned() });
        }
        Ok(Self::Matching(Selector::parse(text)?))
    }

    /// Splits the databases of a stage into waves: indexes into `targets`, each exactly once.
    ///
    /// Databases are taken by name. A share is rounded up; a share or a count takes at least one database as long as one
    /// is left. Waves that find nothing are left out; what no wave takes goes last, together. No waves: one wave.
    ///
    /// # Errors
    /// [`SelectorError`] when an expression has no answer for a database.
    pub fn split(waves: &[Self], targets: &[Target]) -> Result<Vec<Vec<usize>>, SelectorError> {
        let mut order: Vec<(usize, &Target)> = targets.iter().enumerate().collect();
        order.sort_by(|(left_at, left), (right_at, right)| {
            left.name.cmp(&right.name).then_with(|| left_at.cmp(right_at))
        });
        let mut taken = 0_usize;
        let mut split = Vec::new();
        for wave in waves {
            let mut chosen = Vec::new();
            let wanted = match wave {
                Self::Matching(selector) => {
                    let mut rest = Vec::with_capacity(order.len());
                    for entry in order {
                        if selector.matches(entry.1)? {
                            chosen.push(entry.0);
                        } else {
                            rest.push(entry);
                        }
                    }
                    order = rest;
                    0
                }
                Self::Percent(share) => {
                    let up_to = targets.len().saturating_mul(usize::from(*share)).div_ceil(100);
                    up_to.saturating_sub(taken).max(1)
                }
                Self::Count(count) => *count,
            };
            chosen.extend(order.drain(..wanted.min(order.len())).map(|(at, _)| at));
            taken = taken.saturating_add(chosen.len());
            split.push(chosen);
        }
        split.push(order.into_iter().map(|(at, _)| at).collect());
        split.retain(|wave| !wave.is_empty());
        Ok(split)
    }
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matching(selector) => selector.fmt(f),
            Self::Percent(share) => write!(f, "{share}%"),
            Self::Count(count) => count.fmt(f),
        }
    }
}

impl TryFrom<String> for Wave {
    type Error = WaveError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Wave> for String {
    fn from(wave: Wave) -> Self {
        wave.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TargetName;

    fn targets(count: usize, canaries: usize) -> Vec<Target> {
        let target = |at: usize| Target {
            name: TargetName(format!("db{at:05}")),
            environment: "prod".to_owned(),
            engine: None,
            labels: (at < canaries).then(|| ("canary".to_owned(), "true".to_owned())).into_iter().collect(),
        };
        (0..count).map(target).collect()
    }

    fn sizes(waves: &[&str], count: usize, canaries: usize) -> Vec<usize> {
        let waves: Vec<Wave> = waves.iter().map(|wave| Wave::parse(wave).unwrap()).collect();
        Wave::split(&waves, &targets(count, canaries)).unwrap().iter().map(Vec::len).collect()
    }

    #[test]
    fn shares_are_of_the_whole_stage_rounded_up_and_the_rest_goes_last() {
        assert_eq!(sizes(&[], 5, 0), [5]);
        assert_eq!(sizes(&[], 0, 0), [0_usize; 0]);
        assert_eq!(sizes(&["canary == 'true'", "25%", "100%"], 20, 2), [2, 3, 15]);
        assert_eq!(sizes(&["canary == 'true'", "25%", "100%"], 3, 1), [1, 1, 1]);
        assert_eq!(sizes(&["25%"], 10, 0), [3, 7]);
        assert_eq!(sizes(&["1%"], 3, 0), [1, 2]);
        assert_eq!(sizes(&["canary == 'true'", "10%"], 10, 5), [5, 1, 4]);
        assert_eq!(sizes(&["3", "3"], 7, 0), [3, 3, 1]);
        assert_eq!(sizes(&["100%", "3"], 7, 0), [7]);
    }

    #[test]
    fn databases_go_by_name() {
        let mut unordered = targets(4, 0);
        unordered.reverse();
        let split = Wave::split(&[Wave::Count(1)], &unordered).unwrap();
        assert_eq!(split, [vec![3], vec![2, 1, 0]]);
    }

    #[test]
    fn bad_waves_are_refused_with_the_allowed_ones() {
        for (text, part) in [
            ("0%", "1% to 100%"),
            ("101%", "1% to 100%"),
            ("x%", "1% to 100%"),
            ("-5%", "1% to 100%"),
            ("0", "1 or more"),
            ("-3", "1 or more"),
            ("99999999999999999999999", "1 or more"),
            ("canary =", "a share such as 25%"),
            ("", "a share such as 25%"),
        ] {
            let message = Wave::parse(text).expect_err(text).to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
        assert_eq!(Wave::parse(" 25% "), Ok(Wave::Percent(25)));
    }

    proptest! {
        #[test]
        fn every_database_is_in_exactly_one_wave(
            count in 0_usize..60,
            canaries in 0_usize..60,
            waves in prop::collection::vec(prop::sample::select(vec!["canary == 'true'", "1%", "25%", "50%", "100%", "1", "7"]), 0..5),
        ) {
            let waves: Vec<Wave> = waves.iter().map(|wave| Wave::parse(wave).unwrap()).collect();
            let split = Wave::split(&waves, &targets(count, canaries)).unwrap();
            prop_assert!(split.iter().all(|wave| !wave.is_empty()));
            let mut all: Vec<usize> = split.into_iter().flatten().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
