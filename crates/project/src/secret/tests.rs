use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let pairs: HashMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| pairs.get(name).cloned()
}

fn get(reference: &str, base: &Path, pairs: &[(&str, &str)]) -> Result<String, String> {
    let reference: SecretRef = reference.parse().expect("a reference");
    let asking = Asking { variable: &environment(pairs), cancelled: &|| false };
    resolve_with(&reference, base, asking)
        .map(|secret| secret.expose().to_owned())
        .map_err(|error| error.to_string())
}

/// A server that answers each connection with the next of `answers` and hands back the requests' heads.
fn server(answers: Vec<(&'static str, &'static str)>) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let handle = thread::spawn(move || {
        answers
            .into_iter()
            .map(|(status, body)| {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
                while reader.read_line(&mut head).expect("a line") > 2 {}
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                )
                .expect("an answer");
                head
            })
            .collect()
    });
    (address, handle)
}

#[test]
fn references_are_shown_as_they_are_written() {
    for text in [
        "env:SHOP_URL",
        "file:secrets/url",
        "exec:pass show 'shop prod'",
        "vault:secret/data/shop#url",
        "sqlite:dev.db",
        "sqlite::memory:",
        "postgres://app@db.example.com:5432/shop?sslmode=verify-full&passfile=.pgpass",
        "mysql://root:@localhost/shop",
    ] {
        let reference: SecretRef = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(reference.to_string(), text);
    }
}

#[test]
fn a_secret_in_plain_text_is_refused_and_not_repeated() {
    for text in [
        "postgres://app:hunter2@db/shop",
        "postgres://app:hun/ter2@db/shop",
        "postgres://app:hunter2@x@db/shop",
        "postgres://db/shop?user=app&password=hunter2",
        "postgres://db/shop?PWD=hunter2",
        "sqlite:shop.db?key=hunter2",
        "exec:echo postgres://app:hunter2@db/shop",
        "host=db password=hunter2",
        "hunter2",
        "env:hunter2!",
        "jdbc:postgresql://db/shop?password=hunter2",
        "vault:hunter2?#x",
    ] {
        let error = text.parse::<SecretRef>().expect_err(text);
        let shown = format!("{error} {error:?} {}", error.help());
        assert!(!shown.contains("hunter2"), "{text}: {shown}");
    }
    assert_eq!("postgres://app:hunter2@db/shop".parse::<SecretRef>(), Err(SecretRefError::Secret));
    assert_eq!("postgres://db/shop?password=hunter2".parse::<SecretRef>(), Err(SecretRefError::Secret));
}

#[test]
fn a_misspelled_kind_of_reference_finds_what_was_meant() {
    for (text, near) in [
        ("evn:SHOP", Some("env:")),
        ("valt:secret#url", Some("vault:")),
        ("postgre://db/shop", Some("postgres://")),
        ("mysq://db/shop", Some("mysql://")),
        ("oracle://db/shop", None),
        ("", None),
    ] {
        assert_eq!(text.parse::<SecretRef>(), Err(SecretRefError::Unknown { near }), "{text}");
    }
}

#[test]
fn a_secret_is_never_shown() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** Secret(***) Some(Secret(***))");
    assert_eq!(secret.expose(), "hunter2");
}

#[test]
fn variables_must_be_set_and_not_empty() {
    let base = Path::new(".");
    assert_eq!(get("env:A", base, &[("A", "x")]).as_deref(), Ok("x"));
    assert_eq!(get("env:A", base, &[]).unwrap_err(), "environment variable A is not set");
    assert_eq!(get("env:A", base, &[("A", "")]).unwrap_err(), "environment variable A is empty");
}

#[test]
fn files_are_relative_to_the_configuration_and_lose_their_last_newline() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    write("url", b"postgres://u:p@h/d\r\n");
    write("empty", b"\n");
    write("two", b"a\nb\n");
    write("binary", b"\xff\xfe");
    let get = |reference| get(reference, folder.path(), &[]);
    assert_eq!(get("file:url").as_deref(), Ok("postgres://u:p@h/d"));
    assert_eq!(get("file:empty").unwrap_err(), "file:empty gives nothing");
    assert_eq!(get("file:two").unwrap_err(), "file:two gives more than one line");
    assert_eq!(get("file:binary").unwrap_err(), "file:binary gives bytes that are not UTF-8 text");
    assert_eq!(
        get("file:none").unwrap_err(),
        "cannot read the secret file none: No such file or directory (os error 2)"
    );
}

#[test]
fn programs_run_without_a_shell_in_the_folder_of_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("url"), "from a file\n").expect("a file");
    let get = |reference| get(reference, folder.path(), &[]);
    assert_eq!(get("exec:cat url").as_deref(), Ok("from a file"));
    assert_eq!(get("exec:echo '$HOME;' *").as_deref(), Ok("$HOME; *"));
    assert_eq!(
        get("exec:sh -c 'echo hidden; echo no such entry >&2; echo more >&2; exit 3'").unwrap_err(),
        "sh ended with exit status: 3: no such entry"
    );
    assert_eq!(get("exec:true").unwrap_err(), "exec:true gives nothing");
    assert_eq!(
        get("exec:no-such-program-here").unwrap_err(),
        "cannot start no-such-program-here: No such file or directory (os error 2)"
    );
}

