//! The changesets of a formatted SQL file.

use sluice_rollout::{
    Assertion, Block, Change, ChangeKind, ChecksumInput, Directives, Script, Split, TransactionMode,
};
use sluice_text::{SourceFile, Span};

use super::attribute::{Attribute, attributes, identity};
use super::{header, keyword};
use crate::layout::directive::both;
use crate::layout::reading::{Draft, Reading, Source, all_of};
use crate::layout::scan::{self, Line};

/// A changeset as far as it is read.
struct Changeset<'t> {
    author: &'t str,
    id: &'t str,
    /// Offset of the `--changeset` line and of the line after it.
    line: usize,
    body: usize,
    kind: ChangeKind,
    split: Split,
    rollback_split: Split,
    /// What goes back: parts of the file. `Some` and empty: nothing needs to be done.
    rollback: Option<Vec<Span>>,
    first_rollback: Option<usize>,
    logical_path: Option<&'t str>,
    directives: Directives,
    ignored: bool,
}

/// Reads the changesets of `file` into `changes`.
pub(in crate::layout) fn read(reading: &mut Reading, file: &SourceFile, changes: &mut Vec<Change>) {
    let text = file.text();
    let mut found: Vec<(Changeset<'_>, usize)> = Vec::new();
    let mut open: Option<Changeset<'_>> = None;
    let mut in_rollback = false;
    for line in scan::lines(text, all_of(file)) {
        if in_rollback {
            in_rollback = !line.text.trim_end().ends_with("*/");
            let end = line.start + line.text.trim_end().trim_end_matches("*/").len();
            push_rollback(
                &mut open,
                Span::new(line.start, if in_rollback { line.start + line.text.len() } else { end }),
            );
            continue;
        }
        if let Some(rest) = keyword(line.text, "changeset") {
            if let Some(done) = open.take() {
                found.push((done, line.start));
            } else if let Some(at) = scan::first_statement(text, Span::new(0, line.start)) {
                reading.error_at(
                    file,
                    at,
                    "a statement stands before the first changeset",
                    "move it below a `--changeset author:id` line",
                );
            }
            open = begin(reading, file, &line, rest);
        } else if keyword(line.text, "property").is_some_and(|rest| rest.contains("name:")) {
            reading.error_at(
                file,
                line.start,
                "Liquibase properties are not understood",
                "write the value where it is used, or use placeholders of sluice.toml",
            );
        } else if let Some(changeset) = &mut open {
            in_rollback = inside(reading, file, &line, changeset);
        }
    }
    if let Some(done) = open.take() {
        found.push((done, text.len()));
    } else if found.is_empty() {
        let has_statements = scan::first_statement(text, all_of(file));
        let message = "the file has no changeset";
        let help = "add a `--changeset author:id` line before its statements";
        match has_statements {
            Some(at) => reading.error_at(file, at, message, help),
            None => reading.warn_at(file, 0, message, help),
        }
    }
    let file_path = header(text)
        .and_then(|rest| attributes(rest.lines().next().unwrap_or_default()).ok())
        .and_then(|found| {
            found
                .into_iter()
                .find(|attribute| attribute.key == "logicalfilepath")
                .map(|attribute| attribute.value)
        });
    let rollbacks = rollback_file(file, &found);
    for (changeset, end) in found {
        if !changeset.ignored {
            let change = finish(reading, file, rollbacks.as_ref(), file_path, changeset, end);
            changes.push(change);
        }
    }
}

/// The changeset that a `--changeset` line begins.
fn begin<'t>(
    reading: &mut Reading,
    file: &SourceFile,
    line: &Line<'t>,
    rest: &'t str,
) -> Option<Changeset<'t>> {
    let offset = line.start + line.text.len() - rest.len();
    let Some((author, id, after)) = identity(rest) else {
        reading.error_at(
            file,
            line.start,
            "a changeset needs an author and an id",
            "write `--changeset author:id`",
        );
        return None;
    };
    let mut changeset = Changeset {
        author,
        id,
        line: line.start,
        body: line.next,
        kind: ChangeKind::Versioned,
        split: Split::Dialect,
        rollback_split: Split::Dialect,
        rollback: None,
        first_rollback: None,
        logical_path: None,
        directives: Directives::default(),
        ignored: false,
    };
    match attributes(rest.get(after..).unwrap_or_default()) {
        Ok(found) => {
            for attribute in found {
                if let Err((message, help)) = apply(&mut changeset, &attribute) {
                    reading.error_at(file, offset + after + attribute.at, message, help);
                }
            }
        }
        Err(at) => reading.error_at(file, offset + after + at, "this is not an attribute", "write key:value"),
    }
    if changeset.ignored {
        reading.warn_at(
            file,
            line.start,
            format!("changeset {author}:{id} has ignore:true: it is not run"),
            "delete it if it is never to run",
        );
    }
    Some(changeset)
}

