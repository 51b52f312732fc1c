//! Texts without what says nothing: comments, blanks, the case of keywords, the style of quotes. Two texts that mean the same to
//! SQLite's parser become one; they are compared and never run.

use std::collections::BTreeSet;

use sluice_sql::{Dialect, Lexeme, LexemeKind, is_reserved, lexemes};

/// Words that mean something else than a name where they stand without quotes (<https://sqlite.org/lang_keywords.html>).
const KEYWORDS: &str = " abort action add after all alter always analyze and as asc attach autoincrement before begin between by \
    cascade case cast check collate column commit conflict constraint create cross current current_date current_time \
    current_timestamp database default deferrable deferred delete desc detach distinct do drop each else end escape except exclude \
    exclusive exists explain fail false filter first following for foreign from full generated glob group groups having if ignore \
    immediate in index indexed initially inner insert instead intersect into is isnull join key last left like limit match \
    materialized natural no not nothing notnull null nulls of offset on or order others outer over partition plan pragma preceding \
    primary query raise range recursive references regexp reindex release rename replace restrict returning right rollback row rows \
    savepoint select set table temp temporary then ties to transaction trigger true unbounded union unique update using vacuum \
    values view virtual when where window with within without ";

/// Names that every table has.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// What names in a text are compared by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Names<'a> {
    /// Their case counts: results of views carry it.
    AsWritten,
    /// Their case does not count, and the only names are those of these columns, in lower case; anything else in double quotes is a
    /// string (<https://sqlite.org/quirks.html>, "Double-quoted String Literals Are Accepted").
    Of(&'a BTreeSet<String>),
}

/// The text of the lexemes with one blank where a blank may stand.
pub(crate) fn plain(text: &str, names: Names<'_>) -> String {
    let lexemes = lexemes(Dialect::Sqlite, text);
    let mut out = String::with_capacity(text.len());
    let mut glued = true;
    for (at, lexeme) in lexemes.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| lexemes.get(at));
        let word = word(lexeme, before, lexemes.get(at.saturating_add(1)), names);
        let opens_call = word == "(" && before.is_some_and(|before| names_function(before));
        if !glued && !opens_call && !matches!(word.as_str(), ")" | "," | ";" | ".") {
            out.push(' ');
        }
        out.push_str(&word);
        glued = matches!(word.as_str(), "(" | ".");
    }
    out
}

/// The columns that a text names, in lower case; a few too many where a string looks like one.
pub(crate) fn columns(text: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let names = lexemes(Dialect::Sqlite, text).into_iter().filter_map(|lexeme| match lexeme.kind {
        LexemeKind::Word => Some(lexeme.text.to_ascii_lowercase()),
        LexemeKind::QuotedName => Some(unquote(lexeme.text).to_ascii_lowercase()),
        _ => None,
    });
    names.filter(|name| known.contains(name)).collect()
}

/// What stands between quotes, doubled ones resolved.
pub(crate) fn unquote(text: &str) -> String {
    let mut characters = text.chars();
    let quote = characters.next().unwrap_or_default();
    characters.next_back();
    match quote {
        '[' => characters.as_str().to_owned(),
        quote => characters.as_str().replace(&format!("{quote}{quote}"), &quote.to_string()),
    }
}

/// A text in single quotes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn word(
    lexeme: &Lexeme<'_>,
    before: Option<&Lexeme<'_>>,
    after: Option<&Lexeme<'_>>,
    names: Names<'_>,
) -> String {
    match lexeme.kind {
        LexemeKind::Number => lexeme.text.to_ascii_lowercase(),
        LexemeKind::String if lexeme.text.starts_with('\'') => lexeme.text.to_owned(),
        LexemeKind::String => lexeme.text.to_ascii_lowercase(),
        LexemeKind::Symbol => lexeme.text.to_owned(),
        LexemeKind::Word => match names {
            Names::AsWritten if !is_keyword(lexeme.text) => lexeme.text.to_owned(),
            _ => lexeme.text.to_ascii_lowercase(),
        },
        LexemeKind::QuotedName => {
            let name = unquote(lexeme.text);
            match names {
                Names::AsWritten => bare(&name),
                Names::Of(columns) => {
                    let folded = name.to_ascii_lowercase();
                    let is = |lexeme: Option<&Lexeme<'_>>, text: &str| {
                        lexeme.is_some_and(|lexeme| lexeme.text.eq_ignore_ascii_case(text))
                    };
                    let known = columns.contains(&folded) || ROWIDS.contains(&folded.as_str());
                    let part = is(before, ".") || is(before, "collate") || is(after, ".") || is(after, "(");
                    if known || part || !lexeme.text.starts_with('"') {
                        bare(&folded)
                    } else {
                        literal(&name)
                    }
                }
            }
        }
    }
}

/// A name without quotes, where it may stand without them.
pub(crate) fn bare(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|first| !first.is_ascii_digit() && first != '$')
        && name.chars().all(|letter| {
            letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$') || !letter.is_ascii()
        });
    let special = ["true", "false", "current_date", "current_time", "current_timestamp"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word));
    if plain && !special && !is_reserved(name) { name.to_owned() } else { quote(name) }
}

/// A name in quotes.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&format!(" {} ", word.to_ascii_lowercase()))
}

/// Whether an opening bracket behind it opens a call.
fn names_function(lexeme: &Lexeme<'_>) -> bool {
    match lexeme.kind {
        LexemeKind::Word => !is_reserved(lexeme.text),
        LexemeKind::QuotedName => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_left_out() {
        let table = [
            (
                "SELECT  a -- c\n FROM\t[My Table] /* x */ WHERE a=-1.50",
                "select a from \"My Table\" where a = - 1.50",
            ),
            ("select `a`.\"b\" from t where x<>'It''s'  ", "select a.b from t where x <> 'It''s'"),
            ("select COUNT( * ), \"null\", null", "select COUNT(*), \"null\", null"),
            ("x'AB' 1E3 a||b", "x'ab' 1e3 a || b"),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text, Names::AsWritten), expected, "{text}");
        }
    }

    #[test]
    fn in_a_table_only_columns_are_names_in_double_quotes() {
        let columns: BTreeSet<String> = ["age", "my col"].map(str::to_owned).into();
        let table = [
            ("\"Age\" > 1 AND Status IN (\"Old\", 'New')", "age > 1 and status in ('Old', 'New')"),
            ("LENGTH([My Col]) > 0", "length(\"my col\") > 0"),
            ("\"T\".\"X\" = `Y`", "t.x = y"),
            ("a COLLATE \"NoCase\"", "a collate nocase"),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text, Names::Of(&columns)), expected, "{text}");
        }
    }

    #[test]
    fn columns_are_found_in_whatever_quotes() {
        let known: BTreeSet<String> = ["a", "b c", "d"].map(str::to_owned).into();
        let found = columns("A + [b c] * lower('d')", &known);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "b c"]);
    }
}
