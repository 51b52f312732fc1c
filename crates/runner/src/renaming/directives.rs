//! `-- sluice: renamed from=OLD` in the desired schema, on the line above an object, a column or a constraint.

use sluice_engine::shadow::Script;
use sluice_facts::{FactId, Kind, Rename, Snapshot};
use sluice_report::Problem;
use sluice_sql::model::{CreateTable, Ident, NameClass, ObjectName, Statement, TableElement, Touch};
use sluice_sql::{Dialect, ObjectKind, Piece, PieceKind, comments, parse, split};
use sluice_text::Span;

use crate::error::{Exit, RunError};

/// A directive as it was found: what comes next, and the old name.
struct Directive {
    place: String,
    kinds: Vec<Kind>,
    /// The object, outermost name first.
    object: Vec<String>,
    /// The column or constraint of it.
    part: Option<String>,
    old: String,
}

/// The renames that scripts declare, from the facts of one schema to those of the schema that they make.
///
/// # Errors
/// A directive above nothing that has a name, or above something that is not in the schema.
pub fn declared(
    dialect: Dialect,
    scripts: &[Script],
    [from, to]: [&Snapshot; 2],
) -> Result<Vec<Rename>, RunError> {
    let mut directives = Vec::new();
    for script in scripts.iter().filter(|script| script.text.contains("sluice:")) {
        let Ok(pieces) = split(dialect, &script.text) else { continue };
        for comment in comments(dialect, &script.text) {
            let Some(old) = script.text.get(comment.start..comment.end).and_then(old_name) else { continue };
            let line = script.text.get(..comment.start).unwrap_or_default().matches('\n').count() + 1;
            let place = format!("{}:{line}", script.name);
            match find(dialect, script, &pieces, comment) {
                Some((kinds, object, part)) => {
                    directives.push(Directive { place, kinds, object, part, old });
                }
                None => {
                    return Err(refusal(
                        "`renamed from=` stands above nothing that has a name".to_owned(),
                        place,
                    ));
                }
            }
        }
    }
    resolve(dialect, &directives, [from, to])
}

fn refusal(message: String, place: String) -> RunError {
    RunError::new(Exit::Usage, Problem::error(message).at(place)).help(
        "write it on the line above a CREATE statement, or above a column or constraint in CREATE TABLE",
    )
}

/// The name in the text of a comment that is such a directive.
fn old_name(comment: &str) -> Option<String> {
    let directive = comment.strip_prefix("--")?.trim().strip_prefix("sluice:")?.trim();
    let old = directive.strip_prefix("renamed")?.trim_start().strip_prefix("from")?.trim_start();
    let old = old.strip_prefix('=')?.trim();
    (!old.is_empty()).then(|| old.to_owned())
}

type Found = (Vec<Kind>, Vec<String>, Option<String>);

/// What a comment stands above.
fn find(dialect: Dialect, script: &Script, pieces: &[Piece], comment: Span) -> Option<Found> {
    let piece =
        pieces.iter().find(|piece| piece.kind == PieceKind::Statement && piece.body.end > comment.start)?;
    let parsed = parse(dialect, &script.text, piece.body);
    if let Statement::CreateTable(table) = &parsed.statement
        && (table.elements_span.start..table.elements_span.end).contains(&comment.start)
    {
        let (kind, name) = element(table, comment.end)?;
        let part = name.key(dialect, NameClass::Other).into_owned();
        return Some((vec![kind], table.name.key(dialect, NameClass::Relation), Some(part)));
    }
    let targets = parsed.statement.targets();
    let created = targets.iter().find(|target| target.touch == Touch::Created)?;
    let kinds = kinds_of(created.kind);
    (!kinds.is_empty()).then(|| (kinds, key(dialect, created.kind, created.name), None))
}

fn key(dialect: Dialect, kind: ObjectKind, name: &ObjectName) -> Vec<String> {
    let relation = matches!(kind, ObjectKind::Table | ObjectKind::View | ObjectKind::Trigger);
    name.key(dialect, if relation { NameClass::Relation } else { NameClass::Other })
}

/// The first column or named constraint behind a place.
fn element(table: &CreateTable, behind: usize) -> Option<(Kind, &Ident)> {
    table.elements.iter().find_map(|element| match element {
        TableElement::Column(column) if column.span.start >= behind => Some((Kind::Column, &column.name)),
        TableElement::Constraint(constraint) if constraint.span.start >= behind => {
            Some((Kind::Constraint, constraint.name.as_ref()?))
        }
        _ => None,
    })
}

