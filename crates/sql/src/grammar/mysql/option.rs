//! `name = value`, table options, and how a statement runs (`ALGORITHM`, `LOCK`, `WAIT`).

use sluice_text::Span;

use super::literal::{is_introducer, is_number_word};
use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Expr, Ident, NamedOption, OnlineOptions, TableOption, TableOptionKind, Wait};

/// Options of tables that no variant stands for, which may do without `=`.
const OTHERS: &[&str] = &[
    "avg_row_length",
    "checksum",
    "connection",
    "delay_key_write",
    "insert_method",
    "max_rows",
    "min_rows",
    "pack_keys",
    "password",
    "stats_auto_recalc",
    "stats_persistent",
    "stats_sample_pages",
    "secondary_engine",
    "engine_attribute",
    "secondary_engine_attribute",
    "autoextend_size",
    "transactional",
    "table_checksum",
    "page_checksum",
    "page_compression_level",
    "encryption_key_id",
    "sequence",
    "storage",
    "nodegroup",
    "extent_size",
    "file_block_size",
    "initial_size",
    "max_size",
    "undo_buffer_size",
    "redo_buffer_size",
    "type",
];

impl Parser<'_> {
    /// The words from `start` on, as the name of an option.
    pub(super) fn option_name(&self, start: usize) -> Ident {
        let span = self.since(start);
        let words: Vec<&str> = span.slice(self.text).split_whitespace().collect();
        Ident::bare(words.join(" "), span)
    }

    /// An option whose name is what was read since `start`, and whose value is `value`.
    pub(super) fn named(&self, name: Ident, value: Option<Expr>) -> NamedOption {
        let span = self.since(name.span.start);
        NamedOption { name, value: value.map(Box::new), span }
    }

    /// A value that is one literal, word or list in parentheses.
    pub(super) fn simple_value(&mut self) -> Option<Expr> {
        if self.is_open() {
            let start = self.token.start;
            self.skip_parens();
            return Some(Expr::opaque(self.since(start)));
        }
        let start = self.token.start;
        if self.is_symbol(b'-') || self.is_symbol(b'+') {
            self.advance();
        }
        // `.5`
        let fraction = self.is_symbol(b'.') && self.peek().0 == TokenKind::Number;
        if !fraction
            && !matches!(
                self.kind(),
                TokenKind::Word | TokenKind::QuotedName | TokenKind::String | TokenKind::Number
            )
        {
            return None;
        }
        let number = is_number_word(self.token_text());
        let introducer = self.kind() == TokenKind::Word && is_introducer(self.token_text());
        self.advance();
        if introducer && self.kind() == TokenKind::String {
            self.advance();
        }
        if fraction && self.kind() == TokenKind::Number {
            self.advance();
        }
        // `1.5`
        while self.is_symbol(b'.') && self.token.start == self.last {
            self.advance();
            self.advance();
        }
        // `1e-5`
        let exponent = self.text.get(start..self.last).is_some_and(|it| it.ends_with(['e', 'E']));
        if (number || exponent)
            && (self.is_symbol(b'-') || self.is_symbol(b'+'))
            && self.token.start == self.last
        {
            self.advance();
            self.advance();
        }
        let mut expr = Expr::opaque(self.since(start));
        super::shape::fill(self.dialect, self.text, &mut expr, None);
        Some(expr)
    }

    /// `[=] value` behind a name.
    pub(super) fn valued(&mut self, start: usize) -> NamedOption {
        let name = self.option_name(start);
        self.accept_symbol(b'=');
        let value = self.simple_value();
        self.named(name, value)
    }

    /// `name = value` of a name that is not known.
    pub(super) fn unknown_option(&mut self) -> Option<NamedOption> {
        if !self.is_name() || self.peek().0 != TokenKind::Symbol(b'=') {
            return None;
        }
        let start = self.token.start;
        self.advance();
        Some(self.valued(start))
    }

    pub(super) fn table_option(&mut self) -> Option<TableOption> {
        let start = self.token.start;
        let place = self.place();
        let Some(kind) = self.table_option_kind() else {
            self.go_back(place);
            return None;
        };
        Some(TableOption { kind, span: self.since(start) })
    }

    fn table_option_kind(&mut self) -> Option<TableOptionKind> {
        use TableOptionKind as K;
        let start = self.token.start;
        if self.kind() == TokenKind::QuotedName {
            return self.unknown_option().map(K::Other);
        }
        if self.is("default") && self.peek_is(&["character", "charset", "collate"]) {
            self.advance();
        }
        if self.accept_all(&["character", "set"]) || self.accept("charset") {
            return self.equals_word().map(K::Charset);
        }
        if self.accept_all(&["data", "directory"]) || self.accept_all(&["index", "directory"]) {
            self.accept_symbol(b'=');
            return self.string().map(K::Directory);
        }
        if self.accept_all(&["with", "system", "versioning"]) {
            return Some(K::SystemVersioning);
        }
        if self.accept_all(&["start", "transaction"]) {
            let name = self.option_name(start);
            return Some(K::Other(self.named(name, None)));
        }
        let word = self.token_text().to_ascii_lowercase();
        if self.kind() != TokenKind::Word {
            return None;
        }
        if OTHERS.contains(&word.as_str()) {
            self.advance();
            return Some(K::Other(self.valued(start)));
        }
        match word.as_str() {
            "engine" => self.after().map(K::Engine),
            "collate" => self.after().map(K::Collation),
            "row_format" => self.after().map(K::RowFormat),
            "encryption" | "encrypted" => self.after().map(K::Encryption),
            "compression" | "page_compressed" => self.after().map(K::Compression),
            "auto_increment" => self.after_number().map(K::AutoIncrement),
            "key_block_size" => self.after_number().map(K::KeyBlockSize),
            "comment" => {
                self.advance();
                self.accept_symbol(b'=');
                self.string().map(K::Comment)
            }
            "tablespace" => {
                self.advance();
                self.accept_symbol(b'=');
                let name = self.ident()?;
                if self.accept("storage") {
                    self.word();
                }
                Some(K::Tablespace(name))
            }
            "union" => {
                self.advance();
                self.accept_symbol(b'=');
                if !self.accept_open() {
                    return None;
                }
                let names = if self.is_close() { Vec::new() } else { self.object_names()? };
                self.accept_close();
                Some(K::Union(names))
            }
            _ => self.unknown_option().map(K::Other),
        }
    }

    fn after(&mut self) -> Option<crate::model::Word> {
        self.advance();
        self.equals_word()
    }

    fn after_number(&mut self) -> Option<u64> {
        self.advance();
        self.accept_symbol(b'=');
        self.number()
    }

    /// `ALGORITHM=x`, `LOCK=x`, `WAIT n`, `NOWAIT`; false where none is here.
    pub(super) fn online(&mut self, online: &mut OnlineOptions) -> bool {
        let start = self.token.start;
        if self.is("algorithm") {
            self.advance();
            online.algorithm = self.equals_word();
        } else if self.is("lock")
            && (self.peek().0 == TokenKind::Symbol(b'=')
                || self.peek_is(&["none", "shared", "exclusive", "default"]))
        {
            self.advance();
            online.lock = self.equals_word();
        } else if self.accept("nowait") {
            online.wait = Some(Wait { seconds: 0, span: self.since(start) });
        } else if self.is("wait") && self.peek().0 == TokenKind::Number {
            self.advance();
            let seconds = self.number().unwrap_or(u64::MAX);
            online.wait = Some(Wait { seconds, span: self.since(start) });
        } else {
            return false;
        }
        true
    }

    /// Options of how a statement runs, as many as there are; `end` is where more would go.
    pub(super) fn online_options(&mut self) -> OnlineOptions {
        let mut online = OnlineOptions::none(self.last);
        while self.online(&mut online) {}
        online.end = self.last;
        online
    }

    /// Where an empty span goes.
    pub(super) fn here(&self) -> Span {
        Span::new(self.last, self.last)
    }
}
