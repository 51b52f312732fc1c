//! The forecast against the facts as measured on PostgreSQL 14–18: every row of the table.

use std::collections::{BTreeMap, BTreeSet};

use sluice_schema::{Name, Origin, Schema};
use sluice_sql::model::{MaintenanceVerb, Statement, TableAction, TableConstraintKind};
use sluice_sql::{Dialect, PieceKind};

use super::forecast;
use crate::forecast::{Forecast, LockMode, Question, WorkKind};
use crate::{ServerVersion, Session, apply};

const FIXTURE: &str = include_str!("facts_fixture.sql");
const FACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/facts/pg_matrix.tsv");

/// Rows that are no oracle, or say what no schema can, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("detach_partition_concurrently", "the row is prose, partly inferred"),
    ("cic_in_tx", "refused by how the statement is placed, which the split into units says"),
    ("type_text_to_enum", "an expression index calls a function that the new type does not have"),
    ("type_text_to_bytea_using", "an expression index calls a function that the new type does not have"),
    ("enum_add_value_then_use_same_tx", "whether a value is used is a question of rows"),
];

struct Row<'a> {
    case: &'a str,
    versions: std::ops::RangeInclusive<u32>,
    sql: &'a str,
    precondition: &'a str,
    session: &'a str,
    locks: &'a str,
    index_locks: &'a str,
    work: &'a str,
    error: &'a str,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    let lines = table.lines().skip(1).filter(|line| !line.is_empty());
    let row = |line| {
        let cells: Vec<&str> = str::split(line, '\t').collect();
        let [case, pg, sql, precondition, session, locks, index_locks, work, error] = cells[..] else {
            panic!("a row has {} cells: {line}", cells.len());
        };
        let (first, last) = pg.split_once('–').unwrap_or((pg, pg));
        let versions = first.parse().unwrap()..=last.parse().unwrap();
        Row { case, versions, sql, precondition, session, locks, index_locks, work, error }
    };
    lines.map(row).collect()
}

/// A schema to which statements are applied one after the other.
#[derive(Clone)]
struct World {
    schema: Schema,
    session: Session,
}

impl World {
    fn run(&mut self, sql: &str, mut before: impl FnMut(&Self, &str, &Statement)) {
        for piece in sluice_sql::split(Dialect::Postgres, sql).unwrap() {
            if piece.kind == PieceKind::Blank {
                continue;
            }
            let parsed = sluice_sql::parse(Dialect::Postgres, sql, piece.body);
            assert!(
                !matches!(parsed.statement, Statement::Unparsed { .. }),
                "not understood: {}",
                piece.body.slice(sql)
            );
            before(self, sql, &parsed.statement);
            apply(&mut self.schema, &mut self.session, sql, &parsed.statement, Origin::default());
        }
    }

    /// Names of tables, sequences and indexes.
    fn names(&self) -> BTreeSet<Name> {
        let indexes = self.schema.relations.values().flat_map(|relation| {
            relation.indexes.iter().map(|index| Name::new(relation.name.schema.clone(), index.name.clone()))
        });
        let sequences = self.schema.sequences.keys().cloned();
        self.schema.relations.keys().cloned().chain(sequences).chain(indexes).collect()
    }
}

/// Names that a statement gives to what was there: the facts show the new ones.
fn renamed(statement: &Statement, into: &mut BTreeMap<String, String>) {
    for one in statement.renames() {
        into.insert(one.from.text.clone(), one.to.text.clone());
    }
    let Statement::AlterTable(alter) = statement else { return };
    for action in &alter.actions {
        if let TableAction::AddConstraint(constraint) = &action.kind
            && let TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) = &constraint.kind
            && let (Some(from), Some(to)) = (&key.using_index, &constraint.name)
        {
            into.insert(from.text.clone(), to.text.clone());
        }
    }
}

fn mode(code: &str) -> LockMode {
    match code {
        "AS" => LockMode::AccessShare,
        "RS" => LockMode::RowShare,
        "RE" => LockMode::RowExclusive,
        "SUE" => LockMode::ShareUpdateExclusive,
        "S" => LockMode::Share,
        "SRE" => LockMode::ShareRowExclusive,
        "E" => LockMode::Exclusive,
        "AE" => LockMode::AccessExclusive,
        other => panic!("`{other}` is no lock"),
    }
}

fn locks(cell: &str) -> BTreeMap<String, LockMode> {
    let lock = |word: &str| {
        let (relation, code) = word.split_once(':').unwrap();
        (relation.to_owned(), mode(code))
    };
    cell.split_whitespace().map(lock).collect()
}

/// Work by its code: `SCAN` with `t`.
fn work(cell: &str) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    for item in cell.split("; ").filter(|item| !item.is_empty()) {
        let (code, rest) = item.split_once(' ').unwrap();
        let code = match code {
            "REWRITE" => "REWRITE",
            "INDEX-REBUILD" => "INDEX-REBUILD",
            "INDEX-BUILD" => "INDEX-BUILD",
            "SCAN" | "seqscan" => "SCAN",
            "FK-VALIDATE" => {
                found.insert(("FK-VALIDATE", String::new()));
                continue;
            }
            "scan" => continue,
            other => panic!("`{other}` is no work"),
        };
        let names = rest.trim_end_matches(" +all its indexes").split(',');
        found.extend(names.map(|name| (code, name.to_owned())));
    }
    found
}

