//! Choosing databases: CEL expressions over a target, and the `NAME|CEL` of command lines.

mod compile;
mod filter;
mod scope;

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use cel::common::ast::IdedExpr;
use cel::{Context, Env, ExecutionError, Value};
use serde::{Deserialize, Serialize};

use crate::Target;

pub use filter::TargetFilter;

use compile::{compile, nesting};
use scope::{Facts, Scope};

/// A compiled CEL expression over a [`Target`].
///
/// Variables: `name`, `environment`, `engine`, `labels` (a map), and every label as a bare identifier. A label that a
/// target does not have is `null`: `region == 'eu'` is false there, `region != 'eu'` is true, `has(labels.region)` is
/// false, and whatever cannot be done with `null` (`region.startsWith('e')`) makes the whole expression not match.
/// Built-in names win over labels of the same name; `labels['name']` reaches those and labels that are no identifiers.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector {
    source: String,
    expression: Arc<IdedExpr>,
    labels: BTreeSet<String>,
}

/// An expression that is no selector, or that has no answer for a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Nothing is written.
    #[error("the selector is empty: write an expression such as region == 'eu'")]
    Empty,
    /// Longer than [`Selector::MAX_BYTES`].
    #[error(
        "the selector has {bytes} bytes, at most {max} are allowed: give the databases a label and select by it"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest that is accepted.
        max: usize,
    },
    /// Nested deeper than [`Selector::MAX_DEPTH`], or more operators in a row than that.
    #[error("`{source_text}` is nested too deeply: simplify it, for example with region in ['eu', 'us']")]
    TooDeep {
        /// The expression.
        source_text: String,
    },
    /// Not CEL.
    #[error("`{source_text}` is not a CEL expression: {reason}: write one such as region == 'eu'")]
    Syntax {
        /// The expression.
        source_text: String,
        /// What the parser says, on one line.
        reason: String,
    },
    /// A function that selectors do not have.
    #[error("`{source_text}` calls the unknown function `{function}`: known are {}", Selector::FUNCTIONS.join(", "))]
    UnknownFunction {
        /// The expression.
        source_text: String,
        /// The function.
        function: String,
    },
    /// Something of CEL that a selector has no use for.
    #[error(
        "`{source_text}` uses {what}, which a selector cannot: compare labels, name, environment or engine"
    )]
    Unsupported {
        /// The expression.
        source_text: String,
        /// What.
        what: &'static str,
    },
    /// It answers with something that is neither true nor false.
    #[error("`{source_text}` gives {got}, not true or false: compare it, for example with == 'true'")]
    NotBoolean {
        /// The expression.
        source_text: String,
        /// Type of the answer.
        got: String,
    },
    /// It has no answer for a target that has all the labels.
    #[error("`{source_text}` cannot be evaluated: {reason}")]
    Evaluation {
        /// The expression.
        source_text: String,
        /// Why, on one line.
        reason: String,
    },
}

