use sluice_schema::{ConstraintKind, Name, RelationKind};
use sluice_sql::ObjectKind;
use sluice_sql::model::{AlterTable, ColumnChange, TableAction, TableOptionKind};

use super::Model;
use crate::LockMode::{AccessExclusive, AccessShare, Share, ShareRowExclusive, ShareUpdateExclusive};
use crate::WorkKind;

impl<'a> Model<'a> {
    pub(super) fn alter_table(&mut self, alter: &'a AlterTable) {
        if alter.kind == ObjectKind::Index {
            self.alter_index(alter);
            return;
        }
        let name = self.name(&alter.name);
        let missing = self.known(&name).is_none();
        if missing && self.question.schema.sequences.contains_key(&name) {
            self.out.lock(name, AccessExclusive);
            return;
        }
        if missing && alter.if_exists.is_written() && self.question.schema.complete {
            return;
        }
        let only = alter.only.is_written();
        let view = alter.kind == ObjectKind::View
            || self.known(&name).is_some_and(|relation| relation.kind == RelationKind::View);
        for action in &alter.actions {
            if view {
                self.out.lock(name.clone(), AccessExclusive);
            } else {
                self.action(&name, only, &action.kind);
            }
        }
    }

    fn action(&mut self, name: &Name, only: bool, action: &'a TableAction) {
        let family = |model: &Self| model.family(name, only);
        match action {
            TableAction::AddColumn { column, if_not_exists, .. } => {
                let tables = family(self);
                self.take(&tables, AccessExclusive);
                let there = self.known(name).is_some_and(|it| it.column(&self.key(&column.name)).is_some());
                if !(there && if_not_exists.is_written()) {
                    self.add_column(name, &tables, column);
                }
            }
            TableAction::DropColumn { name: column, cascade, .. } => {
                let tables = family(self);
                self.take(&tables, AccessExclusive);
                let column = self.key(column);
                self.drop_column(name, &tables, &column, cascade.is_some());
            }
            TableAction::RenameColumn { .. } => {
                let tables = family(self);
                self.take(&tables, AccessExclusive);
            }
            TableAction::AlterColumn { name: column, change, .. } => {
                let column = self.key(column);
                self.change_column(name, only, &column, change);
            }
            TableAction::AddConstraint(constraint) => self.add_constraint(name, only, constraint),
            TableAction::DropConstraint { name: constraint, cascade, .. } => {
                let constraint = self.key(constraint);
                self.drop_constraint(name, only, &constraint, cascade.is_some());
            }
            TableAction::ValidateConstraint(constraint) => {
                let constraint = self.key(constraint);
                self.validate_constraint(name, only, &constraint);
            }
            TableAction::AlterConstraint { name: constraint, enforced, .. } => {
                let constraint = self.key(constraint);
                self.alter_constraint(name, &constraint, *enforced);
            }
            TableAction::RenameConstraint { .. } => {
                let tables = family(self);
                self.take(&tables, AccessExclusive);
            }
            TableAction::SetOption(option) => self.set_option(name, &option.kind),
            TableAction::ResetOptions(_) => self.out.lock(name.clone(), ShareUpdateExclusive),
            TableAction::SetLogged(logged) => {
                self.out.lock(name.clone(), AccessExclusive);
                if self.known(name).is_none_or(|relation| relation.unlogged == *logged) {
                    self.rewrite(std::slice::from_ref(name));
                }
            }
            TableAction::ClusterOn(index) => {
                self.out.lock(name.clone(), ShareUpdateExclusive);
                if let Some(index) = index {
                    let index = self.key(index);
                    self.take_index(name, &index, ShareUpdateExclusive);
                }
            }
            TableAction::EnableTrigger { rule: false, .. } => {
                let tables = self.tree(name);
                self.take(&tables, ShareRowExclusive);
            }
            TableAction::ReplicaIdentity { index, .. } => {
                self.out.lock(name.clone(), AccessExclusive);
                if let Some(index) = index {
                    let index = self.key(index);
                    self.take_index(name, &index, Share);
                }
            }
            TableAction::Inherit { parent, on } => {
                self.out.lock(name.clone(), AccessExclusive);
                let parent = self.name(parent);
                self.out.lock(parent, if *on { ShareUpdateExclusive } else { AccessShare });
            }
            TableAction::Partition(action) => self.partition(name, action),
            _ => self.out.lock(name.clone(), AccessExclusive),
        }
    }

    fn set_option(&mut self, name: &Name, option: &TableOptionKind) {
        let Some(moved) = (match option {
            TableOptionKind::Tablespace(to) => Some(!to.is_word("pg_default")),
            TableOptionKind::Engine(to) => {
                let now = self.known(name).and_then(|relation| relation.options.get("engine"));
                Some(!to.is(now.map_or("heap", String::as_str)))
            }
            _ => None,
        }) else {
            let strong = matches!(option, TableOptionKind::Parameter(one) if one.is("user_catalog_table"));
            self.out.lock(name.clone(), if strong { AccessExclusive } else { ShareUpdateExclusive });
            return;
        };
        self.out.lock(name.clone(), AccessExclusive);
        if moved {
            self.rewrite(std::slice::from_ref(name));
        }
    }

    fn change_column(&mut self, name: &Name, only: bool, column: &str, change: &'a ColumnChange) {
        let tables = self.family(name, only);
        let relation = self.known(name);
        match change {
            ColumnChange::SetStatistics(_) | ColumnChange::SetOptions(_) | ColumnChange::ResetOptions(_) => {
                self.take(&tables, ShareUpdateExclusive);
                return;
            }
            _ => self.take(&tables, AccessExclusive),
        }
        match change {
            ColumnChange::Type { data_type, using } => {
                self.change_type(name, &tables, column, data_type, using.as_ref());
            }
            ColumnChange::SetNotNull => self.verify_not_null(&tables, column),
            ColumnChange::DropNotNull
                if relation.is_some_and(|it| it.primary_key().iter().any(|one| one == column)) =>
            {
                self.refuse(format!("column \"{column}\" is in a primary key"));
            }
            ColumnChange::SetExpression(_) => {
                let generated =
                    relation.and_then(|it| it.column(column)).and_then(|it| it.generated.as_ref());
                if generated.is_none_or(|generated| generated.stored) {
                    self.rewrite(&tables);
                } else if self.has_check_on(name, column) {
                    self.work_on(WorkKind::Scan, &tables);
                }
            }
            ColumnChange::SetIdentity { .. } => {
                for sequence in self.sequences_of(name, column) {
                    self.out.lock(sequence, ShareRowExclusive);
                }
            }
            ColumnChange::DropIdentity => {
                for sequence in self.sequences_of(name, column) {
                    self.out.lock(sequence, AccessExclusive);
                }
            }
            _ => {}
        }
    }

    /// Sequences that a column owns.
    fn sequences_of(&self, table: &Name, column: &str) -> Vec<Name> {
        let sequences = self.question.schema.sequences.iter();
        let owned = sequences.filter(|(_, sequence)| {
            sequence.owned_by.as_ref().is_some_and(|(of, name)| of == table && name == column)
        });
        owned.map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn has_check_on(&self, table: &Name, column: &str) -> bool {
        self.known(table).is_some_and(|relation| {
            relation.constraints.iter().any(|constraint| {
                matches!(constraint.kind, ConstraintKind::Check { .. })
                    && constraint.validated
                    && constraint.columns().iter().any(|one| one == column)
            })
        })
    }
}
