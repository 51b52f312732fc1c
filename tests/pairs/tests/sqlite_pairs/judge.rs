//! What the `sqlite3` program says of a file. Nothing here knows how we read schemas.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The `sqlite3` program with a file.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a>(pub &'a Path);

impl Program<'_> {
    /// Runs a script to its first error.
    pub fn run(&self, script: &str) -> Result<String, String> {
        let (text, errors) = self.start(&["-bail"], script);
        if errors.is_empty() { Ok(text) } else { Err(errors) }
    }

    /// Runs a script and goes on after errors, as the program does when nobody tells it not to.
    pub fn run_on(&self, script: &str) -> String {
        self.start(&[], script).0
    }

    fn start(&self, options: &[&str], script: &str) -> (String, String) {
        let mut child = Command::new("sqlite3")
            .args(options)
            .arg(self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("tests need the program sqlite3");
        let text = format!("PRAGMA synchronous = OFF;\n{script}");
        // It may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(output.stdout), text(output.stderr))
    }

    /// The answer to a question.
    pub fn ask(&self, sql: &str) -> String {
        self.start(&["-readonly"], sql).0
    }
}

const TABLES: &str = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

/// Lines that tell the schema, in an order that says nothing.
pub fn dump(program: Program<'_>) -> String {
    let sql = format!(
        "SELECT 'relation', name, type, wr, strict FROM pragma_table_list WHERE name IN ({TABLES}) AND schema = 'main';
         SELECT 'column', t.name, c.name, upper(c.type), c.\"notnull\", c.dflt_value, c.pk, c.hidden FROM ({TABLES} AND type <> 'view') t, pragma_table_xinfo(t.name) c;
         SELECT 'index', t.name, CASE i.origin WHEN 'c' THEN i.name END, i.\"unique\", i.origin, i.partial,
           (SELECT group_concat(ifnull(x.name, '(expr)') || ' ' || x.\"desc\" || ' ' || x.coll || ' ' || x.key, ', ') FROM pragma_index_xinfo(i.name) x WHERE x.key)
           FROM ({TABLES}) t, pragma_index_list(t.name) i;
         SELECT 'foreign key', name, parent, \"on_update\", \"on_delete\", match, columns FROM
           (SELECT t.name, f.id, lower(f.\"table\") AS parent, f.\"on_update\", f.\"on_delete\", f.match, group_concat(lower(f.\"from\") || '>' || ifnull(lower(f.\"to\"), ''), ', ') AS columns
            FROM ({TABLES}) t, pragma_foreign_key_list(t.name) f GROUP BY t.name, f.id);"
    );
    let lines = program.ask(&sql);
    let mut lines: Vec<String> = lines.lines().map(normal).collect();
    lines.extend(texts(program).into_iter().filter(|line| !line.starts_with("table")));
    lines.sort();
    lines.join("\n")
}

/// The columns of the tables as they stand.
pub fn columns(program: Program<'_>) -> String {
    program.ask(&format!("SELECT t.name, c.name FROM ({TABLES} AND type = 'table') t, pragma_table_xinfo(t.name) c ORDER BY t.name, c.cid"))
}

/// The statements of the schema; of tables each element by itself.
pub fn texts(program: Program<'_>) -> Vec<String> {
    let sql = "SELECT type || char(1) || name || char(1) || tbl_name || char(1) || sql || char(2) FROM sqlite_schema \
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
        AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')";
    let mut lines = Vec::new();
    for object in program.ask(sql).split('\u{2}').map(str::trim).filter(|text| !text.is_empty()) {
        let parts: Vec<&str> = object.splitn(4, '\u{1}').collect();
        let [kind, name, of, text] = parts.as_slice() else { panic!("{object}") };
        let text = normal(&without_comments(text));
        let is_table = *kind == "table" && text.starts_with("create table");
        match text.find('(').filter(|_| is_table) {
            Some(open) => {
                let close = text.rfind(')').unwrap();
                for element in elements(&text[open + 1..close]) {
                    lines.push(format!("{kind} {name}: {element}"));
                }
                lines.push(format!("{kind} {name}: {}", &text[close..]));
            }
            None => lines.push(format!("{kind} {name} of {}: {text}", of.to_lowercase())),
        }
    }
    lines.sort();
    lines
}

/// A text without what differs in style.
fn normal(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !"\"'`[]".contains(*letter)).collect();
    let mut out = String::new();
    for letter in text.to_lowercase().chars() {
        let splits = |letter: char| !letter.is_alphanumeric() && letter != '_';
        if letter.is_whitespace() {
            if !out.ends_with(splits) && !out.is_empty() {
                out.push(' ');
            }
            continue;
        }
        if splits(letter) && out.ends_with(' ') {
            out.pop();
        }
        out.push(letter);
    }
    out
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = match letter {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' | '"' | '`' => {
                let end = rest[1..].find(letter).map_or(rest.len(), |end| end + 2);
                out.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            _ => {
                out.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
        };
        out.push(' ');
        rest = &rest[skipped..];
    }
    out
}

/// What commas outside of brackets separate.
fn elements(text: &str) -> Vec<String> {
    let mut elements = vec![String::new()];
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                elements.push(String::new());
                continue;
            }
            _ => {}
        }
        elements.last_mut().unwrap().push(letter);
    }
    elements
}

/// Rows that refer to nothing, in tables that are there if that is asked for; none where SQLite cannot tell.
pub fn orphans(program: Program<'_>, in_tables: bool) -> Option<usize> {
    let filter =
        if in_tables { "WHERE lower(parent) IN (SELECT lower(name) FROM sqlite_schema)" } else { "" };
    let answer = program.run(&format!("SELECT 1 FROM pragma_foreign_key_check {filter};"));
    answer.ok().map(|text| text.lines().count())
}

/// Whether the file is whole.
pub fn is_sound(program: Program<'_>) -> Result<(), String> {
    match program.ask("PRAGMA integrity_check").trim() {
        "ok" => Ok(()),
        other => Err(other.to_owned()),
    }
}
