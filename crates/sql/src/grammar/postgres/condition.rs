use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{ColumnRef, Comparison, Conjunct, ConjunctKind, Literal, ObjectName};

impl Grammar<'_> {
    /// The terms that `AND` joins in the tokens `start..end`. Read from tokens: the tree binds
    /// `a BETWEEN 1 AND 2 OR b` as if `OR` belonged to `BETWEEN`.
    pub(super) fn conjuncts(&self, mut start: usize, mut end: usize) -> Vec<Conjunct> {
        while end > start + 2
            && self.token(start).kind == TokenKind::OpenParen
            && self.closing(start) + 1 == end
        {
            start += 1;
            end -= 1;
        }
        let mut borders = Vec::new();
        let mut between = false;
        let mut cases = 0_usize;
        let mut index = start;
        while index < end {
            if self.token(index).kind == TokenKind::OpenParen {
                index = self.closing(index) + 1;
                continue;
            }
            if self.token_is(index, "case") {
                cases += 1;
            } else if cases > 0 && self.token_is(index, "end") {
                cases -= 1;
            } else if cases > 0 {
            } else if self.token_is(index, "or") {
                borders.clear();
                return vec![Conjunct { span: self.span_of(start, end), kind: ConjunctKind::Other }];
            } else if self.token_is(index, "between") {
                between = true;
            } else if self.token_is(index, "and") {
                if !between {
                    borders.push(index);
                }
                between = false;
            }
            index += 1;
        }
        borders.push(end);
        let mut terms = Vec::with_capacity(borders.len());
        let mut from = start;
        for border in borders {
            if border > from {
                self.conjunct(from, border, &mut terms);
            }
            from = border + 1;
        }
        terms
    }

    fn conjunct(&self, mut start: usize, mut end: usize, terms: &mut Vec<Conjunct>) {
        let span = self.span_of(start, end);
        while end > start + 2
            && self.token(start).kind == TokenKind::OpenParen
            && self.closing(start) + 1 == end
        {
            start += 1;
            end -= 1;
        }
        if end - start > 24 {
            terms.push(Conjunct { span, kind: ConjunctKind::Other });
            return;
        }
        let mut term = Term { grammar: self, at: start, end };
        if let Some(kinds) = term.shapes() {
            terms.extend(kinds.into_iter().map(|kind| Conjunct { span, kind }));
        } else {
            terms.push(Conjunct { span, kind: ConjunctKind::Other });
        }
    }
}

/// One term, its place and end.
struct Term<'g, 'a> {
    grammar: &'g Grammar<'a>,
    at: usize,
    end: usize,
}

impl Term<'_, '_> {
    fn shapes(&mut self) -> Option<Vec<ConjunctKind>> {
        if self.end == self.at + 1 && self.grammar.token_is(self.at, "true") {
            return Some(vec![ConjunctKind::AlwaysTrue]);
        }
        if let Some(value) = self.literal() {
            if self.at == self.end {
                let one = matches!(&value, Literal::Number(number) if number == "1");
                return one.then(|| vec![ConjunctKind::AlwaysTrue]);
            }
            let operator = self.operator()?;
            if let Some(other) = self.literal() {
                let same = operator == Comparison::Equal && value == other && value != Literal::Null;
                return (same && self.at == self.end).then(|| vec![ConjunctKind::AlwaysTrue]);
            }
            let column = self.column()?;
            let operator = turned(operator);
            return self.done(vec![ConjunctKind::Compare { column, operator, value }]);
        }
        let column = self.column()?;
        if self.words(&["is", "not", "null"]) || self.words(&["notnull"]) {
            return self.done(vec![ConjunctKind::IsNotNull(column)]);
        }
        if self.words(&["is", "null"]) || self.words(&["isnull"]) {
            return self.done(vec![ConjunctKind::IsNull(column)]);
        }
        if self.words(&["between"]) {
            let low = self.literal()?;
            if !self.words(&["and"]) {
                return None;
            }
            let high = self.literal()?;
            return self.done(vec![
                ConjunctKind::Compare {
                    column: column.clone(),
                    operator: Comparison::GreaterOrEqual,
                    value: low,
                },
                ConjunctKind::Compare { column, operator: Comparison::LessOrEqual, value: high },
            ]);
        }
        let operator = self.operator()?;
        let value = self.literal()?;
        self.done(vec![ConjunctKind::Compare { column, operator, value }])
    }

    fn done(&self, kinds: Vec<ConjunctKind>) -> Option<Vec<ConjunctKind>> {
        (self.at == self.end).then_some(kinds)
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let found = self.at + words.len() <= self.end
            && words.iter().enumerate().all(|(index, word)| self.grammar.token_is(self.at + index, word));
        if found {
            self.at += words.len();
        }
        found
    }

    /// Runs a reader of the grammar from this place; it must stay within the term.
    fn read<T>(&mut self, read: impl FnOnce(&mut Grammar<'_>) -> Option<T>) -> Option<T> {
        let from = self.grammar.token(self.at).start;
        let to = self.grammar.token(self.end - 1).end;
        if self.at >= self.end {
            return None;
        }
        let mut inner = Grammar::new(self.grammar.source, from, to);
        let result = read(&mut inner)?;
        self.at += inner.at;
        (self.at <= self.end).then_some(result)
    }

    fn literal(&mut self) -> Option<Literal> {
        self.read(|inner| {
            let literal = inner.literal()?;
            if inner.is_symbol(b':') && inner.nth(1).kind == TokenKind::Symbol(b':') {
                inner.at += 2;
                inner.data_type()?;
            }
            Some(literal)
        })
    }

    fn column(&mut self) -> Option<ColumnRef> {
        self.read(|inner| {
            let name = inner.name()?;
            let wrong = inner.is_open() || inner.is_string();
            (!wrong).then(|| ColumnRef {
                span: name.span,
                table: ObjectName::from_parts(name.qualifiers),
                name: name.name,
            })
        })
    }

    fn operator(&mut self) -> Option<Comparison> {
        let mut text = String::new();
        while self.at < self.end
            && let TokenKind::Symbol(byte @ (b'<' | b'>' | b'=' | b'!')) = self.grammar.token(self.at).kind
        {
            text.push(char::from(byte));
            self.at += 1;
        }
        Some(match text.as_str() {
            "=" => Comparison::Equal,
            "<>" | "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }
}

fn turned(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        other => other,
    }
}
