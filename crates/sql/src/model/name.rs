use std::borrow::Cow;

use sluice_text::Span;

use crate::Dialect;

/// PostgreSQL cuts names after this many bytes (`NAMEDATALEN - 1`).
const POSTGRES_NAME_BYTES: usize = 63;

/// A name as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// Text with quotes and escapes resolved, not folded.
    pub text: String,
    /// Written in quotes (`"a"`, `` `a` ``, `[a]`).
    pub quoted: bool,
    /// Its place, quotes included.
    pub span: Span,
}

/// Which rules of case a name follows (MySQL treats relations unlike the rest).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameClass {
    /// Tables, views, databases, triggers: MySQL compares them exactly where the file system does
    /// (`lower_case_table_names=0`, the default on Linux, is assumed).
    Relation,
    /// Columns, indexes, constraints, routines, events and everything else: MySQL ignores their case.
    Other,
}

impl Ident {
    /// A name without quotes.
    pub fn bare(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), quoted: false, span }
    }

    /// A name in quotes; `text` is what stands between them, escapes resolved.
    pub fn quoted(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), quoted: true, span }
    }

    /// The name as the server stores and shows it: PostgreSQL folds unquoted ASCII letters to lower case and cuts
    /// after 63 bytes; the others keep what is written.
    pub fn folded(&self, dialect: Dialect) -> Cow<'_, str> {
        if dialect != Dialect::Postgres {
            return Cow::Borrowed(&self.text);
        }
        let text = sluice_text::cut(&self.text, POSTGRES_NAME_BYTES);
        if self.quoted || !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.to_ascii_lowercase())
    }

    /// The name for comparing: two names mean the same thing exactly when their keys are equal.
    pub fn key(&self, dialect: Dialect, class: NameClass) -> Cow<'_, str> {
        match (dialect, class) {
            (Dialect::Postgres, _) => self.folded(dialect),
            (Dialect::Mysql | Dialect::Mariadb, NameClass::Relation) => Cow::Borrowed(&self.text),
            (Dialect::Mysql | Dialect::Mariadb, NameClass::Other) => Cow::Owned(self.text.to_lowercase()),
            (Dialect::Sqlite, _) => Cow::Owned(self.text.to_ascii_lowercase()),
        }
    }

    /// Whether both name the same column, index, constraint, …
    pub fn same(&self, other: &Self, dialect: Dialect) -> bool {
        self.key(dialect, NameClass::Other) == other.key(dialect, NameClass::Other)
    }

    /// Whether it is `word` written without quotes, whatever the case.
    pub fn is_word(&self, word: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(word)
    }
}

/// A name with its qualifiers: `orders`, `public.orders`, `db.public.orders`. At least one part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// Qualifiers, outermost first (PostgreSQL: database; all: schema, which MySQL calls database and SQLite
    /// calls attached database).
    pub qualifiers: Vec<Ident>,
    /// The name itself.
    pub name: Ident,
    /// All of it.
    pub span: Span,
}

impl ObjectName {
    /// A name without qualifier.
    pub fn bare(name: Ident) -> Self {
        Self { span: name.span, qualifiers: Vec::new(), name }
    }

    /// A name from its parts, outermost first; none if there are none.
    pub fn from_parts(mut parts: Vec<Ident>) -> Option<Self> {
        let name = parts.pop()?;
        let start = parts.first().map_or(name.span.start, |first| first.span.start);
        Some(Self { span: Span::new(start, name.span.end), qualifiers: parts, name })
    }

    /// The schema (MySQL: database), if written.
    pub fn schema(&self) -> Option<&Ident> {
        self.qualifiers.last()
    }

    /// The parts for comparing; see [`Ident::key`]. Qualifiers are relations' names.
    pub fn key(&self, dialect: Dialect, class: NameClass) -> Vec<String> {
        let qualifiers = self.qualifiers.iter().map(|part| part.key(dialect, NameClass::Relation));
        qualifiers.chain([self.name.key(dialect, class)]).map(Cow::into_owned).collect()
    }

