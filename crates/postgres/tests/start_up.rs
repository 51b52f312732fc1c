//! Every way in which a connection cannot be had has a message that says what to do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod kit;

use std::path::Path;
use std::process::{Command, Stdio};

use kit::{open, refused, transact, value};
use sluice_engine::{DbErrorKind, LockAttempt};
use sluice_testkit::{PostgresServer, free_port, newest_postgres};

#[tokio::test]
async fn tcp_and_sockets_lead_to_the_same_database() {
    let database = newest_postgres().database();
    for url in [database.url(), database.socket_url()] {
        let mut session = open(url).await;
        assert_eq!(
            value(session.as_mut(), "select current_database()").await.as_deref(),
            Some(database.name())
        );
        assert!(!session.server().read_only);
        assert!(session.server().address.ends_with(database.name()), "{:?}", session.server());
        session.close().await;
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_explained() {
    let server = newest_postgres();
    let nobody = free_port();
    for (url, kind, message, hint) in [
        (
            server.url("no_such_db"),
            DbErrorKind::Connect,
            "database \"no_such_db\" does not exist",
            "create the database",
        ),
        (
            format!("postgres://u:secret@127.0.0.1:{nobody}/d"),
            DbErrorKind::Connect,
            "nobody listens at 127.0.0.1",
            "start the server",
        ),
        (
            "postgres://u:secret@no-such-host.invalid/d".to_owned(),
            DbErrorKind::Connect,
            "no-such-host.invalid does not resolve",
            "correct the host",
        ),
        (
            "postgres://u:secret@/d?host=/nowhere".to_owned(),
            DbErrorKind::Connect,
            "there is no socket /nowhere/.s.PGSQL.5432",
            "start the server",
        ),
        (
            format!("{}?sslmode=require", server.url("postgres")),
            DbErrorKind::Connect,
            "does not offer TLS",
            "sslmode=disable",
        ),
        ("postgres://u:secret@h:x/d".to_owned(), DbErrorKind::Url, "port", "postgres://USER@HOST"),
    ] {
        let error = refused(&url).await;
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.message.contains(message), "{error:?}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_a_matter_of_authentication() {
    let server = PostgresServer::private(17);
    server.psql("create role app login password 'right'");
    server.allow("host all app all scram-sha-256");
    let url = |password: &str| format!("postgres://app{password}@127.0.0.1:{}/postgres", server.port());
    let wrong = refused(&url(":wr0ng")).await;
    assert_eq!((wrong.kind, wrong.code.as_deref()), (DbErrorKind::Authentication, Some("28P01")));
    assert!(!format!("{wrong:?}").contains("wr0ng"));
    let missing = refused(&url("")).await;
    assert_eq!(missing.kind, DbErrorKind::Authentication);
    assert!(missing.message.contains("asks for a password"), "{missing:?}");
    let unknown = refused(&format!("postgres://nobody_here@127.0.0.1:{}/postgres", server.port())).await;
    assert_eq!(unknown.kind, DbErrorKind::Authentication, "{unknown:?}");
    let mut session = open(&url(":right")).await;
    let error = transact(session.as_mut(), &["create schema not_mine"]).await.unwrap_err();
    assert_eq!(error.error.kind, DbErrorKind::Permission);
}

#[tokio::test]
async fn a_server_that_refuses_writes_says_so_from_the_start() {
    for major in [14, 18] {
        let mut server = PostgresServer::private(major);
        server.psql("create role careful login; alter role careful set default_transaction_read_only = on");
        let mut session = open(&format!("postgres://careful@127.0.0.1:{}/postgres", server.port())).await;
        assert!(session.server().read_only);
        let error = transact(session.as_mut(), &["create table t ()"]).await.unwrap_err();
        assert_eq!(error.error.kind, DbErrorKind::ReadOnly);
        assert!(error.error.hint.is_some());
        session.close().await;

        server.stop_fast();
        server.add_file("standby.signal", b"");
        server.restart_with(&[("hot_standby", "on")]);
        let mut session = open(&server.url("postgres")).await;
        assert!(session.server().read_only);
        assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
    }
}

#[tokio::test]
async fn a_certificate_must_come_from_a_trusted_authority_and_name_the_host() {
    let folder = tempfile::tempdir().unwrap();
    if !certificates(folder.path()) {
        eprintln!("skipped: the program openssl is missing");
        return;
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let mut server = PostgresServer::private(16);
    server.add_file("server.crt", &read("server.crt"));
    server.add_file("server.key", &read("server.key"));
    server.restart_with(&[("ssl", "on")]);
    server.psql("create role app login password 'right'");
    server.allow("hostssl all app all scram-sha-256\nhostnossl all app all reject");
    let authority = folder.path().join("ca.crt").display().to_string();
    let url = |host: &str, parameters: &str| {
        format!("postgres://app:right@{host}:{}/postgres?{parameters}", server.port())
    };
    let encrypted = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
    for (host, parameters) in [
        ("127.0.0.1", "".to_owned()),
        ("127.0.0.1", "sslmode=require".to_owned()),
        ("127.0.0.1", "sslmode=require&channel_binding=require".to_owned()),
        ("localhost", format!("sslmode=verify-full&sslrootcert={authority}")),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={authority}")),
    ] {
        let mut session = open(&url(host, &parameters)).await;
        assert_eq!(value(session.as_mut(), encrypted).await.as_deref(), Some("true"), "{parameters}");
        assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
        // Cancelling goes over TLS, too.
        session.control().cancel().await.unwrap();
        session.close().await;
    }
    for (host, parameters, words) in [
        ("localhost", "sslmode=verify-full".to_owned(), "UnknownIssuer"),
        ("localhost", "sslmode=verify-ca".to_owned(), "UnknownIssuer"),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={authority}"), "127.0.0.1"),
        ("localhost", "sslmode=verify-full&sslrootcert=/nowhere.pem".to_owned(), "cannot read /nowhere.pem"),
    ] {
        let error = refused(&url(host, &parameters)).await;
        assert_eq!(error.kind, DbErrorKind::Connect, "{error:?}");
        assert!(error.message.contains(words), "{error:?}");
        assert!(error.hint.as_deref().unwrap().contains("sslrootcert"), "{error:?}");
    }
    let plain = refused(&url("127.0.0.1", "sslmode=disable")).await;
    assert_eq!(plain.kind, DbErrorKind::Authentication, "{plain:?}");
}

/// An authority of its own and a certificate for `localhost`.
fn certificates(folder: &Path) -> bool {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=Test-authority -days 2")
        && openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost")
        && openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names",
        )
}
