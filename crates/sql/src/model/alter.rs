use sluice_text::Span;

use super::{
    ColumnDef, DataType, Deferral, Expr, Ident, Identity, IndexDef, Keyword, NamedOption, ObjectName,
    OnlineOptions, PartitionAction, Period, RoleName, SequenceOption, TableConstraint, TableOption, Word,
};
use crate::ObjectKind;

/// `ALTER TABLE`. PostgreSQL's `ALTER INDEX`, `ALTER VIEW`, `ALTER MATERIALIZED VIEW` and `ALTER FOREIGN TABLE`
/// too, which share its actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterTable {
    /// The relation.
    pub name: ObjectName,
    /// What the statement calls it: `Table`, `Index`, `View`, `MaterializedView`, `ForeignTable`.
    pub kind: ObjectKind,
    /// `IF EXISTS`.
    pub if_exists: Keyword,
    /// `ONLY` (PostgreSQL).
    pub only: Keyword,
    /// The actions in order; several are separated by commas.
    pub actions: Vec<AlterAction>,
    /// `ALGORITHM`, `LOCK`, `WAIT`, …
    pub online: OnlineOptions,
}

/// One action of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterAction {
    /// What it does.
    pub kind: TableAction,
    /// Its text without the comma.
    pub span: Span,
}

/// What an action of `ALTER TABLE` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableAction {
    /// `ADD [COLUMN] …`; `ADD (a, b)` of MySQL becomes several.
    AddColumn {
        /// The column.
        column: Box<ColumnDef>,
        /// `IF NOT EXISTS`.
        if_not_exists: Keyword,
        /// `FIRST`, `AFTER c`.
        position: Option<ColumnPosition>,
    },
    /// `DROP [COLUMN] c`.
    DropColumn {
        /// The column.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: Keyword,
        /// `CASCADE`.
        cascade: Option<Span>,
    },
    /// `RENAME [COLUMN] a TO b`.
    RenameColumn {
        /// Old name.
        from: Ident,
        /// New name.
        to: Ident,
    },
    /// `ALTER [COLUMN] c …`.
    AlterColumn {
        /// The column.
        name: Ident,
        /// `IF EXISTS` (MariaDB).
        if_exists: Option<Span>,
        /// What of it.
        change: Box<ColumnChange>,
    },
    /// `MODIFY [COLUMN] …` (MySQL, MariaDB): the whole definition anew.
    ModifyColumn {
        /// The new definition.
        column: Box<ColumnDef>,
        /// `IF EXISTS` (MariaDB).
        if_exists: Option<Span>,
        /// `FIRST`, `AFTER c`.
        position: Option<ColumnPosition>,
    },
    /// `CHANGE [COLUMN] a …` (MySQL, MariaDB): name and definition anew.
    ChangeColumn {
        /// Old name.
        from: Ident,
        /// The new definition, with the new name.
        column: Box<ColumnDef>,
        /// `IF EXISTS` (MariaDB).
        if_exists: Option<Span>,
        /// `FIRST`, `AFTER c`.
        position: Option<ColumnPosition>,
    },
    /// `ADD [CONSTRAINT] …`, unique keys included.
    AddConstraint(Box<TableConstraint>),
    /// `DROP CONSTRAINT`, `DROP CHECK`, `DROP FOREIGN KEY`.
    DropConstraint {
        /// Its name.
        name: Ident,
        /// What the statement says it is: `Constraint`, `ForeignKey`, `Check`.
        kind: ObjectKind,
        /// `IF EXISTS`.
        if_exists: Keyword,
        /// `CASCADE`.
        cascade: Option<Span>,
    },
    /// `DROP PRIMARY KEY`.
    DropPrimaryKey,
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint(Ident),
    /// `ALTER CONSTRAINT`, `ALTER CHECK`.
    AlterConstraint {
        /// Its name.
        name: Ident,
        /// New deferral.
        deferral: Deferral,
        /// `[NOT] ENFORCED`, if written.
        enforced: Option<bool>,
        /// `INHERIT` (true), `NO INHERIT` (false), if written.
        inherit: Option<bool>,
    },
    /// `RENAME CONSTRAINT a TO b`.
    RenameConstraint {
        /// Old name.
        from: Ident,
        /// New name.
        to: Ident,
    },
    /// `ADD {INDEX|KEY|FULLTEXT|SPATIAL} …`.
    AddIndex {
        /// The index.
        index: Box<IndexDef>,
        /// `IF NOT EXISTS` (MariaDB).
        if_not_exists: Option<Span>,
    },
    /// `DROP {INDEX|KEY}`.
    DropIndex {
        /// Its name.
        name: Ident,
        /// `IF EXISTS` (MariaDB).
        if_exists: Option<Span>,
    },
    /// `RENAME {INDEX|KEY} a TO b`.
    RenameIndex {
        /// Old name.
        from: Ident,
        /// New name.
        to: Ident,
    },
    /// `ALTER INDEX i [IN]VISIBLE`, `[NOT] IGNORED`.
    AlterIndex {
        /// Its name.
        name: Ident,
        /// Whether the optimizer may use it.
        visible: bool,
    },
    /// `RENAME [TO|AS] name`.
    RenameTo(ObjectName),
    /// `SET SCHEMA name`.
    SetSchema(Ident),
    /// `OWNER TO role`.
    Owner(RoleName),
    /// Table options (MySQL, MariaDB: `ENGINE=`, `COMMENT=`, …) and `SET (…)`, `SET TABLESPACE`,
    /// `SET ACCESS METHOD` (PostgreSQL). One action for each option.
    SetOption(TableOption),
    /// `RESET (…)`.
    ResetOptions(Vec<Ident>),
    /// `CONVERT TO CHARACTER SET x [COLLATE y]`.
    ConvertCharset {
        /// Charset; `DEFAULT` is one.
        charset: Word,
        /// Collation.
        collation: Option<Word>,
    },
    /// `FORCE`: rebuilds the table.
    Force,
    /// `ORDER BY columns` (MySQL, MariaDB): rebuilds the table.
    OrderBy(Vec<Ident>),
    /// `SET LOGGED` (true), `SET UNLOGGED` (false).
    SetLogged(bool),
    /// `CLUSTER ON index`; none for `SET WITHOUT CLUSTER`.
    ClusterOn(Option<Ident>),
    /// `[NO] FORCE ROW LEVEL SECURITY`, `{ENABLE|DISABLE} ROW LEVEL SECURITY`.
    RowSecurity {
        /// About `FORCE`.
        force: bool,
        /// On or off.
        on: bool,
    },
    /// `{ENABLE|DISABLE} [REPLICA|ALWAYS] {TRIGGER|RULE} …`.
    EnableTrigger {
        /// Which.
        which: TriggerSelection,
        /// It is a rule, not a trigger.
        rule: bool,
        /// On or off.
        on: bool,
        /// `REPLICA`, `ALWAYS`.
        mode: Option<Word>,
    },
    /// `REPLICA IDENTITY {DEFAULT|FULL|NOTHING|USING INDEX i}`.
    ReplicaIdentity {
        /// `DEFAULT`, `FULL`, `NOTHING`, `INDEX`.
        kind: Word,
        /// The index.
        index: Option<Ident>,
    },
    /// `INHERIT parent` (true), `NO INHERIT parent` (false).
    Inherit {
        /// The parent.
        parent: ObjectName,
        /// `INHERIT`.
        on: bool,
    },
    /// Partition maintenance.
    Partition(PartitionAction),
    /// `ADD SYSTEM VERSIONING` (true), `DROP SYSTEM VERSIONING` (false) (MariaDB).
    SystemVersioning(bool),
    /// `ADD PERIOD FOR …` (MariaDB).
    AddPeriod(Period),
    /// `DROP PERIOD FOR name` (MariaDB).
    DropPeriod(Ident),
    /// `{DISABLE|ENABLE} KEYS` (MyISAM).
    EnableKeys(bool),
    /// `{DISCARD|IMPORT} TABLESPACE`.
    Tablespace {
        /// `IMPORT`.
        import: bool,
    },
    /// `WITH VALIDATION` (true), `WITHOUT VALIDATION` (false) (MySQL).
    Validation(bool),
    /// `OF type` (some), `NOT OF` (none).
    OfType(Option<ObjectName>),
    /// Another action that is known and has no variant: its first words, lower case.
    Other(String),
}

