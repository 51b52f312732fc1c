use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{
    Expr, LockTables, Maintenance, MaintenanceVerb as V, NamedOption, ObjectName, RoleName, Set, SetScope,
    Setting, SpecialRole, Statement, TableLock, Transaction, Wait,
};
use crate::{Control, ObjectKind};

impl Grammar<'_> {
    pub(super) fn set_statement(&mut self) -> Option<Statement> {
        if self.eat("discard") {
            let start = self.at;
            let what = self.word()?.text.to_ascii_lowercase();
            if what != "all" {
                return Some(self.other_statement("discard"));
            }
            let setting = self.setting(start, SetScope::Session, &what, true);
            return Some(Statement::Set(Box::new(Set { settings: vec![setting], role: None })));
        }
        if self.are(&["set", "constraints"]) && self.tokens.len() > 2 {
            return Some(self.other_statement("set constraints"));
        }
        let (setting, role) = self.setting_clause()?;
        Some(Statement::Set(Box::new(Set { settings: setting.into_iter().collect(), role })))
    }

    fn setting(&self, start: usize, scope: SetScope, name: &str, reset: bool) -> Setting {
        Setting {
            scope,
            name: name.to_owned(),
            name_span: self.since(start),
            values: Vec::new(),
            reset,
            span: self.since(start),
        }
    }

    /// `SET …`, `RESET …`: a setting or a role.
    pub(super) fn setting_clause(&mut self) -> Option<(Option<Setting>, Option<RoleName>)> {
        let start = self.at;
        let resets = self.eat("reset");
        if !resets {
            self.want("set")?;
        }
        let mut scope = SetScope::Session;
        if self.is("local") {
            scope = SetScope::Local;
            self.at += 1;
        } else if self.is("session") && !self.token_is(self.at + 1, "authorization") {
            self.at += 1;
        }
        let from = self.at;
        let authorization = self.skip(&["session", "authorization"]);
        let role_follows = authorization || self.is("role") && !self.is_assigned(1);
        if role_follows {
            if !authorization {
                self.at += 1;
            }
            let role = if resets || self.eat("default") {
                let name = crate::model::Ident::bare("NONE", self.since(from));
                RoleName { span: name.span, name, host: None, special: Some(SpecialRole::Keyword) }
            } else if self.is_string() {
                let text = self.string()?;
                let name = crate::model::Ident::quoted(text.value, text.span);
                RoleName { span: name.span, name, host: None, special: None }
            } else {
                self.role()?
            };
            return Some((None, Some(role)));
        }
        let mut setting = self.setting(from, scope, "", resets);
        if self.eat("transaction") || self.skip(&["characteristics", "as", "transaction"]) {
            setting.name = if self.eat("snapshot") {
                setting.values.push(*self.expr_of_tokens(1)?);
                "transaction snapshot".to_owned()
            } else if resets || self.skip(&["isolation", "level"]) {
                let at = self.at;
                let modes = self.modes();
                if modes.is_empty() && !resets {
                    // `ISOLATION LEVEL x` was taken apart.
                    self.at = at;
                }
                if self.at > at {
                    setting.values.push(Expr::opaque(self.span_of(at, self.at)));
                } else if !resets {
                    while !self.at_end() && !self.is_symbol(b',') {
                        self.at += 1;
                    }
                    setting.values.push(Expr::opaque(self.span_of(at, self.at)));
                }
                if self.symbol(b',') {
                    self.modes();
                }
                "transaction isolation".to_owned()
            } else {
                self.modes()
                    .join(" ")
                    .split(' ')
                    .take(2)
                    .fold("transaction".to_owned(), |name, word| format!("{name} {word}"))
            };
        } else if self.skip(&["time", "zone"]) {
            setting.name = "timezone".to_owned();
            if !resets {
                self.setting_values(&mut setting)?;
            }
        } else if self.is_any(&["names", "catalog", "schema"]) && !self.is_assigned(1) {
            let word = self.word()?.text.to_ascii_lowercase();
            setting.name = if word == "schema" { "search_path".to_owned() } else { word };
            if !self.at_end() {
                self.setting_values(&mut setting)?;
            }
        } else if self.skip(&["xml", "option"]) {
            setting.name = "xmloption".to_owned();
            self.setting_values(&mut setting)?;
        } else {
            let name = self.name()?;
            setting.name = self.source.slice(self.token(from).start, self.before()).to_ascii_lowercase();
            setting.name_span = name.span;
            if self.skip(&["from", "current"]) {
                // The session's value stays.
            } else if !resets {
                let equals = self.symbol(b'=');
                if !equals {
                    self.want("to")?;
                }
                self.setting_values(&mut setting)?;
            }
        }
        setting.span = self.since(start);
        Some((Some(setting), None))
    }

    fn is_assigned(&self, ahead: usize) -> bool {
        self.nth(ahead).kind == TokenKind::Symbol(b'=') || self.token_is(self.at + ahead, "to")
    }

    fn setting_values(&mut self, setting: &mut Setting) -> Option<()> {
        if self.eat("default") {
            setting.reset = true;
            return Some(());
        }
        setting.values = self.commas(|grammar| {
            let start = grammar.at;
            if grammar.literal().is_none() {
                if grammar.eat("interval") {
                    grammar.string()?;
                    while matches!(grammar.peek().kind, TokenKind::Word) {
                        grammar.at += 1;
                    }
                } else {
                    grammar.name()?;
                }
            }
            let mut expr = grammar.plain(start, grammar.at);
            if expr.literal.is_none() {
                // A bare word is a string here: `SET search_path = a`.
                let ident =
                    Grammar::new(grammar.source, grammar.token(start).start, grammar.before()).ident();
                expr.columns.extend(ident.map(|name| crate::model::ColumnRef {
                    table: None,
                    span: name.span,
                    name,
                }));
            }
            Some(expr)
        })?;
        Some(())
    }

    pub(super) fn transaction(&mut self) -> Option<Statement> {
        let mut savepoint = None;
        let control = if self.skip(&["prepare", "transaction"])
            || self.skip(&["commit", "prepared"])
            || self.skip(&["rollback", "prepared"])
        {
            self.string()?;
            Control::Unsupported
        } else if self.eat("savepoint") {
            savepoint = Some(self.ident()?);
            Control::Savepoint
        } else if self.eat("release") {
            self.eat("savepoint");
            savepoint = Some(self.ident()?);
            Control::Savepoint
        } else {
            let control = if self.eat("begin") || self.skip(&["start", "transaction"]) {
                Control::Begin
            } else if self.eat("commit") || self.eat("end") {
                Control::Commit
            } else {
                self.at += 1;
                Control::Rollback
            };
            if !self.eat("work") {
                self.eat("transaction");
            }
            if self.skip(&["and", "no", "chain"]) {
                control
            } else if self.skip(&["and", "chain"]) {
                Control::Unsupported
            } else if self.eat("to") {
                self.eat("savepoint");
                savepoint = Some(self.ident()?);
                Control::Savepoint
            } else {
                control
            }
        };
        let modes = if control == Control::Begin { self.modes() } else { Vec::new() };
        Some(Statement::Transaction(Box::new(Transaction { control, modes, savepoint })))
    }

    /// `ISOLATION LEVEL x, READ ONLY, DEFERRABLE`.
    fn modes(&mut self) -> Vec<String> {
        const MODES: &[&[&str]] = &[
            &["isolation", "level", "serializable"],
            &["isolation", "level", "repeatable", "read"],
            &["isolation", "level", "read", "committed"],
            &["isolation", "level", "read", "uncommitted"],
            &["read", "only"],
            &["read", "write"],
            &["not", "deferrable"],
            &["deferrable"],
        ];
        let mut modes = Vec::new();
        while let Some(mode) = MODES.iter().find(|words| self.skip(words)) {
            modes.push(mode.join(" "));
            self.symbol(b',');
        }
        modes
    }

    pub(super) fn lock(&mut self) -> Option<Statement> {
        self.want("lock")?;
        self.eat("table");
        let tables = self.commas(|grammar| {
            let only = grammar.eat("only");
            let wrapped = only && grammar.open().is_some();
            let name = grammar.name()?;
            if wrapped {
                grammar.close()?;
            }
            grammar.symbol(b'*');
            Some(name)
        })?;
        let mut mode = "access exclusive".to_owned();
        if self.eat("in") {
            let start = self.at;
            while !self.at_end() && !self.is("mode") {
                self.at += 1;
            }
            mode = self.words(start, self.at);
            self.want("mode")?;
        }
        let wait = self.take(&["nowait"]).map(|span| Wait { seconds: 0, span });
        let tables = tables.into_iter().map(|table| TableLock { table, mode: mode.clone() }).collect();
        Some(Statement::Lock(Box::new(LockTables { tables, wait })))
    }

    pub(super) fn maintenance(&mut self) -> Option<Statement> {
        let verb = self.word()?.text.to_ascii_lowercase();
        let mut keep = Maintenance {
            verb: V::Vacuum,
            names: Vec::new(),
            kind: ObjectKind::Table,
            full: None,
            concurrently: self.source.absent(self.before()),
            index: None,
            options: Vec::new(),
        };
        match verb.as_str() {
            "checkpoint" => {
                keep.verb = V::Checkpoint;
                if self.is_open() {
                    keep.options = self.options()?;
                }
            }
            "reindex" => self.reindex(&mut keep)?,
            "vacuum" | "analyze" | "analyse" => self.vacuum(&mut keep, verb != "vacuum")?,
            _ => {
                keep.verb = if verb == "cluster" { V::Cluster } else { V::Repack };
                if self.is_open() {
                    keep.options = self.options()?;
                }
                let verbose = self.at;
                if self.eat("verbose") {
                    keep.options.push(self.named("verbose", verbose, None));
                }
                if !self.at_end() {
                    let name = self.name()?;
                    if self.eat("on") {
                        keep.index = Some(name.name);
                        keep.names.push(self.name()?);
                    } else {
                        keep.names.push(name);
                        if self.eat("using") {
                            self.eat("index");
                            if !self.at_end() {
                                keep.index = Some(self.ident()?);
                            }
                        }
                    }
                }
            }
        }
        Some(Statement::Maintenance(Box::new(keep)))
    }

    fn vacuum(&mut self, keep: &mut Maintenance, analyze: bool) -> Option<()> {
        keep.verb = if analyze { V::Analyze } else { V::Vacuum };
        if self.is_open() {
            keep.options = self.options()?;
            keep.full = keep.options.iter().find(|option| is_on(option, "full")).map(|option| option.span);
        }
        loop {
            let start = self.at;
            if let Some(span) = self.take(&["full"]) {
                keep.full = Some(span);
            } else if self.is_any(&["freeze", "verbose", "analyze", "analyse", "skip_locked"]) {
                let name = self.word()?.text.to_ascii_lowercase();
                keep.options.push(self.named(&name, start, None));
            } else {
                break;
            }
        }
        if self.at_end() {
            return Some(());
        }
        keep.names = self.commas(|grammar| {
            grammar.eat("only");
            let name = grammar.name()?;
            grammar.symbol(b'*');
            if grammar.is_open() {
                grammar.ident_list()?;
            }
            Some(name)
        })?;
        Some(())
    }

    fn reindex(&mut self, keep: &mut Maintenance) -> Option<()> {
        keep.verb = V::Reindex;
        if self.is_open() {
            keep.options = self.options()?;
        }
        keep.kind = if self.eat("index") {
            ObjectKind::Index
        } else if self.eat("table") {
            ObjectKind::Table
        } else if self.eat("schema") {
            ObjectKind::Schema
        } else if self.eat("database") || self.eat("system") {
            ObjectKind::Database
        } else {
            return None;
        };
        keep.concurrently = self.keyword(&["concurrently"]);
        if let Some(option) = keep.options.iter().find(|option| is_on(option, "concurrently")) {
            keep.concurrently = crate::model::Keyword::written(option.span);
        }
        if !self.at_end() {
            let name: ObjectName = self.name()?;
            keep.names.push(name);
        }
        Some(())
    }
}

/// Whether an option is there and not switched off.
fn is_on(option: &NamedOption, name: &str) -> bool {
    use crate::model::Literal;
    if !option.is(name) {
        return false;
    }
    match option.value.as_ref().map(|value| &value.literal) {
        Some(Some(Literal::Boolean(on))) => *on,
        Some(Some(Literal::Number(number))) => number != "0",
        Some(Some(Literal::Text(text))) => !matches!(text.as_str(), "off" | "false" | "no"),
        // `off` is no literal; its length tells it from `on`.
        Some(None) => option.value.as_ref().is_some_and(|value| value.span.len() != 3),
        _ => true,
    }
}
