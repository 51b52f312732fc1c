//! Names that a statement gives, and the check of one against a rule's options.

use sluice_sql::ObjectKind;
use sluice_sql::model::{
    ColumnAttributeKind, ForeignKey, Ident, IndexKey, ObjectName, Statement, TableConstraintKind, TypeBody,
};

use crate::{Context, OptionKind, OptionSpec, Sink};

/// Options of rules about names that depend on no other name.
pub(super) const PLAIN: &[OptionSpec] = &[
    OptionSpec {
        name: "pattern",
        kind: OptionKind::Pattern { default: r"^[a-z][a-z0-9_]*$", placeholders: &[] },
        about: "Regular expression that names must match.",
    },
    OptionSpec {
        name: "max_length",
        kind: OptionKind::Number { default: 63 },
        about: "Longest name, in characters; 0 for any length.",
    },
];

/// What is called by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    Table,
    Column,
    Schema,
    View,
    Index,
    UniqueKey,
    PrimaryKey,
    ForeignKey,
    Check,
    Sequence,
    Function,
    Trigger,
    Type,
}

impl Thing {
    /// The word for it in messages.
    fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Schema => "schema",
            Self::View => "view",
            Self::Index => "index",
            Self::UniqueKey => "unique key",
            Self::PrimaryKey => "primary key",
            Self::ForeignKey => "foreign key",
            Self::Check => "check",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Trigger => "trigger",
            Self::Type => "type",
        }
    }
}

/// A name that is given.
#[derive(Debug)]
pub(super) struct NewName<'a> {
    /// What is called so.
    pub(super) thing: Thing,
    /// The name.
    pub(super) ident: &'a Ident,
    table: Option<&'a ObjectName>,
    columns: Vec<&'a Ident>,
    referenced: Option<&'a ObjectName>,
}

fn named<'a>(thing: Thing, ident: &'a Ident, table: Option<&'a ObjectName>) -> NewName<'a> {
    NewName { thing, ident, table, columns: Vec::new(), referenced: None }
}

fn of_key<'a>(
    ident: &'a Ident,
    table: &'a ObjectName,
    columns: Vec<&'a Ident>,
    key: &'a ForeignKey,
) -> NewName<'a> {
    NewName { thing: Thing::ForeignKey, ident, table: Some(table), columns, referenced: Some(&key.table) }
}

/// Names of table constraints and of keys written in columns.
fn of_constraints(statement: &Statement) -> Vec<NewName<'_>> {
    let mut names = Vec::new();
    for (table, constraint) in statement.constraints() {
        let columns = constraint.columns();
        let (thing, own) = match &constraint.kind {
            TableConstraintKind::PrimaryKey(_) => (Thing::PrimaryKey, None),
            TableConstraintKind::Unique(key) => (Thing::UniqueKey, key.index_name.as_ref()),
            TableConstraintKind::ForeignKey(key) => {
                if let Some(ident) = constraint.name.as_ref().or(key.index_name.as_ref()) {
                    names.push(of_key(ident, table, columns, key));
                }
                continue;
            }
            TableConstraintKind::Check(_) => (Thing::Check, None),
            TableConstraintKind::NotNull(_) | TableConstraintKind::Exclude(_) => continue,
        };
        if let Some(ident) = constraint.name.as_ref().or(own) {
            names.push(NewName { columns, ..named(thing, ident, Some(table)) });
        }
    }
    for (table, column) in statement.column_defs() {
        for attribute in &column.attributes {
            let Some(ident) = &attribute.name else { continue };
            let columns = vec![&column.name];
            let thing = match &attribute.kind {
                ColumnAttributeKind::References(key) => {
                    names.push(of_key(ident, table, columns, key));
                    continue;
                }
                ColumnAttributeKind::PrimaryKey { .. } => Thing::PrimaryKey,
                ColumnAttributeKind::Unique { .. } => Thing::UniqueKey,
                ColumnAttributeKind::Check { .. } => Thing::Check,
                _ => continue,
            };
            names.push(NewName { columns, ..named(thing, ident, Some(table)) });
        }
    }
    names
}

