//! Forecasts against what servers were seen to accept (MariaDB 10.11) and to refuse (SQLite), and against MySQL's manual.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::path::PathBuf;

use serde_json::Value;
use sluice_review::{
    Algorithm, Forecast, LockMode, Online, OnlineLock, Question, ServerVersion, Session, WorkKind, apply,
    forecast,
};
use sluice_schema::{Origin, Schema};
use sluice_sql::Dialect;
use sluice_text::Span;

struct Database {
    schema: Schema,
    session: Session,
    version: ServerVersion,
}

impl Database {
    fn new(dialect: Dialect, version: &str, sql: &str) -> Self {
        let mut schema = Schema::empty(dialect);
        schema.charset = Some("utf8mb4".to_owned());
        let mut database = Self { schema, session: Session::default(), version: version.parse().unwrap() };
        for statement in sql.split(";\n").filter(|one| !one.trim().is_empty()) {
            database.run(statement);
        }
        database
    }

    fn run(&mut self, sql: &str) {
        let parsed = sluice_sql::parse(self.schema.dialect(), sql, Span::new(0, sql.len()));
        assert!(parsed.not_analysed.is_empty(), "{sql}: {:?}", parsed.not_analysed);
        apply(&mut self.schema, &mut self.session, sql, &parsed.statement, Origin::default());
    }

    fn forecast(&self, sql: &str) -> Forecast {
        let parsed = sluice_sql::parse(self.schema.dialect(), sql, Span::new(0, sql.len()));
        assert!(parsed.not_analysed.is_empty(), "{sql}: {:?}", parsed.not_analysed);
        forecast(&Question {
            text: sql,
            statement: &parsed.statement,
            schema: &self.schema,
            version: self.version,
            session: &self.session,
        })
    }
}

/// The best pair as the files write it.
fn pair(online: Option<Online>) -> Option<(String, String)> {
    let word = |value: Value| value.as_str().unwrap().to_owned();
    online.map(|online| {
        (
            word(serde_json::to_value(online.algorithm).unwrap()),
            word(serde_json::to_value(online.lock).unwrap()),
        )
    })
}

const FIRST: &str = "
create table parent(id bigint auto_increment primary key, code varchar(20) not null, unique key uc(code)) engine=innodb;
create table t(id bigint auto_increment primary key, a int, b varchar(50), v10 varchar(10), v60 varchar(60), v200 varchar(200), v3 varchar(300), txt text, n decimal(10,2), dt datetime, ts timestamp null, e enum('a','b','c'), s set('a','b','c'), parent_id bigint, nn int not null default 1, f float, g int as (nn+1) virtual, gs int as (nn+2) stored, ck int, latin varchar(20) character set latin1, u3 varchar(20) character set utf8mb3, key ka(a), key kb(b), key kab(a,b), key kp(parent_id), unique key u1(nn,id), constraint fkp foreign key (parent_id) references parent(id), constraint ckc check (ck>0)) engine=innodb;
create table nopk(id int not null, x int) engine=innodb;
create table ft(id int primary key, body text, fulltext key fk(body)) engine=innodb;
create table part(id int, r int, primary key(id,r)) engine=innodb partition by range(r) (partition p0 values less than (100), partition p1 values less than (200));
create view tv as select id,a from t;
";

const SECOND: &str = "
create table t(id bigint auto_increment primary key, a int, b varchar(50), dt datetime, c int, ck int, key ka(a), key kb(b));
create table pr(id int, r int, primary key(id,r)) partition by range(r) (partition p0 values less than (100), partition p1 values less than (200));
create table child(id int primary key, t_id bigint, key(t_id), constraint f foreign key (t_id) references t(id));
";

