//! What an editor shows of a statement, in Markdown.

use super::StatementReport;

impl StatementReport {
    /// Locks by relation and what they block, work, and how that is known.
    pub fn markdown(&self) -> String {
        let mut out = match self.blocks.as_deref() {
            Some(blocks) => format!("**Blocks {blocks}** while it runs\n"),
            None => "**Others read and write** while it runs\n".to_owned(),
        };
        let mut list = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                out.push_str(&format!("\n{title}\n"));
                for line in lines {
                    out.push_str(&format!("- {line}\n"));
                }
            }
        };
        let locks = self.locks.iter().map(|lock| format!("{} on {}", lock.mode, code(&lock.relation)));
        list("Locks", locks.collect());
        let mut work: Vec<String> =
            self.work.iter().map(|work| format!("{} of {}", work.kind, code(&work.relation))).collect();
        work.extend(self.algorithm.iter().map(|algorithm| format!("algorithm {algorithm}")));
        list("Work", work);
        out.push_str(&format!("\nTaken back: {}\n", self.taken_back()));
        out.push_str(&format!("\nKnown how: {}\n", self.evidence));
        out
    }
}

/// Text as a code span, whatever backticks are in it, on one line.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_hold_any_name() {
        assert_eq!(code("public.orders"), "`public.orders`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("a\nb"), "`a b`");
    }
}
