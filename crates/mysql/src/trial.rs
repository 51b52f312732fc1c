//! Statements that say how little the server may do for them. It refuses what it cannot do that way, and does nothing then.

use sluice_engine::rehearsal::Trial;
use sluice_sql::Dialect;

/// From the least on. Nothing for statements that say so themselves, or that know no such words.
pub(crate) fn trials(dialect: Dialect, sql: &str) -> Vec<Trial> {
    let upper = sql.to_ascii_uppercase();
    let words: Vec<&str> = upper
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let has = |word: &str| words.contains(&word);
    let joint = match words.as_slice() {
        ["ALTER", "TABLE" | "IGNORE" | "ONLINE", ..] => ", ",
        ["CREATE" | "DROP", "INDEX", ..] | ["CREATE", "UNIQUE" | "FULLTEXT" | "SPATIAL", "INDEX", ..] => " ",
        _ => return Vec::new(),
    };
    let is_simple =
        !["ALGORITHM", "LOCK", "PARTITION", "PARTITIONS", "PARTITIONING", "TABLESPACE", "COMMENT"]
            .iter()
            .any(|word| has(word))
            && !sql.contains("--")
            && !sql.contains('#')
            && !sql.contains("/*");
    if !is_simple {
        return Vec::new();
    }
    let between = if joint == ", " { ", " } else { " " };
    let trial = |algorithm: &'static str, lock: &'static str| Trial {
        algorithm,
        lock,
        // An instant change takes no word about locks.
        sql: match algorithm {
            "INSTANT" => format!("{sql}{joint}ALGORITHM={algorithm}"),
            _ => format!("{sql}{joint}ALGORITHM={algorithm}{between}LOCK={lock}"),
        },
    };
    let mut trials = vec![trial("INSTANT", "NONE")];
    if dialect == Dialect::Mariadb {
        trials.extend([trial("NOCOPY", "NONE"), trial("NOCOPY", "SHARED")]);
    }
    trials.extend([trial("INPLACE", "NONE"), trial("INPLACE", "SHARED"), trial("COPY", "SHARED")]);
    trials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_tried_with_the_least_first() {
        let of = |sql: &str| trials(Dialect::Mariadb, sql).into_iter().map(|trial| trial.sql).next();
        assert_eq!(
            of("ALTER TABLE t ADD c int").as_deref(),
            Some("ALTER TABLE t ADD c int, ALGORITHM=INSTANT")
        );
        assert_eq!(
            of("create index i on t (c)").as_deref(),
            Some("create index i on t (c) ALGORITHM=INSTANT")
        );
        assert_eq!(of("ALTER TABLE t ADD c int, LOCK=NONE"), None);
        assert_eq!(of("ALTER TABLE t ADD c int -- why"), None);
        assert_eq!(of("CREATE TABLE t (c int)"), None);
    }
}
