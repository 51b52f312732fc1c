//! Expressions, read once from left to right with a stack of what is open: no recursion but for subqueries.

mod operand;
mod operator;

use sluice_text::Span;

use super::literal::unquote;
use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Expr, InList, Pattern, Reason};

/// How many parentheses may be open at once.
const OPEN: usize = 4096;
const TEXT: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Group,
    /// The call at this place in the list of all calls.
    Call(usize),
    In {
        negated: bool,
    },
    Case,
}

/// What is open.
struct Frame {
    kind: Kind,
    start: usize,
    commas: usize,
    empty: bool,
    has_null: bool,
    has_query: bool,
    /// A unit follows the next operand.
    interval: bool,
    /// Number of columns named before.
    columns: usize,
    /// In another call that computes.
    computed: bool,
}

/// What a scan knows of its place.
struct Scan {
    frames: Vec<Frame>,
    /// An operand was read: what follows is an operator.
    operand: bool,
    /// Operand read last: its place, and whether it is a column.
    before: (Span, bool),
    /// Symbols since then.
    operator: String,
    /// Word since then.
    word: Operator,
    interval: bool,
    /// In a condition, where computed columns matter.
    filter: bool,
    /// Ends with its first operand.
    single: bool,
    /// `BETWEEN` whose `AND` is still to come.
    between: usize,
    /// Calls that are open.
    calls: usize,
    /// An arithmetic operator has a column on its left.
    arithmetic: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    None,
    Not,
    Like,
    Regexp,
    Exists,
}

/// Functions that are called without parentheses.
pub(super) const BARE_CALLS: &[&str] = &[
    "current_timestamp",
    "current_date",
    "current_time",
    "current_user",
    "current_role",
    "localtime",
    "localtimestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
];
const UNITS: &[&str] = &[
    "microsecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "second_microsecond",
    "minute_microsecond",
    "minute_second",
    "hour_microsecond",
    "hour_second",
    "hour_minute",
    "day_microsecond",
    "day_second",
    "day_minute",
    "day_hour",
    "year_month",
];

