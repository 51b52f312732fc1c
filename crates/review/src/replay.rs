//! Statements applied to a schema in memory, as the server would apply them.
//!
//! Never fails: a statement about something that is not known makes what it can, and what it cannot know is left out.

mod alter;
mod column;
mod constraint;
mod dependent;
mod index;
pub(crate) mod name;
mod object;
mod query;
mod table;
mod unseen;

use sluice_schema::{Name, Origin, Relation, Schema};
use sluice_sql::model::{ObjectName, Statement};
use sluice_sql::{Dialect, ObjectKind};
use sluice_text::Span;

use crate::Session;

pub(crate) use self::unseen::doubt;

/// Applies one statement of the file `text` to `schema`. What it makes gets `origin`.
pub fn apply(schema: &mut Schema, session: &mut Session, text: &str, statement: &Statement, origin: Origin) {
    let mut replay = Replay { schema, session, text, origin };
    replay.statement(statement);
}

/// The schema that statements make, each a text of its own. What it has was there before anything that is reviewed.
pub fn replayed<'t>(dialect: Dialect, statements: impl IntoIterator<Item = &'t str>) -> Schema {
    let (mut schema, mut session) = (Schema::unknown(dialect), Session::default());
    for text in statements {
        let parsed = sluice_sql::parse(dialect, text, Span::new(0, text.len()));
        apply(&mut schema, &mut session, text, &parsed.statement, Origin::default());
    }
    schema
}

struct Replay<'a> {
    schema: &'a mut Schema,
    session: &'a mut Session,
    text: &'a str,
    origin: Origin,
}

