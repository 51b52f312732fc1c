use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What became of one pair in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As a direct load gives it.
    Exact,
    /// The same but for the order of columns.
    UpToOrder,
    /// Not.
    Failed {
        /// What went wrong, in a word or two.
        stage: &'static str,
        /// The details.
        detail: String,
    },
}

/// A pair in one direction with its verdict.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Where the pair comes from.
    pub source: String,
    /// Its name, with the direction.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// All outcomes.
#[derive(Debug, Default)]
pub struct Score(pub Vec<Outcome>);

impl Score {
    /// How many of the pairs came out right, in hundredths of a percent.
    pub fn rate(&self) -> usize {
        let good = self.0.iter().filter(|outcome| !matches!(outcome.verdict, Verdict::Failed { .. })).count();
        if self.0.is_empty() { 0 } else { good * 10_000 / self.0.len() }
    }

    /// A table by source.
    pub fn table(&self) -> String {
        let mut rows: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for outcome in &self.0 {
            for key in [outcome.source.as_str(), "~ all"] {
                let row = rows.entry(key).or_default();
                row[match outcome.verdict {
                    Verdict::Exact => 0,
                    Verdict::UpToOrder => 1,
                    Verdict::Failed { .. } => 2,
                }] += 1;
            }
        }
        let mut text =
            format!("{:<14}{:>8}{:>8}{:>8}{:>9}\n", "source", "exact", "order", "failed", "passed");
        for (source, [exact, order, failed]) in rows {
            let total = exact + order + failed;
            let share = (exact + order) * 10_000 / total;
            let _ = writeln!(
                text,
                "{source:<14}{exact:>8}{order:>8}{failed:>8}{:>7}.{:02}%",
                share / 100,
                share % 100
            );
        }
        text
    }

    /// Every failure with its reason.
    pub fn failures(&self) -> String {
        let mut text = String::new();
        for outcome in &self.0 {
            if let Verdict::Failed { stage, detail } = &outcome.verdict {
                let _ = writeln!(text, "=== {} [{stage}]\n{}\n", outcome.name, detail.trim_end());
            }
        }
        text
    }
}
