//! Tables with their columns, and indexes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sluice_facts::{Fact, FactId, Kind, Payload, Value};
use sluice_sql::model::{
    ColumnAttribute, ColumnAttributeKind, ColumnDef, CreateTable, IndexKey, NamedOption, Statement, Storage,
    TableOptionKind,
};
use sluice_sql::{Dialect, LexemeKind, lexemes, parse};
use sluice_text::Span;

use super::constraint::{self, Constraint};
use super::{Object, column_id, fact, folded, spelling};
use crate::wording::{Names, columns, literal, plain};

/// Words that are no string where a default is a word.
const SPECIAL: [&str; 6] = ["null", "true", "false", "current_time", "current_date", "current_timestamp"];

/// An attribute of a fact.
pub(super) type Attribute = (Cow<'static, str>, Value);

/// A table that was read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) id: FactId,
    pub(super) name: String,
    pub(super) strict: bool,
    pub(super) without_rowid: bool,
    pub(super) columns: Vec<Column>,
    pub(super) constraints: Vec<Constraint>,
    fact: Fact,
}

/// One of its columns.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) not_null: bool,
    pub(super) generated: Option<Storage>,
    attributes: Vec<Attribute>,
    mentions: BTreeSet<String>,
    written: String,
}

/// The text of a statement with the columns that names in it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) known: &'a BTreeSet<String>,
}

impl Source<'_> {
    /// The text of a place, for comparing.
    pub(super) fn plain(&self, span: Span) -> String {
        plain(self.slice(span), Names::Of(self.known))
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The columns that a place names.
    pub(super) fn columns(&self, span: Span) -> BTreeSet<String> {
        columns(self.slice(span), self.known)
    }

    /// A key of an index or of a constraint. Ascending is what they are.
    pub(super) fn key(&self, key: &IndexKey) -> String {
        let text = self.plain(key.span);
        text.strip_suffix(" asc").map(str::to_owned).unwrap_or(text)
    }
}

/// Reads a table; none where the grammar does not understand all of it.
pub(super) fn read(object: &Object) -> Option<Table> {
    let create = create(object)?;
    let known: BTreeSet<String> = create.columns().map(|column| folded(&column.name.text)).collect();
    let source = Source { text: &object.sql, known: &known };
    let has = |wanted: &TableOptionKind| create.options.iter().any(|option| option.kind == *wanted);
    let (strict, without_rowid) = (has(&TableOptionKind::Strict), has(&TableOptionKind::WithoutRowid));
    let mut attributes: Vec<Attribute> = spelling(&object.name).into_iter().collect();
    if strict {
        attributes.push(("strict".into(), true.into()));
    }
    if without_rowid {
        attributes.push(("without_rowid".into(), true.into()));
    }
    let fact = fact(Kind::Table, object, None, Payload::new(attributes));
    let columns = create.columns().map(|column| self::column(column, source)).collect::<Option<_>>()?;
    Some(Table {
        id: fact.id.clone(),
        name: object.name.clone(),
        strict,
        without_rowid,
        columns,
        constraints: constraint::read(&create, source)?,
        fact,
    })
}

fn create(object: &Object) -> Option<CreateTable> {
    let parsed = parse(Dialect::Sqlite, &object.sql, Span::new(0, object.sql.len()));
    match parsed.statement {
        Statement::CreateTable(create) if parsed.not_analysed.is_empty() && create.query.is_none() => {
            Some(*create)
        }
        _ => None,
    }
}

fn column(column: &ColumnDef, source: Source<'_>) -> Option<Column> {
    let mut attributes: Vec<Attribute> = spelling(&column.name.text).into_iter().collect();
    let mut put = |name: &'static str, value: Value| attributes.push((name.into(), value));
    if let Some(data_type) = &column.data_type {
        put("type", data_type_text(source.slice(data_type.span)).into());
    }
    let mut labels: Vec<String> = Vec::new();
    let mut mentions = BTreeSet::new();
    let mut generated = None;
    let mut before: Option<&ColumnAttribute> = None;
    for attribute in &column.attributes {
        let mut label = |what: &str| {
            labels.extend(attribute.name.as_ref().map(|name| format!("{} {what}", folded(&name.text))));
        };
        match &attribute.kind {
            ColumnAttributeKind::Null => {}
            ColumnAttributeKind::NotNull { .. } => {
                put("not_null", true.into());
                label("not null");
            }
            ColumnAttributeKind::Default(expr) => {
                put("default", default_text(source.slice(expr.span)).into());
                label("default");
            }
            ColumnAttributeKind::Collate(name) => {
                let name = folded(&name.name.text);
                if name != "binary" {
                    put("collation", name.into());
                }
                label("collate");
            }
            ColumnAttributeKind::Generated(it) => {
                put("generated", if it.storage == Storage::Stored { "stored" } else { "virtual" }.into());
                put("expression", source.plain(it.expr.span).into());
                if it.storage == Storage::Default {
                    // The text is kept, and to give it another one costs nothing.
                    put("storage_unsaid", true.into());
                }
                mentions = source.columns(it.expr.span);
                generated = Some(it.storage);
                label("generated");
            }
            ColumnAttributeKind::Other(option) => {
                let of_not_null =
                    matches!(before.map(|it| &it.kind), Some(ColumnAttributeKind::NotNull { .. }));
                match conflict(option, source) {
                    Some(action) if of_not_null => put("not_null_conflict", action.into()),
                    // It has no effect there.
                    _ if option.name.text == "ON CONFLICT" => {}
                    _ => return None,
                }
            }
            // Constraints are facts of their own.
            ColumnAttributeKind::PrimaryKey { .. }
            | ColumnAttributeKind::Unique { .. }
            | ColumnAttributeKind::Check { .. }
            | ColumnAttributeKind::References(_)
            | ColumnAttributeKind::Deferral(_) => {}
            _ => return None,
        }
        before = Some(attribute);
    }
    if !labels.is_empty() {
        attributes.push(("labels".into(), labels.into()));
    }
    Some(Column {
        name: column.name.text.clone(),
        not_null: column.not_null().is_some(),
        generated,
        attributes,
        mentions,
        written: source.slice(column.span).to_owned(),
    })
}

