use schemars::JsonSchema;
use serde::Serialize;
use sluice_review::{Meta, OptionKind};

use crate::paint::Tone;
use crate::{Paint, Report};

/// The rules of the review.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleList {
    /// The rules.
    pub rules: Vec<RuleReport>,
}

/// One rule with its documentation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleDetail {
    /// The rule.
    pub rule: RuleReport,
    /// Its documentation, Markdown.
    pub text: String,
}

/// One rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleReport {
    /// `category/name`.
    pub id: String,
    /// What it finds.
    pub summary: String,
    /// Engines that it is about.
    pub engines: Vec<String>,
    /// Severity where the policy says nothing else.
    pub severity: String,
    /// The smallest set that it belongs to: `recommended`, `strict`, `all`.
    pub set: String,
    /// Options.
    pub options: Vec<RuleOption>,
}

/// An option of a rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleOption {
    /// Key.
    pub name: String,
    /// What it takes: `number`, `switch`, `text`, `pattern`, `list`.
    pub kind: String,
    /// Default.
    pub default: serde_json::Value,
    /// What it means.
    pub about: String,
}

impl RuleReport {
    /// What is said of a rule.
    pub fn of(meta: &Meta) -> Self {
        let options = meta.options.iter().map(|option| {
            let (kind, default) = match option.kind {
                OptionKind::Number { default } => ("number", default.into()),
                OptionKind::Switch { default } => ("switch", default.into()),
                OptionKind::Text { default } => ("text", default.into()),
                OptionKind::Pattern { default, .. } => ("pattern", default.into()),
                OptionKind::List { default } => ("list", default.into()),
            };
            RuleOption {
                name: option.name.to_owned(),
                kind: kind.to_owned(),
                default,
                about: option.about.to_owned(),
            }
        });
        Self {
            id: meta.id.to_owned(),
            summary: meta.summary().to_owned(),
            engines: meta.engines.iter().map(|dialect| dialect.name().to_owned()).collect(),
            severity: meta.severity.name().to_owned(),
            set: meta.set.name().to_owned(),
            options: options.collect(),
        }
    }
}

impl Report for RuleList {
    const SCHEMA: &'static str = "sluice/rules/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        let width = self.rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
        for rule in &self.rules {
            let tone = match (rule.set.as_str(), rule.severity.as_str()) {
                ("recommended", "error") => Tone::Bad,
                ("recommended", _) => Tone::Waiting,
                _ => Tone::Faint,
            };
            let id = paint.tone(Tone::Strong, &format!("{:width$}", rule.id));
            let weight = paint.tone(tone, &format!("{:7} {:11}", rule.severity, rule.set));
            out.push_str(&format!("{id}  {weight}  {}\n", rule.summary));
        }
        out.push_str(&format!("{} rules; `sluice rules RULE` explains one\n", self.rules.len()));
        out
    }
}

impl RuleDetail {
    /// The rule as an editor shows it.
    pub fn markdown(&self) -> String {
        let rule = &self.rule;
        let engines = rule.engines.join(", ");
        format!(
            "**{}**: {} for {engines}, in the set {}\n\n{}\n",
            rule.id, rule.severity, rule.set, self.text
        )
    }
}

impl Report for RuleDetail {
    const SCHEMA: &'static str = "sluice/rule/v1";

    fn human(&self, paint: Paint) -> String {
        let rule = &self.rule;
        let mut out = format!(
            "{}  {} for {}, in the set {}\n\n{}\n",
            paint.tone(Tone::Strong, &rule.id),
            rule.severity,
            rule.engines.join(", "),
            rule.set,
            self.text
        );
        if !rule.options.is_empty() {
            out.push_str("\n## Options\n");
            for option in &rule.options {
                out.push_str(&format!("- {} = {}: {}\n", option.name, option.default, option.about));
            }
        }
        out
    }
}
