use sluice_text::Severity;

use crate::{ChangeContext, Context, Engines, OptionSpec, Sink};

/// A rule of the review. One file each under `rules/<category>/`; its doc comment is its documentation.
pub trait Rule: Sync {
    /// What is said of it.
    fn meta(&self) -> &'static Meta;

    /// Looks at one statement, before it is applied to the schema.
    fn statement(&self, _cx: &Context<'_>, _out: &mut Sink<'_>) {}

    /// Looks at a change as a whole, after its last statement.
    fn change(&self, _cx: &ChangeContext<'_>, _out: &mut Sink<'_>) {}

    /// Rules that say the same, only better: where one of them finds something at the same place, this one keeps quiet.
    fn yields_to(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether `INSERT` can be something to it. A dump has a million of them.
    fn looks_at_inserts(&self) -> bool {
        matches!(self.meta().category(), "rows" | "statement" | "review")
    }

    /// How far into programs it looks.
    fn reach(&self) -> Reach {
        Reach::of(self.meta().category())
    }
}

/// How far a rule looks into what statements have inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Statements that stand in the file. Rules that look inside by themselves have this, too.
    File,
    /// What a `DO` block runs, too: the change itself runs it.
    Block,
    /// What routines, triggers and events will run, too.
    Program,
}

impl Reach {
    /// What is right for most rules of a category. What is there or is missing decides about correctness, and a block
    /// often asks for that before it does something.
    fn of(category: &str) -> Self {
        match category {
            "locks" | "data-loss" | "compatibility" | "rows" | "schema" | "naming" | "statement" => {
                Self::Block
            }
            _ => Self::File,
        }
    }
}

/// What is said of a rule.
#[derive(Debug)]
pub struct Meta {
    /// `category/name`.
    pub id: &'static str,
    /// The doc comment, Markdown, each line with one blank before it.
    pub doc: &'static str,
    /// Engines that it is about.
    pub engines: Engines,
    /// Severity where the policy says nothing else.
    pub severity: Severity,
    /// The smallest set of rules that it belongs to.
    pub set: RuleSet,
    /// Options.
    pub options: &'static [OptionSpec],
}

/// Sets of rules, each of which includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleSet {
    /// On by default: safety, data loss, compatibility, correctness, security.
    Recommended,
    /// What careful teams add.
    Strict,
    /// Everything, house style included.
    All,
}

impl RuleSet {
    /// The set called `name`.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Recommended, Self::Strict, Self::All].into_iter().find(|set| set.name() == name)
    }

    /// Its name in `sluice.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::Strict => "strict",
            Self::All => "all",
        }
    }
}

impl Meta {
    /// The documentation's lines, without the blank that a doc comment has before each.
    pub fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
    }

    /// What it finds, one sentence.
    pub fn summary(&self) -> &'static str {
        self.lines().next().unwrap_or_default()
    }

    /// The part before the slash.
    pub fn category(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(category, _)| category)
    }
}

/// Declares a rule: its documentation, and what the review must know of it.
///
/// The doc comment begins with one sentence that says what the rule finds, and then has the sections `## Why`, `## Bad`,
/// `## Good` and `## Source`: a section of a manual, a measured fact, an issue of the field. Code blocks of `## Bad` must make
/// the rule fire and those of `## Good` must not make any recommended rule fire; a test runs them all. The words behind the
/// language say on what: `sql postgres 18`, `sql mysql`, `sql mariadb`, `sql sqlite`; `sql before …` is replayed first for the
/// blocks that follow in the section, `rows:2000` says how many rows its tables have, and `max:60` sets an option of the rule.
#[macro_export]
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $rule:ident, $id:literal, $engines:expr, $severity:ident, $set:ident $(, options: $options:expr)? $(,)?
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $rule;

        impl $rule {
            const META: $crate::Meta = $crate::Meta {
                id: $id,
                doc: concat!($($doc, "\n"),+),
                engines: $engines,
                severity: ::sluice_text::Severity::$severity,
                set: $crate::RuleSet::$set,
                options: $crate::rule!(@options $($options)?),
            };
        }
    };
    (@options) => { &[] };
    (@options $options:expr) => { $options };
}
