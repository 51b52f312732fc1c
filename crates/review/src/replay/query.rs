use sluice_schema::{Column, Relation, RelationKind, Use};
use sluice_sql::model::{CreateView, Query, QueryFacts, QueryInto};

use super::Replay;

/// Relations times columns of a query beyond which it counts as reading every column of each.
const MOST_USES: usize = 1 << 20;

impl Replay<'_> {
    /// `SELECT … INTO table` makes a table.
    pub(super) fn query(&mut self, query: &Query) {
        if let Some(QueryInto::Table(table)) = &query.into {
            let mut relation = Relation::new(self.schema.new_name(table), RelationKind::Table, self.origin);
            self.query_columns(&mut relation, query);
            self.schema.insert(relation);
        }
    }

    /// Columns that a query gives to a table or view.
    pub(super) fn query_columns(&mut self, relation: &mut Relation, query: &Query) {
        let plain = query.facts.stars.is_empty() && query.outputs.iter().all(Option::is_some);
        relation.columns_known &= plain;
        for output in query.outputs.iter().flatten() {
            let name = self.key(output);
            if relation.is_full() {
                relation.columns_known = false;
                break;
            }
            if relation.column(&name).is_none() {
                relation.columns.push(Column::named(name, self.origin));
            }
        }
    }

    pub(super) fn create_view(&mut self, view: &CreateView) {
        let kind = if view.materialized { RelationKind::MaterializedView } else { RelationKind::View };
        let name = self.schema.new_name(&view.name);
        let mut relation = Relation::new(name.clone(), kind, self.origin);
        relation.temporary = view.temporary.is_some();
        if view.columns.is_empty() {
            self.query_columns(&mut relation, &view.query);
        } else {
            relation.columns =
                view.columns.iter().map(|column| Column::named(self.key(column), self.origin)).collect();
        }
        relation.uses = self.uses(&view.query.facts);
        if let Some(old) = self.schema.remove(&name) {
            relation.origin = old.origin;
            relation.triggers = old.triggers;
        }
        self.schema.insert(relation);
    }

    /// What a query reads. A column without table counts for every relation that has, or may have, it.
    fn uses(&self, facts: &QueryFacts) -> Vec<Use> {
        let mut uses: Vec<Use> = Vec::new();
        let too_many = facts.reads.len().saturating_mul(facts.columns.len()) > MOST_USES;
        for read in &facts.reads {
            let relation = self.schema.relation_name(&read.name);
            if too_many {
                uses.push(Use { relation, columns: Vec::new(), star: true });
                continue;
            }
            let known = self.schema.relations.get(&relation).filter(|relation| relation.columns_known);
            let alias = read.alias.as_ref().unwrap_or(&read.name.name);
            let mut columns: Vec<String> = facts
                .columns
                .iter()
                .filter(|column| {
                    column.table.as_ref().is_none_or(|table| table.name.same(alias, self.dialect()))
                })
                .map(|column| self.key(&column.name))
                .filter(|column| known.is_none_or(|relation| relation.column(column).is_some()))
                .collect();
            columns.sort();
            columns.dedup();
            uses.push(Use { relation, columns, star: !facts.stars.is_empty() });
        }
        uses
    }
}
