use sluice_text::Span;

use super::{Ident, ObjectName, Text, Word};
use crate::Dialect;

/// The type of a column, parameter, domain or cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataType {
    /// The dialect's own name for it, lower case, without arguments, schema only where written: `integer` for
    /// `INT4`, `character varying` for `varchar`; see [`normalised_type_name`]. A type of the user's is folded.
    pub name: String,
    /// Words as written, without arguments; the schema of a user's type.
    pub written: ObjectName,
    /// Arguments in parentheses: length, precision and scale, enum values, a geometry's kind.
    pub arguments: Vec<TypeArgument>,
    /// Array dimensions (PostgreSQL); 0 for none.
    pub dimensions: u32,
    /// `UNSIGNED` (MySQL, MariaDB); `ZEROFILL` implies it.
    pub unsigned: Option<Span>,
    /// `ZEROFILL`.
    pub zerofill: Option<Span>,
    /// `CHARACTER SET x`, also implied by `ASCII`, `UNICODE`, `NATIONAL`.
    pub charset: Option<Word>,
    /// `COLLATE x`.
    pub collation: Option<ObjectName>,
    /// `SETOF` (PostgreSQL, results of functions).
    pub set_of: bool,
    /// Name, arguments and brackets; not charset and collation.
    pub span: Span,
}

/// One argument of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeArgument {
    /// A number; numbers that do not fit are given as words.
    Number {
        /// Its value.
        value: i64,
        /// Its place.
        span: Span,
    },
    /// A string: a value of `ENUM` or `SET`.
    Text(Text),
    /// Anything else: `geometry(Point, 4326)`, `varchar(max)`.
    Word(Ident),
}

/// Families of types that rules treat alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TypeFamily {
    Boolean,
    Integer,
    /// `serial`, `bigserial`, `smallserial` (PostgreSQL), `SERIAL` (MySQL).
    Serial,
    Decimal,
    Float,
    /// Fixed length: `char`, `binary`.
    FixedText,
    Text,
    /// `text`, `blob` and their sizes in MySQL and MariaDB: stored apart from the row.
    Lob,
    Binary,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Json,
    Uuid,
    Enum,
    Set,
    Spatial,
    /// Everything else, types of the user's included.
    Other,
}

impl TypeFamily {
    /// Family of the type that is called `name`, see [`DataType::name`].
    pub fn of(dialect: Dialect, name: &str) -> Self {
        family(dialect, name)
    }
}

impl DataType {
    /// Family of the type; arrays are [`TypeFamily::Other`].
    pub fn family(&self, dialect: Dialect) -> TypeFamily {
        if self.dimensions > 0 {
            return TypeFamily::Other;
        }
        family(dialect, &self.name)
    }

    /// The argument at `index` if it is a number: the length of a `varchar`, precision and scale of a `numeric`.
    pub fn number(&self, index: usize) -> Option<i64> {
        match self.arguments.get(index) {
            Some(TypeArgument::Number { value, .. }) => Some(*value),
            _ => None,
        }
    }

    /// The values of an `ENUM` or `SET`.
    pub fn values(&self) -> impl Iterator<Item = &Text> {
        self.arguments.iter().filter_map(|argument| match argument {
            TypeArgument::Text(text) => Some(text),
            _ => None,
        })
    }
}

/// The dialect's own name of a type: lower case, blanks single, aliases resolved (`INT8` → `bigint`;
/// `timestamp without time zone` → `timestamp`). A name that is no alias comes back in lower case.
/// Sources: PostgreSQL gram.y and pg_type; MySQL manual, "Using Data Types from Other Database Engines".
pub fn normalised_type_name(dialect: Dialect, written: &str) -> String {
    let lower = written.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let alias = match dialect {
        Dialect::Postgres => postgres_alias(lower.strip_prefix("pg_catalog.").unwrap_or(&lower)),
        Dialect::Mysql | Dialect::Mariadb => mysql_alias(&lower),
        Dialect::Sqlite => None,
    };
    alias.map_or(lower, str::to_owned)
}

