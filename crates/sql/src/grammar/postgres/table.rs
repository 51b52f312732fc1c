use sluice_text::Span;

use super::grammar::Grammar;
use crate::model::{
    CreateTable, LikeTable, OnlineOptions, Query, QueryFacts, Statement, TableElement, TableOption,
    TableOptionKind,
};

impl Grammar<'_> {
    /// `CREATE [TEMP|UNLOGGED|FOREIGN] TABLE`, behind `TABLE`.
    pub(super) fn create_table(
        &mut self,
        temporary: Option<Span>,
        unlogged: Option<Span>,
    ) -> Option<Statement> {
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let name = self.name()?;
        let mut table = CreateTable {
            elements_span: self.source.absent(self.before()).span,
            name,
            temporary,
            unlogged,
            or_replace: None,
            if_not_exists,
            elements: Vec::new(),
            options: Vec::new(),
            inherits: Vec::new(),
            partition_of: None,
            partition_by: None,
            of_type: None,
            query: None,
            no_data: false,
            external: None,
            online: OnlineOptions::none(0),
        };
        let start = self.at;
        let mut parent = None;
        if self.skip(&["partition", "of"]) {
            parent = Some(self.name()?);
        } else if self.eat("of") {
            table.of_type = Some(self.name()?);
        }
        let typed = parent.is_some() || table.of_type.is_some();
        if self.is_open() {
            let open = self.at;
            if self.is_name_list() {
                // Of `CREATE TABLE t (a, b) AS …` only the names are said.
                self.ident_list()?;
            } else {
                table.elements = self.list(|grammar| grammar.table_element(typed))?;
            }
            table.elements_span = self.since(open);
        }
        if let Some(parent) = parent {
            table.partition_of = Some(self.partition_of(start, parent)?);
        }
        loop {
            let start = self.at;
            if self.eat("inherits") {
                table.inherits = self.list(Self::name)?;
            } else if self.are(&["partition", "by"]) {
                table.partition_by = Some(self.partition_by()?);
            } else if self.eat("using") {
                let kind = TableOptionKind::Engine(self.word()?);
                table.options.push(TableOption { kind, span: self.since(start) });
            } else if self.is("with")
                && !self.token_is(self.at + 1, "data")
                && !self.token_is(self.at + 1, "no")
            {
                self.at += 1;
                let options = self.options()?.into_iter();
                table.options.extend(options.map(|option| TableOption {
                    span: option.span,
                    kind: TableOptionKind::Parameter(option),
                }));
            } else if self.skip(&["without", "oids"]) {
                let kind = TableOptionKind::Other(self.named("without oids", start, None));
                table.options.push(TableOption { kind, span: self.since(start) });
            } else if self.skip(&["on", "commit"]) {
                let mut word = self.word()?;
                if self.eat("rows") {
                    word.text.push_str(" rows");
                    word.span = self.since(start + 2);
                }
                table
                    .options
                    .push(TableOption { kind: TableOptionKind::OnCommit(word), span: self.since(start) });
            } else if self.eat("tablespace") {
                let kind = TableOptionKind::Tablespace(self.ident()?);
                table.options.push(TableOption { kind, span: self.since(start) });
            } else if self.eat("server") {
                table.external = Some(self.ident()?);
                if self.eat("options") {
                    let options = self.options()?.into_iter();
                    table.options.extend(options.map(|option| TableOption {
                        span: option.span,
                        kind: TableOptionKind::Other(option),
                    }));
                }
            } else if self.eat("as") {
                table.query = Some(Box::new(self.created_query()?));
                table.no_data = self.no_data();
                break;
            } else {
                break;
            }
        }
        table.online = OnlineOptions::none(self.source.offset(self.before()));
        Some(Statement::CreateTable(Box::new(table)))
    }

    /// The query after `AS`, up to `WITH [NO] DATA`.
    pub(super) fn created_query(&mut self) -> Option<Query> {
        if self.is("execute") {
            let start = self.at;
            while !self.at_end() && !self.is("with") {
                self.at += 1;
            }
            return Some(Query::new(self.since(start), QueryFacts::default()));
        }
        if !self.is_query() {
            return None;
        }
        let start = self.at;
        while !self.at_end() && (self.at == start || !self.ends_query()) {
            if self.group().is_none() {
                self.at += 1;
            }
        }
        Some(self.query(start, self.at))
    }

    fn ends_query(&self) -> bool {
        self.are(&["with", "data"])
            || self.are(&["with", "no", "data"])
            || self.are(&["with", "check", "option"])
            || self.are(&["with", "local", "check"])
            || self.are(&["with", "cascaded", "check"])
    }

    pub(super) fn no_data(&mut self) -> bool {
        let none = self.skip(&["with", "no", "data"]);
        if !none {
            self.skip(&["with", "data"]);
        }
        none
    }

    /// `(a, b)`: a column of a definition has a type.
    fn is_name_list(&self) -> bool {
        use crate::lexer::TokenKind as T;
        let close = self.closing(self.at);
        let inside = self.tokens.get(self.at + 1..close).unwrap_or_default();
        let alternates = inside.iter().enumerate().all(|(index, token)| match index % 2 {
            0 => matches!(token.kind, T::Word | T::QuotedName),
            _ => token.kind == T::Symbol(b','),
        });
        inside.len() % 2 == 1 && alternates
    }

    fn table_element(&mut self, typed: bool) -> Option<TableElement> {
        if self.is("like") {
            return Some(TableElement::Like(self.like_table()?));
        }
        if self.is_table_constraint() {
            return Some(TableElement::Constraint(self.table_constraint()?));
        }
        if !typed {
            return Some(TableElement::Column(self.column_def()?));
        }
        // `name WITH OPTIONS …` of a typed table or partition: the type is its parent's.
        let start = self.at;
        let name = self.ident()?;
        self.skip(&["with", "options"]);
        let attributes = self.column_attributes(&name)?;
        Some(TableElement::Column(crate::model::ColumnDef {
            name,
            data_type: None,
            attributes,
            span: self.since(start),
        }))
    }

    fn like_table(&mut self) -> Option<LikeTable> {
        let start = self.at;
        self.want("like")?;
        let table = self.name()?;
        let (mut including, mut excluding) = (Vec::new(), Vec::new());
        loop {
            if self.eat("including") {
                including.push(self.word()?.text.to_ascii_lowercase());
            } else if self.eat("excluding") {
                excluding.push(self.word()?.text.to_ascii_lowercase());
            } else {
                break;
            }
        }
        Some(LikeTable { table, including, excluding, span: self.since(start) })
    }
}
