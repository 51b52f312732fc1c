//! Names that change: which fact may be another one under a new name.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::{Diff, Digest, Fact, FactId, Kind, Payload, Rules, Snapshot};

/// A fact that gets another name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rename {
    /// Its id in the old schema.
    pub old: FactId,
    /// Its id in the new one, of the same kind.
    pub new: FactId,
}

impl Rename {
    /// A rename from two ids as `OLD=NEW`; none where the text is not that.
    pub fn parse(text: &str) -> Option<Self> {
        text.match_indices('=').find_map(|(at, _)| {
            let (old, new) = (text.get(..at)?, text.get(at.checked_add(1)?..)?);
            let (old, new) = (FactId::from_text(old.trim()), FactId::from_text(new.trim()));
            (old.kind().is_some() && old.kind() == new.kind()).then_some(Self { old, new })
        })
    }

    /// Whether each of the names is in one of the schemas alone.
    pub fn fits(&self, from: &Snapshot, to: &Snapshot) -> bool {
        from.get(&self.old).is_some()
            && to.get(&self.new).is_some()
            && from.get(&self.new).is_none()
            && to.get(&self.old).is_none()
    }

    /// The id under which the fact stands once everything that it is in has its new name.
    pub fn standing(&self) -> FactId {
        let mut path = self.new.path();
        if let Some(last) = path.last_mut() {
            *last = self.old.name();
        }
        FactId::new(self.new.kind().unwrap_or(Kind::Table), path)
    }

    /// In which round it is carried out: what others are in comes before them.
    pub fn round(&self) -> u8 {
        match self.new.kind() {
            Some(Kind::Schema) => 0,
            Some(Kind::Column | Kind::Attribute) => 2,
            Some(Kind::Constraint | Kind::Index | Kind::Trigger | Kind::Policy | Kind::Rule) => 3,
            _ => 1,
        }
    }

    /// The last of the rounds.
    pub const LAST_ROUND: u8 = 3;
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.old, self.new)
    }
}

/// Facts that hold rows or values, where one goes and one like it comes in the same place: each pair may be a rename, and only
/// somebody who knows the data can tell.
pub fn candidates(from: &Snapshot, to: &Snapshot) -> Vec<Rename> {
    let diff = Diff::between(from, to);
    let asked = |fact: &&&Fact| {
        let stays = |parent: &FactId| from.get(parent).is_some() && to.get(parent).is_some();
        matches!(fact.kind, Kind::Table | Kind::Column)
            && fact.parent.as_ref().is_none_or(stays)
            // What comes from a parent table follows it.
            && !fact.payload.flag("inherited")
    };
    let (olds, news) = (Shapes::of(from), Shapes::of(to));
    let mut gone: HashMap<Shape<'_>, Vec<&Fact>> = HashMap::new();
    for fact in diff.removed.iter().filter(asked) {
        if let Some(shape) = olds.shape(fact) {
            gone.entry(shape).or_default().push(fact);
        }
    }
    let mut found: Vec<Rename> = Vec::new();
    for new in diff.added.iter().filter(asked) {
        let like = news.shape(new).and_then(|shape| gone.get(&shape));
        let like = like.map(Vec::as_slice).unwrap_or_default();
        found.extend(like.iter().map(|old| Rename { old: old.id.clone(), new: new.id.clone() }));
    }
    found.sort();
    found
}

/// Facts that hold nothing, where one goes and exactly one like it comes in the same place: a new name is cheaper than making them
/// anew, and leads to the same. Which kinds a family can rename so, its rules say.
pub fn unasked(from: &Snapshot, to: &Snapshot, rules: &dyn Rules) -> Vec<Rename> {
    let diff = Diff::between(from, to);
    let kinds = rules.renamed_unasked();
    let (olds, news) = (Shapes::of(from), Shapes::of(to));
    let of_kinds = |fact: &&&Fact| kinds.contains(&fact.kind) && !fact.payload.flag("inherited");
    let mut gone: HashMap<Shape<'_>, Vec<&Fact>> = HashMap::new();
    let mut come: HashMap<Shape<'_>, Vec<&Fact>> = HashMap::new();
    for (facts, shapes, found) in [(&diff.removed, &olds, &mut gone), (&diff.added, &news, &mut come)] {
        for fact in facts.iter().filter(of_kinds) {
            if let Some(shape) = shapes.shape(fact) {
                found.entry(shape).or_default().push(fact);
            }
        }
    }
    let mut renames: Vec<Rename> = gone
        .iter()
        .filter_map(|(shape, olds)| match (olds.as_slice(), come.get(shape)?.as_slice()) {
            ([old], [new]) => Some(Rename { old: old.id.clone(), new: new.id.clone() }),
            _ => None,
        })
        .filter(|rename| rename.old.path().len() == rename.new.path().len())
        .collect();
    renames.sort();
    renames
}

/// What a fact is without its name: its kind, what it is in, its payload, and what makes it up.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'a> {
    kind: Kind,
    parent: Option<&'a FactId>,
    hash: Digest,
    parts: Vec<(Kind, String, Digest)>,
}

struct Shapes<'a> {
    parts: HashMap<&'a FactId, Vec<&'a Fact>>,
    /// What a sequence belongs to, by the sequence.
    owners: HashMap<FactId, Digest>,
}

