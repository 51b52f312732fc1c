//! Programs of routines, triggers and events: blocks are kept on a stack of our own, statements are parsed.

use std::collections::HashSet;

use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{
    Body, DynamicSql, NotAnalysed, Parsed, Query, QueryFacts, Reason, Set, SetScope, Statement,
};

/// Blocks of which one is open.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    Begin,
    If,
    Case,
    Loop,
    Repeat,
    While,
    For,
}

/// Statements that only steer the program.
const STEERING: &[&str] = &[
    "leave", "iterate", "open", "fetch", "close", "signal", "resignal", "get", "exit", "continue", "goto",
    "raise",
];

/// A program that is being read.
struct Program {
    blocks: Vec<Block>,
    /// Its variables, lower case.
    declared: HashSet<String>,
    statements: Vec<Parsed>,
    dynamic: Vec<DynamicSql>,
    analysed: bool,
}

impl Parser<'_> {
    /// The program that begins here; `declared` are its parameters, lower case.
    pub(super) fn body(&mut self, declared: Vec<String>) -> Body {
        let start = self.token.start;
        let mut program = Program {
            blocks: Vec::new(),
            declared: declared.into_iter().collect(),
            statements: Vec::new(),
            dynamic: Vec::new(),
            analysed: true,
        };
        // MariaDB in Oracle mode has `AS` or `IS` and declarations first.
        loop {
            let begin = self.token.start;
            if self.kind() == TokenKind::End {
                if !program.blocks.is_empty() {
                    program.analysed = false;
                    self.issue(
                        Span::new(self.last, self.last),
                        Reason::Syntax("`END` is missing".to_owned()),
                    );
                }
                break;
            }
            if self.kind() == TokenKind::Delimiter {
                if program.blocks.is_empty() {
                    break;
                }
                self.advance();
                continue;
            }
            let goes_on = self.program_part(&mut program);
            if self.token.start == begin && self.kind() != TokenKind::End && goes_on {
                self.unknown_one();
                program.analysed = false;
            }
            if program.blocks.is_empty() && !goes_on {
                break;
            }
            if !goes_on && !self.at_end() {
                // A statement must be followed by `;`.
                let rest = self.token.start;
                self.skip_statement();
                self.issue(self.since(rest), Reason::Unknown);
                program.analysed = false;
            }
        }
        let analysed = program.analysed && program.statements.iter().all(|it| it.not_analysed.is_empty());
        Body {
            span: self.since(start),
            language: "sql".to_owned(),
            verbatim: true,
            statements: program.statements,
            dynamic: program.dynamic,
            analysed,
        }
    }

    /// Reads a block's head or a whole statement; true where a statement may begin directly behind it.
    fn program_part(&mut self, program: &mut Program) -> bool {
        if self.is_name() && self.peek().0 == TokenKind::Symbol(b':') {
            self.advance();
            self.advance();
            return true;
        }
        let word = self.token_text().to_ascii_lowercase();
        match word.as_str() {
            "begin" => {
                self.advance();
                self.accept_all(&["not", "atomic"]);
                program.blocks.push(Block::Begin);
                true
            }
            "if" => self.head(program, Some(Block::If), &["then"]),
            "elseif" | "elsif" => self.head(program, None, &["then"]),
            "while" => self.head(program, Some(Block::While), &["do", "loop"]),
            "when" => self.head(program, None, &["then"]),
            "else" => {
                self.advance();
                true
            }
            "case" => {
                self.advance();
                program.blocks.push(Block::Case);
                if !self.is("when") {
                    self.condition(program);
                }
                true
            }
            "loop" => {
                self.advance();
                program.blocks.push(Block::Loop);
                true
            }
            "repeat" if !self.peek_open() => {
                self.advance();
                program.blocks.push(Block::Repeat);
                true
            }
            "until" => {
                self.advance();
                self.condition(program);
                true
            }
            "for" => self.for_head(program),
            "end" => self.end_of_block(program),
            "declare" => self.declare(program),
            "return" => {
                self.advance();
                self.condition(program);
                false
            }
            "prepare" | "execute" => {
                self.dynamic(program);
                false
            }
            _ if STEERING.contains(&word.as_str()) => {
                self.skip_statement();
                false
            }
            _ => {
                let mut parsed = self.nested();
                if let Statement::Set(set) = &mut parsed.statement {
                    local_variables(set, &program.declared);
                }
                program.statements.push(parsed);
                false
            }
        }
    }

    /// `IF condition THEN`.
    fn head(&mut self, program: &mut Program, block: Option<Block>, ends: &[&str]) -> bool {
        self.advance();
        program.blocks.extend(block);
        self.condition(program);
        if !self.accept_any(ends) {
            let start = self.token.start;
            while !self.at_end() && !self.is_any(ends) {
                self.skip_one();
            }
            self.accept_any(ends);
            self.issue(self.since(start), Reason::Unknown);
            program.analysed = false;
        }
        true
    }

    /// `FOR i IN 1..10 DO`, `FOR r IN (query) DO` (MariaDB).
    fn for_head(&mut self, program: &mut Program) -> bool {
        self.advance();
        program.blocks.push(Block::For);
        if let Some(name) = self.ident() {
            program.declared.insert(name.text.to_lowercase());
        }
        self.accept("in");
        self.accept("reverse");
        if self.is_query() {
            let parsed = self.part(|parser| parser.query_statement());
            program.statements.extend(parsed);
        }
        while !self.at_end() && !self.is_any(&["do", "loop"]) {
            self.skip_one();
        }
        self.accept_any(&["do", "loop"]);
        true
    }

    fn end_of_block(&mut self, program: &mut Program) -> bool {
        self.advance();
        let top = program.blocks.pop();
        match top {
            Some(Block::If) => self.accept("if"),
            Some(Block::Case) => self.accept("case"),
            Some(Block::Loop) => self.accept("loop"),
            Some(Block::Repeat) => self.accept("repeat"),
            Some(Block::While) => self.accept("while") || self.accept("loop"),
            Some(Block::For) => self.accept("for") || self.accept("loop"),
            _ => false,
        };
        // A label.
        if self.is_name() && !self.at_end() {
            self.advance();
        }
        false
    }

    fn declare(&mut self, program: &mut Program) -> bool {
        self.advance();
        if self.is_any(&["continue", "exit", "undo"]) && self.peek_is(&["handler"]) {
            self.advance();
            self.advance();
            self.accept("for");
            self.handled();
            return true;
        }
        let mut names = Vec::new();
        loop {
            names.extend(self.ident());
            if !self.comma() {
                break;
            }
        }
        program.declared.extend(names.into_iter().map(|name| name.text.to_lowercase()));
        if self.accept("condition") {
            self.skip_statement();
        } else if self.accept("cursor") {
            if self.is_open() && !self.is_query() {
                self.skip_parens();
            }
            self.accept("for");
            if !self.is_query() {
                self.dynamic_rest(program, self.token.start);
                return false;
            }
            let parsed = self.part(|parser| parser.query_statement());
            program.statements.extend(parsed);
        } else if self.accept_all(&["type", "of"]) || self.accept_all(&["row", "type", "of"]) {
            self.object_name();
        } else if self.is("row") && self.peek_open() {
            self.advance();
            self.skip_parens();
        } else {
            self.data_type();
            if self.accept("collate") {
                self.word();
            }
        }
        if self.accept("default") || self.accept_symbol(b'=') {
            self.condition(program);
        }
        false
    }

    /// Conditions of a handler: `NOT FOUND`, `SQLSTATE 'x'`, `1062`, names.
    fn handled(&mut self) {
        loop {
            if self.accept("sqlstate") {
                self.accept("value");
                self.string();
            } else if self.accept("not") {
                self.accept("found");
            } else {
                self.advance();
            }
            if !self.comma() {
                return;
            }
        }
    }

    /// An expression of the program: its queries and functions are a statement of their own.
    fn condition(&mut self, program: &mut Program) {
        let parsed = self.part(|parser| {
            let start = parser.token.start;
            parser.scan_expr()?;
            let facts = std::mem::take(&mut parser.facts);
            let interesting = !facts.reads.is_empty() || !facts.calls.is_empty();
            let facts = QueryFacts { columns: Vec::new(), ..facts };
            interesting.then(|| Statement::Query(Box::new(Query::new(parser.since(start), facts))))
        });
        program.statements.extend(parsed);
    }

    /// A part of the program as a statement, with facts and troubles of its own.
    fn part(&mut self, read: impl FnOnce(&mut Self) -> Option<Statement>) -> Option<Parsed> {
        let start = self.token.start;
        let issues = std::mem::take(&mut self.issues);
        let facts = std::mem::take(&mut self.facts);
        let statement = read(self);
        self.facts = facts;
        let not_analysed: Vec<NotAnalysed> = std::mem::replace(&mut self.issues, issues);
        match statement {
            Some(statement) => Some(Parsed { span: self.since(start), statement, not_analysed }),
            None => {
                self.issues.extend(not_analysed);
                None
            }
        }
    }

    /// `PREPARE s FROM …`, `EXECUTE IMMEDIATE …`; `EXECUTE s` runs what was prepared.
    fn dynamic(&mut self, program: &mut Program) {
        let start = self.token.start;
        let execute = self.is("execute");
        self.advance();
        if execute && !self.accept("immediate") {
            self.skip_statement();
            return;
        }
        if !execute {
            self.ident();
            self.accept("from");
        }
        self.dynamic_rest(program, start);
    }

    fn dynamic_rest(&mut self, program: &mut Program, start: usize) {
        let literal = self.string();
        let alone = self.at_end() || self.is("using");
        self.skip_statement();
        let literal = literal.filter(|_| alone);
        if let Some(text) = &literal {
            // Nothing is put together: what the string says is what runs.
            program.statements.extend(self.written(text));
        }
        program.dynamic.push(DynamicSql { span: self.since(start), literal });
    }
}

/// What a program sets by name are its own variables and the row of the trigger, not settings of the server.
fn local_variables(set: &mut Set, declared: &HashSet<String>) {
    for setting in &mut set.settings {
        let own = declared.contains(&setting.name)
            || ["new.", "old."].iter().any(|row| setting.name.starts_with(row));
        if own && setting.scope == SetScope::Session {
            setting.scope = SetScope::User;
        }
    }
}
