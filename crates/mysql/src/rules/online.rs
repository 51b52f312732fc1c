//! Proof that an `ALTER TABLE` keeps nobody from reading and writing: the algorithm is written where it is known, so that the server
//! refuses instead of copying the table in silence. What is not known is not promised. Measured on MariaDB 10.11; MySQL by its manual
//! ("Online DDL Operations").

use sluice_facts::{Change, Fact, FactId, Kind, Member, Payload, Scene, Verb};

use super::narrowing;

/// What the server does for an action, from the least on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// It writes down that something is otherwise.
    Instant,
    /// It reads or writes the rows while others go on.
    InPlace,
    /// It may copy the table, or keep others waiting.
    Unknown,
}

/// What stands behind the actions of a statement.
pub(crate) fn clause(host: &FactId, members: &[Member<'_>], scene: &Scene<'_>) -> Option<&'static str> {
    let table = Table::of(host, scene)?;
    let keyed =
        members.iter().any(|member| member.verb == Verb::Create && is_index(member.fact, "PRIMARY KEY"));
    let work = members.iter().map(|member| table.work(member, keyed)).max()?;
    let generated = members
        .iter()
        .any(|member| member.fact.kind == Kind::Column && member.fact.payload.text("generated").is_some());
    match work {
        Work::Instant => Some("ALGORITHM=INSTANT"),
        // What a generated column is joined with decides, and not all of that is known.
        Work::InPlace if !generated => Some("ALGORITHM=INPLACE, LOCK=NONE"),
        _ => None,
    }
}

/// What counts of a table.
struct Table {
    is_mariadb: bool,
    version: u32,
    has_generated: bool,
    has_fulltext: bool,
    has_primary_key: bool,
    is_compressed: bool,
    /// In small letters.
    indexed: Vec<FactId>,
    columns: usize,
}

impl Table {
    /// None for what is not InnoDB's, and for tables that keep their history.
    fn of(host: &FactId, scene: &Scene<'_>) -> Option<Self> {
        let (old, new) = (scene.from.get(host)?, scene.to.get(host)?);
        for table in [old, new] {
            let plain = !table.payload.flag("versioned") && table.payload.list("periods").is_empty();
            (plain && table.payload.text("engine") == Some("InnoDB")).then_some(())?;
        }
        let own = |fact: &&Fact| fact.parent.as_ref() == Some(host);
        let before: Vec<&Fact> = scene.users_before(host).filter(own).collect();
        let columns = before.iter().filter(|fact| fact.kind == Kind::Column);
        let indexes = before.iter().filter(|fact| fact.kind == Kind::Index);
        Some(Self {
            is_mariadb: &*scene.from.engine == "mariadb",
            version: scene.options.version,
            has_generated: columns.clone().any(|column| column.payload.text("generated").is_some()),
            has_fulltext: indexes.clone().any(|index| is_index(index, "FULLTEXT KEY")),
            has_primary_key: indexes.clone().any(|index| is_index(index, "PRIMARY KEY")),
            is_compressed: old.payload.list("options").iter().any(|option| option.contains("COMPRESSED")),
            indexed: indexes.flat_map(|index| index.requires.to_vec()).collect(),
            columns: columns.count(),
        })
    }

    /// `keyed`: a primary key comes in the same statement.
    fn work(&self, member: &Member<'_>, keyed: bool) -> Work {
        match (member.fact.kind, member.verb, member.change) {
            (Kind::Column, Verb::Drop, _) => self.drop_column(member.fact),
            (Kind::Column, Verb::Create, _) => self.add_column(member.fact),
            (Kind::Column, Verb::Alter, Some(change)) => self.alter_column(change),
            (Kind::Index, Verb::Drop, _) => match member.fact.payload.text("type") {
                Some("PRIMARY KEY") if !keyed => Work::Unknown,
                // It may serve as one.
                Some("UNIQUE KEY") if !self.has_primary_key => Work::Unknown,
                _ if is_computed(member.fact) => Work::Unknown,
                _ => Work::InPlace,
            },
            (Kind::Index, Verb::Create, _) if is_computed(member.fact) => Work::Unknown,
            (Kind::Index, Verb::Create, _) => match member.fact.payload.text("type") {
                Some("FULLTEXT KEY" | "SPATIAL KEY" | "VECTOR KEY") => Work::Unknown,
                _ => Work::InPlace,
            },
            (Kind::Index, Verb::Alter, _) => Work::InPlace,
            (Kind::Constraint, Verb::Drop, _) if self.is_mariadb => Work::Instant,
            (Kind::Table, Verb::Alter, Some(change)) => self.alter_table(change),
            _ => Work::Unknown,
        }
    }

