//! `pg_dump`, where one is installed that knows the server's version.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use async_trait::async_trait;
use sluice_engine::observer::Observer;
use sluice_engine::{Connect, DbError, Session};

/// The program, found where packages put it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PgDump;

#[async_trait]
impl Observer for PgDump {
    fn name(&self) -> &'static str {
        "pg_dump"
    }

    async fn observe(
        &self,
        connect: &Connect,
        session: &mut dyn Session,
    ) -> Result<Option<Vec<String>>, DbError> {
        let major = session.server().version / 10_000;
        let url = connect.url.clone();
        let dumped = tokio::task::spawn_blocking(move || dump(&url, major)).await;
        Ok(dumped.ok().flatten())
    }
}

fn dump(url: &str, major: u32) -> Option<Vec<String>> {
    let (url, password) = without_password(url);
    let program = programs().into_iter().find(|program| version(program).is_some_and(|own| own >= major))?;
    let mut command = Command::new(program);
    command.args(["--schema-only", "--no-password", "--dbname"]).arg(url).stdin(Stdio::null());
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_said = |line: &&str| {
        !line.starts_with("--")
            && !line.starts_with("SET ")
            && !line.starts_with('\\')
            && !line.contains("set_config(")
    };
    Some(text.lines().filter(is_said).map(str::to_owned).collect())
}

/// The URL and its password apart: arguments of a program are for everybody to read.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(authority);
    let Some((user, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    match user.split_once(':') {
        Some((user, password)) => (format!("{scheme}://{user}@{host}{behind}"), Some(decoded(password))),
        None => (url.to_owned(), None),
    }
}

/// `%41` is `A`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.extend(code);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Newest versions of a packager's folder first, then those that PATH names.
fn programs() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().map(|folder| folder.join("pg_dump")).filter(|path| path.is_file()).collect()
}

/// `pg_dump (PostgreSQL) 15.14`
fn version(program: &PathBuf) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number =
        text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_argument() {
        for (url, plain, password) in [
            ("postgres://u:p%40@h:1/d?sslmode=disable", "postgres://u@h:1/d?sslmode=disable", Some("p@")),
            ("postgres://u@h/d", "postgres://u@h/d", None),
            ("postgres://h/d?x=a@b:c", "postgres://h/d?x=a@b:c", None),
        ] {
            assert_eq!(without_password(url), (plain.to_owned(), password.map(str::to_owned)));
        }
    }
}
