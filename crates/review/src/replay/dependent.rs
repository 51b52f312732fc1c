//! What depends on what changes: foreign keys, views, sequences and indexes of other relations.

use sluice_schema::{ConstraintKind, Name, Relation, Sequence};

use super::Replay;

impl Replay<'_> {
    /// The sequence of a serial or identity column.
    pub(super) fn own_sequence(&mut self, table: &Name, column: &str) {
        let name = Name::new(table.schema.clone(), format!("{}_{column}_seq", table.name));
        let owned_by = Some((table.clone(), column.to_owned()));
        self.schema.sequences.insert(name, Sequence { owned_by, origin: self.origin });
    }

    /// Sequences go with the column that owns them.
    pub(super) fn drop_sequences_of(&mut self, table: &Name, column: &str) {
        self.schema.sequences.retain(|_, sequence| {
            sequence.owned_by.as_ref().is_none_or(|(of, name)| of != table || name != column)
        });
    }

    /// Sequences go to another schema with the table that owns them.
    pub(super) fn move_sequences(&mut self, table: &Name, schema: &str) {
        let owned = |sequence: &Sequence| sequence.owned_by.as_ref().is_some_and(|(of, _)| of == table);
        let all = self.schema.sequences.iter();
        let moved: Vec<Name> =
            all.filter(|(_, sequence)| owned(sequence)).map(|(name, _)| name.clone()).collect();
        for name in moved {
            if let Some(sequence) = self.schema.sequences.remove(&name) {
                self.schema.sequences.insert(Name::new(schema, name.name), sequence);
            }
        }
    }

    /// Foreign keys, views and sequences follow a column's new name.
    pub(super) fn column_was_renamed(&mut self, table: &Name, from: &str, to: &str) {
        let swap = |name: &mut String| {
            if name == from {
                to.clone_into(name);
            }
        };
        self.schema.change_pointing_to(table, |relation| {
            for constraint in &mut relation.constraints {
                if let ConstraintKind::ForeignKey(key) = &mut constraint.kind
                    && key.table == *table
                {
                    key.referenced.iter_mut().for_each(swap);
                }
            }
            for used in relation.uses.iter_mut().filter(|used| used.relation == *table) {
                used.columns.iter_mut().for_each(swap);
            }
        });
        for (of, column) in self.schema.sequences.values_mut().filter_map(|it| it.owned_by.as_mut()) {
            if of == table {
                swap(column);
            }
        }
    }

    /// Foreign keys of other tables that need a key of `relation` go with it.
    pub(super) fn drop_foreign_keys_on(&mut self, relation: &Relation, constraint: &str) {
        let Some(key) = relation.constraint(constraint).filter(|key| key.has_index()) else { return };
        self.schema.change_pointing_to(&relation.name, |other| {
            other.constraints.retain(|one| {
                one.foreign_key().is_none_or(|it| {
                    it.table != relation.name
                        || it.referenced.len() != key.columns().len()
                        || !it.referenced.iter().all(|column| key.columns().contains(column))
                })
            });
        });
    }

    /// A table that becomes a partition gets the indexes of the whole that it does not have.
    pub(super) fn attach_indexes(&mut self, whole: &Name, part: &Name) {
        let Some(mut relation) = self.schema.relations.remove(part) else { return };
        if let Some(whole) = self.schema.relations.get(whole) {
            let missing = whole.indexes.iter().filter(|index| {
                !relation.indexes.iter().any(|own| own.unique == index.unique && own.keys == index.keys)
            });
            let model = Relation { indexes: missing.cloned().collect(), ..whole.clone() };
            self.copy_indexes(&mut relation, &model);
        }
        self.schema.insert(relation);
    }

    /// Takes a column away, with the constraints and indexes that need it.
    pub(super) fn drop_column(&mut self, relation: &mut Relation, name: &str) {
        relation.columns.retain(|column| column.name != name);
        relation.constraints.retain(|constraint| !constraint.columns().iter().any(|column| column == name));
        let table = &relation.name;
        relation.indexes.retain(|index| {
            let uses = index.uses(name);
            if uses {
                self.schema.forget_index(table, &index.name);
            }
            !uses
        });
    }

    /// Columns of a type that is dropped with `CASCADE` go with it.
    pub(super) fn drop_columns_of_type(&mut self, dropped: &Name) {
        let is_of_type = |column: &sluice_schema::Column| {
            column.data_type.as_ref().is_some_and(|it| {
                it.name == dropped.name && it.schema.as_ref().is_none_or(|schema| *schema == dropped.schema)
            })
        };
        let affected: Vec<Name> = self
            .schema
            .relations
            .values()
            .filter(|relation| relation.columns.iter().any(is_of_type))
            .map(|relation| relation.name.clone())
            .collect();
        for name in affected {
            let Some(mut relation) = self.schema.relations.remove(&name) else { continue };
            let gone: Vec<String> = relation
                .columns
                .iter()
                .filter(|column| is_of_type(column))
                .map(|it| it.name.clone())
                .collect();
            for column in gone {
                self.drop_column(&mut relation, &column);
            }
            self.schema.relations.insert(name, relation);
        }
    }
}

/// Gives a column another name, in all that its table says of it.
pub(super) fn rename_column(relation: &mut Relation, from: &str, to: &str) {
    let swap = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    relation.columns.iter_mut().for_each(|column| swap(&mut column.name));
    for column in &mut relation.columns {
        if let Some(generated) = &mut column.generated {
            generated.columns.iter_mut().for_each(swap);
        }
    }
    for constraint in &mut relation.constraints {
        match &mut constraint.kind {
            ConstraintKind::PrimaryKey { columns }
            | ConstraintKind::Unique { columns }
            | ConstraintKind::Exclude { columns } => columns.iter_mut().for_each(swap),
            ConstraintKind::Check { columns, not_null, .. } => {
                columns.iter_mut().chain(not_null).for_each(swap);
            }
            ConstraintKind::ForeignKey(key) => key.columns.iter_mut().for_each(swap),
            ConstraintKind::NotNull { column } => swap(column),
        }
    }
    if let Some(partitioning) = &mut relation.partitioned_by {
        partitioning.columns.iter_mut().for_each(swap);
    }
    for index in &mut relation.indexes {
        for key in &mut index.keys {
            if key.column.as_deref() == Some(from) {
                key.column = Some(to.to_owned());
                to.clone_into(&mut key.text);
            }
            key.columns.iter_mut().for_each(swap);
        }
        index.include.iter_mut().chain(&mut index.filter_columns).for_each(swap);
    }
}
