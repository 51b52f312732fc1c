//! Tables. What changes inside of one is done by one statement, as far as the server lets it.

use sluice_facts::{Assertion, Change, Fact, FactId, Hazard, Kind, Member, Payload, Scene, Step, Verb};

use super::{assertion, column, constraint, index, name, online, partition};

/// A table comes, with its columns, keys and constraints.
pub(crate) fn create(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let mut lines: Vec<String> = column::of_table(&fact.id, scene)
        .into_iter()
        .map(|column| column::in_table(column, Some(fact)))
        .collect();
    let own = |user: &&Fact| user.parent.as_ref() == Some(&fact.id);
    let written = |user: &&Fact| !scene.is_apart(&user.id, Verb::Create);
    let mut others: Vec<&Fact> = scene.users_after(&fact.id).filter(own).filter(written).collect();
    others.sort_by_key(|other| (rank(other), other.ordinal));
    lines.extend(
        others.iter().filter(|other| other.kind == Kind::Index).map(|index| index::definition(index)),
    );
    lines.extend(
        others
            .iter()
            .filter(|other| other.kind == Kind::Constraint)
            .map(|other| format!("CONSTRAINT {}", constraint::definition(other))),
    );
    lines.extend(fact.payload.list("periods").iter().map(|period| format!("PERIOD FOR {period}")));
    let mut sql = format!("CREATE TABLE {} (\n  {}\n)", name::top(&fact.id), lines.join(",\n  "));
    for option in options(&fact.payload) {
        sql.push_str(&format!(" {option}"));
    }
    if fact.payload.flag("versioned") {
        sql.push_str(" WITH SYSTEM VERSIONING");
    }
    if let Some(by) = partition::by(&fact.payload) {
        sql.push_str(&format!("\n{by}"));
    }
    vec![Step::new(Verb::Create, &fact.id, sql)]
}

fn rank(fact: &Fact) -> u8 {
    match (fact.kind, fact.payload.text("type")) {
        (Kind::Index, Some("PRIMARY KEY")) => 0,
        (Kind::Index, _) => 1,
        _ => 2,
    }
}

/// A table goes.
pub(crate) fn drop(fact: &Fact) -> Vec<Step> {
    let sql = format!("DROP TABLE {}", name::top(&fact.id));
    vec![Step::new(Verb::Drop, &fact.id, sql).hazard(Hazard::DeletesData)]
}

fn options(payload: &Payload) -> Vec<String> {
    let mut options = Vec::new();
    if let Some(engine) = payload.text("engine") {
        options.push(format!("ENGINE={engine}"));
    }
    if let Some(collation) = payload.text("collation") {
        options.push(format!("DEFAULT {}", name::charset(collation)));
    }
    options.extend(payload.list("options").iter().map(|option| option.to_string()));
    if let Some(comment) = payload.text("comment") {
        options.push(format!("COMMENT={comment}"));
    }
    options
}

/// Actions of one `ALTER TABLE`, and what may hurt about them.
#[derive(Default)]
struct Actions {
    list: Vec<String>,
    hazards: Vec<Hazard>,
    assertions: Vec<Assertion>,
    /// `PARTITION BY …`, which stands behind all others without a comma.
    division: Option<String>,
}

impl Actions {
    fn add(&mut self, action: String, hazards: impl IntoIterator<Item = Hazard>) {
        self.list.push(action);
        self.hazards.extend(hazards);
    }
}

