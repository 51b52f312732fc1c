//! Constraints of tables, foreign keys, deferral.

use super::cursor::Cursor;
use crate::model::{
    Deferral, ForeignKey, Ident, KeyConstraint, Keyword, MatchKind, NamedOption, ReferentialAction,
    TableConstraint, TableConstraintKind,
};

impl Cursor<'_> {
    pub(super) fn table_constraint(&mut self) -> Option<TableConstraint> {
        let start = self.token.start;
        let name = if self.accept("constraint") { Some(self.ident()?) } else { None };
        let mut deferral = Deferral::default();
        let kind = if self.accept_all(&["primary", "key"]) {
            TableConstraintKind::PrimaryKey(self.key_constraint()?)
        } else if self.accept("unique") {
            TableConstraintKind::Unique(self.key_constraint()?)
        } else if self.accept("check") {
            let expr = self.inner_expr()?;
            // Read, and without effect (page "The ON CONFLICT Clause").
            self.on_conflict();
            TableConstraintKind::Check(expr)
        } else if self.is("foreign") {
            let from = self.token.start;
            if !self.accept_all(&["foreign", "key"]) {
                return None;
            }
            let columns = self.ident_list()?;
            let key = self.references(columns, from)?;
            deferral = self.deferral().unwrap_or_default();
            TableConstraintKind::ForeignKey(key)
        } else {
            return None;
        };
        Some(TableConstraint {
            name,
            kind,
            not_valid: Keyword::absent(self.last),
            enforced: None,
            no_inherit: false,
            deferral,
            if_not_exists: None,
            span: self.since(start),
        })
    }

    fn key_constraint(&mut self) -> Option<KeyConstraint> {
        let keys = self.index_keys()?;
        let parameters: Vec<NamedOption> = self.on_conflict().into_iter().collect();
        Some(KeyConstraint {
            keys,
            index_name: None,
            using_index: None,
            method: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            without_overlaps: false,
            options: Vec::new(),
            parameters,
        })
    }

    /// `REFERENCES table [(columns)] …`; `start` is where the foreign key begins.
    pub(super) fn references(&mut self, columns: Vec<Ident>, start: usize) -> Option<ForeignKey> {
        if !self.accept("references") {
            return None;
        }
        let table = self.object_name()?;
        let referenced = self.ident_list().unwrap_or_default();
        let (mut on_delete, mut on_update, mut matching) = (None, None, None);
        loop {
            if self.is("on") && self.peek_is(&["delete", "update", "insert"]) {
                self.advance();
                let (delete, update) = (self.is("delete"), self.is("update"));
                self.advance();
                let action = self.referential_action();
                if action.is_none() {
                    self.missing("what the foreign key does");
                }
                if delete {
                    on_delete = action;
                } else if update {
                    on_update = action;
                }
            } else if self.accept("match") {
                // Any name is read; none has an effect.
                let name = self.ident()?;
                matching = match name.text.to_ascii_lowercase().as_str() {
                    "full" => Some(MatchKind::Full),
                    "partial" => Some(MatchKind::Partial),
                    "simple" => Some(MatchKind::Simple),
                    _ => None,
                };
            } else {
                break;
            }
        }
        Some(ForeignKey {
            columns,
            table,
            referenced,
            on_delete,
            on_update,
            matching,
            index_name: None,
            period: false,
            span: self.since(start),
        })
    }

    fn referential_action(&mut self) -> Option<ReferentialAction> {
        Some(if self.accept_all(&["set", "null"]) {
            ReferentialAction::SetNull
        } else if self.accept_all(&["set", "default"]) {
            ReferentialAction::SetDefault
        } else if self.accept("cascade") {
            ReferentialAction::Cascade
        } else if self.accept("restrict") {
            ReferentialAction::Restrict
        } else if self.accept_all(&["no", "action"]) {
            ReferentialAction::NoAction
        } else {
            return None;
        })
    }

    /// `[NOT] DEFERRABLE [INITIALLY DEFERRED|IMMEDIATE]`.
    pub(super) fn deferral(&mut self) -> Option<Deferral> {
        let deferrable = if self.accept_all(&["not", "deferrable"]) {
            false
        } else if self.accept("deferrable") {
            true
        } else {
            return None;
        };
        let initially_deferred = if self.accept_all(&["initially", "deferred"]) {
            Some(true)
        } else if self.accept_all(&["initially", "immediate"]) {
            Some(false)
        } else {
            None
        };
        Some(Deferral { deferrable: Some(deferrable), initially_deferred })
    }
}
