//! From rows to facts: names, parents, and dependencies by the addresses that objects have in the catalog.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use sluice_engine::{DbError, DbErrorKind, Row};
use sluice_facts::{Builder, Fact, FactId, Kind, Payload, Snapshot, Value};

/// Catalog, object, part of it.
type Address = (u32, u32, i32);

/// Facts on their way.
#[derive(Default)]
pub struct Assembly {
    facts: Vec<Fact>,
    requires: HashMap<FactId, Vec<FactId>>,
    places: HashMap<Address, FactId>,
    aliases: HashMap<(u32, u32), Address>,
    unmodelled: Vec<String>,
}

impl Assembly {
    /// Takes the answer to an [`super::sql::Ask`].
    pub fn objects(&mut self, rows: Vec<Row>) -> Result<(), DbError> {
        for row in rows {
            let kind = kind(text(&row, 3)?)?;
            let id = FactId::new(kind, names(&row, 4));
            let parent = match row.get(7).and_then(Option::as_deref) {
                Some(parent) => Some(FactId::new(self::kind(parent)?, names(&row, 8))),
                None => None,
            };
            let mut fact = Fact::new(id.clone(), kind, parent, payload(text(&row, 12)?)?);
            fact.ordinal = number(&row, 11)?;
            // Nothing depends on what only says that one thing is in another.
            if !matches!(kind, Kind::Partition | Kind::IndexPartition | Kind::SequenceOwner) {
                self.places.insert(address(&row, 0)?, id);
            }
            self.also_requires(&fact);
            self.facts.push(fact);
        }
        Ok(())
    }

    /// What a fact requires that the catalog does not list.
    fn also_requires(&mut self, fact: &Fact) {
        let payload = &fact.payload;
        let mut requires = Vec::new();
        match fact.kind {
            Kind::Partition => {
                requires.push(FactId::new(Kind::Table, payload.list("of")));
            }
            Kind::SequenceOwner => requires.push(FactId::new(Kind::Column, payload.list("column"))),
            Kind::IndexPartition => {
                let index = match payload.list("of_constraint") {
                    [] => FactId::new(Kind::Index, payload.list("of")),
                    name => FactId::new(Kind::Constraint, name),
                };
                requires.push(index);
                requires.push(FactId::new(Kind::Partition, payload.list("table")));
            }
            Kind::ForeignServer => {
                requires.extend(
                    payload.text("wrapper").map(|name| FactId::new(Kind::ForeignDataWrapper, [name])),
                );
            }
            Kind::ForeignTable => {
                requires.extend(payload.text("server").map(|name| FactId::new(Kind::ForeignServer, [name])));
            }
            Kind::Extension => {
                requires.extend(payload.text("schema").map(|name| FactId::new(Kind::Schema, [name])));
            }
            Kind::PublicationMember => {
                let path = fact.id.path();
                let kind = if path.len() == 2 { Kind::Schema } else { Kind::Table };
                requires.push(FactId::new(kind, path.get(1..).unwrap_or_default()));
            }
            _ => {}
        }
        if !requires.is_empty() {
            self.requires.entry(fact.id.clone()).or_default().extend(requires);
        }
    }

    /// Takes addresses by which objects are also known.
    pub fn aliases(&mut self, rows: &[Row]) -> Result<(), DbError> {
        for row in rows {
            self.aliases.insert((number(row, 0)?, number(row, 1)?), address(row, 2)?);
        }
        Ok(())
    }

    /// The fact at an address; that of the whole where the part has none.
    fn at(&self, address: Address) -> Option<&FactId> {
        let mut address = address;
        // An alias of an alias at most: the array of a row type.
        for _ in 0..3 {
            let (class, oid, sub) = address;
            if let Some(id) = self.places.get(&address).or_else(|| self.places.get(&(class, oid, 0))) {
                return Some(id);
            }
            let alias = self.aliases.get(&(class, oid))?;
            address = if alias.2 == 0 { (alias.0, alias.1, sub) } else { *alias };
        }
        None
    }

