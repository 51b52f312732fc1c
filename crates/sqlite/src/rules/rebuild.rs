//! A table made anew. The old one is moved aside, the new one is made by its own text, the rows are copied, the old one is dropped with
//! its indexes and triggers.
//!
//! The manual copies into a new table and gives it the name at the end. The other way round is as good while nobody follows a table that
//! is moved (foreign keys off, `legacy_alter_table` on), keeps the text of the new one as it was written, and is safer: where rows cannot
//! be copied the transaction is rolled back by the statement that finds it out, and then there is no table of that name to drop, even
//! for a program that goes on after errors.

use std::collections::BTreeSet;

use sluice_facts::{Change, Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::name::{aside, name, written};
use super::{assertion, proof};
use crate::wording::{literal, quote};

/// Names of the row's number, of which a column may hide some.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// What goes with the old table and has to be made again.
pub(super) fn evicted(table: &FactId, scene: &Scene<'_>) -> Vec<FactId> {
    let own = scene.users_before(table).filter(|user| user.parent.as_ref() == Some(table));
    own.filter(|user| matches!(user.kind, Kind::Index | Kind::Trigger)).map(|user| user.id.clone()).collect()
}

/// The steps.
pub(super) fn steps(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    let table = &change.new.id;
    let old = Side::of(change.old, scene.users_before(table));
    let new = Side::of(change.new, scene.users_after(table));
    let aside = aside(change.old, scene);
    let step = |sql: String| Step::new(Verb::Alter, table, sql);
    let mut steps = vec![
        // Asked while the rows are still where they were.
        step(format!("ALTER TABLE {} RENAME TO {}", quote(&name(change.old)), quote(&aside)))
            .asserting(assertion::of_rebuild(table, scene)),
        step(written(change.new)),
    ];
    if old.counts() && new.counts() {
        // Numbers that were given away are not given again.
        steps.push(step(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {}",
            literal(&name(change.new)),
            literal(&aside)
        )));
    }
    if let Some(sql) = copy(&old, &new, &aside, change) {
        let copied = step(sql).hazard(Hazard::RewritesTable);
        let risky = depends_on_data(&old, &new, change);
        steps.push(if risky { copied.hazard(Hazard::DependsOnData) } else { copied });
        steps.push(step(proof::copied(&quote(&aside), &quote(&name(change.new)))));
    }
    let dropped = step(format!("DROP TABLE {}", quote(&aside)));
    let loses = old.columns.iter().any(|column| new.column(&column.id).is_none() && !is_generated(column));
    steps.push(if loses { dropped.hazard(Hazard::DeletesData) } else { dropped });
    steps
}

/// One side of the change.
struct Side<'a> {
    table: &'a Fact,
    columns: Vec<&'a Fact>,
    constraints: Vec<&'a Fact>,
}

impl<'a> Side<'a> {
    fn of(table: &'a Fact, users: impl Iterator<Item = &'a Fact>) -> Self {
        let own: Vec<&Fact> = users.filter(|user| user.parent.as_ref() == Some(&table.id)).collect();
        let of_kind = |kind: Kind| {
            let mut facts: Vec<&Fact> = own.iter().filter(|fact| fact.kind == kind).copied().collect();
            facts.sort_by_key(|fact| fact.ordinal);
            facts
        };
        Self { table, columns: of_kind(Kind::Column), constraints: of_kind(Kind::Constraint) }
    }

    fn column(&self, id: &FactId) -> Option<&'a Fact> {
        self.columns.iter().find(|column| column.id == *id).copied()
    }

    fn primary_key(&self) -> Option<&'a Fact> {
        self.constraints.iter().find(|fact| fact.payload.text("type") == Some("primary key")).copied()
    }

    /// It has `AUTOINCREMENT`.
    fn counts(&self) -> bool {
        self.primary_key().is_some_and(|key| key.payload.flag("autoincrement"))
    }

    fn has_rowid(&self) -> bool {
        !self.table.payload.flag("without_rowid")
    }

    /// The column that is another name of the row's number (<https://sqlite.org/lang_createtable.html#rowid>).
    fn rowid_column(&self) -> Option<&'a Fact> {
        let key = self.primary_key().filter(|key| self.has_rowid() && !key.payload.flag("descending"))?;
        let [column] = &key.requires[..] else { return None };
        self.column(column).filter(|column| column.payload.text("type") == Some("integer"))
    }

    /// A name under which the row's number can be asked for.
    fn rowids(&self) -> BTreeSet<&'static str> {
        let is_hidden = |name: &&str| self.columns.iter().any(|column| column.id.name() == **name);
        if self.has_rowid() {
            ROWIDS.into_iter().filter(|name| !is_hidden(name)).collect()
        } else {
            BTreeSet::new()
        }
    }
}

fn is_generated(column: &Fact) -> bool {
    column.payload.text("generated").is_some()
}

/// The rows with what both tables have. Row numbers are kept: somebody may have written them down. Whatever the new table would do
/// about rows that do not fit, nothing is to get lost here; so they end the transaction.
fn copy(old: &Side<'_>, new: &Side<'_>, aside: &str, change: &Change<'_>) -> Option<String> {
    let common: Vec<(&Fact, &Fact)> = new
        .columns
        .iter()
        .filter(|column| !is_generated(column))
        .filter_map(|column| Some((old.column(&column.id)?, *column)))
        .collect();
    let numbered = new.rowid_column().is_some_and(|id| common.iter().any(|(_, column)| column.id == id.id));
    let (olds, news) = (old.rowids(), new.rowids());
    let rowid =
        ROWIDS.into_iter().find(|name| olds.contains(name) && news.contains(name)).filter(|_| !numbered);
    let list = |pick: &dyn Fn(&(&Fact, &Fact)) -> String| {
        let columns = common.iter().map(|pair| quote(&pick(pair)));
        rowid.map(str::to_owned).into_iter().chain(columns).collect::<Vec<_>>().join(", ")
    };
    let (into, from) = (list(&|(_, new)| name(new)), list(&|(old, _)| name(old)));
    (!into.is_empty()).then(|| {
        let table = quote(&name(change.new));
        format!("INSERT OR ROLLBACK INTO {table} ({into}) SELECT {from} FROM {}", quote(aside))
    })
}

/// Whether there may be rows that the new table does not take.
fn depends_on_data(old: &Side<'_>, new: &Side<'_>, change: &Change<'_>) -> bool {
    let narrower = new.columns.iter().any(|column| {
        let before = old.column(&column.id);
        let was = before.is_some_and(|before| before.payload.flag("not_null"));
        let filled = before.is_none() && (column.payload.text("default").is_some() || is_generated(column));
        let retyped = before.is_some_and(|before| before.payload.get("type") != column.payload.get("type"));
        (column.payload.flag("not_null") && !was && !filled)
            || (retyped && new.table.payload.flag("strict"))
            || (is_generated(column) && before.is_none_or(|before| before.hash != column.hash))
    });
    let demands = new.constraints.iter().any(|constraint| {
        let same = old.constraints.iter().find(|other| other.id == constraint.id);
        constraint.payload.text("type") != Some("foreign key")
            && same.is_none_or(|same| same.hash != constraint.hash)
    });
    narrower || demands || change.touches("strict") || change.touches("without_rowid")
}
