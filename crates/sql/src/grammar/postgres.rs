//! PostgreSQL 14 to 18.
//!
//! Statements are read from the tokens of our own lexer; queries and expressions by `squawk`, whose types stay
//! in `tree`, `walk` and what lowers them (`expression`, `query`). Most definitions hold nothing but names and simple
//! values and never get there.

mod access;
mod alter;
mod column;
mod column_change;
mod condition;
mod constraint;
mod container;
mod create;
mod data_type;
mod definition;
mod expression;
mod grammar;
mod index;
mod name;
mod option;
mod partition;
mod plain;
mod program;
mod query;
mod routine;
mod rows;
mod sequence;
mod session;
mod source;
mod table;
mod tree;
mod trigger;
mod types;
mod view;
mod walk;

use sluice_text::Span;

use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{Parsed, PolicyVerb, Reason, RoleVerb, Statement};
use grammar::{DEPTH, Grammar};
use source::{Place, Source};

pub(super) fn parse(text: &str, piece: Span) -> Parsed {
    let source = Source { text, place: Place::At(0), depth: 0 };
    statement(source, piece.start, piece.end)
}

/// The statement at `start..end` of the source's text.
fn statement(source: Source<'_>, start: usize, end: usize) -> Parsed {
    let span = source.span(start, end);
    if source.depth > DEPTH {
        return Parsed::unparsed(span, Reason::TooDeep);
    }
    let mut grammar = Grammar::new(source, start, end);
    let statement = grammar.statement();
    grammar.finish(span, statement)
}

impl Grammar<'_> {
    fn statement(&mut self) -> Option<Statement> {
        let first = self.peek();
        if first.kind == TokenKind::OpenParen {
            return self.whole_query();
        }
        if first.kind != TokenKind::Word {
            return None;
        }
        match self.text(first).to_ascii_lowercase().as_str() {
            "select" | "values" | "table" => self.whole_query(),
            "with" | "insert" | "update" | "delete" | "merge" => self.rows_statement(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => {
                self.at += 1;
                self.drop()
            }
            "truncate" => self.truncate(),
            "comment" => self.comment(),
            "grant" | "revoke" => self.grant().map(|grant| Statement::Grant(Box::new(grant))),
            "set" | "reset" | "discard" => self.set_statement(),
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
                self.transaction()
            }
            "lock" => self.lock(),
            "vacuum" | "analyze" | "analyse" | "cluster" | "reindex" | "checkpoint" | "repack" => {
                self.maintenance()
            }
            "refresh" => self.refresh(),
            "copy" => self.copy(),
            "do" => self.do_block(),
            "call" => self.call(),
            "reassign" => {
                self.skip(&["reassign", "owned", "by"]).then_some(())?;
                self.owned(RoleVerb::ReassignOwned)
            }
            _ => self.rare(),
        }
    }

    fn whole_query(&mut self) -> Option<Statement> {
        let query = self.query(0, self.tokens.len());
        Some(Statement::Query(Box::new(query)))
    }

    fn rare(&mut self) -> Option<Statement> {
        if self.is("explain") {
            self.at += 1;
            let says = |grammar: &Self, at, words: &[&str]| {
                words.iter().any(|word| grammar.text(grammar.token(at)).eq_ignore_ascii_case(word))
            };
            let mut runs = self.group().is_some_and(|(from, to)| {
                (from..to).any(|at| {
                    says(self, at, &["analyze", "analyse"]) && !says(self, at + 1, &["off", "false", "0"])
                })
            });
            while self.is_any(&["analyze", "analyse", "verbose"]) {
                runs |= !self.is("verbose");
                self.at += 1;
            }
            return self.wrapping(if runs { "explain analyze" } else { "explain" });
        }
        if self.is("prepare") {
            if self.token_is(1, "transaction") {
                return self.transaction();
            }
            self.at += 1;
            self.ident()?;
            self.group();
            self.want("as")?;
            return self.wrapping("prepare");
        }
        if self.is("declare") {
            let body = (self.at..self.tokens.len()).find(|index| self.token_is(*index, "for"))?;
            self.at = body + 1;
            return self.wrapping("declare");
        }
        for verb in [
            &["show"][..],
            &["listen"],
            &["unlisten"],
            &["notify"],
            &["load"],
            &["execute"],
            &["deallocate"],
            &["fetch"],
            &["move"],
            &["close"],
            &["security", "label"],
            &["import", "foreign", "schema"],
            &["wait", "for"],
        ] {
            if self.are(verb) && self.tokens.len() > verb.len() {
                return Some(self.other_statement(&verb.join(" ")));
            }
        }
        None
    }

    /// `ALTER …`.
    fn alter(&mut self) -> Option<Statement> {
        self.want("alter")?;
        if self.skip(&["default", "privileges"]) {
            return self.default_privileges();
        }
        if self.eat("system") {
            return self.alter_system();
        }
        let mapping = self.are(&["user", "mapping"]);
        let user = self.is("user") && !mapping;
        if self.is_any(&["role", "group"]) || user {
            self.at += 1;
            return self.role_statement(RoleVerb::Alter, user);
        }
        let kind = self.object_kind()?;
        match kind {
            ObjectKind::Table
            | ObjectKind::Index
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => self.alter_table(kind),
            ObjectKind::Type => self.alter_type(),
            ObjectKind::Domain => self.alter_domain(),
            ObjectKind::Sequence => self.alter_sequence(),
            ObjectKind::Policy => self.policy(PolicyVerb::Alter),
            ObjectKind::Publication => self.alter_publication(),
            _ => self.alter_named(kind),
        }
    }
}
