use sluice_schema::{Name, RelationKind};
use sluice_sql::ObjectKind;
use sluice_sql::model::{CreateTable, CreateView, Drop, QueryFacts, RefreshView, TableElement, Truncate};

use super::Model;
use crate::LockMode::{AccessExclusive, AccessShare, Exclusive, ShareRowExclusive, ShareUpdateExclusive};
use crate::WorkKind;

impl<'a> Model<'a> {
    pub(super) fn create_table(&mut self, create: &'a CreateTable) {
        if create.if_not_exists.is_written() && self.question.schema.relation(&create.name).is_some() {
            return;
        }
        for key in create.foreign_keys() {
            // A table may reference itself.
            if create.name.key(self.question.schema.dialect(), sluice_sql::model::NameClass::Relation)
                != key.table.key(self.question.schema.dialect(), sluice_sql::model::NameClass::Relation)
            {
                let parents = self.tree(&self.name(&key.table));
                self.take(&parents, ShareRowExclusive);
            }
        }
        for parent in &create.inherits {
            let parent = self.name(parent);
            self.out.lock(parent, ShareUpdateExclusive);
        }
        for element in &create.elements {
            if let TableElement::Like(like) = element {
                let model = self.name(&like.table);
                self.out.lock(model, AccessShare);
            }
        }
        if let Some(of) = &create.partition_of {
            let parent = self.name(&of.parent);
            self.out.lock(parent.clone(), AccessExclusive);
            if let Some(default) = self.default_partition(&parent) {
                // Its rows must not belong into the new one.
                let defaults = self.tree(&default);
                self.take(&defaults, AccessExclusive);
                self.work_on(WorkKind::Scan, &defaults);
            }
            for index in self.known(&parent).into_iter().flat_map(|relation| &relation.indexes) {
                self.take_index(&parent, &index.name, ShareUpdateExclusive);
            }
            for (_, key) in self.known(&parent).into_iter().flat_map(|relation| relation.foreign_keys()) {
                let parents = self.tree(&key.table);
                self.take(&parents, ShareRowExclusive);
            }
        }
        if let Some(query) = &create.query {
            self.read(&query.facts, !create.no_data);
        }
    }

    /// Locks what a query reads, and says that it is read.
    fn read(&mut self, facts: &QueryFacts, run: bool) {
        for name in self.reads(facts) {
            self.out.lock(name.clone(), AccessShare);
            if run {
                self.work_on(WorkKind::Scan, &[name]);
            }
        }
    }

    pub(super) fn create_view(&mut self, view: &'a CreateView) {
        let name = self.name(&view.name);
        if self.known(&name).is_some() {
            if view.if_not_exists.is_written() {
                return;
            }
            self.out.lock(name, AccessExclusive);
        }
        self.read(&view.query.facts, view.materialized && !view.no_data);
    }

    pub(super) fn refresh_view(&mut self, refresh: &'a RefreshView) {
        let name = self.name(&refresh.name);
        let concurrently = refresh.concurrently.is_written();
        self.out.lock(name.clone(), if concurrently { Exclusive } else { AccessExclusive });
        let view = self.known(&name);
        for used in view.into_iter().flat_map(|view| &view.uses) {
            self.out.lock(used.relation.clone(), AccessShare);
            if !refresh.no_data {
                self.out.work(WorkKind::Scan, used.relation.clone());
            }
        }
        if !concurrently {
            self.rewrite(&[name]);
            return;
        }
        self.out.work(WorkKind::Scan, name.clone());
        let keyed = |view: &sluice_schema::Relation| {
            view.indexes.iter().any(|index| index.unique && index.filter.is_none() && !index.has_expression())
        };
        if view.is_some_and(|view| !keyed(view)) {
            self.refuse(format!("cannot refresh materialized view \"{name}\" concurrently"));
        }
    }

    pub(super) fn drop(&mut self, drop: &'a Drop) {
        let cascade = drop.cascade.is_some();
        match drop.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => {
                let gone: Vec<Name> = drop.names.iter().map(|name| self.name(name)).collect();
                for (name, written) in gone.iter().zip(&drop.names) {
                    let there = self.question.schema.relation(written).is_some();
                    if there || !(drop.if_exists.is_written() && self.question.schema.complete) {
                        self.drop_relation(name, &gone, cascade);
                    }
                }
            }
            ObjectKind::Schema => {
                for written in &drop.names {
                    let schema = self.key(&written.name);
                    let inside: Vec<Name> = self
                        .question
                        .schema
                        .relations
                        .keys()
                        .filter(|name| name.schema == schema)
                        .cloned()
                        .collect();
                    if !inside.is_empty() && !cascade {
                        self.refuse(format!(
                            "cannot drop schema {schema} because other objects depend on it"
                        ));
                    }
                    for name in &inside {
                        self.drop_relation(name, &inside, true);
                    }
                }
            }
            _ => self.drop_object(drop),
        }
    }

    /// Drops a relation together with the others of `gone`.
    fn drop_relation(&mut self, name: &Name, gone: &[Name], cascade: bool) {
        let tables = self.tree(name);
        self.take(&tables, AccessExclusive);
        if let Some(parent) = self.known(name).and_then(|relation| relation.partition_of.clone()) {
            self.take(
                self.default_partition(&parent).filter(|default| default != name).as_slice(),
                AccessExclusive,
            );
            self.out.lock(parent, AccessExclusive);
        }
        for table in &tables {
            for (_, key) in self.known(table).into_iter().flat_map(|relation| relation.foreign_keys()) {
                let parents = self.tree(&key.table);
                self.take(&parents, AccessExclusive);
            }
        }
        let schema = self.question.schema;
        let views = schema.views_of(name).map(|view| view.name.clone());
        let heirs = schema.heirs(name).into_iter().map(|heir| heir.name.clone());
        let dependents: Vec<Name> = self
            .referencing(name, None)
            .into_iter()
            .chain(views)
            .chain(heirs)
            .filter(|one| !gone.contains(one) && !tables.contains(one))
            .collect();
        if cascade {
            self.take(&dependents, AccessExclusive);
        } else if !dependents.is_empty() {
            let kind = match self.known(name).map(|relation| relation.kind) {
                Some(RelationKind::View) => "view",
                Some(RelationKind::MaterializedView) => "materialized view",
                _ => "table",
            };
            self.refuse(format!("cannot drop {kind} {name} because other objects depend on it"));
        }
    }

    pub(super) fn truncate(&mut self, truncate: &'a Truncate) {
        let mut tables: Vec<Name> = Vec::new();
        for table in &truncate.tables {
            tables.extend(self.family(&self.name(&table.name), table.only));
        }
        // With `CASCADE` those that reference them, and so on.
        let mut at = 0;
        while let Some(name) = tables.get(at).cloned() {
            at += 1;
            for child in self.referencing(&name, None) {
                if tables.contains(&child) {
                    continue;
                }
                if truncate.cascade.is_none() {
                    self.refuse("cannot truncate a table referenced in a foreign key constraint".to_owned());
                    break;
                }
                tables.extend(self.tree(&child));
            }
        }
        self.take(&tables, AccessExclusive);
        for table in &tables {
            self.take_all_indexes(table, AccessExclusive);
        }
    }
}
