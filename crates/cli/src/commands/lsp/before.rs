use std::collections::HashMap;

use sluice_schema::Schema;

/// Schemas before the first change of an open file, so that typing in it replays nothing that comes before.
#[derive(Default)]
pub(super) struct Befores {
    by_work: HashMap<usize, Before>,
}

struct Before {
    /// Names everything that the schema was made from.
    key: u64,
    schema: Schema,
    /// A copy that a review may take and change; made while nobody waits.
    spare: Option<Schema>,
}

impl Befores {
    /// A copy of the schema called `key`, which `replay` makes if it is not there.
    pub(super) fn take(&mut self, work: usize, key: u64, replay: impl FnOnce() -> Schema) -> Schema {
        match self.by_work.get_mut(&work) {
            Some(before) if before.key == key => before.spare.take().unwrap_or_else(|| before.schema.clone()),
            _ => {
                let schema = replay();
                self.by_work.insert(work, Before { key, schema: schema.clone(), spare: None });
                schema
            }
        }
    }

    /// Whether the schema called `key` is the one of the last review.
    pub(super) fn is_current(&self, work: usize, key: u64) -> bool {
        self.by_work.get(&work).is_some_and(|before| before.key == key)
    }

    /// Makes copies for the next review.
    pub(super) fn prepare(&mut self) {
        for before in self.by_work.values_mut() {
            before.spare.get_or_insert_with(|| before.schema.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect;

    use super::*;

    #[test]
    fn a_schema_is_replayed_once_for_each_content() {
        let mut befores = Befores::default();
        let mut replayed = 0;
        for key in [1, 1, 1, 2, 2, 1] {
            befores.take(0, key, || {
                replayed += 1;
                Schema::empty(Dialect::Postgres)
            });
            befores.prepare();
        }
        assert_eq!(replayed, 3);
        assert!(befores.is_current(0, 1) && !befores.is_current(0, 2) && !befores.is_current(1, 1));
    }
}
