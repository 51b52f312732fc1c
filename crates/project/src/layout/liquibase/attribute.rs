//! `author:id key:value key:"a value"`.

/// A `key:value` pair, the key in lower case, with the offset of the pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute<'t> {
    pub key: String,
    pub value: &'t str,
    pub at: usize,
}

/// Author, id and the rest of a changeset line, with the offset of the rest.
pub(super) fn identity(text: &str) -> Option<(&str, &str, usize)> {
    let start = text.len() - text.trim_start().len();
    let (author, after) = word(text, start, Some(':'))?;
    let colon = text.get(after..)?;
    let after = after + (colon.len() - colon.trim_start().len());
    let rest = text.get(after..)?.strip_prefix(':')?;
    let id_at = after + 1 + (rest.len() - rest.trim_start().len());
    let (id, after) = word(text, id_at, None)?;
    (!author.trim().is_empty() && !id.is_empty()).then_some((author.trim(), id, after))
}

/// The pairs of `text`; an error is the offset of a word without colon.
pub(super) fn attributes(text: &str) -> Result<Vec<Attribute<'_>>, usize> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            return Ok(found);
        }
        let end = trimmed.find(|c: char| c == ':' || c.is_whitespace()).ok_or(at)?;
        let key = trimmed.get(..end).unwrap_or_default();
        if !trimmed.get(end..).is_some_and(|rest| rest.starts_with(':')) {
            return Err(at);
        }
        let (value, after) = word(text, at + end + 1, None).ok_or(at)?;
        found.push(Attribute { key: key.to_ascii_lowercase(), value, at });
        at = after;
    }
}

/// The word at `at`, quoted or up to a blank (or `until`), and the offset after it.
fn word(text: &str, at: usize, until: Option<char>) -> Option<(&str, usize)> {
    let rest = text.get(at..)?;
    if let Some(quoted) = rest.strip_prefix('"') {
        let end = quoted.find('"')?;
        return Some((quoted.get(..end)?, at + end + 2));
    }
    let end = match until {
        Some(stop) => rest.find(stop)?,
        None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
    };
    Some((rest.get(..end)?, at + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changeset_lines_are_taken_apart() {
        assert_eq!(identity(" bob:1"), Some(("bob", "1", 6)));
        assert_eq!(identity(" \"Bob B\":\"1 a\" x:y"), Some(("Bob B", "1 a", 14)));
        assert_eq!(identity(" Bob B:create-table dbms:mysql"), Some(("Bob B", "create-table", 19)));
        assert_eq!(identity(" bob"), None);
        assert_eq!(identity(" bob:"), None);
        let pair = |key: &str, value, at| Attribute { key: key.to_owned(), value, at };
        assert_eq!(
            attributes(" runOnChange:true context:\"a or b\" endDelimiter:"),
            Ok(vec![
                pair("runonchange", "true", 1),
                pair("context", "a or b", 18),
                pair("enddelimiter", "", 35)
            ])
        );
        assert_eq!(attributes(" a:b oops"), Err(5));
    }
}