/// All that changes inside of a table.
pub(crate) fn together(host: &FactId, members: &[Member<'_>], scene: &Scene<'_>) -> Vec<Step> {
    let is_mariadb = &*scene.from.engine == "mariadb";
    let of = |verb: Verb, kind: Kind| {
        members.iter().filter(move |member| member.verb == verb && member.fact.kind == kind)
    };
    let change = of(Verb::Alter, Kind::Table).find_map(|member| member.change);
    let mut actions = Actions::default();
    for member in of(Verb::Drop, Kind::Constraint) {
        actions.add(constraint::drop_check(member.fact), None);
    }
    let renamed = renamed(members);
    for member in of(Verb::Drop, Kind::Index) {
        match renamed.iter().find(|(old, _)| old.id == member.fact.id) {
            Some((old, new)) => actions.add(index::rename(old, new), None),
            None => actions.add(index::drop(member.fact), None),
        }
    }
    periods(change, &mut actions);
    for member in of(Verb::Drop, Kind::Column) {
        let replaced = members
            .iter()
            .find(|other| other.verb == Verb::Create && other.fact.id == member.fact.id)
            .is_some_and(|new| new.fact.payload.text("generated").is_some());
        let hazard = column::hazards_of_old(member.fact);
        let hazard = hazard.or(replaced.then_some(Hazard::RewritesTable));
        actions.add(format!("DROP COLUMN {}", name::quoted(member.fact)), hazard);
    }
    columns(host, members, scene, &mut actions);
    for member in of(Verb::Alter, Kind::Index) {
        for action in member.change.map(|change| index::alter(change, is_mariadb)).unwrap_or_default() {
            actions.add(action, None);
        }
    }
    let mut added: Vec<&Fact> = of(Verb::Create, Kind::Index).map(|member| member.fact).collect();
    added.sort_by_key(|fact| (rank(fact), fact.ordinal));
    added.retain(|fact| renamed.iter().all(|(_, new)| new.id != fact.id));
    let coming: Vec<&[Box<str>]> = added.iter().map(|fact| fact.payload.list("columns")).collect();
    for fact in index::in_danger(host, &coming, scene) {
        index::anew(fact).into_iter().for_each(|action| actions.add(action, None));
    }
    for fact in added {
        actions.add(format!("ADD {}", index::definition(fact)), index::hazards(fact));
        actions.assertions.extend(assertion::inside(fact, scene));
    }
    for member in of(Verb::Create, Kind::Constraint) {
        let action = format!("ADD CONSTRAINT {}", constraint::definition(member.fact));
        actions.add(action, [Hazard::ScansTable, Hazard::DependsOnData]);
        actions.assertions.extend(assertion::inside(member.fact, scene));
    }
    let mut steps = Vec::new();
    if let Some(change) = change {
        alter_options(change, is_mariadb, &mut actions);
        steps = partition::changes(change, &mut actions.division, &mut actions.hazards);
    }
    if scene.options.online
        && actions.division.is_none()
        && !actions.list.is_empty()
        && let Some(clause) = online::clause(host, members, scene)
    {
        actions.list.push(clause.to_owned());
    }
    // Parts are added and dropped by statements of their own, and their key must be there by then.
    let mut all: Vec<Step> = statement(host, actions).into_iter().collect();
    let was_versioned = scene.from.get(host).is_some_and(|table| table.payload.flag("versioned"));
    if let Some(statement) = all.first().cloned().filter(|_| was_versioned) {
        // History is altered like the rows of today.
        let keep = "SET SESSION system_versioning_alter_history = 'KEEP'";
        all.insert(0, Step::new(Verb::Alter, &statement.fact, keep));
    }
    all.append(&mut steps);
    all
}

fn statement(host: &FactId, actions: Actions) -> Option<Step> {
    let Actions { list, hazards, assertions, division } = actions;
    if list.is_empty() && division.is_none() {
        return None;
    }
    let list = match list.as_slice() {
        [] => String::new(),
        [one] => format!(" {one}"),
        many => format!("\n  {}", many.join(",\n  ")),
    };
    let division = division.map(|division| format!("\n{division}")).unwrap_or_default();
    let sql = format!("ALTER TABLE {}{list}{division}", name::top(host));
    let step = Step::new(Verb::Alter, host, sql).asserting(assertions);
    Some(hazards.into_iter().fold(step, Step::hazard))
}

/// Indexes that only get another name: equal in all else, over columns that stay.
fn renamed<'a>(members: &[Member<'a>]) -> Vec<(&'a Fact, &'a Fact)> {
    let mut pairs: Vec<(&Fact, &Fact)> = Vec::new();
    let going = members.iter().filter(|member| member.verb == Verb::Drop);
    let moved: Vec<&FactId> = going
        .clone()
        .filter(|member| member.fact.kind == Kind::Column)
        .map(|member| &member.fact.id)
        .collect();
    let same = |old: &Fact, new: &Fact| {
        old.payload.differences(&new.payload).iter().all(|attribute| attribute == "spelled")
    };
    for old in going.filter(|member| member.fact.kind == Kind::Index) {
        let stays = old.fact.requires.iter().all(|column| !moved.contains(&column));
        let new = members.iter().find(|new| {
            new.verb == Verb::Create
                && new.fact.kind == Kind::Index
                && new.fact.id != old.fact.id
                && same(old.fact, new.fact)
                && pairs.iter().all(|(_, taken)| taken.id != new.fact.id)
                // What is made anew under its own name is no other one.
                && members.iter().all(|other| other.verb != Verb::Drop || other.fact.id != new.fact.id)
        });
        if let Some(new) = new.filter(|_| stays) {
            pairs.push((old.fact, new.fact));
        }
    }
    pairs
}

