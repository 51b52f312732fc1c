use sluice_text::Span;

use super::{DataType, Expr, Ident, Keyword, NamedOption, ObjectName, Parsed, RoleName, Setting, Text, Word};

/// `CREATE FUNCTION`, `CREATE PROCEDURE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoutine {
    /// Function or procedure.
    pub kind: RoutineKind,
    /// Its name.
    pub name: ObjectName,
    /// `OR REPLACE`, after `CREATE`.
    pub or_replace: Keyword,
    /// `IF NOT EXISTS` (MySQL, MariaDB).
    pub if_not_exists: Keyword,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// `RETURNS type`; a trigger function returns `trigger`.
    pub returns: Option<DataType>,
    /// `RETURNS TABLE (…)`.
    pub returns_table: Vec<(Ident, DataType)>,
    /// `LANGUAGE x`; none where it is left out (SQL).
    pub language: Option<Word>,
    /// `IMMUTABLE`, `STABLE`, `VOLATILE`, `[NOT] DETERMINISTIC`.
    pub volatility: Option<Word>,
    /// `SECURITY DEFINER|INVOKER`, `SQL SECURITY …`.
    pub security: Option<Security>,
    /// `DEFINER=` (MySQL, MariaDB).
    pub definer: Option<RoleName>,
    /// `SET x = y` clauses (PostgreSQL).
    pub settings: Vec<Setting>,
    /// Where a `SET search_path = …` clause is, or would go.
    pub search_path: Keyword,
    /// `CONTAINS SQL`, `READS SQL DATA`, `STRICT`, `PARALLEL`, `COST`, `COMMENT`, `SONAME`, …
    pub options: Vec<NamedOption>,
    /// What it runs; none for a function in a library.
    pub body: Option<Body>,
}

/// Function or procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum RoutineKind {
    Function,
    Procedure,
    Aggregate,
}

/// As whom a routine or view runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Security {
    /// `DEFINER` (else `INVOKER`).
    pub definer: bool,
    /// The clause.
    pub span: Span,
}

/// A parameter of a routine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Option<Ident>,
    /// Its direction.
    pub mode: ParameterMode,
    /// Its type.
    pub data_type: Option<DataType>,
    /// Its default.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// Direction of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ParameterMode {
    In,
    Out,
    InOut,
    Variadic,
}

/// The program of a routine, trigger, event or `DO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The program without its quotes.
    pub span: Span,
    /// Lower case; `sql` where none is named and none is implied (`DO`: `plpgsql`; triggers and events: `sql`).
    pub language: String,
    /// The text between the quotes is the program byte for byte (dollar quotes, `BEGIN ATOMIC`, no quotes at
    /// all). If not, every span inside is that of the whole body.
    pub verbatim: bool,
    /// SQL statements found inside, nested blocks included, in order. Empty where the language is not understood.
    pub statements: Vec<Parsed>,
    /// SQL that is put together at run time: cannot be analysed.
    pub dynamic: Vec<DynamicSql>,
    /// The language is understood and nothing was left out but what `dynamic` says.
    pub analysed: bool,
}

impl Body {
    /// Whether it may run SQL that is not among its statements: its language is not understood, or it puts SQL together.
    pub fn hides_sql(&self) -> bool {
        !self.analysed || self.dynamic.iter().any(|dynamic| dynamic.literal.is_none())
    }
}

/// `EXECUTE expr`, `PREPARE … FROM @x`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicSql {
    /// The statement.
    pub span: Span,
    /// The SQL where it is one literal.
    pub literal: Option<Text>,
}

/// `CREATE TRIGGER`, `CREATE EVENT TRIGGER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTrigger {
    /// Its name.
    pub name: ObjectName,
    /// Its table or view; none for an event trigger.
    pub table: Option<ObjectName>,
    /// `OR REPLACE`.
    pub or_replace: Keyword,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// `CONSTRAINT TRIGGER`.
    pub constraint: bool,
    /// `TEMPORARY` (SQLite).
    pub temporary: bool,
    /// When.
    pub timing: TriggerTiming,
    /// On what.
    pub events: Vec<TriggerEvent>,
    /// `FOR EACH ROW`.
    pub for_each_row: bool,
    /// `FROM table` of a constraint trigger.
    pub referenced: Option<ObjectName>,
    /// `WHEN (…)`.
    pub when: Option<Expr>,
    /// `EXECUTE FUNCTION name`.
    pub function: Option<ObjectName>,
    /// `DEFINER=`.
    pub definer: Option<RoleName>,
    /// Its program (MySQL, MariaDB, SQLite).
    pub body: Option<Body>,
}

/// When a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
    /// Event triggers.
    Event,
}

/// What a trigger fires on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerEvent {
    /// `INSERT`.
    Insert,
    /// `UPDATE [OF columns]`.
    Update(Vec<Ident>),
    /// `DELETE`.
    Delete,
    /// `TRUNCATE`.
    Truncate,
    /// `ddl_command_start`, … of event triggers.
    Event(Ident),
}

/// `CREATE EVENT` (MySQL, MariaDB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateEvent {
    /// Its name.
    pub name: ObjectName,
    /// `OR REPLACE` (MariaDB).
    pub or_replace: Keyword,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// `DEFINER=`.
    pub definer: Option<RoleName>,
    /// The `ON SCHEDULE` clause.
    pub schedule: Span,
    /// `ENABLE` (true), `DISABLE` (false), if written.
    pub enabled: Option<bool>,
    /// `COMMENT`.
    pub comment: Option<Text>,
    /// Its program.
    pub body: Body,
}

/// `DO` (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoBlock {
    /// Its program.
    pub body: Body,
}

/// `CALL`; `DO expr` and `SELECT`-less expressions of MySQL and MariaDB are queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRoutine {
    /// The procedure.
    pub name: ObjectName,
    /// Arguments.
    pub arguments: Vec<Expr>,
}
