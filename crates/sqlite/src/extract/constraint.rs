//! Constraints. Those that stand with a column and those of the table mean the same and are the same facts; where one stands is its
//! ordinal: the number of its column, or none.

use std::collections::BTreeSet;

use sluice_facts::{Payload, Value};
use sluice_sql::model::{
    ColumnAttribute, ColumnAttributeKind, CreateTable, Deferral, ForeignKey, Ident, MatchKind, NamedOption,
    Order, ReferentialAction, TableConstraintKind,
};
use sluice_text::Span;

use super::folded;
use super::table::{Attribute, Source, conflict};
use crate::wording::bare;

/// One constraint.
#[derive(Debug)]
pub(super) struct Constraint {
    /// Its own name, or what it demands.
    pub(super) name: String,
    /// The number of the column that it stands with; 0 for one that stands by itself.
    pub(super) ordinal: u32,
    /// The columns that it names.
    pub(super) columns: BTreeSet<String>,
    pub(super) kind: ConstraintKind,
    pub(super) payload: Payload,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
}

/// What is put together before a constraint is made of it.
struct Draft {
    kind: ConstraintKind,
    demand: String,
    columns: BTreeSet<String>,
    attributes: Vec<Attribute>,
}

impl Draft {
    fn new(kind: ConstraintKind, demand: String, columns: BTreeSet<String>) -> Self {
        let word = match kind {
            ConstraintKind::PrimaryKey => "primary key",
            ConstraintKind::Unique => "unique",
            ConstraintKind::Check => "check",
            ConstraintKind::ForeignKey => "foreign key",
        };
        Self { kind, demand, columns, attributes: vec![("type".into(), word.into())] }
    }

    fn put(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push((name.into(), value.into()));
    }

    fn named(mut self, name: Option<&Ident>, ordinal: u32) -> Constraint {
        // There is one primary key, whatever it is called.
        let name = match (name, self.kind) {
            (Some(name), ConstraintKind::PrimaryKey) => {
                self.put("name", name.text.as_str());
                self.demand
            }
            (Some(name), _) => {
                if folded(&name.text) != name.text {
                    self.put("spelling", name.text.as_str());
                }
                folded(&name.text)
            }
            (None, _) => self.demand,
        };
        Constraint {
            name,
            ordinal,
            columns: self.columns,
            kind: self.kind,
            payload: Payload::new(self.attributes),
        }
    }
}

/// Every constraint of a table; none where the model says something that SQLite cannot mean.
pub(super) fn read(create: &CreateTable, source: Source<'_>) -> Option<Vec<Constraint>> {
    let mut constraints = Vec::new();
    for (at, column) in create.columns().enumerate() {
        let ordinal = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        for (place, attribute) in column.attributes.iter().enumerate() {
            let rest = column.attributes.get(place.saturating_add(1)..).unwrap_or_default();
            let draft = inline(&column.name, attribute, rest, source);
            constraints.extend(draft.map(|mut draft| {
                draft.columns.insert(folded(&column.name.text));
                draft.named(attribute.name.as_ref(), ordinal)
            }));
        }
    }
    for constraint in create.constraints() {
        let draft = match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => {
                let kind = match constraint.kind {
                    TableConstraintKind::PrimaryKey(_) => ConstraintKind::PrimaryKey,
                    _ => ConstraintKind::Unique,
                };
                let keys = key.keys.iter().map(|key| source.key(key)).collect();
                let columns = key.keys.iter().flat_map(|key| source.columns(key.span)).collect();
                let mut draft = self::key(kind, keys, columns, key.parameters.first(), source);
                // `PRIMARY KEY (id AUTOINCREMENT)`.
                let counts =
                    |key: &sluice_sql::model::IndexKey| source.plain(key.span).ends_with(" autoincrement");
                if key.keys.iter().any(counts) {
                    draft.put("autoincrement", true);
                }
                draft
            }
            TableConstraintKind::Check(expr) => check(expr.span, source),
            TableConstraintKind::ForeignKey(key) => foreign_key(key, &constraint.deferral),
            TableConstraintKind::NotNull(_) | TableConstraintKind::Exclude(_) => return None,
        };
        constraints.push(draft.named(constraint.name.as_ref(), 0));
    }
    Some(constraints)
}