impl Replay<'_> {
    fn dialect(&self) -> Dialect {
        self.schema.dialect()
    }

    fn relation_mut(&mut self, written: &ObjectName) -> Option<&mut Relation> {
        let name = self.schema.relation_name(written);
        self.schema.relations.get_mut(&name)
    }

    fn statement(&mut self, statement: &Statement) {
        doubt(self.schema, statement);
        match statement {
            Statement::CreateTable(table) => self.create_table(table),
            Statement::AlterTable(table) => self.alter_table(table),
            Statement::RenameTables(rename) => {
                for (from, to) in &rename.tables {
                    let from = self.schema.relation_name(from);
                    let to = self.schema.new_name(to);
                    self.rename_relation(&from, to);
                }
            }
            Statement::CreateIndex(create) => self.create_index(create),
            Statement::DropIndex(drop) => {
                for name in &drop.names {
                    self.drop_index(name, drop.table.as_ref());
                }
            }
            Statement::Drop(drop) => {
                for name in &drop.names {
                    self.drop(drop.kind, name, drop.on.as_ref(), drop.cascade.is_some());
                }
            }
            Statement::CreateView(view) => self.create_view(view),
            Statement::Query(query) => self.query(query),
            Statement::CreateSchema(schema) => {
                if let Some(name) = &schema.name {
                    let name = name.name.folded(self.dialect()).into_owned();
                    self.schema.schemas.insert(name, self.origin);
                }
                for element in &schema.elements {
                    self.statement(&element.statement);
                }
            }
            Statement::Do(block) => {
                for inner in &block.body.statements {
                    self.statement(&inner.statement);
                }
            }
            other => self.object(other),
        }
    }

    fn rename_relation(&mut self, from: &Name, to: Name) {
        let Some(mut relation) = self.schema.remove(from) else { return };
        relation.name = to.clone();
        if self.dialect() == Dialect::Sqlite {
            name::follow_table(&mut relation, from);
        }
        self.schema.insert(relation);
        for (table, _) in self.schema.sequences.values_mut().filter_map(|it| it.owned_by.as_mut()) {
            if table == from {
                table.clone_from(&to);
            }
        }
        let mut follow = |other: &mut Relation| {
            for constraint in &mut other.constraints {
                if let sluice_schema::ConstraintKind::ForeignKey(key) = &mut constraint.kind
                    && key.table == *from
                {
                    key.table = to.clone();
                }
            }
            for used in other.uses.iter_mut().filter(|used| used.relation == *from) {
                used.relation = to.clone();
            }
            for parent in other.inherits.iter_mut().chain(other.partition_of.iter_mut()) {
                if parent == from {
                    *parent = to.clone();
                }
            }
        };
        self.schema.change_pointing_to(from, &mut follow);
        // It may point to itself, under the name that it had.
        if let Some(mut relation) = self.schema.remove(&to) {
            follow(&mut relation);
            self.schema.insert(relation);
        }
    }

    fn drop(&mut self, kind: ObjectKind, written: &ObjectName, on: Option<&ObjectName>, cascade: bool) {
        let dialect = self.dialect();
        match kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => {
                let name = self.schema.relation_name(written);
                self.drop_relation(&name, cascade);
            }
            ObjectKind::Schema | ObjectKind::Database => {
                let dropped = written.name.folded(dialect).into_owned();
                self.schema.schemas.remove(&dropped);
                let inside: Vec<Name> =
                    self.schema.relations.keys().filter(|name| name.schema == dropped).cloned().collect();
                for name in inside {
                    self.drop_relation(&name, true);
                }
            }
            ObjectKind::Type | ObjectKind::Domain => {
                let name = self.schema.type_name(written);
                self.schema.types.remove(&name);
                if cascade {
                    self.drop_columns_of_type(&name);
                }
            }
            ObjectKind::Sequence => {
                let name = self.schema.sequence_name(written);
                self.schema.sequences.remove(&name);
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
                let name = self.schema.routine_name(written);
                self.schema.routines.remove(&name);
                if cascade {
                    for relation in self.schema.relations.values_mut() {
                        relation.triggers.retain(|trigger| trigger.function.as_ref() != Some(&name));
                    }
                }
            }
            ObjectKind::Trigger => {
                let trigger = written.name.key(dialect, sluice_sql::model::NameClass::Other).into_owned();
                let table = on.map(|on| self.schema.relation_name(on));
                for relation in self.schema.relations.values_mut() {
                    if table.as_ref().is_none_or(|table| *table == relation.name) {
                        relation.triggers.retain(|one| one.name != trigger);
                    }
                }
            }
            ObjectKind::Rule | ObjectKind::Policy => {
                let name = written.name.folded(dialect).into_owned();
                if let Some(relation) = on.and_then(|on| self.relation_mut(on)) {
                    relation.rules.retain(|one| *one != name);
                    relation.policies.retain(|one| *one != name);
                }
            }
            ObjectKind::Extension => {
                self.schema.extensions.remove(written.name.folded(dialect).as_ref());
            }
            _ => {}
        }
    }

    fn drop_relation(&mut self, name: &Name, cascade: bool) {
        let partitions: Vec<Name> =
            self.schema.partitions(name).iter().map(|partition| partition.name.clone()).collect();
        for partition in partitions {
            self.schema.remove(&partition);
        }
        self.schema.remove(name);
        self.schema
            .sequences
            .retain(|_, sequence| sequence.owned_by.as_ref().is_none_or(|(table, _)| table != name));
        if cascade {
            self.drop_foreign_keys_to(name);
            self.drop_views_of(name);
        }
    }

    fn drop_foreign_keys_to(&mut self, name: &Name) {
        self.schema.change_pointing_to(name, |relation| {
            relation
                .constraints
                .retain(|constraint| constraint.foreign_key().is_none_or(|key| key.table != *name));
        });
    }

    fn drop_views_of(&mut self, name: &Name) {
        let mut next = vec![name.clone()];
        while let Some(gone) = next.pop() {
            let views: Vec<Name> = self.schema.views_of(&gone).map(|view| view.name.clone()).collect();
            for view in views {
                self.schema.remove(&view);
                next.push(view);
            }
        }
    }
}

#[cfg(test)]
mod tests;