/// Takes one attribute, or says what is wrong with it.
fn apply<'t>(changeset: &mut Changeset<'t>, attribute: &Attribute<'t>) -> Result<(), (String, &'static str)> {
    let value = attribute.value;
    let truth = || match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err((format!("`{}:{value}` is neither true nor false", attribute.key), "write true or false")),
    };
    let refuse =
        |help| Err((format!("changeset attribute `{}:{value}` is not supported", attribute.key), help));
    match attribute.key.as_str() {
        "stripcomments" | "created" | "objectquotingstrategy" => {}
        "splitstatements" => {
            if !truth()? {
                changeset.split = Split::Whole;
            }
        }
        "rollbacksplitstatements" => {
            if !truth()? {
                changeset.rollback_split = Split::Whole;
            }
        }
        "enddelimiter" => {
            if let Some(split) = delimiter(value)? {
                changeset.split = split;
            }
        }
        "rollbackenddelimiter" => {
            if let Some(split) = delimiter(value)? {
                changeset.rollback_split = split;
            }
        }
        "runonchange" => {
            if truth()? {
                changeset.kind = ChangeKind::Repeatable;
            }
        }
        "runalways" => {
            if truth()? {
                return refuse("use runOnChange:true, or run it outside of migrations");
            }
        }
        "runintransaction" => {
            if !truth()? {
                changeset.directives.transaction = TransactionMode::None;
            }
        }
        "failonerror" => {
            if !truth()? {
                return refuse("write SQL that does not fail, for example with IF EXISTS");
            }
        }
        "ignore" => changeset.ignored = truth()?,
        "logicalfilepath" => changeset.logical_path = Some(value),
        "context" | "contexts" | "contextfilter" | "labels" => {
            if !value.is_empty() {
                return refuse(
                    "say where it runs with `-- sluice: targets=CONDITION` below the changeset line",
                );
            }
        }
        "dbms" => {
            if let Some(condition) = engines(value) {
                changeset.directives.targets = Some(both(changeset.directives.targets.take(), condition));
            }
        }
        "runwith" if value == "jdbc" => {}
        _ => return refuse("remove it"),
    }
    Ok(())
}

/// `endDelimiter` is a regular expression in Liquibase; only literal text is taken.
fn delimiter(value: &str) -> Result<Option<Split>, (String, &'static str)> {
    let value = value
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\t", "\t")
        .replace("\\$", "$")
        .replace("\\;", ";");
    if value.contains(['\\', '[', ']', '(', ')', '{', '}', '*', '+', '?', '|', '^']) {
        return Err((
            format!("delimiter `{value}` is a regular expression"),
            "use a literal delimiter, for example endDelimiter:@@",
        ));
    }
    Ok(match value.as_str() {
        "" => None,
        ";" => Some(Split::Dialect),
        _ => Some(Split::Delimiter(value)),
    })
}

/// `dbms:postgresql,!h2` as a condition over databases.
fn engines(value: &str) -> Option<String> {
    let condition = |name: &str| match name {
        "postgresql" | "postgres" => Some("engine == 'postgres'"),
        "mysql" => Some("engine == 'mysql'"),
        "mariadb" => Some("engine == 'mariadb'"),
        "sqlite" => Some("engine == 'sqlite'"),
        _ => None,
    };
    let names: Vec<String> =
        value.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|n| !n.is_empty()).collect();
    if names.is_empty() || names.iter().any(|name| name == "all") {
        return None;
    }
    let wanted: Vec<&String> = names.iter().filter(|name| !name.starts_with('!')).collect();
    if wanted.is_empty() {
        let refused: Vec<String> = names
            .iter()
            .filter_map(|name| condition(name.trim_start_matches('!')))
            .map(|condition| format!("!({condition})"))
            .collect();
        return (!refused.is_empty()).then(|| refused.join(" && "));
    }
    let known: Vec<&str> = wanted.iter().filter_map(|name| condition(name)).collect();
    Some(if known.is_empty() { "false".to_owned() } else { known.join(" || ") })
}

