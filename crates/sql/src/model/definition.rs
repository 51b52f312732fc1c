use sluice_text::Span;

use super::{
    Body, DataType, Expr, Ident, Keyword, NamedOption, ObjectName, OnlineOptions, RoleName, TableConstraint,
    Text,
};
use crate::ObjectKind;

/// `DROP …` of anything but indexes, columns and constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// What is dropped.
    pub kind: ObjectKind,
    /// Their names.
    pub names: Vec<ObjectName>,
    /// `ON table` of triggers, policies and rules (PostgreSQL).
    pub on: Option<ObjectName>,
    /// `TEMPORARY` (MySQL, MariaDB).
    pub temporary: Option<Span>,
    /// `IF EXISTS`, after the kind.
    pub if_exists: Keyword,
    /// `CASCADE`.
    pub cascade: Option<Span>,
    /// `FORCE` of `DROP DATABASE`.
    pub force: bool,
    /// MariaDB's `WAIT` and `NOWAIT`.
    pub online: OnlineOptions,
}

/// `RENAME TABLE a TO b, …` (MySQL, MariaDB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameTables {
    /// Old and new names, in order.
    pub tables: Vec<(ObjectName, ObjectName)>,
    /// MariaDB's `WAIT` and `NOWAIT`.
    pub online: OnlineOptions,
}

/// A rename that a statement makes, whatever its syntax; see [`Statement::renames`](super::Statement::renames).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renaming<'a> {
    /// What is renamed: a relation, `Column`, `Constraint`, `Index`, an enum's value (`Other`), …
    pub kind: ObjectKind,
    /// The relation or type that holds it, or that itself is renamed.
    pub of: &'a ObjectName,
    /// Old name.
    pub from: &'a Ident,
    /// New name.
    pub to: &'a Ident,
}

/// `COMMENT ON …` (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What it is on; `Column` and `Constraint` too.
    pub kind: ObjectKind,
    /// Its name; a column with its table as qualifier.
    pub name: ObjectName,
    /// `ON table` of constraints, triggers, policies and rules.
    pub on: Option<ObjectName>,
    /// The text; none for `NULL`.
    pub text: Option<Text>,
}

/// `ALTER …` of an object that has no statement of its own here: schemas, functions, triggers, extensions,
/// publications, databases, events, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: ObjectName,
    /// `ON table` of triggers, policies and rules.
    pub on: Option<ObjectName>,
    /// `IF EXISTS`.
    pub if_exists: Keyword,
    /// What is done to it.
    pub actions: Vec<ObjectAction>,
}

/// What `ALTER …` does to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectAction {
    /// `RENAME TO name`.
    RenameTo(Ident),
    /// `SET SCHEMA name`.
    SetSchema(Ident),
    /// `OWNER TO role`.
    Owner(RoleName),
    /// `SET x`, `RESET x`, `UPDATE TO`, `ENABLE`, `SECURITY DEFINER`, charset, … as `name value`.
    Option(NamedOption),
    /// `DO …` of `ALTER EVENT`: a new program.
    Body(Box<Body>),
    /// Anything else, its words in lower case.
    Other(String),
}

/// `CREATE TYPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateType {
    /// Its name.
    pub name: ObjectName,
    /// What it is made of.
    pub body: TypeBody,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeBody {
    /// `AS ENUM (…)`.
    Enum(Vec<Text>),
    /// `AS (…)`: attributes.
    Composite(Vec<(Ident, DataType)>),
    /// `AS RANGE (…)`.
    Range(Vec<NamedOption>),
    /// A base type or a shell.
    Base(Vec<NamedOption>),
}

/// `ALTER TYPE` of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterEnum {
    /// The type.
    pub name: ObjectName,
    /// What is done.
    pub action: EnumAction,
}

/// What is done to an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumAction {
    /// `ADD VALUE`.
    AddValue {
        /// The value.
        value: Text,
        /// `IF NOT EXISTS`, after `VALUE`.
        if_not_exists: Keyword,
        /// `BEFORE x`.
        before: Option<Text>,
        /// `AFTER x`.
        after: Option<Text>,
    },
    /// `RENAME VALUE a TO b`.
    RenameValue {
        /// Old value.
        from: Text,
        /// New value.
        to: Text,
    },
}

/// `ALTER TYPE` of any other type, and the parts that enums share with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterType {
    /// The type.
    pub name: ObjectName,
    /// What is done.
    pub actions: Vec<TypeAction>,
}

/// What is done to a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeAction {
    /// `ADD ATTRIBUTE`.
    AddAttribute {
        /// Name.
        name: Ident,
        /// Type.
        data_type: Box<DataType>,
        /// `CASCADE`: to typed tables.
        cascade: bool,
    },
    /// `DROP ATTRIBUTE`.
    DropAttribute {
        /// Name.
        name: Ident,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `ALTER ATTRIBUTE … TYPE`.
    AlterAttribute {
        /// Name.
        name: Ident,
        /// New type.
        data_type: Box<DataType>,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `RENAME ATTRIBUTE a TO b`.
    RenameAttribute {
        /// Old name.
        from: Ident,
        /// New name.
        to: Ident,
    },
    /// What every object has: rename, schema, owner, options.
    Object(ObjectAction),
}

/// `CREATE DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateDomain {
    /// Its name.
    pub name: ObjectName,
    /// The type below.
    pub data_type: DataType,
    /// `DEFAULT`.
    pub default: Option<Expr>,
    /// `NOT NULL`.
    pub not_null: Option<Span>,
    /// Checks.
    pub checks: Vec<TableConstraint>,
}

/// `ALTER DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterDomain {
    /// The domain.
    pub name: ObjectName,
    /// What is done.
    pub action: DomainAction,
}

/// What is done to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainAction {
    /// `SET DEFAULT`; none for `DROP DEFAULT`.
    Default(Option<Expr>),
    /// `SET NOT NULL` (true), `DROP NOT NULL` (false).
    NotNull(bool),
    /// `ADD CONSTRAINT`.
    AddConstraint(Box<TableConstraint>),
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// Name.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: Keyword,
        /// `CASCADE`.
        cascade: Option<Span>,
    },
    /// `RENAME CONSTRAINT`.
    RenameConstraint {
        /// Old name.
        from: Ident,
        /// New name.
        to: Ident,
    },
    /// `VALIDATE CONSTRAINT`.
    Validate(Ident),
    /// Rename, schema, owner.
    Object(ObjectAction),
}
