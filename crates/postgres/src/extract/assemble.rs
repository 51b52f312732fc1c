//! From rows to facts: names, parents, and dependencies by the addresses that objects have in the catalog.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use sluice_engine::DbError;
use sluice_facts::{Builder, Fact, FactId, Kind, Payload, Snapshot, Value};
use tokio_postgres::Row;

use super::answer::{Address, Objects, address, names, text, unexpected};

/// Facts on their way. They are known by their places in the list until they are done.
#[derive(Default)]
pub struct Assembly {
    facts: Vec<Fact>,
    /// By the address in the catalog.
    places: HashMap<Address, usize>,
    aliases: HashMap<(u32, u32), Address>,
    /// A fact, and what it needs.
    needs: Vec<(usize, usize)>,
    /// The same by names: what the catalog does not list.
    requires: Vec<(usize, FactId)>,
    unmodelled: Vec<String>,
}

impl Assembly {
    /// Takes the answer to a [`super::sql::Question`].
    pub fn objects(&mut self, objects: Objects) {
        self.aliases.extend(objects.aliases);
        self.facts.reserve(objects.facts.len());
        self.places.reserve(objects.facts.len());
        for (address, fact) in objects.facts {
            let at = self.facts.len();
            // Nothing depends on what only says that one thing is in another.
            if !matches!(fact.kind, Kind::Partition | Kind::IndexPartition | Kind::SequenceOwner) {
                self.places.insert(address, at);
            }
            self.requires.extend(also_requires(&fact).into_iter().map(|id| (at, id)));
            self.facts.push(fact);
        }
    }

    /// Takes addresses by which objects are also known.
    pub fn aliases(&mut self, pairs: Vec<(Address, Address)>) {
        self.aliases.extend(pairs.into_iter().map(|((class, oid, _), known)| ((class, oid), known)));
    }

    /// The place of the fact at an address; that of the whole where the part has none.
    fn at(&self, address: Address) -> Option<usize> {
        let mut address = address;
        // An alias of an alias at most: the array of a row type.
        for _ in 0..3 {
            let (class, oid, sub) = address;
            if let Some(at) = self.places.get(&address).or_else(|| self.places.get(&(class, oid, 0))) {
                return Some(*at);
            }
            let alias = self.aliases.get(&(class, oid))?;
            address = if alias.2 == 0 { (alias.0, alias.1, sub) } else { *alias };
        }
        None
    }

    /// The id of the fact at an address.
    fn id_at(&self, address: Address) -> Option<FactId> {
        self.at(address).and_then(|at| self.facts.get(at)).map(|fact| fact.id.clone())
    }

    /// Takes grants.
    pub fn grants(&mut self, rows: &[Row]) -> Result<(), DbError> {
        for row in rows {
            let Some(target) = self.id_at(address(row, 0)?) else { continue };
            let grantee = text(row, 3)?;
            // Columns of views have no facts; what is granted on them stands apart by their names.
            let payload = payload(text(row, 4)?)?;
            let extra = match payload.text("column") {
                Some(column) if target.kind() != Some(Kind::Column) => format!("{grantee} {column}"),
                _ => grantee.to_owned(),
            };
            let id = FactId::on(Kind::Grant, &target, Some(&extra));
            let mut attributes: BTreeMap<Cow<'static, str>, Value> =
                payload.iter().map(|(name, value)| (Cow::Owned(name.to_owned()), value.clone())).collect();
            attributes.insert(Cow::Borrowed("grantee"), grantee.into());
            self.facts.push(Fact::new(id, Kind::Grant, Some(target), Payload::new(attributes)));
        }
        Ok(())
    }

    /// Takes default privileges.
    pub fn default_privileges(&mut self, rows: &[Row]) -> Result<(), DbError> {
        for row in rows {
            let path = names(row, 0, 4)?;
            let Some([role, schema, objects, grantee]) = path.first_chunk::<4>() else { continue };
            let id = FactId::new(Kind::DefaultPrivileges, [role, schema, objects, grantee]);
            let parent = (!schema.is_empty()).then(|| FactId::new(Kind::Schema, [schema]));
            self.facts.push(Fact::new(id, Kind::DefaultPrivileges, parent, payload(text(row, 4)?)?));
        }
        Ok(())
    }

    /// Takes comments.
    pub fn comments(&mut self, rows: &[Row]) -> Result<(), DbError> {
        for row in rows {
            let address = address(row, 0)?;
            let Some(target) = self.id_at(address) else { continue };
            let payload = payload(text(row, 3)?)?;
            // What has a fact of its own is named by it; the rest (columns of views, indexes of constraints) by its words.
            let id = if self.places.contains_key(&address) {
                FactId::on(Kind::Comment, &target, None)
            } else {
                FactId::on(Kind::Comment, &target, payload.text("target"))
            };
            self.facts.push(Fact::new(id, Kind::Comment, Some(target), payload));
        }
        Ok(())
    }

