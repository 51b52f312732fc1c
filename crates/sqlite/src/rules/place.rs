//! What `ALTER TABLE` can do to a table where it is, and what it cannot (<https://sqlite.org/lang_altertable.html>).

use sluice_facts::{Change, Fact, FactId, Hazard, Kind, Scene, Snapshot, Step, Verb};
use sluice_sql::{Dialect, LexemeKind, lexemes};

use super::name::{aside, name, written};
use crate::wording::quote;

/// Whether a table of both schemas is made anew: something about it changes that cannot be changed where it is.
pub(super) fn is_rebuilt(table: &FactId, scene: &Scene<'_>) -> bool {
    let (Some(old), Some(new)) = (scene.from.get(table), scene.to.get(table)) else { return false };
    let differences = old.payload.differences(&new.payload);
    differences.iter().any(|name| name != "spelling")
        || Columns::of(table, scene).need_rebuild(scene)
        || constraints_need_rebuild(table, scene)
}

/// The columns of a table before and after.
struct Columns<'a> {
    old: Vec<&'a Fact>,
    new: Vec<&'a Fact>,
}

impl<'a> Columns<'a> {
    fn of(table: &FactId, scene: &Scene<'a>) -> Self {
        let columns = |users: &mut dyn Iterator<Item = &'a Fact>| -> Vec<&'a Fact> {
            users.filter(|user| user.kind == Kind::Column && user.parent.as_ref() == Some(table)).collect()
        };
        Self { old: columns(&mut scene.users_before(table)), new: columns(&mut scene.users_after(table)) }
    }

    fn need_rebuild(&self, scene: &Scene<'_>) -> bool {
        let mut moves = false;
        for column in &self.new {
            match self.old.iter().find(|old| old.id == column.id) {
                None if !can_be_added(column) => return true,
                None => {}
                Some(old) if old.hash == column.hash => {}
                Some(old) => {
                    if !is_respelled(old, column) && !can_be_replaced(old, column, scene) {
                        return true;
                    }
                    moves = true;
                }
            }
        }
        for column in &self.old {
            if scene.to.get(&column.id).is_none() {
                if !can_be_dropped(column, scene) {
                    return true;
                }
                moves = true;
            }
        }
        let stays = |column: &&&Fact| scene.to.get(&column.id).is_some() && !is_generated(column);
        self.old.iter().find(stays).is_none() || (moves && !is_calm(scene))
    }
}

fn is_generated(column: &Fact) -> bool {
    column.payload.text("generated").is_some()
}

/// `ADD COLUMN` takes neither stored columns nor, where there are rows, defaults that are not constant.
fn can_be_added(column: &Fact) -> bool {
    match (column.payload.text("generated"), column.payload.text("default")) {
        (Some(kind), _) => kind == "virtual",
        (None, Some(default)) => {
            let nothing = default == "null" && column.payload.flag("not_null");
            is_constant(default) && !nothing
        }
        (None, None) => !column.payload.flag("not_null"),
    }
}

/// A literal, perhaps with a sign.
fn is_constant(default: &str) -> bool {
    let lexemes = lexemes(Dialect::Sqlite, default);
    let (signs, value) = match lexemes.as_slice() {
        [value] => (false, value),
        [sign, value] if matches!(sign.text, "-" | "+") => (true, value),
        _ => return false,
    };
    match value.kind {
        LexemeKind::Number => true,
        LexemeKind::String => !signs,
        LexemeKind::Word => !signs && matches!(value.text, "null" | "true" | "false"),
        _ => false,
    }
}

/// `DROP COLUMN` takes no column that something else of the table stands on. Indexes are dropped before.
fn can_be_dropped(column: &Fact, scene: &Scene<'_>) -> bool {
    scene.users_before(&column.id).all(|user| match user.kind {
        Kind::Constraint => is_free(user) && column_of(user, scene.from).as_ref() == Some(&column.id),
        Kind::Column => scene.to.get(&user.id).is_none(),
        _ => true,
    })
}

/// Whether nothing but the case of a column's name changes.
fn is_respelled(old: &Fact, new: &Fact) -> bool {
    old.payload.differences(&new.payload).iter().all(|name| name == "spelling")
}

/// Whether a column that changes is dropped and added again: one that is computed when it is read has no values.
pub(super) fn is_replaced(old: &Fact, new: &Fact, scene: &Scene<'_>) -> bool {
    !is_respelled(old, new) && can_be_replaced(old, new, scene)
}

fn can_be_replaced(old: &Fact, new: &Fact, scene: &Scene<'_>) -> bool {
    let is_virtual = |column: &Fact| column.payload.text("generated") == Some("virtual");
    // It is not there for a moment, and nobody is to see that.
    let stays = |fact: &Fact| matches!(fact.kind, Kind::View | Kind::Trigger) && is_kept(fact, scene);
    is_virtual(old) && is_virtual(new) && can_be_dropped(old, scene) && !scene.from.facts().iter().any(stays)
}

