//! goose: sections and statements marked by `-- +goose` comments.

use sluice_rollout::{Block, Split, TransactionMode};
use sluice_text::{SourceFile, Span};

use super::convention::{Body, Convention, Role};
use super::native::leading_digits;
use super::reading::{Reading, all_of};
use super::scan;
use super::tree::Entry;

pub(super) const CONVENTION: Convention = Convention { recursive: false, orphan_is_error: false, role, body };

/// `^\d+_.*\.(sql|go)$`.
fn role(entry: &Entry) -> Role {
    let name = entry.name();
    let numbered = leading_digits(name).and_then(|(version, rest)| Some((version, rest.strip_prefix('_')?)));
    match (numbered, name.rsplit_once('.')) {
        (Some((version, rest)), Some((_, "sql"))) => {
            if version.bytes().all(|digit| digit == b'0') {
                return Role::Wrong("goose has no version 0".to_owned(), "begin with version 1");
            }
            Role::versioned(version, rest.trim_end_matches(".sql"))
        }
        (Some((_, rest)), Some((_, "go"))) if !rest.ends_with("_test.go") => Role::Wrong(
            "Go migrations cannot be run".to_owned(),
            "write its SQL to a .sql file of the same version",
        ),
        (None, Some((_, "sql"))) => Role::Wrong(
            "the file name has no version".to_owned(),
            "name it VERSION_name.sql, for example 00001_init.sql",
        ),
        _ => Role::Ignored,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Up,
    Down,
}

struct Sections {
    section: Section,
    /// Where the open block began.
    start: usize,
    in_statement: bool,
    substitute: bool,
    /// Substitution was on somewhere within the open statement.
    substituted: bool,
    up: Vec<Block>,
    down: Vec<Block>,
}

impl Sections {
    /// Ends the open block before `end`; the next begins at `next`.
    fn close(&mut self, text: &str, end: usize, next: usize, split: Split) {
        let span = Span::new(self.start, end);
        let block = Block { span, split, substitute: self.substituted };
        if scan::first_statement(text, span).is_some() {
            match self.section {
                Section::Up => self.up.push(block),
                Section::Down => self.down.push(block),
                Section::None => {}
            }
        }
        self.start = next;
        self.substituted = self.substitute;
    }
}

/// As goose's `internal/sqlparser`; but a last statement without semicolon is taken as every database takes it, where
/// goose refuses.
fn body(reading: &mut Reading, file: &SourceFile) -> Body {
    let text = file.text();
    let mut result = Body::default();
    let mut sections = Sections {
        section: Section::None,
        start: 0,
        in_statement: false,
        substitute: false,
        substituted: false,
        up: Vec::new(),
        down: Vec::new(),
    };
    let mut has_down = false;
    for line in scan::lines(text, all_of(file)) {
        let trimmed = line.text.trim_start();
        if !trimmed.starts_with("--") || !line.text.contains("+goose") {
            continue;
        }
        if trimmed.len() != line.text.len() {
            reading.error_at(file, line.start, "a goose annotation is indented", "begin the line with `--`");
            continue;
        }
        let words = line.text.replace("--", "").replacen("+goose", "", 1);
        let annotation = words.trim().to_ascii_uppercase();
        let misplaced = |reading: &mut Reading, message: &str, help: &str| {
            reading.error_at(file, line.start, format!("`{}` {message}", line.text.trim()), help);
        };
        match annotation.as_str() {
            "UP" if sections.section == Section::None => {
                if let Some(at) = scan::first_statement(text, Span::new(0, line.start)) {
                    reading.error_at(
                        file,
                        at,
                        "a statement stands before `-- +goose Up`",
                        "move it below that line",
                    );
                }
                sections.close(text, line.start, line.next, Split::Dialect);
                sections.section = Section::Up;
            }
            "UP" => misplaced(reading, "is given twice", "keep one of them"),
            "DOWN" if sections.in_statement => {
                misplaced(reading, "stands inside a statement", "add `-- +goose StatementEnd` before it");
            }
            "DOWN" if sections.section == Section::Up => {
                sections.close(text, line.start, line.next, Split::Dialect);
                sections.section = Section::Down;
                has_down = true;
            }
            "DOWN" if sections.section == Section::Down => {
                misplaced(reading, "is given twice", "keep one of them")
            }
            "DOWN" => misplaced(reading, "comes before `-- +goose Up`", "begin the file with `-- +goose Up`"),
            "STATEMENTBEGIN" if sections.section == Section::None => {
                misplaced(reading, "comes before `-- +goose Up`", "begin the file with `-- +goose Up`");
            }
            "STATEMENTBEGIN" if sections.in_statement => {
                misplaced(reading, "stands inside a statement", "add `-- +goose StatementEnd` before it");
            }
            "STATEMENTBEGIN" => {
                sections.close(text, line.start, line.next, Split::Dialect);
                sections.in_statement = true;
            }
            "STATEMENTEND" if sections.in_statement => {
                sections.close(text, line.start, line.next, Split::Whole);
                sections.in_statement = false;
            }
            "STATEMENTEND" => {
                misplaced(reading, "ends no statement", "add `-- +goose StatementBegin` before it")
            }
            "NO TRANSACTION" => result.directives.transaction = TransactionMode::None,
            "ENVSUB ON" | "ENVSUB OFF" => {
                sections.substitute = annotation.ends_with("ON");
                if sections.in_statement {
                    sections.substituted |= sections.substitute;
                } else {
                    sections.close(text, line.start, line.next, Split::Dialect);
                }
            }
            _ => misplaced(
                reading,
                "is not a goose annotation",
                "known are Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON and ENVSUB OFF",
            ),
        }
    }
    if sections.section == Section::None {
        reading.error_at(file, 0, "the file has no `-- +goose Up`", "begin it with that line");
    } else if sections.in_statement {
        reading.error_at(
            file,
            sections.start,
            "the statement that begins here has no `-- +goose StatementEnd`",
            "add that line after the statement",
        );
    }
    sections.close(text, text.len(), text.len(), Split::Dialect);
    for block in sections.up.iter().chain(&sections.down).filter(|block| block.substitute) {
        warn_of_other_variables(reading, file, block.span);
    }
    result.blocks = sections.up;
    result.down = has_down.then_some(sections.down);
    result
}

/// goose also expands `$NAME` and `${NAME:-default}`, which would go to the database as they are.
fn warn_of_other_variables(reading: &mut Reading, file: &SourceFile, span: Span) {
    let text = span.slice(file.text());
    for (at, _) in text.match_indices('$') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let escaped = text.get(..at).is_some_and(|before| before.ends_with(['\\', '$']));
        let bare = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let with_default = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
            .is_some_and(|(name, _)| !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        if !escaped && (bare || with_default) {
            reading.warn_at(file, span.start + at, "only ${NAME} is filled in", "write it as ${NAME}");
            return;
        }
    }
}
