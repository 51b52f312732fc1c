use std::collections::{HashMap, HashSet};

use crate::{Fact, FactId, Kind, Snapshot, Verb};

/// What becomes of a fact. Facts without a fate stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes.
    Drop,
    /// It comes.
    Create,
    /// It is altered in place.
    Alter,
    /// It goes and comes again.
    Replace,
}

impl Fate {
    /// It is not there for a moment, or not any more.
    pub fn drops(self) -> bool {
        matches!(self, Self::Drop | Self::Replace)
    }

    /// It is made.
    pub fn creates(self) -> bool {
        matches!(self, Self::Create | Self::Replace)
    }
}

/// How steps are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// The forms that keep readers and writers waiting as briefly as can be.
    pub online: bool,
    /// Version of the server that the steps are for, as a number that compares within its family.
    pub version: u32,
}

/// Both schemas, and what becomes of each fact: what rules may look at.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The schema as it is.
    pub from: &'a Snapshot,
    /// The schema as it is to be.
    pub to: &'a Snapshot,
    /// How steps are to be written.
    pub options: Options,
    pub(crate) fates: HashMap<FactId, Fate>,
    /// Steps that are not joined to others, because that made a cycle.
    pub(crate) apart: HashSet<(FactId, Verb)>,
    from_users: Users,
    to_users: Users,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(from: &'a Snapshot, to: &'a Snapshot, options: Options) -> Self {
        Self {
            from,
            to,
            options,
            fates: HashMap::new(),
            apart: HashSet::new(),
            from_users: Users::of(from),
            to_users: Users::of(to),
        }
    }

    /// What becomes of a fact.
    pub fn fate(&self, id: &FactId) -> Option<Fate> {
        self.fates.get(id).copied()
    }

    /// Whether it is not there, or about to be made.
    pub fn creates(&self, id: &FactId) -> bool {
        self.fate(id).is_some_and(Fate::creates)
    }

    /// Whether it goes, if only for a moment.
    pub fn drops(&self, id: &FactId) -> bool {
        self.fate(id).is_some_and(Fate::drops)
    }

    /// Facts of the old schema that need this one, its children among them.
    pub fn users_before(&self, id: &FactId) -> impl Iterator<Item = &'a Fact> {
        self.from_users.of_fact(self.from, id)
    }

    /// Facts of the new schema that need this one, its children among them.
    pub fn users_after(&self, id: &FactId) -> impl Iterator<Item = &'a Fact> {
        self.to_users.of_fact(self.to, id)
    }

    /// Children in the old schema.
    pub fn children_before(&self, id: &'a FactId, kind: Kind) -> impl Iterator<Item = &'a Fact> {
        self.users_before(id).filter(move |fact| fact.kind == kind && fact.parent.as_ref() == Some(id))
    }

    /// Children in the new schema.
    pub fn children_after(&self, id: &'a FactId, kind: Kind) -> impl Iterator<Item = &'a Fact> {
        self.users_after(id).filter(move |fact| fact.kind == kind && fact.parent.as_ref() == Some(id))
    }

    /// Whether a step of this fact stands by itself although it could be joined to another one's.
    pub fn is_apart(&self, id: &FactId, verb: Verb) -> bool {
        self.apart.contains(&(id.clone(), verb))
    }
}

/// Who needs whom, by places in the snapshot.
#[derive(Debug, Default)]
struct Users {
    /// Where the users of each fact begin in `users`; one more at the end.
    starts: Vec<u32>,
    users: Vec<u32>,
}

impl Users {
    fn of(snapshot: &Snapshot) -> Self {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (at, fact) in snapshot.facts().iter().enumerate() {
            let needs = fact.needs().filter_map(|id| snapshot.position(id));
            pairs.extend(needs.filter_map(|need| Some((u32::try_from(need).ok()?, u32::try_from(at).ok()?))));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = Vec::with_capacity(snapshot.facts().len().saturating_add(1));
        let mut next = 0;
        for at in 0..=snapshot.facts().len() {
            while pairs.get(next).is_some_and(|(need, _)| usize::try_from(*need).is_ok_and(|need| need < at))
            {
                next += 1;
            }
            starts.push(u32::try_from(next).unwrap_or(u32::MAX));
        }
        Self { starts, users: pairs.into_iter().map(|(_, user)| user).collect() }
    }

    fn of_fact<'a>(&self, snapshot: &'a Snapshot, id: &FactId) -> impl Iterator<Item = &'a Fact> + use<'a> {
        let range = snapshot.position(id).and_then(|at| {
            let bound = |at: usize| usize::try_from(*self.starts.get(at)?).ok();
            Some(bound(at)?..bound(at.checked_add(1)?)?)
        });
        let users = range.and_then(|range| self.users.get(range)).unwrap_or_default().to_vec();
        users
            .into_iter()
            .filter_map(|at| usize::try_from(at).ok())
            .filter_map(move |at| snapshot.facts().get(at))
    }
}
