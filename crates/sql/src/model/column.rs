use sluice_text::Span;

use super::{DataType, Expr, ForeignKey, Ident, NamedOption, ObjectName, Order, SequenceOption, Text, Word};

/// The definition of a column: in `CREATE TABLE`, `ADD COLUMN`, `MODIFY`, `CHANGE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDef {
    /// Its name.
    pub name: Ident,
    /// Its type; none where SQLite lets it be left out.
    pub data_type: Option<DataType>,
    /// Attributes and constraints in the order written.
    pub attributes: Vec<ColumnAttribute>,
    /// All of it; a fix adds an attribute at its end.
    pub span: Span,
}

/// One attribute or constraint of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnAttribute {
    /// Name given by `CONSTRAINT name`.
    pub name: Option<Ident>,
    /// What it is.
    pub kind: ColumnAttributeKind,
    /// All of it, `CONSTRAINT name` included.
    pub span: Span,
}

/// What an attribute of a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnAttributeKind {
    /// `NULL`.
    Null,
    /// `NOT NULL`.
    NotNull {
        /// `NO INHERIT` (PostgreSQL 18).
        no_inherit: bool,
    },
    /// `DEFAULT expr`.
    Default(Expr),
    /// `CHECK (expr)`; the expression's span is inside the parentheses.
    Check {
        /// The condition.
        expr: Expr,
        /// `[NOT] ENFORCED`, if written.
        enforced: Option<bool>,
        /// `NO INHERIT`.
        no_inherit: bool,
    },
    /// `UNIQUE [KEY]`.
    Unique {
        /// `NULLS NOT DISTINCT`.
        nulls_not_distinct: bool,
        /// `WITH (…)`, `USING INDEX TABLESPACE`, `ON CONFLICT` as options.
        options: Vec<NamedOption>,
    },
    /// `[PRIMARY] KEY`.
    PrimaryKey {
        /// `AUTOINCREMENT` (SQLite).
        autoincrement: Option<Span>,
        /// `ASC`, `DESC` (SQLite).
        order: Option<Order>,
        /// As of [`ColumnAttributeKind::Unique`].
        options: Vec<NamedOption>,
    },
    /// `REFERENCES …` (MySQL parses and ignores it; MariaDB 10.5 and later obeys it).
    References(Box<ForeignKey>),
    /// `GENERATED ALWAYS AS (…) STORED|VIRTUAL`, `AS (…) PERSISTENT`.
    Generated(Box<Generated>),
    /// `GENERATED … AS IDENTITY` (PostgreSQL).
    Identity(Identity),
    /// `AUTO_INCREMENT` (MySQL, MariaDB).
    AutoIncrement,
    /// `ON UPDATE expr` (MySQL, MariaDB).
    OnUpdate(Expr),
    /// `COMMENT 'text'`.
    Comment(Text),
    /// `COLLATE name`; the type's `collation` says the same.
    Collate(ObjectName),
    /// `INVISIBLE` (false), `VISIBLE` (true).
    Visible(bool),
    /// `STORAGE {PLAIN|EXTERNAL|EXTENDED|MAIN|DEFAULT}` (PostgreSQL), `STORAGE {DISK|MEMORY}` (MySQL).
    Storage(Word),
    /// `COMPRESSION method` (PostgreSQL), `COMPRESSED[=method]` (MariaDB: `zlib` if none is named).
    Compression(Word),
    /// `COLUMN_FORMAT` (MySQL).
    ColumnFormat(Word),
    /// `SRID n` (MySQL), `REF_SYSTEM_ID=n` (MariaDB).
    Srid(u64),
    /// `WITH SYSTEM VERSIONING` (true), `WITHOUT SYSTEM VERSIONING` (false) (MariaDB).
    SystemVersioning(bool),
    /// `GENERATED ALWAYS AS ROW START` (true), `ROW END` (false) (MariaDB).
    RowTime(bool),
    /// `DEFERRABLE`, `INITIALLY DEFERRED` and so on, which belong to the constraint before.
    Deferral(super::Deferral),
    /// `OPTIONS (…)` of foreign tables, `ENGINE_ATTRIBUTE`, `ENCRYPTED`, … as `name value`.
    Other(NamedOption),
}

