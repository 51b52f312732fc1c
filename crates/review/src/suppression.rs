use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use sluice_sql::Dialect;
use sluice_text::Span;

use crate::script::Part;

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
    /// It is about other changes, too, which may be those that need it.
    pub(crate) shared: bool,
}

/// Suppressions of a change, whose statements are at `statements`: those of the whole file, or those of its own part and of
/// what stands at the top of the file for all changes.
pub(crate) fn read(
    dialect: Dialect,
    text: &str,
    statements: &[Span],
    part: Option<Part>,
) -> Vec<Suppression> {
    let whole = Span::new(0, text.len());
    let Some(Part { top, own }) = part else {
        let first = statements.first().map_or(text.len(), |span| span.start);
        return within(dialect, text, whole, statements, Top::Apart { first });
    };
    let mut found = within(dialect, text, top, statements, Top::All);
    found.iter_mut().for_each(|one| one.shared = true);
    found.extend(within(dialect, text, own, statements, Top::None));
    found
}

/// Which suppressions cover all statements.
#[derive(Clone, Copy)]
enum Top {
    /// None.
    None,
    /// All of the part.
    All,
    /// Those before the first statement, which begins there, with an empty line between.
    Apart { first: usize },
}

/// Suppressions in a part of a text, which begins with a line.
fn within(dialect: Dialect, text: &str, part: Span, statements: &[Span], top: Top) -> Vec<Suppression> {
    let own = part.slice(text);
    if memchr::memmem::find(own.as_bytes(), b"sluice:").is_none() {
        return Vec::new();
    }
    let comments: Vec<Span> = sluice_sql::comments(dialect, own)
        .into_iter()
        .map(|span| Span::new(span.start + part.start, span.end + part.start))
        .collect();
    let mut lines = Lines::new(text, part.start, &comments);
    comments
        .iter()
        .zip(code_after(text, &comments))
        .filter_map(|(span, (code, apart))| {
            lines.move_to(*span);
            let mut found = parse(*span, span.slice(text))?;
            found.used = vec![false; found.rules.len()];
            found.covers = match top {
                Top::All => None,
                Top::Apart { first } if span.start < first => {
                    let covered = lines.covered(*span, code, statements);
                    // What is found in the file as a whole stands at its beginning.
                    (!apart && !statements.is_empty()).then_some(Span::new(0, covered.end))
                }
                Top::None | Top::Apart { .. } => Some(lines.covered(*span, code, statements)),
            };
            Some(found)
        })
        .collect()
}

/// For each comment, where the code after it begins: behind all comments that follow; and whether an empty line is between.
fn code_after(text: &str, comments: &[Span]) -> Vec<(usize, bool)> {
    let mut next: Option<(usize, (usize, bool))> = None;
    let mut found = Vec::with_capacity(comments.len());
    for comment in comments.iter().rev() {
        let rest = text.get(comment.end..).unwrap_or_default();
        let begins = text.len() - rest.trim_start().len();
        let blank = text.get(comment.end..begins).unwrap_or_default();
        let apart = blank.bytes().filter(|byte| *byte == b'\n').nth(1).is_some();
        let code = match next {
            Some((start, (code, later))) if start == begins => (code, apart || later),
            _ => (begins, apart),
        };
        next = Some((comment.start, code));
        found.push(code);
    }
    found.reverse();
    found
}

/// The lines of comments that are asked for one after the other. Each part of the text is looked at once, however many comments
/// stand on a line.
struct Lines<'a> {
    text: &'a str,
    /// The comment that was asked for last.
    at: usize,
    /// Where its line begins, and whether something stands before it there.
    start: usize,
    behind_code: bool,
    /// A place and the end of its line, for comments behind code and for those above it.
    ends: [(usize, usize); 2],
}

impl<'a> Lines<'a> {
    /// `start` is where a line begins, before all comments.
    fn new(text: &'a str, start: usize, comments: &[Span]) -> Self {
        let at = comments.first().map_or(start, |comment| comment.start);
        let mut lines = Self { text, at: start, start, behind_code: false, ends: [(1, 0); 2] };
        lines.move_to(Span::new(at, at));
        lines
    }

    fn move_to(&mut self, comment: Span) {
        let passed = self.text.get(self.at..comment.start).unwrap_or_default();
        let on_line = match passed.rfind('\n') {
            Some(newline) => {
                self.start = self.at + newline + 1;
                self.behind_code = false;
                passed.get(newline + 1..).unwrap_or_default()
            }
            None => passed,
        };
        self.behind_code |= !on_line.trim().is_empty();
        self.at = comment.start;
    }

    /// What the comment covers, behind which code begins at `code`: the line with that code, and the whole statement if one begins
    /// there; where code stands before the comment on its own line, that line.
    fn covered(&mut self, comment: Span, code: usize, statements: &[Span]) -> Span {
        if self.behind_code {
            return Span::new(self.start, self.line_end(0, comment.start));
        }
        let line_end = self.line_end(1, code);
        let next = statements.partition_point(|span| span.start < code);
        let statement = statements.get(next).filter(|span| span.start <= line_end);
        Span::new(code, statement.map_or(line_end, |span| span.end.max(line_end)))
    }