/// Columns that come and that change, in the order in which they stand.
fn columns(host: &FactId, members: &[Member<'_>], scene: &Scene<'_>, actions: &mut Actions) {
    let table = scene.to.get(host);
    // A character set that the table gets in the same statement counts for columns without one.
    let written = |column: &Fact| column::in_table(column, table);
    let all = column::of_table(host, scene);
    let member_of = |column: &Fact| {
        members.iter().find(|member| member.verb != Verb::Drop && member.fact.id == column.id)
    };
    let is_new = |column: &Fact| member_of(column).is_some_and(|member| member.verb == Verb::Create);
    for (place, column) in all.iter().enumerate() {
        let Some(member) = member_of(column) else { continue };
        match member.change {
            Some(change) => {
                let action = match change.touches("spelled") {
                    true => format!("CHANGE COLUMN {} {}", name::quoted(change.old), written(column)),
                    false => format!("MODIFY COLUMN {}", written(column)),
                };
                actions.add(action, column::hazards(change));
                actions.assertions.extend(column::assertions(change, scene));
            }
            None => {
                let before = place.checked_sub(1).and_then(|before| all.get(before));
                // At the end of the table nothing need be said.
                let is_last = all.get(place..).is_some_and(|rest| rest.iter().all(|column| is_new(column)));
                let position = match before {
                    _ if is_last => String::new(),
                    Some(before) => format!(" AFTER {}", name::quoted(before)),
                    None => " FIRST".to_owned(),
                };
                let action = format!("ADD COLUMN {}{position}", written(column));
                actions.add(action, column::hazards_of_new(column));
            }
        }
    }
}

/// Periods and system versioning that go stand in front of their columns, and those that come behind.
fn periods(change: Option<&Change<'_>>, actions: &mut Actions) {
    let Some(change) = change else { return };
    let (old, new) = (&change.old.payload, &change.new.payload);
    if old.flag("versioned") && !new.flag("versioned") {
        // What was is gone.
        actions.add("DROP SYSTEM VERSIONING".to_owned(), [Hazard::DeletesData]);
    }
    for period in old.list("periods").iter().filter(|period| !new.list("periods").contains(period)) {
        let name = period.split('(').next().unwrap_or_default().trim_end();
        actions.add(format!("DROP PERIOD FOR {name}"), None);
    }
}

fn alter_options(change: &Change<'_>, is_mariadb: bool, actions: &mut Actions) {
    let (old, new) = (&change.old.payload, &change.new.payload);
    for period in new.list("periods").iter().filter(|period| !old.list("periods").contains(period)) {
        actions.add(format!("ADD PERIOD FOR {period}"), None);
    }
    if new.flag("versioned") && !old.flag("versioned") {
        actions.add("ADD SYSTEM VERSIONING".to_owned(), [Hazard::RewritesTable]);
    }
    if let Some(engine) = new.text("engine").filter(|_| change.touches("engine")) {
        // This engine keeps nothing.
        let loses = engine.eq_ignore_ascii_case("blackhole").then_some(Hazard::DeletesData);
        actions.add(format!("ENGINE={engine}"), loses.into_iter().chain([Hazard::RewritesTable]));
    }
    if let Some(collation) = new.text("collation").filter(|_| change.touches("collation")) {
        actions.add(format!("DEFAULT {}", name::charset(collation)), None);
    }
    if change.touches("comment") {
        actions.add(format!("COMMENT={}", new.text("comment").unwrap_or("''")), None);
    }
    if change.touches("options") {
        let (old, new) = (old.list("options"), new.list("options"));
        let option_name = |option: &str| option.split(['=', ' ']).next().unwrap_or(option).to_owned();
        let kept: Vec<String> = new.iter().map(|option| option_name(option)).collect();
        for option in old.iter().map(|option| option_name(option)).filter(|option| !kept.contains(option)) {
            let hazard = rewrites(&option).then_some(Hazard::RewritesTable);
            actions.add(format!("{option}={}", default_of(&option, is_mariadb)), hazard);
        }
        for option in new.iter().filter(|option| !old.contains(option)) {
            actions.add(option.to_string(), rewrites(option).then_some(Hazard::RewritesTable));
        }
    }
}

fn rewrites(option: &str) -> bool {
    ["ROW_FORMAT", "KEY_BLOCK_SIZE", "COMPRESSION", "ENCRYPTION", "TABLESPACE", "`"]
        .iter()
        .any(|name| option.to_ascii_uppercase().starts_with(name))
}

/// The value that stands for an option not being there.
fn default_of(option: &str, is_mariadb: bool) -> &'static str {
    match option.to_ascii_uppercase().as_str() {
        "COMPRESSION" | "CONNECTION" | "ENGINE_ATTRIBUTE" | "SECONDARY_ENGINE_ATTRIBUTE" | "PASSWORD" => "''",
        "ENCRYPTION" => "'N'",
        "UNION" => "()",
        "SECONDARY_ENGINE" => "NULL",
        "INSERT_METHOD" => "NO",
        "ROW_FORMAT" | "PACK_KEYS" | "STATS_PERSISTENT" | "STATS_AUTO_RECALC" | "STATS_SAMPLE_PAGES" => {
            "DEFAULT"
        }
        "TRANSACTIONAL" if is_mariadb => "DEFAULT",
        name if name.starts_with('`') => "DEFAULT",
        _ => "0",
    }
}
