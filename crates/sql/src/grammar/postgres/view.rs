use sluice_text::Span;

use super::grammar::Grammar;
use crate::model::{CreateView, Keyword, RefreshView, Statement};

impl Grammar<'_> {
    /// `CREATE … VIEW`, behind `VIEW`.
    pub(super) fn create_view(
        &mut self,
        materialized: bool,
        temporary: Option<Span>,
        recursive: bool,
        or_replace: Keyword,
    ) -> Option<Statement> {
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let name = self.name()?;
        let columns = if self.is_open() { self.ident_list()? } else { Vec::new() };
        let mut options = Vec::new();
        if self.eat("using") {
            self.word()?;
        }
        if self.eat("with") {
            options = self.options()?;
        }
        if self.eat("tablespace") {
            self.ident()?;
        }
        self.want("as")?;
        let query = self.created_query()?;
        let mut check_option = None;
        for words in [
            &["with", "check", "option"][..],
            &["with", "local", "check", "option"],
            &["with", "cascaded", "check", "option"],
        ] {
            check_option = check_option.or_else(|| self.take(words));
        }
        let no_data = self.no_data();
        Some(Statement::CreateView(Box::new(CreateView {
            name,
            alter: false,
            materialized,
            temporary,
            recursive,
            or_replace,
            if_not_exists,
            columns,
            algorithm: None,
            definer: None,
            security: None,
            options,
            query,
            check_option,
            no_data,
        })))
    }

    pub(super) fn refresh(&mut self) -> Option<Statement> {
        self.want("refresh")?;
        self.want("materialized")?;
        self.want("view")?;
        let concurrently = self.keyword(&["concurrently"]);
        let name = self.name()?;
        let no_data = self.no_data();
        Some(Statement::RefreshView(Box::new(RefreshView { name, concurrently, no_data })))
    }
}