    /// The parts as the server stores them, joined by dots, for messages: `public.orders`.
    pub fn display(&self, dialect: Dialect) -> String {
        let mut out = String::new();
        for part in &self.qualifiers {
            out.push_str(&part.folded(dialect));
            out.push('.');
        }
        out.push_str(&self.name.folded(dialect));
        out
    }

    /// Whether both name the same relation. A name without schema is taken to mean `other`'s schema where only
    /// one of them has one: what the search path says is not known here.
    pub fn same_relation(&self, other: &Self, dialect: Dialect) -> bool {
        let key = |ident: &Ident| ident.key(dialect, NameClass::Relation).into_owned();
        key(&self.name) == key(&other.name)
            && self.schema().zip(other.schema()).is_none_or(|(left, right)| key(left) == key(right))
    }
}

/// A role or user: `alice`, `'alice'@'%'`, `PUBLIC`, `CURRENT_USER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleName {
    /// The name; the keyword itself for a special role.
    pub name: Ident,
    /// Host (MySQL, MariaDB).
    pub host: Option<Ident>,
    /// A role that a keyword names.
    pub special: Option<SpecialRole>,
    /// All of it.
    pub span: Span,
}

/// Roles that are keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialRole {
    /// `PUBLIC`: everybody.
    Public,
    /// `CURRENT_USER`, `CURRENT_ROLE`, `SESSION_USER`.
    Current,
    /// `NONE`, `DEFAULT`, `ALL`.
    Keyword,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::new(0, text.len())
    }

    fn bare(text: &str) -> Ident {
        Ident::bare(text, span(text))
    }

    fn quoted(text: &str) -> Ident {
        Ident::quoted(text, span(text))
    }

    #[test]
    fn names_fold_and_compare_by_the_rules_of_their_dialect() {
        use Dialect::{Mariadb, Mysql, Postgres, Sqlite};
        use NameClass::{Other, Relation};
        let table = [
            (Postgres, Relation, bare("Orders"), "orders"),
            (Postgres, Relation, quoted("Orders"), "Orders"),
            (Postgres, Other, bare("ÄB"), "Äb"),
            (Mysql, Relation, bare("Orders"), "Orders"),
            (Mysql, Other, quoted("Total"), "total"),
            (Mariadb, Other, bare("ÄB"), "äb"),
            (Sqlite, Relation, quoted("Orders"), "orders"),
        ];
        for (dialect, class, ident, key) in table {
            assert_eq!(ident.key(dialect, class), key, "{dialect} {class:?} {ident:?}");
        }
        assert_eq!(bare("Orders").folded(Sqlite), "Orders");
        assert_eq!(bare("Orders").folded(Mysql), "Orders");
    }

    #[test]
    fn postgres_cuts_names_at_a_character_border_within_63_bytes() {
        let long = format!("{}é", "A".repeat(62));
        assert_eq!(bare(&long).folded(Dialect::Postgres), "a".repeat(62));
        assert_eq!(quoted(&"x".repeat(70)).folded(Dialect::Postgres).len(), 63);
        assert_eq!(bare(&long).folded(Dialect::Mysql), long);
    }

    #[test]
    fn a_name_without_schema_may_mean_any_schema() {
        let orders = ObjectName::bare(bare("orders"));
        let in_schema = |schema: &str| ObjectName::from_parts(vec![bare(schema), bare("ORDERS")]).unwrap();
        assert!(orders.same_relation(&in_schema("public"), Dialect::Postgres));
        assert!(!in_schema("a").same_relation(&in_schema("b"), Dialect::Postgres));
        assert!(!orders.same_relation(&in_schema("shop"), Dialect::Mysql));
        assert_eq!(in_schema("Shop").display(Dialect::Postgres), "shop.orders");
        assert_eq!(in_schema("Shop").key(Dialect::Mysql, NameClass::Other), ["Shop", "orders"]);
        assert_eq!(ObjectName::from_parts(Vec::new()), None);
    }
}
