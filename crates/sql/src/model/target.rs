use super::{
    AlterTable, Body, CopyDirection, CreateTable, GrantObjects, ObjectName, Parsed, PartitionAction,
    QueryFacts, QueryInto, Statement, TableAction, TableElement, TableRef,
};
use crate::ObjectKind;

/// An object that a statement touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// What it is. A relation that is read is a `Table`: whether it is a view, only a catalog knows.
    pub kind: ObjectKind,
    /// Its name, as written. An index, trigger, policy or rule has no schema of its own; see `on`.
    pub name: &'a ObjectName,
    /// The relation that an index, trigger, policy or rule belongs to, where the statement says.
    pub on: Option<&'a ObjectName>,
    /// What is done to it.
    pub touch: Touch,
}

/// What a statement does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Touch {
    /// Comes into being.
    Created,
    /// Changes its definition or rights.
    Altered,
    /// Goes away.
    Dropped,
    /// Its rows change, all of them in `TRUNCATE`.
    Written,
    /// Its rows are read.
    Read,
    /// It is the other side of a link that is made or changed: parent of a foreign key, partitioned table,
    /// table of a trigger, model of `LIKE`, sequence's owner.
    Referenced,
    /// It is locked or looked after.
    Maintained,
}

/// Collects targets in order of appearance; a name may come twice.
struct Targets<'a> {
    list: Vec<Target<'a>>,
}

impl<'a> Targets<'a> {
    fn add(&mut self, kind: ObjectKind, name: &'a ObjectName, touch: Touch) {
        self.add_on(kind, name, None, touch);
    }

    fn add_on(&mut self, kind: ObjectKind, name: &'a ObjectName, on: Option<&'a ObjectName>, touch: Touch) {
        self.list.push(Target { kind, name, on, touch });
    }

    fn tables(&mut self, tables: &'a [TableRef], touch: Touch) {
        for table in tables {
            self.add(ObjectKind::Table, &table.name, touch);
        }
    }

    fn facts(&mut self, facts: &'a QueryFacts) {
        self.tables(&facts.reads, Touch::Read);
        for inner in facts.ctes.iter().filter_map(|cte| cte.writes.as_deref()) {
            self.statement(&inner.statement);
        }
    }

    fn body(&mut self, body: &'a Body) {
        self.all(&body.statements);
    }

    fn all(&mut self, statements: &'a [Parsed]) {
        for inner in statements {
            self.statement(&inner.statement);
        }
    }

    fn create_table(&mut self, table: &'a CreateTable) {
        let kind = if table.external.is_some() { ObjectKind::ForeignTable } else { ObjectKind::Table };
        self.add(kind, &table.name, Touch::Created);
        for element in &table.elements {
            match element {
                TableElement::Like(like) => self.add(ObjectKind::Table, &like.table, Touch::Referenced),
                TableElement::Index(index) => {
                    if let Some(name) = &index.name {
                        self.add_on(ObjectKind::Index, name, Some(&table.name), Touch::Created);
                    }
                }
                _ => {}
            }
        }
        for key in table.foreign_keys() {
            self.add(ObjectKind::Table, &key.table, Touch::Referenced);
        }
        for parent in table.inherits.iter().chain(table.partition_of.iter().map(|of| &of.parent)) {
            self.add(ObjectKind::Table, parent, Touch::Referenced);
        }
        if let Some(query) = &table.query {
            self.facts(&query.facts);
        }
    }

    fn alter_table(&mut self, table: &'a AlterTable) {
        self.add(table.kind, &table.name, Touch::Altered);
        for action in &table.actions {
            match &action.kind {
                TableAction::AddConstraint(constraint) => {
                    if let Some(key) = constraint.foreign_key() {
                        self.add(ObjectKind::Table, &key.table, Touch::Referenced);
                    }
                }
                TableAction::AddIndex { index, .. } => {
                    if let Some(name) = &index.name {
                        self.add_on(ObjectKind::Index, name, Some(&table.name), Touch::Created);
                    }
                }
                TableAction::Inherit { parent, .. } => {
                    self.add(ObjectKind::Table, parent, Touch::Referenced);
                }
                TableAction::RenameTo(name) => self.add(table.kind, name, Touch::Created),
                TableAction::Partition(partition) => self.partition(partition),
                other => {
                    if let Some(key) = other.column_def().and_then(|column| column.references()) {
                        self.add(ObjectKind::Table, &key.table, Touch::Referenced);
                    }
                }
            }
        }
    }

