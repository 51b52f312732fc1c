use std::collections::BTreeSet;

use sluice_sql::Dialect;

use crate::layout::Layout;

/// How the history of a tool is found and read on one dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whose history. dbmate's and Rails' tables look the same: both are [`Layout::Dbmate`] here.
    pub tool: Layout,
    /// The dialect of the queries.
    pub dialect: Dialect,
    /// The table, qualified where it is not in the current schema, for people.
    pub table: String,
    /// SQLite: the file that holds the table, in the directory of the database; the database itself without it.
    pub beside: Option<&'static str>,
    /// Answers one row with one column: `1` if the table is there with the tool's columns, otherwise `0`.
    pub exists_sql: String,
    /// Reads the rows in the order in which they were written, every column as text.
    pub read_sql: String,
    /// Answers a row if the table says that something is applied. Tools also write rows about themselves.
    pub used_sql: String,
    /// The table may be about something else: it is kept once for all databases of the server, or in a schema that may be
    /// another application's.
    pub shared: bool,
}

impl HistoryQuery {
    /// The tools whose history it may be.
    pub fn tools(&self) -> &'static [Layout] {
        match self.tool {
            Layout::Flyway => &[Layout::Flyway],
            Layout::Liquibase => &[Layout::Liquibase],
            Layout::GolangMigrate => &[Layout::GolangMigrate],
            Layout::Goose => &[Layout::Goose],
            Layout::Dbmate | Layout::Rails => &[Layout::Dbmate, Layout::Rails],
            Layout::Atlas => &[Layout::Atlas],
            Layout::Sqitch => &[Layout::Sqitch],
            Layout::Prisma => &[Layout::Prisma],
            Layout::Diesel => &[Layout::Diesel],
            Layout::Sqlx => &[Layout::Sqlx],
            Layout::Drizzle => &[Layout::Drizzle],
            Layout::Native | Layout::Bytebase => &[],
        }
    }
}

/// A table of this name in more schemas than this is nobody's history.
const MOST_SCHEMAS: usize = 8;

