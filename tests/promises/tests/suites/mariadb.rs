use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};

use sluice_sql::Dialect;
use sluice_testkit::MysqlServer;

use crate::figures::Figures;
use crate::{files, suite};

/// Statements of a script of `mysqltest`, its own commands among them: the server will refuse these.
fn statements(text: &str) -> Vec<String> {
    let (mut found, mut statement, mut delimiter) = (Vec::new(), String::new(), ";".to_owned());
    for line in text.lines() {
        let trimmed = line.trim();
        if statement.is_empty() {
            if trimmed.starts_with("--") || trimmed.starts_with('#') || trimmed.is_empty() {
                continue;
            }
            let lower = trimmed.to_ascii_lowercase();
            if let Some(next) =
                lower.strip_prefix("delimiter ").and_then(|rest| rest.strip_suffix(&delimiter))
            {
                next.trim().clone_into(&mut delimiter);
                continue;
            }
        }
        match trimmed.strip_suffix(&delimiter) {
            Some(last) => {
                statement.push_str(last);
                found.push(std::mem::take(&mut statement));
            }
            None => {
                statement.push_str(line);
                statement.push('\n');
            }
        }
    }
    found
}

/// Which of the statements the server's parser takes: it parses one without running it when it prepares it.
fn taken(server: &MysqlServer, database: &str, statements: &[String]) -> Vec<bool> {
    let mut client = Command::new("mariadb")
        .args([
            "--no-defaults",
            "--user=root",
            "--batch",
            "--force",
            "--skip-ssl",
            "--default-character-set=utf8mb4",
        ])
        .arg(format!("--socket={}", server.socket().display()))
        .arg(format!("--database={database}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = String::new();
    for statement in statements {
        let quoted =
            statement.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r");
        input.push_str(&format!("PREPARE p FROM '{quoted}';\n"));
    }
    let mut stdin = client.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = client.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let refused: HashSet<usize> = errors
        .lines()
        .filter(|line| {
            line.starts_with("ERROR 1064 ")
                || line.starts_with("ERROR 1149 ")
                || line.starts_with("ERROR 1065 ")
        })
        .filter_map(|line| line.split_once(" at line ")?.1.split(':').next()?.parse().ok())
        .collect();
    (1..=statements.len()).map(|line| !refused.contains(&line)).collect()
}

#[test]
fn mariadb_test_suite_is_analysed() {
    let Some(folder) = suite("mariadb") else { return };
    let server = sluice_testkit::mariadb();
    let database = server.database();
    let mut figures = Figures::default();
    for file in files(&folder, "test") {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let label = file.strip_prefix(&folder).unwrap().display().to_string();
        let statements = statements(&text);
        for (sql, taken) in statements.iter().zip(taken(&server, database.name(), &statements)) {
            if taken {
                // With another delimiter, the usual one may still stand at the end.
                figures.take(Dialect::Mariadb, &label, sql.trim().trim_end_matches([';', ' ', '\n']));
            }
        }
    }
    let percent = figures.finish("MariaDB's test suite");
    assert!(percent >= 99.0, "{percent} %");
}
