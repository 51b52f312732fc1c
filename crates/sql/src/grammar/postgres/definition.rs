use super::grammar::Grammar;
use crate::ObjectKind as K;
use crate::lexer::TokenKind;
use crate::model::{
    AlterObject, Comment, CreateObject, Drop, Ident, ObjectAction, ObjectName, OnlineOptions, Other,
    RoleVerb, Statement, TableRef, Truncate,
};

impl Grammar<'_> {
    /// The name of any object, with the arguments of a function, `USING method` of an operator class and so on.
    fn object(&mut self) -> Option<ObjectName> {
        let start = self.at;
        if self.is_open() {
            // `CAST (a AS b)`.
            self.group()?;
            let text = self.words(start, self.at);
            return Some(ObjectName::bare(Ident::bare(text, self.since(start))));
        }
        let name = match self.peek().kind {
            TokenKind::Word | TokenKind::QuotedName if self.is_operator_of_schema() => {
                let schema = self.ident()?;
                self.at += 1;
                let operator = self.operator_name()?;
                ObjectName::from_parts(vec![schema, operator])?
            }
            TokenKind::Word | TokenKind::QuotedName => self.name()?,
            TokenKind::Number => {
                let token = self.advance();
                ObjectName::bare(Ident::bare(self.text(token), self.token_span(token)))
            }
            _ => ObjectName::bare(self.operator_name()?),
        };
        if self.is_open() {
            self.group()?;
        }
        if self.eat("using") {
            self.ident()?;
        }
        Some(name)
    }

    /// `schema.+`
    fn is_operator_of_schema(&self) -> bool {
        self.nth(1).kind == TokenKind::Symbol(b'.') && matches!(self.nth(2).kind, TokenKind::Symbol(_))
    }

    fn operator_name(&mut self) -> Option<Ident> {
        let start = self.at;
        while matches!(self.peek().kind, TokenKind::Symbol(symbol) if symbol != b',') {
            self.at += 1;
        }
        (self.at > start).then(|| {
            let text = self.source.slice(self.token(start).start, self.before());
            Ident::bare(text, self.since(start))
        })
    }

    /// `DROP …`, behind `DROP`.
    pub(super) fn drop(&mut self) -> Option<Statement> {
        if self.skip(&["owned", "by"]) {
            return self.owned(RoleVerb::DropOwned);
        }
        if self.eat("index") {
            return self.drop_index();
        }
        let user = self.is("user") && !self.token_is(self.at + 1, "mapping");
        let mapping = self.is("user") && !user;
        if self.is_any(&["role", "group"]) || user {
            self.at += 1;
            return self.role_statement(RoleVerb::Drop, user);
        }
        let transform = self.is("transform");
        let kind = self.object_kind()?;
        let if_exists = self.keyword(&["if", "exists"]);
        if mapping || transform {
            self.want("for")?;
        }
        let names = self.commas(Self::object)?;
        if mapping {
            self.want("server")?;
            self.name()?;
        }
        if transform {
            self.want("language")?;
            self.name()?;
        }
        let on = if self.eat("on") { Some(self.name()?) } else { None };
        let mut force = false;
        if kind == K::Database {
            self.eat("with");
            if self.is_open() {
                self.group()?;
                force = true;
            }
        }
        let cascade = self.cascade();
        let online = OnlineOptions::none(self.source.offset(self.before()));
        Some(Statement::Drop(Box::new(Drop {
            kind,
            names,
            on,
            temporary: None,
            if_exists,
            cascade,
            force,
            online,
        })))
    }

    pub(super) fn truncate(&mut self) -> Option<Statement> {
        self.want("truncate")?;
        self.eat("table");
        let tables = self.commas(|grammar| {
            let only = grammar.eat("only");
            let wrapped = only && grammar.open().is_some();
            let name = grammar.name()?;
            if wrapped {
                grammar.close()?;
            }
            grammar.symbol(b'*');
            Some(TableRef { name, alias: None, only, partitions: Vec::new() })
        })?;
        let restart_identity = self.take(&["restart", "identity"]);
        self.skip(&["continue", "identity"]);
        let cascade = self.cascade();
        let online = OnlineOptions::none(self.source.offset(self.before()));
        Some(Statement::Truncate(Box::new(Truncate { tables, restart_identity, cascade, online })))
    }

    pub(super) fn comment(&mut self) -> Option<Statement> {
        self.want("comment")?;
        self.want("on")?;
        let kind = self.object_kind()?;
        self.eat("for");
        let name = self.object()?;
        let mut on = None;
        if self.eat("on") {
            self.eat("domain");
            on = Some(self.name()?);
        }
        if self.eat("language") {
            self.name()?;
        }
        self.want("is")?;
        let text = if self.eat("null") { None } else { Some(self.string()?) };
        Some(Statement::Comment(Box::new(Comment { kind, name, on, text })))
    }

    /// `ALTER` of an object whose kind was read.
    pub(super) fn alter_named(&mut self, kind: K) -> Option<Statement> {
        let if_exists = self.keyword(&["if", "exists"]);
        self.eat("for");
        let name = self.object()?;
        let mut on = None;
        if self.eat("on") {
            on = Some(self.name()?);
        }
        let mut actions = Vec::new();
        while !self.at_end() {
            match self.object_action() {
                Some(action) => actions.push(action),
                None => {
                    let start = self.at;
                    while !self.at_end() {
                        self.at += 1;
                    }
                    actions.push(ObjectAction::Other(self.words(start, self.at)));
                }
            }
        }
        Some(Statement::AlterObject(Box::new(AlterObject { kind, name, on, if_exists, actions })))
    }

    pub(super) fn object_action(&mut self) -> Option<ObjectAction> {
        let start = self.at;
        if self.skip(&["rename", "to"]) {
            return Some(ObjectAction::RenameTo(self.ident()?));
        }
        if self.skip(&["set", "schema"]) {
            return Some(ObjectAction::SetSchema(self.ident()?));
        }
        if self.skip(&["owner", "to"]) {
            return Some(ObjectAction::Owner(self.role()?));
        }
        if self.is_any(&["set", "reset"]) && self.nth(1).kind != TokenKind::OpenParen {
            let at = self.at;
            if let Some((Some(setting), _)) = self.setting_clause() {
                let verb = if setting.reset { "reset" } else { "set" };
                let option =
                    self.named(&format!("{verb} {}", setting.name), start, setting.values.into_iter().next());
                return Some(ObjectAction::Option(option));
            }
            self.at = at;
        }
        const WORDS: &[&[&str]] = &[
            &["enable", "replica"],
            &["enable", "always"],
            &["enable"],
            &["disable"],
            &["security", "definer"],
            &["security", "invoker"],
            &["external", "security", "definer"],
            &["external", "security", "invoker"],
            &["immutable"],
            &["stable"],
            &["volatile"],
            &["strict"],
            &["called", "on", "null", "input"],
            &["returns", "null", "on", "null", "input"],
            &["leakproof"],
            &["not", "leakproof"],
            &["refresh", "version"],
            &["refresh", "collation", "version"],
            &["refresh", "publication"],
            &["restrict"],
        ];
        if let Some(words) = WORDS.iter().find(|words| self.skip(words)) {
            return Some(ObjectAction::Option(self.named(&words.join(" "), start, None)));
        }
        if self.eat("update") {
            let mut value = None;
            if self.eat("to") {
                let from = self.at;
                self.text_or_word()?;
                value = Some(self.plain(from, self.at));
            }
            return Some(ObjectAction::Option(self.named("update to", start, value)));
        }
        if self.eat("connection") {
            self.eat("limit");
            let value = self.expr_of_tokens(1)?;
            return Some(ObjectAction::Option(self.named("connection", start, Some(*value))));
        }
        if self.is_any(&["cost", "rows", "parallel"]) {
            let name = self.word()?.text.to_ascii_lowercase();
            let value = self.expr_of_tokens(1)?;
            return Some(ObjectAction::Option(self.named(&name, start, Some(*value))));
        }
        None
    }

    /// `CREATE` of an object whose kind was read and that has no statement of its own.
    pub(super) fn create_named(
        &mut self,
        kind: K,
        or_replace: Option<sluice_text::Span>,
    ) -> Option<Statement> {
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        self.eat("for");
        let name = if self.is("on") { None } else { Some(self.object()?) };
        let mut table = None;
        let mut options = Vec::new();
        // The kind's own clauses: of `ON t`, `FROM t` and `TO t` the table is kept.
        while !self.at_end() {
            let start = self.at;
            let relation = matches!(kind, K::Rule | K::Statistics)
                && self.is_any(if kind == K::Rule { &["to"] } else { &["from"] });
            if relation && table.is_none() {
                self.at += 1;
                table = Some(self.name()?);
            } else if self.is_open() {
                self.group()?;
            } else if self.is("handler") || self.is("inline") || self.is("validator") || self.is("location") {
                let name = self.word()?.text.to_ascii_lowercase();
                let from = self.at;
                self.at += 1;
                let value = self.plain(from, self.at);
                options.push(self.named(&name, start, Some(value)));
            } else {
                self.at += 1;
            }
        }
        Some(Statement::CreateObject(Box::new(CreateObject {
            kind,
            name,
            or_replace,
            if_not_exists,
            table,
            options,
        })))
    }

    /// A known statement that the model says nothing of.
    pub(super) fn other_statement(&mut self, verb: &str) -> Statement {
        self.at = self.tokens.len();
        Statement::Other(Box::new(Other { verb: verb.to_owned(), names: Vec::new(), inner: None }))
    }

    /// The statement behind `EXPLAIN`, `PREPARE`, `DECLARE`, which begins here.
    pub(super) fn wrapping(&mut self, verb: &str) -> Option<Statement> {
        let start = self.peek().start;
        let end = self.token(self.tokens.len().saturating_sub(1)).end;
        self.at = self.tokens.len();
        if start >= end || self.source.depth >= super::grammar::DEPTH {
            return None;
        }
        let inner =
            Some(Box::new(super::statement(self.source.deeper(), start, end.max(self.end_of_text()))));
        Some(Statement::Other(Box::new(Other { verb: verb.to_owned(), names: Vec::new(), inner })))
    }
}