/// Type of a column, for reading it as text.
#[derive(Clone, Copy)]
enum Column {
    /// Text or number.
    Plain(&'static str),
    /// A moment with its zone.
    Moment(&'static str),
    /// A moment without zone, taken as UTC.
    LocalMoment(&'static str),
    /// Bytes, read as hexadecimal digits.
    Bytes(&'static str),
}

use Column::{Bytes, LocalMoment, Moment, Plain};

#[derive(Clone)]
struct Table {
    tool: Layout,
    schema: Option<String>,
    /// It lies in a schema where the tool keeps it only if it is told to.
    elsewhere: bool,
    name: &'static str,
    columns: &'static [Column],
    /// A column that this tool's table does not have.
    without: Option<&'static str>,
    /// SQLite: the file that holds it.
    beside: Option<&'static str>,
    order: &'static str,
    /// A column and what holds of it in rows about changes, where the tool writes others, too.
    about_changes: Option<(&'static str, &'static str)>,
}

impl Table {
    fn new(tool: Layout, name: &'static str, columns: &'static [Column], order: &'static str) -> Self {
        Self {
            tool,
            schema: None,
            elsewhere: false,
            name,
            columns,
            without: None,
            beside: None,
            order,
            about_changes: None,
        }
    }

    fn within(self, schema: &str) -> Self {
        Self { schema: Some(schema.to_owned()), ..self }
    }

    fn elsewhere(self, schema: &str) -> Self {
        Self { elsewhere: true, ..self.within(schema) }
    }

    fn where_row(self, column: &'static str, condition: &'static str) -> Self {
        Self { about_changes: Some((column, condition)), ..self }
    }
}

const FLYWAY: &[Column] = &[
    Plain("version"),
    Plain("type"),
    Plain("script"),
    Plain("checksum"),
    LocalMoment("installed_on"),
    Plain("success"),
];
const GOLANG_MIGRATE: &[Column] = &[Plain("version"), Plain("dirty")];
const VERSIONS: &[Column] = &[Plain("version")];
const GOOSE: &[Column] = &[Plain("version_id"), Plain("is_applied"), LocalMoment("tstamp")];
const LIQUIBASE: &[Column] = &[
    Plain("id"),
    Plain("author"),
    Plain("filename"),
    Plain("md5sum"),
    Plain("exectype"),
    LocalMoment("dateexecuted"),
];
const ATLAS: &[Column] = &[
    Plain("version"),
    Plain("type"),
    Plain("applied"),
    Plain("total"),
    Plain("hash"),
    Moment("executed_at"),
];
const SQITCH: &[Column] = &[Plain("change"), Plain("script_hash"), Moment("committed_at"), Plain("project")];
const PRISMA: &[Column] =
    &[Plain("migration_name"), Plain("checksum"), Moment("finished_at"), Plain("rolled_back_at")];
const DIESEL: &[Column] = &[Plain("version"), LocalMoment("run_on")];
const SQLX: &[Column] = &[Plain("version"), Bytes("checksum"), Moment("installed_on"), Plain("success")];
const DRIZZLE: &[Column] = &[Plain("hash"), Plain("created_at")];

/// The queries for every tool that keeps its history in databases of this dialect, also in `schemas`, which [`glance`] has
/// found. More than one may find a table.
pub fn queries(dialect: Dialect, schemas: &[String]) -> Vec<HistoryQuery> {
    let usual = tables(dialect);
    let elsewhere = schemas.iter().flat_map(|schema| {
        let movable = usual.iter().filter(|table| table.schema.is_none() && table.beside.is_none());
        movable.map(|table| table.clone().elsewhere(schema))
    });
    usual.iter().cloned().chain(elsewhere).map(|table| query(dialect, &table)).collect()
}

/// A query that answers rows if a table has the name of one of [`queries`], those beside the database left out: it costs
/// less than asking for each. What a row says is the schema to give to [`queries`], or nothing for a usual place.
pub fn glance(dialect: Dialect) -> String {
    let tables = tables(dialect);
    let names = |schema: Option<&str>| {
        let tables =
            tables.iter().filter(|table| table.schema.as_deref() == schema && table.beside.is_none());
        let mut names: Vec<String> = tables.map(|table| format!("'{}'", table.name)).collect();
        names.dedup();
        names.join(", ")
    };
    let schemas: BTreeSet<&str> = tables.iter().filter_map(|table| table.schema.as_deref()).collect();
    match dialect {
        Dialect::Sqlite => {
            format!("select '' from sqlite_master where lower(name) in ({}) limit 1", names(None))
        }
        Dialect::Postgres => {
            let mut places = vec![format!("c.relname in ({}) and n.nspname !~ '^pg_'", names(None))];
            places.extend(
                schemas.into_iter().map(|schema| {
                    format!("c.relname in ({}) and n.nspname = '{schema}'", names(Some(schema)))
                }),
            );
            format!(
                "select distinct case when n.nspname = any (current_schemas(false)) then '' else n.nspname end \
                 from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                 where c.relkind in ('r', 'p') and ({}) order by 1 limit {MOST_SCHEMAS}",
                places.join(" or ")
            )
        }
        Dialect::Mysql | Dialect::Mariadb => {
            let place = |schema: &str, names: String| {
                format!(
                    "select '' from information_schema.tables where table_schema = {schema} and table_name in ({names})"
                )
            };
            let mut places = vec![place("database()", names(None))];
            places
                .extend(schemas.into_iter().map(|schema| place(&format!("'{schema}'"), names(Some(schema)))));
            format!("{} limit 1", places.join(" union all "))
        }
    }
}

fn tables(dialect: Dialect) -> Vec<Table> {
    let is_mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let liquibase = if is_mysql { "DATABASECHANGELOG" } else { "databasechangelog" };
    // It records that it made the schema.
    let flyway =
        |name| Table::new(Layout::Flyway, name, FLYWAY, "installed_rank").where_row("type", "<> 'SCHEMA'");
    // A row whose version begins with a dot says which Atlas it was.
    let atlas = || {
        Table::new(Layout::Atlas, "atlas_schema_revisions", ATLAS, "executed_at")
            .where_row("version", "not like '.%'")
    };
    let mut tables = vec![
        flyway("flyway_schema_history"),
        // Its name before Flyway 5.
        flyway("schema_version"),
        Table::new(Layout::GolangMigrate, "schema_migrations", GOLANG_MIGRATE, "version"),
        Table {
            without: Some("dirty"),
            ..Table::new(Layout::Dbmate, "schema_migrations", VERSIONS, "version")
        },
        // It begins with a row for version 0.
        Table::new(Layout::Goose, "goose_db_version", GOOSE, "id").where_row("version_id", "> 0"),
        Table::new(Layout::Liquibase, liquibase, LIQUIBASE, "orderexecuted"),
        atlas(),
        Table::new(Layout::Prisma, "_prisma_migrations", PRISMA, "started_at")
            .where_row("rolled_back_at", "is null"),
        Table::new(Layout::Diesel, "__diesel_schema_migrations", DIESEL, "version"),
        Table::new(Layout::Sqlx, "_sqlx_migrations", SQLX, "version"),
    ];
    let drizzle = Table::new(Layout::Drizzle, "__drizzle_migrations", DRIZZLE, "created_at");
    match dialect {
        Dialect::Postgres => {
            tables.push(drizzle.clone().within("drizzle"));
            tables.push(drizzle);
            tables.push(atlas().within("atlas_schema_revisions"));
            tables.push(Table::new(Layout::Sqitch, "changes", SQITCH, "committed_at").within("sqitch"));
        }
        Dialect::Mysql | Dialect::Mariadb => {
            tables.push(drizzle);
            tables.push(Table::new(Layout::Sqitch, "changes", SQITCH, "committed_at").within("sqitch"));
        }
        Dialect::Sqlite => {
            tables.push(drizzle);
            let sqitch = Table::new(Layout::Sqitch, "changes", SQITCH, "committed_at");
            tables.push(Table { beside: Some("sqitch.db"), ..sqitch });
        }
    }
    tables
}

fn query(dialect: Dialect, table: &Table) -> HistoryQuery {
    let quoted = match &table.schema {
        Some(schema) => format!("{}.{}", quote(dialect, schema), quote(dialect, table.name)),
        None => quote(dialect, table.name),
    };
    let columns: Vec<String> = table.columns.iter().map(|column| as_text(dialect, *column)).collect();
    HistoryQuery {
        tool: table.tool,
        dialect,
        table: match (&table.schema, table.beside) {
            (Some(schema), _) => format!("{schema}.{}", table.name),
            (None, Some(file)) => format!("{} in {file}", table.name),
            (None, None) => table.name.to_owned(),
        },
        beside: table.beside,
        exists_sql: exists(dialect, table),
        read_sql: format!(
            "select {} from {quoted} order by {}",
            columns.join(", "),
            quote(dialect, table.order)
        ),
        used_sql: match table.about_changes {
            Some((column, condition)) => {
                format!("select 1 from {quoted} where {} {condition} limit 1", quote(dialect, column))
            }
            None => format!("select 1 from {quoted} limit 1"),
        },
        shared: table.elsewhere
            || (table.schema.is_some() && matches!(dialect, Dialect::Mysql | Dialect::Mariadb)),
    }
}

fn exists(dialect: Dialect, table: &Table) -> String {
    let column = if dialect == Dialect::Sqlite { "lower(name)" } else { "lower(column_name)" };
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|(Plain(name) | Moment(name) | LocalMoment(name) | Bytes(name))| format!("'{name}'"))
        .collect();
    let mut condition = format!(
        "count(distinct case when {column} in ({}) then {column} end) = {}",
        names.join(", "),
        names.len()
    );
    if let Some(without) = table.without {
        condition.push_str(&format!(" and count(case when {column} = '{without}' then 1 end) = 0"));
    }
    let source = match (dialect, &table.schema) {
        (Dialect::Sqlite, _) => format!("pragma_table_info('{}')", table.name),
        // The information schema hides what the user may not read: that is not the same as having no history.
        (Dialect::Postgres, schema) => {
            let schema = schema.as_ref().map_or_else(
                || "any (current_schemas(false))".to_owned(),
                |schema| format!("'{}'", schema.replace('\'', "''")),
            );
            format!(
                "(select attname as column_name from pg_attribute a join pg_class c on c.oid = a.attrelid \
                 join pg_namespace n on n.oid = c.relnamespace \
                 where n.nspname = {schema} and c.relname = '{}' and a.attnum > 0 and not a.attisdropped) as columns",
                table.name
            )
        }
        (_, None) => format!(
            "information_schema.columns where table_schema = database() and table_name = '{}'",
            table.name
        ),
        (_, Some(schema)) => format!(
            "information_schema.columns where table_schema = '{schema}' and table_name = '{}'",
            table.name
        ),
    };
    format!("select case when {condition} then '1' else '0' end from {source}")
}

/// The column as text; moments as RFC 3339 in UTC.
fn as_text(dialect: Dialect, column: Column) -> String {
    let (Plain(name) | Moment(name) | LocalMoment(name) | Bytes(name)) = column;
    let quoted = quote(dialect, name);
    match (dialect, column) {
        (Dialect::Postgres, Plain(_)) => format!("{quoted}::text"),
        (Dialect::Postgres, Moment(_)) => {
            format!("to_char({quoted} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
        (Dialect::Postgres, LocalMoment(_)) => {
            format!("to_char({quoted}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
        (Dialect::Postgres, Bytes(_)) => format!("encode({quoted}, 'hex')"),
        (Dialect::Mysql | Dialect::Mariadb, Plain(_)) => format!("cast({quoted} as char)"),
        (Dialect::Mysql | Dialect::Mariadb, Moment(_) | LocalMoment(_)) => {
            format!("date_format({quoted}, '%Y-%m-%dT%H:%i:%s.%fZ')")
        }
        (Dialect::Sqlite, Plain(_)) => format!("cast({quoted} as text)"),
        (Dialect::Sqlite, Moment(_) | LocalMoment(_)) => {
            // Prisma writes milliseconds since 1970, the others text.
            format!(
                "case typeof({quoted}) when 'integer' then strftime('%Y-%m-%dT%H:%M:%fZ', {quoted} / 1000.0, 'unixepoch') \
                 else coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', {quoted}), cast({quoted} as text)) end"
            )
        }
        (Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite, Bytes(_)) => format!("lower(hex({quoted}))"),
    }
}

fn quote(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Mysql | Dialect::Mariadb => format!("`{}`", name.replace('`', "``")),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}
