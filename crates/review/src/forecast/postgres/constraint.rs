use sluice_schema::{ConstraintKind, Name};
use sluice_sql::model::{KeyConstraint, TableConstraint, TableConstraintKind};

use super::Model;
use crate::LockMode::{AccessExclusive, RowShare, ShareRowExclusive, ShareUpdateExclusive};
use crate::WorkKind;
use crate::replay::name::Purpose;

impl<'a> Model<'a> {
    pub(super) fn add_constraint(&mut self, name: &Name, only: bool, constraint: &'a TableConstraint) {
        let checked = !constraint.not_valid.is_written() && constraint.enforced != Some(false);
        match &constraint.kind {
            TableConstraintKind::ForeignKey(key) => {
                let (tables, parents) = (self.tree(name), self.tree(&self.name(&key.table)));
                self.take(&tables, ShareRowExclusive);
                self.take(&parents, ShareRowExclusive);
                if constraint.not_valid.is_written()
                    && self.is_partitioned(name)
                    && !self.question.version.at_least(18, 0)
                {
                    self.refuse(format!("cannot add NOT VALID foreign key on partitioned table \"{name}\""));
                }
                if checked {
                    self.work_on(WorkKind::ForeignKeyCheck, &tables);
                }
            }
            TableConstraintKind::Check(_) => {
                let tables = self.family(name, only || constraint.no_inherit);
                self.take(&tables, AccessExclusive);
                if checked {
                    self.work_on(WorkKind::Scan, &tables);
                }
            }
            TableConstraintKind::NotNull(column) => {
                let tables = self.family(name, only || constraint.no_inherit);
                self.take(&tables, AccessExclusive);
                if checked {
                    let column = self.key(column);
                    self.verify_not_null(&tables, &column);
                }
            }
            TableConstraintKind::PrimaryKey(key) => self.add_key(name, constraint, key, true),
            TableConstraintKind::Unique(key) => self.add_key(name, constraint, key, false),
            TableConstraintKind::Exclude(exclusion) => {
                let tables = self.tree(name);
                self.take(&tables, AccessExclusive);
                let named = constraint.name.as_ref().map(|name| self.key(name));
                let columns: Vec<String> = exclusion
                    .elements
                    .iter()
                    .filter_map(|(key, _)| key.column())
                    .map(|one| self.key(one))
                    .collect();
                let words: Vec<&str> = columns.iter().map(String::as_str).collect();
                self.build_index(name, named, &words, Purpose::Exclude);
            }
        }
    }

    fn add_key(
        &mut self,
        name: &Name,
        constraint: &'a TableConstraint,
        key: &'a KeyConstraint,
        primary: bool,
    ) {
        let tables = self.tree(name);
        self.take(&tables, AccessExclusive);
        if let Some(index) = &key.using_index {
            let index = self.key(index);
            self.key_by_index(name, &index, primary);
            return;
        }
        let columns: Vec<String> = constraint.columns().into_iter().map(|one| self.key(one)).collect();
        self.demand_partition_key(name, &columns);
        if primary {
            self.demand_validated(name, &columns);
            for column in &columns {
                self.verify_not_null(&tables, column);
            }
        }
        let named = constraint.name.as_ref().map(|name| self.key(name));
        let words: Vec<&str> = columns.iter().map(String::as_str).collect();
        let purpose = if primary { Purpose::PrimaryKey } else { Purpose::Unique };
        self.build_index(name, named, &words, purpose);
    }

    fn key_by_index(&mut self, name: &Name, index: &str, primary: bool) {
        if self.is_partitioned(name) {
            self.refuse(
                "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables".to_owned(),
            );
            return;
        }
        self.take_index(name, index, ShareUpdateExclusive);
        if !primary {
            return;
        }
        let keys = self.known(name).and_then(|relation| relation.index(index));
        let columns: Vec<String> =
            keys.into_iter().flat_map(|index| &index.keys).filter_map(|key| key.column.clone()).collect();
        self.demand_validated(name, &columns);
        for column in &columns {
            self.verify_not_null(std::slice::from_ref(name), column);
        }
        if keys.is_none() {
            self.work_on(WorkKind::Scan, std::slice::from_ref(name));
        }
    }

