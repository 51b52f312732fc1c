use sluice_schema::{Column, ColumnType, ConstraintKind, Default, Generated, Name, Relation};
use sluice_sql::model::{
    AlterTable, ColumnChange, ColumnPosition, PartitionAction, PartitionBound, TableAction, TriggerSelection,
};
use sluice_sql::{Dialect, ObjectKind};

use super::Replay;
use super::dependent::rename_column;
use super::table::set_option;

impl Replay<'_> {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) {
        if alter.kind == ObjectKind::Index {
            self.alter_index(alter);
            return;
        }
        let name = self.schema.relation_name(&alter.name);
        for action in &alter.actions {
            // Children that inherit have the same columns and checks.
            let mut affected = vec![name.clone()];
            if !alter.only.is_written() && reaches_children(&action.kind) {
                affected.extend(self.schema.partitions(&name).iter().map(|child| child.name.clone()));
                affected.extend(self.schema.heirs(&name).iter().map(|child| child.name.clone()));
            }
            for one in affected {
                let Some(mut relation) = self.schema.relations.remove(&one) else { continue };
                self.act(&mut relation, &action.kind);
                self.schema.insert(relation);
            }
            self.act_on_schema(&name, &action.kind);
        }
    }

    fn alter_index(&mut self, alter: &AlterTable) {
        let found = self.schema.index(&alter.name, None);
        let Some((table, index)) = found.map(|(table, index)| (table.name.clone(), index.name.clone()))
        else {
            return;
        };
        for action in &alter.actions {
            if let TableAction::RenameTo(to) = &action.kind {
                let to = self.key(&to.name);
                self.rename_index(&table, &index, to);
            }
        }
    }

    fn rename_index(&mut self, table: &Name, from: &str, to: String) {
        self.schema.forget_index(table, from);
        self.schema.note_index(table, &to);
        if let Some(relation) = self.schema.relations.get_mut(table) {
            for constraint in relation.constraints.iter_mut().filter(|it| it.has_index() && it.name == from) {
                constraint.name.clone_from(&to);
            }
            for index in relation.indexes.iter_mut().filter(|index| index.name == from) {
                if index.constraint.is_some() {
                    index.constraint = Some(to.clone());
                }
                index.name.clone_from(&to);
            }
        }
    }

    /// What an action does to more than its relation.
    fn act_on_schema(&mut self, name: &Name, action: &TableAction) {
        match action {
            TableAction::RenameTo(to) => {
                let mut to = self.schema.new_name(to);
                to.schema.clone_from(&name.schema);
                self.rename_relation(name, to);
            }
            TableAction::SetSchema(schema) => {
                let schema = schema.folded(self.dialect()).into_owned();
                self.move_sequences(name, &schema);
                self.rename_relation(name, Name::new(schema, name.name.clone()));
            }
            TableAction::DropColumn { name: column, cascade, .. } => {
                let column = self.key(column);
                if cascade.is_some() {
                    let views: Vec<Name> = self
                        .schema
                        .views_of(name)
                        .filter(|view| view.uses.iter().any(|used| used.columns.contains(&column)))
                        .map(|view| view.name.clone())
                        .collect();
                    for view in views {
                        self.drop_relation(&view, true);
                    }
                }
                self.drop_sequences_of(name, &column);
            }
            TableAction::RenameColumn { from, to } => {
                let (from, to) = (self.key(from), self.key(to));
                self.column_was_renamed(name, &from, &to);
            }
            TableAction::Partition(PartitionAction::Attach { table, bound }) => {
                let child = self.schema.relation_name(table);
                if let Some(relation) = self.schema.relations.get_mut(&child) {
                    relation.partition_of = Some(name.clone());
                    relation.default_partition = *bound == PartitionBound::Default;
                }
                self.attach_indexes(name, &child);
            }
            TableAction::Partition(PartitionAction::Detach { table, .. }) => {
                let child = self.schema.relation_name(table);
                if let Some(relation) = self.schema.relations.get_mut(&child) {
                    relation.partition_of = None;
                    relation.default_partition = false;
                }
            }
            _ => {}
        }
    }

    fn position(&self, relation: &Relation, position: Option<&ColumnPosition>) -> Option<usize> {
        match position? {
            ColumnPosition::First(_) => Some(0),
            ColumnPosition::After { column, .. } => {
                let column = self.key(column);
                relation.columns.iter().position(|one| one.name == column).map(|at| at + 1)
            }
        }
    }

    fn act(&mut self, relation: &mut Relation, action: &TableAction) {
        match action {
            TableAction::AddColumn { column, position, .. } => {
                let name = self.key(&column.name);
                if relation.column(&name).is_none() {
                    let at = self.position(relation, position.as_ref());
                    self.add_column(relation, column, at);
                }
            }
            TableAction::DropColumn { name, .. } => {
                let name = self.key(name);
                self.drop_column(relation, &name);
            }
            TableAction::RenameColumn { from, to } => {
                let (from, to) = (self.key(from), self.key(to));
                rename_column(relation, &from, &to);
            }
            TableAction::AlterColumn { name, change, .. } => {
                let name = self.key(name);
                self.change_column(relation, &name, change);
            }
            TableAction::ModifyColumn { column, position, .. } => {
                let name = self.key(&column.name);
                self.redefine_column(relation, &name, column, position.as_ref());
            }
            TableAction::ChangeColumn { from, column, position, .. } => {
                let (from, to) = (self.key(from), self.key(&column.name));
                if from != to {
                    rename_column(relation, &from, &to);
                }
                self.redefine_column(relation, &to, column, position.as_ref());
            }
            TableAction::AddConstraint(constraint) => self.add_constraint(relation, constraint, false),
            TableAction::DropConstraint { name, cascade, .. } => {
                let name = self.key(name);
                if cascade.is_some() {
                    self.drop_foreign_keys_on(relation, &name);
                }
                self.drop_constraint(relation, &name);
            }
            TableAction::DropPrimaryKey => self.drop_constraint(relation, "PRIMARY"),
            TableAction::ValidateConstraint(name) => {
                let (name, transaction) = (self.key(name), self.origin.transaction);
                for constraint in relation.constraints.iter_mut().filter(|one| one.name == name) {
                    constraint.validated = true;
                    constraint.validated_in = Some(transaction);
                }
            }
            TableAction::AlterConstraint { name, enforced, .. } => {
                let name = self.key(name);
                for constraint in relation.constraints.iter_mut().filter(|one| one.name == name) {
                    if let Some(enforced) = enforced {
                        constraint.enforced = *enforced;
                        constraint.validated = *enforced;
                    }
                }
            }
            TableAction::RenameConstraint { from, to } => {
                let (from, to) = (self.key(from), self.key(to));
                for constraint in relation.constraints.iter_mut().filter(|one| one.name == from) {
                    constraint.name.clone_from(&to);
                }
                let table = relation.name.clone();
                for index in
                    relation.indexes.iter_mut().filter(|one| one.constraint.as_deref() == Some(&from))
                {
                    index.name.clone_from(&to);
                    index.constraint = Some(to.clone());
                    self.schema.forget_index(&table, &from);
                    self.schema.note_index(&table, &to);
                }
            }
            TableAction::AddIndex { index, .. } => self.add_index(relation, index, false),
            TableAction::DropIndex { name, .. } => {
                let mysql = matches!(self.dialect(), Dialect::Mysql | Dialect::Mariadb);
                let name = self.key(name);
                let name = if mysql && name == "primary" { "PRIMARY" } else { name.as_str() };
                self.drop_constraint(relation, name);
            }
            TableAction::RenameIndex { from, to } => {
                let (from, to) = (self.key(from), self.key(to));
                for index in relation.indexes.iter_mut().filter(|one| one.name == from) {
                    index.name.clone_from(&to);
                }
            }
            TableAction::AlterIndex { name, visible } => {
                let name = self.key(name);
                for index in relation.indexes.iter_mut().filter(|one| one.name == name) {
                    index.visible = *visible;
                }
            }
            TableAction::SetOption(option) => set_option(relation, &option.kind),
            TableAction::ConvertCharset { charset, collation } => {
                self.convert(relation, charset, collation.as_ref())
            }
            TableAction::SetLogged(logged) => relation.unlogged = !logged,
            TableAction::RowSecurity { force: false, on } => relation.row_security = *on,
            TableAction::Inherit { parent, on } => {
                let parent = self.schema.relation_name(parent);
                relation.inherits.retain(|one| *one != parent);
                if *on {
                    relation.inherits.push(parent);
                }
            }
            TableAction::EnableTrigger { which: TriggerSelection::Named(_), .. } => {}
            TableAction::SystemVersioning(on) => {
                relation.options.remove("system versioning");
                if *on {
                    relation.options.insert("system versioning".to_owned(), String::new());
                }
            }
            TableAction::Partition(action) => self.maintain_partitions(relation, action),
            _ => {}
        }
    }

    fn maintain_partitions(&mut self, relation: &mut Relation, action: &PartitionAction) {
        let Some(partitioning) = &mut relation.partitioned_by else { return };
        let known = &mut partitioning.partitions;
        let key = |ident: &sluice_sql::model::Ident| ident.text.to_lowercase();
        match action {
            PartitionAction::Add { partitions, .. } => {
                known.extend(partitions.iter().map(|partition| key(&partition.name)));
            }
            PartitionAction::Drop(names) => known.retain(|one| !names.iter().any(|name| key(name) == *one)),
            PartitionAction::Reorganize { names: Some(names), into } => {
                known.retain(|one| !names.iter().any(|name| key(name) == *one));
                known.extend(into.iter().map(|partition| key(&partition.name)));
            }
            PartitionAction::Remove => relation.partitioned_by = None,
            _ => {}
        }
    }

    fn convert(
        &self,
        relation: &mut Relation,
        charset: &sluice_sql::model::Word,
        collation: Option<&sluice_sql::model::Word>,
    ) {
        let charset = charset.text.to_ascii_lowercase();
        let collation = collation.map(|word| word.text.to_ascii_lowercase());
        for data_type in relation.columns.iter_mut().filter_map(|column| column.data_type.as_mut()) {
            if data_type.charset.is_some() {
                data_type.charset = Some(charset.clone());
            }
            if data_type.collation.is_some() {
                data_type.collation.clone_from(&collation);
            }
        }
        relation.options.insert("charset".to_owned(), charset);
        match collation {
            Some(collation) => relation.options.insert("collation".to_owned(), collation),
            None => relation.options.remove("collation"),
        };
    }

    fn redefine_column(
        &mut self,
        relation: &mut Relation,
        name: &str,
        def: &sluice_sql::model::ColumnDef,
        position: Option<&ColumnPosition>,
    ) {
        let Some(at) = relation.columns.iter().position(|column| column.name == name) else { return };
        let old = relation.columns.remove(at);
        let mut new = Column { origin: old.origin, ..self.column(def) };
        new.not_null |= relation.primary_key().iter().any(|column| column == name);
        let to = self.position(relation, position).unwrap_or(at).min(relation.columns.len());
        relation.columns.insert(to, new);
        self.add_inline_constraints(relation, def);
    }

    fn drop_constraint(&mut self, relation: &mut Relation, name: &str) {
        let gone = relation.constraints.iter().position(|constraint| constraint.name == name);
        if let Some(at) = gone {
            let constraint = relation.constraints.remove(at);
            // PostgreSQL 18: the column loses its NOT NULL with the constraint of that name.
            if let ConstraintKind::NotNull { column } = &constraint.kind
                && let Some(column) = relation.column_mut(column)
            {
                column.not_null = false;
            }
        }
        // A foreign key of InnoDB leaves its index behind when it goes.
        let mysql = matches!(self.dialect(), Dialect::Mysql | Dialect::Mariadb);
        let is_gone = |index: &sluice_schema::Index| {
            index.name == name && (gone.is_none() || index.constraint.is_some() || !mysql)
        };
        let table = relation.name.clone();
        let schema = &mut *self.schema;
        relation.indexes.retain(|index| {
            let gone = is_gone(index);
            if gone {
                schema.forget_index(&table, &index.name);
            }
            !gone
        });
    }

    pub(super) fn drop_index(
        &mut self,
        written: &sluice_sql::model::ObjectName,
        table: Option<&sluice_sql::model::ObjectName>,
    ) {
        let found =
            self.schema.index(written, table).map(|(table, index)| (table.name.clone(), index.name.clone()));
        let Some((table, index)) = found else { return };
        if let Some(mut relation) = self.schema.relations.remove(&table) {
            self.drop_constraint(&mut relation, &index);
            self.schema.relations.insert(table, relation);
        }
    }

    fn change_column(&mut self, relation: &mut Relation, name: &str, change: &ColumnChange) {
        let (dialect, text) = (self.dialect(), self.text);
        let columns_of = |expr| self.columns_of(expr);
        let not_null_constraints = |relation: &mut Relation| {
            relation.constraints.retain(|constraint| {
                !matches!(&constraint.kind, ConstraintKind::NotNull { column } if column == name)
            });
        };
        if matches!(change, ColumnChange::DropNotNull) {
            not_null_constraints(relation);
        }
        let Some(column) = relation.column_mut(name) else { return };
        match change {
            ColumnChange::Type { data_type, .. } => {
                column.data_type = Some(ColumnType::of(dialect, data_type))
            }
            ColumnChange::SetDefault(expr) => column.default = Some(Default::of(dialect, text, expr)),
            ColumnChange::DropDefault => column.default = None,
            ColumnChange::SetNotNull => column.not_null = true,
            ColumnChange::DropNotNull => column.not_null = false,
            ColumnChange::SetExpression(expr) => {
                let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
                column.generated = Some(Generated {
                    text: expr.span.slice(text).to_owned(),
                    columns: columns_of(expr),
                    stored,
                });
            }
            ColumnChange::DropExpression => column.generated = None,
            ColumnChange::AddIdentity(identity) => {
                column.identity = Some(identity.always);
                column.not_null = true;
                self.own_sequence(&relation.name, name);
            }
            ColumnChange::SetIdentity { always: Some(always), .. } => column.identity = Some(*always),
            ColumnChange::DropIdentity => {
                column.identity = None;
                self.drop_sequences_of(&relation.name, name);
            }
            ColumnChange::SetVisible(visible) => column.invisible = !visible,
            _ => {}
        }
    }
}

fn reaches_children(action: &TableAction) -> bool {
    matches!(
        action,
        TableAction::AddColumn { .. }
            | TableAction::DropColumn { .. }
            | TableAction::RenameColumn { .. }
            | TableAction::AlterColumn { .. }
            | TableAction::AddConstraint(_)
            | TableAction::DropConstraint { .. }
            | TableAction::ValidateConstraint(_)
    )
}