fn postgres_alias(name: &str) -> Option<&'static str> {
    Some(match name {
        "int" | "int4" | "integer" => "integer",
        "int2" | "smallint" => "smallint",
        "int8" | "bigint" => "bigint",
        "serial4" | "serial" => "serial",
        "serial8" | "bigserial" => "bigserial",
        "serial2" | "smallserial" => "smallserial",
        "float4" | "real" => "real",
        "float8" | "float" | "double precision" => "double precision",
        "decimal" | "dec" | "numeric" => "numeric",
        "varchar"
        | "char varying"
        | "character varying"
        | "nchar varying"
        | "national character varying"
        | "national char varying" => "character varying",
        "char" | "bpchar" | "character" | "nchar" | "national character" | "national char" => "character",
        "bool" | "boolean" => "boolean",
        "varbit" | "bit varying" => "bit varying",
        "timestamptz" | "timestamp with time zone" => "timestamp with time zone",
        "timestamp" | "timestamp without time zone" => "timestamp",
        "timetz" | "time with time zone" => "time with time zone",
        "time" | "time without time zone" => "time",
        "text" => "text",
        "json" => "json",
        "jsonb" => "jsonb",
        "uuid" => "uuid",
        "bytea" => "bytea",
        "date" => "date",
        "interval" => "interval",
        _ => return None,
    })
}

fn mysql_alias(name: &str) -> Option<&'static str> {
    Some(match name {
        "integer" | "int4" => "int",
        "int1" | "bool" | "boolean" => "tinyint",
        "int2" => "smallint",
        "int3" | "middleint" => "mediumint",
        "int8" => "bigint",
        "dec" | "numeric" | "fixed" | "number" => "decimal",
        "float4" => "float",
        "float8" | "real" | "double precision" => "double",
        "character" | "nchar" | "national char" | "national character" => "char",
        "char varying"
        | "character varying"
        | "varcharacter"
        | "nvarchar"
        | "varchar2"
        | "national varchar"
        | "national char varying"
        | "national character varying"
        | "nchar varchar"
        | "nchar varying" => "varchar",
        "char byte" | "raw" => "binary",
        "long" | "long varchar" => "mediumtext",
        "long varbinary" => "mediumblob",
        "geomcollection" => "geometrycollection",
        _ => return None,
    })
}

fn family(dialect: Dialect, name: &str) -> TypeFamily {
    use TypeFamily as F;
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    match name {
        "boolean" | "bool" => F::Boolean,
        "smallint" | "integer" | "int" | "bigint" | "tinyint" | "mediumint" => F::Integer,
        "serial" | "bigserial" | "smallserial" => F::Serial,
        "numeric" | "decimal" | "money" => F::Decimal,
        "real" | "double precision" | "double" | "float" => F::Float,
        "character" | "char" | "binary" => F::FixedText,
        "text" | "tinytext" | "mediumtext" | "longtext" | "blob" | "tinyblob" | "mediumblob" | "longblob"
            if mysql =>
        {
            F::Lob
        }
        "character varying" | "varchar" | "text" | "citext" | "name" | "nvarchar" | "clob" => F::Text,
        "bytea" | "varbinary" | "blob" | "bit" | "bit varying" => F::Binary,
        "date" | "year" => F::Date,
        "time" | "time with time zone" => F::Time,
        // MySQL stores TIMESTAMP in UTC and converts it to the session's zone.
        "timestamp" if mysql => F::TimestampTz,
        "timestamp" | "datetime" => F::Timestamp,
        "timestamp with time zone" => F::TimestampTz,
        "interval" => F::Interval,
        "json" | "jsonb" => F::Json,
        "uuid" => F::Uuid,
        "enum" => F::Enum,
        "set" => F::Set,
        "geometry" | "geography" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" => F::Spatial,
        _ => F::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_become_the_dialects_own_name() {
        let table = [
            (Dialect::Postgres, "INT4", "integer"),
            (Dialect::Postgres, "TIMESTAMP  without time zone", "timestamp"),
            (Dialect::Postgres, "pg_catalog.int8", "bigint"),
            (Dialect::Postgres, "VarChar", "character varying"),
            (Dialect::Postgres, "citext", "citext"),
            (Dialect::Mysql, "INTEGER", "int"),
            (Dialect::Mariadb, "Double Precision", "double"),
            (Dialect::Mysql, "timestamp", "timestamp"),
            (Dialect::Sqlite, "INTEGER", "integer"),
        ];
        for (dialect, written, name) in table {
            assert_eq!(normalised_type_name(dialect, written), name, "{dialect} {written}");
        }
    }

    #[test]
    fn the_same_word_is_another_family_in_another_dialect() {
        assert_eq!(family(Dialect::Postgres, "text"), TypeFamily::Text);
        assert_eq!(family(Dialect::Mysql, "text"), TypeFamily::Lob);
        assert_eq!(family(Dialect::Postgres, "timestamp"), TypeFamily::Timestamp);
        assert_eq!(family(Dialect::Mysql, "timestamp"), TypeFamily::TimestampTz);
    }
}
