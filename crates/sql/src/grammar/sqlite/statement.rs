use super::cursor::Cursor;
use crate::model::{Other, Statement};

impl Cursor<'_> {
    /// One statement; none where it is not known.
    pub(super) fn statement(&mut self) -> Option<Statement> {
        if self.is("with") {
            return self.with_statement();
        }
        if self.is_any(&["select", "values"]) {
            return self.query_statement();
        }
        if self.is_any(&["insert", "replace"]) {
            return self.insert();
        }
        match self.token_text().to_ascii_lowercase().as_str() {
            "update" => self.update(),
            "delete" => self.delete(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop_statement(),
            "explain" => self.explain(),
            "pragma" => self.pragma(),
            "attach" => self.attach(),
            "detach" => self.detach(),
            "vacuum" => self.vacuum(),
            "reindex" | "analyze" => self.maintenance(),
            "begin" | "commit" | "end" | "rollback" | "savepoint" | "release" => self.transaction(),
            _ => None,
        }
    }

    /// `WITH …` before a query or a change of rows.
    fn with_statement(&mut self) -> Option<Statement> {
        let start = self.token.start;
        self.own.queries += 1;
        let names = self.with_clause();
        self.own.queries -= 1;
        let statement = if self.is_any(&["insert", "replace"]) {
            self.insert()
        } else if self.is("update") {
            self.update()
        } else if self.is("delete") {
            self.delete()
        } else if self.is_any(&["select", "values"]) {
            self.query_statement()
        } else {
            None
        };
        self.end_with(names);
        let mut statement = statement?;
        if let Statement::Query(query) = &mut statement {
            query.span = self.since(start);
        }
        Some(statement)
    }

    /// `EXPLAIN [QUERY PLAN] statement`.
    fn explain(&mut self) -> Option<Statement> {
        self.accept("explain");
        let verb = if self.accept_all(&["query", "plan"]) { "explain query plan" } else { "explain" };
        if self.at_end() {
            return None;
        }
        let inner = Some(Box::new(self.nested()));
        Some(Statement::Other(Box::new(Other { verb: verb.to_owned(), names: Vec::new(), inner })))
    }
}