    /// Takes grants.
    pub fn grants(&mut self, rows: Vec<Row>) -> Result<(), DbError> {
        for row in rows {
            let Some(target) = self.at(address(&row, 0)?).cloned() else { continue };
            let grantee = text(&row, 3)?;
            // Columns of views have no facts; what is granted on them stands apart by their names.
            let payload = payload(text(&row, 4)?)?;
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
    pub fn default_privileges(&mut self, rows: Vec<Row>) -> Result<(), DbError> {
        for row in rows {
            let path = names(&row, 0);
            let Some([role, schema, objects, grantee]) = path.first_chunk::<4>() else { continue };
            let id = FactId::new(Kind::DefaultPrivileges, [role, schema, objects, grantee]);
            let parent = (!schema.is_empty()).then(|| FactId::new(Kind::Schema, [schema]));
            self.facts.push(Fact::new(id, Kind::DefaultPrivileges, parent, payload(text(&row, 4)?)?));
        }
        Ok(())
    }

    /// Takes comments.
    pub fn comments(&mut self, rows: Vec<Row>) -> Result<(), DbError> {
        for row in rows {
            let address = address(&row, 0)?;
            let Some(target) = self.at(address).cloned() else { continue };
            let payload = payload(text(&row, 3)?)?;
            // What has a fact of its own is named by it; the rest (columns of views, indexes of constraints) by its words.
            let id = if self.places.get(&address) == Some(&target) {
                FactId::on(Kind::Comment, &target, None)
            } else {
                FactId::on(Kind::Comment, &target, payload.text("target"))
            };
            self.facts.push(Fact::new(id, Kind::Comment, Some(target), payload));
        }
        Ok(())
    }

    /// Takes dependencies.
    pub fn dependencies(&mut self, rows: &[Row]) -> Result<(), DbError> {
        for row in rows {
            let (Some(user), Some(needed)) = (self.at(address(row, 0)?), self.at(address(row, 3)?)) else {
                continue;
            };
            if user != needed {
                let (user, needed) = (user.clone(), needed.clone());
                self.requires.entry(user).or_default().push(needed);
            }
        }
        Ok(())
    }

    /// Takes names of what is not modelled.
    pub fn unmodelled(&mut self, rows: Vec<Row>) {
        self.unmodelled.extend(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()));
    }

    /// Grants on columns stand on the same role's grant on the table: revoking there takes them, too.
    fn chain_grants(&mut self) {
        let on_tables: HashMap<(FactId, String), FactId> = self
            .facts
            .iter()
            .filter(|fact| fact.kind == Kind::Grant)
            .filter_map(|fact| {
                let grantee = fact.payload.text("grantee")?.to_owned();
                Some(((fact.parent.clone()?, grantee), fact.id.clone()))
            })
            .collect();
        for fact in self.facts.iter().filter(|fact| fact.kind == Kind::Grant) {
            let Some(column) = fact.parent.as_ref().filter(|id| id.kind() == Some(Kind::Column)) else {
                continue;
            };
            let path = column.path();
            let grantee = fact.payload.text("grantee").unwrap_or_default();
            for kind in [Kind::Table, Kind::ForeignTable] {
                let table = FactId::new(kind, path.get(..2).unwrap_or_default());
                if let Some(grant) = on_tables.get(&(table, grantee.to_owned())) {
                    self.requires.entry(fact.id.clone()).or_default().push(grant.clone());
                }
            }
        }
    }

    /// The snapshot.
    pub fn finish(mut self, server: &str) -> Snapshot {
        self.chain_grants();
        let mut builder = Builder::default();
        for fact in self.facts {
            let requires = self.requires.remove(&fact.id).unwrap_or_default();
            let parent = fact.parent.clone();
            builder.add(fact.requiring(requires.into_iter().filter(|id| Some(id) != parent.as_ref())));
        }
        self.unmodelled.into_iter().for_each(|name| builder.unmodelled(name));
        builder.finish("postgres", server)
    }
}

fn unexpected(what: &str) -> DbError {
    DbError::new(
        DbErrorKind::Statement,
        format!("the catalog answers in a way that is not understood: {what}"),
    )
}

fn text(row: &Row, index: usize) -> Result<&str, DbError> {
    row.get(index).and_then(Option::as_deref).ok_or_else(|| unexpected("a value is missing"))
}

fn number<T: std::str::FromStr>(row: &Row, index: usize) -> Result<T, DbError> {
    let text = text(row, index)?;
    text.parse().map_err(|_| unexpected(text))
}

fn address(row: &Row, start: usize) -> Result<Address, DbError> {
    Ok((number(row, start)?, number(row, start.saturating_add(1))?, number(row, start.saturating_add(2))?))
}

fn names(row: &Row, start: usize) -> Vec<String> {
    let parts = row.iter().skip(start);
    let count = if start == 0 { 4 } else { 3 };
    parts.take(count).map_while(Clone::clone).collect()
}

fn kind(name: &str) -> Result<Kind, DbError> {
    Kind::parse(name).ok_or_else(|| unexpected(name))
}

/// A JSON object without what is null.
fn payload(text: &str) -> Result<Payload, DbError> {
    let map: BTreeMap<String, Option<Value>> =
        serde_json::from_str(text).map_err(|error| unexpected(&format!("{error}: {text}")))?;
    Ok(Payload::new(map.into_iter().filter_map(|(name, value)| Some((Cow::Owned(name), value?)))))
}
