//! Schemas as facts: the same whatever the database is called, who asks and how many rows there are.

use sluice_engine::Database;
use sluice_facts::{Diff, FactId, Kind, Snapshot};
use sluice_mysql::Mysql;
use sluice_testkit::MysqlDatabase;

use crate::stage::{connect_to, databases, execute, open, try_open, value};

const SCHEMA: &str = "\
create table p (id int primary key, code varchar(10) not null unique);
create table c (id int auto_increment primary key, p int, name varchar(20) default 'x', foreign key (p) references p (id));
create function twice(n int) returns int deterministic return n * 2;
create view v as select id, twice(p) as d from c;
create trigger t before insert on c for each row set new.name = upper(new.name);
create procedure r() select count(*) from v;
create event e on schedule every 1 day do delete from c;
";

async fn read(database: &MysqlDatabase) -> Snapshot {
    open(database).await.facts().await.unwrap()
}

#[tokio::test]
async fn databases_of_two_names_with_the_same_in_them_are_equal() {
    for database in databases() {
        let other = database.server().database();
        // Everything of the one names its database.
        let named = SCHEMA
            .replace("table c", &format!("table {}.c", database.name()))
            .replace("from c", &format!("from {}.c", database.name()))
            .replace("twice(p)", &format!("{}.twice(p)", database.name()))
            .replace("from v", &format!("from {}.v", database.name()));
        database.sql(&named);
        other.sql(SCHEMA);
        let (one, two) = (read(&database).await, read(&other).await);
        let diff = Diff::between(&one, &two);
        assert!(diff.is_empty(), "{diff:?}");
        assert!(one.unmodelled.is_empty(), "{:?}", one.unmodelled);
    }
}

#[tokio::test]
async fn rows_and_statistics_are_none_of_the_schema() {
    for database in databases() {
        database.sql(SCHEMA);
        let before = read(&database).await;
        database.sql(
            "insert into p values (1, 'a'), (2, 'b'); insert into c (p) values (1), (2); analyze table c, p",
        );
        assert_eq!(read(&database).await.fingerprint(), before.fingerprint());
    }
}

#[tokio::test]
async fn the_session_is_afterwards_as_it_was() {
    for database in databases() {
        let mut session = open(&database).await;
        let ask = "select concat_ws(' ', @@sql_mode, @@sql_quote_show_create, database())";
        let before = value(session.as_mut(), ask).await;
        session.facts().await.unwrap();
        assert_eq!(value(session.as_mut(), ask).await, before);
    }
}

#[tokio::test]
async fn who_has_made_a_thing_counts_only_where_it_is_somebody_else() {
    for database in databases() {
        database.sql(SCHEMA);
        let user = format!("ann_{}", database.name());
        database.sql(&format!("create user {user}; grant all on {}.* to {user}", database.name()));
        database.sql("alter definer = current_user view v as select id, twice(p) as d from c");
        let own = read(&database).await;
        let url = database.server().url_as(&user, database.name());
        let others = try_open(&url).await.unwrap().facts().await.unwrap();
        database.sql(&format!("drop user {user}"));
        let view = FactId::new(Kind::View, ["v"]);
        assert_eq!(own.get(&view).unwrap().payload.text("definer"), None);
        assert_eq!(others.get(&view).unwrap().payload.text("definer"), Some("root@localhost"));
    }
}

#[tokio::test]
async fn what_cannot_be_shown_is_named_and_hides_nothing_else() {
    for database in databases().into_iter().filter(|database| database.server().is_mariadb()) {
        database.sql("create table a (x int) engine=myisam; create table m (x int) engine=merge union=(a)");
        database.sql("drop table a; create table b (x int); create table z (x int)");
        let snapshot = read(&database).await;
        assert_eq!(snapshot.unmodelled, vec!["table m".into()]);
        let tables = snapshot.facts().iter().filter(|fact| fact.kind == Kind::Table);
        assert_eq!(tables.count(), 2);
    }
}

#[tokio::test]
async fn the_ledger_is_not_the_users() {
    for database in databases() {
        let mut session = open(&database).await;
        let create = session.ledger_dialect().create.clone();
        for sql in create {
            execute(session.as_mut(), &sql).await.unwrap();
        }
        assert!(session.facts().await.unwrap().facts().is_empty());
    }
}

#[tokio::test]
async fn a_scratch_database_has_the_character_set_of_the_one_it_stands_for() {
    for database in databases() {
        database.sql(&format!("alter database {} character set latin1", database.name()));
        let connect = connect_to(&database.url());
        let scratch = Mysql.create_scratch(&connect).await.unwrap();
        let mut session = try_open(&scratch.url).await.unwrap();
        assert_eq!(value(session.as_mut(), "select @@character_set_database").await, "latin1");
        let name = value(session.as_mut(), "select database()").await;
        session.close().await;
        Mysql.drop_scratch(&connect, &scratch).await.unwrap();
        assert_eq!(database.sql(&format!("show databases like '{name}'")), "");
    }
}