impl<'a> Shapes<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut shapes = Self { parts: HashMap::new(), owners: HashMap::new() };
        for fact in snapshot.facts() {
            match (fact.kind, &fact.parent) {
                (Kind::Column | Kind::Default | Kind::Partition, Some(parent)) => {
                    shapes.parts.entry(parent).or_default().push(fact);
                }
                (Kind::SequenceOwner, _) => {
                    shapes.owners.insert(FactId::new(Kind::Sequence, fact.id.path()), fact.hash);
                }
                _ => {}
            }
        }
        shapes
    }

    /// None for what says too little to be recognised.
    fn shape(&self, fact: &'a Fact) -> Option<Shape<'a>> {
        let children = self.parts.get(&fact.id).map(Vec::as_slice).unwrap_or_default();
        let mut parts: Vec<(Kind, String, Digest)> = match fact.kind {
            Kind::Table if children.is_empty() => return None,
            // Defaults of a table's columns may name sequences that are named after the table.
            Kind::Table => children.iter().map(|part| (part.kind, part_name(part), part.hash)).collect(),
            Kind::Column => children.iter().map(|part| (part.kind, String::new(), part.hash)).collect(),
            // One that belongs to nothing holds a value that somebody counts with.
            Kind::Sequence => vec![(fact.kind, String::new(), *self.owners.get(&fact.id)?)],
            _ => Vec::new(),
        };
        parts.sort();
        Some(Shape { kind: fact.kind, parent: fact.parent.as_ref(), hash: nameless(fact), parts })
    }
}

/// The hash of a fact without its name, which a definition that the server writes may hold.
fn nameless(fact: &Fact) -> Digest {
    let Some(definition) = fact.payload.text("definition").filter(|_| fact.kind == Kind::Index) else {
        return fact.hash;
    };
    let name = fact.id.name();
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let plain = [quoted, name].into_iter().find_map(|name| {
        let named = format!(" INDEX {name} ON ");
        definition.contains(&named).then(|| definition.replacen(&named, " INDEX ON ", 1))
    });
    let Some(plain) = plain else { return fact.hash };
    let attributes = fact.payload.iter().map(|(name, value)| {
        let value = if name == "definition" { plain.as_str().into() } else { value.clone() };
        (Cow::Owned(name.to_owned()), value)
    });
    Payload::new(attributes).hash()
}

/// The name of a part by which it is known in what it belongs to.
fn part_name(part: &Fact) -> String {
    if part.kind == Kind::Column { part.id.name() } else { String::new() }
}

/// Candidates of which at least one side is not decided: `decided` holds renames and pairs that are none.
pub fn undecided(candidates: Vec<Rename>, renames: &[Rename], apart: &[Rename]) -> Vec<Rename> {
    let taken: HashSet<&FactId> = renames.iter().flat_map(|rename| [&rename.old, &rename.new]).collect();
    let is_open = |candidate: &Rename| {
        !taken.contains(&candidate.old) && !taken.contains(&candidate.new) && !apart.contains(candidate)
    };
    candidates.into_iter().filter(is_open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Builder;

    fn schema(tables: &[(&str, &[(&str, &str)])]) -> Snapshot {
        let mut builder = Builder::default();
        for (table, columns) in tables {
            let id = FactId::new(Kind::Table, [table]);
            builder.add(Fact::new(id.clone(), Kind::Table, None, Payload::default()));
            for (column, kind) in *columns {
                let payload = Payload::new([(Cow::Borrowed("type"), (*kind).into())]);
                let column = FactId::new(Kind::Column, [table, column]);
                builder.add(Fact::new(column, Kind::Column, Some(id.clone()), payload));
            }
        }
        builder.finish("test", "")
    }

    fn found(from: &[(&str, &[(&str, &str)])], to: &[(&str, &[(&str, &str)])]) -> Vec<String> {
        candidates(&schema(from), &schema(to)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_goes_and_what_comes_alike_in_one_place_may_be_a_rename() {
        assert_eq!(
            found(&[("t", &[("a", "int"), ("b", "text")])], &[("t", &[("a", "int"), ("c", "text")])]),
            ["column:t.b=column:t.c"]
        );
        assert_eq!(found(&[("t", &[("a", "int")])], &[("u", &[("a", "int")])]), ["table:t=table:u"]);
        // Each that goes may be the one that comes.
        assert_eq!(
            found(&[("t", &[("a", "int"), ("b", "int")])], &[("t", &[("c", "int")])]),
            ["column:t.a=column:t.c", "column:t.b=column:t.c"]
        );
    }

    #[test]
    fn what_differs_or_is_elsewhere_is_no_candidate() {
        assert!(found(&[("t", &[("a", "int")])], &[("t", &[("b", "text")])]).is_empty());
        assert!(found(&[("t", &[("a", "int")])], &[("u", &[("a", "text")])]).is_empty());
        assert!(
            found(
                &[("t", &[("a", "int")]), ("u", &[("a", "int"), ("x", "int")])],
                &[("t", &[("a", "int"), ("x", "int")]), ("u", &[("a", "int")])]
            )
            .is_empty()
        );
        assert!(found(&[("t", &[])], &[("u", &[])]).is_empty());
    }

    #[test]
    fn decisions_answer_for_both_ends() {
        let rename = |text: &str| Rename::parse(text).unwrap();
        let all = vec![rename("column:t.a=column:t.c"), rename("column:t.b=column:t.c")];
        assert!(undecided(all.clone(), &all[..1], &[]).is_empty());
        assert_eq!(undecided(all.clone(), &[], &all[..1]), all[1..]);
    }

    #[test]
    fn a_rename_is_two_ids_of_one_kind() {
        let rename = Rename::parse("column:a.\"x=y\"=column:b.z").unwrap();
        assert_eq!((rename.old.name(), rename.new.as_str()), ("x=y".to_owned(), "column:b.z"));
        assert_eq!(rename.standing().as_str(), "column:b.x=y");
        for text in ["", "table:a", "table:a=column:b", "a=b", "nothing:a=nothing:b"] {
            assert_eq!(Rename::parse(text), None, "{text}");
        }
    }
}
