//! Rows of no meaning, put into a scratch database so that a plan has something to lose there.

use std::collections::{HashMap, HashSet};

use sluice_facts::{Fact, FactId, Hazard, Kind, Snapshot, Step};
use sluice_sql::classify;

use crate::{DbError, DbErrorKind, Query, Row, Session, Statement};

/// So many rows are put into a table.
const ROWS: u32 = 3;

/// Where there are more tables, only those get rows that the steps are about, and those that they refer to.
const MANY: usize = 300;

/// How a database family writes rows. Equal types get equal values, row by row, so that rows that refer to each other do.
pub trait Planting: Send + Sync {
    /// The table as it is written.
    fn table(&self, table: &Fact) -> String;

    /// The table alone, without those that inherit from it: what it shows of theirs may come and go.
    fn own_rows(&self, table: &Fact) -> String {
        self.table(table)
    }

    /// The column as it is written.
    fn column(&self, column: &Fact) -> String;

    /// Whether nobody gives the column a value.
    fn is_computed(&self, column: &Fact) -> bool;

    /// Whether a row may be without a value for it.
    fn is_optional(&self, column: &Fact, schema: &Snapshot) -> bool;

    /// A value of the column for a row, in one of two styles; none where the type is not known.
    fn value(&self, column: &Fact, schema: &Snapshot, row: u32, style: Style) -> Option<String>;

    /// The value of a column as text.
    fn text(&self, column: &str) -> String;

    /// What stands between the columns and `VALUES`.
    fn overriding(&self) -> &'static str {
        ""
    }
}

/// Values of two kinds: what one check refuses the other may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// 1, 2, 3; short words.
    Small,
    /// 101, 102, 103; words that could be an address.
    Large,
}

/// What was put in, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planted {
    /// How many rows lie in how many tables.
    pub rows: usize,
    /// Those tables.
    pub tables: usize,
    /// Tables that have no rows, and why.
    pub without: Vec<(FactId, String)>,
}

/// A table whose rows are looked at again.
pub(crate) struct Bed {
    pub(crate) table: FactId,
    /// Asks for its rows as they were put in.
    before: String,
    /// The same once the plan is through; none where its rows go.
    after: Option<String>,
    rows: Vec<Row>,
}

/// Plants rows in every table of a schema but some, and says which.
pub(crate) async fn plant(
    session: &mut dyn Session,
    planting: &dyn Planting,
    [from, to]: [&Snapshot; 2],
    steps: &[Step],
    except: &HashSet<FactId>,
) -> Result<(Planted, Vec<Bed>), DbError> {
    let children = children(from);
    let new_children = self::children(to);
    let (mut planted, mut beds) = (Planted::default(), Vec::new());
    let all = in_order(from, &children);
    let concerned = if all.len() > MANY { Some(concerned(steps, [from, to], &children)) } else { None };
    for table in all {
        if concerned.as_ref().is_some_and(|concerned| !concerned.contains(&table.id)) {
            continue;
        }
        if except.contains(&table.id) {
            planted.without.push((table.id.clone(), "a step refuses rows that were made up".to_owned()));
            continue;
        }
        let columns: Vec<&Fact> = columns_of(&table.id, &children);
        match fill(session, planting, from, table, &columns).await? {
            Ok(()) => {}
            Err(why) => {
                planted.without.push((table.id.clone(), why));
                continue;
            }
        }
        let own_after = columns_of(&table.id, &new_children);
        let stay: Vec<(&Fact, &Fact)> = columns
            .iter()
            .filter_map(|old| Some((*old, *own_after.iter().find(|new| new.id == old.id)?)))
            .filter(|(old, new)| is_same(old, new) && !planting.is_computed(old))
            .collect();
        let goes = to.get(&table.id).is_none()
            || steps.iter().any(|step| step.fact == table.id && step.hazards.contains(&Hazard::DeletesData));
        let list = |pick: &dyn Fn(&(&Fact, &Fact)) -> String| -> String {
            let texts: Vec<String> = stay.iter().map(|pair| planting.text(&pick(pair))).collect();
            if texts.is_empty() { "1".to_owned() } else { texts.join(", ") }
        };
        let ordered = |list: String, table: &Fact| {
            let places: Vec<String> = (1..=stay.len().max(1)).map(|place| place.to_string()).collect();
            format!("SELECT {list} FROM {} ORDER BY {}", planting.own_rows(table), places.join(", "))
        };
        let before = ordered(list(&|(old, _)| planting.column(old)), table);
        let after = to.get(&table.id).filter(|_| !goes);
        let after = after.map(|new| ordered(list(&|(_, new)| planting.column(new)), new));
        beds.push(Bed { table: table.id.clone(), before, after, rows: Vec::new() });
    }
    // Triggers may have put rows elsewhere, or changed them: what counts is what is there now.
    for bed in &mut beds {
        bed.rows = session.query(&Query::new(bed.before.as_str(), Vec::new())).await?;
        planted.rows = planted.rows.saturating_add(bed.rows.len());
        planted.tables = planted.tables.saturating_add(1);
    }
    Ok((planted, beds))
}

