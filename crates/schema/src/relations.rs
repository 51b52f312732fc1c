use std::collections::BTreeMap;
use std::ops::{Index, Range};
use std::sync::{Arc, OnceLock};

use crate::name::{Named, Parts};
use crate::{Name, Origin, Relation, RelationKind};

/// Tables and views by name, in order. Those of a schema that was kept are decoded when somebody looks at them: a change touches a
/// few of thousands.
#[derive(Clone, Default)]
pub struct Relations {
    // By schema and then by name: names of one schema are what is compared most.
    schemas: BTreeMap<String, BTreeMap<String, Slot>>,
}

/// A relation, or the bytes that it is kept as until somebody looks.
#[derive(Clone)]
struct Slot {
    name: Name,
    // Boxed: most of thousands are never looked at.
    relation: OnceLock<Box<Relation>>,
    kept: Option<Kept>,
}

#[derive(Clone)]
struct Kept {
    bytes: Arc<Vec<u8>>,
    at: Range<usize>,
}

impl Slot {
    fn get(&self) -> &Relation {
        self.relation.get_or_init(|| Box::new(decoded(self.kept.as_ref(), &self.name)))
    }

    /// Never none.
    fn get_mut(&mut self) -> Option<&mut Relation> {
        self.get();
        self.relation.get_mut().map(Box::as_mut)
    }

    fn into_relation(self) -> Relation {
        let Self { name, relation, kept } = self;
        relation.into_inner().map_or_else(|| decoded(kept.as_ref(), &name), |relation| *relation)
    }
}

/// Of a relation whose bytes say nothing, nothing is known; who keeps schemas knows that the bytes are whole.
fn decoded(kept: Option<&Kept>, name: &Name) -> Relation {
    let found = kept.and_then(|kept| postcard::from_bytes(kept.bytes.get(kept.at.clone())?).ok());
    found.unwrap_or_else(|| Relation {
        columns_known: false,
        ..Relation::new(name.clone(), RelationKind::Table, Origin::default())
    })
}

impl Relations {
    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.schemas.values().flat_map(BTreeMap::values)
    }

    fn slot(&self, name: &Name) -> Option<&Slot> {
        self.schemas.get(&name.schema)?.get(&name.name)
    }

    fn put(&mut self, slot: Slot) -> Option<Slot> {
        let Name { schema, name } = slot.name.clone();
        self.schemas.entry(schema).or_default().insert(name, slot)
    }

    /// The relation of this name.
    pub fn get(&self, name: &Name) -> Option<&Relation> {
        self.slot(name).map(Slot::get)
    }

    /// The relation of this name, to be changed.
    pub fn get_mut(&mut self, name: &Name) -> Option<&mut Relation> {
        self.schemas.get_mut(&name.schema)?.get_mut(&name.name)?.get_mut()
    }

    /// Whether there is one of this name.
    pub fn contains_key(&self, name: &Name) -> bool {
        self.slot(name).is_some()
    }

    /// Puts one in; the one that had the name.
    pub fn insert(&mut self, name: Name, relation: Relation) -> Option<Relation> {
        let old = self.put(Slot { name, relation: OnceLock::from(Box::new(relation)), kept: None });
        old.map(Slot::into_relation)
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &Name) -> Option<Relation> {
        self.schemas.get_mut(&name.schema)?.remove(&name.name).map(Slot::into_relation)
    }

    /// Their names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.slots().map(|slot| &slot.name)
    }

    /// All, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Relation> {
        self.slots().map(Slot::get)
    }

    /// All, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Relation> {
        self.schemas.values_mut().flat_map(BTreeMap::values_mut).filter_map(Slot::get_mut)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.schemas.values().map(BTreeMap::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Relations that lie one after the other in `bytes`: their names, and how long each is; none where they do not fit.
    pub(crate) fn kept(bytes: &Arc<Vec<u8>>, from: usize, lengths: Vec<(Name, usize)>) -> Option<Self> {
        let mut start = from;
        let mut relations = Self::default();
        for (name, length) in lengths {
            let at = start..start.checked_add(length)?;
            start = at.end;
            let kept = Some(Kept { bytes: bytes.clone(), at });
            relations.put(Slot { name, relation: OnceLock::new(), kept });
        }
        (start == bytes.len()).then_some(relations)
    }
}

impl Named<Relation> for Relations {
    fn named(&self, parts: &dyn Parts) -> Option<(&Name, &Relation)> {
        let (schema, name) = parts.parts();
        self.schemas.get(schema)?.get(name).map(|slot| (&slot.name, slot.get()))
    }
}

impl Index<&Name> for Relations {
    type Output = Relation;

    /// # Panics
    /// Where there is none of this name.
    fn index(&self, name: &Name) -> &Relation {
        #[allow(clippy::expect_used, reason = "an index outside is the caller's mistake, as with a map")]
        self.get(name).expect("a relation of this name")
    }
}

impl PartialEq for Relations {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.keys().eq(other.keys()) && self.values().eq(other.values())
    }
}

impl Eq for Relations {}

impl std::fmt::Debug for Relations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.keys().zip(self.values())).finish()
    }
}
