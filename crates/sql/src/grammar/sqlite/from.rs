//! `FROM` with its joins.

use super::cursor::Cursor;
use crate::lexer::TokenKind;
use crate::model::{Join, TableRef};

const JOIN_WORDS: &[&str] = &["natural", "left", "right", "full", "inner", "cross", "outer"];

impl Cursor<'_> {
    /// Tables and joins; adds them to the facts.
    pub(super) fn joined_tables(&mut self) {
        if !self.source() {
            self.missing("a table");
            return;
        }
        loop {
            let start = self.token.start;
            let mut conditional = self.is_any(&["natural", "cross"]);
            if !self.comma() {
                let mut words = 0;
                while self.is_any(JOIN_WORDS) && words < 3 {
                    conditional |= self.is_any(&["natural", "cross"]);
                    self.advance();
                    words += 1;
                }
                if !self.accept("join") {
                    if words > 0 {
                        self.missing("`JOIN`");
                    }
                    return;
                }
            }
            let span = self.since(start);
            let index = self.facts.joins.len();
            self.facts.joins.push(Join { conditional, span });
            if !self.source() {
                self.missing("a table");
                return;
            }
            let condition = self.join_condition();
            if let Some(join) = self.facts.joins.get_mut(index) {
                join.conditional |= condition;
            }
        }
    }

    fn join_condition(&mut self) -> bool {
        if self.is("on") && !self.peek_is(&["conflict"]) {
            self.advance();
            self.scan_filter();
            return true;
        }
        if self.accept("using") {
            if self.ident_list().is_none() {
                self.missing("the columns of `USING`");
            }
            return true;
        }
        false
    }

    /// A table, a table function, a query or joins in parentheses.
    fn source(&mut self) -> bool {
        if self.is_open() {
            if self.peek_is(&["select", "with", "values"]) {
                self.derived();
            } else if self.enter() {
                self.advance();
                self.joined_tables();
                self.close();
                self.leave();
            } else {
                self.too_deep();
            }
            self.alias();
            return true;
        }
        let Some(mut table) = self.table_ref() else { return false };
        if self.is_open() {
            self.call(table.name);
            self.alias();
            return true;
        }
        table.alias = self.alias();
        self.index_hint();
        self.read_table(table);
        true
    }

    /// A query in `FROM`, which is no subquery of an expression.
    fn derived(&mut self) {
        let before = self.own.subqueries.len();
        self.subquery();
        self.own.subqueries.truncate(before);
    }

    /// Adds a table that is no common table expression.
    pub(super) fn read_table(&mut self, table: TableRef) {
        let local = table.name.qualifiers.is_empty()
            && !self.ctes.is_empty()
            && self.ctes.contains_key(&table.name.name.text.to_ascii_lowercase());
        if !local {
            self.facts.reads.push(table);
        }
    }

    /// `INDEXED BY i`, `NOT INDEXED`.
    pub(super) fn index_hint(&mut self) {
        if self.is("indexed") && self.peek_is(&["by"]) {
            self.advance();
            self.advance();
            if !matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName | TokenKind::String) {
                return self.missing("an index");
            }
            self.advance();
        } else {
            self.accept_all(&["not", "indexed"]);
        }
    }
}
