use serde::{Deserialize, Serialize};
use sluice_sql::Dialect;
use sluice_sql::model::{DataType, TypeArgument, TypeFamily, Volatility};

use crate::Origin;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name as the server compares it.
    pub name: String,
    /// Type; none where SQLite lets it be left out, or where it is not known.
    pub data_type: Option<ColumnType>,
    /// `NOT NULL`, also by a primary key or identity.
    pub not_null: bool,
    /// Default.
    pub default: Option<Default>,
    /// Expression that generates it.
    pub generated: Option<Generated>,
    /// Identity column: `ALWAYS` (true), `BY DEFAULT` (false).
    pub identity: Option<bool>,
    /// `AUTO_INCREMENT`, `AUTOINCREMENT`.
    pub auto_increment: bool,
    /// It has `ON UPDATE`.
    pub on_update: bool,
    /// Comment.
    pub comment: Option<String>,
    /// `INVISIBLE`.
    pub invisible: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A type with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColumnType {
    /// The dialect's own name for it, lower case, see [`DataType::name`]; a user's type without schema.
    pub name: String,
    /// Schema of a user's type, where it was written.
    pub schema: Option<String>,
    /// Arguments: numbers as written, values of an enum without quotes. Display widths of integers are left out: they change
    /// nothing, and MariaDB shows them where nobody wrote them.
    pub arguments: Vec<String>,
    /// Array dimensions.
    pub dimensions: u32,
    /// `UNSIGNED`.
    pub unsigned: bool,
    /// Charset, lower case.
    pub charset: Option<String>,
    /// Collation, lower case unless quoted.
    pub collation: Option<String>,
}

/// A default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Default {
    /// As written.
    pub text: String,
    /// One value for all rows: no function, no column.
    pub constant: bool,
    /// It calls a function that is, or may be, volatile.
    pub volatile: bool,
    /// It is `NULL`.
    pub null: bool,
}

/// How a column is generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression as written.
    pub text: String,
    /// Columns that it reads.
    pub columns: Vec<String>,
    /// Kept in the row (else computed when read).
    pub stored: bool,
}

impl Column {
    /// A column of which only the name is known.
    pub fn named(name: impl Into<String>, origin: Origin) -> Self {
        Self {
            name: name.into(),
            data_type: None,
            not_null: false,
            default: None,
            generated: None,
            identity: None,
            auto_increment: false,
            on_update: false,
            comment: None,
            invisible: false,
            origin,
        }
    }

    /// Whether a row can be inserted that does not name it.
    pub fn may_be_left_out(&self) -> bool {
        !self.not_null
            || self.default.as_ref().is_some_and(|default| !default.null)
            || self.generated.is_some()
            || self.identity.is_some()
            || self.auto_increment
    }
}

impl ColumnType {
    /// From a statement.
    pub fn of(dialect: Dialect, data_type: &DataType) -> Self {
        let user_schema = data_type.written.schema().map(|schema| schema.folded(dialect).into_owned());
        let schema = user_schema.filter(|schema| schema != "pg_catalog");
        let name = match schema {
            Some(_) => data_type.written.name.folded(dialect).into_owned(),
            None => data_type.name.clone(),
        };
        let widths = matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
            && data_type.family(dialect) == TypeFamily::Integer;
        let arguments: &[TypeArgument] = if widths { &[] } else { &data_type.arguments };
        Self {
            name,
            schema,
            arguments: arguments.iter().map(argument).collect(),
            dimensions: data_type.dimensions,
            unsigned: data_type.unsigned.is_some(),
            charset: data_type.charset.as_ref().map(|word| word.text.to_ascii_lowercase()),
            collation: data_type.collation.as_ref().map(|name| name.name.folded(dialect).into_owned()),
        }
    }

    /// The argument at `index` as a number.
    pub fn number(&self, index: usize) -> Option<i64> {
        self.arguments.get(index)?.parse().ok()
    }

    /// Family of the type; arrays are [`TypeFamily::Other`].
    pub fn family(&self, dialect: Dialect) -> TypeFamily {
        if self.dimensions > 0 { TypeFamily::Other } else { TypeFamily::of(dialect, &self.name) }
    }
}

/// For messages: `character varying(20)`, `int unsigned`, `text[]`.
impl std::fmt::Display for ColumnType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = self.schema.as_deref().filter(|schema| *schema != "public") {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)?;
        if !self.arguments.is_empty() {
            write!(f, "({})", self.arguments.join(","))?;
        }
        if self.unsigned {
            f.write_str(" unsigned")?;
        }
        (0..self.dimensions).try_for_each(|_| f.write_str("[]"))
    }
}

impl Default {
    /// From a statement.
    pub fn of(dialect: Dialect, text: &str, expr: &sluice_sql::model::Expr) -> Self {
        Self {
            text: expr.span.slice(text).to_owned(),
            constant: expr.is_constant(),
            volatile: expr.volatility(dialect) >= Volatility::Unknown,
            null: expr.is_null(),
        }
    }
}

fn argument(argument: &TypeArgument) -> String {
    match argument {
        TypeArgument::Number { value, .. } => value.to_string(),
        TypeArgument::Text(text) => text.value.clone(),
        TypeArgument::Word(word) => word.text.to_ascii_lowercase(),
    }
}
