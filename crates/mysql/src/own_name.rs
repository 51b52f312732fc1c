//! Names of a database in texts that are to hold without it: a schema is the same under every name of its database.

use std::borrow::Cow;

use crate::lexeme::{Lexeme, lexemes};

/// Takes `db.` out in front of names. Where the database's name is something else, too (an alias, a table), the text stays: it cannot
/// be told what is meant.
pub(crate) fn without<'a>(text: &'a str, database: &str) -> Cow<'a, str> {
    if !text.contains(database) {
        return Cow::Borrowed(text);
    }
    let Some(places) = qualifiers(text, &|name| name == database) else { return Cow::Borrowed(text) };
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in places {
        result.push_str(text.get(from..start).unwrap_or_default());
        from = end;
    }
    result.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(result)
}

/// The same with blanks in its place, so that everything else stays where it is.
pub(crate) fn blanked(text: &str, is_own: &dyn Fn(&str) -> bool) -> Option<String> {
    let places = qualifiers(text, is_own).filter(|places| !places.is_empty())?;
    let mut bytes = text.as_bytes().to_vec();
    for (start, end) in places {
        bytes.get_mut(start..end)?.fill(b' ');
    }
    String::from_utf8(bytes).ok()
}

/// Where the database's name stands in front of another one, with the point; none where it also stands alone.
fn qualifiers(text: &str, is_own: &dyn Fn(&str) -> bool) -> Option<Vec<(usize, usize)>> {
    let lexemes = lexemes(text);
    let mut places = Vec::new();
    // The rows of a trigger are called so, whatever the database is called.
    let is_row = |name: &str| name.eq_ignore_ascii_case("new") || name.eq_ignore_ascii_case("old");
    let is_trigger = lexemes.iter().take(12).any(|lexeme| lexeme.is("TRIGGER"));
    let point = |lexeme: Option<&Lexeme<'_>>| lexeme.is_some_and(|lexeme| lexeme.is_sign('.'));
    for (at, lexeme) in lexemes.iter().enumerate() {
        if !lexeme.name().is_some_and(|name| is_own(&name) && !(is_trigger && is_row(&name))) {
            continue;
        }
        let behind = at.checked_sub(1).and_then(|before| lexemes.get(before));
        if point(behind) {
            continue;
        }
        if !point(lexemes.get(at + 1)) {
            return None;
        }
        let next = lexemes.get(at + 2).filter(|next| next.name().is_some())?;
        places.push((lexeme.start, next.start));
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_name_goes_and_others_stay() {
        for (text, expected) in [
            ("select `shop`.`t`.`a` from `shop`.`t`", "select `t`.`a` from `t`"),
            ("nextval(`shop`.`s`)", "nextval(`s`)"),
            ("insert into shop.log select * from other.shop", "insert into log select * from other.shop"),
            ("select 'shop.t'", "select 'shop.t'"),
            // An alias of that name: nobody knows which is which.
            ("select `shop`.`a` from `t` `shop`", "select `shop`.`a` from `t` `shop`"),
        ] {
            assert_eq!(without(text, "shop"), expected);
        }
    }

    #[test]
    fn the_rows_of_a_trigger_are_no_database() {
        let text = "TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET new.b = old.c";
        assert_eq!(without(text, "new"), text);
        assert_eq!(without("select * from new.t", "new"), "select * from t");
    }

    #[test]
    fn blanks_keep_every_place() {
        let text = "create view v as select * from shop.t";
        let blanked = blanked(text, &|name| name == "shop").unwrap();
        assert_eq!(blanked, "create view v as select * from      t");
    }
}
