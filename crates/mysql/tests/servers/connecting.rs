use sluice_engine::{DbErrorKind, Query, Value};
use sluice_sql::Dialect;
use sluice_testkit::{private_mariadb, private_mysql};

use crate::stage::{databases, execute, open, rows, text, transaction, try_open, value};

#[tokio::test]
async fn a_server_says_what_it_is() {
    for database in databases() {
        let session = open(&database).await;
        let server = session.server();
        if database.server().is_mariadb() {
            assert_eq!(server.dialect, Dialect::Mariadb);
            assert!(server.product.starts_with("MariaDB 1"), "{}", server.product);
            assert!(server.version >= 100_600, "{}", server.version);
        } else {
            assert_eq!(server.dialect, Dialect::Mysql);
            assert!(server.product.starts_with("MySQL "), "{}", server.product);
            assert!(server.version >= 80_021, "{}", server.version);
        }
        assert_eq!(server.address, format!("127.0.0.1:{}/{}", database.server().port(), database.name()));
        assert!(!server.read_only);
        session.close().await;
    }
}

#[tokio::test]
async fn a_unix_socket_serves_as_well() {
    for database in databases() {
        let mut session = try_open(&database.socket_url()).await.unwrap();
        assert_eq!(value(session.as_mut(), "SELECT DATABASE()").await, database.name());
    }
}

