//! Sequences (MariaDB).

use super::create::Prefix;
use super::parser::Parser;
use crate::model::{AlterSequence, CreateSequence, SequenceOption, SequenceOptionKind, Statement};

impl Parser<'_> {
    pub(super) fn create_sequence(&mut self, prefix: Prefix) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let options = self.sequence_options();
        Some(Statement::CreateSequence(Box::new(CreateSequence {
            name,
            temporary: prefix.temporary,
            or_replace: prefix.or_replace,
            if_not_exists,
            options,
        })))
    }

    pub(super) fn alter_sequence(&mut self) -> Option<Statement> {
        let if_exists = self.if_exists();
        let name = self.object_name()?;
        let options = self.sequence_options();
        Some(Statement::AlterSequence(Box::new(AlterSequence {
            name,
            if_exists,
            options,
            rename_to: None,
            set_schema: None,
            owner: None,
        })))
    }

    fn sequence_options(&mut self) -> Vec<SequenceOption> {
        let mut options = Vec::new();
        while !self.at_end() {
            let start = self.token.start;
            match self.sequence_option() {
                Some(kind) => options.push(SequenceOption { kind, span: self.since(start) }),
                None => self.unknown_one(),
            }
        }
        options
    }

    fn sequence_option(&mut self) -> Option<SequenceOptionKind> {
        use SequenceOptionKind as K;
        let start = self.token.start;
        if self.accept("as") {
            return self.data_type().map(|it| K::Type(Box::new(it)));
        }
        if self.accept_any(&["nominvalue"]) || self.accept_all(&["no", "minvalue"]) {
            return Some(K::Min(None));
        }
        if self.accept_any(&["nomaxvalue"]) || self.accept_all(&["no", "maxvalue"]) {
            return Some(K::Max(None));
        }
        if self.accept("cycle") {
            return Some(K::Cycle(true));
        }
        if self.accept("nocycle") || self.accept_all(&["no", "cycle"]) {
            return Some(K::Cycle(false));
        }
        if self.accept("nocache") || self.accept_all(&["no", "cache"]) {
            return Some(K::Cache(1));
        }
        let word = self.token_text().to_ascii_lowercase();
        if !["increment", "start", "restart", "minvalue", "maxvalue", "cache"].contains(&word.as_str()) {
            let option = self.table_option()?;
            return Some(K::Other(option.span.slice(self.text).to_ascii_lowercase()));
        }
        self.advance();
        self.accept_any(&["by", "with"]);
        self.accept_symbol(b'=');
        let value = self.signed();
        Some(match (word.as_str(), value) {
            ("restart", value) => K::Restart(value),
            ("increment", Some(value)) => K::Increment(value),
            ("start", Some(value)) => K::Start(value),
            ("minvalue", Some(value)) => K::Min(Some(value)),
            ("maxvalue", Some(value)) => K::Max(Some(value)),
            ("cache", Some(value)) => K::Cache(value),
            _ => {
                // A number that does not fit.
                self.simple_value();
                K::Other(self.since(start).slice(self.text).to_ascii_lowercase())
            }
        })
    }
}