impl Selector {
    /// Longest expression, in bytes.
    pub const MAX_BYTES: usize = 2048;
    /// Deepest nesting and longest run of one operator.
    pub const MAX_DEPTH: usize = 32;
    /// Functions that a selector may call, macros included.
    pub const FUNCTIONS: &'static [&'static str] = &[
        "all",
        "contains",
        "double",
        "endsWith",
        "exists",
        "exists_one",
        "filter",
        "has",
        "int",
        "map",
        "size",
        "startsWith",
        "string",
    ];

    /// Compiles an expression.
    ///
    /// # Errors
    /// Everything of [`SelectorError`], whatever the text: never panics.
    pub fn parse(source: &str) -> Result<Self, SelectorError> {
        let source = source.trim();
        let source_text = || source.to_owned();
        if source.is_empty() {
            return Err(SelectorError::Empty);
        }
        if source.len() > Self::MAX_BYTES {
            return Err(SelectorError::TooLong { bytes: source.len(), max: Self::MAX_BYTES });
        }
        if nesting(source) > Self::MAX_DEPTH {
            return Err(SelectorError::TooDeep { source_text: source_text() });
        }
        let (expression, labels) = compile(source)?;
        let selector = Self { source: source_text(), expression: Arc::new(expression), labels };
        selector.rehearse()?;
        Ok(selector)
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Labels that the expression names: a label that no database has is likely a typing error.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// Whether the expression is true for `target`.
    ///
    /// # Errors
    /// [`SelectorError::NotBoolean`] and [`SelectorError::Evaluation`], only where the target has every label that the
    /// expression looked at.
    pub fn matches(&self, target: &Target) -> Result<bool, SelectorError> {
        self.evaluate(&Scope { facts: Facts::Target(target), missing: AtomicBool::new(false) })
    }

    fn evaluate(&self, scope: &Scope<'_>) -> Result<bool, SelectorError> {
        static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));
        // The interpreter asserts on combinations of types that it does not expect; evaluation shares no state.
        let value = catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::with_env(Arc::clone(&STANDARD));
            context.set_variable_resolver(scope);
            Value::resolve(&self.expression, &context)
        }));
        let missing = scope.missing.load(Ordering::Relaxed);
        let reason = match value {
            Ok(Ok(Value::Bool(answer))) => return Ok(answer),
            _ if missing => return Ok(false),
            Ok(Ok(other)) => {
                let got = match other {
                    Value::String(_) => "text",
                    Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
                    Value::List(_) => "a list",
                    Value::Map(_) => "a map",
                    Value::Null => "nothing",
                    _ => "a value",
                };
                return Err(SelectorError::NotBoolean {
                    source_text: self.source.clone(),
                    got: got.to_owned(),
                });
            }
            Ok(Err(error)) => one_line(&error.to_string()),
            Err(_) => "the interpreter gave up on it".to_owned(),
        };
        Err(SelectorError::Evaluation { source_text: self.source.clone(), reason })
    }

    /// Evaluates with text for every label: what goes wrong by type there goes wrong for every target.
    fn rehearse(&self) -> Result<(), SelectorError> {
        match self.evaluate(&Scope { facts: Facts::Sample, missing: AtomicBool::new(false) }) {
            Err(error @ SelectorError::NotBoolean { .. }) => Err(error),
            Err(error @ SelectorError::Evaluation { .. }) if self.fails_by_type() => Err(error),
            _ => Ok(()),
        }
    }

    fn fails_by_type(&self) -> bool {
        let scope = Scope { facts: Facts::Sample, missing: AtomicBool::new(false) };
        let value = catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::default();
            context.set_variable_resolver(&scope);
            Value::resolve(&self.expression, &context)
        }));
        matches!(
            value,
            Err(_)
                | Ok(Err(ExecutionError::NoSuchOverload(_)
                    | ExecutionError::UndeclaredReference(_)
                    | ExecutionError::ValuesNotComparable(..)
                    | ExecutionError::UnsupportedBinaryOperator(..)
                    | ExecutionError::UnexpectedType { .. }
                    | ExecutionError::InvalidArgumentCount { .. }))
        )
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Selector").field(&self.source).finish()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Selector {}

impl TryFrom<String> for Selector {
    type Error = SelectorError;

    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.source
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TargetName;

