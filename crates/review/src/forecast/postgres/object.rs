use sluice_schema::{Name, Relation};
use sluice_sql::ObjectKind;
use sluice_sql::model::{
    AlterDomain, AlterSequence, Comment, CreateTrigger, DomainAction, Drop, Grant, NameClass, ObjectName,
    SequenceOption, SequenceOptionKind, Statement, TypeAction,
};

use super::Model;
use crate::LockMode::{AccessExclusive, AccessShare, Share, ShareRowExclusive, ShareUpdateExclusive};
use crate::WorkKind;

impl<'a> Model<'a> {
    /// Statements about anything but relations.
    pub(super) fn object(&mut self, statement: &'a Statement) {
        match statement {
            Statement::CreateTrigger(create) => self.create_trigger(create),
            Statement::Policy(policy) => {
                let name = self.name(&policy.table);
                self.out.lock(name, AccessExclusive);
            }
            Statement::CreateObject(create) => match (create.kind, &create.table) {
                (ObjectKind::Rule, Some(table)) => {
                    let name = self.name(table);
                    self.out.lock(name, AccessExclusive);
                }
                (ObjectKind::Statistics, Some(table)) => {
                    let name = self.name(table);
                    self.out.lock(name, ShareUpdateExclusive);
                }
                _ => {}
            },
            Statement::AlterObject(alter) => {
                let on_table =
                    matches!(alter.kind, ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy);
                if let (true, Some(on)) = (on_table, &alter.on) {
                    let name = self.name(on);
                    self.out.lock(name, AccessExclusive);
                }
            }
            Statement::Comment(comment) => self.comment(comment),
            Statement::Grant(grant) => self.grant(grant),
            Statement::Publication(publication) => {
                for table in &publication.tables {
                    let tables = self.family(&self.name(&table.name), false);
                    self.take(&tables, ShareUpdateExclusive);
                }
            }
            Statement::CreateSequence(create) => self.owner(&create.options),
            Statement::AlterSequence(alter) => self.alter_sequence(alter),
            Statement::AlterDomain(alter) => self.alter_domain(alter),
            Statement::AlterType(alter) => {
                let changes =
                    alter.actions.iter().any(|action| matches!(action, TypeAction::AlterAttribute { .. }));
                let Some(column) = self.columns_of_type(&alter.name).first().cloned().filter(|_| changes)
                else {
                    return;
                };
                let (name, (table, column)) = (&alter.name.name.text, column);
                self.refuse(format!(
                    "cannot alter type \"{name}\" because column \"{table}.{column}\" uses it"
                ));
            }
            Statement::Other(_) => self.nested(statement),
            _ => {}
        }
    }

    fn create_trigger(&mut self, create: &'a CreateTrigger) {
        if let Some(table) = &create.table {
            let tables = self.tree(&self.name(table));
            self.take(&tables, ShareRowExclusive);
        }
    }

    fn comment(&mut self, comment: &'a Comment) {
        let table = match comment.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable
            | ObjectKind::Sequence => Some(comment.name.clone()),
            ObjectKind::Column => ObjectName::from_parts(comment.name.qualifiers.clone()),
            ObjectKind::Index => {
                if let Some((relation, index)) = self.question.schema.index(&comment.name, None) {
                    self.take_index(&relation.name, &index.name, ShareUpdateExclusive);
                }
                None
            }
            ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                comment.on.clone().filter(|on| self.question.schema.relation(on).is_some())
            }
            _ => None,
        };
        if let Some(table) = table {
            let name = self.name(&table);
            self.out.lock(name, ShareUpdateExclusive);
        }
    }

    /// From PostgreSQL 18 the relations are locked.
    fn grant(&mut self, grant: &'a Grant) {
        let Some(on) = grant.on.as_ref().filter(|_| self.question.version.at_least(18, 0)) else { return };
        if on.kind == ObjectKind::Table && !on.all_in_schema {
            for written in &on.names {
                let name = self.name(written);
                self.out.lock(name, AccessShare);
            }
        }
    }

    /// `OWNED BY table.column`.
    fn owner(&mut self, options: &'a [SequenceOption]) {
        for option in options {
            if let SequenceOptionKind::OwnedBy(Some(column)) = &option.kind
                && let Some(table) = &column.table
            {
                let name = self.name(table);
                self.out.lock(name, AccessShare);
            }
        }
    }

    fn alter_sequence(&mut self, alter: &'a AlterSequence) {
        let name = self.question.schema.sequence_name(&alter.name);
        let whole = alter.rename_to.is_some() || alter.set_schema.is_some() || alter.owner.is_some();
        self.out.lock(name, if whole { AccessExclusive } else { ShareRowExclusive });
        self.owner(&alter.options);
    }

    fn alter_domain(&mut self, alter: &'a AlterDomain) {
        let verifies = match &alter.action {
            DomainAction::AddConstraint(constraint) => !constraint.not_valid.is_written(),
            DomainAction::Validate(_) | DomainAction::NotNull(true) => true,
            _ => false,
        };
        if verifies {
            for (table, _) in self.columns_of_type(&alter.name) {
                self.out.lock(table.clone(), Share);
                self.work_on(WorkKind::Scan, &[table]);
            }
        }
    }

    /// Columns of tables that have a type.
    fn columns_of_type(&self, written: &ObjectName) -> Vec<(Name, String)> {
        let schema = self.question.schema;
        let name = schema.type_name(written);
        let tables = schema.relations.values().filter(|relation| relation.is_table());
        let columns = tables.flat_map(|table| {
            let of_type = table.columns.iter().filter(|column| {
                column.data_type.as_ref().is_some_and(|it| {
                    it.name == name.name && it.schema.as_ref().is_none_or(|schema| *schema == name.schema)
                })
            });
            of_type.map(|column| (table.name.clone(), column.name.clone()))
        });
        columns.collect()
    }

    pub(super) fn drop_object(&mut self, drop: &'a Drop) {
        let cascade = drop.cascade.is_some();
        if let Some(on) = &drop.on {
            let tables = match drop.kind {
                ObjectKind::Trigger => self.tree(&self.name(on)),
                ObjectKind::Rule | ObjectKind::Policy => vec![self.name(on)],
                _ => Vec::new(),
            };
            self.take(&tables, AccessExclusive);
        }
        for written in &drop.names {
            let users: Vec<Name> = match drop.kind {
                ObjectKind::Type | ObjectKind::Domain => {
                    self.columns_of_type(written).into_iter().map(|(table, _)| table).collect()
                }
                ObjectKind::Function | ObjectKind::Procedure => self.called_by(written),
                _ => continue,
            };
            if cascade {
                self.take(&users, AccessExclusive);
            } else if !users.is_empty() {
                let name = written.name.key(self.question.schema.dialect(), NameClass::Other);
                let kind = if drop.kind == ObjectKind::Function { "function" } else { "type" };
                self.refuse(format!("cannot drop {kind} {name} because other objects depend on it"));
            }
        }
    }

    /// Tables whose triggers call a function.
    fn called_by(&self, written: &ObjectName) -> Vec<Name> {
        let schema = self.question.schema;
        let name = schema.routine_name(written);
        let calls =
            |table: &&Relation| table.triggers.iter().any(|trigger| trigger.function.as_ref() == Some(&name));
        schema.relations.values().filter(calls).map(|table| table.name.clone()).collect()
    }
}
