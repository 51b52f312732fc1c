//! `ALTER TABLE`.

use sluice_text::Span;

use super::key::Key;
use super::parser::Parser;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    AlterAction, AlterTable, ColumnChange, Deferral, Ident, OnlineOptions, PartitionAction, Statement,
    TableAction,
};

impl Parser<'_> {
    /// Behind `ALTER [ONLINE] [IGNORE] TABLE`.
    pub(super) fn alter_table(&mut self, mut online: OnlineOptions) -> Option<Statement> {
        let if_exists = self.if_exists();
        let name = self.object_name()?;
        let only = crate::model::Keyword::absent(name.span.start);
        while self.online(&mut online) {}
        let mut actions = Vec::new();
        online.end = self.last;
        while !self.at_end() {
            if self.comma() {
                continue;
            }
            let start = self.token.start;
            if self.online(&mut online) {
                online.end = self.last;
                continue;
            }
            let whole = self.is("partition") || (self.is("remove") && self.peek_is(&["partitioning"]));
            let before = actions.len();
            if self.is("add") && self.adds_several() {
                self.add_several(&mut actions);
            } else if let Some(kind) = self.table_action() {
                actions.push(AlterAction { kind, span: self.since(start) });
            }
            if actions.len() == before {
                if self.last > start {
                    self.unknown_item(start);
                } else {
                    self.unknown_item(self.token.start);
                }
                if self.is_close() {
                    self.unknown_one();
                }
            } else if !self.at_end() && !self.is_symbol(b',') && !self.goes_on() {
                self.unknown_item(self.token.start);
            }
            // Nothing may follow a clause about the whole table's partitions.
            if !whole {
                online.end = self.last;
            }
        }
        Some(Statement::AlterTable(Box::new(AlterTable {
            name,
            kind: ObjectKind::Table,
            if_exists,
            only,
            actions,
            online,
        })))
    }

    /// Table options and clauses about partitions need no comma before them.
    fn goes_on(&mut self) -> bool {
        if self.is("partition") || (self.is("remove") && self.peek_is(&["partitioning"])) {
            return true;
        }
        let place = self.place();
        let option = self.table_option().is_some();
        self.go_back(place);
        option
    }

    /// `ADD [COLUMN] [IF NOT EXISTS] (a INT, KEY (a))`.
    fn adds_several(&mut self) -> bool {
        let place = self.place();
        self.advance();
        self.accept("column");
        self.if_not_exists();
        let found = self.is_open();
        self.go_back(place);
        found
    }

    fn add_several(&mut self, actions: &mut Vec<AlterAction>) {
        self.advance();
        self.accept("column");
        let if_not_exists = self.if_not_exists();
        self.advance();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            let action = if self.is_key() {
                self.key().map(added)
            } else {
                self.column_def().map(|column| TableAction::AddColumn {
                    column: Box::new(column),
                    if_not_exists,
                    position: None,
                })
            };
            match action {
                Some(kind) => actions.push(AlterAction { kind, span: self.since(start) }),
                None => self.unknown_item(start),
            }
            if !self.comma() && !self.is_close() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        self.accept_close();
    }

    fn table_action(&mut self) -> Option<TableAction> {
        let word = self.token_text().to_ascii_lowercase();
        if self.kind() != TokenKind::Word {
            return None;
        }
        match word.as_str() {
            "add" => self.add_action(),
            "drop" => self.drop_action(),
            "alter" => self.alter_action(),
            "rename" => self.rename_action(),
            "modify" => {
                self.advance();
                self.accept("column");
                let if_exists = self.take_all(&["if", "exists"]);
                let column = Box::new(self.column_def()?);
                let position = self.column_position();
                Some(TableAction::ModifyColumn { column, if_exists, position })
            }
            "change" => {
                self.advance();
                self.accept("column");
                let if_exists = self.take_all(&["if", "exists"]);
                let from = self.ident()?;
                let column = Box::new(self.column_def()?);
                let position = self.column_position();
                Some(TableAction::ChangeColumn { from, column, if_exists, position })
            }
            "convert" => self.convert_action(),
            "force" => {
                self.advance();
                Some(TableAction::Force)
            }
            "order" => {
                self.advance();
                if !self.accept("by") {
                    return None;
                }
                let mut columns = Vec::new();
                loop {
                    columns.push(self.object_name()?.name);
                    self.order();
                    if !self.comma() {
                        return Some(TableAction::OrderBy(columns));
                    }
                }
            }
            "enable" | "disable" => {
                let on = self.is("enable");
                self.advance();
                self.accept("keys").then_some(TableAction::EnableKeys(on))
            }
            "with" | "without" if self.peek_is(&["validation"]) => {
                let with = self.is("with");
                self.advance();
                self.advance();
                Some(TableAction::Validation(with))
            }
            "partition" => {
                self.partition_by().map(|by| TableAction::Partition(PartitionAction::By(Box::new(by))))
            }
            "remove" => {
                self.advance();
                self.accept("partitioning").then_some(TableAction::Partition(PartitionAction::Remove))
            }
            "secondary_load" | "secondary_unload" => {
                self.advance();
                Some(TableAction::Other(word))
            }
            "truncate" | "coalesce" | "reorganize" | "exchange" | "analyze" | "check" | "optimize"
            | "rebuild" | "repair" | "import" | "discard" => self.partition_action(&word),
            _ => self.table_option().map(TableAction::SetOption),
        }
    }

    fn add_action(&mut self) -> Option<TableAction> {
        self.accept("add");
        if self.is("partition") {
            self.advance();
            self.if_not_exists();
            self.accept_any(&["no_write_to_binlog", "local"]);
            let mut partitions = Vec::new();
            let mut count = None;
            if self.accept("partitions") {
                count = self.number();
            } else if self.is_open() {
                partitions = self.partition_defs();
            } else {
                return None;
            }
            return Some(TableAction::Partition(PartitionAction::Add { partitions, count }));
        }
        if self.accept_all(&["system", "versioning"]) {
            return Some(TableAction::SystemVersioning(true));
        }
        if self.is("period") && self.peek_is(&["for", "if"]) {
            return self.period().map(TableAction::AddPeriod);
        }
        if self.is_key() {
            return self.key().map(added);
        }
        self.accept("column");
        let if_not_exists = self.if_not_exists();
        let column = Box::new(self.column_def()?);
        let position = self.column_position();
        Some(TableAction::AddColumn { column, if_not_exists, position })
    }

    fn drop_action(&mut self) -> Option<TableAction> {
        self.accept("drop");
        if self.accept_all(&["primary", "key"]) {
            return Some(TableAction::DropPrimaryKey);
        }
        if self.accept_all(&["system", "versioning"]) {
            return Some(TableAction::SystemVersioning(false));
        }
        if self.is("period") && self.peek_is(&["for", "if"]) {
            self.advance();
            self.take_all(&["if", "exists"]);
            self.accept("for");
            return self.ident().map(TableAction::DropPeriod);
        }
        if self.is("partition") && !self.peek_ends_action() {
            self.advance();
            self.take_all(&["if", "exists"]);
            return self.idents().map(|names| TableAction::Partition(PartitionAction::Drop(names)));
        }
        if self.is_any(&["index", "key"]) {
            self.advance();
            let if_exists = self.take_all(&["if", "exists"]);
            return Some(TableAction::DropIndex { name: self.ident()?, if_exists });
        }
        let kind = if self.accept_all(&["foreign", "key"]) {
            Some(ObjectKind::ForeignKey)
        } else if self.accept("constraint") {
            Some(ObjectKind::Constraint)
        } else if self.accept("check") {
            Some(ObjectKind::Check)
        } else {
            None
        };
        if let Some(kind) = kind {
            let if_exists = self.if_exists();
            let name = self.ident()?;
            return Some(TableAction::DropConstraint { name, kind, if_exists, cascade: None });
        }
        self.accept("column");
        let if_exists = self.if_exists();
        let name = self.ident()?;
        let cascade = self.take("cascade");
        if cascade.is_none() {
            self.accept("restrict");
        }
        Some(TableAction::DropColumn { name, if_exists, cascade })
    }

    /// What follows the next token is a comma or the end.
    fn peek_ends_action(&mut self) -> bool {
        matches!(self.peek().0, TokenKind::Symbol(b',') | TokenKind::End | TokenKind::Delimiter)
    }

    fn alter_action(&mut self) -> Option<TableAction> {
        self.accept("alter");
        if self.is_any(&["index", "key"]) && !self.peek_is(&["set", "drop"]) {
            self.advance();
            self.take_all(&["if", "exists"]);
            let name = self.ident()?;
            let visible = if self.accept("visible") || self.accept_all(&["not", "ignored"]) {
                true
            } else if self.accept_any(&["invisible", "ignored"]) {
                false
            } else {
                return None;
            };
            return Some(TableAction::AlterIndex { name, visible });
        }
        if self.is_any(&["check", "constraint"]) {
            self.advance();
            let name = self.ident()?;
            let enforced = Some(self.enforced()?);
            return Some(TableAction::AlterConstraint {
                name,
                deferral: Deferral::default(),
                enforced,
                inherit: None,
            });
        }
        self.accept("column");
        let if_exists = self.take_all(&["if", "exists"]);
        let name = self.ident()?;
        let change = if self.accept_all(&["set", "default"]) {
            ColumnChange::SetDefault(self.default_value()?)
        } else if self.accept_all(&["drop", "default"]) {
            ColumnChange::DropDefault
        } else if self.accept_all(&["set", "visible"]) {
            ColumnChange::SetVisible(true)
        } else if self.accept_all(&["set", "invisible"]) {
            ColumnChange::SetVisible(false)
        } else {
            return None;
        };
        Some(TableAction::AlterColumn { name, if_exists, change: Box::new(change) })
    }

    fn rename_action(&mut self) -> Option<TableAction> {
        self.accept("rename");
        if self.is("column") {
            self.advance();
            self.take_all(&["if", "exists"]);
            let (from, to) = self.old_and_new()?;
            return Some(TableAction::RenameColumn { from, to });
        }
        if self.is_any(&["index", "key"]) {
            self.advance();
            self.take_all(&["if", "exists"]);
            let (from, to) = self.old_and_new()?;
            return Some(TableAction::RenameIndex { from, to });
        }
        if !self.accept_any(&["to", "as"]) {
            self.accept_symbol(b'=');
        }
        self.object_name().map(TableAction::RenameTo)
    }

    fn old_and_new(&mut self) -> Option<(Ident, Ident)> {
        let from = self.ident()?;
        if !self.accept("to") {
            return None;
        }
        Some((from, self.ident()?))
    }

    fn convert_action(&mut self) -> Option<TableAction> {
        self.accept("convert");
        if self.accept("partition") {
            let partition = self.ident()?;
            self.accept("to");
            self.accept("table");
            let table = self.object_name()?;
            self.validation();
            return Some(TableAction::Partition(PartitionAction::ConvertToTable { partition, table }));
        }
        if self.accept("table") {
            let table = self.object_name()?;
            self.accept("to");
            let partition = Box::new(self.partition_def()?);
            self.validation();
            return Some(TableAction::Partition(PartitionAction::ConvertFromTable { table, partition }));
        }
        self.accept("to");
        if !self.accept_all(&["character", "set"]) && !self.accept("charset") {
            return None;
        }
        let charset = self.equals_word()?;
        let collation = if self.accept("collate") { self.equals_word() } else { None };
        Some(TableAction::ConvertCharset { charset, collation })
    }

    /// `WITHOUT VALIDATION`.
    fn validation(&mut self) -> Option<Span> {
        self.take_all(&["with", "validation"]);
        self.take_all(&["without", "validation"])
    }

    /// Maintenance of partitions; the verb is the next token.
    fn partition_action(&mut self, verb: &str) -> Option<TableAction> {
        self.advance();
        if matches!(verb, "import" | "discard") && self.accept("tablespace") {
            return Some(TableAction::Tablespace { import: verb == "import" });
        }
        if !self.accept("partition") {
            return None;
        }
        self.accept_any(&["no_write_to_binlog", "local"]);
        let action = match verb {
            "truncate" => PartitionAction::Truncate(self.partition_names()?),
            "coalesce" => PartitionAction::Coalesce(self.number()?),
            "reorganize" => {
                let names = if self.is("into") || self.at_end() { None } else { Some(self.idents()?) };
                let into =
                    if self.accept("into") && self.is_open() { self.partition_defs() } else { Vec::new() };
                PartitionAction::Reorganize { names, into }
            }
            "exchange" => {
                let partition = self.ident()?;
                self.accept("with");
                self.accept("table");
                let table = self.object_name()?;
                PartitionAction::Exchange { partition, table, without_validation: self.validation() }
            }
            _ => {
                let names = self.partition_names()?;
                self.accept("tablespace");
                while self.accept_any(&[
                    "quick", "fast", "medium", "extended", "changed", "use_frm", "for", "upgrade",
                ]) {}
                PartitionAction::Maintain { verb: verb.to_owned(), names }
            }
        };
        Some(TableAction::Partition(action))
    }

    /// Names, or `ALL`.
    fn partition_names(&mut self) -> Option<Option<Vec<Ident>>> {
        if self.accept("all") {
            return Some(None);
        }
        self.idents().map(Some)
    }
}

/// What adding a key does.
fn added(key: Key) -> TableAction {
    match key {
        Key::Constraint(constraint) => TableAction::AddConstraint(Box::new(constraint)),
        Key::Index(index, if_not_exists) => TableAction::AddIndex { index: Box::new(index), if_not_exists },
    }
}
