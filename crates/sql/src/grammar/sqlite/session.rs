//! Pragmas, attached databases, transactions and housekeeping.

use super::cursor::Cursor;
use super::literal::TEXT;
use crate::Control;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    Attach, Detach, Expr, Ident, Keyword, Literal, Maintenance, MaintenanceVerb, NamedOption, ObjectName,
    Pragma, Statement, Transaction, Word,
};

impl Cursor<'_> {
    pub(super) fn pragma(&mut self) -> Option<Statement> {
        self.accept("pragma");
        let name = self.object_name()?;
        let (mut value, mut word) = (None, None);
        if self.accept_symbol(b'=') {
            (value, word) = self.pragma_value()?;
        } else if self.accept_open() {
            if !self.is_close() {
                (value, word) = self.pragma_value()?;
            }
            self.close();
        }
        Some(Statement::Pragma(Box::new(Pragma { name, value, word })))
    }

    /// A number with its sign, a word, even a reserved one, or a string.
    fn pragma_value(&mut self) -> Option<(Option<Expr>, Option<Word>)> {
        let start = self.token.start;
        let signed = self.accept_symbol(b'-') || self.accept_symbol(b'+');
        let number = self.number().is_some();
        let mut text = None;
        if !number {
            if signed {
                return None;
            }
            text = match self.kind() {
                TokenKind::Word => self.word().map(|word| word.text),
                TokenKind::QuotedName | TokenKind::String => self.ident().map(|name| name.text),
                _ => None,
            };
            text.as_ref()?;
        }
        let span = self.since(start);
        let written = span.slice(self.text);
        let mut expr = Expr::opaque(span);
        if number {
            let digits: String =
                written.chars().filter(|it| !it.is_whitespace() && *it != '+').take(TEXT).collect();
            expr.literal = Some(Literal::Number(digits.clone()));
            text = Some(digits);
        } else if written.starts_with('\'') {
            expr.literal = text.clone().map(Literal::Text);
        }
        Some((Some(expr), text.map(|text| Word { text, span })))
    }

    pub(super) fn attach(&mut self) -> Option<Statement> {
        self.accept("attach");
        if self.is("database") && self.peek().0 != TokenKind::Symbol(b'.') {
            self.advance();
        }
        let file = self.expr()?;
        if !self.accept("as") {
            return None;
        }
        let schema = self.expr()?;
        if self.accept("key") {
            self.scan();
        }
        Some(Statement::Attach(Box::new(Attach { file, schema })))
    }

    pub(super) fn detach(&mut self) -> Option<Statement> {
        self.accept("detach");
        self.accept("database");
        Some(Statement::Detach(Box::new(Detach { schema: self.expr()? })))
    }

    pub(super) fn vacuum(&mut self) -> Option<Statement> {
        self.accept("vacuum");
        let names = self.ident().map(ObjectName::bare).into_iter().collect();
        let mut options = Vec::new();
        let start = self.token.start;
        if let Some(into) = self.take("into") {
            let value = Some(Box::new(self.expr()?));
            options.push(NamedOption { name: Ident::bare("INTO", into), value, span: self.since(start) });
        }
        Some(keep_house(MaintenanceVerb::Vacuum, names, ObjectKind::Schema, self.last, options))
    }

    /// `REINDEX [name]`, `ANALYZE [name]`: the name is a table's, an index's, a schema's or a collation's; only a
    /// catalog knows which.
    pub(super) fn maintenance(&mut self) -> Option<Statement> {
        let verb = if self.is("analyze") { MaintenanceVerb::Analyze } else { MaintenanceVerb::Reindex };
        self.advance();
        let names = if self.at_end() { Vec::new() } else { vec![self.object_name()?] };
        Some(keep_house(verb, names, ObjectKind::Table, self.last, Vec::new()))
    }

    pub(super) fn transaction(&mut self) -> Option<Statement> {
        let (mut modes, mut savepoint) = (Vec::new(), None);
        let control = match self.token_text().to_ascii_lowercase().as_str() {
            "begin" => Control::Begin,
            "commit" | "end" => Control::Commit,
            "rollback" => Control::Rollback,
            _ => Control::Savepoint,
        };
        let named = self.is("savepoint");
        let released = self.is("release");
        self.advance();
        if control == Control::Begin && self.is_any(&["deferred", "immediate", "exclusive"]) {
            modes.push(self.token_text().to_ascii_lowercase());
            self.advance();
        }
        if named || released {
            if released {
                self.accept("savepoint");
            }
            savepoint = Some(self.ident()?);
            return Some(Statement::Transaction(Box::new(Transaction { control, modes, savepoint })));
        }
        if self.accept("transaction") && !self.at_end() && !self.is("to") {
            // A name that SQLite reads and ignores.
            self.ident();
        }
        let mut control = control;
        if control == Control::Rollback && self.accept("to") {
            control = Control::Savepoint;
            self.accept("savepoint");
            savepoint = Some(self.ident()?);
        }
        Some(Statement::Transaction(Box::new(Transaction { control, modes, savepoint })))
    }
}

fn keep_house(
    verb: MaintenanceVerb,
    names: Vec<ObjectName>,
    kind: ObjectKind,
    end: usize,
    options: Vec<NamedOption>,
) -> Statement {
    Statement::Maintenance(Box::new(Maintenance {
        verb,
        names,
        kind,
        full: None,
        concurrently: Keyword::absent(end),
        index: None,
        options,
    }))
}
