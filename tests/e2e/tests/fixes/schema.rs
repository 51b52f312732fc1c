use std::cell::RefCell;

use sluice_e2e::Project;
use sluice_testkit::{MysqlDatabase, TestDatabase, mariadb, mysql, postgres};

/// Where cases are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Postgres(u32),
    Mariadb,
    Mysql,
    Sqlite,
}

impl Server {
    /// The major version of PostgreSQL.
    pub fn major(self) -> Option<u32> {
        match self {
            Self::Postgres(major) => Some(major),
            _ => None,
        }
    }

    /// Options that tell `check` what the server is.
    pub fn options(self) -> Vec<&'static str> {
        match self {
            Self::Postgres(major) => {
                let version = ["14", "15", "16", "17", "18"][usize::try_from(major - 14).unwrap()];
                vec!["--engine", "postgres", "--server-version", version]
            }
            Self::Mariadb => vec!["--engine", "mariadb", "--server-version", "10.11"],
            Self::Mysql => vec!["--engine", "mysql", "--server-version", "9.0"],
            Self::Sqlite => vec!["--engine", "sqlite"],
        }
    }
}

/// A database of a case.
pub struct Database {
    place: Place,
    kept: RefCell<Option<Project>>,
}

enum Place {
    Postgres(TestDatabase),
    Mysql(MysqlDatabase),
    File(std::path::PathBuf),
}

impl Database {
    pub fn new(server: Server, project: &Project) -> Self {
        let place = match server {
            Server::Postgres(major) => Place::Postgres(postgres(major).database()),
            Server::Mariadb => Place::Mysql(mariadb().database()),
            Server::Mysql => Place::Mysql(mysql().expect("MySQL is installed").database()),
            Server::Sqlite => Place::File(project.create_sqlite("shop.db")),
        };
        Self { place, kept: RefCell::new(None) }
    }

    pub fn keep(&self, project: Project) {
        self.kept.replace(Some(project));
    }

    pub fn url(&self) -> String {
        match &self.place {
            Place::Postgres(database) => database.url().to_owned(),
            Place::Mysql(database) => database.url(),
            Place::File(path) => format!("sqlite:{}", path.display()),
        }
    }

    fn sql(&self, sql: &str) -> String {
        match &self.place {
            Place::Postgres(database) => database.psql(sql),
            Place::Mysql(database) => database.sql(sql),
            Place::File(_) => self.kept.borrow().as_ref().unwrap().sqlite("shop.db", sql),
        }
    }
}

