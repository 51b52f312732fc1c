use super::{
    Body, ColumnChange, ColumnDef, DataType, ForeignKey, Ident, IndexDef, ObjectAction, ObjectName, Parsed,
    QueryFacts, Statement, TableAction, TableConstraint,
};

/// Parts that several statements have, so that a rule need not know which ones.
impl Statement {
    /// Columns that it defines, with their table: `CREATE TABLE`, `ADD COLUMN`, `MODIFY`, `CHANGE`.
    pub fn column_defs(&self) -> Vec<(&ObjectName, &ColumnDef)> {
        match self {
            Self::CreateTable(table) => table.columns().map(|column| (&table.name, column)).collect(),
            Self::AlterTable(table) => {
                let columns = table.actions.iter().filter_map(|action| action.kind.column_def());
                columns.map(|column| (&table.name, column)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Columns that get a type, with their table: those that it defines, and those of `ALTER COLUMN … TYPE`.
    pub fn column_types(&self) -> Vec<(&ObjectName, &Ident, &DataType)> {
        let defined = self.column_defs().into_iter();
        let mut types: Vec<_> =
            defined.filter_map(|(of, column)| Some((of, &column.name, column.data_type.as_ref()?))).collect();
        if let Self::AlterTable(table) = self {
            types.extend(table.actions.iter().filter_map(|action| match &action.kind {
                TableAction::AlterColumn { name, change, .. } => match &**change {
                    ColumnChange::Type { data_type, .. } => Some((&table.name, name, &**data_type)),
                    _ => None,
                },
                _ => None,
            }));
        }
        types
    }

    /// Table constraints that it defines, with their table: `CREATE TABLE`, `ADD CONSTRAINT`. Those written in a
    /// column are attributes of it.
    pub fn constraints(&self) -> Vec<(&ObjectName, &TableConstraint)> {
        match self {
            Self::CreateTable(table) => table.constraints().map(|it| (&table.name, it)).collect(),
            Self::AlterTable(table) => {
                let added = table.actions.iter().filter_map(|action| match &action.kind {
                    TableAction::AddConstraint(constraint) => Some(&**constraint),
                    _ => None,
                });
                added.map(|constraint| (&table.name, constraint)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Foreign keys that it defines, with their table, those written in a column included.
    pub fn foreign_keys(&self) -> Vec<(&ObjectName, &ForeignKey)> {
        let inline =
            self.column_defs().into_iter().filter_map(|(of, column)| Some((of, column.references()?)));
        let of_table = self.constraints().into_iter().filter_map(|(of, it)| Some((of, it.foreign_key()?)));
        inline.chain(of_table).collect()
    }

    /// Indexes that it defines, with their table: `CREATE INDEX`, `ADD INDEX`, keys of `CREATE TABLE`. Those of
    /// primary keys and unique constraints are not among them.
    pub fn index_defs(&self) -> Vec<(&ObjectName, &IndexDef)> {
        match self {
            Self::CreateIndex(create) => vec![(&create.table, &create.index)],
            Self::CreateTable(table) => table.indexes().map(|index| (&table.name, index)).collect(),
            Self::AlterTable(table) => {
                let added = table.actions.iter().filter_map(|action| match &action.kind {
                    TableAction::AddIndex { index, .. } => Some(&**index),
                    _ => None,
                });
                added.map(|index| (&table.name, index)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is known of the query in it: of queries, row changes, views, `CREATE TABLE AS`, `COPY (query)`.
    pub fn query_facts(&self) -> Option<&QueryFacts> {
        match self {
            Self::Query(query) => Some(&query.facts),
            Self::Insert(insert) => Some(&insert.facts),
            Self::Update(update) => Some(&update.facts),
            Self::Delete(delete) => Some(&delete.facts),
            Self::Merge(merge) => Some(&merge.facts),
            Self::CreateView(view) => Some(&view.query.facts),
            Self::CreateTable(table) => table.query.as_deref().map(|query| &query.facts),
            Self::Copy(copy) => copy.query.as_deref().map(|query| &query.facts),
            _ => None,
        }
    }

    /// The program in it: of `DO`, routines, triggers, events.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Do(block) => Some(&block.body),
            Self::CreateRoutine(routine) => routine.body.as_ref(),
            Self::CreateTrigger(trigger) => trigger.body.as_ref(),
            Self::CreateEvent(event) => Some(&event.body),
            Self::AlterObject(alter) => alter.actions.iter().find_map(|action| match action {
                ObjectAction::Body(body) => Some(&**body),
                _ => None,
            }),
            _ => None,
        }
    }

    /// Statements directly inside of it: in its program, its `WITH`, `CREATE SCHEMA`, behind `EXPLAIN`.
    pub fn nested(&self) -> Vec<&Parsed> {
        let mut nested: Vec<&Parsed> = Vec::new();
        if let Some(facts) = self.query_facts() {
            nested.extend(facts.ctes.iter().filter_map(|cte| cte.writes.as_deref()));
        }
        if let Some(body) = self.body() {
            nested.extend(&body.statements);
        }
        match self {
            Self::CreateSchema(schema) => nested.extend(&schema.elements),
            Self::Other(other) => nested.extend(other.inner.as_deref()),
            _ => {}
        }
        nested
    }
}