/// Rows that agree and rows that were asked for; none where the file is not there.
fn walk(file: &str, fixture: &str, partitioned: &str) -> Option<(usize, usize, String)> {
    let folder = std::env::var_os("SLUICE_FACTS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/facts")),
        PathBuf::from,
    );
    let path = folder.join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there; SLUICE_FACTS names the folder that has it", path.display());
        return None;
    };
    let rows: Value = serde_json::from_str(&text).unwrap();
    let (mut agreeing, mut total, mut unmeasured, mut wrong) = (0, 0, 0, String::new());
    for (key, row) in rows.as_object().unwrap() {
        let Some(ddl) = row["ddl"].as_str() else { continue };
        let is_partition = ddl.contains("partition");
        let (form, table) =
            key.split_once('@').unwrap_or((key, if is_partition { partitioned } else { "t" }));
        let mut database = Database::new(Dialect::Mariadb, "10.11.19", fixture);
        if form.ends_with("_checks_off") {
            database.run("set foreign_key_checks=0");
            database.run("set check_constraint_checks=0");
        }
        let forecast = database.forecast(&format!("alter table {table} {ddl}"));
        // Partition forms were not measured: nothing may be claimed of them.
        if is_partition {
            assert!(forecast.online.is_none() && forecast.refused.is_none(), "{ddl}: {forecast:?}");
            unmeasured += 1;
            continue;
        }
        total += 1;
        let best = row["best"]
            .as_array()
            .map(|best| (best[0].as_str().unwrap().to_owned(), best[1].as_str().unwrap().to_owned()));
        let agrees = match &best {
            Some(_) => pair(forecast.online) == best && forecast.refused.is_none(),
            None => forecast.refused.is_some(),
        };
        if agrees {
            agreeing += 1;
        } else {
            wrong.push_str(&format!(
                "{key}: {ddl}: server {best:?}, forecast {:?} {:?}\n",
                forecast.online, forecast.refused
            ));
        }
    }
    println!("{file}: {agreeing} of {total} rows agree, {unmeasured} are not measured");
    Some((agreeing, total, wrong))
}

#[test]
fn mariadb_runs_every_measured_form_as_forecast() {
    let Some((agreeing, total, wrong)) = walk("mariadb_10_11_matrix.json", FIRST, "part") else { return };
    assert!(agreeing == total && total >= 80, "{agreeing} of {total}\n{wrong}");
}

#[test]
fn mariadb_runs_the_forms_on_a_plain_table_as_forecast() {
    let Some((agreeing, total, wrong)) = walk("mariadb_10_11_matrix2.json", SECOND, "pr") else { return };
    assert!(agreeing == total && total >= 12, "{agreeing} of {total}\n{wrong}");
}

