use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::Kind;

/// The stable name of a fact: its kind and where it is, for example `column:public.orders.total`. What stands on another fact
/// carries its id: `comment:table:public.orders`, `grant:table:public.orders@reader`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(Arc<str>);

impl FactId {
    /// The id of a thing by its kind and qualified name.
    pub fn new<S: AsRef<str>>(kind: Kind, path: impl IntoIterator<Item = S>) -> Self {
        let mut text = kind.name().to_owned();
        text.push(':');
        for (index, part) in path.into_iter().enumerate() {
            if index > 0 {
                text.push('.');
            }
            push_part(&mut text, part.as_ref());
        }
        Self(text.into())
    }

    /// The id of something that stands on another fact; `extra` tells apart several of a kind.
    pub fn on(kind: Kind, target: &FactId, extra: Option<&str>) -> Self {
        let mut text = format!("{}:{}", kind.name(), target.0);
        if let Some(extra) = extra {
            text.push('@');
            push_part(&mut text, extra);
        }
        Self(text.into())
    }

    /// An id as it was written.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is the id of; none for text that names no kind.
    pub fn kind(&self) -> Option<Kind> {
        Kind::parse(self.0.split_once(':')?.0)
    }

    /// The parts of the qualified name. Means nothing for what stands on another fact.
    pub fn path(&self) -> Vec<String> {
        let text = self.0.split_once(':').map_or("", |(_, path)| path);
        let mut parts = vec![String::new()];
        let mut quoted = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let Some(part) = parts.last_mut() else { break };
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => {
                    characters.next();
                    part.push('"');
                }
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                _ => part.push(character),
            }
        }
        parts
    }

    /// One part of the qualified name; empty where there is none.
    pub fn part(&self, index: usize) -> String {
        self.path().into_iter().nth(index).unwrap_or_default()
    }

    /// The last part of the qualified name.
    pub fn name(&self) -> String {
        self.path().pop().unwrap_or_default()
    }
}

fn push_part(text: &mut String, part: &str) {
    if !part.is_empty() && !part.contains(['.', '"', '@']) {
        text.push_str(part);
        return;
    }
    text.push('"');
    text.push_str(&part.replace('"', "\"\""));
    text.push('"');
}

impl Borrow<str> for FactId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_come_back_as_they_were() {
        let table: &[(&[&str], &str)] = &[
            (&["public", "orders", "total"], "column:public.orders.total"),
            (&["public", "a.b", "c\"d"], "column:public.\"a.b\".\"c\"\"d\""),
            (&["", "f(integer, public.mood)"], "column:\"\".\"f(integer, public.mood)\""),
        ];
        for (path, text) in table {
            let id = FactId::new(Kind::Column, *path);
            assert_eq!(id.as_str(), *text);
            assert_eq!(id.path(), *path);
            assert_eq!(id.kind(), Some(Kind::Column));
        }
    }

    #[test]
    fn what_stands_on_another_fact_carries_its_id() {
        let table = FactId::new(Kind::Table, ["public", "orders"]);
        assert_eq!(FactId::on(Kind::Comment, &table, None).as_str(), "comment:table:public.orders");
        assert_eq!(
            FactId::on(Kind::Grant, &table, Some("a.b")).as_str(),
            "grant:table:public.orders@\"a.b\""
        );
    }
}
