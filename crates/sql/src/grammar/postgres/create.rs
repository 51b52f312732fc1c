use super::grammar::Grammar;
use crate::ObjectKind as K;
use crate::model::{PolicyVerb, RoleVerb, RoutineKind, Statement, Word};

impl Grammar<'_> {
    /// `CREATE …`.
    pub(super) fn create(&mut self) -> Option<Statement> {
        let start = self.at;
        let create = self.peek();
        self.want("create")?;
        let or_replace = self.or_replace();
        self.eat("global");
        self.eat("local");
        let temporary = self.take(&["temporary"]).or_else(|| self.take(&["temp"]));
        let unlogged = self.take(&["unlogged"]);
        if self.eat("table") || self.skip(&["foreign", "table"]) {
            return self.create_table(temporary, unlogged);
        }
        if self.is("index") || self.are(&["unique", "index"]) {
            return self.create_index(start);
        }
        if self.eat("sequence") {
            return self.create_sequence(temporary);
        }
        let recursive = self.are(&["recursive", "view"]) && self.eat("recursive");
        if self.eat("view") {
            return self.create_view(false, temporary, recursive, or_replace);
        }
        if self.skip(&["materialized", "view"]) {
            return self.create_view(true, temporary, false, or_replace);
        }
        if self.eat("function") {
            return self.create_routine(RoutineKind::Function, or_replace);
        }
        if self.eat("procedure") {
            return self.create_routine(RoutineKind::Procedure, or_replace);
        }
        if self.skip(&["event", "trigger"]) {
            return self.create_event_trigger(or_replace);
        }
        let constraint = self.are(&["constraint", "trigger"]) && self.eat("constraint");
        if self.eat("trigger") {
            return self.create_trigger(or_replace, constraint);
        }
        let mapping = self.are(&["user", "mapping"]);
        let user = self.is("user") && !mapping;
        if self.is_any(&["role", "group"]) || user {
            self.at += 1;
            return self.role_statement(RoleVerb::Create, user);
        }
        let default = self.eat("default");
        let kind = self.object_kind()?;
        if default && kind != K::Other {
            return None;
        }
        match kind {
            K::Type => self.create_type(),
            K::Domain => self.create_domain(),
            K::Schema => self.create_schema(),
            K::Database => self.create_database(),
            K::Extension => self.create_extension(),
            K::Policy => self.policy(PolicyVerb::Create),
            K::Publication => {
                let verb = Word { text: self.text(create).to_owned(), span: self.token_span(create) };
                self.create_publication(verb)
            }
            K::Subscription => self.create_subscription(),
            _ => self.create_named(kind, or_replace.is_written().then_some(or_replace.span)),
        }
    }
}