fn is_kept(fact: &Fact, scene: &Scene<'_>) -> bool {
    scene.to.get(&fact.id).is_some_and(|new| new.hash == fact.hash)
}

/// A constraint that comes and goes with its column.
fn is_free(constraint: &Fact) -> bool {
    matches!(constraint.payload.text("type"), Some("check" | "foreign key"))
}

fn constraints_need_rebuild(table: &FactId, scene: &Scene<'_>) -> bool {
    let is_one = |user: &&Fact| user.kind == Kind::Constraint && user.parent.as_ref() == Some(table);
    let moves_with_column = |constraint: &Fact, here: &Snapshot, there: &Snapshot| {
        is_free(constraint) && column_of(constraint, here).is_some_and(|column| there.get(&column).is_none())
    };
    scene.users_before(table).filter(is_one).any(|old| match scene.to.get(&old.id) {
        Some(new) => new.hash != old.hash,
        None => !moves_with_column(old, scene.from, scene.to),
    }) || scene
        .users_after(table)
        .filter(is_one)
        .any(|new| scene.from.get(&new.id).is_none() && !moves_with_column(new, scene.to, scene.from))
}

/// The column that a constraint stands with.
pub(super) fn column_of(constraint: &Fact, snapshot: &Snapshot) -> Option<FactId> {
    let columns = constraint.requires.iter().filter_map(|id| snapshot.get(id));
    let mut own = columns.filter(|column| constraint.ordinal > 0 && column.ordinal == constraint.ordinal);
    own.find(|column| column.kind == Kind::Column && column.parent == constraint.parent)
        .map(|column| column.id.clone())
}

/// Columns are dropped and renamed only where every view and every trigger can be read meanwhile.
fn is_calm(scene: &Scene<'_>) -> bool {
    let is_broken = |snapshot: &Snapshot| snapshot.facts().iter().any(|fact| fact.payload.flag("broken"));
    if is_broken(scene.from) || is_broken(scene.to) {
        return false;
    }
    let before = scene.from.facts();
    let view_goes = before.iter().any(|fact| fact.kind == Kind::View && !is_kept(fact, scene));
    let program_stays =
        before.iter().any(|fact| matches!(fact.kind, Kind::View | Kind::Trigger) && is_kept(fact, scene));
    !(view_goes && program_stays)
}

/// A column comes to a table that is there, with the constraints that stand with it.
pub(super) fn add_column(column: &Fact, scene: &Scene<'_>) -> Step {
    let sql = format!("ALTER TABLE {} ADD COLUMN {}", table_name(column, scene.to), written(column));
    let step = Step::new(Verb::Create, &column.id, sql);
    let table = column.parent.as_ref();
    let checked = table.into_iter().flat_map(|table| scene.users_after(table)).any(|user| {
        user.kind == Kind::Constraint
            && user.payload.text("type") == Some("check")
            && column_of(user, scene.to).as_ref() == Some(&column.id)
    });
    let computed = is_generated(column) && column.payload.flag("not_null");
    match checked || computed {
        true => step.hazard(Hazard::ScansTable).hazard(Hazard::DependsOnData),
        false => step,
    }
}

/// A column goes. Nothing is lost with one that is computed.
pub(super) fn drop_column(column: &Fact) -> Step {
    let table = column.parent.as_ref().map(FactId::name).unwrap_or_default();
    let sql = format!("ALTER TABLE {} DROP COLUMN {}", quote(&table), quote(&name(column)));
    let step = Step::new(Verb::Drop, &column.id, sql);
    match is_generated(column) {
        true => step,
        false => step.hazard(Hazard::DeletesData).hazard(Hazard::RewritesTable),
    }
}

/// A column gets its name in another case.
pub(super) fn respell_column(change: &Change<'_>) -> Step {
    let table = change.new.parent.as_ref().map(FactId::name).unwrap_or_default();
    let (old, new) = (quote(&name(change.old)), quote(&name(change.new)));
    Step::new(
        Verb::Alter,
        &change.new.id,
        format!("ALTER TABLE {} RENAME COLUMN {old} TO {new}", quote(&table)),
    )
}

/// A table gets its name in another case, by way of another name: SQLite takes the two for one.
pub(super) fn respell_table(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    if !change.touches("spelling") {
        return Vec::new();
    }
    let (old, new, aside) = (name(change.old), name(change.new), aside(change.old, scene));
    [(&old, &aside), (&aside, &new)]
        .into_iter()
        .map(|(from, to)| format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to)))
        .map(|sql| Step::new(Verb::Alter, &change.new.id, sql))
        .collect()
}

fn table_name(fact: &Fact, snapshot: &Snapshot) -> String {
    let table = fact.parent.as_ref();
    let known = table.and_then(|table| snapshot.get(table)).map(name);
    quote(&known.or_else(|| table.map(FactId::name)).unwrap_or_default())
}
