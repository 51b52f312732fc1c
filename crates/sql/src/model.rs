//! The statement model: what one SQL statement says, in the same words for every dialect.
//!
//! Grammars ([`parse`](crate::parse)) build it; rules, the replay over a schema, the forecast and fixes read it.
//! It holds names, types, actions and options with their places; of expressions, queries and routine bodies
//! only the facts that a review needs. No I/O, no lookups: what only a catalog knows is not here.
//!
//! Conventions
//! - Every [`Span`](sluice_text::Span) counts bytes of the whole file. An item's span covers all of its text.
//! - A word that may be missing is a [`Keyword`]: its place if written, else where a fix would write it.
//! - A word that may only be there or not, and that no fix adds, is an `Option<Span>`.
//! - Text is kept as written (quotes and escapes resolved); [`Ident::folded`] and [`Ident::key`] apply a
//!   dialect's rules. Clauses that no rule reads become `Other` entries with their text, never silence.

mod access;
mod alter;
mod column;
mod constraint;
mod container;
mod data_type;
mod definition;
mod expr;
mod index;
mod keyword;
mod kind;
mod name;
mod part;
mod partition;
mod query;
mod rename;
mod routine;
mod rows;
mod sequence;
mod session;
mod statement;
mod table;
mod target;
mod view;
mod volatility;

pub use access::{
    DefaultPrivileges, Grant, GrantDirection, GrantObjects, Policy, PolicyVerb, Privilege, RoleOption,
    RoleStatement, RoleVerb,
};
pub use alter::{AlterAction, AlterTable, ColumnChange, ColumnPosition, TableAction, TriggerSelection};
pub use column::{ColumnAttribute, ColumnAttributeKind, ColumnDef, Generated, Identity, Storage};
pub use constraint::{
    Deferral, Exclusion, ForeignKey, KeyConstraint, MatchKind, ReferentialAction, TableConstraint,
    TableConstraintKind,
};
pub use container::{
    AlterSystem, Attach, CreateDatabase, CreateExtension, CreateSchema, Detach, Publication, PublishedTable,
    Subscription,
};
pub use data_type::{DataType, TypeArgument, TypeFamily, normalised_type_name};
pub use definition::{
    AlterDomain, AlterEnum, AlterObject, AlterType, Comment, CreateDomain, CreateType, DomainAction, Drop,
    EnumAction, ObjectAction, RenameTables, Renaming, TypeAction, TypeBody,
};
pub use expr::{Call, ColumnRef, Comparison, Conjunct, ConjunctKind, Expr, Literal};
pub use index::{CreateIndex, DropIndex, IndexClass, IndexDef, IndexKey, IndexKeyPart, IndexOption, Order};
pub use keyword::{Keyword, NamedOption, OnlineOptions, Text, Wait, Word};
pub use kind::StatementKind;
pub use name::{Ident, NameClass, ObjectName, RoleName, SpecialRole};
pub use partition::{
    PartitionAction, PartitionBound, PartitionBy, PartitionDef, PartitionMethod, PartitionOf,
};
pub use query::{
    Condition, Cte, InList, Join, Limit, Pattern, Query, QueryFacts, QueryInto, RowLock, TableRef,
};
pub use routine::{
    Body, CallRoutine, CreateEvent, CreateRoutine, CreateTrigger, DoBlock, DynamicSql, Parameter,
    ParameterMode, RoutineKind, Security, TriggerEvent, TriggerTiming,
};
pub use rows::{
    Assignment, Copy, CopyDirection, CopyEndpoint, Delete, History, Insert, InsertSource, Load, Merge,
    Update, Upsert,
};
pub use sequence::{AlterSequence, CreateSequence, SequenceOption, SequenceOptionKind};
pub use session::{
    LockTables, Maintenance, MaintenanceVerb, Pragma, Set, SetScope, Setting, TableLock, Transaction,
};
pub use statement::{CreateObject, NotAnalysed, Other, Parsed, Reason, Statement, Truncate};
pub use table::{CreateTable, LikeTable, Period, TableElement, TableOption, TableOptionKind};
pub use target::{Target, Touch};
pub use view::{CreateView, RefreshView};
pub use volatility::Volatility;