    /// From PostgreSQL 18 the columns of a primary key may have no `NOT NULL` that is not validated.
    fn demand_validated(&mut self, name: &Name, columns: &[String]) {
        let open = self.known(name).and_then(|relation| {
            relation.constraints.iter().find(|one| {
                !one.validated
                    && matches!(&one.kind, ConstraintKind::NotNull { column } if columns.contains(column))
            })
        });
        if let Some(open) = open {
            let constraint = &open.name;
            self.refuse(format!("incompatible NOT VALID constraint \"{constraint}\" on relation \"{name}\""));
        }
    }

    /// A unique key of a partitioned table has the columns by which it is partitioned.
    pub(super) fn demand_partition_key(&mut self, name: &Name, columns: &[String]) {
        let partitioning = self.known(name).and_then(|relation| relation.partitioned_by.as_ref());
        if partitioning.is_some_and(|by| by.columns.iter().any(|column| !columns.contains(column))) {
            self.refuse(
                "unique constraint on partitioned table must include all partitioning columns".to_owned(),
            );
        }
    }

    pub(super) fn drop_constraint(&mut self, name: &Name, only: bool, constraint: &str, cascade: bool) {
        let tables = self.family(name, only);
        self.take(&tables, AccessExclusive);
        let Some(found) = self.known(name).and_then(|relation| relation.constraint(constraint)) else {
            return;
        };
        if let Some(key) = found.foreign_key() {
            let parents = self.tree(&key.table);
            self.take(&parents, AccessExclusive);
        }
        if found.has_index() {
            let columns = found.columns();
            let references = self.question.schema.references_to(name);
            let children: Vec<Name> = references
                .filter(|(_, one)| one.foreign_key().is_some_and(|key| same_set(&key.referenced, columns)))
                .map(|(relation, _)| relation.name.clone())
                .collect();
            // Another unique index over the same columns may be the one that the foreign key depends on.
            let primary = matches!(found.kind, ConstraintKind::PrimaryKey { .. });
            if cascade {
                self.take(&children, AccessExclusive);
            } else if !children.is_empty() && primary {
                self.refuse(format!(
                    "cannot drop constraint {constraint} on table {name} because other objects depend on it"
                ));
            }
        }
    }

    pub(super) fn validate_constraint(&mut self, name: &Name, only: bool, constraint: &str) {
        self.out.lock(name.clone(), ShareUpdateExclusive);
        let found = self.known(name).and_then(|relation| relation.constraint(constraint));
        let Some(found) = found else {
            // As most constraints that are validated: a check or a foreign key, both of which read the table.
            self.work_on(WorkKind::Scan, std::slice::from_ref(name));
            return;
        };
        if found.validated {
            return;
        }
        if let Some(key) = found.foreign_key() {
            let (tables, parents) = (self.tree(name), self.tree(&key.table));
            self.take(&tables, ShareUpdateExclusive);
            self.take(&parents, RowShare);
            self.work_on(WorkKind::ForeignKeyCheck, &tables);
        } else {
            let tables = self.family(name, only);
            self.take(&tables, ShareUpdateExclusive);
            self.work_on(WorkKind::Scan, &tables);
        }
    }

    pub(super) fn alter_constraint(&mut self, name: &Name, constraint: &str, enforced: Option<bool>) {
        let tables = self.tree(name);
        self.take(&tables, AccessExclusive);
        let found = self.known(name).and_then(|relation| relation.constraint(constraint));
        let Some(key) = found.and_then(|found| found.foreign_key()) else { return };
        if let Some(enforced) = enforced {
            let parents = self.tree(&key.table);
            self.take(&parents, AccessExclusive);
            if enforced && found.is_some_and(|found| !found.enforced) {
                self.work_on(WorkKind::ForeignKeyCheck, &tables);
            }
        }
    }
}

fn same_set(left: &[String], right: &[String]) -> bool {
    left.len() == right.len() && left.iter().all(|one| right.contains(one))
}
