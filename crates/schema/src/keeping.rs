//! Schemas as bytes, for who keeps them from one run to the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluice_sql::Dialect;

use crate::links::Links;
use crate::relations::Relations;
use crate::{Name, Origin, Routine, Schema, Sequence, UserType};

/// Everything but the relations, which follow one after the other.
#[derive(Serialize, Deserialize)]
struct Head {
    dialect: String,
    complete: bool,
    search_path: Vec<String>,
    types: Vec<(Name, UserType)>,
    sequences: Vec<(Name, Sequence)>,
    routines: Vec<(Name, Routine)>,
    schemas: BTreeMap<String, Origin>,
    extensions: BTreeMap<String, Origin>,
    charset: Option<String>,
    index_tables: Vec<(Name, Name)>,
    links: Links,
    /// Names of the relations, and how many bytes each takes.
    relations: Vec<(Name, usize)>,
}

impl Schema {
    /// The schema as bytes that [`Schema::from_bytes`] of the same program reads.
    ///
    /// # Errors
    /// What cannot be written as bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        let mut bodies = Vec::new();
        let mut relations = Vec::with_capacity(self.relations.len());
        for (name, relation) in self.relations.keys().zip(self.relations.values()) {
            let before = bodies.len();
            bodies = postcard::to_extend(relation, bodies)?;
            relations.push((name.clone(), bodies.len() - before));
        }
        let head = Head {
            dialect: self.dialect.name().to_owned(),
            complete: self.complete,
            search_path: self.search_path.clone(),
            types: pairs(&self.types),
            sequences: pairs(&self.sequences),
            routines: pairs(&self.routines),
            schemas: self.schemas.clone(),
            extensions: self.extensions.clone(),
            charset: self.charset.clone(),
            index_tables: pairs(&self.index_tables),
            links: self.links.clone(),
            relations,
        };
        let mut bytes = postcard::to_stdvec(&head)?;
        bytes.extend(bodies);
        Ok(bytes)
    }

    /// The schema that was kept as these bytes; none where they are not whole. They must be those of the same program, and
    /// unchanged: relations are decoded when somebody looks at them, and nothing is known of one that cannot be decoded then.
    pub fn from_bytes(bytes: &Arc<Vec<u8>>) -> Option<Self> {
        let (head, bodies) = postcard::take_from_bytes::<Head>(bytes).ok()?;
        let from = bytes.len() - bodies.len();
        Some(Self {
            dialect: Dialect::named(&head.dialect)?,
            complete: head.complete,
            search_path: head.search_path,
            relations: Relations::kept(bytes, from, head.relations)?,
            types: head.types.into_iter().collect(),
            sequences: head.sequences.into_iter().collect(),
            routines: head.routines.into_iter().collect(),
            schemas: head.schemas,
            extensions: head.extensions,
            charset: head.charset,
            index_tables: head.index_tables.into_iter().collect(),
            links: head.links,
        })
    }
}

fn pairs<T: Clone>(map: &BTreeMap<Name, T>) -> Vec<(Name, T)> {
    map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
