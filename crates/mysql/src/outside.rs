//! Scripts that are to run in a scratch database: what names the database itself is taken to be the scratch, and what would reach
//! beyond it is refused.

use sluice_engine::shadow::{Misplaced, Script};
use sluice_sql::{Dialect, Facts, Kind, ObjectKind, PieceKind, classify, split};

use crate::lexeme::{Lexeme, Reader, lexemes};
use crate::own_name;

/// Scripts as they run in a scratch database that stands for `database`. Everything stays at its place.
pub(crate) fn inside(dialect: Dialect, database: &str, scripts: &[Script]) -> Result<Vec<Script>, Misplaced> {
    let mut own: Vec<String> = vec![database.to_owned()];
    let mut made: Vec<String> = Vec::new();
    for (_, sql) in scripts.iter().flat_map(|script| statements(dialect, &script.text)) {
        own.extend(database_of(sql));
        made.extend(made_here(&classify(dialect, sql)));
    }
    for (_, sql) in scripts.iter().flat_map(|script| statements(dialect, &script.text)) {
        own.extend(qualifiers_of(sql, &made));
    }
    let is_own = |name: &str| own.iter().any(|own| own == name);
    let adapt = |script: &Script| -> Result<Script, Misplaced> {
        let mut text = script.text.clone();
        for (start, sql) in statements(dialect, &script.text) {
            let facts = classify(dialect, sql);
            let adapted = if database_of(sql).is_some()
                || is_about_a_database(&facts)
                || is_about_the_server(sql, &facts)
            {
                Some(" ".repeat(sql.len()))
            } else {
                if let Some(foreign) = foreign(&facts, &is_own) {
                    return Err(Misplaced {
                        script: script.name.clone(),
                        offset: start,
                        message: format!("the statement changes database {foreign}"),
                    });
                }
                own_name::blanked(sql, &is_own)
            };
            if let Some(adapted) = adapted {
                text.replace_range(start..start + sql.len(), &adapted);
            }
        }
        Ok(Script { name: script.name.clone(), text })
    };
    scripts.iter().map(adapt).collect()
}

/// Statements with the places where they begin; none of a text that cannot be split, which is found out where it is run.
fn statements(dialect: Dialect, text: &str) -> impl Iterator<Item = (usize, &str)> {
    let pieces = split(dialect, text).unwrap_or_default();
    pieces
        .into_iter()
        .filter(|piece| piece.kind == PieceKind::Statement)
        .filter_map(|piece| Some((piece.body.start, text.get(piece.body.start..piece.body.end)?)))
}

/// The database that a statement makes or goes to.
fn database_of(sql: &str) -> Option<String> {
    let mut reader = Reader::new(sql);
    if reader.take(&["USE"]) {
        return reader.name();
    }
    let creates = reader.take(&["CREATE", "OR", "REPLACE"]) || reader.take(&["CREATE"]);
    (creates && (reader.take(&["DATABASE"]) || reader.take(&["SCHEMA"]))).then_some(())?;
    reader.take(&["IF", "NOT", "EXISTS"]);
    reader.name()
}

/// The object that a statement makes without saying in which database.
fn made_here(facts: &Facts) -> Option<String> {
    let object = facts.objects.first().filter(|_| matches!(facts.kind, Kind::Create { .. }))?;
    match object.name.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    }
}

/// Databases in which a statement looks for what the scripts make: no other than the scratch can be meant.
fn qualifiers_of(sql: &str, made: &[String]) -> Vec<String> {
    let lexemes = lexemes(sql);
    let leads = |lexeme: &Lexeme<'_>| {
        ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "REFERENCES"].iter().any(|word| lexeme.is(word))
    };
    let is_made = |name: &String| made.contains(name);
    let found = lexemes.windows(4).filter_map(|window| match window {
        [before, database, point, name] if leads(before) && point.is_sign('.') => {
            let (database, name) = (database.name()?, name.name()?);
            (is_made(&name) && !is_made(&database)).then_some(database)
        }
        _ => None,
    });
    found.collect()
}

fn is_about_a_database(facts: &Facts) -> bool {
    let changes = matches!(facts.kind, Kind::Create { .. } | Kind::Drop { .. } | Kind::Alter);
    changes
        && facts
            .objects
            .first()
            .is_some_and(|object| matches!(object.kind, ObjectKind::Database | ObjectKind::Schema))
}

/// Accounts and global variables are not of a schema, and those of the server are left alone.
fn is_about_the_server(sql: &str, facts: &Facts) -> bool {
    let is_global =
        |lexeme: &Lexeme<'_>| ["GLOBAL", "PERSIST", "PERSIST_ONLY"].iter().any(|scope| lexeme.is(scope));
    match facts.kind {
        Kind::Privilege => true,
        Kind::Set => lexemes(sql).iter().any(is_global),
        _ => false,
    }
}

/// Another database in which a statement makes, changes or drops something.
fn foreign(facts: &Facts, is_own: &dyn Fn(&str) -> bool) -> Option<String> {
    let changes = matches!(
        facts.kind,
        Kind::Create { .. } | Kind::Drop { .. } | Kind::Alter | Kind::Truncate | Kind::Dml
    );
    let qualified = facts.objects.iter().filter(|object| changes && object.name.len() > 1);
    qualified.filter_map(|object| object.name.first()).find(|name| !is_own(name)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapted(text: &str) -> Result<String, String> {
        let script = Script { name: "a.sql".to_owned(), text: text.to_owned() };
        match inside(Dialect::Mariadb, "shop", &[script]) {
            Ok(scripts) => Ok(scripts[0].text.clone()),
            Err(misplaced) => Err(format!("{} {}", misplaced.offset, misplaced.message)),
        }
    }

    #[test]
    fn the_database_itself_is_the_scratch() {
        assert_eq!(
            adapted("create view v as select * from shop.t;").unwrap(),
            "create view v as select * from      t;"
        );
        assert_eq!(
            adapted("create database x; use x; create table x.t (a int);").unwrap(),
            "                 ;      ; create table   t (a int);"
        );
        assert_eq!(
            adapted("create table t (a int); create view v as select b.t.a from b.t").unwrap(),
            "create table t (a int); create view v as select   t.a from   t"
        );
        assert_eq!(adapted("drop database if exists shop;").unwrap(), "                            ;");
        assert_eq!(adapted("select 'shop.t';").unwrap(), "select 'shop.t';");
    }

    #[test]
    fn accounts_and_global_variables_are_left_alone() {
        for sql in [
            "create user bob identified by 'x'",
            "grant all on *.* to bob",
            "set @@global.gtid_purged = 'x'",
            "/*!80000 SET GLOBAL max_connections = 3 */",
        ] {
            assert_eq!(adapted(sql).unwrap().trim(), "", "{sql}");
        }
        assert_eq!(adapted("set names utf8mb4").unwrap(), "set names utf8mb4");
    }

    #[test]
    fn other_databases_are_left_alone() {
        assert_eq!(
            adapted("create table a (b int); drop table prod.t").unwrap_err(),
            "24 the statement changes database prod"
        );
        assert!(adapted("create view v as select * from other.t").is_ok());
    }
}