    fn target(name: &str, labels: &[(&str, &str)]) -> Target {
        Target {
            name: TargetName(name.to_owned()),
            environment: "prod".to_owned(),
            engine: Some("postgres".to_owned()),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn expressions_see_name_environment_engine_and_labels() {
        let eu = target("shop-eu", &[("region", "eu"), ("canary", "true"), ("a-b", "1"), ("tenant", "12")]);
        for (expression, expected) in [
            ("region == 'eu'", true),
            ("region == \"us\"", false),
            ("canary == 'true' && region == 'eu'", true),
            ("labels.region == 'eu'", true),
            ("labels['region'] in ['eu', 'us']", true),
            ("labels['a-b'] == '1'", true),
            ("labels['x-y'] != '1'", true),
            ("has(labels.region)", true),
            ("has(labels.zone)", false),
            ("'zone' in labels", false),
            ("'region' in labels", true),
            ("name.startsWith('shop-')", true),
            ("environment == 'prod' && engine == 'postgres'", true),
            ("zone == 'a'", false),
            ("zone != 'a'", true),
            ("!(zone == 'a')", true),
            ("zone.startsWith('a')", false),
            ("!zone.startsWith('a')", false),
            ("zone.startsWith('a') || region == 'eu'", true),
            ("labels.zone == 'a'", false),
            ("labels.zone != 'a'", true),
            ("labels['zone'] == 'a'", false),
            ("zone", false),
            ("int(tenant) % 2 == 0", true),
            ("int(nobody) < 3", false),
            ("['shop', 'blog'].exists(p, name.startsWith(p))", true),
            ("labels.exists(k, k == 'region')", true),
            ("true", true),
            ("region == 'eu' ? canary == 'true' : false", true),
        ] {
            let selector = match Selector::parse(expression) {
                Ok(selector) => selector,
                Err(SelectorError::NotBoolean { .. }) if expression == "zone" => continue,
                Err(error) => panic!("{expression}: {error}"),
            };
            assert_eq!(selector.matches(&eu), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_a_selector_is_refused_with_its_reason() {
        for (expression, part) in [
            ("", "is empty"),
            ("region = 'eu'", "not a CEL expression"),
            ("region == ", "not a CEL expression"),
            ("region", "gives text"),
            ("1 + 1", "gives a number"),
            ("labels", "gives a map"),
            ("region < 3", "cannot be evaluated"),
            ("shell('rm')", "unknown function `shell`"),
            ("name.matches('^a')", "unknown function `matches`"),
            ("[1].all(a, [2].all(b, a == b))", "a loop inside a loop"),
            ("Thing{a: 1} == 1", "a message"),
        ] {
            let message = Selector::parse(expression).expect_err(expression).to_string();
            assert!(message.contains(part), "{expression}: {message}");
        }
        assert!(matches!(
            Selector::parse(&format!("name == '{}'", "x".repeat(5000))),
            Err(SelectorError::TooLong { .. })
        ));
    }

    #[test]
    fn long_and_deep_expressions_never_exhaust_the_stack() {
        for expression in [
            "(".repeat(4000),
            "!".repeat(4000),
            "-".repeat(4000),
            "[".repeat(4000),
            format!("{}true", "true && ".repeat(500)),
            format!("{}true", "true || ".repeat(500)),
            format!("{}1 == 1", "1+".repeat(2000)),
            format!("a{} == 1", ".a".repeat(2000)),
            format!("a{} == 1", "[0]".repeat(1300)),
            format!("{}true", "true?true:".repeat(400)),
            format!("{}true", "a?".repeat(1500)),
            format!("a{}", ".size()".repeat(500)),
        ] {
            let cut = expression.get(..2048).unwrap_or(&expression);
            for expression in [&expression, cut] {
                if let Ok(selector) = Selector::parse(expression) {
                    let _ = selector.matches(&target("a", &[]));
                }
            }
        }
        let deepest = Selector::MAX_DEPTH - 1;
        for expression in [
            format!("{}1 == 32", "1+".repeat(deepest - 1)),
            format!("{}true{}", "(".repeat(deepest), ")".repeat(deepest)),
            format!("{}true", "!!".repeat(deepest / 2)),
            format!("{}true", "region == 'eu' || ".repeat(80)),
            format!("name in [{}'a']", "'shop-eu-1', ".repeat(120)),
        ] {
            let selector =
                Selector::parse(&expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
            let _ = selector.matches(&target("a", &[]));
        }
    }

    #[test]
    fn the_labels_of_an_expression_are_known() {
        let selector =
            Selector::parse("regoin == 'eu' && labels['a-b'] == '1' && ['x'].exists(p, p == tenant)")
                .unwrap();
        assert_eq!(selector.labels().collect::<Vec<_>>(), ["a-b", "regoin", "tenant"]);
    }

    #[test]
    fn a_selector_survives_json() {
        let selector = Selector::parse("region == 'eu'").unwrap();
        let json = serde_json::to_string(&selector).unwrap();
        assert_eq!(json, r#""region == 'eu'""#);
        assert_eq!(serde_json::from_str::<Selector>(&json).unwrap(), selector);
        assert!(serde_json::from_str::<Selector>(r#""region ==""#).is_err());
    }

    #[test]
    fn a_filter_is_names_a_group_or_an_expression() {
        let eu = target("shop-eu", &[("region", "eu")]);
        let group = Selector::parse("region == 'eu'").unwrap();
        for (text, expected) in [
            ("shop-eu", true),
            ("shop-us", false),
            ("shop-us, shop-eu", true),
            ("group:europe", true),
            ("group:asia", false),
            ("region == 'eu'", true),
            ("region == 'us'", false),
        ] {
            let filter = TargetFilter::parse(text).unwrap();
            let chosen = filter.matches(&eu, |name| (name == "europe").then_some(&group));
            assert_eq!(chosen, Ok(expected), "{text}");
        }
        assert!(TargetFilter::parse("").is_err());
        assert!(TargetFilter::parse("a b").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = Selector::parse(&text);
            let _ = TargetFilter::parse(&text);
        }

        #[test]
        fn no_sequence_of_tokens_panics(
            tokens in prop::collection::vec(
                prop::sample::select(vec![
                    "name", "labels", "region", "'eu'", "1", "1.5", "true", "null", "==", "!=", "<", "&&", "||", "!", "(", ")",
                    "[", "]", "{", "}", ".", ",", "?", ":", "in", "has(", "size(", "int(", ".startsWith(", ".exists(x,", "+",
                    "-", "*", "/", "%", "9223372036854775807", "b'x'", "\"", "\\",
                ]),
                0..24,
            )
        ) {
            if let Ok(selector) = Selector::parse(&tokens.join(" ")) {
                let _ = selector.matches(&target("a", &[("region", "eu")]));
                let _ = selector.matches(&target("a", &[]));
            }
        }
    }
}