impl Parser<'_> {
    /// An expression; none where there is no operand.
    pub(super) fn expr(&mut self) -> Option<Expr> {
        self.expr_in(false, false)
    }

    /// One operand: a group in parentheses, a call, a name or a literal.
    pub(super) fn operand_expr(&mut self) -> Option<Expr> {
        self.expr_in(false, true)
    }

    /// A condition of a query: what it computes from columns is a fact.
    pub(super) fn filter_expr(&mut self) -> Option<Expr> {
        self.expr_in(true, false)
    }

    fn expr_in(&mut self, filter: bool, single: bool) -> Option<Expr> {
        let start = self.token.start;
        let (calls, columns) = (self.facts.calls.len(), self.facts.columns.len());
        let mut subqueries = Vec::new();
        let casts = self.facts.casts.len();
        let span = self.scan(filter, single, &mut subqueries)?;
        let mut expr = Expr::opaque(Span::new(start, span.end));
        expr.calls = self.facts.calls.get(calls..).unwrap_or_default().to_vec();
        expr.columns = self.facts.columns.get(columns..).unwrap_or_default().to_vec();
        expr.subqueries = subqueries;
        let cast = self.facts.casts.get(casts).cloned();
        super::shape::fill(self.dialect, self.text, &mut expr, cast);
        Some(expr)
    }

    /// Reads an expression for its facts alone.
    pub(super) fn scan_expr(&mut self) -> Option<Span> {
        self.scan(false, false, &mut Vec::new())
    }

    fn scan(&mut self, filter: bool, single: bool, subqueries: &mut Vec<Span>) -> Option<Span> {
        let start = self.token.start;
        let mut scan = Scan {
            frames: Vec::new(),
            operand: false,
            before: (Span::new(start, start), false),
            operator: String::new(),
            word: Operator::None,
            interval: false,
            filter,
            single,
            between: 0,
            calls: 0,
            arithmetic: None,
        };
        while self.step(&mut scan, subqueries) {}
        let span = self.since(start);
        if span.is_empty() {
            return None;
        }
        while let Some(frame) = scan.frames.pop() {
            self.close_frame(&mut scan, frame);
        }
        Some(span)
    }

    /// Reads on; false where the expression ends.
    fn step(&mut self, scan: &mut Scan, subqueries: &mut Vec<Span>) -> bool {
        if self.at_end() || (scan.single && scan.operand && scan.frames.is_empty()) {
            return false;
        }
        match self.kind() {
            TokenKind::OpenParen => self.open(scan, Kind::Group, subqueries),
            TokenKind::CloseParen => self.close(scan),
            TokenKind::Word if scan.operand => self.operator_word(scan, subqueries),
            TokenKind::Word => self.operand_word(scan, subqueries),
            TokenKind::QuotedName if scan.operand && scan.frames.is_empty() => false,
            TokenKind::QuotedName => self.column(scan, subqueries),
            TokenKind::String if scan.operand => {
                if scan.frames.is_empty() {
                    return false;
                }
                self.advance();
                true
            }
            TokenKind::String => {
                self.text_operand(scan);
                true
            }
            TokenKind::Number => {
                if scan.operand && scan.frames.is_empty() && self.token.start > self.last {
                    return false;
                }
                let token = self.advance();
                self.operand(scan, token.start, false);
                true
            }
            TokenKind::Symbol(symbol) => self.symbol(scan, symbol),
            _ => {
                self.advance();
                true
            }
        }
    }

    fn text_operand(&mut self, scan: &mut Scan) {
        let start = self.token.start;
        let value = unquote(self.token_text(), TEXT);
        while self.kind() == TokenKind::String {
            self.advance();
        }
        let span = self.since(start);
        match scan.word {
            Operator::Like => self.facts.patterns.push(Pattern {
                leading_wildcard: value.starts_with(['%', '_']),
                literal: !value.contains(['%', '_']),
                span,
            }),
            Operator::Regexp => self.facts.patterns.push(Pattern {
                leading_wildcard: value.starts_with(".*"),
                literal: !value.contains(['.', '*', '+', '?', '[', '(', '|', '^', '$', '{', '\\']),
                span,
            }),
            _ => {}
        }
        if let Some(Frame { kind: Kind::Call(index), commas: 0, empty: true, .. }) = scan.frames.last()
            && let Some(call) = self.facts.calls.get_mut(*index)
        {
            call.first_text = Some(value);
        }
        self.operand(scan, start, false);
    }

    /// An operand was read, which began at `start`.
    fn operand(&mut self, scan: &mut Scan, start: usize, column: bool) {
        let span = self.since(start);
        if let Some(from) = scan.arithmetic.take()
            && scan.filter
            && scan.calls == 0
            && (column || from != usize::MAX)
        {
            let from = if from == usize::MAX { scan.before.0.start } else { from };
            self.facts.computed_filters.push(Span::new(from, span.end));
        }
        scan.operand = true;
        scan.before = (span, column);
        scan.operator.clear();
        scan.word = Operator::None;
        if let Some(frame) = scan.frames.last_mut() {
            frame.empty = false;
        }
    }

    fn symbol(&mut self, scan: &mut Scan, symbol: u8) -> bool {
        match symbol {
            b',' => {
                let Some(frame) = scan.frames.last_mut() else { return false };
                frame.commas += 1;
                frame.interval = false;
                scan.operand = false;
                scan.operator.clear();
                scan.word = Operator::None;
                scan.arithmetic = None;
                self.advance();
            }
            b'?' => {
                let token = self.advance();
                self.facts.parameters.push(Span::new(token.start, token.end));
                self.operand(scan, token.start, false);
            }
            b'@' => {
                let start = self.token.start;
                while self.is_symbol(b'@') {
                    self.advance();
                }
                if matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName | TokenKind::String) {
                    self.advance();
                }
                while self.is_symbol(b'.') {
                    self.advance();
                    if self.is_name() {
                        self.advance();
                    }
                }
                self.operand(scan, start, false);
            }
            b'*' if !scan.operand => {
                let token = self.advance();
                self.operand(scan, token.start, false);
            }
            b'.' if !scan.operand => {
                // `.5`
                let token = self.advance();
                if self.kind() == TokenKind::Number {
                    self.advance();
                }
                self.operand(scan, token.start, false);
            }
            b'.' => {
                // `1.5`, `f(x).y`
                self.advance();
                if matches!(self.kind(), TokenKind::Number | TokenKind::Word) && self.token.start == self.last
                {
                    self.advance();
                }
            }
            // No operator of the language: an assignment or a label is not for us.
            b':' if self.peek().0 != TokenKind::Symbol(b'=') => return false,
            b'{' | b'}' | b'[' | b']' => {
                self.advance();
            }
            _ => {
                if scan.operand {
                    let arithmetic = matches!(symbol, b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'&' | b'|');
                    let path = symbol == b'-' && self.text.as_bytes().get(self.token.end) == Some(&b'>');
                    let logical = matches!(symbol, b'&' | b'|')
                        && self.text.as_bytes().get(self.token.end) == Some(&symbol);
                    if arithmetic && !path && !logical {
                        scan.arithmetic = Some(if scan.before.1 { scan.before.0.start } else { usize::MAX });
                    }
                }
                scan.operand = false;
                scan.word = Operator::None;
                if scan.operator.len() < 4 {
                    scan.operator.push(char::from(symbol));
                }
                self.advance();
            }
        }
        true
    }

    fn open(&mut self, scan: &mut Scan, kind: Kind, subqueries: &mut Vec<Span>) -> bool {
        if scan.frames.len() >= OPEN {
            let start = self.token.start;
            self.skip_parens();
            self.issue(self.since(start), Reason::TooDeep);
            self.operand(scan, start, false);
            return true;
        }
        let start = self.token.start;
        self.advance();
        let mut frame = Frame {
            kind,
            start,
            commas: 0,
            empty: true,
            has_null: false,
            has_query: false,
            interval: false,
            columns: self.facts.columns.len(),
            computed: scan
                .frames
                .iter()
                .rev()
                .take(1)
                .any(|frame| frame.computed || matches!(frame.kind, Kind::Call(_))),
        };
        let exists = scan.word == Operator::Exists;
        scan.operand = false;
        scan.operator.clear();
        scan.word = Operator::None;
        scan.arithmetic = None;
        if self.begins_query() && !matches!(kind, Kind::Call(_) if self.is("values")) {
            frame.has_query = true;
            frame.empty = false;
            let from = self.token.start;
            let stars = self.facts.stars.len();
            if self.query().is_some() {
                subqueries.push(self.since(from));
            }
            // `EXISTS (SELECT *` reads no columns.
            if exists
                && let Some(star) = self.facts.stars.get(stars)
                && self.text.get(from..star.start).is_some_and(|it| it.trim().eq_ignore_ascii_case("select"))
            {
                self.facts.stars.remove(stars);
            }
            if !self.is_close() {
                let rest = self.token.start;
                self.skip_item();
                self.issue(self.since(rest), Reason::Unknown);
            }
            scan.operand = true;
        }
        scan.calls += usize::from(matches!(kind, Kind::Call(_)));
        scan.frames.push(frame);
        true
    }

    /// A query begins here, directly behind `(`.
    pub(super) fn begins_query(&mut self) -> bool {
        self.is_any(&["select", "with"])
            || (self.is("values")
                && (self.peek_is(&["row"]) || (self.dialect == crate::Dialect::Mariadb && self.peek_open())))
            || (self.is("table") && matches!(self.peek().0, TokenKind::Word | TokenKind::QuotedName))
    }

    fn close(&mut self, scan: &mut Scan) -> bool {
        // `CASE` that is never ended ends with its parentheses.
        while let Some(frame) = scan.frames.pop_if(|frame| frame.kind == Kind::Case) {
            self.close_frame(scan, frame);
        }
        let Some(frame) = scan.frames.pop() else { return false };
        self.advance();
        let start = match frame.kind {
            Kind::Call(index) => self.facts.calls.get(index).map_or(frame.start, |call| call.span.start),
            _ => frame.start,
        };
        self.close_frame(scan, frame);
        self.operand(scan, start, false);
        true
    }

    fn close_frame(&mut self, scan: &mut Scan, frame: Frame) {
        let span = self.since(frame.start);
        match frame.kind {
            Kind::Call(index) => {
                scan.calls = scan.calls.saturating_sub(1);
                let columns = self.facts.columns.len() > frame.columns;
                if let Some(call) = self.facts.calls.get_mut(index) {
                    call.arguments = if frame.empty { 0 } else { frame.commas + 1 };
                    call.span = Span::new(call.span.start, span.end);
                    if scan.filter && columns && !frame.computed && !call.name.name.is_word("match") {
                        self.facts.computed_filters.push(call.span);
                    }
                }
            }
            Kind::In { negated } if !frame.has_query => self.facts.in_lists.push(InList {
                values: if frame.empty { 0 } else { frame.commas + 1 },
                negated,
                has_null: frame.has_null,
                span,
            }),
            _ => {}
        }
    }
}
