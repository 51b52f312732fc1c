//! `CREATE VIEW`, `ALTER VIEW`.

use super::create::Prefix;
use super::parser::Parser;
use crate::model::{CreateView, Statement};

impl Parser<'_> {
    pub(super) fn view(&mut self, prefix: Prefix, alter: bool) -> Option<Statement> {
        let if_not_exists = if alter { self.if_exists() } else { self.if_not_exists() };
        let name = self.object_name()?;
        let columns = if self.is_open() { self.ident_list()? } else { Vec::new() };
        if !self.accept("as") {
            return None;
        }
        let query = self.query_with_facts()?;
        let start = self.token.start;
        let mut check_option = None;
        if self.accept("with") {
            self.accept_any(&["cascaded", "local"]);
            self.accept("check");
            self.accept("option");
            check_option = Some(self.since(start));
        }
        Some(Statement::CreateView(Box::new(CreateView {
            name,
            alter,
            materialized: false,
            temporary: None,
            recursive: false,
            or_replace: prefix.replace_at,
            if_not_exists,
            columns,
            algorithm: prefix.algorithm,
            definer: prefix.definer,
            security: prefix.security,
            options: Vec::new(),
            query,
            check_option,
            no_data: false,
        })))
    }
}
