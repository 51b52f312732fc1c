//! The schema as steps: step `n` leads from version `n` to `n + 1`. One text for both databases; what PostgreSQL writes in another
//! way is written anew word by word. SQLite keeps the version in `PRAGMA user_version`, PostgreSQL in a table.

/// The version that the steps lead to.
pub const VERSION: i64 = 5;

/// The oldest version of Sluice's schema that may go on working on a state of [`VERSION`], while servers are replaced one by one. A
/// step that only adds leaves it as it is; one that takes away or changes what older servers use raises it to itself.
pub(crate) const OLDEST: i64 = 3;

const STEPS: [&str; 5] = [
    include_str!("schema/1_rollouts.sql"),
    include_str!("schema/2_server.sql"),
    include_str!("schema/3_replicas.sql"),
    include_str!("schema/4_agents.sql"),
    include_str!("schema/5_identity.sql"),
];

/// The steps that a state of version `found` still needs; none for a newer one.
pub(crate) fn after(found: i64) -> &'static [&'static str] {
    usize::try_from(found).ok().and_then(|found| STEPS.get(found..)).unwrap_or_default()
}

/// A step as PostgreSQL writes it. Texts are compared byte by byte, as in SQLite.
pub(crate) fn for_postgres(step: &str) -> String {
    let words = [
        ("integer PRIMARY KEY AUTOINCREMENT", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        (" DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", ""),
        (" integer", " bigint"),
        (" text", " text COLLATE \"C\""),
        (") STRICT, WITHOUT ROWID;", ");"),
        (") STRICT;", ");"),
    ];
    words.iter().fold(step.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_step() {
        assert_eq!(i64::try_from(STEPS.len()), Ok(VERSION));
        assert_eq!(after(0).len(), STEPS.len());
        assert!(after(VERSION).is_empty() && after(VERSION + 1).is_empty() && after(-1).is_empty());
        assert!((1..=VERSION).contains(&OLDEST));
    }

    #[test]
    fn nothing_of_sqlite_alone_is_left_for_postgres() {
        for step in STEPS {
            let text = for_postgres(step);
            for word in ["STRICT", "ROWID", "AUTOINCREMENT", "strftime", "integer"] {
                assert!(!text.contains(word), "{word}: {text}");
            }
        }
    }
}
