//! PostgreSQL 14–18, as measured. Where a statement's effect depends on rows or on the planner, the common case is taken.

mod alter;
mod column;
pub(crate) mod column_type;
mod constraint;
mod index;
mod object;
mod partition;
mod relation;
mod rows;

use sluice_schema::{Name, Origin, Relation, RelationKind};
use sluice_sql::ObjectKind;
use sluice_sql::model::{Ident, NameClass, ObjectName, Statement, Touch};
use sluice_text::Evidence;

use super::{Forecast, LockMode, Question, WorkKind};
use crate::replay::name::{Purpose, pick};

/// Statements nested deeper than this are not looked at.
const DEEPEST: usize = 8;

/// What a statement locks and how much it does.
pub(super) fn forecast(question: &Question<'_>) -> Forecast {
    let evidence = if is_known(question) { Evidence::Modelled } else { Evidence::Assumed };
    let mut model = Model {
        question,
        out: Forecast::nothing(evidence),
        rewritten: Vec::new(),
        built: Vec::new(),
        depth: 0,
    };
    model.statement(question.statement);
    model.finish()
}

/// Whether all that the statement is about is in the schema, and nothing of what it runs is put together meanwhile.
fn is_known(question: &Question<'_>) -> bool {
    if let Statement::Do(block) = question.statement
        && block.body.hides_sql()
    {
        return false;
    }
    question.statement.targets().iter().filter(|target| target.touch != Touch::Created).all(|target| {
        match target.kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                question.schema.relation(target.name).is_some()
            }
            ObjectKind::Index => question.schema.index(target.name, None).is_some(),
            _ => true,
        }
    })
}

struct Model<'a> {
    question: &'a Question<'a>,
    out: Forecast,
    /// Tables that are written anew.
    rewritten: Vec<Name>,
    /// Indexes that are built or built anew, with their tables.
    built: Vec<(Name, Name)>,
    /// How deep the statement is nested in others.
    depth: usize,
}

impl<'a> Model<'a> {
    fn statement(&mut self, statement: &'a Statement) {
        match statement {
            Statement::Query(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
            | Statement::Copy(_) => self.rows(statement),
            Statement::AlterTable(alter) => self.alter_table(alter),
            Statement::CreateTable(create) => self.create_table(create),
            Statement::CreateIndex(create) => self.create_index(create),
            Statement::DropIndex(drop) => self.drop_index(drop),
            Statement::Drop(drop) => self.drop(drop),
            Statement::Truncate(truncate) => self.truncate(truncate),
            Statement::CreateView(view) => self.create_view(view),
            Statement::RefreshView(view) => self.refresh_view(view),
            Statement::Maintenance(maintenance) => self.maintenance(maintenance),
            Statement::Lock(lock) => self.lock_tables(lock),
            Statement::Do(_) | Statement::CreateSchema(_) => self.nested(statement),
            other => self.object(other),
        }
    }

    /// Statements inside of another one.
    fn nested(&mut self, statement: &'a Statement) {
        if self.depth >= DEEPEST {
            return;
        }
        self.depth += 1;
        for inner in statement.nested() {
            self.statement(&inner.statement);
        }
        self.depth -= 1;
    }

    /// A table that is written anew is read, and its indexes are built, on the way.
    fn finish(mut self) -> Forecast {
        let (rewritten, built) = (&self.rewritten, &self.built);
        self.out.work.retain(|work| match work.kind {
            WorkKind::Scan => !rewritten.contains(&work.relation),
            WorkKind::IndexBuild | WorkKind::IndexRebuild => {
                let table = built.iter().find(|(index, _)| *index == work.relation);
                table.is_none_or(|(_, table)| !rewritten.contains(table))
            }
            WorkKind::Rewrite | WorkKind::ForeignKeyCheck => true,
        });
        self.out
    }

    /// A column's, constraint's or index's name.
    fn key(&self, ident: &Ident) -> String {
        ident.key(self.question.schema.dialect(), NameClass::Other).into_owned()
    }

    fn name(&self, written: &ObjectName) -> Name {
        self.question.schema.relation_name(written)
    }

    fn known(&self, name: &Name) -> Option<&'a Relation> {
        self.question.schema.relations.get(name)
    }

    fn is_partitioned(&self, name: &Name) -> bool {
        self.known(name).is_some_and(Relation::is_partitioned)
    }

    /// A table and its partitions.
    fn tree(&self, name: &Name) -> Vec<Name> {
        let mut tree = vec![name.clone()];
        if self.is_partitioned(name) {
            tree.extend(self.question.schema.partitions(name).iter().map(|one| one.name.clone()));
        }
        tree
    }

    /// A table, its partitions and the tables that inherit from it.
    fn family(&self, name: &Name, only: bool) -> Vec<Name> {
        if only || self.known(name).is_none() {
            return vec![name.clone()];
        }
        let mut family = self.tree(name);
        family.extend(self.question.schema.heirs(name).iter().map(|one| one.name.clone()));
        family
    }

    /// The tables of a tree that hold rows.
    fn leaves(&self, name: &Name) -> Vec<Name> {
        self.tree(name).into_iter().filter(|one| !self.is_partitioned(one)).collect()
    }

    fn take(&mut self, names: &[Name], mode: LockMode) {
        for name in names {
            self.out.lock(name.clone(), mode);
        }
    }

    fn take_index(&mut self, table: &Name, index: &str, mode: LockMode) {
        self.out.lock_index(Name::new(table.schema.clone(), index), mode);
    }

    fn take_all_indexes(&mut self, table: &Name, mode: LockMode) {
        for index in self.known(table).into_iter().flat_map(|relation| &relation.indexes) {
            self.take_index(table, &index.name, mode);
        }
    }

    fn work_on(&mut self, kind: WorkKind, tables: &[Name]) {
        for table in tables {
            if !self.is_partitioned(table) {
                self.out.work(kind, table.clone());
            }
        }
    }

    fn rewrite(&mut self, tables: &[Name]) {
        for table in tables {
            if self.is_partitioned(table) {
                continue;
            }
            self.take_all_indexes(table, LockMode::AccessExclusive);
            self.out.work(WorkKind::Rewrite, table.clone());
            self.rewritten.push(table.clone());
        }
    }

    fn index_work(&mut self, kind: WorkKind, table: &Name, index: &str) {
        let index = Name::new(table.schema.clone(), index);
        self.out.work(kind, index.clone());
        self.built.push((index, table.clone()));
    }

    /// An index is built on a table, or on each of its partitions.
    fn build_index(&mut self, table: &Name, named: Option<String>, words: &[&str], purpose: Purpose) {
        let whole = !self.is_partitioned(table);
        for leaf in self.leaves(table) {
            let unknown;
            let relation = match self.known(&leaf) {
                Some(relation) => relation,
                None => {
                    unknown = Relation::new(leaf.clone(), RelationKind::Table, Origin::default());
                    &unknown
                }
            };
            let name = match &named {
                Some(name) if whole => name.clone(),
                _ => pick(self.question.schema, relation, words, purpose),
            };
            self.index_work(WorkKind::IndexBuild, &leaf, &name);
        }
    }

    fn refuse(&mut self, why: String) {
        self.out.refused.get_or_insert(why);
    }
}

#[cfg(test)]
mod facts;