#[test]
fn a_program_that_does_not_end_is_killed_when_its_time_is_up() {
    let limit = Duration::from_millis(100);
    let started = std::time::Instant::now();
    let result =
        process::start(Command::new("sleep").arg("60"), None, limit, 10).and_then(process::Running::finish);
    assert!(matches!(result, Err(RunError::TimeLimit(_))));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn vault_is_asked_over_http_in_both_versions_of_its_key_value_engine() {
    let (address, handle) = server(vec![
        ("200 OK", r#"{"data":{"data":{"url":"two"},"metadata":{"version":3}}}"#),
        ("200 OK", r#"{"data":{"url":"one","data":"x"}}"#),
    ]);
    let pairs = [("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN", "s.hunter2"), ("VAULT_NAMESPACE", "shop")];
    assert_eq!(get("vault:secret/data/shop#url", Path::new("."), &pairs).as_deref(), Ok("two"));

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("token"), "s.from-file\n").expect("a file");
    let pairs = [("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN_FILE", "token")];
    assert_eq!(get("vault:kv/shop#url", folder.path(), &pairs).as_deref(), Ok("one"));

    let heads = handle.join().expect("the server ends");
    let head = |index: usize| heads[index].to_ascii_lowercase();
    assert!(heads[0].starts_with("GET /v1/secret/data/shop HTTP/1.1\r\n"), "{}", heads[0]);
    assert!(head(0).contains("x-vault-token: s.hunter2\r\n"));
    assert!(head(0).contains("x-vault-namespace: shop\r\n"));
    assert!(heads[1].starts_with("GET /v1/kv/shop HTTP/1.1\r\n"));
    assert!(head(1).contains("x-vault-token: s.from-file\r\n"));
}

#[test]
fn what_vault_refuses_is_said_without_the_token() {
    let (address, handle) = server(vec![
        ("403 Forbidden", r#"{"errors":["permission denied"]}"#),
        ("404 Not Found", r#"{"errors":[],"warnings":["Invalid path for a versioned K/V secrets engine"]}"#),
        ("200 OK", r#"{"data":{"data":{"user":"x"},"metadata":{}}}"#),
        ("200 OK", "<html>"),
        ("307 Temporary Redirect", ""),
    ]);
    let pairs = [("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN", "s.hunter2")];
    let messages: Vec<String> = (0..5)
        .map(|_| get("vault:kv/shop#url", Path::new("."), &pairs).unwrap_err().replace(&address, "ADDRESS"))
        .collect();
    handle.join().expect("the server ends");
    assert_eq!(
        messages,
        [
            "vault:kv/shop: ADDRESS answers 403 Forbidden: permission denied",
            "vault:kv/shop: ADDRESS answers 404 Not Found: Invalid path for a versioned K/V secrets engine",
            "vault:kv/shop: there is no field url",
            "vault:kv/shop: ADDRESS answers something that is not JSON",
            "vault:kv/shop: ADDRESS answers 307 Temporary Redirect",
        ]
    );
    let get = |pairs: &[(&str, &str)]| get("vault:kv/shop#url", Path::new("."), pairs).unwrap_err();
    assert_eq!(get(&[]), "vault:kv/shop: VAULT_ADDR is not set");
    assert_eq!(get(&[("VAULT_ADDR", "http://127.0.0.1:1")]), "vault:kv/shop: there is no token");
    let unreachable = get(&[("VAULT_ADDR", "http://127.0.0.1:1"), ("VAULT_TOKEN", "s.hunter2")]);
    assert!(unreachable.contains("Connection refused"), "{unreachable}");
    let odd = get(&[("VAULT_ADDR", "http://127.0.0.1:1"), ("VAULT_TOKEN", "s.hun\nter2")]);
    assert_eq!(odd, "vault:kv/shop: the token is empty or not a token");
}

#[test]
fn a_program_and_vault_are_not_waited_for_after_a_cancellation() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = [("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN", "s.hunter2")];
    for text in ["exec:sh -c 'echo $$ > pid; exec sleep 60'", "vault:kv/shop#url"] {
        let reference: SecretRef = text.parse().expect("a reference");
        let started = std::time::Instant::now();
        let cancelled = || started.elapsed() > Duration::from_millis(300);
        let asking = Asking { variable: &environment(&pairs), cancelled: &cancelled };
        let result = resolve_with(&reference, folder.path(), asking);
        assert!(matches!(result, Err(SecretError::Cancelled { .. })), "{result:?}");
        assert!(started.elapsed() < Duration::from_secs(10), "{text}");
    }
    let pid = std::fs::read_to_string(folder.path().join("pid")).expect("the program has begun");
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "the program still runs");
}
