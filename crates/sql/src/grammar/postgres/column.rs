use super::grammar::Grammar;
use crate::model::{
    ColumnAttribute, ColumnAttributeKind as K, ColumnDef, Deferral, ForeignKey, Generated, Ident, Identity,
    MatchKind, NamedOption, ReferentialAction, Storage,
};

/// Words that end an expression in the definition of a column.
const STOPS: &[&str] = &[
    "constraint",
    "not",
    "null",
    "default",
    "check",
    "unique",
    "primary",
    "references",
    "generated",
    "collate",
    "deferrable",
    "initially",
    "storage",
    "compression",
    "enforced",
    "no",
    "options",
];

impl Grammar<'_> {
    pub(super) fn column_def(&mut self) -> Option<ColumnDef> {
        let start = self.at;
        let name = self.ident()?;
        let mut data_type = self.data_type()?;
        let attributes = self.column_attributes(&name)?;
        data_type.collation = attributes.iter().find_map(|attribute| match &attribute.kind {
            K::Collate(name) => Some(name.clone()),
            _ => None,
        });
        Some(ColumnDef { name, data_type: Some(data_type), attributes, span: self.since(start) })
    }

    pub(super) fn column_attributes(&mut self, column: &Ident) -> Option<Vec<ColumnAttribute>> {
        let mut attributes = Vec::new();
        loop {
            let start = self.at;
            let name = if self.eat("constraint") { Some(self.ident()?) } else { None };
            match self.column_attribute(column)? {
                Some(kind) => attributes.push(ColumnAttribute { name, kind, span: self.since(start) }),
                None if name.is_some() => return None,
                None => return Some(attributes),
            }
            if let Some(enforced) = self.enforced()
                && let Some(last) = attributes.last_mut()
            {
                last.span = self.since(start);
                match &mut last.kind {
                    K::Check { enforced: of_check, .. } => *of_check = Some(enforced),
                    _ => {
                        let word = if enforced { "enforced" } else { "not enforced" };
                        let at = self.at - if enforced { 1 } else { 2 };
                        let kind = K::Other(self.named(word, at, None));
                        attributes.push(ColumnAttribute { name: None, kind, span: self.since(at) });
                    }
                }
            }
        }
    }

    pub(super) fn enforced(&mut self) -> Option<bool> {
        if self.skip(&["not", "enforced"]) {
            Some(false)
        } else if self.eat("enforced") {
            Some(true)
        } else {
            None
        }
    }

    fn column_attribute(&mut self, column: &Ident) -> Option<Option<K>> {
        let kind = if self.skip(&["not", "null"]) {
            K::NotNull { no_inherit: self.skip(&["no", "inherit"]) }
        } else if self.eat("null") {
            K::Null
        } else if self.eat("default") {
            K::Default(self.expr(STOPS)?)
        } else if self.eat("check") {
            let expr = self.parenthesised()?;
            K::Check { expr, enforced: None, no_inherit: self.skip(&["no", "inherit"]) }
        } else if self.eat("unique") {
            let nulls_not_distinct = self.nulls_not_distinct();
            K::Unique { nulls_not_distinct, options: self.index_parameters()? }
        } else if self.skip(&["primary", "key"]) {
            K::PrimaryKey { autoincrement: None, order: None, options: self.index_parameters()? }
        } else if self.is("references") {
            K::References(Box::new(self.references(self.at, vec![column.clone()])?))
        } else if self.skip(&["generated", "always", "as", "identity"]) {
            K::Identity(Identity { always: true, options: self.identity_options()? })
        } else if self.skip(&["generated", "by", "default", "as", "identity"]) {
            K::Identity(Identity { always: false, options: self.identity_options()? })
        } else if self.skip(&["generated", "always", "as"]) {
            K::Generated(Box::new(self.generated()?))
        } else if self.eat("collate") {
            K::Collate(self.name()?)
        } else if self.eat("storage") {
            K::Storage(self.word()?)
        } else if self.eat("compression") {
            K::Compression(self.word()?)
        } else if let Some(deferral) = self.deferral() {
            K::Deferral(deferral)
        } else if self.eat("options") {
            let start = self.at - 1;
            self.options()?;
            K::Other(self.named("options", start, None))
        } else {
            return Some(None);
        };
        Some(Some(kind))
    }

    fn generated(&mut self) -> Option<Generated> {
        let expr = self.parenthesised()?;
        let at = self.source.absent(self.before()).span;
        let (storage, storage_span) = if let Some(span) = self.take(&["stored"]) {
            (Storage::Stored, span)
        } else if let Some(span) = self.take(&["virtual"]) {
            (Storage::Virtual, span)
        } else {
            (Storage::Default, at)
        };
        Some(Generated { expr, storage, storage_span })
    }

    pub(super) fn identity_options(&mut self) -> Option<Vec<crate::model::SequenceOption>> {
        if self.open().is_none() {
            return Some(Vec::new());
        }
        let options = self.sequence_options()?;
        self.close()?;
        Some(options)
    }

    pub(super) fn nulls_not_distinct(&mut self) -> bool {
        let not = self.skip(&["nulls", "not", "distinct"]);
        if !not {
            self.skip(&["nulls", "distinct"]);
        }
        not
    }

    /// `WITH (…)`, `USING INDEX TABLESPACE x`.
    pub(super) fn index_parameters(&mut self) -> Option<Vec<NamedOption>> {
        let mut options = Vec::new();
        if self.is("with") && self.nth(1).kind == crate::lexer::TokenKind::OpenParen {
            self.at += 1;
            options = self.options()?;
        }
        let start = self.at;
        if self.skip(&["using", "index", "tablespace"]) {
            let value = self.expr_of_tokens(1)?;
            options.push(self.named("tablespace", start, Some(*value)));
        }
        Some(options)
    }

    /// `REFERENCES …`; the key began at the token `start`.
    pub(super) fn references(&mut self, start: usize, columns: Vec<Ident>) -> Option<ForeignKey> {
        self.want("references")?;
        let table = self.name()?;
        let mut period = false;
        let referenced = if self.is_open() { self.key_columns(&mut period)? } else { Vec::new() };
        let mut key = ForeignKey {
            columns,
            table,
            referenced,
            on_delete: None,
            on_update: None,
            matching: None,
            index_name: None,
            period,
            span: self.since(start),
        };
        loop {
            if self.eat("match") {
                key.matching = Some(match self.word()? {
                    word if word.is("full") => MatchKind::Full,
                    word if word.is("partial") => MatchKind::Partial,
                    _ => MatchKind::Simple,
                });
            } else if self.skip(&["on", "delete"]) {
                key.on_delete = Some(self.referential_action()?);
            } else if self.skip(&["on", "update"]) {
                key.on_update = Some(self.referential_action()?);
            } else {
                break;
            }
        }
        key.span = self.since(start);
        Some(key)
    }

    /// `(a, PERIOD b)`.
    pub(super) fn key_columns(&mut self, period: &mut bool) -> Option<Vec<Ident>> {
        self.list(|grammar| {
            let next = grammar.nth(1).kind;
            if grammar.is("period")
                && !matches!(next, crate::lexer::TokenKind::CloseParen | crate::lexer::TokenKind::Symbol(_))
            {
                grammar.at += 1;
                *period = true;
            }
            grammar.ident()
        })
    }

    fn referential_action(&mut self) -> Option<ReferentialAction> {
        if self.skip(&["no", "action"]) {
            return Some(ReferentialAction::NoAction);
        }
        if self.eat("restrict") {
            return Some(ReferentialAction::Restrict);
        }
        if self.eat("cascade") {
            return Some(ReferentialAction::Cascade);
        }
        self.want("set")?;
        let action = if self.eat("null") {
            ReferentialAction::SetNull
        } else {
            self.want("default")?;
            ReferentialAction::SetDefault
        };
        if self.is_open() {
            self.ident_list()?;
        }
        Some(action)
    }

    /// `[NOT] DEFERRABLE`, `INITIALLY …`, in any order.
    pub(super) fn deferral(&mut self) -> Option<Deferral> {
        let start = self.at;
        let mut deferral = Deferral::default();
        loop {
            if self.skip(&["not", "deferrable"]) {
                deferral.deferrable = Some(false);
            } else if self.eat("deferrable") {
                deferral.deferrable = Some(true);
            } else if self.skip(&["initially", "deferred"]) {
                deferral.initially_deferred = Some(true);
            } else if self.skip(&["initially", "immediate"]) {
                deferral.initially_deferred = Some(false);
            } else {
                break;
            }
        }
        (self.at > start).then_some(deferral)
    }
}
