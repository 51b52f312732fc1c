use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{Deferral, Exclusion, Expr, KeyConstraint, TableConstraint, TableConstraintKind as K};

impl Grammar<'_> {
    /// Whether a constraint of a table begins here.
    pub(super) fn is_table_constraint(&self) -> bool {
        self.is_any(&["constraint", "check"])
            && (self.is("constraint") || self.nth(1).kind == TokenKind::OpenParen)
            || self.are(&["primary", "key"])
            || self.are(&["foreign", "key"])
            || self.are(&["not", "null"])
            || self.is("unique")
            || (self.is("exclude")
                && (self.nth(1).kind == TokenKind::OpenParen || self.token_is(self.at + 1, "using")))
    }

    pub(super) fn table_constraint(&mut self) -> Option<TableConstraint> {
        let start = self.at;
        let name = if self.eat("constraint") { Some(self.ident()?) } else { None };
        let kind = if self.eat("check") {
            K::Check(self.parenthesised()?)
        } else if self.skip(&["primary", "key"]) {
            K::PrimaryKey(self.key_constraint()?)
        } else if self.eat("unique") {
            K::Unique(self.key_constraint()?)
        } else if self.are(&["foreign", "key"]) {
            let key = self.at;
            self.at += 2;
            let mut period = false;
            let columns = self.key_columns(&mut period)?;
            let mut foreign = self.references(key, columns)?;
            foreign.period |= period;
            K::ForeignKey(foreign)
        } else if self.skip(&["not", "null"]) {
            K::NotNull(self.ident()?)
        } else {
            self.want("exclude")?;
            K::Exclude(self.exclusion()?)
        };
        let mut constraint = TableConstraint {
            name,
            kind,
            not_valid: self.source.absent(self.before()),
            enforced: None,
            no_inherit: false,
            deferral: Deferral::default(),
            if_not_exists: None,
            span: self.since(start),
        };
        loop {
            if let Some(span) = self.take(&["not", "valid"]) {
                constraint.not_valid = crate::model::Keyword::written(span);
            } else if let Some(enforced) = self.enforced() {
                constraint.enforced = Some(enforced);
            } else if self.skip(&["no", "inherit"]) {
                constraint.no_inherit = true;
            } else if let Some(deferral) = self.deferral() {
                let before = constraint.deferral;
                constraint.deferral = Deferral {
                    deferrable: deferral.deferrable.or(before.deferrable),
                    initially_deferred: deferral.initially_deferred.or(before.initially_deferred),
                };
            } else {
                break;
            }
        }
        if !constraint.not_valid.is_written() {
            constraint.not_valid = self.source.absent(self.before());
        }
        constraint.span = self.since(start);
        Some(constraint)
    }

    fn key_constraint(&mut self) -> Option<KeyConstraint> {
        let nulls_not_distinct = self.nulls_not_distinct();
        let mut key = KeyConstraint {
            keys: Vec::new(),
            index_name: None,
            using_index: None,
            method: None,
            include: Vec::new(),
            nulls_not_distinct,
            without_overlaps: false,
            options: Vec::new(),
            parameters: Vec::new(),
        };
        if self.skip(&["using", "index"]) {
            key.using_index = Some(self.ident()?);
            return Some(key);
        }
        let mut without_overlaps = false;
        key.keys = self.list(|grammar| {
            let part = grammar.index_key()?;
            without_overlaps |= grammar.skip(&["without", "overlaps"]);
            Some(part)
        })?;
        key.without_overlaps = without_overlaps;
        if self.eat("include") {
            key.include = self.ident_list()?;
        }
        key.parameters = self.index_parameters()?;
        Some(key)
    }

    fn exclusion(&mut self) -> Option<Exclusion> {
        let method = if self.eat("using") { Some(self.word()?) } else { None };
        let elements = self.list(|grammar| {
            let key = grammar.index_key()?;
            grammar.want("with")?;
            let start = grammar.at;
            if grammar.eat("operator") {
                grammar.group()?;
            } else {
                while matches!(grammar.peek().kind, TokenKind::Symbol(symbol) if symbol != b',') {
                    grammar.at += 1;
                }
            }
            let operator = (start..grammar.at).map(|index| grammar.text(grammar.token(index))).collect();
            Some((key, operator))
        })?;
        if self.eat("include") {
            self.group()?;
        }
        self.index_parameters()?;
        let filter: Option<Expr> = if self.eat("where") { Some(self.parenthesised()?) } else { None };
        Some(Exclusion { method, elements, filter })
    }
}
