use serde::Serialize;
use sluice_schema::{ColumnType, Schema};
use sluice_sql::model::{
    AlterTable, ColumnChange, CopyDirection, Drop, EnumAction, Ident, NameClass, PartitionAction, Statement,
    StatementKind, TableAction,
};
use sluice_sql::{Dialect, ObjectKind};

use crate::narrowing::is_narrower;

/// How what a statement does is taken back; the worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reversibility {
    /// There is nothing to take back.
    Nothing,
    /// A statement that names what this one names.
    Statement,
    /// A statement that says again what was there before: no row is lost, but its definition must be known.
    Definition,
    /// That cannot be told.
    Unknown,
    /// Not at all without a backup: rows or values are gone.
    Lost,
}

impl Reversibility {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Statement => "statement",
            Self::Definition => "definition",
            Self::Unknown => "unknown",
            Self::Lost => "lost",
        }
    }

    /// Of a statement that meets this schema.
    pub(super) fn of(statement: &Statement, schema: &Schema) -> Self {
        match statement {
            Statement::AlterTable(alter) => {
                let actions = alter.actions.iter();
                actions.map(|action| of_action(&action.kind, alter, schema)).max().unwrap_or(Self::Nothing)
            }
            Statement::Do(block) => {
                let inside = block.body.statements.iter();
                inside.map(|inner| Self::of(&inner.statement, schema)).max().unwrap_or(Self::Unknown)
            }
            Statement::CreateTable(create) if create.or_replace.is_some() => Self::Lost,
            Statement::RefreshView(_) => Self::Nothing,
            Statement::Truncate(_) => Self::Lost,
            Statement::Drop(drop) => of_drop(drop, schema),
            Statement::CreateIndex(create) => replaced(create.or_replace.is_some()),
            Statement::CreateView(create) => replaced(create.or_replace.is_written()),
            Statement::CreateRoutine(create) => replaced(create.or_replace.is_written()),
            Statement::CreateTrigger(create) => replaced(create.or_replace.is_written()),
            Statement::AlterEnum(alter) => match alter.action {
                EnumAction::RenameValue { .. } => Self::Statement,
                // No server takes a value away: the type has to be made anew.
                _ => Self::Definition,
            },
            Statement::RenameTables(_)
            | Statement::CreateTable(_)
            | Statement::CreateType(_)
            | Statement::CreateDomain(_)
            | Statement::CreateSequence(_)
            | Statement::CreateEvent(_)
            | Statement::CreateSchema(_)
            | Statement::CreateDatabase(_)
            | Statement::CreateExtension(_)
            | Statement::Grant(_)
            | Statement::Attach(_)
            | Statement::Detach(_)
            | Statement::Insert(_) => Self::Statement,
            Statement::Update(_) | Statement::Delete(_) => Self::Lost,
            Statement::Copy(copy) if copy.direction == CopyDirection::From => Self::Statement,
            other => match other.kind() {
                StatementKind::Definition | StatementKind::Access => Self::Definition,
                StatementKind::Rows
                | StatementKind::Program
                | StatementKind::Other
                | StatementKind::Unparsed => Self::Unknown,
                StatementKind::Query
                | StatementKind::Session
                | StatementKind::Transaction
                | StatementKind::Maintenance => Self::Nothing,
            },
        }
    }
}

fn replaced(replaces: bool) -> Reversibility {
    if replaces { Reversibility::Definition } else { Reversibility::Statement }
}

fn of_drop(drop: &Drop, schema: &Schema) -> Reversibility {
    use ObjectKind as K;
    let has_rows = match drop.kind {
        K::Table | K::ForeignTable | K::Sequence => drop.temporary.is_none(),
        K::Database => true,
        // In MySQL and MariaDB a schema is a database; elsewhere it must be empty.
        K::Schema => schema.dialect() != Dialect::Postgres || drop.cascade.is_some(),
        // Columns go with their types.
        K::Type | K::Domain | K::Extension => drop.cascade.is_some(),
        _ => false,
    };
    if has_rows { Reversibility::Lost } else { Reversibility::Definition }
}

fn of_action(action: &TableAction, alter: &AlterTable, schema: &Schema) -> Reversibility {
    use Reversibility as R;
    use TableAction as A;
    let column =
        |name: &Ident| schema.relation(&alter.name)?.column(&name.key(schema.dialect(), NameClass::Other));
    match action {
        A::DropColumn { name, .. } => {
            let is_generated = column(name).is_some_and(|column| column.generated.is_some());
            if is_generated { R::Definition } else { R::Lost }
        }
        A::AlterColumn { name, change, .. } => match &**change {
            ColumnChange::Type { data_type, using } => {
                let old = column(name).and_then(|column| column.data_type.as_ref());
                let new = ColumnType::of(schema.dialect(), data_type);
                match old {
                    Some(old) if is_narrower(schema.dialect(), old, &new) => R::Lost,
                    Some(_) if using.is_none() => R::Definition,
                    _ => R::Unknown,
                }
            }
            ColumnChange::SetNotNull
            | ColumnChange::DropNotNull
            | ColumnChange::AddIdentity(_)
            | ColumnChange::SetVisible(_) => R::Statement,
            _ => R::Definition,
        },
        A::ModifyColumn { .. } | A::ChangeColumn { .. } => match action.new_type() {
            Some((name, new)) => match column(name).and_then(|column| column.data_type.as_ref()) {
                Some(old) if is_narrower(schema.dialect(), old, &ColumnType::of(schema.dialect(), new)) => {
                    R::Lost
                }
                Some(_) => R::Definition,
                None => R::Unknown,
            },
            None => R::Definition,
        },
        A::ValidateConstraint(_) | A::Force | A::OrderBy(_) | A::Validation(_) => R::Nothing,
        A::AddColumn { .. }
        | A::RenameColumn { .. }
        | A::AddConstraint(_)
        | A::RenameConstraint { .. }
        | A::AddIndex { .. }
        | A::RenameIndex { .. }
        | A::AlterIndex { .. }
        | A::RenameTo(_)
        | A::SetLogged(_)
        | A::RowSecurity { .. }
        | A::EnableTrigger { .. }
        | A::Inherit { .. }
        | A::SystemVersioning(true)
        | A::AddPeriod(_)
        | A::EnableKeys(_) => R::Statement,
        // The old versions of rows are gone, the rows of the file are.
        A::SystemVersioning(false) | A::Tablespace { .. } => R::Lost,
        A::Partition(partition) => of_partition(partition),
        A::ConvertCharset { .. } | A::Other(_) => R::Unknown,
        A::DropConstraint { .. }
        | A::DropPrimaryKey
        | A::AlterConstraint { .. }
        | A::DropIndex { .. }
        | A::SetSchema(_)
        | A::Owner(_)
        | A::SetOption(_)
        | A::ResetOptions(_)
        | A::ClusterOn(_)
        | A::ReplicaIdentity { .. }
        | A::DropPeriod(_)
        | A::OfType(_) => R::Definition,
    }
}

