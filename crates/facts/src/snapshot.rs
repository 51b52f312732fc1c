use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::{Digest, Fact, FactId};

/// A schema at one moment, as facts. Copies share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The family that it is of, for example `postgres`.
    pub engine: Box<str>,
    /// The version of the server that it was read from, for people.
    pub server: Box<str>,
    /// By id.
    facts: Arc<[Fact]>,
    /// Objects that were seen and are not modelled, by name; sorted.
    pub unmodelled: Vec<Box<str>>,
    /// Of each fact, over itself and everything below it.
    rollups: Arc<[Digest]>,
    fingerprint: Digest,
}

/// Collects the facts of a snapshot.
#[derive(Debug, Default)]
pub struct Builder {
    facts: Vec<Fact>,
    unmodelled: Vec<Box<str>>,
}

impl Builder {
    /// Adds a fact. Of two with one id the first one stays.
    pub fn add(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// Notes an object that is not modelled.
    pub fn unmodelled(&mut self, name: impl Into<Box<str>>) {
        self.unmodelled.push(name.into());
    }

    /// The snapshot.
    pub fn finish(self, engine: &str, server: &str) -> Snapshot {
        let Self { mut facts, mut unmodelled } = self;
        facts.sort_by(|a, b| a.id.cmp(&b.id));
        facts.dedup_by(|later, first| later.id == first.id);
        unmodelled.sort_unstable();
        unmodelled.dedup();
        let (rollups, fingerprint) = roll_up(&facts);
        Snapshot {
            engine: engine.into(),
            server: server.into(),
            facts: facts.into(),
            unmodelled,
            rollups: rollups.into(),
            fingerprint,
        }
    }
}

impl Snapshot {
    /// Every fact, by id.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The place of a fact.
    pub fn position(&self, id: &FactId) -> Option<usize> {
        self.facts.binary_search_by(|fact| fact.id.cmp(id)).ok()
    }

    /// A fact.
    pub fn get(&self, id: &FactId) -> Option<&Fact> {
        self.facts.get(self.position(id)?)
    }

    /// The hash over a fact and everything below it.
    pub fn rollup(&self, id: &FactId) -> Option<Digest> {
        self.rollups.get(self.position(id)?).copied()
    }

    /// The same without what the other snapshot names as not modelled: what is only seen on one side is neither new nor gone.
    #[must_use]
    pub fn leaving_out(&self, other: &Self) -> Self {
        if other.unmodelled.is_empty() {
            return self.clone();
        }
        let is_out = |fact: &Fact| {
            let name = format!("{} {}", fact.kind.words(), fact.id.path().join("."));
            other.unmodelled.iter().any(|unmodelled| **unmodelled == *name)
        };
        let out: BTreeSet<&FactId> =
            self.facts.iter().filter(|fact| is_out(fact)).map(|fact| &fact.id).collect();
        if out.is_empty() {
            return self.clone();
        }
        let belongs = |fact: &Fact| {
            let mut at = Some(fact);
            // Parents of parents; more of them than facts would be a circle.
            for _ in 0..self.facts.len() {
                match at {
                    Some(fact) if out.contains(&fact.id) => return true,
                    Some(fact) => at = fact.parent.as_ref().and_then(|parent| self.get(parent)),
                    None => break,
                }
            }
            false
        };
        let mut builder = Builder::default();
        self.facts.iter().filter(|fact| !belongs(fact)).for_each(|fact| builder.add(fact.clone()));
        self.unmodelled.iter().for_each(|name| builder.unmodelled(name.clone()));
        builder.finish(&self.engine, &self.server)
    }

    /// The hash over everything: equal where the schemas are. What is not modelled does not count.
    pub fn fingerprint(&self) -> Digest {
        self.fingerprint
    }
}

/// Hashes rolled up from the leaves: each over the id, the payload and the children in the order of their ids.
fn roll_up(facts: &[Fact]) -> (Vec<Digest>, Digest) {
    let place: HashMap<&FactId, usize> = facts.iter().enumerate().map(|(at, fact)| (&fact.id, at)).collect();
    let parents: Vec<Option<usize>> =
        facts.iter().map(|fact| fact.parent.as_ref().and_then(|id| place.get(id).copied())).collect();
    drop(place);
    // Deepest first, so that the children of a fact are done before it.
    let depth = |mut at: usize| {
        let mut depth = 0_usize;
        while let Some(Some(parent)) = parents.get(at) {
            at = *parent;
            depth += 1;
            if depth > facts.len() {
                break;
            }
        }
        depth
    };
    let mut by_depth: Vec<(usize, usize)> = (0..facts.len()).map(|at| (depth(at), at)).collect();
    by_depth.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut states: Vec<Option<Sha256>> = facts
        .iter()
        .map(|fact| {
            let mut state = Sha256::new();
            state.update(u64::try_from(fact.id.as_str().len()).unwrap_or(u64::MAX).to_be_bytes());
            state.update(fact.id.as_str());
            state.update(fact.hash.bytes());
            Some(state)
        })
        .collect();
    let mut root = Sha256::new();
    let mut rollups = vec![Digest::from_hash(Sha256::new()); facts.len()];
    for (_, at) in by_depth {
        let Some(state) = states.get_mut(at).and_then(Option::take) else { continue };
        let digest = Digest::from_hash(state);
        if let Some(place) = rollups.get_mut(at) {
            *place = digest;
        }
        let above = parents.get(at).copied().flatten();
        match above.and_then(|parent| states.get_mut(parent)).and_then(Option::as_mut) {
            Some(parent) => parent.update(digest.bytes()),
            None => root.update(digest.bytes()),
        }
    }
    (rollups, Digest::from_hash(root))
}