/// The constraint that an attribute of a column is, if it is one. What follows may say when it is checked.
fn inline(
    column: &Ident,
    attribute: &ColumnAttribute,
    rest: &[ColumnAttribute],
    source: Source<'_>,
) -> Option<Draft> {
    let name = || bare(&folded(&column.text));
    match &attribute.kind {
        ColumnAttributeKind::PrimaryKey { autoincrement, order, options } => {
            let mut draft =
                key(ConstraintKind::PrimaryKey, vec![name()], BTreeSet::new(), options.first(), source);
            if autoincrement.is_some() {
                draft.put("autoincrement", true);
            }
            if *order == Some(Order::Descending) {
                // Here, and not where it stands by itself, it keeps the column from being the row's id
                // (<https://sqlite.org/lang_createtable.html#rowid>).
                draft.put("descending", true);
            }
            Some(draft)
        }
        ColumnAttributeKind::Unique { options, .. } => {
            Some(key(ConstraintKind::Unique, vec![name()], BTreeSet::new(), options.first(), source))
        }
        ColumnAttributeKind::Check { expr, .. } => Some(check(expr.span, source)),
        ColumnAttributeKind::References(key) => {
            let until_next =
                rest.iter().take_while(|next| !matches!(next.kind, ColumnAttributeKind::References(_)));
            let deferral = until_next.filter_map(|next| match &next.kind {
                ColumnAttributeKind::Deferral(deferral) => Some(*deferral),
                _ => None,
            });
            Some(foreign_key(key, &deferral.last().unwrap_or_default()))
        }
        _ => None,
    }
}

fn key(
    kind: ConstraintKind,
    keys: Vec<String>,
    columns: BTreeSet<String>,
    option: Option<&NamedOption>,
    source: Source<'_>,
) -> Draft {
    let keys: Vec<String> = keys
        .into_iter()
        .map(|key| key.strip_suffix(" autoincrement").map(str::to_owned).unwrap_or(key))
        .collect();
    let demand = match kind {
        ConstraintKind::PrimaryKey => "primary key".to_owned(),
        _ => format!("unique ({})", keys.join(", ")),
    };
    let mut draft = Draft::new(kind, demand, columns);
    if let Some(action) = option.and_then(|option| conflict(option, source)) {
        draft.put("conflict", action);
    }
    draft.put("keys", keys);
    draft
}

fn check(span: Span, source: Source<'_>) -> Draft {
    let expression = source.plain(span);
    let demand = format!("check ({expression})");
    let mut draft = Draft::new(ConstraintKind::Check, demand, source.columns(span));
    draft.put("expression", expression);
    draft
}

fn foreign_key(key: &ForeignKey, deferral: &Deferral) -> Draft {
    let names = |idents: &[Ident]| idents.iter().map(|ident| folded(&ident.text)).collect::<Vec<_>>();
    let columns = names(&key.columns);
    let demand = format!("foreign key ({})", columns.join(", "));
    let mut draft = Draft::new(ConstraintKind::ForeignKey, demand, columns.iter().cloned().collect());
    draft.put("columns", columns);
    draft.put("table", folded(&key.table.name.text));
    if !key.referenced.is_empty() {
        draft.put("referenced", names(&key.referenced));
    }
    let action = |action: Option<ReferentialAction>| match action? {
        ReferentialAction::NoAction => None,
        ReferentialAction::Restrict => Some("restrict"),
        ReferentialAction::Cascade => Some("cascade"),
        ReferentialAction::SetNull => Some("set null"),
        ReferentialAction::SetDefault => Some("set default"),
    };
    if let Some(action) = action(key.on_delete) {
        draft.put("on_delete", action);
    }
    if let Some(action) = action(key.on_update) {
        draft.put("on_update", action);
    }
    match key.matching {
        Some(MatchKind::Full) => draft.put("match", "full"),
        Some(MatchKind::Partial) => draft.put("match", "partial"),
        Some(MatchKind::Simple) | None => {}
    }
    // Of all that can be written this alone is not checked at once (<https://sqlite.org/foreignkeys.html#fk_deferred>).
    if deferral.deferrable == Some(true) && deferral.initially_deferred == Some(true) {
        draft.put("deferred", true);
    }
    draft
}