    fn line_end(&mut self, which: usize, place: usize) -> usize {
        let Some(known) = self.ends.get_mut(which) else { return place };
        if !(known.0..=known.1).contains(&place) {
            let rest = self.text.as_bytes().get(place..).unwrap_or_default();
            *known = (place, place + memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
        }
        known.1
    }
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
        shared: false,
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

    /// The places that it covers.
    fn range(&self) -> Range<usize> {
        self.covers.map_or(0..usize::MAX, |covers| covers.start..covers.end.max(covers.start + 1))
    }
}

/// A finding as suppressions see it.
pub(crate) struct Heard {
    pub(crate) rule: &'static str,
    /// Its own place, and where its statement begins.
    pub(crate) places: [Option<usize>; 2],
}

/// Which suppression keeps each of the findings quiet, if one does. Notes which rules of which suppression were of use: all that fit were.
pub(crate) fn hush(suppressions: &mut [Suppression], found: &[Heard], today: Date) -> Vec<Option<usize>> {
    let mut quiet = vec![None; found.len()];
    if suppressions.iter().all(|one| !one.holds(today)) {
        return quiet;
    }
    // Places of findings by what a suppression may call their rule.
    let mut places: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    for (index, heard) in found.iter().enumerate() {
        let category = heard.rule.split_once('/').map(|(category, _)| format!("{category}/*"));
        for name in [Some(heard.rule.to_owned()), category].into_iter().flatten() {
            places.entry(name).or_default().extend(heard.places.iter().flatten().map(|at| (*at, index)));
        }
    }
    places.values_mut().for_each(|list| list.sort_unstable());
    let mut ranges: HashMap<&str, Vec<(Range<usize>, usize)>> = HashMap::new();
    for (by, one) in suppressions.iter_mut().enumerate().filter(|(_, one)| one.holds(today)) {
        let range = one.range();
        for (name, used) in one.rules.iter().zip(&mut one.used) {
            let Some((name, list)) = places.get_key_value(name) else { continue };
            let from = list.partition_point(|(at, _)| *at < range.start);
            let to = list.partition_point(|(at, _)| *at < range.end);
            if from < to {
                *used = true;
                ranges.entry(name.as_str()).or_default().push((from..to, by));
            }
        }
    }
    for (name, mut ranges) in ranges {
        let list = places.get(name).map(Vec::as_slice).unwrap_or_default();
        ranges.sort_unstable_by_key(|(range, by)| (range.start, *by));
        let mut done = 0;
        for (range, by) in ranges {
            for (_, index) in list.get(range.start.max(done)..range.end).unwrap_or_default() {
                if let Some(quiet) = quiet.get_mut(*index) {
                    quiet.get_or_insert(by);
                }
            }
            done = done.max(range.end);
        }
    }
    quiet
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
        read(Dialect::Postgres, text, &statements, None).remove(0)
    }

    fn hushes(suppression: &mut Suppression, rule: &'static str, at: usize, today: Date) -> bool {
        let heard = Heard { rule, places: [Some(at), None] };
        hush(std::slice::from_mut(suppression), &[heard], today)[0].is_some()
    }

    #[test]
    fn a_comment_above_a_statement_covers_the_statement() {
        let text = "SELECT 1;\n-- sluice: allow(a/b, c/*) reason=\"small, table\" until=2027-01-31\nDROP\nTABLE t;\nSELECT 2;";
        let mut found = read_one(text);
        assert_eq!(found.rules, ["a/b", "c/*"]);
        assert_eq!(found.reason.as_deref(), Some("small, table"));
        let today = Date::constant(2027, 1, 31);
        assert!(hushes(&mut found, "a/b", text.find("TABLE").unwrap(), today));
        assert_eq!(found.used, [true, false]);
        assert!(hushes(&mut found, "c/x", text.find("DROP").unwrap(), today));
        assert_eq!(found.used, [true, true]);
        assert!(!hushes(&mut found, "a/b", text.find("SELECT 2").unwrap(), today));
        assert!(!hushes(&mut found, "a/b", text.find("DROP").unwrap(), today.tomorrow().unwrap()));
    }

    #[test]
    fn a_comment_at_the_top_covers_the_file() {
        let today = Date::constant(2026, 1, 1);
        let allow = "-- sluice: allow(a/b) reason=\"x\"";
        for (between, whole) in [
            ("\n\n", true),
            ("\r\n \r\n", true),
            ("\n\n-- what the first one does\n", true),
            ("\n-- more\n\n/* still more */\n", true),
            ("\n", false),
            (" \r\n", false),
            ("\n-- what the first one does\n", false),
            ("\n/* two\n\nparts */\n", false),
        ] {
            let text = format!("-- orders\n\n{allow}{between}SELECT 1;\nSELECT 2;");
            let hushed = |word: &str| hushes(&mut read_one(&text), "a/b", text.find(word).unwrap(), today);
            assert!(hushed("SELECT 1") && hushed("-- orders"), "{text}");
            assert_eq!(hushed("SELECT 2"), whole, "{text}");
        }
        let empty = format!("{allow}\n");
        assert!(hushes(&mut read_one(&empty), "a/b", 0, today));
    }

    #[test]
    fn a_comment_behind_code_covers_its_line_and_others_in_a_row_the_code_below() {
        let text = "SELECT 1;\n\
             SELECT 2 /* sluice: allow(a/b) reason=\"x\" */ ; /* sluice: allow(c/d) reason=\"x\" */\n\
             -- sluice: allow(e/f) reason=\"x\"\n\
             /* more */ -- sluice: allow(g/h) reason=\"x\"\n\
             SELECT\n3;";
        let statements: Vec<Span> = sluice_sql::split(Dialect::Postgres, text)
            .unwrap()
            .iter()
            .map(|piece| piece.body)
            .filter(|body| !body.is_empty())
            .collect();
        let covered: Vec<&str> = read(Dialect::Postgres, text, &statements, None)
            .iter()
            .map(|found| found.covers.unwrap().slice(text).split(' ').next().unwrap())
            .collect();
        assert_eq!(covered, ["SELECT", "SELECT", "SELECT\n3", "/*"]);
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