fn kinds_of(kind: ObjectKind) -> Vec<Kind> {
    match kind {
        ObjectKind::Table => vec![Kind::Table, Kind::VirtualTable, Kind::ForeignTable],
        ObjectKind::ForeignTable => vec![Kind::ForeignTable],
        ObjectKind::View => vec![Kind::View, Kind::MaterializedView],
        ObjectKind::MaterializedView => vec![Kind::MaterializedView],
        ObjectKind::Index => vec![Kind::Index],
        ObjectKind::Sequence => vec![Kind::Sequence],
        ObjectKind::Schema => vec![Kind::Schema],
        ObjectKind::Type => vec![Kind::Enum, Kind::Composite, Kind::Range],
        ObjectKind::Domain => vec![Kind::Domain],
        ObjectKind::Trigger => vec![Kind::Trigger],
        ObjectKind::Policy => vec![Kind::Policy],
        _ => Vec::new(),
    }
}

/// The facts that directives speak of: objects first, since an old column is in a table under its old name.
fn resolve(
    dialect: Dialect,
    directives: &[Directive],
    [from, to]: [&Snapshot; 2],
) -> Result<Vec<Rename>, RunError> {
    let mut renames: Vec<Rename> = Vec::new();
    let (parts, objects): (Vec<_>, Vec<_>) = directives.iter().partition(|it| it.part.is_some());
    for directive in objects.into_iter().chain(parts) {
        let names: Vec<&str> = directive.object.iter().chain(&directive.part).map(String::as_str).collect();
        let matches = |id: &FactId| {
            directive.kinds.iter().any(|kind| id.kind() == Some(*kind)) && ends_with(&id.path(), &names)
        };
        let mut found: Vec<&FactId> =
            to.facts().iter().map(|fact| &fact.id).filter(|id| matches(id)).collect();
        if found.len() > 1 {
            found.retain(|id| id.part(0) == "public");
        }
        let [new] = found.as_slice() else {
            let message = format!("{} of `renamed from=` is not in the schema", names.join("."));
            return Err(refusal(message, directive.place.clone()));
        };
        let mut path = new.path();
        let parent = to.get(new).and_then(|fact| fact.parent.as_ref());
        // A directive whose rename is done may stay where it is.
        let is_due = |rename: &&Rename| Some(&rename.new) == parent && from.get(&rename.old).is_some();
        let moved = renames.iter().find(is_due);
        if let (Some(_), Some(moved)) = (&directive.part, moved) {
            path = moved.old.path();
            path.push(String::new());
        }
        if let Some(last) = path.last_mut() {
            *last = stored(dialect, &directive.old, directive.part.is_some());
        }
        let kind = new.kind().unwrap_or(Kind::Table);
        renames.push(Rename { old: FactId::new(kind, path), new: (*new).clone() });
    }
    Ok(renames)
}

/// The last part of an old name as ids have it.
fn stored(dialect: Dialect, old: &str, is_part: bool) -> String {
    let name = Rename::parse(&format!("table:{old}=table:{old}")).map(|both| both.old.name());
    let name = name.unwrap_or_else(|| old.to_owned());
    match dialect {
        Dialect::Sqlite => name.to_ascii_lowercase(),
        Dialect::Mysql | Dialect::Mariadb if is_part => name.to_lowercase(),
        Dialect::Postgres if !old.contains('"') => name.to_ascii_lowercase(),
        _ => name,
    }
}

/// Whether a path ends with names.
fn ends_with(path: &[String], names: &[&str]) -> bool {
    path.len() >= names.len() && path.iter().rev().zip(names.iter().rev()).all(|(part, name)| part == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_says_the_old_name() {
        for (comment, name) in [
            ("-- sluice: renamed from=email", Some("email")),
            ("--sluice:renamed from = \"E mail\" ", Some("\"E mail\"")),
            ("-- sluice: renamed from=", None),
            ("-- sluice: transaction=none", None),
            ("/* sluice: renamed from=a */", None),
        ] {
            assert_eq!(old_name(comment).as_deref(), name, "{comment}");
        }
    }

    #[test]
    fn it_speaks_of_what_comes_next() {
        let text = "-- sluice: renamed from=a\ncreate table b (\n  id int,\n  -- sluice: renamed from=x\n  y int\n);\n";
        let script = Script { name: "s.sql".to_owned(), text: text.to_owned() };
        let pieces = split(Dialect::Postgres, text).unwrap();
        let found: Vec<Found> = comments(Dialect::Postgres, text)
            .into_iter()
            .filter_map(|comment| find(Dialect::Postgres, &script, &pieces, comment))
            .collect();
        assert_eq!(found[0].1, ["b"]);
        assert_eq!(found[0].2, None);
        assert_eq!((found[1].0.as_slice(), found[1].2.as_deref()), ([Kind::Column].as_slice(), Some("y")));
    }
}
