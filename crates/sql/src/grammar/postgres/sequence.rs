use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{
    AlterSequence, ColumnRef, CreateSequence, ObjectName, SequenceOption, SequenceOptionKind as K, Statement,
};
use sluice_text::Span;

impl Grammar<'_> {
    /// Options up to the first word that is none.
    pub(super) fn sequence_options(&mut self) -> Option<Vec<SequenceOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.sequence_option()? {
            options.push(option);
        }
        Some(options)
    }

    fn sequence_option(&mut self) -> Option<Option<SequenceOption>> {
        let start = self.at;
        let kind = if self.eat("as") {
            K::Type(Box::new(self.data_type()?))
        } else if self.eat("increment") {
            self.eat("by");
            self.number().map_or_else(|| self.other(start), K::Increment)
        } else if self.eat("start") {
            self.eat("with");
            self.number().map_or_else(|| self.other(start), K::Start)
        } else if self.eat("restart") {
            let with = self.eat("with");
            if with || self.peek().kind == TokenKind::Number || self.is_symbol(b'-') {
                self.number().map_or_else(|| self.other(start), |number| K::Restart(Some(number)))
            } else {
                K::Restart(None)
            }
        } else if self.skip(&["no", "minvalue"]) {
            K::Min(None)
        } else if self.skip(&["no", "maxvalue"]) {
            K::Max(None)
        } else if self.skip(&["no", "cycle"]) {
            K::Cycle(false)
        } else if self.eat("minvalue") {
            self.number().map_or_else(|| self.other(start), |number| K::Min(Some(number)))
        } else if self.eat("maxvalue") {
            self.number().map_or_else(|| self.other(start), |number| K::Max(Some(number)))
        } else if self.eat("cache") {
            self.number().map_or_else(|| self.other(start), K::Cache)
        } else if self.eat("cycle") {
            K::Cycle(true)
        } else if self.skip(&["owned", "by"]) {
            if self.eat("none") { K::OwnedBy(None) } else { K::OwnedBy(Some(self.column_path()?)) }
        } else if self.skip(&["sequence", "name"]) {
            self.name()?;
            self.other(start)
        } else if self.is_any(&["logged", "unlogged"]) {
            self.at += 1;
            self.other(start)
        } else {
            return Some(None);
        };
        Some(Some(SequenceOption { kind, span: self.since(start) }))
    }

    fn other(&mut self, start: usize) -> K {
        // A number that does not fit.
        self.symbol(b'-');
        if self.peek().kind == TokenKind::Number {
            self.at += 1;
        }
        K::Other(self.words(start, self.at))
    }

    pub(super) fn column_path(&mut self) -> Option<ColumnRef> {
        let name = self.name()?;
        Some(ColumnRef { span: name.span, table: ObjectName::from_parts(name.qualifiers), name: name.name })
    }

    /// A whole number with its sign, if it fits.
    pub(super) fn number(&mut self) -> Option<i64> {
        let start = self.at;
        let negative = self.symbol(b'-');
        if !negative {
            self.symbol(b'+');
        }
        let token = self.peek();
        let value = (token.kind == TokenKind::Number).then(|| self.text(token).parse::<i64>().ok()).flatten();
        match value {
            Some(value) => {
                self.at += 1;
                Some(if negative { -value } else { value })
            }
            None => {
                self.at = start;
                None
            }
        }
    }

    pub(super) fn create_sequence(&mut self, temporary: Option<Span>) -> Option<Statement> {
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let name = self.name()?;
        let options = self.sequence_options()?;
        Some(Statement::CreateSequence(Box::new(CreateSequence {
            name,
            temporary,
            or_replace: None,
            if_not_exists,
            options,
        })))
    }

    pub(super) fn alter_sequence(&mut self) -> Option<Statement> {
        let if_exists = self.keyword(&["if", "exists"]);
        let name = self.name()?;
        let mut alter = AlterSequence {
            name,
            if_exists,
            options: Vec::new(),
            rename_to: None,
            set_schema: None,
            owner: None,
        };
        if self.skip(&["rename", "to"]) {
            alter.rename_to = Some(self.ident()?);
        } else if self.skip(&["set", "schema"]) {
            alter.set_schema = Some(self.ident()?);
        } else if self.skip(&["owner", "to"]) {
            alter.owner = Some(self.role()?);
        } else {
            self.eat("set");
            alter.options = self.sequence_options()?;
        }
        Some(Statement::AlterSequence(Box::new(alter)))
    }
}
