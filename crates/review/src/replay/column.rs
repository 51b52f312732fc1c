use sluice_schema::{Column, ColumnType, ConstraintKind, Default, Generated, Relation};
use sluice_sql::Dialect;
use sluice_sql::model::{ColumnAttributeKind, ColumnDef, Expr, Ident, NameClass, Storage, TypeFamily};

use super::Replay;

impl Replay<'_> {
    /// A column's, index's or constraint's name as the server compares it.
    pub(super) fn key(&self, ident: &Ident) -> String {
        ident.key(self.dialect(), NameClass::Other).into_owned()
    }

    pub(super) fn keys<'i>(&self, idents: impl IntoIterator<Item = &'i Ident>) -> Vec<String> {
        idents.into_iter().map(|ident| self.key(ident)).collect()
    }

    /// Columns that an expression names.
    pub(super) fn columns_of(&self, expr: &Expr) -> Vec<String> {
        let mut columns = self.keys(expr.columns.iter().map(|column| &column.name));
        columns.sort();
        columns.dedup();
        columns
    }

    /// Adds a column with the constraints that it carries; in front of the column at `position`, if given.
    pub(super) fn add_column(&mut self, relation: &mut Relation, def: &ColumnDef, position: Option<usize>) {
        if relation.is_full() {
            relation.columns_known = false;
            return;
        }
        let column = self.column(def);
        let at = position.unwrap_or(relation.columns.len()).min(relation.columns.len());
        let name = column.name.clone();
        let serial = column.identity.is_some()
            || def.data_type.as_ref().is_some_and(|it| it.family(self.dialect()) == TypeFamily::Serial);
        relation.columns.retain(|one| one.name != name);
        relation.columns.insert(at.min(relation.columns.len()), column);
        if serial && self.dialect() == Dialect::Postgres {
            self.own_sequence(&relation.name, &name);
        }
        self.add_inline_constraints(relation, def);
    }

    /// Adds the constraints that a column's definition carries.
    pub(super) fn add_inline_constraints(&mut self, relation: &mut Relation, def: &ColumnDef) {
        let column = self.key(&def.name);
        for attribute in &def.attributes {
            let named = attribute.name.as_ref().map(|name| self.key(name));
            let kind = match &attribute.kind {
                ColumnAttributeKind::PrimaryKey { .. } => {
                    ConstraintKind::PrimaryKey { columns: vec![column.clone()] }
                }
                ColumnAttributeKind::Unique { .. } => {
                    ConstraintKind::Unique { columns: vec![column.clone()] }
                }
                ColumnAttributeKind::References(key) if self.dialect() != Dialect::Mysql => {
                    let mut key = self.foreign_key(key);
                    key.columns = vec![column.clone()];
                    ConstraintKind::ForeignKey(key)
                }
                ColumnAttributeKind::Check { expr, .. } => self.check(expr),
                ColumnAttributeKind::NotNull { .. } if attribute.name.is_some() => {
                    ConstraintKind::NotNull { column: column.clone() }
                }
                _ => continue,
            };
            let enforced = match &attribute.kind {
                ColumnAttributeKind::Check { enforced, .. } => enforced.unwrap_or(true),
                _ => true,
            };
            self.put_constraint(relation, named, kind, (true, enforced), None);
        }
    }

    /// A column as its definition says, without constraints.
    pub(super) fn column(&self, def: &ColumnDef) -> Column {
        let dialect = self.dialect();
        let mut column = Column::named(self.key(&def.name), self.origin);
        let serial = def.data_type.as_ref().is_some_and(|it| it.family(dialect) == TypeFamily::Serial);
        column.data_type = def.data_type.as_ref().map(|it| ColumnType::of(dialect, it));
        if serial {
            column.default =
                Some(Default { text: "nextval".to_owned(), constant: false, volatile: true, null: false });
        }
        for attribute in &def.attributes {
            match &attribute.kind {
                ColumnAttributeKind::Collate(name) => {
                    if let Some(data_type) = &mut column.data_type {
                        data_type.collation = Some(name.name.folded(dialect).into_owned());
                    }
                }
                ColumnAttributeKind::Default(expr) => {
                    column.default = Some(Default::of(dialect, self.text, expr));
                }
                ColumnAttributeKind::Generated(generated) => {
                    column.generated = Some(Generated {
                        text: generated.expr.span.slice(self.text).to_owned(),
                        columns: self.columns_of(&generated.expr),
                        stored: generated.storage == Storage::Stored,
                    });
                }
                ColumnAttributeKind::Identity(identity) => column.identity = Some(identity.always),
                ColumnAttributeKind::OnUpdate(_) => column.on_update = true,
                ColumnAttributeKind::Comment(text) => column.comment = Some(text.value.clone()),
                ColumnAttributeKind::Visible(visible) => column.invisible = !visible,
                _ => {}
            }
        }
        column.auto_increment = def.auto_increment();
        // SQLite takes nulls into primary keys other than rowids.
        let key = def.primary_key().is_some() && dialect != Dialect::Sqlite;
        column.not_null = def.not_null().is_some() || key || serial || column.identity.is_some();
        column
    }
}
