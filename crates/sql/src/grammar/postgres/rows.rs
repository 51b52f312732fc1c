use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{
    Assignment, ColumnRef, Condition, Copy, CopyDirection, CopyEndpoint, Cte, Delete, Expr, Ident, Insert,
    InsertSource, Merge, NamedOption, Query, QueryFacts, Statement, TableRef, Update, Upsert,
};

/// Rows up to this many bytes are looked into for functions.
const READ_ROWS: usize = 2048;

/// Which rows an `UPDATE` or a `DELETE` reaches, and what it gives back of them.
struct Reach {
    joined: bool,
    filter: Option<Condition>,
    /// Where the filter is, or would be.
    filter_at: usize,
    returning: bool,
    facts: QueryFacts,
}

impl Grammar<'_> {
    /// Statements that may begin with `WITH`.
    pub(super) fn rows_statement(&mut self) -> Option<Statement> {
        if self.is("with") {
            let verb = (self.at..self.tokens.len()).scan(0_usize, |depth, index| {
                match self.token(index).kind {
                    TokenKind::OpenParen => *depth += 1,
                    TokenKind::CloseParen => *depth = depth.saturating_sub(1),
                    _ => {}
                }
                Some((*depth, index))
            });
            const VERBS: &[&str] = &["select", "values", "table", "insert", "update", "delete", "merge"];
            let verb = verb
                .filter(|(depth, _)| *depth == 0)
                .find(|(_, index)| VERBS.iter().any(|verb| self.token_is(*index, verb)));
            let writes =
                verb.is_some_and(|(_, index)| VERBS.iter().skip(3).any(|verb| self.token_is(index, verb)));
            if !writes {
                let query = self.query(self.at, self.tokens.len());
                return Some(Statement::Query(Box::new(query)));
            }
            self.with()?;
        }
        if self.is("insert") {
            self.insert()
        } else if self.is("update") {
            self.update()
        } else if self.is("delete") {
            self.delete()
        } else if self.is("merge") {
            self.merge_statement()
        } else {
            None
        }
    }

    fn with(&mut self) -> Option<()> {
        self.want("with")?;
        self.eat("recursive");
        loop {
            let start = self.at;
            let name = self.ident()?;
            if self.is_open() {
                self.group()?;
            }
            self.want("as")?;
            self.eat("not");
            self.eat("materialized");
            let (from, to) = self.group()?;
            let after = self.at;
            let mut writes = None;
            if ["insert", "update", "delete", "merge"].iter().any(|verb| self.token_is(from, verb)) {
                let (first, last) = (self.token(from).start, self.token(to).start);
                writes = Some(Box::new(self.inner(first, last)));
            } else {
                let query = self.query(from, to);
                self.merge(query.facts);
            }
            self.at = after;
            while self.is_any(&["search", "cycle"]) {
                while !self.at_end()
                    && !self.is_symbol(b',')
                    && !self.is_any(&["insert", "update", "delete", "merge"])
                {
                    self.at += 1;
                }
            }
            self.facts.ctes.push(Cte { name, writes, span: self.since(start) });
            if !self.symbol(b',') {
                return Some(());
            }
        }
    }

    /// What was found since the statement began; names of its `WITH` are no tables.
    pub(super) fn take_facts(&mut self) -> QueryFacts {
        let mut facts = std::mem::take(&mut self.facts);
        let dialect = crate::Dialect::Postgres;
        let names: Vec<Ident> = facts.ctes.iter().map(|cte| cte.name.clone()).collect();
        facts.reads.retain(|read| {
            !read.name.qualifiers.is_empty() || !names.iter().any(|name| name.same(&read.name.name, dialect))
        });
        facts
    }

    /// A table that is written: `[ONLY] t [*] [[AS] alias]`.
    fn written(&mut self, stops: &[&str]) -> Option<TableRef> {
        let mut only = self.eat("only");
        let wrapped = only && self.open().is_some();
        let name = self.name()?;
        if wrapped {
            self.close()?;
        }
        only |= wrapped;
        self.symbol(b'*');
        let explicit = self.eat("as");
        let named =
            matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedName) && !self.is_any(stops);
        let alias = if explicit || named { Some(self.ident()?) } else { None };
        Some(TableRef { name, alias, only, partitions: Vec::new() })
    }

    fn insert(&mut self) -> Option<Statement> {
        self.want("insert")?;
        self.want("into")?;
        let name = self.name()?;
        let alias = if self.eat("as") { Some(self.ident()?) } else { None };
        let table = TableRef { name, alias, only: false, partitions: Vec::new() };
        let mut columns = Vec::new();
        let mut columns_span = self.source.absent(self.before()).span;
        let is_list = self.is_open()
            && !["select", "values", "with", "table"].iter().any(|word| self.token_is(self.at + 1, word))
            && self.nth(1).kind != TokenKind::OpenParen;
        if is_list {
            let start = self.at;
            columns = self.list(Self::target_column)?;
            columns_span = self.since(start);
        }
        let overriding = self.is("overriding");
        if overriding {
            self.at += 1;
            let system = self.eat("system");
            if !system {
                self.want("user")?;
            }
            self.want("value")?;
        }
        let source = self.insert_source()?;
        let upsert = if self.are(&["on", "conflict"]) { Some(self.upsert()?) } else { None };
        let returning = self.returning()?;
        let facts = self.take_facts();
        Some(Statement::Insert(Box::new(Insert {
            table,
            replace: None,
            ignore: None,
            columns,
            columns_span,
            source,
            upsert,
            overriding,
            returning,
            facts,
        })))
    }

    /// `a`, `a.b`, `a[1]`.
    fn target_column(&mut self) -> Option<Ident> {
        let name = self.ident()?;
        while self.is_symbol(b'.') || self.is_symbol(b'[') {
            self.at += 1;
            while !self.at_end()
                && !self.is_symbol(b',')
                && self.peek().kind != TokenKind::CloseParen
                && !self.is_symbol(b'=')
            {
                self.at += 1;
            }
        }
        Some(name)
    }

    fn insert_source(&mut self) -> Option<InsertSource> {
        if self.skip(&["default", "values"]) {
            return Some(InsertSource::Default);
        }
        if self.is("values")
            && let Some(rows) = self.rows
        {
            let start = self.at;
            self.at += 2;
            if !rows.plain && rows.end - rows.start <= READ_ROWS {
                let from = self.token(start).start;
                // Without its verb, the rows are tokens.
                let mut inner = Grammar::new(self.source, from, rows.end);
                let facts = inner.fragment(0, inner.tokens.len(), "INSERT INTO x ", "");
                self.not_analysed.append(&mut inner.not_analysed);
                self.merge(facts);
            }
            let span = self.source.span(rows.start, rows.end);
            return Some(InsertSource::Values { rows: rows.count, width: rows.width, span });
        }
        let start = self.at;
        if !self.is_query() {
            return None;
        }
        while !self.at_end() && !self.are(&["on", "conflict"]) && !self.is("returning") {
            if self.group().is_none() {
                self.at += 1;
            }
        }
        let query = self.query(start, self.at);
        self.merge(query.facts.clone());
        let facts = QueryFacts::default();
        Some(InsertSource::Query(Box::new(Query { facts, ..query })))
    }

    fn upsert(&mut self) -> Option<Upsert> {
        let start = self.at;
        self.at += 2;
        let mut columns = Vec::new();
        let mut constraint = None;
        if self.skip(&["on", "constraint"]) {
            constraint = Some(self.ident()?);
        } else if self.is_open() {
            let keys = self.list(Self::index_key)?;
            columns = keys.iter().filter_map(|key| key.column().cloned()).collect();
            if self.is("where") {
                self.filter(&["do"])?;
            }
        }
        self.want("do")?;
        let mut assignments = Vec::new();
        if !self.eat("nothing") {
            self.want("update")?;
            self.want("set")?;
            assignments = self.assignments(&["where", "returning"])?;
            if self.is("where") {
                self.filter(&["returning"])?;
            }
        }
        Some(Upsert { columns, constraint, assignments, span: self.since(start) })
    }

    fn assignments(&mut self, stops: &[&str]) -> Option<Vec<Assignment>> {
        let lists = self.commas(|grammar| {
            if grammar.is_open() {
                let columns = grammar.list(|inner| {
                    let name = inner.target_column()?;
                    Some(ColumnRef { table: None, span: name.span, name })
                })?;
                if !grammar.symbol(b'=') {
                    return None;
                }
                let value = grammar.value(stops)?;
                return Some(
                    columns
                        .into_iter()
                        .map(|column| Assignment { column, value: value.clone() })
                        .collect::<Vec<_>>(),
                );
            }
            let start = grammar.at;
            let name = grammar.target_column()?;
            let column = ColumnRef { table: None, name, span: grammar.since(start) };
            if !grammar.symbol(b'=') {
                return None;
            }
            Some(vec![Assignment { column, value: grammar.value(stops)? }])
        })?;
        Some(lists.into_iter().flatten().collect())
    }

    fn value(&mut self, stops: &[&str]) -> Option<Expr> {
        if self.is("default") {
            let token = self.advance();
            return Some(Expr::opaque(self.token_span(token)));
        }
        self.expr(stops)
    }

    /// `RETURNING …` to the end; false where there is none.
    fn returning(&mut self) -> Option<bool> {
        if !self.eat("returning") {
            return Some(false);
        }
        if self.eat("with") {
            self.group()?;
        }
        self.commas(|grammar| {
            if grammar.symbol(b'*') {
                return Some(());
            }
            let start = grammar.at;
            let end = grammar.output_end();
            if end == start {
                return None;
            }
            if grammar.token(end - 1).kind == TokenKind::Symbol(b'*') {
                grammar.at = end;
            } else {
                grammar.lower(start, end);
                grammar.at = end;
                grammar.eat("as");
                if !grammar.at_end() && !grammar.is_symbol(b',') {
                    grammar.ident()?;
                }
            }
            Some(())
        })?;
        Some(true)
    }

    /// Where the expression of an output column ends: before `AS name`, a bare name or the comma.
    fn output_end(&self) -> usize {
        let mut index = self.at;
        let mut brackets = 0_usize;
        while index < self.tokens.len() {
            match self.token(index).kind {
                TokenKind::OpenParen => {
                    index = self.closing(index) + 1;
                    continue;
                }
                TokenKind::CloseParen | TokenKind::Delimiter => break,
                TokenKind::Symbol(b'[') => brackets += 1,
                TokenKind::Symbol(b']') => brackets = brackets.saturating_sub(1),
                TokenKind::Symbol(b',') if brackets == 0 => break,
                TokenKind::Word if self.token_is(index, "as") => break,
                _ => {}
            }
            index += 1;
        }
        let index = index.min(self.tokens.len());
        let last = self.token(index.saturating_sub(1));
        let before = self.token(index.saturating_sub(2));
        let named = index > self.at + 1
            && matches!(last.kind, TokenKind::Word | TokenKind::QuotedName)
            && matches!(
                before.kind,
                TokenKind::Word
                    | TokenKind::QuotedName
                    | TokenKind::CloseParen
                    | TokenKind::Number
                    | TokenKind::String
            )
            && !["end", "null", "true", "false"].iter().any(|word| self.token_is(index - 1, word));
        if named { index - 1 } else { index }
    }

    fn update(&mut self) -> Option<Statement> {
        self.want("update")?;
        let table = self.written(&["set"])?;
        self.want("set")?;
        let assignments = self.assignments(&["from", "where", "returning"])?;
        let Reach { joined, filter, filter_at, returning, facts } = self.reach("from")?;
        Some(Statement::Update(Box::new(Update {
            tables: vec![table],
            assignments,
            filter,
            filter_at,
            order_by: None,
            limit: None,
            ignore: None,
            joined,
            returning,
            facts,
        })))
    }

    /// What an `UPDATE` or a `DELETE` ends with: `[FROM|USING …] [WHERE …] [RETURNING …]`.
    fn reach(&mut self, join: &str) -> Option<Reach> {
        let joined = self.eat(join);
        if joined {
            self.relations(&["where", "returning"])?;
        }
        let at = if self.is("where") { self.peek().start } else { self.before() };
        let filter_at = self.source.offset(at);
        let filter = if self.is("where") { Some(self.filter(&["returning"])?) } else { None };
        let returning = self.returning()?;
        Some(Reach { joined, filter, filter_at, returning, facts: self.take_facts() })
    }

    fn delete(&mut self) -> Option<Statement> {
        self.want("delete")?;
        self.want("from")?;
        let table = self.written(&["using", "where", "returning"])?;
        let Reach { joined, filter, filter_at, returning, facts } = self.reach("using")?;
        Some(Statement::Delete(Box::new(Delete {
            tables: vec![table],
            filter,
            filter_at,
            order_by: None,
            limit: None,
            joined,
            returning,
            history: None,
            facts,
        })))
    }

    fn merge_statement(&mut self) -> Option<Statement> {
        self.want("merge")?;
        self.want("into")?;
        let table = self.written(&["using"])?;
        self.want("using")?;
        self.merge_source()?;
        let mut merge = Merge {
            table,
            inserts: false,
            updates: Vec::new(),
            deletes: false,
            facts: QueryFacts::default(),
        };
        while self.eat("when") {
            self.eat("not");
            self.want("matched")?;
            if self.eat("by") {
                self.ident()?;
            }
            if self.eat("and") {
                self.expr(&["then"])?;
            }
            self.want("then")?;
            if self.eat("insert") {
                merge.inserts = true;
                if self.is_open() {
                    self.list(Self::target_column)?;
                }
                if self.eat("overriding") {
                    self.at += 2;
                }
                if !self.skip(&["default", "values"]) {
                    self.want("values")?;
                    self.list(|grammar| grammar.value(&[]))?;
                }
            } else if self.eat("update") {
                self.want("set")?;
                merge.updates.extend(self.assignments(&["when", "returning"])?);
            } else if self.eat("delete") {
                merge.deletes = true;
            } else {
                self.want("do")?;
                self.want("nothing")?;
            }
        }
        self.returning()?;
        merge.facts = self.take_facts();
        Some(Statement::Merge(Box::new(merge)))
    }

    pub(super) fn copy(&mut self) -> Option<Statement> {
        self.want("copy")?;
        self.eat("binary");
        let (mut table, mut columns, mut query) = (None, Vec::new(), None);
        if self.is_open() {
            let (start, end) = self.group()?;
            let after = self.at;
            if ["insert", "update", "delete", "merge"].iter().any(|verb| self.token_is(start, verb)) {
                let (first, last) = (self.token(start).start, self.token(end).start);
                let writes = self.inner(first, last);
                let name = Ident::bare("", writes.span);
                let span = writes.span;
                let mut facts = QueryFacts::default();
                facts.ctes.push(Cte { name, writes: Some(Box::new(writes)), span });
                query = Some(Box::new(Query::new(span, facts)));
            } else {
                query = Some(Box::new(self.query(start, end)));
            }
            self.at = after;
        } else {
            table = Some(self.name()?);
            if self.is_open() {
                columns = self.ident_list()?;
            }
        }
        let direction = if self.eat("from") {
            CopyDirection::From
        } else {
            self.want("to")?;
            CopyDirection::To
        };
        let endpoint = if self.eat("program") {
            CopyEndpoint::Program(self.string()?)
        } else if self.eat("stdin") || self.eat("stdout") {
            CopyEndpoint::Client
        } else {
            CopyEndpoint::File(self.string()?)
        };
        let mut options = Vec::new();
        if self.eat("using") {
            self.want("delimiters")?;
            self.string()?;
        }
        self.eat("with");
        if self.is_open() {
            options = self.options()?;
        } else {
            while !self.at_end() && !self.is("where") {
                options.push(self.old_copy_option()?);
            }
        }
        let filter = if self.is("where") { Some(self.filter(&[])?) } else { None };
        Some(Statement::Copy(Box::new(Copy { table, columns, query, direction, endpoint, options, filter })))
    }

    /// Options without parentheses: `CSV HEADER DELIMITER AS ','`.
    fn old_copy_option(&mut self) -> Option<NamedOption> {
        let start = self.at;
        let mut name = self.ident()?;
        if name.is_word("force") {
            while self.is_any(&["not", "null", "quote"]) {
                let word = self.ident()?;
                name.text.push(' ');
                name.text.push_str(&word.text);
            }
            if !self.symbol(b'*') {
                self.commas(Self::ident)?;
            }
            return Some(NamedOption { name, value: None, span: self.since(start) });
        }
        self.eat("as");
        let value = if self.is_string() { self.expr_of_tokens(1) } else { None };
        Some(NamedOption { name, value, span: self.since(start) })
    }
}
