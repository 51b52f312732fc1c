//! Walks the parsed file with places at hand. First every table is checked against [`super::keys`]; then values are
//! taken out, and what the check refused is simply not there.

use std::borrow::Cow;
use std::ops::Range;

use sluice_text::SourceFile;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, Key, Kind, Table};
use super::suggestion::{did_you_mean, nearest};
use super::value::Fault;
use crate::Message;

/// A table of the file with what may stand in it.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    pub table: &'t DeTable<'t>,
    pub span: usize,
    keys: &'static [Key],
}

/// A string with its place.
pub(super) struct Text<'t> {
    pub text: Cow<'t, str>,
    pub at: usize,
}

/// Collects what is wrong.
pub(super) struct Reader<'f> {
    file: &'f SourceFile,
    errors: Vec<(usize, Message)>,
    warnings: Vec<(usize, Message)>,
}

impl<'f> Reader<'f> {
    pub(super) fn new(file: &'f SourceFile) -> Self {
        Self { file, errors: Vec::new(), warnings: Vec::new() }
    }

    /// Errors and warnings in the order of the text.
    pub(super) fn finish(mut self) -> (Vec<Message>, Vec<Message>) {
        self.errors.sort_by_key(|(at, _)| *at);
        self.warnings.sort_by_key(|(at, _)| *at);
        let strip =
            |messages: Vec<(usize, Message)>| messages.into_iter().map(|(_, message)| message).collect();
        (strip(self.errors), strip(self.warnings))
    }

    /// Line of an offset, for messages that point to a second place.
    pub(super) fn line(&self, at: usize) -> usize {
        self.file.position(at).line
    }

    pub(super) fn error(&mut self, at: usize, message: impl Into<String>, help: Option<String>) {
        self.errors.push((at, Message::at(self.file, at, message, help)));
    }

    pub(super) fn warning(&mut self, at: usize, message: impl Into<String>, help: Option<String>) {
        self.warnings.push((at, Message::at(self.file, at, message, help)));
    }

    /// `parse`, with a fault reported at `at`.
    pub(super) fn accept<T>(&mut self, at: usize, parsed: Result<T, Fault>) -> Option<T> {
        parsed.map_err(|fault| self.error(at, fault.message, fault.help)).ok()
    }

    /// The value of a key that holds a string, read by `parse`.
    pub(super) fn parse<T>(
        &mut self,
        node: Node<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = node.text(key)?;
        self.accept(text.at, parse(&text.text))
    }

    /// Checks a table and all below it: known keys, required keys, kinds of values.
    pub(super) fn check(&mut self, spec: &'static Table, table: &DeTable<'_>, at: usize) {
        for (name, value) in table {
            match spec.keys.iter().find(|key| key.name == name.get_ref()) {
                Some(key) => self.check_value(key, value),
                None => {
                    let help = unknown_help(spec, name.get_ref());
                    self.error(
                        name.span().start,
                        format!("unknown key `{}` in {}", name.get_ref(), spec.title),
                        help,
                    );
                }
            }
        }
        for key in spec.keys {
            if key.required && !table.contains_key(key.name) {
                let message = match &key.kind {
                    Kind::Table(below) => format!("there is no {}", below.title),
                    _ => format!("{} has no `{}`", spec.title, key.name),
                };
                self.error(at, message, missing_help(key));
            }
        }
    }