    /// Columns come and go at once only in tables that keep them apart from their rows.
    fn takes_columns_at_once(&self) -> bool {
        let since = if self.is_mariadb { 100_400 } else { 80_029 };
        self.version >= since && !self.is_compressed && !self.has_fulltext && !self.has_generated
    }

    fn drop_column(&self, column: &Fact) -> Work {
        if !self.takes_columns_at_once() || self.columns < 2 {
            return Work::Unknown;
        }
        if self.indexed.contains(&column.id) { Work::InPlace } else { Work::Instant }
    }

    fn add_column(&self, column: &Fact) -> Work {
        let payload = &column.payload;
        let stored = payload.text("generated").is_some_and(|kind| !kind.eq_ignore_ascii_case("virtual"));
        let computed_default =
            !self.is_mariadb && payload.text("default").is_some_and(|value| !is_literal(value));
        let odd_zero = payload.flag("not_null")
            && payload.text("default").is_none()
            && (is_large(payload) || payload.text("type").is_some_and(|kind| kind.starts_with("date")));
        if !self.takes_columns_at_once()
            || stored
            || computed_default
            || odd_zero
            || payload.flag("auto_increment")
            || payload.text("row").is_some()
        {
            return Work::Unknown;
        }
        Work::Instant
    }

    fn alter_column(&self, change: &Change<'_>) -> Work {
        let (old, new) = (&change.old.payload, &change.new.payload);
        if new.text("generated").is_some() || old.text("generated").is_some() || new.text("check").is_some() {
            return Work::Unknown;
        }
        if change.touches("default") && is_large(new) {
            return Work::Unknown;
        }
        let literal = [old, new].iter().all(|payload| payload.text("default").is_none_or(is_literal));
        if change.only(&["default"]) && literal {
            return Work::Instant;
        }
        if change.only(&["default", "comment"]) && literal {
            return if self.is_mariadb { Work::Instant } else { Work::InPlace };
        }
        if change.only(&["type", "default", "comment"]) && literal && widens(old, new) {
            return Work::InPlace;
        }
        if change.only(&["not_null"]) && !self.has_generated && !self.has_fulltext {
            return Work::InPlace;
        }
        Work::Unknown
    }

    fn alter_table(&self, change: &Change<'_>) -> Work {
        if change.only(&["comment"]) {
            return if self.is_mariadb { Work::Instant } else { Work::InPlace };
        }
        Work::Unknown
    }
}

fn is_index(fact: &Fact, kind: &str) -> bool {
    fact.kind == Kind::Index && fact.payload.text("type") == Some(kind)
}

/// Whether an index is over something that the server computes: an expression, or the hash of a long text.
fn is_computed(index: &Fact) -> bool {
    let hashed = index.payload.text("using") == Some("HASH");
    hashed || index.payload.list("columns").iter().any(|part| part.starts_with('('))
}

/// Types whose values lie outside of the rows: their defaults are expressions, whatever they look like.
fn is_large(payload: &Payload) -> bool {
    let kind = payload.text("type").unwrap_or_default();
    let ends = ["text", "blob", "json", "point", "linestring", "polygon", "geometry", "geometrycollection"];
    ends.iter().any(|end| kind.ends_with(end))
}

/// Whether a value is written as what it is: a number, a text, `current_timestamp()`.
fn is_literal(value: &str) -> bool {
    value.starts_with(['\'', '-']) || value.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether a type becomes a larger one of the same make: texts whose length keeps its one or two bytes, lists with names at their end.
fn widens(old: &Payload, new: &Payload) -> bool {
    let (from, to) = (old.text("type").unwrap_or_default(), new.text("type").unwrap_or_default());
    if narrowing::narrows(from, to) {
        return false;
    }
    let length =
        |kind: &str| -> Option<u64> { kind.strip_prefix("varchar(")?.strip_suffix(')')?.parse().ok() };
    if let (Some(from), Some(to)) = (length(from), length(to)) {
        let charset = new.text("collation").and_then(|collation| collation.split('_').next());
        let width = match charset {
            Some("utf8mb4") => 4,
            Some("utf8mb3" | "utf8") => 3,
            Some("latin1" | "ascii") => 1,
            _ => return false,
        };
        return from * width > 255 || to * width <= 255;
    }
    // More than 255 names need another byte.
    from.starts_with("enum(") && to.starts_with("enum(") && to.matches("','").count() < 255
}
