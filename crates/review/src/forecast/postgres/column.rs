use sluice_schema::{ConstraintKind, Name, RelationKind};
use sluice_sql::model::{ColumnAttributeKind, ColumnDef, DataType, Expr, Storage, TypeFamily, Volatility};

use super::Model;
use super::column_type::{TypeChange, of_column, written};
use crate::LockMode::{AccessExclusive, RowExclusive, ShareRowExclusive};
use crate::WorkKind;
use crate::replay::name::Purpose;

impl<'a> Model<'a> {
    pub(super) fn add_column(&mut self, name: &Name, tables: &[Name], def: &'a ColumnDef) {
        let schema = self.question.schema;
        let serial = def.identity().is_some()
            || def.data_type.as_ref().is_some_and(|it| it.family(schema.dialect()) == TypeFamily::Serial);
        let generated = def.generated().map(|it| it.storage == Storage::Stored);
        let constrained = def.data_type.as_ref().map(written).is_some_and(|it| {
            matches!(schema.type_of_column(&it), Some(sluice_schema::UserType::Domain(domain)) if domain.constrained())
        });
        let default = def.default().filter(|expr| !expr.is_null());
        let volatile = default.is_some_and(|expr| self.is_volatile(expr));
        if serial || generated == Some(true) || constrained || volatile {
            self.rewrite(tables);
            self.lock_sequences(default);
        }
        let filled = serial || generated.is_some() || default.is_some();
        let key = def.primary_key().is_some();
        let not_null = def.not_null().is_some() || key;
        if not_null && (!filled || generated == Some(false)) {
            self.work_on(WorkKind::Scan, tables);
        }
        let column = self.key(&def.name);
        for attribute in &def.attributes {
            let named = attribute.name.as_ref().map(|name| self.key(name));
            match &attribute.kind {
                ColumnAttributeKind::Check { enforced, .. } if *enforced != Some(false) => {
                    self.work_on(WorkKind::Scan, tables);
                }
                ColumnAttributeKind::References(reference) => {
                    let parents = self.tree(&self.name(&reference.table));
                    self.take(&parents, ShareRowExclusive);
                    if filled {
                        let leaves = self.leaves(name);
                        self.work_on(WorkKind::ForeignKeyCheck, &leaves);
                    }
                }
                ColumnAttributeKind::Unique { .. } => {
                    self.demand_partition_key(name, std::slice::from_ref(&column));
                    self.build_index(name, named, &[&column], Purpose::Unique);
                }
                ColumnAttributeKind::PrimaryKey { .. } => {
                    self.demand_partition_key(name, std::slice::from_ref(&column));
                    self.build_index(name, named, &[], Purpose::PrimaryKey);
                }
                _ => {}
            }
        }
    }

    /// Whether an expression may give another value for every row. A function that is not known may.
    fn is_volatile(&self, expr: &Expr) -> bool {
        let dialect = self.question.schema.dialect();
        expr.calls.iter().any(|call| match call.volatility(dialect) {
            Volatility::Volatile => true,
            Volatility::Unknown => {
                self.question.schema.routine(&call.name).is_none_or(|routine| !routine.steady)
            }
            Volatility::Immutable | Volatility::Stable => false,
        })
    }

    /// `nextval('sequence')`, run while the table is written anew.
    fn lock_sequences(&mut self, default: Option<&Expr>) {
        for call in default.into_iter().flat_map(|expr| &expr.calls) {
            if !call.name.name.is_word("nextval") {
                continue;
            }
            let Some(text) = &call.first_text else { continue };
            let schema = self.question.schema;
            let name = match text.split_once('.') {
                Some((schema, name)) => Name::new(schema, name),
                None => {
                    let places = schema.search_path.iter();
                    let mut names = places.map(|place| Name::new(place.clone(), text.clone()));
                    let found = names.find(|name| schema.sequences.contains_key(name));
                    found.unwrap_or_else(|| Name::new(schema.home(), text.clone()))
                }
            };
            self.out.lock(name, RowExclusive);
        }
    }

