use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

/// An option of a rule.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Key in `sluice.toml`.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// What it means, one sentence.
    pub about: &'static str,
}

/// What an option takes, with its default.
#[derive(Debug, Clone, Copy)]
pub enum OptionKind {
    /// A whole number.
    Number {
        /// Default.
        default: u64,
    },
    /// `true` or `false`.
    Switch {
        /// Default.
        default: bool,
    },
    /// A text.
    Text {
        /// Default.
        default: &'static str,
    },
    /// A regular expression, which may hold placeholders such as `{{table}}`.
    Pattern {
        /// Default.
        default: &'static str,
        /// Placeholders that are filled in before it is matched.
        placeholders: &'static [&'static str],
    },
    /// A list of texts, compared without case where the rule says so.
    List {
        /// Default.
        default: &'static [&'static str],
    },
}

/// Values of a rule's options.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    values: BTreeMap<&'static str, Setting>,
}

#[derive(Debug, Clone)]
enum Setting {
    Number(u64),
    Switch(bool),
    Text(String),
    Pattern(Pattern),
    List(Vec<String>),
}

/// A regular expression, compiled when it is first asked: most patterns never are.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    placeholders: &'static [&'static str],
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: &str, placeholders: &'static [&'static str]) -> Self {
        Self { text: text.to_owned(), placeholders, regex: OnceLock::new() }
    }

    fn has_placeholder(&self) -> bool {
        self.placeholders.iter().any(|name| self.text.contains(&placeholder(name)))
    }

    fn filled<'v>(&self, values: impl IntoIterator<Item = (&'v str, &'v str)>) -> String {
        let fill = |text: String, (name, value): (&str, &str)| {
            text.replace(&placeholder(name), &regex::escape(value))
        };
        values.into_iter().fold(self.text.clone(), fill)
    }

    fn matches(&self, text: &str, values: &[(&str, &str)]) -> bool {
        if self.text.is_empty() {
            return true;
        }
        if self.has_placeholder() {
            return Regex::new(&self.filled(values.iter().copied())).is_ok_and(|regex| regex.is_match(text));
        }
        let regex = self.regex.get_or_init(|| Regex::new(&self.text).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

fn placeholder(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::Switch(left), Self::Switch(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Pattern(left), Self::Pattern(right)) => left.text == right.text,
            (Self::List(left), Self::List(right)) => left == right,
            _ => false,
        }
    }
}

/// An option that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// The rule has no such option.
    #[error("the rule has no option `{name}`{}", nearest.map(|nearest| format!(": did you mean `{nearest}`?")).unwrap_or_default())]
    Unknown {
        /// As written.
        name: String,
        /// The nearest one.
        nearest: Option<&'static str>,
    },
    /// It is of another kind.
    #[error("`{name}` must be {wanted}")]
    Kind {
        /// The option.
        name: &'static str,
        /// What it takes.
        wanted: &'static str,
    },
    /// Not a regular expression.
    #[error("`{name}` is no regular expression: {error}")]
    Pattern {
        /// The option.
        name: &'static str,
        /// What the parser says.
        error: String,
    },
}

impl Options {
    /// The defaults of `specs`.
    pub fn defaults(specs: &[OptionSpec]) -> Self {
        let values = specs.iter().map(|spec| {
            let value = match spec.kind {
                OptionKind::Number { default } => Setting::Number(default),
                OptionKind::Switch { default } => Setting::Switch(default),
                OptionKind::Text { default } => Setting::Text(default.to_owned()),
                OptionKind::Pattern { default, placeholders } => {
                    Setting::Pattern(Pattern::new(default, placeholders))
                }
                OptionKind::List { default } => {
                    Setting::List(default.iter().map(|item| (*item).to_owned()).collect())
                }
            };
            (spec.name, value)
        });
        Self { values: values.collect() }
    }