/// What PostgreSQL's catalog says of everything that is no part of the ledger: no order and no identity that a user cannot see.
const POSTGRES: &str = r#"
set search_path = pg_catalog;
with ours as (
    select oid from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'sluice')
), relations as (
    select oid, oid::regclass::text as shown, relkind, relpersistence, reloptions, relispartition, relpartbound, relrowsecurity, relacl
    from pg_class where relnamespace in (select oid from ours)
), told (what) as (
    select concat_ws(' ', 'relation', shown, relkind, relpersistence, reloptions, relispartition, pg_get_expr(relpartbound, oid),
                     pg_get_partkeydef(oid), relrowsecurity, relacl, obj_description(oid, 'pg_class'))
    from relations
    union all
    select concat_ws(' ', 'column', shown, row_number() over (partition by attrelid order by attnum), attname,
                     format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), 'identity', attidentity, 'generated',
                     attgenerated, attcollation::regcollation, coalesce(attstattarget, -1), col_description(attrelid, attnum))
    from relations r join pg_attribute a on attrelid = r.oid and attnum > 0 and not attisdropped
    left join pg_attrdef d on (adrelid, adnum) = (attrelid, attnum)
    where relkind in ('r', 'p', 'v', 'm')
    union all
    select concat_ws(' ', 'constraint', conrelid::regclass, contypid::regtype, conname, contype, pg_get_constraintdef(oid), convalidated,
                     conindid::regclass, condeferrable, condeferred, conislocal, coninhcount, obj_description(oid, 'pg_constraint'))
    from pg_constraint where connamespace in (select oid from ours)
    union all
    select concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisvalid, indisunique, indisprimary, indisclustered, indisreplident)
    from pg_index where indexrelid in (select oid from relations)
    union all
    select concat_ws(' ', 'inherits', inhrelid::regclass, inhparent::regclass)
    from pg_inherits where inhrelid in (select oid from relations)
    union all
    select concat_ws(' ', 'trigger', pg_get_triggerdef(oid), tgenabled)
    from pg_trigger where not tgisinternal and tgrelid in (select oid from relations)
    union all
    select concat_ws(' ', 'function', pg_get_functiondef(oid)) from pg_proc where pronamespace in (select oid from ours)
    union all
    select concat_ws(' ', 'view', shown, pg_get_viewdef(oid)) from relations where relkind in ('v', 'm')
    union all
    select concat_ws(' ', 'sequence', seqrelid::regclass, format_type(seqtypid, null), seqincrement, seqcycle, seqstart, seqmin, seqmax,
                     (select concat_ws(' ', refobjid::regclass, refobjsubid, deptype) from pg_depend
                      where objid = seqrelid and deptype in ('a', 'i') and refclassid = 'pg_class'::regclass))
    from pg_sequence where seqrelid in (select oid from relations)
    union all
    select concat_ws(' ', 'type', oid::regtype, typtype, typnotnull, typdefault,
                     (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
    from pg_type t where typnamespace in (select oid from ours) and typtype in ('d', 'e')
)
select what from told order by what collate "C";
"#;

/// Everything that a user sees of the schema, the ledger left out.
pub fn schema(database: &Database, _project: &Project) -> String {
    match &database.place {
        Place::Postgres(_) => database.sql(POSTGRES),
        Place::Mysql(mysql) => {
            let tables = tables(database);
            let shown = tables.iter().map(|table| database.sql(&format!("show create table `{table}`")));
            // A counter's next value is no schema.
            let text = shown.collect::<Vec<_>>().join("\n").replace(mysql.name(), "db");
            text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT=")).collect::<Vec<_>>().join(" ")
        }
        Place::File(_) => database.sql(
            "select type, name, tbl_name, sql from sqlite_master where name not like 'sluice\\_%' escape '\\' \
             and tbl_name not like 'sluice\\_%' escape '\\' order by 1, 2",
        ),
    }
}

fn tables(database: &Database) -> Vec<String> {
    let query = match &database.place {
        Place::Postgres(_) => {
            "select oid::regclass from pg_class where relkind in ('r', 'm') and relnamespace in (select oid from pg_namespace \
             where nspname !~ '^pg_' and nspname not in ('information_schema', 'sluice')) order by oid::regclass::text"
        }
        Place::Mysql(_) => {
            "select table_name from information_schema.tables where table_schema = database() \
             and table_name not like 'sluice\\_%' order by 1"
        }
        Place::File(_) => {
            "select name from sqlite_master where type = 'table' and name not like 'sluice\\_%' escape '\\' \
             and name not like 'sqlite\\_%' escape '\\' order by 1"
        }
    };
    database.sql(query).lines().map(str::to_owned).collect()
}

/// All rows of all tables, or what `query` tells of them.
pub fn rows(database: &Database, _project: &Project, query: Option<&str>) -> String {
    if let Some(query) = query {
        return database.sql(query);
    }
    let mut text = String::new();
    for table in tables(database) {
        let all = match &database.place {
            Place::Postgres(_) => format!("select to_jsonb(t) from {table} t order by to_jsonb(t)::text"),
            Place::Mysql(_) => format!("select * from `{table}` order by 1"),
            Place::File(_) => format!("select * from \"{table}\" order by 1"),
        };
        text.push_str(&format!("{table}\n{}\n", database.sql(&all)));
    }
    text
}
