use super::grammar::Grammar;
use super::program;
use crate::lexer::{Token, TokenKind};
use crate::model::{
    Body, CallRoutine, CreateRoutine, DataType, DoBlock, Ident, Keyword, NotAnalysed, Parameter,
    ParameterMode, Reason, RoutineKind, Security, Statement, Word,
};

const CLAUSES: &[&str] = &[
    "returns",
    "language",
    "as",
    "immutable",
    "stable",
    "volatile",
    "strict",
    "security",
    "external",
    "set",
    "cost",
    "rows",
    "parallel",
    "window",
    "leakproof",
    "not",
    "called",
    "support",
    "transform",
    "begin",
    "return",
];

impl Grammar<'_> {
    /// `CREATE [OR REPLACE] {FUNCTION|PROCEDURE}`, behind those words.
    pub(super) fn create_routine(&mut self, kind: RoutineKind, or_replace: Keyword) -> Option<Statement> {
        let name = self.name()?;
        let if_not_exists = self.source.absent(name.span.start);
        let mut routine = CreateRoutine {
            kind,
            if_not_exists: Keyword::absent(if_not_exists.span.start),
            name,
            or_replace,
            parameters: self.list(Self::parameter)?,
            returns: None,
            returns_table: Vec::new(),
            language: None,
            volatility: None,
            security: None,
            definer: None,
            settings: Vec::new(),
            search_path: self.source.absent(self.before()),
            options: Vec::new(),
            body: None,
        };
        if self.eat("returns") {
            if self.eat("table") {
                routine.returns_table =
                    self.list(|grammar| Some((grammar.ident()?, grammar.data_type()?)))?;
            } else {
                routine.returns = Some(self.data_type()?);
            }
        }
        // A fix writes `SET search_path` before the body.
        routine.search_path = self.source.absent(self.before());
        let mut program = None;
        while !self.at_end() {
            let start = self.at;
            if self.eat("as") {
                let token = self.peek();
                self.string()?;
                program = Some(token);
                if self.symbol(b',') {
                    // A function of a library.
                    self.string()?;
                    program = None;
                }
            } else if self.are(&["begin", "atomic"]) {
                routine.body = Some(self.atomic());
            } else if self.is("return") {
                routine.body = Some(self.return_body());
            } else {
                self.routine_clause(start, &mut routine)?;
            }
        }
        if let Some(setting) = routine.settings.iter().rev().find(|setting| setting.name == "search_path") {
            routine.search_path = Keyword::written(setting.span);
        }
        if let Some(token) = program {
            let language =
                routine.language.as_ref().map_or("sql", |word| word.text.as_str()).to_ascii_lowercase();
            routine.body =
                (!matches!(language.as_str(), "c" | "internal")).then(|| self.body(token, &language));
        }
        Some(Statement::CreateRoutine(Box::new(routine)))
    }

    fn routine_clause(&mut self, start: usize, routine: &mut CreateRoutine) -> Option<()> {
        if self.eat("language") {
            routine.language = Some(self.language()?);
        } else if self.is_any(&["immutable", "stable", "volatile"]) {
            routine.volatility = Some(self.word()?);
        } else if self.eat("security") || self.skip(&["external", "security"]) {
            let definer = self.eat("definer");
            if !definer {
                self.want("invoker")?;
            }
            routine.security = Some(Security { definer, span: self.since(start) });
        } else if self.is_any(&["set", "reset"]) {
            let (setting, _) = self.setting_clause()?;
            routine.settings.extend(setting);
        } else if self.eat("strict") {
            routine.options.push(self.named("strict", start, None));
        } else if self.skip(&["called", "on", "null", "input"]) {
            routine.options.push(self.named("called on null input", start, None));
        } else if self.skip(&["returns", "null", "on", "null", "input"]) {
            routine.options.push(self.named("strict", start, None));
        } else if self.eat("leakproof") {
            routine.options.push(self.named("leakproof", start, None));
        } else if self.skip(&["not", "leakproof"]) {
            routine.options.push(self.named("not leakproof", start, None));
        } else if self.eat("window") {
            routine.options.push(self.named("window", start, None));
        } else if self.is_any(&["cost", "rows", "parallel", "support"]) {
            let name = self.word()?.text.to_ascii_lowercase();
            let from = self.at;
            while !self.at_end() && !self.is_any(CLAUSES) {
                self.at += 1;
            }
            let value = self.plain(from, self.at);
            routine.options.push(self.named(&name, start, Some(value)));
        } else {
            self.want("transform")?;
            self.commas(|grammar| {
                grammar.want("for")?;
                grammar.want("type")?;
                grammar.data_type()
            })?;
            routine.options.push(self.named("transform", start, None));
        }
        Some(())
    }

    fn language(&mut self) -> Option<Word> {
        if self.is_string() {
            let text = self.string()?;
            return Some(Word { text: text.value, span: text.span });
        }
        self.word()
    }

    fn parameter(&mut self) -> Option<Parameter> {
        let start = self.at;
        let mut mode = self.parameter_mode();
        // `name type` or `type` alone: a name is one word that a type follows.
        let next = self.nth(1);
        let named = match self.peek().kind {
            TokenKind::Word | TokenKind::QuotedName => {
                matches!(next.kind, TokenKind::Word | TokenKind::QuotedName)
                    && !["default", "precision", "varying", "array", "with", "without"]
                        .iter()
                        .any(|word| self.token_is(self.at + 1, word))
                    && !self.are(&["setof"])
                    && !(self.is("national"))
            }
            _ => false,
        };
        let name: Option<Ident> = if named { Some(self.ident()?) } else { None };
        if mode.is_none() {
            mode = self.parameter_mode();
        }
        let data_type = Some(self.data_type()?);
        let default = if self.eat("default") || self.symbol(b'=') || self.assigns() {
            Some(self.expr(&[])?)
        } else {
            None
        };
        Some(Parameter {
            name,
            mode: mode.unwrap_or(ParameterMode::In),
            data_type,
            default,
            span: self.since(start),
        })
    }

    fn assigns(&mut self) -> bool {
        let found = self.is_symbol(b':') && self.nth(1).kind == TokenKind::Symbol(b'=');
        if found {
            self.at += 2;
        }
        found
    }

    fn parameter_mode(&mut self) -> Option<ParameterMode> {
        if self.skip(&["in", "out"]) || self.eat("inout") {
            Some(ParameterMode::InOut)
        } else if self.eat("in") {
            Some(ParameterMode::In)
        } else if self.eat("out") {
            Some(ParameterMode::Out)
        } else if self.eat("variadic") {
            Some(ParameterMode::Variadic)
        } else {
            None
        }
    }

    /// `BEGIN ATOMIC … END`.
    fn atomic(&mut self) -> Body {
        let start = self.at;
        self.at += 2;
        let mut statements = Vec::new();
        let mut cases = 0_usize;
        let mut from = self.at;
        while !self.at_end() {
            if self.is("case") {
                cases += 1;
            } else if self.is("end") {
                if cases == 0 {
                    break;
                }
                cases -= 1;
            } else if self.peek().kind == TokenKind::Delimiter {
                self.atomic_statement(from, &mut statements);
                from = self.at + 1;
            }
            self.at += 1;
        }
        self.atomic_statement(from, &mut statements);
        self.eat("end");
        let span = self.since(start);
        Body {
            span,
            language: "sql".to_owned(),
            verbatim: true,
            analysed: statements.iter().all(|it| it.not_analysed.is_empty()),
            statements,
            dynamic: Vec::new(),
        }
    }

    fn atomic_statement(&self, from: usize, statements: &mut Vec<crate::model::Parsed>) {
        if from < self.at {
            let (mut start, end) = (self.token(from).start, self.before());
            if self.token_is(from, "return") {
                start = self.token(from + 1).start;
            }
            if self.source.depth < super::grammar::DEPTH && start < end {
                statements.push(self.inner(start, end));
            }
        }
    }

    /// `RETURN expr`.
    fn return_body(&mut self) -> Body {
        let start = self.at;
        self.at += 1;
        let from = self.at;
        let before = std::mem::take(&mut self.facts);
        let expr = self.expr(CLAUSES);
        let facts = std::mem::replace(&mut self.facts, before);
        let span = self.span_of(from, self.at);
        let statements = expr
            .map(|_| {
                let query = crate::model::Query::new(span, facts);
                vec![crate::model::Parsed::whole(span, Statement::Query(Box::new(query)))]
            })
            .unwrap_or_default();
        Body {
            span: self.since(start),
            language: "sql".to_owned(),
            verbatim: true,
            analysed: !statements.is_empty(),
            statements,
            dynamic: Vec::new(),
        }
    }

    /// The program in a string.
    pub(super) fn body(&mut self, token: Token, language: &str) -> Body {
        let body = program::read(self.source, token, language);
        if !body.analysed
            && body.dynamic.is_empty()
            && body.statements.is_empty()
            && !matches!(language, "sql" | "plpgsql")
        {
            let reason = Reason::Language(language.to_owned());
            self.not_analysed.push(NotAnalysed { span: body.span, reason });
        }
        for dynamic in &body.dynamic {
            self.not_analysed.push(NotAnalysed { span: dynamic.span, reason: Reason::Dynamic });
        }
        body
    }

    pub(super) fn do_block(&mut self) -> Option<Statement> {
        self.want("do")?;
        let mut language = None;
        let mut program = None;
        while !self.at_end() {
            if self.eat("language") {
                language = Some(self.language()?.text.to_ascii_lowercase());
            } else {
                let token = self.peek();
                self.string()?;
                program = Some(token);
            }
        }
        let body = self.body(program?, language.as_deref().unwrap_or("plpgsql"));
        Some(Statement::Do(Box::new(DoBlock { body })))
    }

    pub(super) fn call(&mut self) -> Option<Statement> {
        self.want("call")?;
        let name = self.name()?;
        let arguments = self.list(|grammar| {
            if grammar.is("variadic") {
                grammar.at += 1;
            }
            if matches!(grammar.nth(1).kind, TokenKind::Symbol(b'=' | b':'))
                && matches!(grammar.nth(2).kind, TokenKind::Symbol(b'>' | b'='))
            {
                grammar.at += 3;
            }
            grammar.expr(&[])
        })?;
        Some(Statement::Call(Box::new(CallRoutine { name, arguments })))
    }

    /// `(type, name type, …)` of a function that is only named.
    pub(super) fn signature(&mut self) -> Option<Vec<DataType>> {
        self.group().map(|_| Vec::new())
    }
}
