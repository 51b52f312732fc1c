//! What holds for any two schemas.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::borrow::Cow;
use std::collections::BTreeSet;

use proptest::prelude::*;
use sluice_facts::{
    Alteration, Builder, Change, DecodeError, Diff, Fact, FactId, Kind, Member, Options, Payload, Rules,
    Scene, Snapshot, Step, Verb, transition,
};

/// A number of tables, and what stands on them: some alter in place, some do not, some make others go away meanwhile.
struct Toy;

impl Rules for Toy {
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
        match change.new.kind {
            Kind::Table => Alteration::SIMPLE,
            Kind::Column => {
                let views = scene.users_before(&change.old.id).filter(|user| user.kind == Kind::View);
                Alteration::InPlace { evicts: views.map(|view| view.id.clone()).collect() }
            }
            _ => Alteration::Replace,
        }
    }

    fn create(&self, fact: &Fact, _scene: &Scene<'_>) -> Vec<Step> {
        vec![Step::new(Verb::Create, &fact.id, "create")]
    }

    fn alter(&self, change: &Change<'_>, _scene: &Scene<'_>) -> Vec<Step> {
        vec![Step::new(Verb::Alter, &change.new.id, "alter")]
    }

    fn drop(&self, fact: &Fact, _scene: &Scene<'_>) -> Vec<Step> {
        vec![Step::new(Verb::Drop, &fact.id, "drop")]
    }

    fn absorbed_by(&self, _fact: &Fact, _scene: &Scene<'_>) -> Option<FactId> {
        None
    }

    fn falls_with(&self, _fact: &Fact, _scene: &Scene<'_>) -> Option<FactId> {
        None
    }

    fn follows(&self, _fact: &Fact, _scene: &Scene<'_>) -> Vec<FactId> {
        Vec::new()
    }

    fn names(&self, fact: &Fact) -> Vec<String> {
        match fact.kind {
            Kind::Table | Kind::View => vec![fact.id.name()],
            _ => Vec::new(),
        }
    }

    fn prelude(&self, _steps: &[Step]) -> Vec<String> {
        Vec::new()
    }

    fn rank(&self, kind: Kind) -> u16 {
        match kind {
            Kind::Table => 1,
            Kind::Column => 2,
            Kind::View => 3,
            _ => 4,
        }
    }
}

/// The same where one statement can do all that changes inside of a table.
struct Joining;