/// What `ON CONFLICT` says; none for what is done anyway.
pub(super) fn conflict(option: &NamedOption, source: Source<'_>) -> Option<String> {
    let action = source.slice(option.value.as_ref()?.span).to_ascii_lowercase();
    (option.name.text == "ON CONFLICT" && action != "abort").then_some(action)
}

/// The name of a type, whose case says nothing.
fn data_type_text(text: &str) -> String {
    let none = BTreeSet::new();
    plain(&text.replace(['"', '\'', '`', '[', ']'], " "), Names::Of(&none)).to_ascii_lowercase()
}

/// A default without the brackets around it; a word that is none of SQL's is a string.
fn default_text(text: &str) -> String {
    let lexemes = lexemes(Dialect::Sqlite, text);
    if let [lexeme] = lexemes.as_slice()
        && lexeme.kind == LexemeKind::Word
        && !SPECIAL.iter().any(|word| lexeme.text.eq_ignore_ascii_case(word))
    {
        return literal(lexeme.text);
    }
    // Whatever is in double quotes is a string here.
    let none = BTreeSet::new();
    let mut text = plain(text, Names::Of(&none));
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if !is_balanced(inner) {
            break;
        }
        text = inner.to_owned();
    }
    text
}

/// Whether brackets outside of strings are in pairs.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut quoted = None;
    for letter in text.chars() {
        match (quoted, letter) {
            (Some(quote), letter) if letter == quote => quoted = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quoted = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

impl Table {
    /// The facts of the table, of its columns and of its constraints.
    pub(super) fn facts(self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (at, column) in self.columns.into_iter().enumerate() {
            let id = column_id(&self.id, &column.name);
            let payload = Payload::new(column.attributes);
            let mentions = column.mentions.iter().map(|name| column_id(&self.id, name));
            let mut fact = Fact::new(id, Kind::Column, Some(self.id.clone()), payload).requiring(mentions);
            fact.ordinal = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
            fact.written = Some(column.written.into());
            facts.push(fact);
        }
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for constraint in self.constraints {
            let mut name = constraint.name.clone();
            for number in 2_u32.. {
                if taken.insert(name.clone()) {
                    break;
                }
                name = format!("{} #{number}", constraint.name);
            }
            let id = FactId::new(Kind::Constraint, [self.id.name(), name]);
            let columns = constraint.columns.iter().map(|name| column_id(&self.id, name));
            let mut fact =
                Fact::new(id, Kind::Constraint, Some(self.id.clone()), constraint.payload).requiring(columns);
            fact.ordinal = constraint.ordinal;
            facts.push(fact);
        }
        facts.push(self.fact);
        facts
    }

    /// The names of its columns, as they are compared.
    pub(super) fn known(&self) -> BTreeSet<String> {
        self.columns.iter().map(|column| folded(&column.name)).collect()
    }
}

/// An index that a statement has made.
pub(super) fn index(object: &Object, table: &Table) -> Option<Fact> {
    let parsed = parse(Dialect::Sqlite, &object.sql, Span::new(0, object.sql.len()));
    let Statement::CreateIndex(create) = parsed.statement else { return None };
    if !parsed.not_analysed.is_empty() {
        return None;
    }
    let known = table.known();
    let source = Source { text: &object.sql, known: &known };
    let keys: Vec<String> = create.index.keys.iter().map(|key| source.key(key)).collect();
    let mut mentions: BTreeSet<String> =
        create.index.keys.iter().flat_map(|key| source.columns(key.span)).collect();
    let mut attributes: Vec<Attribute> = spelling(&object.name).into_iter().collect();
    attributes.push(("table".into(), table.id.name().into()));
    attributes.push(("keys".into(), keys.into()));
    if create.index.unique.is_some() {
        attributes.push(("unique".into(), true.into()));
    }
    if let Some(filter) = &create.index.filter {
        attributes.push(("where".into(), source.plain(filter.span).into()));
        mentions.extend(source.columns(filter.span));
    }
    let requires: Vec<FactId> = mentions.iter().map(|name| column_id(&table.id, name)).collect();
    Some(fact(Kind::Index, object, Some(table.id.clone()), Payload::new(attributes)).requiring(requires))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_told_without_their_brackets() {
        let table = [
            ("((1))", "1"),
            ("( 'a)' )", "'a)'"),
            ("(1) + (2)", "(1) + (2)"),
            ("\"Abc\"", "'Abc'"),
            ("Abc", "'Abc'"),
            ("CURRENT_TIMESTAMP", "current_timestamp"),
            ("- 5", "- 5"),
        ];
        for (text, expected) in table {
            assert_eq!(default_text(text), expected, "{text}");
        }
    }
}