/// A generated column's expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression, inside the parentheses.
    pub expr: Expr,
    /// How its values are kept.
    pub storage: Storage,
    /// The word that says so; empty, at the end of the clause, where it is left to the engine's default.
    pub storage_span: Span,
}

/// How values of a generated column are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// `STORED`, `PERSISTENT`: in the row.
    Stored,
    /// `VIRTUAL`: computed when read.
    Virtual,
    /// Not said: virtual in MySQL, MariaDB, SQLite and PostgreSQL 18; an error before.
    Default,
}

/// An identity column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `ALWAYS` (else `BY DEFAULT`).
    pub always: bool,
    /// Options of its sequence.
    pub options: Vec<SequenceOption>,
}

impl ColumnDef {
    fn find<'a, T>(&'a self, pick: impl Fn(&'a ColumnAttributeKind) -> Option<T>) -> Option<T> {
        self.attributes.iter().find_map(|attribute| pick(&attribute.kind))
    }

    /// The default, `DEFAULT NULL` included.
    pub fn default(&self) -> Option<&Expr> {
        self.find(|kind| match kind {
            ColumnAttributeKind::Default(expr) => Some(expr),
            _ => None,
        })
    }

    /// The `NOT NULL` attribute.
    pub fn not_null(&self) -> Option<&ColumnAttribute> {
        self.attributes.iter().find(|attribute| matches!(attribute.kind, ColumnAttributeKind::NotNull { .. }))
    }

    /// The `PRIMARY KEY` attribute.
    pub fn primary_key(&self) -> Option<&ColumnAttribute> {
        self.attributes
            .iter()
            .find(|attribute| matches!(attribute.kind, ColumnAttributeKind::PrimaryKey { .. }))
    }

    /// The `UNIQUE` attribute.
    pub fn unique(&self) -> Option<&ColumnAttribute> {
        self.attributes.iter().find(|attribute| matches!(attribute.kind, ColumnAttributeKind::Unique { .. }))
    }

    /// The inline foreign key.
    pub fn references(&self) -> Option<&ForeignKey> {
        self.find(|kind| match kind {
            ColumnAttributeKind::References(key) => Some(&**key),
            _ => None,
        })
    }

    /// Its inline checks with their attributes.
    pub fn checks(&self) -> impl Iterator<Item = (&ColumnAttribute, &Expr)> {
        self.attributes.iter().filter_map(|attribute| match &attribute.kind {
            ColumnAttributeKind::Check { expr, .. } => Some((attribute, expr)),
            _ => None,
        })
    }

    /// The expression that generates it.
    pub fn generated(&self) -> Option<&Generated> {
        self.find(|kind| match kind {
            ColumnAttributeKind::Generated(generated) => Some(&**generated),
            _ => None,
        })
    }

    /// Its identity clause.
    pub fn identity(&self) -> Option<&Identity> {
        self.find(|kind| match kind {
            ColumnAttributeKind::Identity(identity) => Some(identity),
            _ => None,
        })
    }

    /// Whether it is `AUTO_INCREMENT` (MySQL, MariaDB) or `AUTOINCREMENT` (SQLite).
    pub fn auto_increment(&self) -> bool {
        self.attributes.iter().any(|attribute| {
            matches!(
                attribute.kind,
                ColumnAttributeKind::AutoIncrement
                    | ColumnAttributeKind::PrimaryKey { autoincrement: Some(_), .. }
            )
        })
    }

    /// Its comment.
    pub fn comment(&self) -> Option<&Text> {
        self.find(|kind| match kind {
            ColumnAttributeKind::Comment(text) => Some(text),
            _ => None,
        })
    }
}
