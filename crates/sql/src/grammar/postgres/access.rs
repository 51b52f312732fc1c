use super::grammar::Grammar;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    DefaultPrivileges, Grant, GrantDirection, GrantObjects, Keyword, ObjectName, Policy, PolicyVerb,
    Privilege, RoleOption, RoleStatement, RoleVerb, Statement,
};

impl Grammar<'_> {
    pub(super) fn grant(&mut self) -> Option<Grant> {
        let grants = self.eat("grant");
        if !grants {
            self.want("revoke")?;
        }
        let direction = if grants { GrantDirection::Grant } else { GrantDirection::Revoke };
        let mut grant_option = None;
        if !grants {
            for words in [
                &["grant", "option", "for"][..],
                &["admin", "option", "for"],
                &["inherit", "option", "for"],
                &["set", "option", "for"],
            ] {
                grant_option = grant_option.or_else(|| self.take(words));
            }
        }
        let privileges = self.commas(Self::privilege)?;
        let on = if self.is("on") { Some(self.grant_objects()?) } else { None };
        let mut grant = Grant {
            direction,
            privileges,
            on,
            roles: Vec::new(),
            grantees: Vec::new(),
            grant_option,
            cascade: None,
            password: None,
        };
        if grant.on.is_none() {
            // Roles: their names were read as privileges.
            let end = self.at;
            let names = grant.privileges.drain(..).map(|privilege| privilege.span.start).collect::<Vec<_>>();
            let starts = names.len();
            self.at = (0..end)
                .rev()
                .take_while(|index| {
                    !self.token_is(*index, "grant")
                        && !self.token_is(*index, "for")
                        && !self.token_is(*index, "revoke")
                })
                .last()
                .unwrap_or(1);
            grant.roles = self.roles()?;
            if grant.roles.len() != starts {
                return None;
            }
        }
        if grants {
            self.want("to")?;
        } else {
            self.want("from")?;
        }
        grant.grantees = self.roles()?;
        if self.is("with") {
            let start = self.at;
            self.at += 1;
            while !self.at_end() && !self.is_any(&["granted", "cascade"]) {
                self.at += 1;
            }
            grant.grant_option = Some(self.since(start));
        }
        if self.skip(&["granted", "by"]) {
            self.role()?;
        }
        grant.cascade = self.cascade();
        Some(grant)
    }

    fn privilege(&mut self) -> Option<Privilege> {
        let start = self.at;
        let mut columns = Vec::new();
        while matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedName)
            && !self.is_any(&["on", "to", "from"])
        {
            self.at += 1;
        }
        if self.at == start {
            return None;
        }
        let mut name = self.words(start, self.at);
        if name == "all privileges" {
            name = "all".to_owned();
        }
        if self.is_open() {
            columns = self.ident_list()?;
        }
        Some(Privilege { name, columns, span: self.since(start) })
    }

    fn grant_objects(&mut self) -> Option<GrantObjects> {
        self.want("on")?;
        let start = self.at;
        for (words, kind) in [
            ("tables", ObjectKind::Table),
            ("sequences", ObjectKind::Sequence),
            ("functions", ObjectKind::Function),
            ("procedures", ObjectKind::Procedure),
            ("routines", ObjectKind::Function),
        ] {
            if self.skip(&["all", words, "in", "schema"]) {
                let names = self.names()?;
                return Some(GrantObjects { kind, names, all_in_schema: true, span: self.since(start) });
            }
            // Of `ALTER DEFAULT PRIVILEGES`.
            if self.is(words) && (self.token_is(self.at + 1, "to") || self.token_is(self.at + 1, "from")) {
                self.at += 1;
                return Some(GrantObjects {
                    kind,
                    names: Vec::new(),
                    all_in_schema: false,
                    span: self.since(start),
                });
            }
        }
        if self.is("types") || self.is("schemas") || self.are(&["large", "objects"]) {
            let kind = if self.is("types") {
                ObjectKind::Type
            } else if self.is("schemas") {
                ObjectKind::Schema
            } else {
                self.at += 1;
                ObjectKind::Other
            };
            self.at += 1;
            return Some(GrantObjects {
                kind,
                names: Vec::new(),
                all_in_schema: false,
                span: self.since(start),
            });
        }
        let mut kind = ObjectKind::Table;
        let has_kind =
            matches!(self.nth(1).kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Number)
                && !self.token_is(self.at + 1, "to")
                && !self.token_is(self.at + 1, "from");
        if self.skip(&["foreign", "server"]) {
            kind = ObjectKind::Server;
        } else if self.eat("parameter") {
            kind = ObjectKind::Other;
        } else if has_kind {
            kind = self.object_kind()?;
        }
        let names = self.commas(|grammar| {
            if grammar.peek().kind == TokenKind::Number {
                let token = grammar.advance();
                let text = grammar.text(token);
                return Some(ObjectName::bare(crate::model::Ident::bare(text, grammar.token_span(token))));
            }
            let name = grammar.name()?;
            if grammar.is_open() {
                grammar.signature()?;
            }
            Some(name)
        })?;
        Some(GrantObjects { kind, names, all_in_schema: false, span: self.since(start) })
    }

    /// `ALTER DEFAULT PRIVILEGES`, behind those words.
    pub(super) fn default_privileges(&mut self) -> Option<Statement> {
        let (mut for_roles, mut schemas) = (Vec::new(), Vec::new());
        loop {
            if self.skip(&["for", "role"]) || self.skip(&["for", "user"]) {
                for_roles = self.roles()?;
            } else if self.skip(&["in", "schema"]) {
                schemas = self.commas(Self::ident)?;
            } else {
                break;
            }
        }
        let grant = self.grant()?;
        Some(Statement::DefaultPrivileges(Box::new(DefaultPrivileges { for_roles, schemas, grant })))
    }

    /// `{CREATE|ALTER|DROP} {ROLE|USER|GROUP}`, behind those words.
    pub(super) fn role_statement(&mut self, verb: RoleVerb, user: bool) -> Option<Statement> {
        let if_exists = match verb {
            RoleVerb::Drop => self.keyword(&["if", "exists"]),
            _ => self.source.absent(self.before()),
        };
        let mut statement = RoleStatement {
            verb,
            user,
            names: self.roles()?,
            if_exists,
            or_replace: None,
            options: Vec::new(),
            to: None,
        };
        if self.skip(&["rename", "to"]) {
            statement.verb = RoleVerb::Rename;
            statement.to = Some(self.role()?);
        }
        self.eat("with");
        while !self.at_end() {
            statement.options.push(self.role_option()?);
        }
        Some(Statement::Role(Box::new(statement)))
    }

    fn role_option(&mut self) -> Option<RoleOption> {
        let start = self.at;
        if self.skip(&["encrypted", "password"])
            || self.eat("password")
            || self.skip(&["unencrypted", "password"])
        {
            if self.eat("null") {
                return Some(RoleOption::Other(self.named("password null", start, None)));
            }
            return Some(RoleOption::Password(self.string()?));
        }
        if self.skip(&["valid", "until"]) {
            let value = self.expr_of_tokens(1)?;
            return Some(RoleOption::Other(self.named("valid until", start, Some(*value))));
        }
        if self.skip(&["connection", "limit"]) {
            self.number()?;
            let value = self.plain(start + 2, self.at);
            return Some(RoleOption::Other(self.named("connection limit", start, Some(value))));
        }
        if self.is("set") || self.is("reset") || self.is("in") && self.token_is(self.at + 1, "database") {
            let mut name = String::new();
            if self.skip(&["in", "database"]) {
                self.ident()?;
                name.push_str("in database ");
            }
            let (setting, _) = self.setting_clause()?;
            let setting = setting?;
            name.push_str(if setting.reset { "reset " } else { "set " });
            name.push_str(&setting.name);
            return Some(RoleOption::Other(self.named(&name, start, setting.values.into_iter().next())));
        }
        for words in [
            &["in", "role"][..],
            &["in", "group"],
            &["role"],
            &["admin"],
            &["user"],
            &["sysid"],
            &["add", "user"],
            &["drop", "user"],
        ] {
            if self.skip(words) {
                let from = self.at;
                if self.number().is_none() {
                    self.roles()?;
                }
                let value = self.plain(from, self.at);
                return Some(RoleOption::Other(self.named(&words.join(" "), start, Some(value))));
            }
        }
        let word = self.word()?;
        let lower = word.text.to_ascii_lowercase();
        const ATTRIBUTES: &[&str] =
            &["superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls"];
        let (name, on) = match lower.strip_prefix("no") {
            Some(name) if ATTRIBUTES.contains(&name) => (name.to_owned(), false),
            _ => (lower.clone(), true),
        };
        ATTRIBUTES.contains(&name.as_str()).then_some(RoleOption::Attribute { name, on, span: word.span })
    }

    /// `REASSIGN OWNED BY … TO …`, `DROP OWNED BY …`, behind `BY`.
    pub(super) fn owned(&mut self, verb: RoleVerb) -> Option<Statement> {
        let if_exists = self.source.absent(self.before());
        let names = self.roles()?;
        let mut to = None;
        if verb == RoleVerb::ReassignOwned {
            self.want("to")?;
            to = Some(self.role()?);
        } else {
            self.cascade();
        }
        Some(Statement::Role(Box::new(RoleStatement {
            verb,
            user: false,
            names,
            if_exists,
            or_replace: None,
            options: Vec::new(),
            to,
        })))
    }

    /// `{CREATE|ALTER} POLICY`, behind those words.
    pub(super) fn policy(&mut self, verb: PolicyVerb) -> Option<Statement> {
        let name = self.ident()?;
        self.want("on")?;
        let mut policy = Policy {
            verb,
            name,
            table: self.name()?,
            restrictive: false,
            command: None,
            roles: Vec::new(),
            using: None,
            with_check: None,
            rename_to: None,
        };
        loop {
            if self.skip(&["rename", "to"]) {
                policy.rename_to = Some(self.ident()?);
            } else if self.eat("as") {
                policy.restrictive = self.word()?.is("restrictive");
            } else if self.eat("for") {
                let command = self.word()?.text.to_ascii_lowercase();
                policy.command = (command != "all").then_some(command);
            } else if self.eat("to") {
                policy.roles = self.roles()?;
            } else if self.eat("using") {
                policy.using = Some(self.parenthesised()?);
            } else if self.skip(&["with", "check"]) {
                policy.with_check = Some(self.parenthesised()?);
            } else {
                return Some(Statement::Policy(Box::new(policy)));
            }
        }
    }

    pub(super) fn or_replace(&mut self) -> Keyword {
        self.keyword(&["or", "replace"])
    }
}