    fn check_value(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) {
        let at = value.span().start;
        match (&key.kind, value.get_ref()) {
            (Kind::Text(keys::Form::Date), DeValue::Datetime(_))
            | (Kind::Text(_) | Kind::TextOrTexts(_), DeValue::String(_))
            | (Kind::Bool, DeValue::Boolean(_)) => {}
            (Kind::TextOrTexts(_) | Kind::Texts(_), DeValue::Array(items)) => {
                for item in items {
                    self.expect_string(key.name, item, "is a list of strings");
                }
            }
            (Kind::Integer(low, high), DeValue::Integer(number)) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                if number.is_none_or(|number| number < *low || number > *high) {
                    let help =
                        key.default.map(|default| format!("write for example {} = {default}", key.name));
                    self.error(at, format!("`{}` must be between {low} and {high}", key.name), help);
                }
            }
            (Kind::Choice(choices) | Kind::Choices(choices), DeValue::String(text)) => {
                self.expect_choice(key.name, choices, text, at);
            }
            (Kind::Choices(choices), DeValue::Array(items)) => {
                for item in items {
                    match item.get_ref() {
                        DeValue::String(text) => {
                            self.expect_choice(key.name, choices, text, item.span().start);
                        }
                        _ => self.expect_string(key.name, item, "is a list of strings"),
                    }
                }
            }
            (Kind::TextMap, DeValue::Table(table)) => {
                for (name, value) in table {
                    self.expect_string(name.get_ref(), value, "must be a string");
                }
            }
            (Kind::TextsMap(_), DeValue::Table(table)) => {
                for (name, value) in table {
                    match value.get_ref() {
                        DeValue::Array(items) => {
                            for item in items {
                                self.expect_string(name.get_ref(), item, "is a list of strings");
                            }
                        }
                        other => self.error(
                            value.span().start,
                            format!("`{}` is a list of strings, not {}", name.get_ref(), with_article(other)),
                            None,
                        ),
                    }
                }
            }
            (Kind::Rules, DeValue::Table(table)) => {
                for (name, value) in table {
                    self.check_rule(name.get_ref(), value);
                }
            }
            (Kind::Table(spec), DeValue::Table(table)) => self.check(spec, table, at),
            (Kind::Tables(spec), DeValue::Array(items)) => {
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => self.check(spec, table, item.span().start),
                        other => self.error(
                            item.span().start,
                            format!("`{}` is a list of tables, not of {}s", key.name, other.type_str()),
                            None,
                        ),
                    }
                }
            }
            (kind, other) => self.error(
                at,
                format!("`{}` must be {}, not {}", key.name, kind_text(kind), with_article(other)),
                mismatch_help(key, other),
            ),
        }
    }

    fn expect_choice(&mut self, name: &str, choices: &[&str], text: &str, at: usize) {
        if !choices.contains(&text) {
            self.error(
                at,
                format!("`{text}` is not a value of `{name}`"),
                did_you_mean(text, "values", choices.iter().copied()),
            );
        }
    }

    fn expect_string(&mut self, name: &str, value: &Spanned<DeValue<'_>>, what: &str) {
        let other = value.get_ref();
        if !other.is_str() {
            let help = scalar_text(other).map(|text| format!("write it in quotes: \"{text}\""));
            self.error(value.span().start, format!("`{name}` {what}, not {}", with_article(other)), help);
        }
    }

    fn check_rule(&mut self, rule: &str, value: &Spanned<DeValue<'_>>) {
        let severity = match value.get_ref() {
            DeValue::Table(table) => match table.get("severity") {
                Some(severity) => severity,
                None => return,
            },
            _ => value,
        };
        let at = severity.span().start;
        match severity.get_ref() {
            DeValue::String(text) if keys::SEVERITIES.contains(&text.as_ref()) => {}
            DeValue::String(text) => self.error(
                at,
                format!("`{text}` is not a severity of rule `{rule}`"),
                did_you_mean(text, "severities", keys::SEVERITIES.iter().copied()),
            ),
            other => self.error(
                at,
                format!("rule `{rule}` needs a severity, not {}", with_article(other)),
                Some(format!(
                    "write \"{rule}\" = \"warning\" or \"{rule}\" = {{ severity = \"warning\", … }}"
                )),
            ),
        }
    }
}

impl<'t> Node<'t> {
    pub(super) fn root(table: &'t DeTable<'t>, span: Range<usize>) -> Self {
        Self { table, span: span.start, keys: keys::FILE.keys }
    }

    fn key(&self, name: &str) -> Option<&'static Key> {
        let key = self.keys.iter().find(|key| key.name == name);
        debug_assert!(key.is_some(), "{name} is not in the table of keys");
        key
    }

    fn value(&self, name: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.key(name)?;
        self.table.get(name)
    }

    /// The table under a key.
    pub(super) fn table(&self, name: &str) -> Option<Node<'t>> {
        let Kind::Table(spec) = &self.key(name)?.kind else { return None };
        let value = self.value(name)?;
        Some(Node { table: value.get_ref().as_table()?, span: value.span().start, keys: spec.keys })
    }

    /// The tables of a list.
    pub(super) fn tables(&self, name: &str) -> Vec<Node<'t>> {
        let Some(Kind::Tables(spec)) = self.key(name).map(|key| &key.kind) else { return Vec::new() };
        let items = self.value(name).and_then(|value| value.get_ref().as_array());
        items
            .into_iter()
            .flatten()
            .filter_map(|item| {
                Some(Node { table: item.get_ref().as_table()?, span: item.span().start, keys: spec.keys })
            })
            .collect()
    }

    /// A string, or a date written without quotes.
    pub(super) fn text(&self, name: &str) -> Option<Text<'t>> {
        let value = self.value(name)?;
        text_of(value)
    }

    /// A list of strings, also where a single string stands for it; `None` where the key is absent.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<Text<'t>>> {
        let value = self.value(name)?;
        Some(texts_of(value))
    }

    /// A table of strings: name, where the name is, and the string.
    pub(super) fn text_map(&self, name: &str) -> Vec<(&'t str, usize, Text<'t>)> {
        let table = self.value(name).and_then(|value| value.get_ref().as_table());
        table
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.get_ref().as_ref(), name.span().start, text_of(value)?)))
            .collect()
    }

    /// A table with free keys.
    pub(super) fn map(&self, name: &str) -> Vec<(&'t str, &'t DeValue<'t>)> {
        let table = self.value(name).and_then(|value| value.get_ref().as_table());
        table.into_iter().flatten().map(|(name, value)| (name.get_ref().as_ref(), value.get_ref())).collect()
    }

    /// A table of lists of strings.
    pub(super) fn texts_map(&self, name: &str) -> Vec<(&'t str, usize, Vec<Text<'t>>)> {
        let table = self.value(name).and_then(|value| value.get_ref().as_table());
        table
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.get_ref().as_ref(), name.span().start, texts_of(value)))
            .collect()
    }

    /// `true` or `false`.
    pub(super) fn bool(&self, name: &str) -> Option<bool> {
        self.value(name)?.get_ref().as_bool()
    }

    /// A number inside the bounds of its key.
    pub(super) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        let number = self.value(name)?.get_ref().as_integer()?;
        T::try_from(i64::from_str_radix(number.as_str(), number.radix()).ok()?).ok()
    }

    /// One of the strings of a choice.
    pub(super) fn choice(&self, name: &str) -> Option<&'t str> {
        self.value(name)?.get_ref().as_str()
    }
}

