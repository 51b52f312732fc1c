use sluice_schema::{Constraint, ConstraintKind, ForeignKey, Index, Relation};
use sluice_sql::Dialect;
use sluice_sql::model::{self, Expr, Ident, IndexKey, TableConstraint, TableConstraintKind};

use super::Replay;
use super::index::plain_key;
use super::name::{Purpose, pick};

impl Replay<'_> {
    pub(super) fn check(&self, expr: &Expr) -> ConstraintKind {
        ConstraintKind::Check {
            text: expr.span.slice(self.text).to_owned(),
            columns: self.columns_of(expr),
            not_null: self.keys(expr.not_null_columns()),
        }
    }

    pub(super) fn foreign_key(&self, key: &model::ForeignKey) -> ForeignKey {
        let table = self.schema.relation_name(&key.table);
        let mut referenced = self.keys(&key.referenced);
        if referenced.is_empty()
            && let Some(parent) = self.schema.relations.get(&table)
        {
            referenced = parent.primary_key().to_vec();
        }
        ForeignKey {
            columns: self.keys(&key.columns),
            table,
            referenced,
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    }

    /// Adds a constraint of the table. In `CREATE TABLE` (`fresh`) all rows obey it.
    pub(super) fn add_constraint(
        &mut self,
        relation: &mut Relation,
        constraint: &TableConstraint,
        fresh: bool,
    ) {
        let kind = match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => {
                let primary = matches!(constraint.kind, TableConstraintKind::PrimaryKey(_));
                if let Some(using) = &key.using_index {
                    self.constrain_by_index(relation, constraint, using, primary);
                    return;
                }
                let columns = key.keys.iter().map(|one| self.index_key(one)).map(|one| one.text).collect();
                if primary {
                    ConstraintKind::PrimaryKey { columns }
                } else {
                    ConstraintKind::Unique { columns }
                }
            }
            TableConstraintKind::ForeignKey(key) => ConstraintKind::ForeignKey(self.foreign_key(key)),
            TableConstraintKind::Check(expr) => self.check(expr),
            TableConstraintKind::NotNull(column) => ConstraintKind::NotNull { column: self.key(column) },
            TableConstraintKind::Exclude(exclusion) => ConstraintKind::Exclude {
                columns: self.keys(exclusion.elements.iter().filter_map(|(key, _)| key.column())),
            },
        };
        let named = match &constraint.kind {
            TableConstraintKind::Unique(key) => constraint.name.as_ref().or(key.index_name.as_ref()),
            _ => constraint.name.as_ref(),
        };
        let named = named.map(|name| self.key(name));
        let enforced = constraint.enforced.unwrap_or(true);
        let validated = fresh || (!constraint.not_valid.is_written() && enforced);
        let keys = match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => Some(&key.keys),
            _ => None,
        };
        self.put_constraint(relation, named, kind, (validated, enforced), keys.map(Vec::as_slice));
    }

    pub(super) fn constrain_by_index(
        &mut self,
        relation: &mut Relation,
        constraint: &TableConstraint,
        using: &Ident,
        primary: bool,
    ) {
        let using = self.key(using);
        let name = constraint.name.as_ref().map_or_else(|| using.clone(), |name| self.key(name));
        let table = relation.name.clone();
        let Some(index) = relation.indexes.iter_mut().find(|index| index.name == using) else { return };
        index.name.clone_from(&name);
        index.constraint = Some(name.clone());
        let columns: Vec<String> = index.keys.iter().filter_map(|key| key.column.clone()).collect();
        self.schema.forget_index(&table, &using);
        self.schema.note_index(&table, &name);
        if primary {
            for column in relation.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                column.not_null = true;
            }
        }
        let kind =
            if primary { ConstraintKind::PrimaryKey { columns } } else { ConstraintKind::Unique { columns } };
        relation.constraints.push(Constraint {
            name,
            kind,
            validated: true,
            enforced: true,
            origin: self.origin,
            validated_in: None,
        });
    }

    /// Adds a constraint, with the index that the server keeps for it. `known` says whether it is validated and enforced.
    pub(super) fn put_constraint(
        &mut self,
        relation: &mut Relation,
        named: Option<String>,
        kind: ConstraintKind,
        known: (bool, bool),
        keys: Option<&[IndexKey]>,
    ) {
        if relation.is_overgrown() {
            return;
        }
        let (validated, enforced) = known;
        let purpose = match &kind {
            ConstraintKind::PrimaryKey { .. } => Purpose::PrimaryKey,
            ConstraintKind::Unique { .. } => Purpose::Unique,
            ConstraintKind::ForeignKey(_) => Purpose::ForeignKey,
            ConstraintKind::Check { .. } => Purpose::Check,
            ConstraintKind::NotNull { .. } => Purpose::NotNull,
            ConstraintKind::Exclude { .. } => Purpose::Exclude,
        };
        let mut constraint = Constraint {
            name: String::new(),
            kind,
            validated,
            enforced,
            origin: self.origin,
            validated_in: None,
        };
        let columns: Vec<&str> = match &constraint.kind {
            // The server names a check over one column after it, and over several after the table alone.
            ConstraintKind::Check { columns, .. } if columns.len() != 1 => Vec::new(),
            _ => constraint.columns().iter().map(String::as_str).collect(),
        };
        // MySQL calls every primary key PRIMARY.
        let mysql = matches!(self.dialect(), Dialect::Mysql | Dialect::Mariadb);
        let named = named.filter(|_| !(mysql && purpose == Purpose::PrimaryKey));
        constraint.name = named.unwrap_or_else(|| pick(self.schema, relation, &columns, purpose));
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } if self.dialect() != Dialect::Sqlite => {
                for column in relation.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                    column.not_null = true;
                }
            }
            ConstraintKind::NotNull { column } => {
                if let Some(column) = relation.column_mut(column) {
                    column.not_null = true;
                }
            }
            _ => {}
        }
        let unique =
            matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. });
        // InnoDB makes an index for a foreign key that has none.
        let for_key =
            mysql && constraint.foreign_key().is_some_and(|key| !relation.has_index_on(&key.columns));
        if constraint.has_index() || for_key {
            let keys = match keys {
                Some(keys) => keys.iter().map(|key| self.index_key(key)).collect(),
                None => constraint.columns().iter().map(|column| plain_key(column)).collect(),
            };
            let exclude = matches!(constraint.kind, ConstraintKind::Exclude { .. });
            let index = Index {
                name: constraint.name.clone(),
                unique,
                method: if exclude { "gist" } else { "btree" }.to_owned(),
                keys,
                include: Vec::new(),
                filter: None,
                filter_columns: Vec::new(),
                valid: true,
                constraint: constraint.has_index().then(|| constraint.name.clone()),
                visible: true,
                only: false,
                origin: self.origin,
            };
            self.schema.note_index(&relation.name, &index.name);
            relation.indexes.push(index);
        }
        relation.constraints.push(constraint);
    }
}
