use super::grammar::Grammar;
use crate::ObjectKind;
use crate::model::{
    AlterSystem, CreateDatabase, CreateExtension, CreateSchema, Ident, Publication, PublishedTable,
    Statement, Subscription, Text, Word,
};

impl Grammar<'_> {
    pub(super) fn create_schema(&mut self) -> Option<Statement> {
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let name = if self.is("authorization") { None } else { Some(self.name()?) };
        let owner = if self.eat("authorization") { Some(self.role()?) } else { None };
        let mut elements = Vec::new();
        // Elements follow each other without anything between them.
        while !self.at_end() {
            let from = self.at;
            if !self.is_any(&["create", "grant"]) {
                break;
            }
            self.at += 1;
            while !self.at_end() && !self.begins_element() {
                if self.group().is_none() {
                    self.at += 1;
                }
            }
            if self.source.depth < super::grammar::DEPTH {
                elements.push(self.inner(self.token(from).start, self.before()));
            }
        }
        Some(Statement::CreateSchema(Box::new(CreateSchema { name, if_not_exists, owner, elements })))
    }

    fn begins_element(&self) -> bool {
        const OBJECTS: &[&str] = &[
            "table",
            "view",
            "index",
            "sequence",
            "trigger",
            "function",
            "procedure",
            "aggregate",
            "type",
            "domain",
            "collation",
            "operator",
            "text",
            "or",
            "unique",
            "temp",
            "temporary",
            "unlogged",
            "recursive",
            "constraint",
        ];
        let before = self.at.checked_sub(1).is_some_and(|index| self.token_is(index, "with"));
        self.is("create") && OBJECTS.iter().any(|word| self.token_is(self.at + 1, word))
            || self.is("grant") && !before && !self.token_is(self.at + 1, "option")
    }

    pub(super) fn create_database(&mut self) -> Option<Statement> {
        let if_not_exists = self.source.absent(self.before());
        let mut database = CreateDatabase {
            name: self.name()?,
            or_replace: None,
            if_not_exists,
            charset: None,
            collation: None,
            options: Vec::new(),
        };
        self.eat("with");
        while !self.at_end() {
            let start = self.at;
            let mut name = self.word()?.text.to_ascii_lowercase();
            if name == "connection" {
                self.want("limit")?;
                name.push_str(" limit");
            }
            self.symbol(b'=');
            let from = self.at;
            let text = if self.is_string() {
                let text = self.string()?;
                Word { text: text.value, span: text.span }
            } else if self.number().is_some() {
                Word { text: self.words(from, self.at), span: self.since(from) }
            } else {
                self.word()?
            };
            match name.as_str() {
                "encoding" => database.charset = Some(text),
                "lc_collate" | "locale" => database.collation = Some(text),
                _ => {
                    let value = self.plain(from, self.at);
                    database.options.push(self.named(&name, start, Some(value)));
                }
            }
        }
        Some(Statement::CreateDatabase(Box::new(database)))
    }

    pub(super) fn create_extension(&mut self) -> Option<Statement> {
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let mut extension =
            CreateExtension { name: self.name()?, if_not_exists, schema: None, version: None, cascade: None };
        self.eat("with");
        loop {
            if self.eat("schema") {
                extension.schema = Some(self.ident()?);
            } else if self.eat("version") {
                extension.version = Some(self.text_or_word()?);
            } else if self.eat("from") {
                self.text_or_word()?;
            } else if let Some(span) = self.take(&["cascade"]) {
                extension.cascade = Some(span);
            } else {
                return Some(Statement::CreateExtension(Box::new(extension)));
            }
        }
    }

    pub(super) fn text_or_word(&mut self) -> Option<Text> {
        if self.is_string() {
            return self.string();
        }
        let word = self.word()?;
        Some(Text { value: word.text, span: word.span })
    }

    pub(super) fn create_publication(&mut self, verb: Word) -> Option<Statement> {
        let mut publication = Publication {
            name: self.name()?,
            verb,
            all_tables: false,
            tables: Vec::new(),
            schemas: Vec::new(),
            options: Vec::new(),
        };
        if self.skip(&["for", "all", "tables"]) {
            publication.all_tables = true;
            if self.skip(&["except"]) {
                self.eat("table");
                self.group()?;
            }
        } else if self.eat("for") {
            self.published(&mut publication)?;
        }
        if self.eat("with") {
            publication.options = self.options()?;
        }
        Some(Statement::Publication(Box::new(publication)))
    }

    /// `ALTER PUBLICATION`, behind those words.
    pub(super) fn alter_publication(&mut self) -> Option<Statement> {
        let start = self.at;
        let name = self.name()?;
        let verb = if self.is_any(&["add", "drop"]) || self.is("set") && !self.is_options() {
            self.word()?
        } else if self.is("set") {
            let verb = self.word()?;
            let options = self.options()?;
            return Some(Statement::Publication(Box::new(Publication {
                name,
                verb,
                all_tables: false,
                tables: Vec::new(),
                schemas: Vec::new(),
                options,
            })));
        } else {
            self.at = start;
            return self.alter_named(ObjectKind::Publication);
        };
        let mut publication = Publication {
            name,
            verb,
            all_tables: self.skip(&["all", "tables"]),
            tables: Vec::new(),
            schemas: Vec::new(),
            options: Vec::new(),
        };
        if !publication.all_tables {
            self.published(&mut publication)?;
        }
        Some(Statement::Publication(Box::new(publication)))
    }

    fn is_options(&self) -> bool {
        self.nth(1).kind == crate::lexer::TokenKind::OpenParen
    }

    fn published(&mut self, publication: &mut Publication) -> Option<()> {
        let mut in_schemas = false;
        loop {
            if self.skip(&["tables", "in", "schema"]) {
                in_schemas = true;
            } else if self.eat("table") {
                in_schemas = false;
            }
            if in_schemas {
                let schema: Ident = self.ident()?;
                publication.schemas.push(schema);
            } else {
                self.eat("only");
                let wrapped = self.open().is_some();
                let name = self.name()?;
                if wrapped {
                    self.close()?;
                }
                self.symbol(b'*');
                let columns = if self.is_open() { self.ident_list()? } else { Vec::new() };
                let filter = if self.eat("where") { Some(self.parenthesised()?) } else { None };
                publication.tables.push(PublishedTable { name, columns, filter });
            }
            if !self.symbol(b',') {
                return Some(());
            }
        }
    }

    pub(super) fn create_subscription(&mut self) -> Option<Statement> {
        let name = self.name()?;
        let connection = if self.eat("server") {
            self.text_or_word()?
        } else {
            self.want("connection")?;
            self.string()?
        };
        self.want("publication")?;
        let publications = self.commas(Self::ident)?;
        let options = if self.eat("with") { self.options()? } else { Vec::new() };
        Some(Statement::Subscription(Box::new(Subscription { name, connection, publications, options })))
    }

    /// `ALTER SYSTEM`, behind those words.
    pub(super) fn alter_system(&mut self) -> Option<Statement> {
        let (setting, _) = self.setting_clause()?;
        let setting = setting.filter(|setting| setting.name != "all");
        Some(Statement::AlterSystem(Box::new(AlterSystem { setting })))
    }
}
