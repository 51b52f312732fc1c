use sluice_text::Span;

use super::{BARE_CALLS, Frame, Kind, OPEN, Operator, Scan, UNITS};
use crate::grammar::mysql::literal::{is_introducer, is_number_word};
use crate::grammar::mysql::name::unquote_name;
use crate::grammar::mysql::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Call, ColumnRef, Ident, ObjectName};

/// Words in the place of an operand that go before one.
const PREFIXES: &[&str] = &[
    "not",
    "binary",
    "distinct",
    "distinctrow",
    "all",
    "exists",
    "row",
    "leading",
    "trailing",
    "both",
    "any",
    "some",
    "unbounded",
    "sql_cache",
    "sql_no_cache",
];
/// Words that can only begin another clause.
const CLAUSES: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "union",
    "intersect",
    "except",
    "set",
    "then",
    "else",
    "end",
    "when",
    "do",
    "select",
    "into",
    "as",
    "then",
    "elseif",
];

impl Parser<'_> {
    /// A word where an operand is expected.
    pub(super) fn operand_word(&mut self, scan: &mut Scan, subqueries: &mut Vec<Span>) -> bool {
        let start = self.token.start;
        let call = self.peek_open();
        let word = self.token_text();
        if is_number_word(word) {
            self.advance();
            self.operand(scan, start, false);
            return true;
        }
        if self.is("case") && !call {
            return self.open_case(scan);
        }
        if self.is("case") {
            return self.open_case(scan);
        }
        if self.is("end") && scan.frames.last().is_some_and(|frame| frame.kind == Kind::Case) {
            self.advance();
            scan.frames.pop();
            self.operand(scan, start, false);
            return true;
        }
        if self.is_any(CLAUSES) && !call {
            if scan.frames.is_empty() {
                return false;
            }
            self.advance();
            return true;
        }
        if self.is("when") || self.is("then") || self.is("else") {
            // `CASE WHEN (a) THEN …`
            if scan.frames.is_empty() {
                return false;
            }
            self.advance();
            return true;
        }
        if self.is_any(PREFIXES)
            && (!call || self.is_any(&["not", "exists", "all", "any", "some", "distinct", "row", "binary"]))
        {
            scan.word = if self.is("exists") { Operator::Exists } else { scan.word };
            self.advance();
            return true;
        }
        if self.is("interval") && self.peek().0 != TokenKind::Symbol(b',') {
            self.advance();
            match scan.frames.last_mut() {
                Some(frame) => frame.interval = true,
                None => scan.interval = true,
            }
            return true;
        }
        if self.is("null") {
            let token = self.advance();
            if matches!(scan.operator.as_str(), "=" | "<>" | "!=") {
                self.facts.null_comparisons.push(Span::new(scan.before.0.start, token.end));
            }
            if let Some(frame) = scan.frames.last_mut() {
                frame.has_null = true;
            }
            self.operand(scan, start, false);
            return true;
        }
        if self.is_any(&["true", "false", "default", "unknown", "maxvalue", "minvalue"]) && !call {
            self.advance();
            self.operand(scan, start, false);
            return true;
        }
        if !call
            && (is_introducer(word) || self.is_any(&["date", "time", "timestamp"]))
            && self.peek().0 == TokenKind::String
        {
            self.advance();
            self.text_operand(scan);
            return true;
        }
        if self.is_any(&["next", "previous"]) && self.peek_is(&["value"]) {
            return self.next_value(scan);
        }
        if call {
            return self.call(scan, ObjectName::bare(Ident::bare(word, self.token_span())), subqueries);
        }
        if self.is_any(BARE_CALLS) {
            let span = self.token_span();
            let name = ObjectName::bare(Ident::bare(word, span));
            self.advance();
            self.facts.calls.push(Call { name, arguments: 0, first_text: None, span });
            self.operand(scan, start, false);
            return true;
        }
        let in_call =
            matches!(scan.frames.last(), Some(Frame { kind: Kind::Call(_), commas: 0, empty: true, .. }));
        if (in_call && self.is_any(UNITS) && !self.column_named_like_a_unit())
            || (!scan.frames.is_empty() && self.is_any(&["preceding", "following"]))
        {
            self.advance();
            self.operand(scan, start, false);
            return true;
        }
        if scan.frames.last().is_some_and(|frame| frame.empty)
            && self.is_any(&["partition", "order"])
            && self.peek_is(&["by"])
        {
            self.advance();
            self.advance();
            return true;
        }
        self.column(scan, subqueries)
    }

    /// `EXTRACT(DAY FROM x)`, `TIMESTAMPDIFF(DAY, a, b)` take a unit; `MAX(day)` takes a column.
    fn column_named_like_a_unit(&mut self) -> bool {
        let (kind, text) = self.peek();
        let followed = kind == TokenKind::Symbol(b',') || text.eq_ignore_ascii_case("from");
        let timestamp = self.facts.calls.last().is_some_and(|call| {
            ["extract", "timestampdiff", "timestampadd"].iter().any(|name| call.name.name.is_word(name))
        });
        !(followed && timestamp)
    }

    fn open_case(&mut self, scan: &mut Scan) -> bool {
        let start = self.token.start;
        if scan.frames.len() >= OPEN {
            self.advance();
            return true;
        }
        self.advance();
        scan.frames.push(Frame {
            kind: Kind::Case,
            start,
            commas: 0,
            empty: true,
            has_null: false,
            has_query: false,
            interval: false,
            columns: self.facts.columns.len(),
            computed: scan
                .frames
                .last()
                .is_some_and(|frame| frame.computed || matches!(frame.kind, Kind::Call(_))),
        });
        scan.operand = false;
        scan.word = Operator::None;
        scan.operator.clear();
        true
    }

    /// `NEXT VALUE FOR sequence` (MariaDB).
    fn next_value(&mut self, scan: &mut Scan) -> bool {
        let start = self.token.start;
        let name = if self.is("next") { "nextval" } else { "lastval" };
        self.advance();
        self.advance();
        self.accept("for");
        let sequence = self.object_name();
        let span = self.since(start);
        self.facts.calls.push(Call {
            name: ObjectName::bare(Ident::bare(name, span)),
            arguments: 1,
            first_text: sequence.map(|sequence| sequence.span.slice(self.text).to_owned()),
            span,
        });
        self.operand(scan, start, false);
        true
    }

    /// A call whose name is the next token.
    fn call(&mut self, scan: &mut Scan, name: ObjectName, subqueries: &mut Vec<Span>) -> bool {
        if self.token.start < name.span.end {
            self.advance();
        }
        let index = self.facts.calls.len();
        self.facts.calls.push(Call { span: name.span, name, arguments: 0, first_text: None });
        self.open(scan, Kind::Call(index), subqueries)
    }

    /// A column, or a call with a qualified or quoted name.
    pub(super) fn column(&mut self, scan: &mut Scan, subqueries: &mut Vec<Span>) -> bool {
        let start = self.token.start;
        let Some(first) = self.ident() else {
            self.advance();
            return true;
        };
        let mut parts = vec![first];
        while self.is_symbol(b'.') {
            self.advance();
            if self.is_symbol(b'*') {
                self.advance();
                self.facts.stars.push(self.since(start));
                self.operand(scan, start, false);
                return true;
            }
            if !self.is_name() {
                break;
            }
            let text = match self.kind() {
                TokenKind::QuotedName => Ident::quoted(unquote_name(self.token_text()), self.token_span()),
                _ => Ident::bare(self.token_text(), self.token_span()),
            };
            self.advance();
            parts.push(text);
        }
        let Some(name) = ObjectName::from_parts(parts) else { return true };
        // The token before was its name, so an opening parenthesis makes it a call.
        if self.is_open() {
            return self.call(scan, name, subqueries);
        }
        let column =
            ColumnRef { span: name.span, table: ObjectName::from_parts(name.qualifiers), name: name.name };
        self.facts.columns.push(column);
        self.operand(scan, start, true);
        true
    }
}
