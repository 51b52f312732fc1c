use sluice_schema::Relation;
use sluice_sql::ObjectKind;
use sluice_sql::model::{
    AlterAction, AlterTable, ColumnDef, Deferral, KeyConstraint, TableAction, TableConstraint,
};
use sluice_text::{Edit, Fix, FollowUp, Span};

use crate::{Context, Shown};

/// The longest name that PostgreSQL keeps whole.
const NAME_BYTES: usize = 63;

/// An `ALTER TABLE` of a table that is in use.
pub(super) struct Alteration<'a> {
    /// The statement.
    pub alter: &'a AlterTable,
    /// The table, if it is known.
    pub relation: Option<&'a Relation>,
    /// Its name for messages.
    pub table: Shown<'a>,
}

impl<'a> Alteration<'a> {
    /// None for any other statement, and for a table that nobody uses yet.
    pub fn of(cx: &Context<'a>) -> Option<Self> {
        let alter = cx.altered().filter(|alter| alter.kind == ObjectKind::Table)?;
        Some(Self { alter, relation: cx.relation(&alter.name), table: cx.display(&alter.name) })
    }

    /// Columns that it adds, with their actions.
    pub fn columns(&self) -> impl Iterator<Item = (&'a AlterAction, &'a ColumnDef)> {
        self.alter.actions.iter().filter_map(|action| match &action.kind {
            TableAction::AddColumn { column, .. } => Some((action, &**column)),
            _ => None,
        })
    }

    /// Constraints that it adds.
    pub fn constraints(&self) -> impl Iterator<Item = &'a TableConstraint> {
        self.alter.actions.iter().filter_map(|action| match &action.kind {
            TableAction::AddConstraint(constraint) => Some(&**constraint),
            _ => None,
        })
    }

    /// Whether the table is known to be partitioned.
    pub fn is_partitioned(&self) -> bool {
        self.relation.is_some_and(Relation::is_partitioned)
    }

    /// `ALTER TABLE name `, as the statement writes the name, for changes that follow.
    pub fn again(&self, cx: &Context<'_>) -> String {
        format!("ALTER TABLE {} ", cx.slice(self.alter.name.span))
    }

    /// The name that the server would pick for something over `columns`; none where it cannot be told.
    pub fn picked(&self, columns: &[&str], suffix: &str) -> Option<String> {
        let table = match self.relation {
            Some(relation) => relation.name.name.clone(),
            None => self.alter.name.name.folded(sluice_sql::Dialect::Postgres).into_owned(),
        };
        let parts: Vec<&str> =
            std::iter::once(table.as_str()).chain(columns.iter().copied()).chain([suffix]).collect();
        let name = parts.join("_");
        let is_plain =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let is_taken = self
            .relation
            .is_some_and(|relation| relation.constraint(&name).is_some() || relation.index(&name).is_some());
        (is_plain && !is_taken && name.len() <= NAME_BYTES).then_some(name)
    }

    /// The name of a constraint as text of SQL, and the edit that writes it down where that is needed.
    pub fn named(
        &self,
        cx: &Context<'_>,
        constraint: &TableConstraint,
        suffix: &str,
    ) -> Option<(String, Vec<Edit>)> {
        if let Some(name) = &constraint.name {
            return Some((cx.slice(name.span).to_owned(), Vec::new()));
        }
        let columns = constraint.columns();
        let mut columns: Vec<String> =
            columns.into_iter().map(|column| column.folded(cx.dialect()).into_owned()).collect();
        if suffix == "check" {
            columns.sort();
            columns.dedup();
            if columns.len() > 1 {
                columns.clear();
            }
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let name = self.picked(if suffix == "pkey" { &[] } else { &columns }, suffix)?;
        let edit = Edit::insert(constraint.span.start, format!("CONSTRAINT {name} "));
        Some((name, vec![edit]))
    }

    /// Adds the constraint as `NOT VALID` and validates it in a change that follows.
    pub fn later(&self, cx: &Context<'_>, constraint: &TableConstraint, suffix: &str) -> Option<Fix> {
        let (name, mut edits) = self.named(cx, constraint, suffix)?;
        edits.push(Edit::insert(constraint.not_valid.span.start, " NOT VALID"));
        let mut fix = Fix::edits("add it as NOT VALID and validate it in a change of its own", edits);
        fix.follow_ups.push(self.validation(cx, &name));
        Some(fix)
    }

    /// Builds the index of a key concurrently, and makes it the constraint's in a change that follows.
    pub fn index_first(
        &self,
        cx: &Context<'_>,
        constraint: &TableConstraint,
        key: &KeyConstraint,
        suffix: &str,
    ) -> Option<Fix> {
        let is_simple = self.alter.actions.len() == 1
            && constraint.deferral == Deferral::default()
            && key.include.is_empty()
            && key.parameters.is_empty()
            && !key.without_overlaps;
        if !is_simple || self.is_partitioned() || is_bracketed(cx) {
            return None;
        }
        let (name, _) = self.named(cx, constraint, suffix)?;
        let keys = Span::new(key.keys.first()?.span.start, key.keys.last()?.span.end);
        let nulls = if key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
        let table = cx.slice(self.alter.name.span);
        let build = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({}){nulls}", cx.slice(keys));
        let kind = if suffix == "pkey" { "PRIMARY KEY" } else { "UNIQUE" };
        let mut fix =
            Fix::edits("build the index concurrently first", vec![Edit::replace(cx.parsed.span, build)]);
        fix.follow_ups.push(FollowUp {
            name: format!("add_{}", word(&name)),
            sql: format!("{}ADD CONSTRAINT {name} {kind} USING INDEX {name};\n", self.again(cx)),
        });
        Some(fix)
    }

    /// The change that validates a constraint.
    pub fn validation(&self, cx: &Context<'_>, name: &str) -> FollowUp {
        FollowUp {
            name: format!("validate_{}", word(name)),
            sql: format!("{}VALIDATE CONSTRAINT {name};\n", self.again(cx)),
        }
    }
}

/// Letters and digits of a name, for the name of a file.
pub(super) fn word(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Takes a part of the text away, and the blank before it.
pub(super) fn without(cx: &Context<'_>, span: Span) -> Edit {
    let blank = cx.text().get(..span.start).is_some_and(|before| before.ends_with(' '));
    Edit::replace(Span::new(span.start - usize::from(blank), span.end), "")
}

/// Whether the statement is in a program or between a `BEGIN` and a `COMMIT` of the file: what must run alone cannot stand there.
pub(super) fn is_bracketed(cx: &Context<'_>) -> bool {
    cx.in_program || cx.placement.is_none_or(|placement| placement.written)
}
