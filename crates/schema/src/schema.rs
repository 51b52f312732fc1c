use std::collections::BTreeMap;

use sluice_sql::Dialect;
use sluice_sql::model::{NameClass, ObjectName};

use crate::links::Links;
use crate::name::{Named, Parts};
use crate::relations::Relations;
use crate::{Name, Origin, Relation, Routine, Sequence, UserType};

/// A database's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    pub(crate) dialect: Dialect,
    /// It holds everything that the database has: a name that is not in it does not exist.
    pub complete: bool,
    /// Schemas in which names are looked for, the first one being where things are made. Never empty.
    pub search_path: Vec<String>,
    /// Tables and views. What points to another relation is put in by [`Schema::insert`].
    pub relations: Relations,
    /// Types and domains.
    pub types: BTreeMap<Name, UserType>,
    /// Sequences.
    pub sequences: BTreeMap<Name, Sequence>,
    /// Functions and procedures.
    pub routines: BTreeMap<Name, Routine>,
    /// Schemas that were made.
    pub schemas: BTreeMap<String, Origin>,
    /// Extensions.
    pub extensions: BTreeMap<String, Origin>,
    /// Default charset of the database (MySQL, MariaDB), lower case.
    pub charset: Option<String>,
    /// Table of an index, by the index's name (PostgreSQL and SQLite: index names are those of the schema).
    pub(crate) index_tables: BTreeMap<Name, Name>,
    pub(crate) links: Links,
}

impl Schema {
    /// A schema of which nothing is known.
    pub fn unknown(dialect: Dialect) -> Self {
        let home = match dialect {
            Dialect::Postgres => "public",
            Dialect::Mysql | Dialect::Mariadb => "",
            Dialect::Sqlite => "main",
        };
        Self {
            dialect,
            complete: false,
            search_path: vec![home.to_owned()],
            relations: Relations::default(),
            types: BTreeMap::new(),
            sequences: BTreeMap::new(),
            routines: BTreeMap::new(),
            schemas: BTreeMap::new(),
            extensions: BTreeMap::new(),
            charset: None,
            index_tables: BTreeMap::new(),
            links: Links::default(),
        }
    }

    /// A schema that is known to be empty.
    pub fn empty(dialect: Dialect) -> Self {
        Self { complete: true, ..Self::unknown(dialect) }
    }

    /// Its dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the names of indexes are those of the schema, not of a table.
    fn index_names_are_global(&self) -> bool {
        matches!(self.dialect, Dialect::Postgres | Dialect::Sqlite)
    }

    /// The schema in which unqualified names are made.
    pub fn home(&self) -> &str {
        self.search_path.first().map_or("", String::as_str)
    }

