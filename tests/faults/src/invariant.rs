use std::collections::BTreeMap;

use crate::runner::Project;
use crate::stage::Stage;

/// What the ledger says, read with the tester's own queries.
struct Recorded {
    /// State by version.
    revisions: BTreeMap<String, String>,
    /// State by version and ordinal.
    statements: BTreeMap<(String, u64), String>,
}

impl Stage {
    /// After a crash, with no runner alive: I1, I2 and I4.
    #[track_caller]
    pub fn check_wreck(&self) {
        self.check_effects(false);
        self.check_half_done();
    }

    /// After the work was finished: I1 to I5 and I8.
    #[track_caller]
    pub fn check_end(&self) {
        self.wait_for_silence();
        self.check_effects(true);
        let holders = self.target.lock_holders();
        assert!(holders.is_empty(), "I3: the lock is still held by {holders:?}");
        self.check_half_done();
        let left = self.target.half_done();
        assert!(left.is_empty(), "I1: half-done objects are left: {left:?}");
        self.check_evidence();
        let (ledger, catalog) = (self.target.ledger(), self.target.catalog());
        for install in [&self.project, &self.second_install()] {
            install.deploy().expect(0);
            self.wait_for_silence();
            assert_eq!(self.target.ledger(), ledger, "I8: another run has changed the ledger");
            assert_eq!(self.target.catalog(), catalog, "I8: another run has changed the catalog");
        }
    }

    fn recorded(&self) -> Recorded {
        let read = |columns: &str, table: &str| {
            let sql = format!("SELECT {columns} FROM {}", self.target.ledger_table(table));
            match self.target.try_sql(&sql) {
                Ok(rows) => rows,
                // Where definitions commit by themselves, the ledger may be half there.
                Err(error) if is_about_a_missing_table(&error) => String::new(),
                Err(error) => panic!("{error}"),
            }
        };
        let rows = read("version, state", "revision");
        let revisions = rows.lines().map(|row| {
            let (version, state) = row.split_once('|').expect("two columns");
            (version.to_owned(), state.to_owned())
        });
        let rows = read("version, ordinal, state", "statement");
        let statements = rows.lines().map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            ((cells[0].to_owned(), cells[1].parse().expect("an ordinal")), cells[2].to_owned())
        });
        Recorded { revisions: revisions.collect(), statements: statements.collect() }
    }

    /// How often each effect is there: all in one query, and one by one where a table is missing.
    fn counted(&self) -> Vec<String> {
        let effects = &self.story.effects;
        let all: Vec<String> = effects
            .iter()
            .enumerate()
            .map(|(at, effect)| format!("SELECT {at} AS place, ({}) AS effects", effect.count))
            .collect();
        match self.target.try_sql(&format!("{} ORDER BY place", all.join(" UNION ALL "))) {
            Ok(rows) => {
                rows.lines().map(|row| row.split_once('|').expect("two columns").1.to_owned()).collect()
            }
            Err(error) if is_about_a_missing_table(&error) => effects
                .iter()
                .map(|effect| match self.target.try_sql(effect.count) {
                    Ok(answer) => answer,
                    Err(error) if is_about_a_missing_table(&error) => "0".to_owned(),
                    Err(error) => panic!("{error}"),
                })
                .collect(),
            Err(error) => panic!("{error}"),
        }
    }

    /// I1 and I2: every effect is there once or not at all, and the ledger knows which. What it calls intended may be either.
    #[track_caller]
    fn check_effects(&self, finished: bool) {
        let recorded = self.recorded();
        for (effect, answer) in self.story.effects.iter().zip(self.counted()) {
            let place = format!("statement {} of {}", effect.ordinal, effect.version);
            assert!(matches!(answer.as_str(), "0" | "1"), "I1: {place} took effect {answer} times");
            let there = answer == "1";
            assert!(there || !finished, "I1: {place} is missing");
            let key = (effect.version.to_owned(), effect.ordinal);
            let known = match recorded.revisions.get(effect.version).map(String::as_str) {
                None => Some(false),
                Some("applied") => Some(true),
                Some("applying" | "failed") => match recorded.statements.get(&key).map(String::as_str) {
                    Some("applied") => Some(true),
                    Some("intended") => None,
                    Some("failed") | None => Some(false),
                    Some(other) => panic!("I2: {place} is called {other}"),
                },
                Some(other) => panic!("I2: change {} is called {other}", effect.version),
            };
            if let Some(known) = known {
                assert_eq!(
                    there, known,
                    "I2: {place}: in the database {there}, in the ledger {known}\n{:?}\n{:?}",
                    recorded.revisions, recorded.statements
                );
            }
        }
        if finished {
            for (name, _) in &self.story.changes {
                let version = name.split('_').next().unwrap_or_default();
                assert_eq!(
                    recorded.revisions.get(version).map(String::as_str),
                    Some("applied"),
                    "I2: change {version} is not recorded as applied"
                );
            }
            let unknown: Vec<_> =
                recorded.statements.iter().filter(|(_, state)| *state != "applied").collect();
            assert!(unknown.is_empty(), "I2: finished, but {unknown:?}");
        }
    }

    /// I4: `sluice status` reports what the catalog shows.
    #[track_caller]
    fn check_half_done(&self) {
        if self.target.port().is_none() {
            return;
        }
        let found = self.target.half_done();
        let reported = leftovers(&self.project_direct());
        assert_eq!(
            found.len(),
            reported.len(),
            "I4: the catalog shows {found:?}, the product reports {reported:?}"
        );
    }

    /// The same project, past a proxy that may be broken.
    fn project_direct(&self) -> Project {
        self.second_install()
    }

    /// I5: every record of success says what was seen.
    #[track_caller]
    fn check_evidence(&self) {
        let statement = self.target.ledger_table("statement");
        let silent = self.sql(&format!(
            "SELECT version, ordinal FROM {statement} WHERE state = 'applied' AND COALESCE(evidence, '') = ''"
        ));
        assert_eq!(silent, "", "I5: recorded without evidence");
        for (version, ordinal, words) in &self.story.evidence {
            let evidence = self.sql(&format!(
                "SELECT evidence FROM {statement} WHERE version = '{version}' AND ordinal = {ordinal}"
            ));
            assert!(
                evidence.contains(words),
                "I5: the evidence of statement {ordinal} of {version} is `{evidence}`"
            );
        }
    }
}

fn is_about_a_missing_table(error: &str) -> bool {
    ["does not exist", "doesn't exist", "no such table"].iter().any(|words| error.contains(words))
}

fn leftovers(project: &Project) -> Vec<String> {
    let ended = project.start(&["status", "--format", "json"], None).end();
    let json = ended.output.lines().find(|line| line.starts_with('{')).unwrap_or_default();
    let status: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {}", ended.output));
    let leftovers = status["targets"][0]["leftovers"].as_array().expect("a list");
    leftovers.iter().map(|leftover| leftover.as_str().unwrap_or_default().to_owned()).collect()
}
