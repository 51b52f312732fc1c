//! What people have seen of a plan, target by target.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, Plan, TargetName};

/// What runs on one target by the plan that people approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// Effect of the target's plan.
    pub effect: Digest,
    /// Indexes of the release's pending changes, in order, as runs: first and last.
    runs: Vec<(usize, usize)>,
}

impl Cover {
    /// A target's plan: its effect, and the indexes of the pending changes in order.
    pub fn new(effect: Digest, pending: impl IntoIterator<Item = usize>) -> Self {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for index in pending {
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(index) => *last = index,
                _ => runs.push((index, index)),
            }
        }
        Self { effect, runs }
    }

    /// Indexes of the pending changes, in order.
    pub fn pending(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Whether nothing is pending but the last ones of what was pending earlier: what is left of the same work. The changes
    /// of a release do not change, so that this says the same of what is sent.
    pub fn is_rest_of(&self, earlier: &Self) -> bool {
        let (now, before) = (self.pending().count(), earlier.pending().count());
        now <= before && earlier.pending().skip(before.saturating_sub(now)).eq(self.pending())
    }
}

/// What runs on the targets behind approvals. A target that could not be planned is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Covers(pub BTreeMap<TargetName, Cover>);

impl Covers {
    /// What was seen of the plan that holds now. A target that this rollout has begun keeps what was seen of it, as long as
    /// what is pending there now is what is left of that; so does one that cannot be planned now.
    #[must_use]
    pub fn replaced_by(&self, now: &Self, begun: impl Fn(&TargetName) -> bool) -> Self {
        let mut covers = self.0.clone();
        for (name, cover) in &now.0 {
            let rest = self.0.get(name).is_some_and(|earlier| begun(name) && cover.is_rest_of(earlier));
            if !rest {
                covers.insert(name.clone(), cover.clone());
            }
        }
        Self(covers)
    }

    /// Digest of what is done: with another one, nothing was approved yet.
    pub fn effect(&self, release: &Digest) -> Digest {
        Plan::effect_of(release, self.0.iter().map(|(name, cover)| (name, cover.effect.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(pending: &[usize]) -> Cover {
        Cover::new(Digest::of(format!("{pending:?}").as_bytes()), pending.iter().copied())
    }

    fn covers(targets: &[(&str, &[usize])]) -> Covers {
        let named = |(name, pending): &(&str, &[usize])| (TargetName((*name).to_owned()), cover(pending));
        Covers(targets.iter().map(named).collect())
    }

    #[test]
    fn pending_changes_are_kept_as_runs() {
        for pending in [&[][..], &[3], &[0, 1, 2], &[0, 2, 3, 9]] {
            assert_eq!(cover(pending).pending().collect::<Vec<_>>(), pending);
        }
        assert_eq!(cover(&[0, 1, 2, 5]).runs, [(0, 2), (5, 5)]);
    }

    #[test]
    fn what_is_left_of_the_work_is_a_rest_and_nothing_else_is() {
        for (now, before, expected) in [
            (&[1, 2][..], &[0, 1, 2][..], true),
            (&[], &[0, 1], true),
            (&[0, 1], &[0, 1], true),
            (&[0, 2], &[0, 1, 2], false),
            (&[0, 1], &[0, 1, 2], false),
            (&[0, 1, 2], &[1, 2], false),
            (&[3], &[0, 1], false),
        ] {
            assert_eq!(cover(now).is_rest_of(&cover(before)), expected, "{now:?} of {before:?}");
        }
    }

    #[test]
    fn a_target_that_was_begun_keeps_what_was_seen_of_it_and_others_do_not() {
        let seen = covers(&[("a", &[0, 1, 2]), ("b", &[0, 1, 2]), ("gone", &[2])]);
        let release = Digest::of(b"release");
        let begun = |name: &TargetName| name.0 == "a";
        let less = seen.replaced_by(&covers(&[("a", &[1, 2]), ("b", &[0, 1, 2])]), begun);
        assert_eq!(less, seen);
        assert_eq!(less.effect(&release), seen.effect(&release));
        for other in [("a", &[0, 2][..]), ("b", &[1, 2]), ("new", &[0])] {
            let now = seen.replaced_by(&covers(&[other]), begun);
            assert_ne!(now.effect(&release), seen.effect(&release), "{other:?}");
            assert_eq!(now.0[&TargetName(other.0.to_owned())], cover(other.1));
        }
    }
}
