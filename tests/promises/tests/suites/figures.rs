use sluice_sql::model::{NotAnalysed, Parsed, Reason, Statement};
use sluice_sql::{Dialect, parse};
use sluice_text::Span;

/// How many statements that a server takes are analysed.
#[derive(Default)]
pub struct Figures {
    statements: u32,
    unparsed: u32,
    partly: u32,
}

impl Figures {
    /// Counts a statement that the server takes, and prints it where it is not analysed in whole.
    pub fn take(&mut self, dialect: Dialect, label: &str, sql: &str) {
        self.statements += 1;
        let parsed = parse(dialect, sql, Span::new(0, sql.len()));
        let gaps = gaps(&parsed);
        if gaps.is_empty() {
            return;
        }
        let what = if matches!(parsed.statement, Statement::Unparsed { .. }) {
            self.unparsed += 1;
            "NOT ANALYSED"
        } else {
            self.partly += 1;
            "IN PART"
        };
        let gap = &gaps[0];
        println!(
            "{label}: {what}: {} `{}` of: {}",
            gap.reason,
            short(gap.span.slice(sql), 60),
            short(sql, 200)
        );
    }

    /// Prints them; says what percentage is analysed in whole.
    pub fn finish(&self, what: &str) -> f64 {
        let whole = self.statements - self.unparsed - self.partly;
        let percent = 100.0 * f64::from(whole) / f64::from(self.statements.max(1));
        let (all, none, partly) = (self.statements, self.unparsed, self.partly);
        eprintln!(
            "{what}: {all} statements that the server takes, {none} not analysed, {partly} in part: {percent:.3} %"
        );
        percent
    }
}

/// What was not understood, nested statements included; dynamic SQL aside.
fn gaps(parsed: &Parsed) -> Vec<NotAnalysed> {
    let mut gaps: Vec<NotAnalysed> =
        parsed.not_analysed.iter().filter(|it| it.reason != Reason::Dynamic).cloned().collect();
    for nested in parsed.statement.nested() {
        gaps.extend(self::gaps(nested));
    }
    gaps
}

fn short(text: &str, length: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(length).collect()
}
