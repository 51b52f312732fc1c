use sluice_schema::{Constraint, ConstraintKind, Index, Key, Name, Relation};
use sluice_sql::Dialect;
use sluice_sql::model::{self, CreateIndex, IndexDef, IndexKey};

use super::Replay;
use super::name::{Purpose, key_word, pick};

/// Tables times columns, constraints and indexes of the one that is copied, beyond which nothing is copied.
const MOST_COPIES: usize = 1 << 22;

impl Replay<'_> {
    pub(super) fn index_key(&self, key: &IndexKey) -> Key {
        let column = key.column().map(|column| self.key(column));
        let columns = match &key.part {
            model::IndexKeyPart::Column(column) => vec![self.key(column)],
            model::IndexKeyPart::Expr(expr) => self.columns_of(expr),
        };
        Key {
            text: column.clone().unwrap_or_else(|| key.span.slice(self.text).to_owned()),
            column,
            columns,
            prefix: key.prefix,
            descending: key.order == Some(model::Order::Descending),
        }
    }

    /// Adds an index.
    pub(super) fn add_index(&mut self, relation: &mut Relation, def: &IndexDef, only: bool) {
        if relation.is_overgrown() {
            return;
        }
        let keys: Vec<Key> = def.keys.iter().map(|key| self.index_key(key)).collect();
        let words: Vec<&str> = keys.iter().map(key_word).collect();
        let name = match &def.name {
            Some(name) => self.key(&name.name),
            None => pick(self.schema, relation, &words, Purpose::Index),
        };
        if relation.index(&name).is_some() {
            return;
        }
        let method = match def.class {
            model::IndexClass::Fulltext => "fulltext".to_owned(),
            model::IndexClass::Spatial => "spatial".to_owned(),
            model::IndexClass::Vector => "vector".to_owned(),
            model::IndexClass::Plain => {
                def.method.as_ref().map_or_else(|| "btree".to_owned(), |word| word.text.to_ascii_lowercase())
            }
        };
        let visible = !def.options.iter().any(|option| matches!(option, model::IndexOption::Visible(false)));
        self.schema.note_index(&relation.name, &name);
        relation.indexes.push(Index {
            name,
            unique: def.unique.is_some(),
            method,
            keys,
            include: self.keys(&def.include),
            filter: def.filter.as_ref().map(|filter| filter.span.slice(self.text).to_owned()),
            filter_columns: def.filter.as_ref().map(|filter| self.columns_of(filter)).unwrap_or_default(),
            valid: true,
            constraint: None,
            visible,
            only,
            origin: self.origin,
        });
    }

    pub(super) fn create_index(&mut self, create: &CreateIndex) {
        let name = self.schema.relation_name(&create.table);
        let Some(mut relation) = self.schema.relations.remove(&name) else { return };
        self.add_index(&mut relation, &create.index, create.only.is_written());
        self.schema.relations.insert(name.clone(), relation);
        if !create.only.is_written() {
            let partitions: Vec<Name> =
                self.schema.partitions(&name).iter().map(|partition| partition.name.clone()).collect();
            for partition in partitions {
                let Some(mut relation) = self.schema.relations.remove(&partition) else { continue };
                let unnamed = IndexDef { name: None, ..create.index.clone() };
                self.add_index(&mut relation, &unnamed, false);
                self.schema.relations.insert(partition, relation);
            }
        }
    }

    /// Whether there are so many tables already that copies of this one would fill the memory.
    pub(super) fn is_too_much(&self, model: &Relation) -> bool {
        let parts = model.columns.len() + model.constraints.len() + model.indexes.len();
        self.schema.relations.len().saturating_mul(parts) > MOST_COPIES
    }

    pub(super) fn copy_indexes(&self, relation: &mut Relation, model: &Relation) {
        for index in &model.indexes {
            if relation.is_overgrown() {
                return;
            }
            let columns: Vec<&str> = index.keys.iter().map(key_word).collect();
            let constraint = index.constraint.as_deref().and_then(|name| model.constraint(name));
            let purpose = match constraint.map(|constraint| &constraint.kind) {
                Some(ConstraintKind::PrimaryKey { .. }) => Purpose::PrimaryKey,
                Some(ConstraintKind::Unique { .. }) => Purpose::Unique,
                Some(ConstraintKind::Exclude { .. }) => Purpose::Exclude,
                _ => Purpose::Index,
            };
            let name = match self.dialect() {
                Dialect::Postgres => pick(self.schema, relation, &columns, purpose),
                _ => index.name.clone(),
            };
            let mut copy = Index { name: name.clone(), origin: self.origin, ..index.clone() };
            if let Some(constraint) = constraint {
                copy.constraint = Some(name.clone());
                relation.constraints.push(Constraint { name, origin: self.origin, ..constraint.clone() });
            }
            relation.indexes.push(copy);
        }
    }

    pub(super) fn inherit_indexes(&self, relation: &mut Relation, parent: &Name) {
        if let Some(parent) = self.schema.relations.get(parent).filter(|parent| !self.is_too_much(parent)) {
            let whole = Relation {
                indexes: parent.indexes.iter().filter(|index| !index.only).cloned().collect(),
                ..parent.clone()
            };
            self.copy_indexes(relation, &whole);
        }
    }
}

/// A key that is one column.
pub(super) fn plain_key(column: &str) -> Key {
    Key {
        column: Some(column.to_owned()),
        text: column.to_owned(),
        columns: vec![column.to_owned()],
        prefix: None,
        descending: false,
    }
}