fn forecast_work(forecast: &Forecast) -> BTreeSet<(&'static str, String)> {
    let item = |work: &crate::Work| match work.kind {
        WorkKind::Scan => ("SCAN", work.relation.name.clone()),
        WorkKind::Rewrite => ("REWRITE", work.relation.name.clone()),
        WorkKind::IndexBuild => ("INDEX-BUILD", work.relation.name.clone()),
        WorkKind::IndexRebuild => ("INDEX-REBUILD", work.relation.name.clone()),
        // The facts do not name the tables.
        WorkKind::ForeignKeyCheck => ("FK-VALIDATE", String::new()),
    };
    forecast.work.iter().map(item).collect()
}

/// What is wrong with the forecast of a row for one version.
fn differences(
    fixture: &World,
    row: &Row<'_>,
    major: u32,
    forecast: fn(&Question<'_>) -> Forecast,
) -> Vec<String> {
    let mut world = fixture.clone();
    for sql in [row.precondition, row.session] {
        world.run(sql, |_, _, _| {});
    }
    let before = world.names();
    let mut all = Forecast::nothing(sluice_text::Evidence::Modelled);
    let mut renames = BTreeMap::new();
    let (mut unobserved, mut planned, mut truncates) = (false, false, false);
    world.run(row.sql, |world, text, statement| {
        let question = Question {
            text,
            statement,
            schema: &world.schema,
            version: ServerVersion::new(major, 0, 0),
            session: &world.session,
        };
        let one = forecast(&question);
        one.locks.into_iter().for_each(|lock| all.lock(lock.relation, lock.mode));
        one.index_locks.into_iter().for_each(|lock| all.lock_index(lock.relation, lock.mode));
        one.work.into_iter().for_each(|work| all.work(work.kind, work.relation));
        all.refused = all.refused.take().or(one.refused);
        renamed(statement, &mut renames);
        unobserved |= match statement {
            Statement::CreateIndex(create) => create.concurrently.is_written(),
            Statement::Maintenance(it) => it.verb == MaintenanceVerb::Analyze,
            _ => false,
        };
        planned |= matches!(statement, Statement::Query(_) | Statement::Update(_));
        truncates |= matches!(statement, Statement::Truncate(_));
    });
    let after = world.names();
    let mut wrong = Vec::new();
    if row.error.is_empty() {
        if let Some(refused) = &all.refused {
            wrong.push(format!("refused: {refused}"));
        }
    } else {
        // Names come with or without schema; the beginning says enough.
        let start =
            |text: &str| text.replace("\"m.", "\"").replace(" m.", " ").chars().take(30).collect::<String>();
        let refused = all.refused.as_deref().map(start).unwrap_or_default();
        if refused != start(row.error) {
            wrong.push(format!("not refused as `{}` but `{refused}`", row.error));
        }
        return wrong;
    }
    let there = |name: &Name| before.contains(name) && after.contains(name);
    let shown = |name: &Name| renames.get(&name.name).cloned().unwrap_or_else(|| name.name.clone());
    // Relations that the statement makes or drops are left out, and so is what is called `z`: the new thing of most cases.
    let stays = |name: &str| {
        let old = renames.iter().find(|(_, to)| *to == name).map_or(name, |(from, _)| from);
        name != "z"
            && (renames.contains_key(old) || there(&Name::new("m", old)) || there(&Name::new("m2", old)))
    };
    compare("locks", &locks(row.locks), &all.locks, (&shown, &stays), &mut wrong);
    let rewritten: BTreeSet<&str> = all
        .work
        .iter()
        .filter(|it| it.kind == WorkKind::Rewrite)
        .map(|it| it.relation.name.as_str())
        .collect();
    if row.index_locks.starts_with("all indexes") {
        let t = &world.schema.relations[&Name::new("m", "t")];
        let strong = |index: &&sluice_schema::Index| {
            all.index_locks
                .iter()
                .any(|lock| lock.relation.name == index.name && lock.mode == LockMode::AccessExclusive)
        };
        let count = t.indexes.iter().filter(strong).count();
        if count < 12 {
            wrong.push(format!("only {count} indexes of t are locked"));
        }
    } else {
        compare("index locks", &locks(row.index_locks), &all.index_locks, (&shown, &stays), &mut wrong);
    }
    let mut expected = work(row.work);
    let mut found = forecast_work(&all);
    // A sequence's new storage is one row, and the empty one of TRUNCATE is none.
    expected.retain(|(code, name)| {
        let sequence = world.schema.sequences.contains_key(&Name::new("m", name.clone()));
        !(sequence || truncates && *code == "REWRITE")
    });
    // The storage of a materialized view's indexes goes with its own; indexes of a table that is new are empty.
    let of = |index: &str| {
        world.schema.relations.values().find(|relation| relation.index(index).is_some()).map(|it| &it.name)
    };
    expected.retain(|(code, name)| {
        let table = of(name);
        let belongs = table.is_some_and(|table| rewritten.contains(table.name.as_str()));
        let empty = *code == "INDEX-BUILD" && table.is_some_and(|table| !before.contains(table));
        !(belongs || empty)
    });
    // Not observed outside of a transaction, where the planner decides, and by `CREATE TABLE … PARTITION OF`, which reads
    // the default partition without a word (check_default_partition_contents).
    if unobserved {
        found.clear();
    }
    if planned {
        expected.retain(|(code, _)| *code != "SCAN");
    }
    if row.case == "create_partition_of_with_default" {
        found.remove(&("SCAN", "pd".to_owned()));
    }
    // Sequential scans show only where nothing else does.
    if row.case == "refresh_matview" {
        found.remove(&("SCAN", "t".to_owned()));
    }
    if found != expected {
        wrong.push(format!("work: {found:?}, measured {expected:?}"));
    }
    wrong
}

type Naming<'a> = (&'a dyn Fn(&Name) -> String, &'a dyn Fn(&str) -> bool);

fn compare(
    what: &str,
    expected: &BTreeMap<String, LockMode>,
    found: &[crate::Lock],
    (shown, stays): Naming<'_>,
    wrong: &mut Vec<String>,
) {
    let found: BTreeMap<String, LockMode> =
        found.iter().map(|lock| (shown(&lock.relation), lock.mode)).collect();
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for name in names {
        let (wanted, is) = (expected.get(name), found.get(name));
        if wanted != is && (stays(name) || wanted.is_some() && is.is_some()) {
            wrong.push(format!("{what}: {name} {is:?}, measured {wanted:?}"));
        }
    }
}

/// How many rows agree with a forecast, of how many, and what is wrong with the others. None where there are no facts.
fn compared(forecast: fn(&Question<'_>) -> Forecast) -> Option<(usize, usize, String)> {
    let path = std::env::var("SLUICE_FACTS").unwrap_or_else(|_| FACTS.to_owned());
    let Ok(table) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no facts at {path}; set SLUICE_FACTS to the table of PostgreSQL's facts");
        return None;
    };
    let mut fixture = World { schema: Schema::empty(Dialect::Postgres), session: Session::default() };
    fixture.run(FIXTURE, |_, _, _| {});
    let (mut agreeing, mut total, mut report) = (0, 0, String::new());
    for row in rows(&table) {
        total += 1;
        if EXCEPTIONS.iter().any(|(case, _)| *case == row.case) {
            continue;
        }
        let mut wrong: Vec<String> = Vec::new();
        for major in row.versions.clone() {
            for one in differences(&fixture, &row, major, forecast) {
                if !wrong.contains(&one) {
                    wrong.push(one);
                }
            }
        }
        if wrong.is_empty() {
            agreeing += 1;
        } else {
            report.push_str(&format!("{}: {}\n    {}\n", row.case, row.sql, wrong.join("\n    ")));
        }
    }
    Some((agreeing, total, report))
}

#[test]
fn the_forecast_agrees_with_what_was_measured() {
    let Some((agreeing, total, report)) = compared(forecast) else { return };
    eprintln!("{agreeing} of {total} rows agree, {} are exceptions", EXCEPTIONS.len());
    assert!(report.is_empty(), "{agreeing} of {total} rows agree; these do not:\n{report}");
}

#[test]
fn a_forecast_of_nothing_does_not_pass_for_one() {
    let nothing = compared(|_| Forecast::nothing(sluice_text::Evidence::Assumed));
    let Some((agreeing, total, _)) = nothing else { return };
    eprintln!("{agreeing} of {total} rows agree with a forecast of nothing");
    assert!(agreeing * 4 < total, "{agreeing} of {total} rows agree with a forecast of nothing");
}

#[test]
fn what_is_not_known_is_taken_for_a_plain_table() {
    let mut world = World { schema: Schema::unknown(Dialect::Postgres), session: Session::default() };
    let sql = "ALTER TABLE t ALTER a TYPE bigint; CREATE INDEX ON t (lower(a)); INSERT INTO t VALUES (1)";
    let mut found = Vec::new();
    world.run(sql, |world, text, statement| {
        let (schema, session) = (&world.schema, &world.session);
        let version = ServerVersion::oldest(Dialect::Postgres);
        let one = forecast(&Question { text, statement, schema, version, session });
        assert_eq!(one.evidence, sluice_text::Evidence::Assumed);
        let work: Vec<_> = one.work.iter().map(|work| (work.kind, work.relation.to_string())).collect();
        found.push((one.strongest().map(|lock| lock.mode), work));
    });
    let expected = [
        (Some(LockMode::AccessExclusive), vec![(WorkKind::Rewrite, "t".to_owned())]),
        (Some(LockMode::Share), vec![(WorkKind::IndexBuild, "t_lower_idx".to_owned())]),
        (Some(LockMode::RowExclusive), Vec::new()),
    ];
    assert_eq!(found, expected);
}
