use super::grammar::Grammar;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    CreateIndex, DropIndex, IndexClass, IndexDef, IndexKey, IndexKeyPart, OnlineOptions, Order, Statement,
};

impl Grammar<'_> {
    /// A key of an index, constraint or conflict target.
    pub(super) fn index_key(&mut self) -> Option<IndexKey> {
        let start = self.at;
        let part = if self.is_open() {
            let (from, to) = self.group()?;
            let after = self.at;
            if from >= to {
                return None;
            }
            let mut expr = self.lower(from, to);
            self.at = after;
            expr.span = self.since(start);
            expr.parenthesised = true;
            IndexKeyPart::Expr(expr)
        } else {
            let name = self.name()?;
            if self.is_open() {
                self.group()?;
                IndexKeyPart::Expr(self.lower(start, self.at))
            } else if name.qualifiers.is_empty() {
                IndexKeyPart::Column(name.name)
            } else {
                IndexKeyPart::Expr(self.lower(start, self.at))
            }
        };
        let mut key = IndexKey {
            part,
            prefix: None,
            order: None,
            nulls_first: None,
            collation: None,
            operator_class: None,
            span: self.since(start),
        };
        loop {
            if self.eat("collate") {
                key.collation = Some(self.name()?);
            } else if self.eat("asc") {
                key.order = Some(Order::Ascending);
            } else if self.eat("desc") {
                key.order = Some(Order::Descending);
            } else if self.skip(&["nulls", "first"]) {
                key.nulls_first = Some(true);
            } else if self.skip(&["nulls", "last"]) {
                key.nulls_first = Some(false);
            } else if key.operator_class.is_none()
                && matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedName)
                && !self.is_any(&["with", "without"])
            {
                key.operator_class = Some(self.name()?);
                if self.is_open() {
                    self.options()?;
                }
            } else {
                break;
            }
        }
        key.span = self.since(start);
        Some(key)
    }

    pub(super) fn create_index(&mut self, start: usize) -> Option<Statement> {
        let unique = self.take(&["unique"]);
        self.want("index")?;
        let concurrently = self.keyword(&["concurrently"]);
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let name = if self.is("on") { None } else { Some(self.name()?) };
        self.want("on")?;
        let only = self.keyword(&["only"]);
        let table = self.name()?;
        let method = if self.eat("using") { Some(self.word()?) } else { None };
        let keys = self.list(Self::index_key)?;
        let include = if self.eat("include") { self.include()? } else { Vec::new() };
        let nulls_not_distinct = self.nulls_not_distinct();
        let mut parameters = self.index_parameters()?;
        let tablespace = self.at;
        if self.eat("tablespace") {
            let value = self.expr_of_tokens(1)?;
            parameters.push(self.named("tablespace", tablespace, Some(*value)));
        }
        let filter = if self.eat("where") { Some(self.expr(&[])?) } else { None };
        let span = self.since(start);
        let index = IndexDef {
            name,
            unique,
            class: IndexClass::Plain,
            method,
            keys,
            include,
            filter,
            nulls_not_distinct,
            parameters,
            options: Vec::new(),
            span,
        };
        Some(Statement::CreateIndex(Box::new(CreateIndex {
            index,
            table,
            concurrently,
            if_not_exists,
            or_replace: None,
            only,
            online: OnlineOptions::none(span.end),
        })))
    }

    fn include(&mut self) -> Option<Vec<crate::model::Ident>> {
        let keys = self.list(Self::index_key)?;
        Some(keys.iter().filter_map(|key| key.column().cloned()).collect())
    }

    pub(super) fn drop_index(&mut self) -> Option<Statement> {
        let concurrently = self.keyword(&["concurrently"]);
        let if_exists = self.keyword(&["if", "exists"]);
        let names = self.names()?;
        let cascade = self.cascade();
        let online = OnlineOptions::none(self.source.offset(self.before()));
        Some(Statement::DropIndex(Box::new(DropIndex {
            names,
            table: None,
            concurrently,
            if_exists,
            cascade,
            online,
        })))
    }

    /// `CASCADE`; `RESTRICT` is the default.
    pub(super) fn cascade(&mut self) -> Option<sluice_text::Span> {
        let cascade = self.take(&["cascade"]);
        if cascade.is_none() {
            self.eat("restrict");
        }
        cascade
    }

    /// `TABLE`, `INDEX`, … as the model names it; takes its words.
    pub(super) fn object_kind(&mut self) -> Option<ObjectKind> {
        use ObjectKind as K;
        const KINDS: &[(&[&str], ObjectKind)] = &[
            (&["materialized", "view"], K::MaterializedView),
            (&["foreign", "table"], K::ForeignTable),
            (&["foreign", "data", "wrapper"], K::Other),
            (&["event", "trigger"], K::EventTrigger),
            (&["access", "method"], K::Other),
            (&["text", "search", "parser"], K::Other),
            (&["text", "search", "dictionary"], K::Other),
            (&["text", "search", "template"], K::Other),
            (&["text", "search", "configuration"], K::Other),
            (&["operator", "class"], K::Other),
            (&["operator", "family"], K::Other),
            (&["user", "mapping"], K::Other),
            (&["large", "object"], K::Other),
            (&["procedural", "language"], K::Language),
            (&["trusted", "language"], K::Language),
            (&["property", "graph"], K::Other),
            (&["table"], K::Table),
            (&["view"], K::View),
            (&["index"], K::Index),
            (&["sequence"], K::Sequence),
            (&["schema"], K::Schema),
            (&["database"], K::Database),
            (&["trigger"], K::Trigger),
            (&["function"], K::Function),
            (&["procedure"], K::Procedure),
            (&["routine"], K::Function),
            (&["aggregate"], K::Aggregate),
            (&["type"], K::Type),
            (&["domain"], K::Domain),
            (&["extension"], K::Extension),
            (&["role"], K::Role),
            (&["user"], K::User),
            (&["group"], K::Role),
            (&["column"], K::Column),
            (&["constraint"], K::Constraint),
            (&["policy"], K::Policy),
            (&["rule"], K::Rule),
            (&["publication"], K::Publication),
            (&["subscription"], K::Subscription),
            (&["statistics"], K::Statistics),
            (&["collation"], K::Collation),
            (&["tablespace"], K::Tablespace),
            (&["server"], K::Server),
            (&["language"], K::Language),
            (&["cast"], K::Other),
            (&["conversion"], K::Other),
            (&["operator"], K::Other),
            (&["transform"], K::Other),
        ];
        KINDS.iter().find(|(words, _)| self.skip(words)).map(|(_, kind)| *kind)
    }
}