    /// What `written` means among what is there, in the order in which schemas are searched.
    fn find<'m, V>(
        &self,
        among: &'m impl Named<V>,
        written: &ObjectName,
        class: NameClass,
    ) -> Option<(&'m Name, &'m V)> {
        let name = written.name.key(self.dialect, class);
        let in_schema = |schema: &str| {
            let parts: &dyn Parts = &(schema, &*name);
            among.named(parts)
        };
        match written.schema() {
            Some(schema) => in_schema(&schema.key(self.dialect, NameClass::Relation)),
            None => self.search_path.iter().find_map(|schema| in_schema(schema)),
        }
    }

    /// The name of what `written` means; the one that it gets when it is made, if there is none.
    fn name_of<V>(&self, among: &impl Named<V>, written: &ObjectName, class: NameClass) -> Name {
        match self.find(among, written, class) {
            Some((name, _)) => name.clone(),
            None => self.made_as(written, class),
        }
    }

    fn made_as(&self, written: &ObjectName, class: NameClass) -> Name {
        let schema = match written.schema() {
            Some(schema) => schema.key(self.dialect, NameClass::Relation).into_owned(),
            None => self.home().to_owned(),
        };
        Name::new(schema, written.name.key(self.dialect, class))
    }

    /// The name that something gets which is created as `written`.
    pub fn new_name(&self, written: &ObjectName) -> Name {
        self.made_as(written, NameClass::Relation)
    }

    /// The relation's name that `written` means; where it is created if there is none.
    pub fn relation_name(&self, written: &ObjectName) -> Name {
        self.name_of(&self.relations, written, NameClass::Relation)
    }

    /// The relation that `written` means.
    pub fn relation(&self, written: &ObjectName) -> Option<&Relation> {
        self.find(&self.relations, written, NameClass::Relation).map(|(_, relation)| relation)
    }

    /// The type that `written` means.
    pub fn user_type(&self, written: &ObjectName) -> Option<(Name, &UserType)> {
        self.find(&self.types, written, NameClass::Other).map(|(name, found)| (name.clone(), found))
    }

    /// The type's name that `written` means.
    pub fn type_name(&self, written: &ObjectName) -> Name {
        self.name_of(&self.types, written, NameClass::Other)
    }

    /// The user's type of a column.
    pub fn type_of_column(&self, data_type: &crate::ColumnType) -> Option<&UserType> {
        let find = |schema: &str| {
            let parts: &dyn Parts = &(schema, data_type.name.as_str());
            self.types.get(parts)
        };
        match &data_type.schema {
            Some(schema) => find(schema),
            None => self.search_path.iter().find_map(|schema| find(schema)),
        }
    }

    /// The sequence's name that `written` means.
    pub fn sequence_name(&self, written: &ObjectName) -> Name {
        self.name_of(&self.sequences, written, NameClass::Relation)
    }

    /// The routine's name that `written` means.
    pub fn routine_name(&self, written: &ObjectName) -> Name {
        self.name_of(&self.routines, written, NameClass::Other)
    }

    /// The routine that `written` means.
    pub fn routine(&self, written: &ObjectName) -> Option<&Routine> {
        self.find(&self.routines, written, NameClass::Other).map(|(_, routine)| routine)
    }

    /// Table and name of the index that `written` means. `table` is the one that the statement names (MySQL, MariaDB).
    pub fn index(
        &self,
        written: &ObjectName,
        table: Option<&ObjectName>,
    ) -> Option<(&Relation, &crate::Index)> {
        if let Some(table) = table {
            let relation = self.relation(table)?;
            let name = written.name.key(self.dialect, NameClass::Other);
            // MySQL's name for the index of every primary key.
            let name =
                if name == "primary" && !self.index_names_are_global() { "PRIMARY".into() } else { name };
            return relation.index(&name).map(|index| (relation, index));
        }
        let (name, _) = self.find(&self.index_tables, written, NameClass::Other)?;
        let relation = self.table_of_index(name)?;
        relation.index(&name.name).map(|index| (relation, index))
    }

    /// The table of an index, where the names of indexes are those of the schema (PostgreSQL, SQLite).
    pub fn table_of_index(&self, index: &Name) -> Option<&Relation> {
        self.relations.get(self.index_tables.get(index)?)
    }

    /// Remembers the table of an index; to be called for every index that is added.
    pub fn note_index(&mut self, table: &Name, index: &str) {
        if self.index_names_are_global() {
            self.index_tables.insert(Name::new(table.schema.clone(), index), table.clone());
        }
    }

    /// Forgets the table of an index.
    pub fn forget_index(&mut self, table: &Name, index: &str) {
        self.index_tables.remove(&Name::new(table.schema.clone(), index));
    }

    /// Notes that an index is there without being valid.
    pub fn invalidate_index(&mut self, index: &Name) {
        let Some(table) = self.index_tables.get(index) else { return };
        if let Some(relation) = self.relations.get_mut(table) {
            relation
                .indexes
                .iter_mut()
                .filter(|one| one.name == index.name)
                .for_each(|one| one.valid = false);
        }
    }

    /// Adds a relation, its indexes included.
    pub fn insert(&mut self, relation: Relation) {
        for index in &relation.indexes {
            self.note_index(&relation.name, &index.name);
        }
        self.links.note(&relation);
        self.relations.insert(relation.name.clone(), relation);
    }

    /// Relations that point to another one, or once did: by foreign keys, as views, as partitions or heirs.
    fn pointing_to<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Relation> {
        self.links.to(name).filter_map(|from| self.relations.get(from))
    }

    /// Changes every relation that points to `name`, or once did. Links that it makes are found from then on.
    pub fn change_pointing_to(&mut self, name: &Name, mut change: impl FnMut(&mut Relation)) {
        let names: Vec<Name> = self.links.to(name).cloned().collect();
        for name in names {
            if let Some(relation) = self.relations.get_mut(&name) {
                change(relation);
                self.links.note(relation);
            }
        }
    }

    /// Takes a relation away, its indexes included.
    pub fn remove(&mut self, name: &Name) -> Option<Relation> {
        let relation = self.relations.remove(name)?;
        for index in &relation.indexes {
            self.index_tables.remove(&Name::new(name.schema.clone(), index.name.clone()));
        }
        Some(relation)
    }

    /// Partitions of a table, those of partitions included.
    pub fn partitions<'a>(&'a self, name: &'a Name) -> Vec<&'a Relation> {
        let mut found: Vec<&Relation> = Vec::new();
        let mut next = vec![name];
        while let Some(parent) = next.pop() {
            let children =
                self.pointing_to(parent).filter(|relation| relation.partition_of.as_ref() == Some(parent));
            for child in children {
                // A name that comes twice would be a circle, which no server allows.
                if found.iter().all(|known| known.name != child.name) {
                    next.push(&child.name);
                    found.push(child);
                }
            }
        }
        found.sort_by(|left, right| left.name.cmp(&right.name));
        found
    }

    /// Tables that inherit from a table, directly or not, without partitions.
    pub fn heirs<'a>(&'a self, name: &'a Name) -> Vec<&'a Relation> {
        let mut found: Vec<&Relation> = Vec::new();
        let mut next = vec![name];
        while let Some(parent) = next.pop() {
            for child in self.pointing_to(parent).filter(|relation| relation.inherits.contains(parent)) {
                if found.iter().all(|known| known.name != child.name) {
                    next.push(&child.name);
                    found.push(child);
                }
            }
        }
        found
    }

    /// Foreign keys of other tables, or of itself, that point to a table.
    pub fn references_to<'a>(
        &'a self,
        name: &'a Name,
    ) -> impl Iterator<Item = (&'a Relation, &'a crate::Constraint)> {
        self.pointing_to(name).flat_map(move |relation| {
            relation
                .foreign_keys()
                .filter(move |(_, key)| key.table == *name)
                .map(move |(constraint, _)| (relation, constraint))
        })
    }

    /// Views that read a relation directly.
    pub fn views_of<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Relation> {
        self.pointing_to(name).filter(move |relation| relation.uses.iter().any(|used| used.relation == *name))
    }
}
