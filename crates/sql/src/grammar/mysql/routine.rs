//! Procedures, functions, triggers and events.

use sluice_text::Span;

use super::create::Prefix;
use super::parser::Parser;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    AlterObject, Body, CreateEvent, CreateObject, CreateRoutine, CreateTrigger, Keyword, ObjectAction,
    Parameter, ParameterMode, RoleName, RoutineKind, Statement, TriggerEvent, TriggerTiming, Word,
};

impl Parser<'_> {
    /// `PROCEDURE|FUNCTION …`.
    pub(super) fn routine(&mut self, prefix: Prefix) -> Option<Statement> {
        let function = self.is("function");
        self.advance();
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let kind = match (function, prefix.aggregate) {
            (true, true) => RoutineKind::Aggregate,
            (true, false) => RoutineKind::Function,
            _ => RoutineKind::Procedure,
        };
        let mut routine = CreateRoutine {
            kind,
            name,
            or_replace: prefix.replace_at,
            if_not_exists,
            parameters: Vec::new(),
            returns: None,
            returns_table: Vec::new(),
            language: None,
            volatility: None,
            security: None,
            definer: prefix.definer,
            settings: Vec::new(),
            search_path: Keyword::absent(self.last),
            options: Vec::new(),
            body: None,
        };
        if self.is_open() {
            self.parameters(&mut routine.parameters);
        }
        if self.accept("returns") || (function && self.accept("return")) {
            routine.returns = self.data_type();
            if self.accept("collate") {
                let collation = self.object_name();
                if let Some(data_type) = &mut routine.returns {
                    data_type.collation = collation;
                }
            }
        }
        if self.is("soname") {
            let start = self.token.start;
            self.advance();
            let option = self.valued(start);
            routine.options.push(option);
            return Some(Statement::CreateRoutine(Box::new(routine)));
        }
        self.characteristics(&mut routine);
        let declared = routine
            .parameters
            .iter()
            .filter_map(|it| it.name.as_ref())
            .map(|it| it.text.to_lowercase())
            .collect();
        let language =
            routine.language.as_ref().filter(|word| !word.is("sql")).map(|word| word.text.to_lowercase());
        routine.body = match language {
            Some(language) => Some(self.foreign_body(language)),
            None => Some(self.body(declared)),
        };
        Some(Statement::CreateRoutine(Box::new(routine)))
    }

    fn parameters(&mut self, parameters: &mut Vec<Parameter>) {
        self.advance();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            match self.parameter() {
                Some(parameter) => parameters.push(parameter),
                None => self.unknown_item(start),
            }
            if !self.comma() && !self.is_close() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        self.accept_close();
    }

    fn parameter(&mut self) -> Option<Parameter> {
        let start = self.token.start;
        let mode = if self.accept("in") {
            ParameterMode::In
        } else if self.accept("out") {
            ParameterMode::Out
        } else if self.accept("inout") {
            ParameterMode::InOut
        } else {
            ParameterMode::In
        };
        let name = Some(self.ident()?);
        let data_type = Some(self.data_type()?);
        if self.accept("collate") {
            self.word();
        }
        let default = if self.accept("default") { self.expr() } else { None };
        Some(Parameter { name, mode, data_type, default, span: self.since(start) })
    }

    fn characteristics(&mut self, routine: &mut CreateRoutine) {
        loop {
            let start = self.token.start;
            if self.accept("language") {
                routine.language = self.word();
            } else if self.accept("deterministic") || self.accept_all(&["not", "deterministic"]) {
                let span = self.since(start);
                routine.volatility = Some(Word { text: self.option_name(start).text, span });
            } else if let Some(security) = self.security() {
                routine.security = Some(security);
            } else if self.is("comment") {
                self.advance();
                let option = self.valued(start);
                routine.options.push(option);
            } else if self.accept_all(&["contains", "sql"])
                || self.accept_all(&["no", "sql"])
                || self.accept_all(&["reads", "sql", "data"])
                || self.accept_all(&["modifies", "sql", "data"])
            {
                let option = self.bare_option(start);
                routine.options.push(option);
            } else if self.is("using") && self.peek_open() {
                // MySQL 9: libraries of JavaScript.
                self.advance();
                self.skip_parens();
                let option = self.bare_option(start);
                routine.options.push(option);
            } else {
                return;
            }
        }
    }

    /// `AS $$ … $$` in another language.
    fn foreign_body(&mut self, language: String) -> Body {
        self.accept("as");
        let start = self.token.start;
        let literal = self.token_text();
        let quotes = match self.kind() {
            TokenKind::DollarString => {
                literal.get(1..).and_then(|rest| rest.find('$')).map_or(0, |end| end + 2)
            }
            TokenKind::String => 1,
            _ => 0,
        };
        let verbatim = self.kind() != TokenKind::String;
        self.skip_statement();
        let span = Span::new((start + quotes).min(self.last), self.last.saturating_sub(quotes).max(start));
        let span = if span.start <= span.end { span } else { self.since(start) };
        self.issue(span, crate::model::Reason::Language(language.clone()));
        Body { span, language, verbatim, statements: Vec::new(), dynamic: Vec::new(), analysed: false }
    }

    /// Packages of MariaDB: their routines are not looked into.
    pub(super) fn package(&mut self, prefix: Prefix) -> Option<Statement> {
        self.advance();
        self.accept("body");
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let start = self.token.start;
        while self.kind() != TokenKind::End {
            self.advance();
        }
        self.issue(self.since(start), crate::model::Reason::Unknown);
        Some(Statement::CreateObject(Box::new(CreateObject {
            kind: ObjectKind::Other,
            name: Some(name),
            or_replace: prefix.or_replace,
            if_not_exists,
            table: None,
            options: Vec::new(),
        })))
    }

    /// `ALTER PROCEDURE|FUNCTION name characteristics`.
    pub(super) fn alter_routine(&mut self) -> Option<Statement> {
        let kind = if self.is("function") { ObjectKind::Function } else { ObjectKind::Procedure };
        self.advance();
        let if_exists = self.if_exists();
        let name = self.object_name()?;
        let mut actions = Vec::new();
        while !self.at_end() {
            let start = self.token.start;
            if self.security().is_some()
                || self.accept_all(&["contains", "sql"])
                || self.accept_all(&["no", "sql"])
                || self.accept_all(&["reads", "sql", "data"])
                || self.accept_all(&["modifies", "sql", "data"])
            {
                actions.push(ObjectAction::Option(self.bare_option(start)));
            } else if self.accept_any(&["comment", "language"]) {
                actions.push(ObjectAction::Option(self.valued(start)));
            } else {
                self.unknown_one();
            }
        }
        Some(Statement::AlterObject(Box::new(AlterObject { kind, name, on: None, if_exists, actions })))
    }

    pub(super) fn trigger(&mut self, prefix: Prefix) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let timing = if self.accept("before") {
            TriggerTiming::Before
        } else if self.accept("after") {
            TriggerTiming::After
        } else {
            return None;
        };
        let mut events = vec![self.trigger_event()?];
        // MariaDB 12: `INSERT OR UPDATE`.
        while self.accept("or") {
            events.push(self.trigger_event()?);
        }
        if !self.accept("on") {
            return None;
        }
        let table = Some(self.object_name()?);
        let for_each_row = self.accept_all(&["for", "each", "row"]);
        if self.accept_any(&["follows", "precedes"]) {
            self.object_name();
        }
        let body = Some(self.body(Vec::new()));
        Some(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            table,
            or_replace: prefix.replace_at,
            if_not_exists,
            constraint: false,
            temporary: false,
            timing,
            events,
            for_each_row,
            referenced: None,
            when: None,
            function: None,
            definer: prefix.definer,
            body,
        })))
    }

    fn trigger_event(&mut self) -> Option<TriggerEvent> {
        if self.accept("insert") {
            Some(TriggerEvent::Insert)
        } else if self.accept("update") {
            let columns = if self.accept("of") { self.idents()? } else { Vec::new() };
            Some(TriggerEvent::Update(columns))
        } else if self.accept("delete") {
            Some(TriggerEvent::Delete)
        } else {
            None
        }
    }

    pub(super) fn event(&mut self, prefix: Prefix) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let start = self.token.start;
        if !self.schedule() {
            return None;
        }
        let schedule = self.since(start);
        self.completion();
        let enabled = self.event_state();
        let comment = if self.accept("comment") { self.string() } else { None };
        if !self.accept("do") {
            return None;
        }
        let body = self.body(Vec::new());
        Some(Statement::CreateEvent(Box::new(CreateEvent {
            name,
            or_replace: prefix.replace_at,
            if_not_exists,
            definer: prefix.definer,
            schedule,
            enabled,
            comment,
            body,
        })))
    }

    /// `ON SCHEDULE AT x`, `ON SCHEDULE EVERY n unit STARTS x ENDS y`.
    fn schedule(&mut self) -> bool {
        if !self.accept_all(&["on", "schedule"]) {
            return false;
        }
        if self.accept("every") {
            self.scan_expr();
            if self.kind() == TokenKind::Word
                && !self.is_any(&["starts", "ends", "on", "enable", "disable", "comment", "do"])
            {
                self.advance();
            }
        } else if self.accept("at") {
            self.scan_expr();
        }
        while self.accept_any(&["starts", "ends"]) {
            self.scan_expr();
        }
        true
    }

    /// `ON COMPLETION [NOT] PRESERVE`.
    fn completion(&mut self) -> bool {
        if !self.accept_all(&["on", "completion"]) {
            return false;
        }
        self.accept("not");
        self.accept("preserve")
    }

    fn event_state(&mut self) -> Option<bool> {
        if self.accept("enable") {
            return Some(true);
        }
        if !self.accept("disable") {
            return None;
        }
        if self.accept("on") {
            self.accept_any(&["slave", "replica"]);
        }
        Some(false)
    }

    pub(super) fn alter_event(&mut self, definer: Option<RoleName>) -> Option<Statement> {
        let if_exists = self.if_exists();
        let name = self.object_name()?;
        let mut actions = Vec::new();
        if let Some(definer) = definer {
            actions.push(ObjectAction::Owner(definer));
        }
        while !self.at_end() {
            let start = self.token.start;
            if self.schedule() || self.completion() || self.event_state().is_some() {
                actions.push(ObjectAction::Option(self.bare_option(start)));
            } else if self.accept_all(&["rename", "to"]) {
                actions.push(ObjectAction::RenameTo(self.object_name()?.name));
            } else if self.accept("comment") {
                actions.push(ObjectAction::Option(self.valued(start)));
            } else if self.accept("do") {
                actions.push(ObjectAction::Body(Box::new(self.body(Vec::new()))));
                break;
            } else {
                self.unknown_one();
            }
        }
        let kind = ObjectKind::Event;
        Some(Statement::AlterObject(Box::new(AlterObject { kind, name, on: None, if_exists, actions })))
    }
}
