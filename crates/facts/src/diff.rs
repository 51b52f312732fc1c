use std::cmp::Ordering;

use crate::{Builder, Fact, Snapshot};

/// A fact that is in both snapshots and not the same.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// As it is.
    pub old: &'a Fact,
    /// As it is to be.
    pub new: &'a Fact,
    /// Names of the attributes that differ.
    pub attributes: Vec<String>,
}

impl Change<'_> {
    /// Whether this attribute differs.
    pub fn touches(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|name| name == attribute)
    }

    /// Whether no other attributes differ than these.
    pub fn only(&self, attributes: &[&str]) -> bool {
        self.attributes.iter().all(|name| attributes.contains(&name.as_str()))
    }
}

/// What differs between two snapshots, by id.
#[derive(Debug, Clone, Default)]
pub struct Diff<'a> {
    /// Facts of the second alone.
    pub added: Vec<&'a Fact>,
    /// Facts of the first alone.
    pub removed: Vec<&'a Fact>,
    /// Facts of both with other payloads.
    pub altered: Vec<Change<'a>>,
}

impl<'a> Diff<'a> {
    /// What leads from one snapshot to the other.
    pub fn between(from: &'a Snapshot, to: &'a Snapshot) -> Self {
        let mut diff = Self::default();
        if from.fingerprint() == to.fingerprint() {
            return diff;
        }
        let (mut olds, mut news) = (from.facts().iter().peekable(), to.facts().iter().peekable());
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.id.cmp(&new.id),
            };
            match order {
                Ordering::Less => diff.removed.extend(olds.next()),
                Ordering::Greater => diff.added.extend(news.next()),
                Ordering::Equal => {
                    let (Some(old), Some(new)) = (olds.next(), news.next()) else { break };
                    if old.hash != new.hash {
                        let attributes = old.payload.differences(&new.payload);
                        diff.altered.push(Change { old, new, attributes });
                    }
                }
            }
        }
        diff
    }

    /// What differs, in words, at most `most` of it one by one; `added` and `removed` say what is the matter with facts of the second
    /// snapshot alone, and of the first.
    pub fn words(&self, most: usize, added: &str, removed: &str) -> Vec<String> {
        let mut words: Vec<String> = self.added.iter().map(|fact| format!("{} {added}", fact.id)).collect();
        words.extend(self.removed.iter().map(|fact| format!("{} {removed}", fact.id)));
        words.extend(
            self.altered
                .iter()
                .map(|change| format!("{} has another {}", change.new.id, change.attributes.join(", "))),
        );
        let more = words.len().saturating_sub(most);
        if more > 0 {
            words.truncate(most);
            words.push(format!("and {more} more"));
        }
        words
    }

    /// Nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.altered.is_empty()
    }

    /// How many facts differ.
    pub fn len(&self) -> usize {
        self.added.len().saturating_add(self.removed.len()).saturating_add(self.altered.len())
    }

    /// The first snapshot with these differences carried out.
    #[must_use]
    pub fn apply(&self, from: &Snapshot) -> Snapshot {
        let mut builder = Builder::default();
        for fact in from.facts() {
            let gone = self.removed.binary_search_by(|removed| removed.id.cmp(&fact.id)).is_ok();
            let altered = self.altered.binary_search_by(|change| change.old.id.cmp(&fact.id)).ok();
            match altered.and_then(|at| self.altered.get(at)) {
                Some(change) => builder.add(change.new.clone()),
                None if !gone => builder.add(fact.clone()),
                None => {}
            }
        }
        self.added.iter().for_each(|fact| builder.add((*fact).clone()));
        builder.finish(&from.engine, &from.server)
    }
}
