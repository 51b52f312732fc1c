use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{Expr, Ident, NamedOption};

impl Grammar<'_> {
    /// `(name = value, name value, name, …)`.
    pub(super) fn options(&mut self) -> Option<Vec<NamedOption>> {
        self.list(Self::option)
    }

    fn option(&mut self) -> Option<NamedOption> {
        let start = self.at;
        let mut name = self.option_name()?;
        let mut value = None;
        if self.symbol(b'=') {
            value = Some(Box::new(self.option_value()?));
        } else if self.peek().kind != TokenKind::CloseParen && !self.is_symbol(b',') {
            // `ADD name 'value'` of `OPTIONS`.
            if name.is_word("add") || name.is_word("set") || name.is_word("drop") {
                let more = self.option_name()?;
                name.text = format!("{} {}", name.text, more.text);
            }
            if self.peek().kind != TokenKind::CloseParen && !self.is_symbol(b',') {
                value = Some(Box::new(self.option_value()?));
            }
        }
        Some(NamedOption { name, value, span: self.since(start) })
    }

    fn option_name(&mut self) -> Option<Ident> {
        let name = self.name()?;
        let text = name.qualifiers.iter().map(|part| part.text.as_str()).chain([name.name.text.as_str()]);
        let text = text.collect::<Vec<_>>().join(".");
        Some(Ident { text, quoted: name.name.quoted, span: name.span })
    }

    /// A value up to the comma or parenthesis: a literal, word, list or operator name.
    fn option_value(&mut self) -> Option<Expr> {
        let start = self.at;
        while !self.at_end() && !self.is_symbol(b',') && self.peek().kind != TokenKind::CloseParen {
            if self.group().is_none() {
                self.at += 1;
            }
        }
        if self.at == start { None } else { Some(self.plain(start, self.at)) }
    }

    /// The next `count` tokens as a value.
    pub(super) fn expr_of_tokens(&mut self, count: usize) -> Option<Box<Expr>> {
        let start = self.at;
        self.at = (start + count).min(self.tokens.len());
        (self.at > start).then(|| Box::new(self.plain(start, self.at)))
    }

    /// A value that is no expression of SQL: its literal if it is one, else only its place.
    pub(super) fn plain(&mut self, start: usize, end: usize) -> Expr {
        let mut expr = Expr::opaque(self.span_of(start, end));
        let after = self.at;
        self.at = start;
        expr.literal = self.literal();
        if self.at != end {
            expr.literal = None;
        }
        self.at = after;
        expr
    }

    /// Words of a clause as an option without parentheses: `name` from the words, the value if any.
    pub(super) fn named(&self, name: &str, start: usize, value: Option<Expr>) -> NamedOption {
        let span = self.since(start);
        NamedOption { name: Ident::bare(name, span), value: value.map(Box::new), span }
    }
}
