use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{FactId, Kind, Payload};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn from_hash(state: Sha256) -> Self {
        Self(state.finalize().into())
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One thing that can be said of a schema by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub id: FactId,
    /// What it belongs to; it cannot be without it.
    pub parent: Option<FactId>,
    /// What it is.
    pub kind: Kind,
    /// Where it stands among its siblings, as far as that can be chosen when they are made and never later: the place of a
    /// column. Not part of its hash.
    pub ordinal: u32,
    /// What is known of it.
    pub payload: Payload,
    /// What must be there before it, without its parent; sorted.
    pub requires: Box<[FactId]>,
    /// The statement or clause that makes it as somebody wrote it, where the server keeps that. Not part of its hash.
    pub written: Option<Box<str>>,
    /// Hash of the payload.
    pub hash: Digest,
}

impl Fact {
    /// A fact.
    pub fn new(id: FactId, kind: Kind, parent: Option<FactId>, payload: Payload) -> Self {
        let hash = payload.hash();
        Self { id, parent, kind, ordinal: 0, payload, requires: Box::default(), written: None, hash }
    }

    /// The same fact with what must be there before it.
    #[must_use]
    pub fn requiring(mut self, requires: impl IntoIterator<Item = FactId>) -> Self {
        let mut requires: Vec<FactId> = requires.into_iter().collect();
        requires.sort();
        requires.dedup();
        requires.retain(|id| *id != self.id);
        self.requires = requires.into();
        self
    }

    /// What must be there before it, its parent first.
    pub fn needs(&self) -> impl Iterator<Item = &FactId> {
        self.parent.iter().chain(self.requires.iter())
    }
}