fn of_partition(action: &PartitionAction) -> Reversibility {
    use PartitionAction as P;
    match action {
        P::Drop(_) | P::Truncate(_) => Reversibility::Lost,
        P::Maintain { verb, .. } if verb.contains("tablespace") => Reversibility::Lost,
        P::Maintain { .. } => Reversibility::Nothing,
        P::Attach { .. }
        | P::AttachIndex(_)
        | P::Add { .. }
        | P::Exchange { .. }
        | P::ConvertFromTable { .. } => Reversibility::Statement,
        P::Detach { .. }
        | P::ConvertToTable { .. }
        | P::Reorganize { .. }
        | P::Coalesce(_)
        | P::By(_)
        | P::Remove => Reversibility::Definition,
    }
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect as D;
    use sluice_text::Span;

    use super::Reversibility as R;

    #[test]
    fn what_is_lost_does_not_come_back() {
        let before = "CREATE TABLE t (id int PRIMARY KEY, n bigint, s varchar(20), twice int GENERATED ALWAYS AS (id * 2) STORED);";
        for (dialect, sql, expected) in [
            (D::Postgres, "ALTER TABLE t ADD COLUMN x int", R::Statement),
            (D::Postgres, "ALTER TABLE t ADD COLUMN x int, DROP COLUMN s", R::Lost),
            (D::Postgres, "ALTER TABLE t DROP COLUMN twice", R::Definition),
            (D::Postgres, "ALTER TABLE t ALTER COLUMN n TYPE int", R::Lost),
            (D::Postgres, "ALTER TABLE t ALTER COLUMN n TYPE numeric", R::Definition),
            (D::Postgres, "ALTER TABLE t ALTER COLUMN n TYPE text USING n::text || '!'", R::Unknown),
            (D::Postgres, "ALTER TABLE unknown ALTER COLUMN n TYPE int", R::Unknown),
            (D::Postgres, "ALTER TABLE t ALTER COLUMN s SET NOT NULL", R::Statement),
            (D::Postgres, "ALTER TABLE t ALTER COLUMN s SET DEFAULT 'x'", R::Definition),
            (D::Postgres, "ALTER TABLE t VALIDATE CONSTRAINT c", R::Nothing),
            (D::Postgres, "ALTER TABLE t DROP CONSTRAINT c", R::Definition),
            (D::Postgres, "CREATE INDEX i ON t (n)", R::Statement),
            (D::Postgres, "DROP INDEX i", R::Definition),
            (D::Postgres, "DROP TABLE t", R::Lost),
            (D::Postgres, "DROP VIEW v", R::Definition),
            (D::Postgres, "DROP SCHEMA s", R::Definition),
            (D::Postgres, "DROP SCHEMA s CASCADE", R::Lost),
            (D::Postgres, "DROP TYPE mood CASCADE", R::Lost),
            (D::Postgres, "CREATE OR REPLACE VIEW v AS SELECT 1", R::Definition),
            (D::Postgres, "TRUNCATE t", R::Lost),
            (D::Postgres, "ALTER TYPE mood ADD VALUE 'x'", R::Definition),
            (D::Postgres, "VACUUM FULL t", R::Nothing),
            (D::Postgres, "DO $$ BEGIN DROP TABLE t; END $$", R::Lost),
            (D::Postgres, "CALL p()", R::Unknown),
            (D::Mysql, "ALTER TABLE t MODIFY COLUMN s varchar(5)", R::Lost),
            (D::Mysql, "ALTER TABLE t MODIFY COLUMN s varchar(50)", R::Definition),
            (D::Mysql, "ALTER TABLE t DROP PARTITION p1", R::Lost),
            (D::Mysql, "DROP SCHEMA s", R::Lost),
            (D::Mysql, "DROP TEMPORARY TABLE t", R::Definition),
            (D::Mysql, "RENAME TABLE t TO u", R::Statement),
            (D::Mariadb, "CREATE OR REPLACE TABLE t (id int)", R::Lost),
            (D::Mariadb, "ALTER TABLE t DROP SYSTEM VERSIONING", R::Lost),
            (D::Sqlite, "ALTER TABLE t DROP COLUMN s", R::Lost),
            (D::Sqlite, "ALTER TABLE t RENAME TO u", R::Statement),
        ] {
            let schema = crate::replayed(dialect, [before]);
            let parsed = sluice_sql::parse(dialect, sql, Span::new(0, sql.len()));
            assert_eq!(R::of(&parsed.statement, &schema), expected, "{dialect}: {sql}");
        }
    }
}