    pub(super) fn drop_column(&mut self, name: &Name, tables: &[Name], column: &str, cascade: bool) {
        let Some(relation) = self.known(name) else { return };
        for table in tables {
            for (_, key) in self.known(table).into_iter().flat_map(|relation| relation.foreign_keys()) {
                if key.columns.iter().any(|one| one == column) {
                    let parents = self.tree(&key.table);
                    self.take(&parents, AccessExclusive);
                }
            }
        }
        let generated = relation
            .columns
            .iter()
            .any(|one| one.generated.as_ref().is_some_and(|it| it.columns.iter().any(|used| used == column)));
        let view = self.view_using(name, column);
        let children = self.referencing(name, Some(column));
        if cascade {
            self.take(&children, AccessExclusive);
            if let Some(view) = view {
                self.out.lock(view, AccessExclusive);
            }
        } else if view.is_some() || generated || !children.is_empty() {
            self.refuse(format!(
                "cannot drop column {column} of table {name} because other objects depend on it"
            ));
        }
    }

    /// A view that reads a column.
    fn view_using(&self, table: &Name, column: &str) -> Option<Name> {
        let uses = |view: &&sluice_schema::Relation| {
            view.uses
                .iter()
                .any(|used| used.relation == *table && used.columns.iter().any(|one| one == column))
        };
        self.question.schema.views_of(table).find(uses).map(|view| view.name.clone())
    }

    /// Tables with foreign keys to a table, or to a column of it.
    pub(super) fn referencing(&self, table: &Name, column: Option<&str>) -> Vec<Name> {
        let references = self.question.schema.references_to(table);
        let to_column = references.filter(|(relation, constraint)| {
            relation.name != *table
                && column.is_none_or(|column| {
                    constraint.foreign_key().is_some_and(|key| key.referenced.iter().any(|one| one == column))
                })
        });
        to_column.map(|(relation, _)| relation.name.clone()).collect()
    }

    pub(super) fn change_type(
        &mut self,
        name: &Name,
        tables: &[Name],
        column: &str,
        data_type: &DataType,
        using: Option<&Expr>,
    ) {
        let relation = self.known(name);
        if relation.and_then(|it| it.column(column)).is_none_or(|it| it.data_type.is_none()) {
            self.rewrite(tables);
            return;
        }
        self.refuse_type_of_used(name, column);
        let effort = of_column(self.question, relation, column, data_type, using);
        let children = self.referencing(name, Some(column));
        self.take(&children, AccessExclusive);
        for table in tables {
            self.type_of_table(table, column, effort);
        }
    }

    /// What depends on the column is made again: foreign keys, checks, indexes.
    fn type_of_table(&mut self, table: &Name, column: &str, effort: TypeChange) {
        let Some(relation) = self.known(table) else { return };
        for (_, key) in relation.foreign_keys() {
            if key.columns.iter().any(|one| one == column) {
                let parents = self.tree(&key.table);
                self.take(&parents, AccessExclusive);
            }
        }
        if effort == TypeChange::Rewrite {
            self.rewrite(std::slice::from_ref(table));
            return;
        }
        if self.has_check_on(table, column) {
            self.work_on(WorkKind::Scan, std::slice::from_ref(table));
        }
        for index in relation.indexes_of(column) {
            self.take_index(table, &index.name, AccessExclusive);
            // The server does not look into expressions and conditions: it builds such an index anew.
            let expression = index.filter.is_some() || index.has_expression();
            if !relation.is_partitioned() && (expression || effort == TypeChange::Reindex) {
                self.index_work(WorkKind::IndexRebuild, table, &index.name);
            }
        }
    }

    fn refuse_type_of_used(&mut self, name: &Name, column: &str) {
        let Some(relation) = self.known(name).filter(|it| it.kind == RelationKind::Table) else { return };
        let by =
            if self.view_using(name, column).is_some() {
                "used by a view or rule"
            } else if relation.columns.iter().any(|one| {
                one.generated.as_ref().is_some_and(|it| it.columns.iter().any(|used| used == column))
            }) {
                "used by a generated column"
            } else if relation.triggers.iter().any(|it| it.columns.iter().any(|one| one == column)) {
                "used in a trigger definition"
            } else {
                return;
            };
        self.refuse(format!("cannot alter type of a column {by}"));
    }

    /// Rows are read for nulls where nothing proves that there are none.
    pub(super) fn verify_not_null(&mut self, tables: &[Name], column: &str) {
        for table in tables {
            let proven = self.known(table).is_some_and(|relation| {
                // From PostgreSQL 18 a NOT NULL may itself not be validated.
                let open = relation.constraints.iter().any(|one| {
                    !one.validated
                        && matches!(&one.kind, ConstraintKind::NotNull { column: of } if of == column)
                });
                let set = relation.column(column).is_some_and(|column| column.not_null);
                set && !open || relation.proves_not_null(column)
            });
            if !proven {
                self.work_on(WorkKind::Scan, std::slice::from_ref(table));
            }
        }
    }
}
