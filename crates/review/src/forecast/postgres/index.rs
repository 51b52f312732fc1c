use sluice_schema::{Index, Name, Relation};
use sluice_sql::ObjectKind;
use sluice_sql::model::{
    AlterTable, CreateIndex, DropIndex, IndexKeyPart, Maintenance, MaintenanceVerb, PartitionAction,
    TableAction, TableOptionKind,
};

use super::Model;
use crate::LockMode::{AccessExclusive, AccessShare, Share, ShareUpdateExclusive};
use crate::WorkKind;
use crate::replay::name::{Purpose, expression_word};

impl<'a> Model<'a> {
    pub(super) fn create_index(&mut self, create: &'a CreateIndex) {
        let name = self.name(&create.table);
        let concurrently = create.concurrently.is_written();
        let index = create.index.name.as_ref().map(|index| self.key(&index.name));
        if let Some(index) = &index
            && self.known(&name).is_some_and(|relation| relation.index(index).is_some())
        {
            if !create.if_not_exists.is_written() {
                self.refuse(format!("relation \"{index}\" already exists"));
            }
            self.out.lock(name, if concurrently { ShareUpdateExclusive } else { Share });
            return;
        }
        if self.is_partitioned(&name) {
            if concurrently {
                self.refuse(format!("cannot create index on partitioned table \"{name}\" concurrently"));
            }
            if create.index.unique.is_some() {
                let columns: Vec<String> = create.index.columns().map(|one| self.key(one)).collect();
                self.demand_partition_key(&name, &columns);
            }
        }
        if create.only.is_written() {
            let mode = if concurrently { ShareUpdateExclusive } else { Share };
            self.out.lock(name.clone(), mode);
            if self.is_partitioned(&name) {
                return;
            }
        }
        let tables = self.tree(&name);
        self.take(&tables, if concurrently { ShareUpdateExclusive } else { Share });
        let words: Vec<String> = create
            .index
            .keys
            .iter()
            .map(|key| match &key.part {
                IndexKeyPart::Column(column) => self.key(column),
                IndexKeyPart::Expr(_) => expression_word(key.span.slice(self.question.text)).to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.build_index(&name, index, &words, Purpose::Index);
    }

    pub(super) fn drop_index(&mut self, drop: &'a DropIndex) {
        let concurrently = drop.concurrently.is_written();
        let mode = if concurrently { ShareUpdateExclusive } else { AccessExclusive };
        for written in &drop.names {
            let Some((relation, index)) = self.question.schema.index(written, None) else { continue };
            if let Some(constraint) = &index.constraint {
                let (index, table) = (&index.name, &relation.name);
                self.refuse(format!(
                    "cannot drop index {index} because constraint {constraint} on table {table} requires it"
                ));
            }
            let tables = self.tree(&relation.name);
            self.take(&tables, mode);
            self.take_index(&relation.name, &index.name, mode);
        }
    }

    pub(super) fn alter_index(&mut self, alter: &'a AlterTable) {
        let Some((relation, index)) = self.question.schema.index(&alter.name, None) else {
            let name = self.name(&alter.name);
            self.out.lock_index(name, ShareUpdateExclusive);
            return;
        };
        let table = &relation.name;
        for action in &alter.actions {
            self.take_index(table, &index.name, ShareUpdateExclusive);
            match &action.kind {
                TableAction::Partition(PartitionAction::AttachIndex(child)) => {
                    self.out.lock(table.clone(), AccessShare);
                    if let Some((partition, child)) = self.question.schema.index(child, None) {
                        self.out.lock(partition.name.clone(), AccessShare);
                        self.take_index(&partition.name, &child.name, AccessExclusive);
                    }
                }
                TableAction::SetOption(option) if matches!(option.kind, TableOptionKind::Tablespace(_)) => {
                    self.take_index(table, &index.name, AccessExclusive);
                    self.index_work(WorkKind::IndexRebuild, table, &index.name);
                }
                _ => {}
            }
        }
    }

    pub(super) fn reindex(&mut self, maintenance: &'a Maintenance) {
        let schema = self.question.schema;
        let concurrently = maintenance.concurrently.is_written();
        for written in &maintenance.names {
            match maintenance.kind {
                ObjectKind::Index => {
                    if let Some((relation, index)) = schema.index(written, None) {
                        self.reindex_one(relation, index, concurrently);
                    }
                }
                ObjectKind::Table => {
                    let name = self.name(written);
                    for table in self.leaves(&name) {
                        self.reindex_table(&table, concurrently);
                    }
                }
                ObjectKind::Schema => {
                    let inside = self.key(&written.name);
                    for table in
                        schema.relations.values().filter(|it| it.name.schema == inside && it.is_table())
                    {
                        self.reindex_table(&table.name, concurrently);
                    }
                }
                _ => {}
            }
        }
    }

    fn reindex_table(&mut self, table: &Name, concurrently: bool) {
        self.out.lock(table.clone(), if concurrently { ShareUpdateExclusive } else { Share });
        let Some(relation) = self.known(table) else {
            self.work_on(WorkKind::IndexRebuild, std::slice::from_ref(table));
            return;
        };
        for index in &relation.indexes {
            self.reindex_one(relation, index, concurrently);
        }
    }

    fn reindex_one(&mut self, relation: &'a Relation, index: &'a Index, concurrently: bool) {
        let (on_table, on_index) = if concurrently {
            (ShareUpdateExclusive, ShareUpdateExclusive)
        } else {
            (Share, AccessExclusive)
        };
        self.out.lock(relation.name.clone(), on_table);
        self.take_index(&relation.name, &index.name, on_index);
        self.index_work(WorkKind::IndexRebuild, &relation.name, &index.name);
    }

    /// `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`.
    pub(super) fn maintenance(&mut self, maintenance: &'a Maintenance) {
        if maintenance.verb == MaintenanceVerb::Reindex {
            self.reindex(maintenance);
            return;
        }
        for written in &maintenance.names {
            let tables = self.tree(&self.name(written));
            let anew = maintenance.full.is_some()
                || matches!(maintenance.verb, MaintenanceVerb::Cluster | MaintenanceVerb::Repack);
            match maintenance.verb {
                MaintenanceVerb::Vacuum
                | MaintenanceVerb::Analyze
                | MaintenanceVerb::Cluster
                | MaintenanceVerb::Repack => {
                    self.take(&tables, if anew { AccessExclusive } else { ShareUpdateExclusive });
                }
                _ => continue,
            }
            if anew {
                self.rewrite(&tables);
            }
        }
    }
}