/// The tables whose rows are not what they were.
pub(crate) async fn harvest(session: &mut dyn Session, beds: &[Bed]) -> Result<Vec<String>, DbError> {
    let mut lost = Vec::new();
    for bed in beds {
        let Some(after) = &bed.after else { continue };
        let rows = session.query(&Query::new(after.as_str(), Vec::new())).await?;
        if rows != bed.rows {
            let (had, has) = (bed.rows.len(), rows.len());
            lost.push(match had == has {
                true => format!("rows of {} have other values", bed.table),
                false => format!("{} had {had} rows and has {has}", bed.table),
            });
        }
    }
    Ok(lost)
}

/// Tries to put rows into one table: three of them, else one, with all columns, else with those that must be there.
async fn fill(
    session: &mut dyn Session,
    planting: &dyn Planting,
    schema: &Snapshot,
    table: &Fact,
    columns: &[&Fact],
) -> Result<Result<(), String>, DbError> {
    let dialect = session.server().dialect;
    let mut why = String::new();
    for (whole, style, rows) in [
        (true, Style::Small, ROWS),
        (true, Style::Large, ROWS),
        (false, Style::Small, ROWS),
        (false, Style::Large, ROWS),
        (true, Style::Small, 1),
        (false, Style::Small, 1),
        (false, Style::Large, 1),
    ] {
        let sql = match insert(planting, schema, table, columns, (whole, style, rows)) {
            Ok(sql) => sql,
            Err(column) => {
                return Ok(Err(format!("no value is known for {column}")));
            }
        };
        let facts = classify(dialect, &sql);
        let statement = Statement { sql: sql.into(), copy_data: None, facts: &facts };
        match session.execute(&statement).await {
            Ok(()) => return Ok(Ok(())),
            Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error),
            Err(error) => why = error.to_string(),
        }
    }
    Ok(Err(why))
}

fn insert(
    planting: &dyn Planting,
    schema: &Snapshot,
    table: &Fact,
    columns: &[&Fact],
    (whole, style, rows): (bool, Style, u32),
) -> Result<String, FactId> {
    let mut names = Vec::new();
    let mut values: Vec<Vec<String>> = (0..rows).map(|_| Vec::new()).collect();
    for column in columns.iter().filter(|column| !planting.is_computed(column)) {
        let optional = planting.is_optional(column, schema);
        if !whole && optional {
            continue;
        }
        let own: Option<Vec<String>> =
            (1..=rows).map(|row| planting.value(column, schema, row, style)).collect();
        match own {
            Some(own) => {
                names.push(planting.column(column));
                values.iter_mut().zip(own).for_each(|(row, value)| row.push(value));
            }
            None if optional => {}
            None => return Err(column.id.clone()),
        }
    }
    let table = planting.table(table);
    if names.is_empty() {
        return Ok(format!("INSERT INTO {table} DEFAULT VALUES"));
    }
    let rows: Vec<String> = values.iter().map(|row| format!("({})", row.join(", "))).collect();
    Ok(format!(
        "INSERT INTO {table} ({}){} VALUES {}",
        names.join(", "),
        planting.overriding(),
        rows.join(", ")
    ))
}

