//! Results next to what must be reached.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measurement::{Sample, median_seconds, peak_kib};

/// One line of the result: a figure of ours, what it is compared with, and the limit.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The work.
    pub work: String,
    /// What it is compared with, or what the figure is.
    pub against: String,
    /// Our figure, in the unit of the line.
    pub ours: f64,
    /// The other figure, where there is one.
    pub theirs: Option<f64>,
    /// `s` or `MiB`.
    pub unit: &'static str,
    /// What is held against the limit: the ratio where there is another figure, our figure otherwise.
    pub measured: f64,
    /// The most that is allowed.
    pub limit: f64,
    /// Whether it is kept.
    pub reached: bool,
    /// Number of runs of which the figure is the median (time) or the highest (memory).
    pub runs: usize,
}

impl Line {
    /// Our median time over theirs.
    pub fn ratio(work: &str, against: &str, ours: &[Sample], theirs: &[Sample], limit: f64) -> Self {
        let (mine, other) = (median_seconds(ours), median_seconds(theirs));
        let ratio = mine / other;
        Self {
            work: work.to_owned(),
            against: against.to_owned(),
            ours: mine,
            theirs: Some(other),
            unit: "s",
            measured: ratio,
            limit,
            reached: ratio <= limit,
            runs: ours.len(),
        }
    }

    /// Our median time in seconds.
    pub fn seconds(work: &str, ours: &[Sample], limit: f64) -> Self {
        let seconds = median_seconds(ours);
        Self::absolute(work, "wall time", "s", seconds, limit, ours.len())
    }

    /// Our highest peak in MiB.
    pub fn peak(work: &str, ours: &[Sample], limit: f64) -> Self {
        // Exact: a peak is far below 2^52 KiB.
        #[allow(clippy::as_conversions, reason = "i64 to f64 has no other conversion")]
        let mib = peak_kib(ours) as f64 / 1024.0;
        Self::absolute(work, "peak memory", "MiB", mib, limit, ours.len())
    }

    /// Our median time for each unit of a large piece of work over that of a small one: 1 is linear.
    pub fn growth(
        work: &str,
        (small, few): (usize, &[Sample]),
        (large, many): (usize, &[Sample]),
        limit: f64,
    ) -> Self {
        let unit = |size: usize, samples: &[Sample]| {
            median_seconds(samples) / f64::from(u32::try_from(size).unwrap_or(u32::MAX))
        };
        let ratio = unit(large, many) / unit(small, few);
        Self {
            work: work.to_owned(),
            against: "linear growth".to_owned(),
            ours: median_seconds(many),
            theirs: Some(median_seconds(few)),
            unit: "s",
            measured: ratio,
            limit,
            reached: ratio <= limit,
            runs: many.len(),
        }
    }

    fn absolute(work: &str, against: &str, unit: &'static str, ours: f64, limit: f64, runs: usize) -> Self {
        Self {
            work: work.to_owned(),
            against: against.to_owned(),
            ours,
            theirs: None,
            unit,
            measured: ours,
            limit,
            reached: ours <= limit,
            runs,
        }
    }
}

/// The table for people.
pub fn render(lines: &[Line]) -> String {
    let mut text = format!(
        "{:<42} {:<24} {:>12} {:>12} {:>8} {:>8} {:>5}  \n",
        "work", "against", "sluice", "other", "measured", "limit", "runs"
    );
    for line in lines {
        let figure = |value: f64| match line.unit {
            "s" => format!("{value:.3} s"),
            unit => format!("{value:.1} {unit}"),
        };
        let compared = |value: f64| match line.theirs {
            Some(_) => format!("{value:.2} x"),
            None => figure(value),
        };
        let _ = writeln!(
            text,
            "{:<42} {:<24} {:>12} {:>12} {:>8} {:>8} {:>5}  {}",
            line.work,
            line.against,
            figure(line.ours),
            line.theirs.map(figure).unwrap_or_default(),
            compared(line.measured),
            compared(line.limit),
            line.runs,
            if line.reached { "reached" } else { "MISSED" }
        );
    }
    text
}
