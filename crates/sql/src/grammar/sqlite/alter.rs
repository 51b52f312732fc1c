//! `ALTER TABLE`: one action each.

use super::cursor::Cursor;
use crate::ObjectKind;
use crate::model::{
    AlterAction, AlterTable, ColumnChange, Keyword, ObjectName, OnlineOptions, Statement, TableAction,
};

impl Cursor<'_> {
    pub(super) fn alter(&mut self) -> Option<Statement> {
        self.accept("alter");
        if !self.accept("table") {
            return None;
        }
        let absent = Keyword::absent(self.last);
        let name = self.object_name()?;
        let start = self.token.start;
        let kind = self.table_action()?;
        let actions = vec![AlterAction { kind, span: self.since(start) }];
        Some(Statement::AlterTable(Box::new(AlterTable {
            name,
            kind: ObjectKind::Table,
            if_exists: absent,
            only: absent,
            actions,
            online: OnlineOptions::none(self.last),
        })))
    }

    fn table_action(&mut self) -> Option<TableAction> {
        if self.accept("rename") {
            if self.accept("to") {
                return Some(TableAction::RenameTo(ObjectName::bare(self.ident()?)));
            }
            if self.is("column") && !self.peek_is(&["to"]) {
                self.advance();
            }
            let from = self.ident()?;
            if !self.accept("to") {
                return None;
            }
            return Some(TableAction::RenameColumn { from, to: self.ident()? });
        }
        if self.accept("add") {
            // Constraints are for SQLite 3.53 and later.
            if self.is_any(&["constraint", "check"]) {
                return self.table_constraint().map(|it| TableAction::AddConstraint(Box::new(it)));
            }
            self.accept("column");
            let if_not_exists = Keyword::absent(self.last);
            let column = Box::new(self.column_def()?);
            return Some(TableAction::AddColumn { column, if_not_exists, position: None });
        }
        if self.accept("drop") {
            let if_exists = Keyword::absent(self.last);
            if self.accept("constraint") {
                let kind = ObjectKind::Constraint;
                return Some(TableAction::DropConstraint {
                    name: self.ident()?,
                    kind,
                    if_exists,
                    cascade: None,
                });
            }
            self.accept("column");
            let if_exists = Keyword::absent(self.last);
            return Some(TableAction::DropColumn { name: self.ident()?, if_exists, cascade: None });
        }
        if self.accept("alter") {
            self.accept("column");
            let name = self.ident()?;
            let change = if self.accept_all(&["set", "not", "null"]) {
                self.on_conflict();
                ColumnChange::SetNotNull
            } else if self.accept_all(&["drop", "not", "null"]) {
                ColumnChange::DropNotNull
            } else {
                return None;
            };
            return Some(TableAction::AlterColumn { name, if_exists: None, change: Box::new(change) });
        }
        None
    }
}