/// Takes a line within a changeset; answers whether it begins a block of rollback lines.
fn inside(reading: &mut Reading, file: &SourceFile, line: &Line<'_>, changeset: &mut Changeset<'_>) -> bool {
    if let Some(rest) = keyword(line.text, "rollback") {
        let content = rest.strip_prefix(':').unwrap_or(rest).trim();
        changeset.first_rollback.get_or_insert(line.start);
        let spans = changeset.rollback.get_or_insert_default();
        let lower = content.to_ascii_lowercase();
        if lower.starts_with("changesetid:") {
            changeset.rollback = None;
            reading.warn_at(
                file,
                line.start,
                "a rollback by reference to another changeset is not understood",
                "write the SQL that goes back",
            );
        } else if !matches!(lower.as_str(), "" | "empty" | "not required") {
            let at = line.start + line.text.rfind(content).unwrap_or(0);
            spans.push(Span::new(at, at + content.len()));
        }
        return false;
    }
    if let Some(rest) = line.text.trim_start().strip_prefix("/*") {
        let words: Vec<String> = rest.split_whitespace().map(str::to_ascii_lowercase).collect();
        if words == ["liquibase", "rollback"] {
            changeset.first_rollback.get_or_insert(line.start);
            changeset.rollback.get_or_insert_default();
            return true;
        }
    }
    if let Some(rest) = keyword(line.text, "preconditions") {
        let offset = line.start + line.text.len() - rest.len();
        match attributes(rest) {
            Ok(found) => {
                for attribute in found {
                    let halts = attribute.value.eq_ignore_ascii_case("HALT");
                    if matches!(attribute.key.as_str(), "onfail" | "onerror") && !halts {
                        reading.error_at(
                            file,
                            offset + attribute.at,
                            format!("precondition `{}:{}` is not supported", attribute.key, attribute.value),
                            "only HALT is; say where the change runs with `-- sluice: targets=CONDITION`",
                        );
                    }
                }
            }
            Err(at) => reading.error_at(file, offset + at, "this is not an attribute", "write key:value"),
        }
    } else if let Some(rest) = keyword(line.text, "precondition") {
        match sql_check(rest) {
            Some((sql, query)) => {
                let at = line.start + line.text.rfind(query).unwrap_or(0);
                changeset.directives.asserts.push(Assertion { sql, at });
            }
            None => reading.error_at(
                file,
                line.start,
                format!(
                    "precondition `{}` is not understood",
                    line.text.trim().trim_start_matches('-').trim()
                ),
                "understood is precondition-sql-check with a number as expectedResult",
            ),
        }
    } else if keyword(line.text, "ignoreLines").is_some() {
        reading.error_at(
            file,
            line.start,
            "ignoreLines is not supported",
            "delete the lines, or make them comments",
        );
    }
    false
}

fn push_rollback(open: &mut Option<Changeset<'_>>, span: Span) {
    if let Some(spans) = open.as_mut().and_then(|changeset| changeset.rollback.as_mut()) {
        spans.push(span);
    }
}

/// `-sql-check expectedResult:0 SELECT …` as a query that answers true, and the query as it is written.
fn sql_check(rest: &str) -> Option<(String, &str)> {
    let rest = rest.strip_prefix("-sql-check")?.trim_start();
    let rest = match rest.get(..15) {
        Some(key) if key.eq_ignore_ascii_case("expectedResult:") => rest.get(15..)?,
        _ => rest,
    };
    let (expected, query) = rest.split_once(char::is_whitespace)?;
    let expected = expected.trim_matches(['"', '\'']);
    let number = expected.strip_prefix('-').unwrap_or(expected);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let query = query.trim().trim_end_matches(';');
    (is_number && !query.is_empty()).then(|| (format!("SELECT ({query}) = {expected}"), query))
}

/// A text of the same length as `file` that holds nothing but what rolls back, so that statements which go over several
/// `--rollback` lines are whole and still at their places. Only where some changeset has such.
fn rollback_file(file: &SourceFile, found: &[(Changeset<'_>, usize)]) -> Option<SourceFile> {
    let spans: Vec<Span> =
        found.iter().filter_map(|(changeset, _)| changeset.rollback.as_ref()).flatten().copied().collect();
    let several =
        found.iter().any(|(changeset, _)| changeset.rollback.as_ref().is_some_and(|spans| spans.len() > 1));
    if !several {
        return None;
    }
    let text = file.text();
    let mut copy = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        copy.extend(text.get(at..span.start)?.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        copy.push_str(span.slice(text));
        at = span.end;
    }
    Some(SourceFile::new(file.path(), copy))
}

/// Makes the change of a changeset that ends at `end`.
fn finish(
    reading: &mut Reading,
    file: &SourceFile,
    rollbacks: Option<&SourceFile>,
    file_path: Option<&str>,
    changeset: Changeset<'_>,
    end: usize,
) -> Change {
    let text = file.text();
    // Rollback lines are comments to the database; they are left out where nothing follows them.
    let sql_end = changeset
        .first_rollback
        .filter(|at| scan::first_statement(text, Span::new(*at, end)).is_none())
        .unwrap_or(end);
    let down = changeset.rollback.as_ref().map(|spans| match (spans.first(), spans.last()) {
        (Some(first), Some(last)) => {
            let span = Span::new(first.start, last.end);
            let file = if spans.len() > 1 { rollbacks.unwrap_or(file) } else { file };
            let split = changeset.rollback_split.clone();
            Script { file: file.clone(), blocks: vec![Block { span, split, substitute: true }] }
        }
        _ => Script { file: file.clone(), blocks: Vec::new() },
    });
    let path = changeset.logical_path.or(file_path).unwrap_or_else(|| file.path());
    let own = Span::new(changeset.body, end).slice(text);
    let own_start = changeset.body + (own.len() - own.trim_start().len());
    reading.change(Draft {
        version: format!("{path}::{}:{}", changeset.author, changeset.id),
        name: changeset.id.to_owned(),
        kind: changeset.kind,
        source: Source {
            file: file.clone(),
            input: ChecksumInput::Part(Span::new(own_start, own_start + own.trim().len())),
        },
        part: Span::new(changeset.line, end),
        blocks: vec![Block {
            span: Span::new(changeset.body, sql_end),
            split: changeset.split,
            substitute: true,
        }],
        down,
        directives: changeset.directives,
    })
}