/// Every name that the statement gives, new names of renames included where they need no columns to be judged.
pub(super) fn new_names(statement: &Statement) -> Vec<NewName<'_>> {
    let mut names = of_constraints(statement);
    for (table, column) in statement.column_defs() {
        names.push(named(Thing::Column, &column.name, Some(table)));
    }
    for (table, index) in statement.index_defs() {
        if let Some(name) = &index.name {
            let thing = if index.unique.is_some() { Thing::UniqueKey } else { Thing::Index };
            let columns = index.keys.iter().filter_map(IndexKey::column).collect();
            names.push(NewName { columns, ..named(thing, &name.name, Some(table)) });
        }
    }
    match statement {
        Statement::CreateTable(create) => names.push(named(Thing::Table, &create.name.name, None)),
        Statement::CreateView(view) if !view.alter => {
            names.push(named(Thing::View, &view.name.name, None));
        }
        Statement::CreateSchema(schema) => {
            names.extend(schema.name.iter().map(|name| named(Thing::Schema, &name.name, None)));
        }
        Statement::CreateSequence(create) => names.push(named(Thing::Sequence, &create.name.name, None)),
        Statement::CreateRoutine(create) => names.push(named(Thing::Function, &create.name.name, None)),
        Statement::CreateTrigger(create) => {
            names.push(named(Thing::Trigger, &create.name.name, create.table.as_ref()));
        }
        Statement::CreateType(create) if matches!(create.body, TypeBody::Enum(_)) => {
            names.push(named(Thing::Type, &create.name.name, None));
        }
        _ => {}
    }
    for rename in statement.renames() {
        let thing = match rename.kind {
            ObjectKind::Table => Thing::Table,
            ObjectKind::View | ObjectKind::MaterializedView => Thing::View,
            ObjectKind::Column => Thing::Column,
            ObjectKind::Schema => Thing::Schema,
            ObjectKind::Sequence => Thing::Sequence,
            ObjectKind::Function | ObjectKind::Procedure => Thing::Function,
            _ => continue,
        };
        names.push(named(thing, rename.to, None));
    }
    names
}

/// Reports the names of `thing` that `pattern` does not match or that are longer than `max_length`.
pub(super) fn check(cx: &Context<'_>, out: &mut Sink<'_>, thing: Thing) {
    let dialect = cx.dialect();
    let max = cx.options.number("max_length");
    for name in new_names(&cx.parsed.statement).into_iter().filter(|name| name.thing == thing) {
        let text = name.ident.folded(dialect);
        let word = thing.word();
        let of = |table: Option<&ObjectName>| {
            table.map(|table| table.name.folded(dialect).into_owned()).unwrap_or_default()
        };
        let (table, referenced) = (of(name.table), of(name.referenced));
        let columns: Vec<_> = name.columns.iter().map(|column| column.folded(dialect)).collect();
        let columns = columns.join("_");
        let values = [
            ("table", table.as_str()),
            ("column_list", columns.as_str()),
            ("referencing_table", table.as_str()),
            ("referencing_column_list", columns.as_str()),
            ("referenced_table", referenced.as_str()),
        ];
        if !cx.options.matches("pattern", &text, &values) {
            let pattern =
                values.iter().fold(cx.options.text("pattern").to_owned(), |filled, (key, value)| {
                    filled.replace(&format!("{{{{{key}}}}}"), value)
                });
            out.report(
                name.ident.span,
                format!("the {word} `{text}` is not called by the pattern `{pattern}`"),
            )
            .help("choose a name that the pattern matches");
        } else if max > 0 && name.ident.text.chars().count() > usize::try_from(max).unwrap_or(usize::MAX) {
            out.report(
                name.ident.span,
                format!("the name of the {word} `{text}` has more than {max} characters"),
            )
            .help("choose a shorter name");
        }
    }
}