fn is_same(old: &Fact, new: &Fact) -> bool {
    ["type", "collation", "generated"].iter().all(|name| old.payload.get(name) == new.payload.get(name))
}

type Children<'a> = HashMap<&'a FactId, Vec<&'a Fact>>;

fn children(schema: &Snapshot) -> Children<'_> {
    let mut children: Children<'_> = HashMap::new();
    for fact in schema.facts().iter().filter(|fact| matches!(fact.kind, Kind::Column | Kind::Constraint)) {
        if let Some(parent) = &fact.parent {
            children.entry(parent).or_default().push(fact);
        }
    }
    children
}

fn columns_of<'a>(table: &FactId, children: &Children<'a>) -> Vec<&'a Fact> {
    let own = children.get(table).map(Vec::as_slice).unwrap_or_default();
    own.iter().filter(|fact| fact.kind == Kind::Column).copied().collect()
}

/// Tables, those that others refer to first.
fn in_order<'a>(schema: &'a Snapshot, children: &Children<'a>) -> Vec<&'a Fact> {
    let mut order = Vec::new();
    let mut met: HashSet<&FactId> = HashSet::new();
    let tables: Vec<&Fact> = schema.facts().iter().filter(|fact| fact.kind == Kind::Table).collect();
    for table in tables {
        // A stack and no recursion: chains of references may be long.
        let mut stack = vec![(table, false)];
        while let Some((table, is_done)) = stack.pop() {
            if is_done {
                order.push(table);
                continue;
            }
            if !met.insert(&table.id) {
                continue;
            }
            stack.push((table, true));
            let own = children.get(&table.id).map(Vec::as_slice).unwrap_or_default();
            for key in own.iter().filter(|fact| fact.payload.text("type") == Some("foreign key")) {
                for parent in referenced(key, schema) {
                    stack.push((parent, false));
                }
            }
        }
    }
    order
}

/// The tables that steps are about, and those that they refer to, however indirectly.
fn concerned(steps: &[Step], [from, to]: [&Snapshot; 2], children: &Children<'_>) -> HashSet<FactId> {
    let table_of = |id: &FactId| -> Option<FactId> {
        if id.kind() == Some(Kind::Table) {
            return Some(id.clone());
        }
        from.get(id)
            .or_else(|| to.get(id))?
            .parent
            .clone()
            .filter(|parent| parent.kind() == Some(Kind::Table))
    };
    let mut work: Vec<FactId> = steps.iter().filter_map(|step| table_of(&step.fact)).collect();
    let mut concerned = HashSet::new();
    while let Some(table) = work.pop() {
        if !concerned.insert(table.clone()) {
            continue;
        }
        let own = children.get(&table).map(Vec::as_slice).unwrap_or_default();
        let keys = own.iter().filter(|fact| fact.payload.text("type") == Some("foreign key"));
        work.extend(keys.flat_map(|key| referenced(key, from)).map(|parent| parent.id.clone()));
    }
    concerned
}

/// The tables that a foreign key needs.
fn referenced<'a>(key: &'a Fact, schema: &'a Snapshot) -> Vec<&'a Fact> {
    let named = key.payload.text("table").map(|name| FactId::new(Kind::Table, [name]));
    let named = named.and_then(|id| schema.get(&id));
    let needed = key.requires.iter().filter_map(|id| {
        let fact = schema.get(id)?;
        if fact.kind == Kind::Table { Some(fact) } else { schema.get(fact.parent.as_ref()?) }
    });
    let all = needed.chain(named).filter(|fact| fact.kind == Kind::Table);
    all.filter(|fact| key.parent.as_ref() != Some(&fact.id)).collect()
}
