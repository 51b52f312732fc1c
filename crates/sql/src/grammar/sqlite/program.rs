//! `CREATE TRIGGER` with the statements of its program.

use sluice_text::Span;

use super::cursor::Cursor;
use crate::lexer::TokenKind;
use crate::model::{Body, CreateTrigger, Keyword, Statement, TriggerEvent, TriggerTiming};

impl Cursor<'_> {
    pub(super) fn create_trigger(&mut self, temporary: bool, or_replace: Keyword) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let timing = if self.accept("after") {
            TriggerTiming::After
        } else if self.accept_all(&["instead", "of"]) {
            TriggerTiming::InsteadOf
        } else {
            self.accept("before");
            TriggerTiming::Before
        };
        let event = if self.accept("insert") {
            TriggerEvent::Insert
        } else if self.accept("delete") {
            TriggerEvent::Delete
        } else if self.accept("update") {
            TriggerEvent::Update(self.update_columns()?)
        } else {
            return None;
        };
        if !self.accept("on") {
            return None;
        }
        let table = Some(self.object_name()?);
        // Row triggers are the only ones, whatever is written.
        self.accept_all(&["for", "each", "row"]);
        let when = if self.accept("when") { Some(self.expr()?) } else { None };
        let body = Some(self.program()?);
        Some(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            table,
            or_replace,
            if_not_exists,
            constraint: false,
            temporary,
            timing,
            events: vec![event],
            for_each_row: true,
            referenced: None,
            when,
            function: None,
            definer: None,
            body,
        })))
    }

    fn update_columns(&mut self) -> Option<Vec<crate::model::Ident>> {
        let mut columns = Vec::new();
        if self.accept("of") {
            loop {
                columns.push(self.ident()?);
                if !self.comma() {
                    break;
                }
            }
        }
        Some(columns)
    }

    /// `BEGIN statement; … END`.
    fn program(&mut self) -> Option<Body> {
        let start = self.token.start;
        if !self.accept("begin") {
            return None;
        }
        let mut body = Body {
            span: Span::new(start, start),
            language: "sql".to_owned(),
            verbatim: true,
            statements: Vec::new(),
            dynamic: Vec::new(),
            analysed: true,
        };
        loop {
            if self.kind() == TokenKind::Delimiter {
                self.advance();
            } else if self.accept("end") {
                break;
            } else if self.kind() == TokenKind::End {
                self.missing("`END` of the trigger");
                body.analysed = false;
                break;
            } else {
                let mut inner = self.nested();
                if !self.at_end() {
                    let from = self.token.start;
                    self.skip_statement();
                    let span = self.since(from);
                    let reason = crate::model::Reason::Unknown;
                    inner.not_analysed.push(crate::model::NotAnalysed { span, reason });
                }
                body.analysed &= inner.not_analysed.is_empty();
                body.statements.push(inner);
            }
        }
        body.span = self.since(start);
        Some(body)
    }
}
