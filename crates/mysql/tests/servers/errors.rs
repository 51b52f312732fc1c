use sluice_engine::{Committed, DbErrorKind, Query, Step};

use crate::stage::{databases, execute, facts, open, statement, text, transaction, try_open, value};

#[tokio::test]
async fn an_error_belongs_to_the_statement_that_caused_it() {
    for database in databases() {
        database.sql(
            "delimiter //\ncreate procedure good() begin select 1; select 2, 3; end//\n\
             create procedure bad() begin select 1; insert into nowhere values (1); end//\ndelimiter ;",
        );
        let mut session = open(&database).await;
        execute(session.as_mut(), "call good()").await.unwrap();
        assert_eq!(value(session.as_mut(), "SELECT 'next'").await, "next");
        let error = execute(session.as_mut(), "call bad()").await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (DbErrorKind::Statement, Some("1146")), "{error}");
        assert_eq!(value(session.as_mut(), "SELECT 'next'").await, "next");
    }
}

#[tokio::test]
async fn a_syntax_error_has_its_place() {
    for database in databases() {
        let mut session = open(&database).await;
        let sql = "create table t (\n  a int,\n  b int not nil\n)";
        let error = execute(session.as_mut(), sql).await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::Statement);
        assert_eq!(error.offset, sql.find("nil"), "{error}");
    }
}

#[tokio::test]
async fn a_transaction_is_there_as_a_whole_or_not_at_all() {
    for database in databases() {
        database.sql("create table t (a int primary key)");
        let mut session = open(&database).await;
        let error = transaction(
            session.as_mut(),
            &["insert into t values (1)", "insert into t values (2)", "insert into t values (1)"],
        )
        .await
        .unwrap_err();
        assert_eq!((error.step, error.committed), (Some(2), Committed::No), "{error}");
        assert_eq!(value(session.as_mut(), "SELECT COUNT(*) FROM t").await, "0");
        let facts = facts("insert into t values (1)");
        let own = Query::new("INSERT INTO t VALUES (?)", vec![text("2")]);
        session
            .transaction(&[Step::Statement(statement("insert into t values (1)", &facts)), Step::Own(own)])
            .await
            .unwrap();
        assert_eq!(database.sql("select a from t order by a"), "1\n2");
    }
}

#[tokio::test]
async fn a_statement_that_commits_by_itself_is_found_out() {
    for database in databases() {
        database.sql(
            "create table t (a int primary key);\ndelimiter //\n\
             create procedure p() begin insert into t values (1); create table u (a int); end//\ndelimiter ;",
        );
        let mut session = open(&database).await;
        transaction(session.as_mut(), &["call p()", "insert into t values (2)"]).await.unwrap();
        assert_eq!(database.sql("select a from t order by a"), "1\n2");
        database.sql("drop table u; delete from t");
        let error =
            transaction(session.as_mut(), &["call p()", "insert into t values (1)"]).await.unwrap_err();
        assert_eq!((error.step, error.committed), (Some(1), Committed::Partly));
        assert_eq!(
            error.error.detail.as_deref(),
            Some(
                "statement 1 of the transaction committed what came before it, and that could not be rolled back"
            )
        );
    }
}

#[tokio::test]
async fn tables_without_transactions_are_not_passed_off_as_rolled_back() {
    for database in databases() {
        database.sql("create table m (a int) engine=MyISAM; create table t (a int primary key)");
        let mut session = open(&database).await;
        let error = transaction(
            session.as_mut(),
            &["insert into m values (1)", "insert into t values (1)", "insert into t values (1)"],
        )
        .await
        .unwrap_err();
        assert_eq!(error.committed, Committed::Partly);
        assert!(error.error.detail.unwrap().starts_with("tables without transactions"));
    }
}

#[tokio::test]
async fn files_of_this_machine_are_never_sent() {
    for database in databases() {
        database.sql("create table t (a text); set global local_infile = 1");
        let mut session = open(&database).await;
        let error =
            execute(session.as_mut(), "load data local infile '/etc/passwd' into table t").await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::Statement, "{error}");
        assert_eq!(database.sql("select count(*) from t"), "0");
        assert_eq!(value(session.as_mut(), "SELECT 1").await, "1");
    }
}

#[tokio::test]
async fn a_statement_that_is_too_large_is_refused_before_it_is_sent() {
    for database in databases() {
        let mut session = open(&database).await;
        let limit: usize = value(session.as_mut(), "SELECT @@max_allowed_packet").await.parse().unwrap();
        let sql = format!("select '{}'", "x".repeat(limit));
        let error = execute(session.as_mut(), &sql).await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::Statement, "{error}");
        assert_eq!(value(session.as_mut(), "SELECT 1").await, "1");
    }
}

#[tokio::test]
async fn a_missing_privilege_is_named() {
    for database in databases() {
        let user = format!("p_{}", database.name());
        let server = database.server();
        server.sql(&format!(
            "create user {user} identified by 'secret'; grant select on {}.* to {user}",
            database.name()
        ));
        let mut session = try_open(&server.url_as(&format!("{user}:secret"), database.name())).await.unwrap();
        let error = execute(session.as_mut(), "create table t (a int)").await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::Permission, "{error}");
        server.sql(&format!("drop user {user}"));
    }
}