fn text_of<'t>(value: &'t Spanned<DeValue<'t>>) -> Option<Text<'t>> {
    let text = match value.get_ref() {
        DeValue::String(text) => Cow::Borrowed(text.as_ref()),
        DeValue::Datetime(date) => Cow::Owned(date.to_string()),
        _ => return None,
    };
    Some(Text { text, at: value.span().start })
}

fn texts_of<'t>(value: &'t Spanned<DeValue<'t>>) -> Vec<Text<'t>> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().filter_map(text_of).collect(),
        _ => text_of(value).into_iter().collect(),
    }
}

/// The value as JSON, for what is kept for later readers.
pub(super) fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => serde_json::Value::from(text.as_ref()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| serde_json::Value::from(number.to_string()), serde_json::Value::from),
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map_or_else(|| serde_json::Value::from(number.to_string()), serde_json::Value::Number),
        DeValue::Boolean(value) => serde_json::Value::Bool(*value),
        DeValue::Datetime(date) => serde_json::Value::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => serde_json::Value::Object(
            table.iter().map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref()))).collect(),
        ),
    }
}

fn kind_text(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) | Kind::Choice(_) => "a string",
        Kind::TextOrTexts(_) | Kind::Choices(_) => "a string or a list of strings",
        Kind::Texts(_) => "a list of strings",
        Kind::Bool => "true or false",
        Kind::Integer(..) => "a whole number",
        Kind::TextMap | Kind::TextsMap(_) | Kind::Rules | Kind::Table(_) => "a table",
        Kind::Tables(_) => "a list of tables",
    }
}

fn with_article(value: &DeValue<'_>) -> String {
    match value.type_str() {
        kind @ ("array" | "integer") => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

/// Numbers and truth values as written.
fn scalar_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

fn mismatch_help(key: &Key, value: &DeValue<'_>) -> Option<String> {
    match (&key.kind, value) {
        (Kind::Tables(spec), DeValue::Table(_)) if spec.title.starts_with("[[") => {
            Some(format!("write {} for each one", spec.title))
        }
        (Kind::Tables(spec), DeValue::Table(_)) => Some(format!("write a list: {} = [{{ … }}]", spec.title)),
        (Kind::Table(spec), DeValue::Array(_)) => Some(format!("write {} once", spec.title)),
        (Kind::Texts(_), DeValue::String(text)) => Some(format!("write a list: {} = [\"{text}\"]", key.name)),
        (Kind::Text(keys::Form::Duration), DeValue::Integer(number)) => {
            Some(format!("write a duration with its unit: {} = \"{number}s\"", key.name))
        }
        (Kind::Text(_), _) => {
            scalar_text(value).map(|text| format!("write it in quotes: {} = \"{text}\"", key.name))
        }
        (Kind::Bool | Kind::Integer(..), DeValue::String(_)) => Some("write it without quotes".to_owned()),
        _ => None,
    }
}

fn missing_help(key: &Key) -> Option<String> {
    let example = match (&key.kind, key.name) {
        (Kind::Table(spec), _) => return Some(format!("add {} with its `name`", spec.title)),
        (_, "url") => "url = \"env:NAME\"",
        (_, "where") => "where = \"region == 'eu'\"",
        (_, "from") => "from = \"2026-12-20\"",
        (_, "to") => "to = \"2027-01-03\"",
        (_, "environment") => "environment = \"prod\"",
        _ => return Some(format!("add {} = \"…\"", key.name)),
    };
    Some(format!("add {example}"))
}

/// The nearest key of the same table; else the table in which a key of this name stands; else all keys.
fn unknown_help(spec: &'static Table, name: &str) -> Option<String> {
    if nearest(name, spec.keys.iter().map(|key| key.name)).is_none()
        && let Some(home) = home_of(&keys::FILE, name)
    {
        return Some(format!("`{name}` belongs into {home}"));
    }
    did_you_mean(name, "keys", spec.keys.iter().map(|key| key.name))
}

fn home_of(spec: &'static Table, name: &str) -> Option<&'static str> {
    let below = spec.keys.iter().filter_map(|key| match &key.kind {
        Kind::Table(spec) | Kind::Tables(spec) => Some(*spec),
        _ => None,
    });
    if spec.keys.iter().any(|key| key.name == name) {
        return Some(spec.title);
    }
    below.into_iter().find_map(|spec| home_of(spec, name))
}