    /// Takes the value of one option.
    ///
    /// # Errors
    /// An option that the rule does not have; a value of another kind; a bad regular expression.
    pub fn set(
        &mut self,
        specs: &'static [OptionSpec],
        name: &str,
        value: &Value,
    ) -> Result<(), OptionError> {
        let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
            let nearest = specs
                .iter()
                .map(|spec| (strsim::damerau_levenshtein(spec.name, name), spec.name))
                .min()
                .filter(|(distance, _)| *distance <= 3)
                .map(|(_, name)| name);
            return Err(OptionError::Unknown { name: name.to_owned(), nearest });
        };
        let wrong = |wanted| OptionError::Kind { name: spec.name, wanted };
        let setting = match spec.kind {
            OptionKind::Number { .. } => {
                Setting::Number(value.as_u64().ok_or_else(|| wrong("a whole number, 0 or more"))?)
            }
            OptionKind::Switch { .. } => {
                Setting::Switch(value.as_bool().ok_or_else(|| wrong("`true` or `false`"))?)
            }
            OptionKind::Text { .. } => {
                Setting::Text(value.as_str().ok_or_else(|| wrong("a text"))?.to_owned())
            }
            OptionKind::Pattern { placeholders, .. } => {
                let text = value.as_str().ok_or_else(|| wrong("a regular expression in quotes"))?;
                let pattern = Pattern::new(text, placeholders);
                Regex::new(&pattern.filled(placeholders.iter().map(|name| (*name, "x"))))
                    .map_err(|error| OptionError::Pattern { name: spec.name, error: last_line(&error) })?;
                Setting::Pattern(pattern)
            }
            OptionKind::List { .. } => {
                let texts = value
                    .as_array()
                    .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
                Setting::List(texts.ok_or_else(|| wrong("a list of texts"))?)
            }
        };
        self.values.insert(spec.name, setting);
        Ok(())
    }

    /// The number called `name`; 0 where the rule has none of that name.
    pub fn number(&self, name: &str) -> u64 {
        match self.values.get(name) {
            Some(Setting::Number(number)) => *number,
            _ => 0,
        }
    }

    /// The switch called `name`; off where the rule has none of that name.
    pub fn switch(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Setting::Switch(true)))
    }

    /// The text called `name`; empty where the rule has none of that name.
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(Setting::Text(text) | Setting::Pattern(Pattern { text, .. })) => text,
            _ => "",
        }
    }

    /// The list called `name`; empty where the rule has none of that name.
    pub fn list(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some(Setting::List(list)) => list,
            _ => &[],
        }
    }

    /// Whether the list called `name` has `item`, whatever the case.
    pub fn lists(&self, name: &str, item: &str) -> bool {
        self.list(name).iter().any(|one| one.eq_ignore_ascii_case(item))
    }

    /// Whether the pattern called `name` matches `text`, its placeholders filled with `values` (taken literally). An empty
    /// pattern matches everything.
    pub fn matches(&self, name: &str, text: &str, values: &[(&str, &str)]) -> bool {
        match self.values.get(name) {
            Some(Setting::Pattern(pattern)) => pattern.matches(text, values),
            _ => true,
        }
    }
}

fn last_line(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[OptionSpec] = &[
        OptionSpec { name: "max", kind: OptionKind::Number { default: 5 }, about: "" },
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: "^[a-z_]+$", placeholders: &["table"] },
            about: "",
        },
    ];

    #[test]
    fn options_are_checked_when_they_are_set() {
        let mut options = Options::defaults(SPECS);
        assert_eq!(options.number("max"), 5);
        assert_eq!(options.set(SPECS, "max", &Value::from(7)), Ok(()));
        assert_eq!(options.number("max"), 7);
        let unknown = options.set(SPECS, "maxx", &Value::from(7)).unwrap_err();
        assert_eq!(unknown.to_string(), "the rule has no option `maxx`: did you mean `max`?");
        let kind = options.set(SPECS, "max", &Value::from("7")).unwrap_err();
        assert_eq!(kind.to_string(), "`max` must be a whole number, 0 or more");
        assert!(options.set(SPECS, "pattern", &Value::from("(")).is_err());
    }

    #[test]
    fn placeholders_of_patterns_are_taken_literally() {
        let mut options = Options::defaults(SPECS);
        options.set(SPECS, "pattern", &Value::from("^idx_{{table}}_.+$")).unwrap();
        assert!(options.matches("pattern", "idx_a.b_c", &[("table", "a.b")]));
        assert!(!options.matches("pattern", "idx_axb_c", &[("table", "a.b")]));
    }
}
