use jiff::civil::Date;
use sluice_sql::Dialect;
use sluice_text::Span;

/// `-- sluice: allow(rule[, rule]) reason="…" [until=YYYY-MM-DD]`
#[derive(Debug, Clone)]
pub(crate) struct Suppression {
    /// The comment.
    pub(crate) span: Span,
    /// Rules, with their places; `category/*` is all of a category.
    pub(crate) rules: Vec<String>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// The last day on which it holds.
    pub(crate) until: Option<Date>,
    /// What of it cannot be read.
    pub(crate) wrong: Option<String>,
    /// What it covers: a range of lines' offsets; none for the whole file.
    pub(crate) covers: Option<Span>,
    /// Rules that it has kept quiet, by their index.
    pub(crate) used: Vec<bool>,
}

/// Suppressions of a file, whose statements are at `statements`.
pub(crate) fn read(dialect: Dialect, text: &str, statements: &[Span]) -> Vec<Suppression> {
    if memchr::memmem::find(text.as_bytes(), b"sluice:").is_none() {
        return Vec::new();
    }
    let first = statements.first().map_or(text.len(), |span| span.start);
    let comments = sluice_sql::comments(dialect, text);
    comments
        .iter()
        .filter_map(|span| {
            let mut found = parse(*span, span.slice(text))?;
            found.used = vec![false; found.rules.len()];
            found.covers = (span.start >= first).then(|| next_line(text, &comments, *span, statements));
            Some(found)
        })
        .collect()
}

/// What a comment inside of the file covers: the line after it that holds code, and the whole statement if one begins there;
/// where code stands before the comment on its own line, that line.
fn next_line(text: &str, comments: &[Span], comment: Span, statements: &[Span]) -> Span {
    let line_start = text.get(..comment.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let own_line = text.get(line_start..comment.start).is_some_and(|before| !before.trim().is_empty());
    let start = if own_line {
        line_start
    } else {
        let mut at = comment.end;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            at += rest.len() - rest.trim_start().len();
            match comments.iter().find(|next| next.start == at) {
                Some(next) if next.end > at => at = next.end,
                _ => break at,
            }
        }
    };
    let line_end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| start + at);
    let statement = statements.iter().find(|span| span.start >= start && span.start <= line_end && !own_line);
    Span::new(start, statement.map_or(line_end, |span| span.end.max(line_end)))
}

/// A comment that asks for silence.
fn parse(span: Span, comment: &str) -> Option<Suppression> {
    let inside = comment.trim_start_matches(['-', '#', '/', '*']).trim_end_matches(['*', '/']).trim();
    let rest = inside.strip_prefix("sluice:")?.trim_start();
    let rest = rest.strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let mut found = Suppression {
        span,
        rules: Vec::new(),
        reason: None,
        until: None,
        wrong: None,
        covers: None,
        used: Vec::new(),
    };
    let Some((rules, mut rest)) = rest.split_once(')') else {
        found.wrong = Some("`allow(` is never closed".to_owned());
        return Some(found);
    };
    found.rules =
        rules.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect();
    if found.rules.is_empty() {
        found.wrong = Some("`allow()` names no rule".to_owned());
    }
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',', '\r', '\n']);
        if rest.is_empty() {
            break;
        }
        let Some((key, after)) = rest.split_once('=') else {
            found.wrong = Some(format!("`{rest}` is neither `reason=\"…\"` nor `until=YYYY-MM-DD`"));
            break;
        };
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some(parts) => parts,
                None => {
                    found.wrong = Some(format!("the text of `{}` is never closed", key.trim()));
                    break;
                }
            },
            None => after.split_once([' ', '\t', ',']).unwrap_or((after, "")),
        };
        match key.trim() {
            "reason" => found.reason = Some(value.trim().to_owned()).filter(|reason| !reason.is_empty()),
            "until" => match value.parse() {
                Ok(date) => found.until = Some(date),
                Err(_) => found.wrong = Some(format!("`{value}` is no date: write it as YYYY-MM-DD")),
            },
            other => {
                found.wrong =
                    Some(format!("`{other}` is not known: `reason=\"…\"` and `until=YYYY-MM-DD` are"));
            }
        }
        rest = after;
    }
    Some(found)
}

impl Suppression {
    /// Whether it may keep anything quiet: without a reason, expired or garbled it may not.
    pub(crate) fn holds(&self, today: Date) -> bool {
        self.wrong.is_none() && self.reason.is_some() && self.until.is_none_or(|until| until >= today)
    }

    /// Whether it covers a finding of `rule` at `at`; notes that it was used.
    pub(crate) fn covers(&mut self, rule: &str, at: usize, today: Date) -> bool {
        let here =
            self.covers.is_none_or(|covers| at >= covers.start && at < covers.end.max(covers.start + 1));
        if !here || !self.holds(today) {
            return false;
        }
        let mut covered = false;
        for (name, used) in self.rules.iter().zip(&mut self.used) {
            let whole = name
                .strip_suffix("/*")
                .is_some_and(|category| rule.split_once('/').is_some_and(|(own, _)| own == category));
            if name == rule || whole {
                *used = true;
                covered = true;
            }
        }
        covered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Suppression {
        let statements: Vec<Span> = sluice_sql::split(Dialect::Postgres, text)
            .unwrap()
            .into_iter()
            .filter(|piece| piece.kind == sluice_sql::PieceKind::Statement)
            .map(|piece| piece.body)
            .collect();
        read(Dialect::Postgres, text, &statements).remove(0)
    }

    #[test]
    fn a_comment_above_a_statement_covers_the_statement() {
        let text = "SELECT 1;\n-- sluice: allow(a/b, c/*) reason=\"small, table\" until=2027-01-31\nDROP\nTABLE t;\nSELECT 2;";
        let mut found = read_one(text);
        assert_eq!(found.rules, ["a/b", "c/*"]);
        assert_eq!(found.reason.as_deref(), Some("small, table"));
        let today = Date::constant(2027, 1, 31);
        assert!(found.covers("a/b", text.find("TABLE").unwrap(), today));
        assert!(found.covers("c/x", text.find("DROP").unwrap(), today));
        assert!(!found.covers("a/b", text.find("SELECT 2").unwrap(), today));
        assert!(!found.covers("a/b", text.find("DROP").unwrap(), today.tomorrow().unwrap()));
    }

    #[test]
    fn a_comment_at_the_top_covers_the_file() {
        let text = "-- sluice: allow(a/b) reason=\"x\"\nSELECT 1;\nSELECT 2;";
        assert!(read_one(text).covers("a/b", text.len() - 2, Date::constant(2026, 1, 1)));
    }

    #[test]
    fn what_is_garbled_holds_nothing_quiet() {
        for text in [
            "-- sluice: allow(a/b)\nSELECT 1;",
            "-- sluice: allow(a/b) reason=\"\"\nSELECT 1;",
            "-- sluice: allow(a/b) reason=\"x\" until=tomorrow\nSELECT 1;",
            "-- sluice: allow(a/b reason=\"x\"\nSELECT 1;",
            "-- sluice: allow() reason=\"x\"\nSELECT 1;",
            "-- sluice: allow(a/b) because=\"x\"\nSELECT 1;",
        ] {
            assert!(!read_one(text).holds(Date::constant(2026, 1, 1)), "{text}");
        }
    }
}