impl Rules for Joining {
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
        Toy.alteration(change, scene)
    }

    fn create(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        Toy.create(fact, scene)
    }

    fn alter(&self, change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
        Toy.alter(change, scene)
    }

    fn drop(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        Toy.drop(fact, scene)
    }

    fn absorbed_by(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
        Toy.absorbed_by(fact, scene)
    }

    fn falls_with(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
        Toy.falls_with(fact, scene)
    }

    fn taken_with(&self, fact: &Fact, _verb: Verb, _scene: &Scene<'_>) -> Option<FactId> {
        if fact.kind == Kind::Column { fact.parent.clone() } else { None }
    }

    fn together(&self, host: &FactId, members: &[Member<'_>], _scene: &Scene<'_>) -> Option<Vec<Step>> {
        let step = |member: &Member<'_>| Step::new(member.verb, &member.fact.id, format!("in {host}"));
        let mut steps: Vec<Step> = members.iter().map(step).collect();
        steps.sort_by_key(|step| step.verb);
        Some(steps)
    }

    fn follows(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<FactId> {
        Toy.follows(fact, scene)
    }

    fn names(&self, fact: &Fact) -> Vec<String> {
        Toy.names(fact)
    }

    fn prelude(&self, steps: &[Step]) -> Vec<String> {
        Toy.prelude(steps)
    }

    fn rank(&self, kind: Kind) -> u16 {
        Toy.rank(kind)
    }
}

fn payload(value: i64) -> Payload {
    Payload::new([(Cow::Borrowed("value"), value.into())])
}

/// Tables `0..6` with columns, and views over some columns and over views with smaller numbers; comments on anything.
fn snapshot() -> impl Strategy<Value = Snapshot> {
    let tables = prop::collection::btree_map((0_u8..6, 0_u8..3), 0_i64..3, 0..10);
    let views = prop::collection::btree_map(
        0_u8..8,
        (0_i64..3, prop::collection::vec(0_u8..8, 0..3), any::<bool>()),
        0..6,
    );
    (tables, views).prop_map(|(columns, views)| {
        let mut builder = Builder::default();
        let table = |number: u8| FactId::new(Kind::Table, ["s".to_owned(), format!("t{number}")]);
        let column = |table: u8, number: u8| {
            FactId::new(Kind::Column, ["s".to_owned(), format!("t{table}"), format!("c{number}")])
        };
        let view = |number: u8| FactId::new(Kind::View, ["s".to_owned(), format!("t{number}")]);
        let of: BTreeSet<u8> = columns.keys().map(|(table, _)| *table).collect();
        for number in &of {
            builder.add(Fact::new(table(*number), Kind::Table, None, payload(0)));
        }
        for ((number, at), value) in &columns {
            builder.add(Fact::new(column(*number, *at), Kind::Column, Some(table(*number)), payload(*value)));
        }
        for (number, (value, uses, commented)) in &views {
            if of.contains(number) {
                continue;
            }
            let below = uses
                .iter()
                .filter(|other| *other < number && views.contains_key(other) && !of.contains(other));
            let mut requires: Vec<FactId> = below.map(|other| view(*other)).collect();
            let all: Vec<&(u8, u8)> = columns.keys().collect();
            requires
                .extend(uses.iter().filter_map(|at| all.get(usize::from(*at))).map(|(a, b)| column(*a, *b)));
            builder.add(Fact::new(view(*number), Kind::View, None, payload(*value)).requiring(requires));
            if *commented {
                let id = FactId::on(Kind::Comment, &view(*number), None);
                builder.add(Fact::new(id, Kind::Comment, Some(view(*number)), payload(*value)));
            }
        }
        builder.unmodelled("type s.odd");
        builder.finish("toy", "1")
    })
}

/// Carries the steps out on the names of facts, as a server would that checks dependencies.
fn carry_out(from: &Snapshot, to: &Snapshot, steps: &[Step]) {
    let mut there: BTreeSet<FactId> = from.facts().iter().map(|fact| fact.id.clone()).collect();
    let mut made: BTreeSet<FactId> = BTreeSet::new();
    let mut altered: BTreeSet<FactId> = BTreeSet::new();
    for step in steps {
        let id = &step.fact;
        match step.verb {
            Verb::Drop => {
                assert!(there.remove(id), "{id} is dropped twice");
                let users = from.facts().iter().filter(|fact| fact.needs().any(|need| need == id));
                let mut needing =
                    users.filter(|user| there.contains(&user.id) && !altered.contains(&user.id));
                if let Some(user) = needing.next() {
                    panic!("{id} is dropped while {} needs it", user.id);
                }
            }
            Verb::Create => {
                let fact = to.get(id).unwrap();
                for need in fact.needs().filter(|need| to.get(need).is_some()) {
                    assert!(there.contains(need), "{id} is made before {need}");
                }
                let name = id.name();
                let taken =
                    there.iter().filter(|other| matches!(other.kind(), Some(Kind::Table | Kind::View)));
                if matches!(fact.kind, Kind::Table | Kind::View) {
                    assert!(taken.clone().all(|other| other.name() != name), "{name} is taken");
                }
                assert!(there.insert(id.clone()), "{id} is made twice");
                made.insert(id.clone());
            }
            Verb::Rename => panic!("{id} is renamed"),
            Verb::Alter => {
                assert!(there.contains(id), "{id} is altered and not there");
                if id.kind() == Some(Kind::Column) {
                    let users = from.facts().iter().filter(|fact| fact.needs().any(|need| need == id));
                    for user in users.filter(|user| user.kind == Kind::View) {
                        assert!(
                            !there.contains(&user.id) || made.contains(&user.id),
                            "{} is in the way",
                            user.id
                        );
                    }
                }
                altered.insert(id.clone());
            }
        }
    }
    let wanted: BTreeSet<FactId> = to.facts().iter().map(|fact| fact.id.clone()).collect();
    assert_eq!(there, wanted);
    for change in &Diff::between(from, to).altered {
        let id = &change.new.id;
        assert!(made.contains(id) || altered.contains(id), "{id} stays as it was");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_schema_does_not_differ_from_itself(a in snapshot()) {
        prop_assert!(Diff::between(&a, &a.clone()).is_empty());
        prop_assert!(transition(&a, &a, &Toy, Options::default()).steps.is_empty());
    }

    #[test]
    fn the_first_schema_with_the_differences_is_the_second(a in snapshot(), b in snapshot()) {
        let diff = Diff::between(&a, &b);
        let applied = diff.apply(&a);
        prop_assert_eq!(applied.fingerprint(), b.fingerprint());
        prop_assert_eq!(diff.is_empty(), a.fingerprint() == b.fingerprint());
    }

    #[test]
    fn steps_lead_from_one_schema_to_the_other_without_breaking_a_dependency(a in snapshot(), b in snapshot()) {
        let way = transition(&a, &b, &Toy, Options::default());
        prop_assert!(way.broken.is_empty(), "{:?}", way.broken);
        carry_out(&a, &b, &way.steps);
    }

    #[test]
    fn what_changes_inside_of_one_fact_is_taken_together(a in snapshot(), b in snapshot()) {
        let way = transition(&a, &b, &Joining, Options::default());
        prop_assert!(way.broken.is_empty(), "{:?}", way.broken);
        carry_out(&a, &b, &way.steps);
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for block in way.steps.chunk_by(|one, other| one.sql == other.sql) {
            let sql = block[0].sql.as_str();
            prop_assert!(!sql.starts_with("in ") || done.insert(sql), "{} comes twice", sql);
        }
        for step in way.steps.iter().filter(|step| step.fact.kind() == Some(Kind::Column)) {
            let table = FactId::new(Kind::Table, &step.fact.path()[..2]);
            let stays = a.get(&table).is_some() && b.get(&table).is_some();
            prop_assert!(!stays || step.sql.starts_with("in "), "{} comes alone", step.fact);
        }
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written(a in snapshot()) {
        prop_assert_eq!(&Snapshot::from_bytes(a.to_json().as_bytes()).unwrap(), &a);
        prop_assert_eq!(&Snapshot::from_bytes(&a.to_bytes().unwrap()).unwrap(), &a);
    }
}

#[test]
fn snapshots_that_were_changed_or_are_newer_are_refused() {
    let mut builder = Builder::default();
    let id = FactId::new(Kind::Table, ["public", "orders"]);
    builder.add(Fact::new(id, Kind::Table, None, payload(1)));
    let text = builder.finish("postgres", "PostgreSQL 18.0").to_json();
    let changed = text.replace("\"value\":1", "\"value\":2");
    assert!(matches!(Snapshot::from_bytes(changed.as_bytes()), Err(DecodeError::Fingerprint)));
    let newer = text.replace("/v1\"", "/v2\"");
    assert!(matches!(Snapshot::from_bytes(newer.as_bytes()), Err(DecodeError::Newer { found: 2 })));
    for nonsense in ["", "{}", "{\"schema\":\"sluice/plan/v1\"}", "create table a ()"] {
        assert!(
            matches!(Snapshot::from_bytes(nonsense.as_bytes()), Err(DecodeError::Malformed(_))),
            "{nonsense}"
        );
    }
}

#[test]
fn a_fingerprint_rolls_up_what_is_below() {
    let build = |value| {
        let mut builder = Builder::default();
        let table = FactId::new(Kind::Table, ["s", "t"]);
        builder.add(Fact::new(table.clone(), Kind::Table, None, payload(0)));
        let column = FactId::new(Kind::Column, ["s", "t", "c"]);
        builder.add(Fact::new(column, Kind::Column, Some(table), payload(value)));
        builder.add(Fact::new(FactId::new(Kind::Table, ["s", "u"]), Kind::Table, None, payload(0)));
        builder.finish("toy", "1")
    };
    let (one, two) = (build(1), build(2));
    let rollup =
        |snapshot: &Snapshot, name: &str| snapshot.rollup(&FactId::new(Kind::Table, ["s", name])).unwrap();
    assert_ne!(one.fingerprint(), two.fingerprint());
    assert_ne!(rollup(&one, "t"), rollup(&two, "t"));
    assert_eq!(rollup(&one, "u"), rollup(&two, "u"));
}

#[test]
fn what_one_side_cannot_model_is_neither_new_nor_gone() {
    let table = |name: &str| FactId::new(Kind::Table, [name]);
    let mut builder = Builder::default();
    for name in ["a", "b"] {
        builder.add(Fact::new(table(name), Kind::Table, None, payload(0)));
        let column = FactId::new(Kind::Column, [name, "c"]);
        builder.add(Fact::new(column, Kind::Column, Some(table(name)), payload(0)));
    }
    let one = builder.finish("toy", "1");
    let mut builder = Builder::default();
    builder.add(Fact::new(table("b"), Kind::Table, None, payload(0)));
    builder.unmodelled("table a");
    let two = builder.finish("toy", "1");
    let (one, two) = (one.leaving_out(&two), two.leaving_out(&one));
    let diff = Diff::between(&one, &two);
    let removed: Vec<&str> = diff.removed.iter().map(|fact| fact.id.as_str()).collect();
    assert_eq!(removed, ["column:b.c"]);
    assert_eq!(two.unmodelled, vec!["table a".into()]);
}

/// Columns come and go with the alteration of their table, as where a server makes tables anew.
struct Whole;

impl Rules for Whole {
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
        let own = scene.users_before(&change.old.id).filter(|user| user.kind == Kind::View);
        Alteration::InPlace { evicts: own.map(|view| view.id.clone()).collect() }
    }

    fn gathers(&self, diff: &Diff<'_>, _scene: &Scene<'_>) -> Vec<FactId> {
        let facts =
            diff.added.iter().chain(&diff.removed).copied().chain(diff.altered.iter().map(|it| it.new));
        facts.filter(|fact| fact.kind == Kind::Column).filter_map(|fact| fact.parent.clone()).collect()
    }

    fn altered_with(&self, fact: &Fact, _verb: Verb, _scene: &Scene<'_>) -> Option<FactId> {
        fact.parent.clone().filter(|_| fact.kind == Kind::Column)
    }

    fn coda(&self, steps: &[Step]) -> Vec<String> {
        steps.iter().map(|step| format!("after {}", step.fact)).collect()
    }

    fn create(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        Toy.create(fact, scene)
    }

    fn alter(&self, change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
        Toy.alter(change, scene)
    }

    fn drop(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        Toy.drop(fact, scene)
    }

    fn absorbed_by(&self, fact: &Fact, _scene: &Scene<'_>) -> Option<FactId> {
        fact.parent.clone().filter(|_| fact.kind == Kind::Column)
    }

    fn falls_with(&self, fact: &Fact, _scene: &Scene<'_>) -> Option<FactId> {
        fact.parent.clone().filter(|_| fact.kind == Kind::Column)
    }

    fn follows(&self, _fact: &Fact, _scene: &Scene<'_>) -> Vec<FactId> {
        Vec::new()
    }

    fn names(&self, fact: &Fact) -> Vec<String> {
        Toy.names(fact)
    }

    fn prelude(&self, _steps: &[Step]) -> Vec<String> {
        Vec::new()
    }

    fn rank(&self, kind: Kind) -> u16 {
        Toy.rank(kind)
    }
}

#[test]
fn a_table_is_altered_for_the_sake_of_its_columns() {
    let build = |columns: &[(&str, i64)]| {
        let mut builder = Builder::default();
        let table = FactId::new(Kind::Table, ["s", "t"]);
        builder.add(Fact::new(table.clone(), Kind::Table, None, payload(0)));
        for (name, value) in columns {
            let id = FactId::new(Kind::Column, ["s", "t", *name]);
            builder.add(Fact::new(id, Kind::Column, Some(table.clone()), payload(*value)));
        }
        let view = FactId::new(Kind::View, ["s", "v"]);
        builder.add(Fact::new(view, Kind::View, None, payload(0)).requiring([table]));
        builder.finish("toy", "1")
    };
    let (from, to) = (build(&[("a", 1), ("b", 1), ("c", 1)]), build(&[("b", 2), ("c", 1), ("d", 1)]));
    let way = transition(&from, &to, &Whole, Options::default());
    let steps: Vec<String> = way.steps.iter().map(|step| format!("{} {}", step.sql, step.fact)).collect();
    assert_eq!(steps, ["drop view:s.v", "alter table:s.t", "create view:s.v"]);
    assert_eq!(way.rebuilt, [FactId::new(Kind::View, ["s", "v"])]);
    assert_eq!(way.coda.last().unwrap(), "after view:s.v");
    assert!(way.broken.is_empty());
}

#[test]
fn what_somebody_wrote_is_kept_and_makes_no_difference() {
    let build = |written: Option<&str>| {
        let mut builder = Builder::default();
        let id = FactId::new(Kind::Table, ["t"]);
        builder
            .add(Fact { written: written.map(Into::into), ..Fact::new(id, Kind::Table, None, payload(0)) });
        builder.finish("toy", "1")
    };
    let (one, two) = (build(Some("CREATE TABLE t (a) -- so")), build(None));
    assert_eq!(one.fingerprint(), two.fingerprint());
    let read = Snapshot::from_bytes(&one.to_bytes().unwrap()).unwrap();
    assert_eq!(read.facts()[0].written.as_deref(), Some("CREATE TABLE t (a) -- so"));
}