#[tokio::test]
async fn connecting_takes_one_round_trip_after_authentication() {
    for database in databases() {
        let mut session = open(&database).await;
        // The first question of ours is the second one of the session.
        let questions = value(session.as_mut(), "SHOW SESSION STATUS LIKE 'Questions'").await;
        assert_eq!(questions, "Questions");
        let row = rows(session.as_mut(), "SHOW SESSION STATUS LIKE 'Com_select'").await;
        assert_eq!(row[0][1].as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn wrong_credentials_are_named_without_the_password() {
    for database in databases() {
        let server = database.server();
        let user = format!("u_{}", database.name());
        server.sql(&format!("create user {user} identified by 'right-secret'"));
        let url = server.url_as(&format!("{user}:wrong-secret"), database.name());
        let error = try_open(&url).await.err().unwrap();
        assert_eq!(error.kind, DbErrorKind::Authentication, "{error}");
        assert_eq!(error.code.as_deref(), Some("1045"));
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");

        let url = server.url_as(&format!("{user}:right-secret"), database.name());
        let error = try_open(&url).await.err().unwrap();
        assert_eq!(error.kind, DbErrorKind::Permission, "{error}");

        server.sql(&format!("grant all on {}.* to {user}", database.name()));
        try_open(&url).await.unwrap().close().await;
        server.sql(&format!("drop user {user}"));
    }
}

#[tokio::test]
async fn an_unknown_database_and_an_unreachable_host_are_connection_errors() {
    for database in databases() {
        let error = try_open(&database.server().url("no_such_database")).await.err().unwrap();
        assert_eq!(error.kind, DbErrorKind::Connect, "{error}");
        assert_eq!(error.code.as_deref(), Some("1049"));
        assert!(error.hint.unwrap().starts_with("create the database first"));
    }
    let port = sluice_testkit::free_port();
    let error = try_open(&format!("mysql://root:geheim@127.0.0.1:{port}/d")).await.err().unwrap();
    assert_eq!(error.kind, DbErrorKind::Connect);
    assert!(error.message.starts_with(&format!("cannot connect to 127.0.0.1:{port}/d: ")), "{error}");
    assert!(!format!("{error:?}").contains("geheim"));
}

#[tokio::test]
async fn a_read_only_server_is_recognised_and_refuses_writes_of_users_without_special_rights() {
    for server in [Some(private_mariadb(&[])), private_mysql(&[])].into_iter().flatten() {
        server.sql(
            "create database d; create table d.t (a int); create user u identified by 'secret'; grant all on d.* to u; \
             set global read_only = 1",
        );
        let mut session = try_open(&server.url_as("u:secret", "d")).await.unwrap();
        assert!(session.server().read_only);
        let error = execute(session.as_mut(), "create table d.x (a int)").await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::ReadOnly, "{error}");
        let error = transaction(session.as_mut(), &["insert into t values (1)"]).await.unwrap_err().error;
        assert_eq!(error.kind, DbErrorKind::ReadOnly, "{error}");
        // Root may write all the same, and is told.
        assert!(try_open(&server.url("d")).await.unwrap().server().read_only);
    }
}

#[tokio::test]
async fn a_certificate_is_verified_unless_the_url_says_otherwise() {
    // MySQL makes its own authority and certificate at its first start; the certificate carries no host name.
    let Some(server) = private_mysql(&[]) else { return };
    server.sql("create database d");
    let url = |parameters: &str| format!("{}?{parameters}", server.url("d"));
    let ca = server.data().join("ca.pem").display().to_string();
    let other = server.data().join("other.pem");
    std::fs::copy(server.data().join("client-cert.pem"), &other).unwrap();

    for parameters in ["ssl-mode=required", "ssl-mode=preferred", &format!("ssl-mode=verify-ca&ssl-ca={ca}")]
    {
        let mut session =
            try_open(&url(parameters)).await.unwrap_or_else(|error| panic!("{parameters}: {error}"));
        let cipher = rows(session.as_mut(), "SHOW SESSION STATUS LIKE 'Ssl_cipher'").await;
        assert_ne!(cipher[0][1].as_deref(), Some(""), "{parameters}");
    }
    for parameters in [
        "ssl-mode=verify-identity".to_owned(),
        "ssl-mode=verify-ca".to_owned(),
        format!("ssl-mode=verify-identity&ssl-ca={ca}"),
        format!("ssl-ca={ca}"),
        format!("ssl-mode=verify-ca&ssl-ca={}", other.display()),
    ] {
        let error =
            try_open(&url(&parameters)).await.err().unwrap_or_else(|| panic!("{parameters} was accepted"));
        assert_eq!(error.kind, DbErrorKind::Connect, "{parameters}: {error}");
        assert!(error.message.starts_with("TLS failed: "), "{parameters}: {error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_demanded() {
    // MariaDB 10.11 has none unless it is configured.
    let database = sluice_testkit::mariadb().database();
    let error = try_open(&format!("{}?ssl-mode=required", database.url())).await.err().unwrap();
    assert_eq!((error.kind, error.message.as_str()), (DbErrorKind::Connect, "the server does not offer TLS"));
    try_open(&format!("{}?ssl-mode=preferred", database.url())).await.unwrap();
}

#[tokio::test]
async fn autocommit_is_on_even_where_the_server_has_it_off() {
    let server = private_mariadb(&["--autocommit=0", "--completion-type=RELEASE"]);
    server.sql("create database d; create table d.t (a int)");
    let mut session = try_open(&server.url("d")).await.unwrap();
    assert_eq!(value(session.as_mut(), "SELECT @@autocommit").await, "1");
    execute(session.as_mut(), "insert into t values (1)").await.unwrap();
    transaction(session.as_mut(), &["insert into t values (2)"]).await.unwrap();
    assert_eq!(value(session.as_mut(), "SELECT COUNT(*) FROM t").await, "2");
    assert_eq!(server.sql("select count(*) from d.t"), "2");
}

#[tokio::test]
async fn values_arrive_as_text_whichever_protocol_carried_them() {
    for database in databases() {
        let mut session = open(&database).await;
        let columns = "CAST(1 AS SIGNED), 18446744073709551615, 1.50, NULL, 'ä''\\\\', \
             CAST('2026-11-22 19:50:03.5' AS DATETIME(6)), CAST('-30:30:00.25' AS TIME(6))";
        let plain = session.query(&Query::new(format!("SELECT {columns}"), Vec::new())).await.unwrap();
        let with = Query::new(
            format!("SELECT {columns}, ?, ?, ?"),
            vec![Value::Int(-5), text("it's ? \\ `"), Value::Null],
        );
        let prepared = session.query(&with).await.unwrap();
        let shown = |row: &[Option<String>]| {
            row.iter()
                .map(|cell| cell.clone().unwrap_or_else(|| "NULL".to_owned()))
                .collect::<Vec<_>>()
                .join("|")
        };
        let expected = "1|18446744073709551615|1.50|NULL|ä'\\|2026-11-22 19:50:03.500000|-30:30:00.250000";
        assert_eq!(shown(&plain[0]), expected);
        assert_eq!(shown(&prepared[0]), format!("{expected}|-5|it's ? \\ `|NULL"));
    }
}
