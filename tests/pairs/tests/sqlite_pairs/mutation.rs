//! Schemas put together at random, and the same with some parts changed. The same numbers every time.

use sluice_pairs::Pair;

/// A generator of numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % limit
    }

    /// One of some for each side, the same for both most of the time.
    fn both<'a>(&mut self, of: &[&'a str]) -> [&'a str; 2] {
        let old = of[self.below(of.len())];
        let new = if self.below(10) < 6 { old } else { of[self.below(of.len())] };
        [old, new]
    }
}

const KEYS: &[&str] = &[
    "id INTEGER PRIMARY KEY",
    "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "Id INTEGER PRIMARY KEY",
    "id INTEGER NOT NULL",
    "id INT NOT NULL PRIMARY KEY",
    "id INTEGER CONSTRAINT k PRIMARY KEY DESC",
];

const COLUMNS: &[&str] = &[
    "",
    "",
    "# INT",
    "# TEXT",
    "\"#\" text",
    "# INT NOT NULL DEFAULT 7",
    "# TEXT NOT NULL DEFAULT 'it''s' COLLATE NOCASE",
    "# INT CHECK (# IS NULL OR # >= 0)",
    "# TEXT UNIQUE ON CONFLICT REPLACE",
    "# INT REFERENCES t0 (id) ON DELETE CASCADE",
    "# INT CONSTRAINT f# REFERENCES t1 DEFERRABLE INITIALLY DEFERRED",
    "# INT GENERATED ALWAYS AS (id + 1) VIRTUAL",
    "# INT AS (id * 2) STORED",
    "# TEXT DEFAULT CURRENT_TIMESTAMP",
    "# REAL DEFAULT -1.5 -- a remark\n",
    "# INT NOT NULL",
];

const DEMANDS: &[&str] = &[
    "",
    "",
    "",
    ", CHECK (id > 0)",
    ", CONSTRAINT big CHECK (id < 1000), UNIQUE (id, a)",
    ", UNIQUE (a, b)",
    ", FOREIGN KEY (b) REFERENCES t0 (id) ON UPDATE SET NULL",
];

const OPTIONS: &[&str] = &["", "", "", " STRICT", " WITHOUT ROWID"];

const INDEXES: &[&str] = &[
    "",
    "",
    "CREATE INDEX i% ON t% (a);",
    "CREATE INDEX i% ON t% (a DESC, b);",
    "CREATE UNIQUE INDEX i% ON t% (b) WHERE b IS NOT NULL;",
    "CREATE INDEX I% ON t% (lower(a) COLLATE NOCASE);",
];

const VIEWS: &[&str] = &[
    "",
    "",
    "CREATE VIEW v% AS SELECT * FROM t%;",
    "CREATE VIEW v% (x) AS SELECT a FROM t%;",
    "CREATE VIEW v% AS SELECT count(*) AS n FROM t% JOIN t0 USING (id);",
    "CREATE VIEW v% AS SELECT * FROM v0 WHERE 0;",
];

const TRIGGERS: &[&str] = &[
    "",
    "",
    "",
    "CREATE TRIGGER g% AFTER DELETE ON t% BEGIN DELETE FROM t0 WHERE id = OLD.id + 100; END;",
    "CREATE TRIGGER g% AFTER UPDATE OF a ON t% WHEN NEW.a = 'x' BEGIN SELECT 1; SELECT 2; END;",
    "CREATE TRIGGER g% BEFORE INSERT ON t1 BEGIN SELECT CASE WHEN NEW.id < 0 THEN RAISE(ABORT, 'no') END; END;",
];

/// So many pairs.
pub fn pairs(count: u64) -> Vec<Pair> {
    (0..count)
        .map(|seed| {
            let [old, new] = sides(&mut Dice(seed.wrapping_mul(7_919)));
            Pair {
                source: "random".to_owned(),
                case: seed.to_string(),
                kind: "change".to_owned(),
                setup: String::new(),
                old,
                new,
                roles: Vec::new(),
                cluster_objects: Vec::new(),
                flavor: None,
            }
        })
        .collect()
}

fn sides(dice: &mut Dice) -> [String; 2] {
    let mut sides = [String::new(), String::new()];
    for number in ["0", "1", "2"] {
        let there = dice.both(&["yes", "yes", "yes", "no"]);
        let (key, demands, options) = (dice.both(KEYS), dice.both(DEMANDS), dice.both(OPTIONS));
        let columns: Vec<[String; 2]> = ["a", "b", "c", "d"]
            .iter()
            .map(|name| dice.both(COLUMNS).map(|text| text.replace('#', name)))
            .collect();
        let rest = [dice.both(INDEXES), dice.both(VIEWS), dice.both(TRIGGERS)];
        for (side, out) in sides.iter_mut().enumerate() {
            let key = key[side];
            let has = |name: &str| {
                columns.iter().any(|column| column[side].trim_start_matches('"').starts_with(name))
            };
            if there[side] == "yes" {
                let mut demands = demands[side];
                if (demands.contains('a') && !has("a"))
                    || ((demands.contains("(a, b)") || demands.contains("(b)")) && !has("b"))
                {
                    demands = "";
                }
                // Those need a key, and one that does not count.
                let bare = !key.contains("PRIMARY") || key.contains("AUTO");
                let options = if options[side].contains("WITHOUT") && bare { "" } else { options[side] };
                let columns: Vec<&str> = columns
                    .iter()
                    .map(|column| column[side].as_str())
                    .filter(|text| !text.is_empty())
                    .collect();
                let columns: String = columns.iter().map(|column| format!(",\n  {column}")).collect();
                out.push_str(&format!("CREATE TABLE t{number} ({key}{columns}{demands}){options};\n"));
            }
            for part in rest.iter().map(|part| part[side].replace('%', number)) {
                let on_table = part.contains("INDEX") || part.contains("TRIGGER");
                let names =
                    |name: &str| part.contains(&format!("({name}")) || part.contains(&format!(", {name}"));
                let runs = there[side] == "yes" && (!names("a") || has("a")) && (!names("b") || has("b"));
                let is_third = part.contains("ON t1") && number != "1" && !part.contains("INDEX");
                if !is_third && (runs || !on_table) {
                    out.push_str(&part);
                    out.push('\n');
                }
            }
        }
    }
    sides
}
