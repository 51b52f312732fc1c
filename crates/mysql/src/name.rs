//! Names in SQL.

/// A name in backticks.
pub(crate) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text as a SQL literal of our own statements: hexadecimal, so that neither quotes nor backslashes nor the SQL mode
/// matter.
pub(crate) fn literal(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    text.bytes().fold("_utf8mb4 0x".to_owned(), |mut sql, byte| {
        sql.push_str(&format!("{byte:02X}"));
        sql
    })
}

/// A name as InnoDB writes it (`a-b` is `a@002db`; manual, "Mapping of Identifiers to File Names"). `None` for letters outside
/// ASCII, which have codes of their own.
pub(crate) fn file_name(name: &str) -> Option<String> {
    let mut encoded = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => encoded.push(character),
            _ if character.is_ascii() => encoded.push_str(&format!("@{:04x}", u32::from(character))),
            _ => return None,
        }
    }
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_break_out() {
        assert_eq!(quote("a`b"), "`a``b`");
        assert_eq!(literal("a'b\\"), "_utf8mb4 0x6127625C");
        assert_eq!(literal(""), "''");
        assert_eq!(file_name("a-b x").as_deref(), Some("a@002db@0020x"));
        assert_eq!(file_name("größe"), None);
    }
}
