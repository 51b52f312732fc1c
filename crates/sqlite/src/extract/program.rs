//! Views, triggers and virtual tables: SQLite keeps their texts and does not look at them until they are used.

use sluice_facts::{Fact, FactId, Kind, Payload};
use sluice_sql::{Dialect, Lexeme, LexemeKind, lexemes};

use super::table::Attribute;
use super::{Object, fact, folded, spelling};
use crate::wording::{Names, plain, unquote};

/// A view; `broken` where it cannot be used as things are.
pub(super) fn view(object: &Object, broken: bool) -> Option<Fact> {
    program(Kind::View, object, None, broken)
}

/// A trigger of a table, or of a view.
pub(super) fn trigger(object: &Object, on_view: bool, broken: bool) -> Option<Fact> {
    let kind = if on_view { Kind::View } else { Kind::Table };
    program(Kind::Trigger, object, Some(FactId::new(kind, [folded(&object.of)])), broken)
}

fn program(kind: Kind, object: &Object, parent: Option<FactId>, broken: bool) -> Option<Fact> {
    let mut attributes: Vec<Attribute> = spelling(&object.name).into_iter().collect();
    attributes.push(("definition".into(), plain(behind_name(&object.sql)?, Names::AsWritten).into()));
    if broken {
        attributes.push(("broken".into(), true.into()));
    }
    Some(fact(kind, object, parent, Payload::new(attributes)))
}

/// `CREATE VIEW name …`: the rest. SQLite keeps neither `IF NOT EXISTS` nor the schema.
fn behind_name(sql: &str) -> Option<&str> {
    let lexemes = lexemes(Dialect::Sqlite, sql);
    let (name, next) = (lexemes.get(2)?, lexemes.get(3)?);
    let named = matches!(name.kind, LexemeKind::Word | LexemeKind::QuotedName | LexemeKind::String);
    named.then(|| sql.get(next.start..))?
}

/// Whether a table is a virtual one.
pub(super) fn is_virtual(object: &Object) -> bool {
    let lexemes = lexemes(Dialect::Sqlite, object.sql.get(..64).unwrap_or(&object.sql));
    object.kind == "table" && lexemes.get(1).is_some_and(|lexeme| lexeme.text.eq_ignore_ascii_case("virtual"))
}

/// The module of a virtual table, in lower case.
pub(super) fn module(object: &Object) -> Option<String> {
    let lexemes = lexemes(Dialect::Sqlite, &object.sql);
    module_at(&lexemes).map(|(_, module)| module)
}

fn module_at(lexemes: &[Lexeme<'_>]) -> Option<(usize, String)> {
    // CREATE VIRTUAL TABLE name USING module
    let module =
        lexemes.get(5).filter(|_| lexemes.get(4).is_some_and(|it| it.text.eq_ignore_ascii_case("using")))?;
    let name = match module.kind {
        LexemeKind::Word => module.text.to_owned(),
        LexemeKind::QuotedName | LexemeKind::String => unquote(module.text),
        _ => return None,
    };
    Some((module.start.saturating_add(module.text.len()), folded(&name)))
}

/// A virtual table. What its arguments mean is the module's business: only blanks between words do not count.
pub(super) fn virtual_table(object: &Object) -> Option<Fact> {
    let lexemes = lexemes(Dialect::Sqlite, &object.sql);
    let (end, module) = module_at(&lexemes)?;
    let mut attributes: Vec<Attribute> = spelling(&object.name).into_iter().collect();
    attributes.push(("module".into(), module.into()));
    let rest = object.sql.get(end..)?.trim();
    let arguments = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
    let arguments = arguments_of(arguments);
    if !arguments.is_empty() {
        attributes.push(("arguments".into(), arguments.into()));
    }
    Some(fact(Kind::VirtualTable, object, None, Payload::new(attributes)))
}

/// Arguments are cut at commas outside of brackets and quotes, as SQLite does it.
fn arguments_of(text: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let (mut depth, mut quote, mut blank) = (0_u32, None, false);
    for letter in text.chars() {
        if quote.is_none() && letter.is_whitespace() {
            blank = true;
            continue;
        }
        if letter == ',' && quote.is_none() && depth == 0 {
            arguments.push(String::new());
            blank = false;
            continue;
        }
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth = depth.saturating_add(1),
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let Some(argument) = arguments.last_mut() else { break };
        let splits = |letter: char| matches!(letter, '=' | '(' | ')' | ',');
        if blank && !argument.is_empty() && !splits(letter) && !argument.ends_with(splits) {
            argument.push(' ');
        }
        blank = false;
        argument.push(letter);
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_modules_are_told_without_blanks_that_say_nothing() {
        let text = " a,  b  UNINDEXED ,tokenize = \"porter  ascii\", price\n DECIMAL ( 10 , 5 ) ";
        assert_eq!(
            arguments_of(text),
            ["a", "b UNINDEXED", "tokenize=\"porter  ascii\"", "price DECIMAL(10,5)"]
        );
    }

    #[test]
    fn definitions_begin_behind_the_name() {
        assert_eq!(behind_name("CREATE VIEW \"a b\" AS SELECT 1"), Some("AS SELECT 1"));
        assert_eq!(behind_name("CREATE VIEW v(x) AS SELECT 1"), Some("(x) AS SELECT 1"));
    }
}
