use super::{
    AlterObject, AlterTable, DomainAction, Ident, ObjectAction, ObjectName, PolicyVerb, Renaming, Statement,
    TableAction, TypeAction,
};
use crate::ObjectKind;

impl Statement {
    /// Every rename that it makes, in order: relations, columns, constraints, indexes, types, attributes and the
    /// rest. Values of enums are not names; see [`EnumAction::RenameValue`](super::EnumAction::RenameValue).
    pub fn renames(&self) -> Vec<Renaming<'_>> {
        match self {
            Self::AlterTable(table) => of_table(table),
            Self::RenameTables(rename) => rename
                .tables
                .iter()
                .map(|(from, to)| renaming(ObjectKind::Table, from, &from.name, &to.name))
                .collect(),
            Self::AlterObject(object) => of_object(object),
            Self::AlterType(alter) => alter
                .actions
                .iter()
                .filter_map(|action| match action {
                    TypeAction::RenameAttribute { from, to } => {
                        Some(renaming(ObjectKind::Column, &alter.name, from, to))
                    }
                    TypeAction::Object(action) => whole(ObjectKind::Type, &alter.name, action),
                    _ => None,
                })
                .collect(),
            Self::AlterDomain(alter) => match &alter.action {
                DomainAction::RenameConstraint { from, to } => {
                    vec![renaming(ObjectKind::Constraint, &alter.name, from, to)]
                }
                DomainAction::Object(action) => {
                    whole(ObjectKind::Domain, &alter.name, action).into_iter().collect()
                }
                _ => Vec::new(),
            },
            Self::AlterSequence(alter) => {
                let to = alter.rename_to.iter();
                to.map(|to| renaming(ObjectKind::Sequence, &alter.name, &alter.name.name, to)).collect()
            }
            Self::Policy(policy) if policy.verb == PolicyVerb::Alter => {
                let to = policy.rename_to.iter();
                to.map(|to| renaming(ObjectKind::Policy, &policy.table, &policy.name, to)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn renaming<'a>(kind: ObjectKind, of: &'a ObjectName, from: &'a Ident, to: &'a Ident) -> Renaming<'a> {
    Renaming { kind, of, from, to }
}

fn whole<'a>(kind: ObjectKind, name: &'a ObjectName, action: &'a ObjectAction) -> Option<Renaming<'a>> {
    match action {
        ObjectAction::RenameTo(to) => Some(renaming(kind, name, &name.name, to)),
        _ => None,
    }
}

fn of_object(object: &AlterObject) -> Vec<Renaming<'_>> {
    object.actions.iter().filter_map(|action| whole(object.kind, &object.name, action)).collect()
}

fn of_table(table: &AlterTable) -> Vec<Renaming<'_>> {
    table.actions.iter().filter_map(|action| of_action(table, &action.kind)).collect()
}

fn of_action<'a>(table: &'a AlterTable, action: &'a TableAction) -> Option<Renaming<'a>> {
    let of = &table.name;
    Some(match action {
        TableAction::RenameColumn { from, to } => renaming(ObjectKind::Column, of, from, to),
        TableAction::ChangeColumn { from, column, .. } if from.text != column.name.text => {
            renaming(ObjectKind::Column, of, from, &column.name)
        }
        TableAction::RenameConstraint { from, to } => renaming(ObjectKind::Constraint, of, from, to),
        TableAction::RenameIndex { from, to } => renaming(ObjectKind::Index, of, from, to),
        TableAction::RenameTo(to) => renaming(table.kind, of, &of.name, &to.name),
        _ => return None,
    })
}