    fn partition(&mut self, action: &'a PartitionAction) {
        match action {
            PartitionAction::Attach { table, .. }
            | PartitionAction::Detach { table, .. }
            | PartitionAction::Exchange { table, .. } => self.add(ObjectKind::Table, table, Touch::Altered),
            PartitionAction::AttachIndex(index) => self.add(ObjectKind::Index, index, Touch::Altered),
            PartitionAction::ConvertToTable { table, .. } => {
                self.add(ObjectKind::Table, table, Touch::Created)
            }
            PartitionAction::ConvertFromTable { table, .. } => {
                self.add(ObjectKind::Table, table, Touch::Dropped);
            }
            _ => {}
        }
    }

    fn grant(&mut self, on: &'a GrantObjects) {
        let kind = if on.all_in_schema { ObjectKind::Schema } else { on.kind };
        for name in &on.names {
            self.add(kind, name, Touch::Altered);
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        use ObjectKind as K;
        use Touch as T;
        match statement {
            Statement::CreateTable(table) => self.create_table(table),
            Statement::AlterTable(table) => self.alter_table(table),
            Statement::RenameTables(rename) => {
                for (from, to) in &rename.tables {
                    self.add(K::Table, from, T::Altered);
                    self.add(K::Table, to, T::Created);
                }
            }
            Statement::Truncate(truncate) => self.tables(&truncate.tables, T::Written),
            Statement::CreateIndex(create) => {
                if let Some(name) = &create.index.name {
                    self.add_on(K::Index, name, Some(&create.table), T::Created);
                }
                self.add(K::Table, &create.table, T::Altered);
            }
            Statement::DropIndex(drop) => {
                for name in &drop.names {
                    self.add_on(K::Index, name, drop.table.as_ref(), T::Dropped);
                }
                if let Some(table) = &drop.table {
                    self.add(K::Table, table, T::Altered);
                }
            }
            Statement::Drop(drop) => {
                for name in &drop.names {
                    self.add_on(drop.kind, name, drop.on.as_ref(), T::Dropped);
                }
                if let Some(table) = &drop.on {
                    self.add(K::Table, table, T::Altered);
                }
            }
            Statement::CreateView(view) => {
                let kind = if view.materialized { K::MaterializedView } else { K::View };
                self.add(kind, &view.name, if view.alter { T::Altered } else { T::Created });
                self.facts(&view.query.facts);
            }
            Statement::RefreshView(view) => self.add(K::MaterializedView, &view.name, T::Written),
            Statement::CreateType(create) => self.add(K::Type, &create.name, T::Created),
            Statement::AlterEnum(alter) => self.add(K::Type, &alter.name, T::Altered),
            Statement::AlterType(alter) => self.add(K::Type, &alter.name, T::Altered),
            Statement::CreateDomain(create) => self.add(K::Domain, &create.name, T::Created),
            Statement::AlterDomain(alter) => self.add(K::Domain, &alter.name, T::Altered),
            Statement::CreateSequence(create) => self.add(K::Sequence, &create.name, T::Created),
            Statement::AlterSequence(alter) => self.add(K::Sequence, &alter.name, T::Altered),
            Statement::CreateRoutine(routine) => {
                let kind = match routine.kind {
                    super::RoutineKind::Function => K::Function,
                    super::RoutineKind::Procedure => K::Procedure,
                    super::RoutineKind::Aggregate => K::Aggregate,
                };
                self.add(kind, &routine.name, T::Created);
            }
            Statement::CreateTrigger(trigger) => {
                let kind = if trigger.table.is_some() { K::Trigger } else { K::EventTrigger };
                self.add_on(kind, &trigger.name, trigger.table.as_ref(), T::Created);
                if let Some(table) = &trigger.table {
                    self.add(K::Table, table, T::Altered);
                }
                if let Some(function) = &trigger.function {
                    self.add(K::Function, function, T::Referenced);
                }
            }
            Statement::CreateEvent(event) => self.add(K::Event, &event.name, T::Created),
            Statement::Do(block) => self.body(&block.body),
            Statement::Call(call) => self.add(K::Procedure, &call.name, T::Read),
            Statement::CreateSchema(schema) => {
                if let Some(name) = &schema.name {
                    self.add(K::Schema, name, T::Created);
                }
                self.all(&schema.elements);
            }
            Statement::CreateDatabase(create) => self.add(K::Database, &create.name, T::Created),
            Statement::CreateExtension(create) => self.add(K::Extension, &create.name, T::Created),
            Statement::Publication(publication) => {
                let touch = if publication.verb.is("create") { T::Created } else { T::Altered };
                self.add(K::Publication, &publication.name, touch);
                for table in &publication.tables {
                    self.add(K::Table, &table.name, T::Referenced);
                }
            }
            Statement::Subscription(create) => self.add(K::Subscription, &create.name, T::Created),
            Statement::CreateObject(create) => {
                if let Some(name) = &create.name {
                    self.add_on(create.kind, name, create.table.as_ref(), T::Created);
                }
                if let Some(table) = &create.table {
                    self.add(K::Table, table, T::Altered);
                }
            }
            Statement::AlterObject(alter) => {
                self.add_on(alter.kind, &alter.name, alter.on.as_ref(), T::Altered);
                if let Some(table) = &alter.on {
                    self.add(K::Table, table, T::Altered);
                }
            }
            Statement::Comment(comment) => {
                self.add_on(comment.kind, &comment.name, comment.on.as_ref(), T::Altered);
            }
            Statement::Grant(grant) => {
                if let Some(on) = &grant.on {
                    self.grant(on);
                }
            }
            Statement::Policy(policy) => self.add(K::Table, &policy.table, T::Altered),
            Statement::Lock(lock) => {
                for table in &lock.tables {
                    self.add(K::Table, &table.table, T::Maintained);
                }
            }
            Statement::Maintenance(maintenance) => {
                for name in &maintenance.names {
                    self.add(maintenance.kind, name, T::Maintained);
                }
            }
            Statement::Query(query) => {
                if let Some(QueryInto::Table(table)) = &query.into {
                    self.add(K::Table, table, T::Created);
                }
                self.facts(&query.facts);
            }
            Statement::Insert(insert) => {
                self.add(K::Table, &insert.table.name, T::Written);
                self.facts(&insert.facts);
            }
            Statement::Update(update) => {
                self.tables(&update.tables, T::Written);
                self.facts(&update.facts);
            }
            Statement::Delete(delete) => {
                self.tables(&delete.tables, T::Written);
                self.facts(&delete.facts);
            }
            Statement::Merge(merge) => {
                self.add(K::Table, &merge.table.name, T::Written);
                self.facts(&merge.facts);
            }
            Statement::Copy(copy) => {
                let touch = if copy.direction == CopyDirection::From { T::Written } else { T::Read };
                if let Some(table) = &copy.table {
                    self.add(K::Table, table, touch);
                }
                if let Some(query) = &copy.query {
                    self.facts(&query.facts);
                }
            }
            Statement::Load(load) => self.add(K::Table, &load.table, T::Written),
            Statement::Other(other) => {
                if let Some(inner) = &other.inner {
                    self.statement(&inner.statement);
                }
            }
            Statement::DefaultPrivileges(_)
            | Statement::Role(_)
            | Statement::AlterSystem(_)
            | Statement::Set(_)
            | Statement::Transaction(_)
            | Statement::Pragma(_)
            | Statement::Attach(_)
            | Statement::Detach(_)
            | Statement::Unparsed { .. } => {}
        }
    }
}

impl Statement {
    /// The objects that it touches, in order of appearance, the statement's subject first. A name may come more than
    /// once. Bodies of `DO` count, those of routines, triggers and events do not (they run later). Roles, columns
    /// and constraints are no targets.
    pub fn targets(&self) -> Vec<Target<'_>> {
        let mut targets = Targets { list: Vec::new() };
        targets.statement(self);
        targets.list
    }
}