/// Where a column goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPosition {
    /// `FIRST`.
    First(Span),
    /// `AFTER column`.
    After {
        /// The column before.
        column: Ident,
        /// The clause.
        span: Span,
    },
}

/// What `ALTER COLUMN` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnChange {
    /// `[SET DATA] TYPE t [USING expr]`; the type's collation is the `COLLATE` clause.
    Type {
        /// New type.
        data_type: Box<DataType>,
        /// `USING expr`.
        using: Option<Expr>,
    },
    /// `SET DEFAULT expr`.
    SetDefault(Expr),
    /// `DROP DEFAULT`.
    DropDefault,
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `SET EXPRESSION AS (expr)`.
    SetExpression(Expr),
    /// `DROP EXPRESSION [IF EXISTS]`.
    DropExpression,
    /// `ADD GENERATED … AS IDENTITY`.
    AddIdentity(Identity),
    /// `SET GENERATED …`, `RESTART`, `SET <sequence option>`.
    SetIdentity {
        /// `SET GENERATED ALWAYS` (true), `BY DEFAULT` (false), if written.
        always: Option<bool>,
        /// New options of the sequence.
        options: Vec<SequenceOption>,
    },
    /// `DROP IDENTITY [IF EXISTS]`.
    DropIdentity,
    /// `SET STATISTICS n`.
    SetStatistics(i64),
    /// `SET STORAGE x`.
    SetStorage(Word),
    /// `SET COMPRESSION x`.
    SetCompression(Word),
    /// `SET (…)`.
    SetOptions(Vec<NamedOption>),
    /// `RESET (…)`.
    ResetOptions(Vec<Ident>),
    /// `SET VISIBLE` (true), `SET INVISIBLE` (false) (MySQL).
    SetVisible(bool),
    /// `OPTIONS (…)` (foreign tables).
    Other(String),
}

/// Which triggers or rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerSelection {
    /// `ALL`: those of foreign keys too.
    All(Span),
    /// `USER`.
    User(Span),
    /// One.
    Named(Ident),
}

impl TableAction {
    /// The column whose definition it adds or replaces.
    pub fn column_def(&self) -> Option<&ColumnDef> {
        match self {
            Self::AddColumn { column, .. }
            | Self::ModifyColumn { column, .. }
            | Self::ChangeColumn { column, .. } => Some(column),
            _ => None,
        }
    }

    /// The column that it gives another type, as it was called before, and that type.
    pub fn new_type(&self) -> Option<(&Ident, &DataType)> {
        match self {
            Self::AlterColumn { name, change, .. } => match &**change {
                ColumnChange::Type { data_type, .. } => Some((name, data_type)),
                _ => None,
            },
            Self::ModifyColumn { column, .. } => Some((&column.name, column.data_type.as_ref()?)),
            Self::ChangeColumn { from, column, .. } => Some((from, column.data_type.as_ref()?)),
            _ => None,
        }
    }
}