/// `mysql.md`: statement, version, algorithm, lock, rebuild.
#[test]
fn mysql_runs_each_operation_as_its_manual_says() {
    use Algorithm::{Copy, Inplace, Instant};
    use OnlineLock::{None as Open, Shared};
    let fixture = "
create table parent(id bigint primary key);
create table t(id bigint primary key, a int, b varchar(50), n int not null, w varchar(100), e enum('a','b'), g int as (a+1) virtual, s int as (a+2) stored, parent_id bigint, key ka(a), key kp(parent_id), constraint fk foreign key (parent_id) references parent(id), constraint ck check (a > 0));
create table ft(id bigint primary key, body text, x int, fulltext key k(body));
create table u(id bigint primary key, t_id bigint, r int, key(t_id), foreign key (t_id) references t(id));
create table nopk(id bigint not null);
create table packed(id bigint primary key) row_format=compressed;
";
    let table = [
        ("8.4.0", "create index z on t(n)", Inplace, Open, false),
        ("8.4.0", "alter table t add index z(n)", Inplace, Open, false),
        ("8.4.0", "drop index ka on t", Inplace, Open, false),
        ("8.4.0", "alter table t rename index ka to kb", Inplace, Open, false),
        ("8.4.0", "create fulltext index z on t(b)", Inplace, Shared, true),
        ("8.4.0", "create fulltext index z on ft(body)", Inplace, Shared, false),
        ("8.4.0", "alter table nopk add primary key(id)", Inplace, Open, true),
        ("8.4.0", "alter table u drop primary key, add primary key(id, r)", Inplace, Open, true),
        ("8.4.0", "alter table u drop primary key", Copy, Shared, true),
        ("8.0.12", "alter table u add column z int", Instant, Open, false),
        ("8.0", "alter table u add column z int", Instant, Open, false),
        ("8.0.11", "alter table u add column z int", Inplace, Open, true),
        ("8.0.28", "alter table u add column z int first", Inplace, Open, true),
        ("8.0.29", "alter table u add column z int first", Instant, Open, false),
        ("9.1.0", "alter table u add column z int after id", Instant, Open, false),
        ("8.4.0", "alter table nopk add column z bigint auto_increment primary key", Inplace, Shared, true),
        ("8.4.0", "alter table ft add column z int", Inplace, Shared, true),
        ("8.4.0", "alter table packed add column z int", Inplace, Open, true),
        ("8.4.0", "alter table u add column z varchar(40) default (uuid())", Inplace, Open, true),
        ("8.4.0", "alter table u add column z datetime not null", Inplace, Open, true),
        (
            "8.4.0",
            "alter table u add column z datetime not null default current_timestamp",
            Instant,
            Open,
            false,
        ),
        ("8.4.0", "alter table u add column z int references parent(id)", Instant, Open, false),
        ("8.0.28", "alter table u drop column r", Inplace, Open, true),
        ("8.0.29", "alter table u drop column r", Instant, Open, false),
        ("8.0.29", "alter table t drop column a", Inplace, Open, true),
        ("8.0.27", "alter table u rename column r to z", Inplace, Open, false),
        ("8.0.28", "alter table u rename column r to z", Instant, Open, false),
        ("8.0.28", "alter table t rename column id to z", Inplace, Open, false),
        ("8.4.0", "alter table u modify r int after id", Inplace, Open, true),
        ("8.4.0", "alter table u alter column r set default 3", Instant, Open, false),
        ("8.4.0", "alter table u alter column r drop default", Instant, Open, false),
        ("8.4.0", "alter table u modify r bigint", Copy, Shared, true),
        ("8.4.0", "alter table t modify b varchar(60)", Inplace, Open, false),
        ("8.4.0", "alter table t modify b varchar(64)", Copy, Shared, true),
        ("8.4.0", "alter table t modify w varchar(300)", Inplace, Open, false),
        ("8.4.0", "alter table t modify w varchar(20)", Copy, Shared, true),
        ("8.4.0", "alter table u modify r int not null", Inplace, Open, true),
        ("8.4.0", "alter table t modify n int null", Inplace, Open, true),
        ("8.4.0", "alter table t modify e enum('a','b','c')", Instant, Open, false),
        ("8.4.0", "alter table t modify e enum('a','c','b')", Copy, Shared, true),
        ("8.4.0", "alter table u add column z int as (r+1) virtual", Instant, Open, false),
        ("8.4.0", "alter table t drop column g", Instant, Open, false),
        ("8.4.0", "alter table u add column z int as (r+1) stored", Copy, Shared, true),
        ("8.4.0", "alter table t drop column s", Inplace, Open, true),
        ("8.4.0", "alter table u add foreign key (r) references parent(id)", Copy, Shared, true),
        ("8.4.0", "alter table t drop foreign key fk", Inplace, Open, false),
        ("8.4.0", "alter table u add check (r > 0)", Copy, Shared, true),
        ("8.4.0", "alter table u rename to v", Instant, Open, false),
        ("8.4.0", "alter table u convert to character set utf8mb4", Copy, Shared, true),
        ("8.4.0", "alter table u force", Inplace, Open, true),
        ("8.4.0", "alter table u row_format=dynamic", Inplace, Open, true),
        ("8.4.0", "optimize table u", Inplace, Open, true),
        // The worst of its actions; what is not instant any more writes the table anew.
        ("8.4.0", "alter table u add column z int, add index (r)", Inplace, Open, true),
        ("8.4.0", "alter table u add column z int, modify r bigint", Copy, Shared, true),
        // A table of which nothing is known is a plain one.
        ("8.4.0", "alter table elsewhere add column z int", Instant, Open, false),
    ];
    let mut wrong = String::new();
    for (version, sql, algorithm, lock, rebuild) in table {
        let database = Database::new(Dialect::Mysql, version, fixture);
        let online = database.forecast(sql).online;
        if online != Some(Online { algorithm, lock, rebuild }) {
            wrong.push_str(&format!("{version} {sql}: {online:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_foreign_key_that_is_not_checked_is_added_in_place() {
    let mut database = Database::new(
        Dialect::Mysql,
        "8.4.0",
        "create table p(id bigint primary key);\ncreate table t(id bigint primary key, p bigint, key (p))",
    );
    database.run("set foreign_key_checks=0");
    let forecast = database.forecast("alter table t add foreign key (p) references p(id)");
    let online = Online { algorithm: Algorithm::Inplace, lock: OnlineLock::None, rebuild: false };
    assert_eq!(forecast.online, Some(online));
    assert!(!forecast.does(WorkKind::ForeignKeyCheck));
}

#[test]
fn locks_and_work_say_the_same_as_algorithm_and_lock() {
    let database = Database::new(Dialect::Mariadb, "10.11", FIRST);
    let table = [
        ("alter table t add column z int", LockMode::ShareUpdateExclusive, vec![]),
        ("alter table t add index z(dt)", LockMode::ShareUpdateExclusive, vec![WorkKind::IndexBuild]),
        ("alter table t force", LockMode::ShareUpdateExclusive, vec![WorkKind::Rewrite]),
        ("alter table ft add fulltext z(body)", LockMode::Share, vec![WorkKind::IndexBuild]),
        ("alter table t modify ck bigint", LockMode::Share, vec![WorkKind::Rewrite]),
        ("alter table t rename to t2", LockMode::AccessExclusive, vec![]),
        ("alter table t add column z int, algorithm=copy", LockMode::Share, vec![WorkKind::Rewrite]),
    ];
    for (sql, mode, work) in table {
        let forecast = database.forecast(sql);
        assert_eq!(forecast.locks[0].mode, mode, "{sql}");
        assert_eq!(forecast.work.iter().map(|work| work.kind).collect::<Vec<_>>(), work, "{sql}");
    }
}

#[test]
fn rows_cost_nothing_and_nothing_is_claimed_of_them() {
    for dialect in [Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite] {
        let database = Database::new(dialect, "10.11", "create table t(id int primary key)");
        let forecast = database.forecast("insert into t values (1), (2)");
        assert!(forecast.locks.is_empty() && forecast.work.is_empty() && forecast.online.is_none());
    }
}

/// Each row of `sqlite.md` that the schema decides: statement, server's words.
#[test]
fn sqlite_refuses_what_it_was_seen_to_refuse_in_its_own_words() {
    let fixture = "
create table o(id integer primary key);
create table t(id integer primary key, email text not null unique, name, status not null default 'new', age, o_id references o(id), x, y, unique(x, y));
create index t_name on t(name);
";
    let table = [
        ("add column z", None),
        ("add column z default 5", None),
        ("add column z not null default 1", None),
        ("add column z default (datetime())", Some("Cannot add a column with non-constant default")),
        ("add column z default current_timestamp", Some("Cannot add a column with non-constant default")),
        ("add column z not null", Some("Cannot add a NOT NULL column with default value NULL")),
        ("add column z check (z > 0)", None),
        ("add column z unique", Some("Cannot add a UNIQUE column")),
        ("add column z primary key", Some("Cannot add a PRIMARY KEY column")),
        ("add column z references o(id)", None),
        (
            "add column z default 1 references o(id)",
            Some("Cannot add a REFERENCES column with non-NULL default value"),
        ),
        ("add column z generated always as (age) virtual", None),
        ("add column z generated always as (age) stored", Some("cannot add a STORED column")),
        ("drop column age", None),
        ("drop column o_id", None),
        ("drop column name", Some("error in index t_name after drop column: no such column: name")),
        // 3.40.1 has words of its own for a column that is unique by itself.
        ("drop column email", Some("cannot drop UNIQUE column: \"email\"")),
        ("drop column x", Some("error in table t after drop column: no such column: x")),
        ("drop column id", Some("cannot drop PRIMARY KEY column: \"id\"")),
        ("add column z default (1+2)", Some("Cannot add a column with non-constant default")),
        ("add column z default (-1)", None),
        ("rename column age to years", None),
        ("rename to t2", None),
    ];
    let database = Database::new(Dialect::Sqlite, "3.40.1", fixture);
    for (action, words) in table {
        let forecast = database.forecast(&format!("alter table t {action}"));
        assert_eq!(forecast.refused.as_deref(), words, "{action}");
        assert_eq!(forecast.locks[0].mode, LockMode::Exclusive, "{action}");
        assert_eq!(forecast.does(WorkKind::Rewrite), action.starts_with("drop column"), "{action}");
    }
    assert!(database.forecast("create index z on t(age)").does(WorkKind::IndexBuild));
    assert!(database.forecast("vacuum").does(WorkKind::Rewrite));
}

#[test]
fn what_a_statement_states_is_refused_or_obeyed() {
    let sql = "create table u(id bigint primary key, r int)";
    let mysql = Database::new(Dialect::Mysql, "8.4.0", sql);
    let forecast = mysql.forecast("alter table u add column z int, algorithm=inplace, lock=none");
    let rebuild = Online { algorithm: Algorithm::Inplace, lock: OnlineLock::None, rebuild: true };
    assert_eq!((forecast.online, forecast.refused), (Some(rebuild), None));
    let refusals = [
        (
            "add column z int, algorithm=instant, lock=none",
            "Incorrect usage of ALGORITHM=INSTANT and LOCK=NONE",
        ),
        (
            "modify r bigint, algorithm=inplace",
            "ALGORITHM=INPLACE is not supported for this operation. Try ALGORITHM=COPY",
        ),
        ("modify r bigint, lock=none", "LOCK=NONE is not supported for this operation. Try LOCK=SHARED"),
    ];
    for (action, words) in refusals {
        let forecast = mysql.forecast(&format!("alter table u {action}"));
        assert_eq!(forecast.refused.as_deref(), Some(words), "{action}");
    }
}

#[test]
fn mariadb_copies_beside_writers_since_11_2() {
    let sql = "create table u(id bigint primary key, r int)";
    for (version, lock) in
        [("10.6", OnlineLock::Shared), ("11.1", OnlineLock::Shared), ("11.4", OnlineLock::None)]
    {
        let forecast =
            Database::new(Dialect::Mariadb, version, sql).forecast("alter table u modify r bigint");
        assert_eq!(forecast.online.map(|online| online.lock), Some(lock), "{version}");
    }
}
