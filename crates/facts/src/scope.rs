use std::collections::HashSet;

use crate::{Builder, Fact, FactId, Snapshot};

/// What of a schema counts.
pub trait Scope: Send + Sync {
    /// Whether a fact is among those that count, with all that belongs to it. Every fact is, where nothing was said.
    fn includes(&self, id: &FactId) -> bool;

    /// Whether a fact does not count, and with it all that belongs to it or stands on it.
    fn excludes(&self, id: &FactId) -> bool;
}

impl Snapshot {
    /// The same without what does not count.
    #[must_use]
    pub fn within(&self, scope: &dyn Scope) -> Self {
        let mut out: HashSet<&FactId> = self
            .facts()
            .iter()
            .filter(|fact| {
                scope.excludes(&fact.id) || !self.line(fact).any(|above| scope.includes(&above.id))
            })
            .map(|fact| &fact.id)
            .collect();
        // What is not included, but holds something that is, stays for its sake.
        let excluded: HashSet<&FactId> =
            self.facts().iter().map(|fact| &fact.id).filter(|id| scope.excludes(id)).collect();
        for fact in self.facts().iter().filter(|fact| !out.contains(&fact.id)).collect::<Vec<_>>() {
            for above in self.line(fact).filter(|above| !excluded.contains(&above.id)) {
                out.remove(&above.id);
            }
        }
        if out.is_empty() {
            return self.clone();
        }
        loop {
            let before = out.len();
            let falls = |fact: &&Fact| !out.contains(&fact.id) && fact.needs().any(|need| out.contains(need));
            let more: Vec<&FactId> = self.facts().iter().filter(falls).map(|fact| &fact.id).collect();
            out.extend(more);
            if out.len() == before {
                break;
            }
        }
        let mut builder = Builder::default();
        self.facts().iter().filter(|fact| !out.contains(&fact.id)).for_each(|fact| builder.add(fact.clone()));
        self.unmodelled.iter().for_each(|name| builder.unmodelled(name.clone()));
        builder.finish(&self.engine, &self.server)
    }

    /// A fact, what it belongs to, what that belongs to, and so on.
    fn line<'s>(&'s self, fact: &'s Fact) -> impl Iterator<Item = &'s Fact> {
        let above = |fact: &&'s Fact| self.get(fact.parent.as_ref()?);
        // More of them than facts would be a circle.
        std::iter::successors(Some(fact), above).take(self.facts().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Payload};

    struct Prefixes(&'static [&'static str], &'static [&'static str]);

    impl Scope for Prefixes {
        fn includes(&self, id: &FactId) -> bool {
            self.0.is_empty() || self.0.iter().any(|prefix| id.as_str().starts_with(prefix))
        }

        fn excludes(&self, id: &FactId) -> bool {
            self.1.iter().any(|prefix| id.as_str().starts_with(prefix))
        }
    }

    /// Two schemas with a table each, and a view in the one over the table in the other.
    fn snapshot() -> Snapshot {
        let mut builder = Builder::default();
        for schema in ["a", "b"] {
            let parent = FactId::new(Kind::Schema, [schema]);
            let table = FactId::new(Kind::Table, [schema, "t"]);
            let column = FactId::new(Kind::Column, [schema, "t", "c"]);
            builder.add(Fact::new(parent.clone(), Kind::Schema, None, Payload::default()));
            builder.add(Fact::new(table.clone(), Kind::Table, Some(parent), Payload::default()));
            builder.add(Fact::new(column, Kind::Column, Some(table), Payload::default()));
        }
        let view = FactId::new(Kind::View, ["b", "v"]);
        let fact = Fact::new(view, Kind::View, Some(FactId::new(Kind::Schema, ["b"])), Payload::default());
        builder.add(fact.requiring([FactId::new(Kind::Column, ["a", "t", "c"])]));
        builder.finish("postgres", "")
    }

    #[test]
    fn what_does_not_count_takes_with_it_what_belongs_to_it_and_what_stands_on_it() {
        let all = "column:a.t.c column:b.t.c schema:a schema:b table:a.t table:b.t view:b.v";
        for (scope, left) in [
            (Prefixes(&[], &[]), all),
            (Prefixes(&[], &["table:b"]), "column:a.t.c schema:a schema:b table:a.t view:b.v"),
            (Prefixes(&[], &["schema:a"]), "column:b.t.c schema:b table:b.t"),
            (Prefixes(&["table:a"], &[]), "column:a.t.c schema:a table:a.t"),
            (Prefixes(&["view:b", "table:a"], &[]), "column:a.t.c schema:a schema:b table:a.t view:b.v"),
            // The view stands on what does not count.
            (Prefixes(&["view:b"], &[]), "schema:b"),
            (Prefixes(&["schema:a"], &["column:a.t.c"]), "schema:a table:a.t"),
        ] {
            let kept = snapshot().within(&scope);
            let ids: Vec<&str> = kept.facts().iter().map(|fact| fact.id.as_str()).collect();
            assert_eq!(ids.join(" "), left);
        }
    }
}
