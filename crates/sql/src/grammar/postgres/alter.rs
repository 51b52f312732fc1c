use super::grammar::Grammar;
use crate::ObjectKind;
use crate::model::{
    AlterAction, AlterTable, Deferral, Ident, NamedOption, ObjectName, OnlineOptions, PartitionAction,
    Statement, TableAction, TableOption, TableOptionKind, TriggerSelection,
};

impl Grammar<'_> {
    /// `ALTER {TABLE|INDEX|VIEW|MATERIALIZED VIEW|FOREIGN TABLE}`, behind those words.
    pub(super) fn alter_table(&mut self, kind: ObjectKind) -> Option<Statement> {
        if self.skip(&["all", "in", "tablespace"]) {
            return self.alter_all(kind);
        }
        let if_exists = self.keyword(&["if", "exists"]);
        let only = self.keyword(&["only"]);
        let wrapped = only.is_written() && self.open().is_some();
        let name = self.name()?;
        if wrapped {
            self.close()?;
        }
        self.symbol(b'*');
        let mut actions = Vec::new();
        let mut more = true;
        while more {
            let start = self.at;
            let kinds = self.table_action(kind)?;
            let span = self.since(start);
            actions.extend(kinds.into_iter().map(|kind| AlterAction { kind, span }));
            more = self.symbol(b',');
        }
        let online = OnlineOptions::none(self.source.offset(self.before()));
        Some(Statement::AlterTable(Box::new(AlterTable { name, kind, if_exists, only, actions, online })))
    }

    /// `ALTER TABLE ALL IN TABLESPACE a … SET TABLESPACE b`.
    fn alter_all(&mut self, kind: ObjectKind) -> Option<Statement> {
        let name = self.name()?;
        if self.skip(&["owned", "by"]) {
            self.roles()?;
        }
        let start = self.at;
        self.want("set")?;
        self.want("tablespace")?;
        self.ident()?;
        self.eat("nowait");
        Some(Statement::Other(Box::new(crate::model::Other {
            verb: format!(
                "alter {} all in tablespace",
                if kind == ObjectKind::Index { "index" } else { "table" }
            ),
            names: vec![name, ObjectName::bare(Ident::bare("tablespace", self.since(start)))],
            inner: None,
        })))
    }

    fn table_action(&mut self, of: ObjectKind) -> Option<Vec<TableAction>> {
        let start = self.at;
        if self.eat("add") {
            return self.add().map(|action| vec![action]);
        }
        if self.eat("drop") {
            return self.drop_part().map(|action| vec![action]);
        }
        if self.eat("alter") {
            return self.alter_part().map(|action| vec![action]);
        }
        if self.eat("rename") {
            return self.rename_part().map(|action| vec![action]);
        }
        if self.eat("set") {
            return self.set(start);
        }
        if self.eat("reset") {
            return Some(vec![TableAction::ResetOptions(self.option_names()?)]);
        }
        self.other_action(of).map(|action| vec![action])
    }

    fn add(&mut self) -> Option<TableAction> {
        if self.is_table_constraint() {
            return Some(TableAction::AddConstraint(Box::new(self.table_constraint()?)));
        }
        self.eat("column");
        let if_not_exists = self.keyword(&["if", "not", "exists"]);
        let column = Box::new(self.column_def()?);
        Some(TableAction::AddColumn { column, if_not_exists, position: None })
    }

    fn drop_part(&mut self) -> Option<TableAction> {
        if self.eat("constraint") {
            let if_exists = self.keyword(&["if", "exists"]);
            let name = self.ident()?;
            let cascade = self.cascade();
            return Some(TableAction::DropConstraint {
                name,
                kind: ObjectKind::Constraint,
                if_exists,
                cascade,
            });
        }
        self.eat("column");
        let if_exists = self.keyword(&["if", "exists"]);
        let name = self.ident()?;
        Some(TableAction::DropColumn { name, if_exists, cascade: self.cascade() })
    }

    fn alter_part(&mut self) -> Option<TableAction> {
        if self.eat("constraint") {
            let name = self.ident()?;
            let mut deferral = Deferral::default();
            let (mut enforced, mut inherit) = (None, None);
            loop {
                if let Some(value) = self.enforced() {
                    enforced = Some(value);
                } else if self.skip(&["no", "inherit"]) {
                    inherit = Some(false);
                } else if self.eat("inherit") || self.skip(&["set", "inherit"]) {
                    inherit = Some(true);
                } else if let Some(value) = self.deferral() {
                    deferral = value;
                } else {
                    break;
                }
            }
            return Some(TableAction::AlterConstraint { name, deferral, enforced, inherit });
        }
        self.eat("column");
        // `ALTER INDEX i ALTER COLUMN 1 SET STATISTICS n`.
        let name = if self.peek().kind == crate::lexer::TokenKind::Number {
            let token = self.advance();
            Ident::bare(self.text(token), self.token_span(token))
        } else {
            self.ident()?
        };
        let change = Box::new(self.column_change()?);
        Some(TableAction::AlterColumn { name, if_exists: None, change })
    }

    fn rename_part(&mut self) -> Option<TableAction> {
        if self.eat("to") {
            return Some(TableAction::RenameTo(ObjectName::bare(self.ident()?)));
        }
        if self.eat("constraint") {
            let from = self.ident()?;
            self.want("to")?;
            return Some(TableAction::RenameConstraint { from, to: self.ident()? });
        }
        if !(self.is("column") && self.token_is(self.at + 1, "to")) {
            self.eat("column");
        }
        let from = self.ident()?;
        self.want("to")?;
        Some(TableAction::RenameColumn { from, to: self.ident()? })
    }

    /// Behind `SET`.
    fn set(&mut self, start: usize) -> Option<Vec<TableAction>> {
        if self.is_open() {
            let options = self.options()?.into_iter();
            let parameter = |option: NamedOption| {
                TableAction::SetOption(TableOption {
                    span: option.span,
                    kind: TableOptionKind::Parameter(option),
                })
            };
            return Some(options.map(parameter).collect());
        }
        let action = if self.eat("schema") {
            TableAction::SetSchema(self.ident()?)
        } else if self.eat("logged") {
            TableAction::SetLogged(true)
        } else if self.eat("unlogged") {
            TableAction::SetLogged(false)
        } else if self.skip(&["without", "cluster"]) {
            TableAction::ClusterOn(None)
        } else if self.skip(&["without", "oids"]) {
            TableAction::Other("set without oids".to_owned())
        } else if self.eat("tablespace") {
            let kind = TableOptionKind::Tablespace(self.ident()?);
            self.eat("nowait");
            TableAction::SetOption(TableOption { kind, span: self.since(start) })
        } else {
            self.want("access")?;
            self.want("method")?;
            let kind = TableOptionKind::Engine(self.word()?);
            TableAction::SetOption(TableOption { kind, span: self.since(start) })
        };
        Some(vec![action])
    }

    /// `(a, b.c)`.
    pub(super) fn option_names(&mut self) -> Option<Vec<Ident>> {
        Some(self.options()?.into_iter().map(|option| option.name).collect())
    }

    fn other_action(&mut self, of: ObjectKind) -> Option<TableAction> {
        if self.skip(&["validate", "constraint"]) {
            return Some(TableAction::ValidateConstraint(self.ident()?));
        }
        if self.skip(&["owner", "to"]) {
            return Some(TableAction::Owner(self.role()?));
        }
        if self.skip(&["cluster", "on"]) {
            return Some(TableAction::ClusterOn(Some(self.ident()?)));
        }
        if self.skip(&["no", "inherit"]) {
            return Some(TableAction::Inherit { parent: self.name()?, on: false });
        }
        if self.eat("inherit") {
            return Some(TableAction::Inherit { parent: self.name()?, on: true });
        }
        if self.skip(&["not", "of"]) {
            return Some(TableAction::OfType(None));
        }
        if self.eat("of") {
            return Some(TableAction::OfType(Some(self.name()?)));
        }
        if self.skip(&["replica", "identity"]) {
            let mut kind = self.word()?;
            let mut index = None;
            if kind.is("using") {
                kind = self.word()?;
                index = Some(self.ident()?);
            }
            return Some(TableAction::ReplicaIdentity { kind, index });
        }
        for (words, force, on) in [
            (&["enable", "row", "level", "security"][..], false, true),
            (&["disable", "row", "level", "security"], false, false),
            (&["force", "row", "level", "security"], true, true),
            (&["no", "force", "row", "level", "security"], true, false),
        ] {
            if self.skip(words) {
                return Some(TableAction::RowSecurity { force, on });
            }
        }
        if self.is_any(&["enable", "disable"]) {
            return self.enable_trigger();
        }
        if self.skip(&["attach", "partition"]) {
            let table = self.name()?;
            if of == ObjectKind::Index {
                return Some(TableAction::Partition(PartitionAction::AttachIndex(table)));
            }
            return Some(TableAction::Partition(PartitionAction::Attach { table, bound: self.bound()? }));
        }
        if self.skip(&["detach", "partition"]) {
            let table = self.name()?;
            let concurrently = self.keyword(&["concurrently"]);
            let finalize = self.eat("finalize");
            return Some(TableAction::Partition(PartitionAction::Detach { table, concurrently, finalize }));
        }
        let extension =
            self.are(&["depends", "on", "extension"]) || self.are(&["no", "depends", "on", "extension"]);
        if extension || self.is("options") {
            return Some(TableAction::Other(self.rest_of_item()));
        }
        None
    }

    fn enable_trigger(&mut self) -> Option<TableAction> {
        let on = self.is("enable");
        self.at += 1;
        let mode = if self.is_any(&["replica", "always"]) { Some(self.word()?) } else { None };
        let rule = self.eat("rule");
        if !rule {
            self.want("trigger")?;
        }
        let which = if let Some(span) = self.take(&["all"]).filter(|_| !rule) {
            TriggerSelection::All(span)
        } else if let Some(span) = self.take(&["user"]).filter(|_| !rule) {
            TriggerSelection::User(span)
        } else {
            TriggerSelection::Named(self.ident()?)
        };
        Some(TableAction::EnableTrigger { which, rule, on, mode })
    }
}
