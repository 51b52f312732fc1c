use sluice_text::Span;

use super::{Kind, Operator, Scan, UNITS};
use crate::grammar::mysql::parser::Parser;
use crate::lexer::TokenKind;

/// Words that continue an expression behind an operand.
const OPERATORS: &[&str] = &[
    "and", "or", "xor", "not", "in", "like", "rlike", "regexp", "between", "is", "div", "mod", "escape",
    "collate", "sounds", "member", "of", "over", "within", "against", "at", "zone", "respect", "nulls",
];
/// Words of window frames.
const FRAME_WORDS: &[&str] = &["current", "preceding", "following", "row", "rows", "range"];

impl Parser<'_> {
    /// A word behind an operand.
    pub(super) fn operator_word(&mut self, scan: &mut Scan, subqueries: &mut Vec<Span>) -> bool {
        let interval = match scan.frames.last_mut() {
            Some(frame) => std::mem::take(&mut frame.interval),
            None => std::mem::take(&mut scan.interval),
        };
        if interval && self.is_any(UNITS) {
            self.advance();
            return true;
        }
        let top = scan.frames.last().map(|frame| frame.kind);
        if top.is_none() && !self.is_any(OPERATORS) {
            return false;
        }
        let start = self.token.start;
        if top == Some(Kind::Case) && self.accept("end") {
            if let Some(frame) = scan.frames.pop() {
                self.operand(scan, frame.start, false);
            }
            return true;
        }
        let negated = scan.word == Operator::Not;
        if self.is("not") {
            // `a NOT IN`, `a NOT LIKE`; a `NOT NULL` of a column definition is not ours.
            if top.is_none() && !self.peek_is(&["in", "like", "rlike", "regexp", "between"]) {
                return false;
            }
            scan.word = Operator::Not;
            self.advance();
            return true;
        }
        if self.accept("in") {
            if self.is_open() {
                return self.open(scan, Kind::In { negated }, subqueries);
            }
            scan.word = Operator::None;
        } else if self.accept("like") {
            (scan.operand, scan.word) = (false, Operator::Like);
        } else if self.accept_any(&["regexp", "rlike"]) {
            (scan.operand, scan.word) = (false, Operator::Regexp);
        } else if self.accept("is") {
            self.accept("not");
            if self.accept_any(&["null", "true", "false", "unknown", "json"]) {
                self.accept_any(&["value", "object", "array", "scalar"]);
                self.operand(scan, start, false);
            }
        } else if self.accept_any(&["collate", "using"]) {
            if self.is_name() || self.kind() == TokenKind::String {
                self.advance();
            }
        } else if self.accept("over") {
            if self.is_name() {
                self.advance();
            }
        } else if self.accept("within") {
            self.accept("group");
        } else if self.accept("as") || self.accept("returning") {
            if let Some(data_type) = self.data_type() {
                self.facts.casts.push(data_type);
            }
        } else if self.accept_any(&["div", "mod"]) {
            scan.arithmetic = Some(if scan.before.1 { scan.before.0.start } else { usize::MAX });
            scan.operand = false;
        } else if self.is_any(&[
            "against",
            "of",
            "sounds",
            "member",
            "respect",
            "nulls",
            "at",
            "zone",
            "partition",
        ]) || self.is_any(FRAME_WORDS)
            || self.is_any(&[
                "asc",
                "desc",
                "with",
                "boolean",
                "mode",
                "natural",
                "language",
                "query",
                "expansion",
                "for",
                "on",
            ])
        {
            self.advance();
        } else if self.is_any(&[
            "and",
            "or",
            "xor",
            "between",
            "escape",
            "by",
            "separator",
            "from",
            "when",
            "then",
            "else",
            "limit",
            "order",
            "default",
        ]) {
            scan.operand = self.is("order");
            self.count_connective(scan);
            self.advance();
        } else {
            // An alias, a unit, or a word that is not known.
            self.advance();
        }
        true
    }

    fn count_connective(&mut self, scan: &mut Scan) {
        if self.is("or") {
            self.connectives.0 += 1;
        } else if self.is("between") {
            scan.between += 1;
        } else if self.is("and") {
            self.connectives.1 += usize::from(scan.between == 0);
            scan.between = scan.between.saturating_sub(1);
        }
    }
}
