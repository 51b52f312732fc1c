use sluice_sql::model::{Statement, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is made without a primary key.
    ///
    /// ## Why
    /// Rows cannot be told apart: logical replication refuses UPDATE and DELETE, replicas of MySQL scan the table for each
    /// row, and tools cannot copy it in parts. Temporary tables, partitions and copies are not meant, nor tables that get
    /// their key later in the change.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (number bigint NOT NULL);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (number bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Primary Keys; Logical Replication, Replica Identity; MySQL manual, Group Replication Requirements.
    RequirePrimaryKey, "schema/require-primary-key", Engines::ALL, Warning, Strict
}

impl Rule for RequirePrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let plain = super::says_all(create);
        let table = cx.display(&create.name);

        let dialect = cx.dialect();
        let later = cx.after.iter().any(|parsed| {
            parsed.statement.constraints().iter().any(|(name, constraint)| {
                name.same_relation(&create.name, dialect)
                    && matches!(constraint.kind, TableConstraintKind::PrimaryKey(_))
            })
        });
        if plain && !later && create.primary_key().is_empty() {
            out.report(create.name.span, format!("`{table}` has no primary key")).help("add a primary key");
        }
    }
}
