use super::grammar::Grammar;
use crate::model::{
    AlterDomain, AlterEnum, AlterType, ColumnAttributeKind, CreateDomain, CreateType, Deferral, DomainAction,
    EnumAction, Keyword, ObjectAction, ObjectName, Statement, TableConstraint, TableConstraintKind,
    TypeAction, TypeBody,
};

impl Grammar<'_> {
    pub(super) fn create_type(&mut self) -> Option<Statement> {
        let name = self.name()?;
        let body = if self.skip(&["as", "enum"]) {
            TypeBody::Enum(self.list(Self::string)?)
        } else if self.skip(&["as", "range"]) {
            TypeBody::Range(self.options()?)
        } else if self.eat("as") {
            TypeBody::Composite(self.list(|grammar| {
                let name = grammar.ident()?;
                let mut data_type = grammar.data_type()?;
                if grammar.eat("collate") {
                    data_type.collation = Some(grammar.name()?);
                }
                Some((name, data_type))
            })?)
        } else if self.is_open() {
            TypeBody::Base(self.options()?)
        } else {
            TypeBody::Base(Vec::new())
        };
        Some(Statement::CreateType(Box::new(CreateType { name, body })))
    }

    pub(super) fn alter_type(&mut self) -> Option<Statement> {
        let name = self.name()?;
        if self.skip(&["add", "value"]) {
            let if_not_exists = self.keyword(&["if", "not", "exists"]);
            let value = self.string()?;
            let before = if self.eat("before") { Some(self.string()?) } else { None };
            let after = if self.eat("after") { Some(self.string()?) } else { None };
            let action = EnumAction::AddValue { value, if_not_exists, before, after };
            return Some(Statement::AlterEnum(Box::new(AlterEnum { name, action })));
        }
        if self.skip(&["rename", "value"]) {
            let from = self.string()?;
            self.want("to")?;
            let action = EnumAction::RenameValue { from, to: self.string()? };
            return Some(Statement::AlterEnum(Box::new(AlterEnum { name, action })));
        }
        let actions = if self.is("set") && !self.token_is(self.at + 1, "schema") {
            self.at += 1;
            let options = self.options()?.into_iter();
            options.map(|option| TypeAction::Object(ObjectAction::Option(option))).collect()
        } else {
            self.commas(Self::type_action)?
        };
        Some(Statement::AlterType(Box::new(AlterType { name, actions })))
    }

    fn type_action(&mut self) -> Option<TypeAction> {
        if self.skip(&["add", "attribute"]) {
            let name = self.ident()?;
            let data_type = Box::new(self.attribute_type()?);
            return Some(TypeAction::AddAttribute { name, data_type, cascade: self.cascade().is_some() });
        }
        if self.skip(&["drop", "attribute"]) {
            self.skip(&["if", "exists"]);
            let name = self.ident()?;
            return Some(TypeAction::DropAttribute { name, cascade: self.cascade().is_some() });
        }
        if self.skip(&["alter", "attribute"]) {
            let name = self.ident()?;
            self.skip(&["set", "data"]);
            self.want("type")?;
            let data_type = Box::new(self.attribute_type()?);
            return Some(TypeAction::AlterAttribute { name, data_type, cascade: self.cascade().is_some() });
        }
        if self.skip(&["rename", "attribute"]) {
            let from = self.ident()?;
            self.want("to")?;
            let to = self.ident()?;
            self.cascade();
            return Some(TypeAction::RenameAttribute { from, to });
        }
        self.object_action().map(TypeAction::Object)
    }

    fn attribute_type(&mut self) -> Option<crate::model::DataType> {
        let mut data_type = self.data_type()?;
        if self.eat("collate") {
            data_type.collation = Some(self.name()?);
        }
        Some(data_type)
    }

    pub(super) fn create_domain(&mut self) -> Option<Statement> {
        let name = self.name()?;
        self.eat("as");
        let data_type = self.data_type()?;
        let mut domain = CreateDomain { name, data_type, default: None, not_null: None, checks: Vec::new() };
        let of = domain.name.name.clone();
        for attribute in self.column_attributes(&of)? {
            match attribute.kind {
                ColumnAttributeKind::Default(expr) => domain.default = Some(expr),
                ColumnAttributeKind::NotNull { .. } => domain.not_null = Some(attribute.span),
                ColumnAttributeKind::Collate(name) => domain.data_type.collation = Some(name),
                ColumnAttributeKind::Check { expr, enforced, no_inherit } => {
                    domain.checks.push(TableConstraint {
                        name: attribute.name,
                        kind: TableConstraintKind::Check(expr),
                        not_valid: Keyword::absent(attribute.span.end),
                        enforced,
                        no_inherit,
                        deferral: Deferral::default(),
                        if_not_exists: None,
                        span: attribute.span,
                    })
                }
                _ => {}
            }
        }
        Some(Statement::CreateDomain(Box::new(domain)))
    }

    pub(super) fn alter_domain(&mut self) -> Option<Statement> {
        let name: ObjectName = self.name()?;
        let action = if self.skip(&["set", "default"]) {
            DomainAction::Default(Some(self.expr(&[])?))
        } else if self.skip(&["drop", "default"]) {
            DomainAction::Default(None)
        } else if self.skip(&["set", "not", "null"]) {
            DomainAction::NotNull(true)
        } else if self.skip(&["drop", "not", "null"]) {
            DomainAction::NotNull(false)
        } else if self.eat("add") {
            DomainAction::AddConstraint(Box::new(self.domain_constraint()?))
        } else if self.skip(&["drop", "constraint"]) {
            let if_exists = self.keyword(&["if", "exists"]);
            let name = self.ident()?;
            DomainAction::DropConstraint { name, if_exists, cascade: self.cascade() }
        } else if self.skip(&["rename", "constraint"]) {
            let from = self.ident()?;
            self.want("to")?;
            DomainAction::RenameConstraint { from, to: self.ident()? }
        } else if self.skip(&["validate", "constraint"]) {
            DomainAction::Validate(self.ident()?)
        } else {
            DomainAction::Object(self.object_action()?)
        };
        Some(Statement::AlterDomain(Box::new(AlterDomain { name, action })))
    }

    /// `NOT NULL` of a domain names no column.
    fn domain_constraint(&mut self) -> Option<TableConstraint> {
        let start = self.at;
        let named = self.is("constraint");
        let at = if named { self.at + 2 } else { self.at };
        if !(self.token_is(at, "not") && self.token_is(at + 1, "null")) {
            return self.table_constraint();
        }
        let name = if self.eat("constraint") { Some(self.ident()?) } else { None };
        self.at += 2;
        let value = crate::model::Ident::bare("value", self.source.absent(self.before()).span);
        Some(TableConstraint {
            name,
            kind: TableConstraintKind::NotNull(value),
            not_valid: self.keyword(&["not", "valid"]),
            enforced: None,
            no_inherit: false,
            deferral: Deferral::default(),
            if_not_exists: None,
            span: self.since(start),
        })
    }
}