    /// Takes dependencies.
    pub fn dependencies(&mut self, pairs: Vec<(Address, Address)>) {
        for (user, needed) in pairs {
            let (Some(user), Some(needed)) = (self.at(user), self.at(needed)) else { continue };
            if user != needed {
                self.needs.push((user, needed));
            }
        }
    }

    /// Takes names of what is not modelled.
    pub fn unmodelled(&mut self, rows: &[Row]) -> Result<(), DbError> {
        for row in rows {
            self.unmodelled.push(text(row, 0)?.to_owned());
        }
        Ok(())
    }

    /// Grants on columns stand on the same role's grant on the table: revoking there takes them, too.
    fn chain_grants(&mut self) {
        let grants = || self.facts.iter().enumerate().filter(|(_, fact)| fact.kind == Kind::Grant);
        let on_tables: HashMap<(&FactId, &str), usize> = grants()
            .filter_map(|(at, fact)| Some(((fact.parent.as_ref()?, fact.payload.text("grantee")?), at)))
            .collect();
        let mut needs = Vec::new();
        for (at, fact) in grants() {
            let Some(column) = fact.parent.as_ref().filter(|id| id.kind() == Some(Kind::Column)) else {
                continue;
            };
            let path = column.path();
            let grantee = fact.payload.text("grantee").unwrap_or_default();
            for kind in [Kind::Table, Kind::ForeignTable] {
                let table = FactId::new(kind, path.get(..2).unwrap_or_default());
                needs.extend(on_tables.get(&(&table, grantee)).map(|grant| (at, *grant)));
            }
        }
        self.needs.extend(needs);
    }

    /// The snapshot.
    pub fn finish(mut self, server: &str) -> Snapshot {
        self.chain_grants();
        let Self { facts, mut needs, requires, unmodelled, .. } = self;
        let ids: Vec<FactId> = facts.iter().map(|fact| fact.id.clone()).collect();
        needs.sort_unstable();
        needs.dedup();
        let mut needs = needs.into_iter().peekable();
        let mut requires = requires.into_iter().peekable();
        let mut builder = Builder::default();
        for (at, fact) in facts.into_iter().enumerate() {
            let mut needed: Vec<FactId> = Vec::new();
            while let Some((_, needs)) = needs.next_if(|(user, _)| *user == at) {
                needed.extend(ids.get(needs).cloned());
            }
            while let Some((_, id)) = requires.next_if(|(user, _)| *user == at) {
                needed.push(id);
            }
            needed.retain(|id| Some(id) != fact.parent.as_ref());
            builder.add(fact.requiring(needed));
        }
        unmodelled.into_iter().for_each(|name| builder.unmodelled(name));
        builder.finish("postgres", server)
    }
}

/// What a fact requires that the catalog does not list.
fn also_requires(fact: &Fact) -> Vec<FactId> {
    let payload = &fact.payload;
    match fact.kind {
        Kind::Partition => vec![FactId::new(Kind::Table, payload.list("of"))],
        Kind::SequenceOwner => vec![FactId::new(Kind::Column, payload.list("column"))],
        Kind::IndexPartition => {
            let index = match payload.list("of_constraint") {
                [] => FactId::new(Kind::Index, payload.list("of")),
                name => FactId::new(Kind::Constraint, name),
            };
            vec![index, FactId::new(Kind::Partition, payload.list("table"))]
        }
        Kind::ForeignServer => named(payload, "wrapper", Kind::ForeignDataWrapper),
        Kind::ForeignTable => named(payload, "server", Kind::ForeignServer),
        Kind::Extension => named(payload, "schema", Kind::Schema),
        Kind::PublicationMember => {
            let path = fact.id.path();
            let kind = if path.len() == 2 { Kind::Schema } else { Kind::Table };
            vec![FactId::new(kind, path.get(1..).unwrap_or_default())]
        }
        _ => Vec::new(),
    }
}

/// The id of what an attribute names, where it does.
fn named(payload: &Payload, attribute: &str, kind: Kind) -> Vec<FactId> {
    payload.text(attribute).map(|name| FactId::new(kind, [name])).into_iter().collect()
}

/// A JSON object without what is null.
fn payload(text: &str) -> Result<Payload, DbError> {
    let map: BTreeMap<String, Option<Value>> =
        serde_json::from_str(text).map_err(|error| unexpected(&format!("{error}: {text}")))?;
    Ok(Payload::new(map.into_iter().filter_map(|(name, value)| Some((Cow::Owned(name), value?)))))
}
