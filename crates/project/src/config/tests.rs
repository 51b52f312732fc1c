use std::collections::BTreeSet;

use serde_json::Value;

use super::keys::{FILE, Kind, Table};
use super::*;

/// Every key of the table, each with a value other than its default.
const FULL: &str = r#"
[project]
name = "shop"
migrations = ["db/one", "./db/two/"]
schema = "./db/schema/"
layout = "flyway"

[placeholders]
enabled = true
values = { app_role = "shop" }

[schema]
include = ["schema:app"]
exclude = ["table:app.tmp_*"]
allow = ["deletes_data"]
shadow = "own"

[policy]
edited = "warn"
removed = "allow"
out_of_order = "warn"
unadopted = "allow"
drift = "adopt"
backup = "on"
backup_rows = 500
backup_retention = "7d"

[apply]
lock_timeout = "500ms"
lock_attempts = 3
lock_wait = "120s"
statement_timeout = "1h30m"
connect_timeout = "5s"

[people]
dba = ["ann@example.com", "Bob <bob@example.com>"]

[[group]]
name = "eu"
where = "region == 'eu'"

[[environment]]
name = "dev"

[[environment]]
name = "prod"
soak = "120m"
approvals = [{ required = 2, from = ["group:dba", "eve@example.com"], allow_author = true }]
window = [{ days = "mon-thu", from = "22:00", to = "04:00", zone = "europe/berlin" }, {}]
freeze = [{ from = 2026-12-20, to = "2027-01-03", zone = "Europe/Berlin", reason = "holidays" }]
waves = ["canary == 'true'", "25%", "3", "100%"]
max_parallel = 20
max_failures = 1

[[database]]
name = "shop-dev"
environment = "dev"
url = "sqlite:dev.db"

[[database]]
name = "shop-prod-eu"
environment = "prod"
url = "env:SHOP_PROD_EU_URL"
shadow = "env:SCRATCH_URL"
agent = { zone = "inner" }
labels = { region = "eu", canary = "true" }

[review]
fail_on = "warning"
extends = "strict"
ignore = ["legacy/**"]
stats = "sizes.json"
small_table = 5000
[review.rules]
"naming/table" = { severity = "warning", pattern = "^[a-z][a-z0-9_]*$" }
"locking/index" = "off"

[[review.override]]
paths = "migrations/old/**"
environments = ["dev"]
engines = ["postgres", "sqlite"]
where = "region == 'eu'"
extends = ["all"]
fail_on = "never"
rules = { "locking/*" = "warning" }
"#;

fn parse(text: &str) -> Result<Config, ProjectError> {
    Config::parse(&SourceFile::new("sluice.toml", text))
}

/// The errors of a file as the command line shows them.
fn errors(text: &str) -> String {
    match parse(text) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_full_configuration_is_read() {
    let config = parse(FULL).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.warnings, []);
    let json: Value = serde_json::from_str(&config.canonical_json()).expect("JSON");
    insta::assert_json_snapshot!(json);
}

#[test]
fn a_small_configuration_has_the_documented_defaults() {
    let config =
        parse("[project]\nname = \"shop\"\n[[environment]]\nname = \"dev\"").expect("a configuration");
    let json: Value = serde_json::from_str(&config.canonical_json()).expect("JSON");
    assert_defaults(&FILE, &json);
    assert_defaults(table_of(&FILE, "project"), &json["project"]);
    assert_defaults(table_of(&FILE, "placeholders"), &json["placeholders"]);
    assert_defaults(table_of(&FILE, "policy"), &json["policy"]);
    assert_defaults(table_of(&FILE, "apply"), &json["apply"]);
    assert_defaults(table_of(&FILE, "environment"), &json["environment"][0]);
    assert_defaults(table_of(&FILE, "review"), &json["review"]);
    assert_eq!(config.warnings.len(), 1);
    assert_eq!(config.warnings[0].message, "environment `dev` has no databases");
}

fn table_of(spec: &'static Table, name: &str) -> &'static Table {
    match &spec.keys.iter().find(|key| key.name == name).expect("a key").kind {
        Kind::Table(spec) | Kind::Tables(spec) => spec,
        _ => panic!("{name} is no table"),
    }
}

fn assert_defaults(spec: &Table, json: &Value) {
    for key in spec.keys {
        if let Some(default) = key.default {
            let default: Value = serde_json::from_str(default).expect("JSON");
            assert_eq!(json[key.name], default, "{} {}", spec.title, key.name);
        }
    }
}

/// The reader, the schema and the effective configuration know the same keys: none is accepted and then forgotten.
#[test]
fn every_key_is_in_the_schema_and_reaches_the_effective_configuration() {
    fn of_table(spec: &Table, path: &str, keys: &mut BTreeSet<String>) {
        for key in spec.keys {
            let path = format!("{path}/{}", key.name);
            if let Kind::Table(spec) | Kind::Tables(spec) = &key.kind {
                of_table(spec, &path, keys);
            }
            keys.insert(path);
        }
    }
    fn of_schema(schema: &Value, path: &str, keys: &mut BTreeSet<String>) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            of_schema(schema, &path, keys);
            of_schema(&schema["items"], &path, keys);
            keys.insert(path);
        }
    }
    fn of_value(spec: &Table, value: &Value, path: &str, keys: &mut BTreeSet<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            let key =
                spec.keys.iter().find(|key| key.name == name).unwrap_or_else(|| panic!("{path} is unknown"));
            match &key.kind {
                Kind::Table(spec) => of_value(spec, value, &path, keys),
                Kind::Tables(spec) => {
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .for_each(|value| of_value(spec, value, &path, keys));
                }
                _ => {}
            }
            keys.insert(path);
        }
    }
    let (mut table, mut schema, mut value) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    of_table(&FILE, "", &mut table);
    of_schema(&json_schema(), "", &mut schema);
    let canonical = parse(FULL).expect("a configuration").canonical_json();
    of_value(&FILE, &serde_json::from_str(&canonical).expect("JSON"), "", &mut value);
    assert_eq!(table, schema);
    assert_eq!(table, value);
}

#[test]
fn equal_meaning_gives_equal_canonical_text() {
    let first = parse(FULL).expect("a configuration").canonical_json();
    // Other order of keys and tables, other spelling of the same values, comments.
    let (project, rest) = FULL.split_once("[placeholders]").expect("two parts");
    let other = format!("# a comment\n[placeholders]{rest}{project}")
        .replace("\"120m\"", "\"2h\"")
        .replace("\"120s\"", "\"2m\" # two minutes")
        .replace("\"22:00\", to = \"04:00\"", "'22:00', to = '4:00'")
        .replace("2026-12-20,", "\"2026-12-20\",")
        .replace("region = \"eu\", canary = \"true\"", "canary = \"true\", region = \"eu\"")
        .replace("\"strict\"", "[\"strict\"]");
    assert_eq!(first, parse(&other).unwrap_or_else(|error| panic!("{error}")).canonical_json());
    // Whatever means something changes the text.
    for (from, to) in [
        ("\"3\"", "\"4\""),
        ("\"warn\"", "\"allow\""),
        ("SHOP_PROD_EU_URL", "OTHER"),
        ("\"off\"", "\"info\""),
    ] {
        let changed = FULL.replacen(from, to, 1);
        assert_ne!(first, parse(&changed).expect("a configuration").canonical_json(), "{from}");
    }
}

#[test]
fn the_canonical_text_is_sorted_and_compact() {
    let text = parse(FULL).expect("a configuration").canonical_json();
    assert!(
        text.starts_with(r#"{"apply":{"connect_timeout":"5s","lock_attempts":3,"lock_timeout":"500ms","#),
        "{text}"
    );
    assert!(!text.contains('\n'));
}

#[test]
fn all_layouts_are_known_by_name() {
    assert_eq!(keys::LAYOUTS, crate::layout::Layout::ALL.map(crate::layout::Layout::name));
    for layout in crate::layout::Layout::ALL {
        let text = format!("[project]\nname = \"shop\"\nlayout = \"{layout}\"\n");
        assert_eq!(parse(&text).expect("a configuration").project.layout, Some(layout));
    }
}

const HEAD: &str = "[project]\nname = \"shop\"\n[[environment]]\nname = \"prod\"\n";

#[test]
fn what_is_wrong_is_said_with_its_place_and_a_way_out() {
    let cases: &[(&str, &str)] = &[
        ("an empty file", ""),
        ("not TOML", "[project\nname = \"shop\"\nmigrations = \n"),
        ("a key twice", "[project]\nname = \"a\"\nname = \"b\"\n"),
        ("an unknown key", "[project]\nname = \"shop\"\nmigration = \"db\"\nowner = \"me\"\n"),
        ("a key of another table", "[project]\nname = \"shop\"\nlock_timeout = \"3s\"\n"),
        (
            "unknown tables",
            "[project]\nname = \"shop\"\n[[databases]]\nname = \"x\"\n[polcy]\nedited = \"warn\"\n",
        ),
        ("no name", "[project]\nmigrations = \"db\"\n"),
        ("wrong types", "project = \"shop\"\nenvironment = \"prod\"\npeople = []\n"),
        (
            "wrong types of values",
            "[project]\nname = 1\nmigrations = [1, \"a\"]\nschema = true\n[placeholders]\nenabled = \"yes\"\n[apply]\nlock_timeout = 3\nlock_attempts = \"10\"\nlock_wait = \"soon\"\n",
        ),
        (
            "a table instead of a list of tables",
            "[project]\nname = \"shop\"\n[environment.prod]\nsoak = \"2h\"\n",
        ),
        ("a list of tables instead of a table", "[[project]]\nname = \"shop\"\n"),
        ("a table instead of a list", &format!("{HEAD}window = {{ days = \"mon\" }}\nwaves = \"25%\"\n")),
        (
            "bad names and paths",
            "[project]\nname = \"\"\nmigrations = [\"/abs\", \"db\", \"./db/\", \"\"]\nschema = \"/x\"\n",
        ),
        (
            "schemas and migrations",
            "[project]\nname = \"shop\"\nschema = \"db/schema\"\nmigrations = \"db\"\n[schema]\nexclude = [\"public.*\", \"table:[\"]\nallow = [\"everything\"]\nshadow = \"mine\"\n",
        ),
        (
            "a layout of no migrations",
            "[project]\nname = \"shop\"\nschema = \"schema\"\nlayout = \"goose\"\n",
        ),
        ("no folders", "[project]\nname = \"shop\"\nmigrations = []\n"),
        (
            "bad choices",
            "[project]\nname = \"shop\"\nlayout = \"flywya\"\n[policy]\nedited = \"ignore\"\ndrift = \"allow\"\n",
        ),
        (
            "limits out of range",
            "[project]\nname = \"shop\"\n[apply]\nlock_attempts = 0\nlock_timeout = \"0\"\nconnect_timeout = \"1.5s\"\n",
        ),
        (
            "durations",
            "[project]\nname = \"shop\"\n[apply]\nlock_timeout = \"3\"\nlock_wait = \"10min\"\nstatement_timeout = \"99999d\"\n",
        ),
        (
            "names that are taken",
            "[project]\nname = \"shop\"\n[[environment]]\nname = \"prod\"\n[[environment]]\nname = \"prod\"\n[[database]]\nname = \"a\"\nenvironment = \"prod\"\nurl = \"env:A\"\n[[database]]\nname = \"a\"\nenvironment = \"prod\"\nurl = \"env:B\"\n[[group]]\nname = \"g\"\nwhere = \"true\"\n[[group]]\nname = \"g\"\nwhere = \"true\"\n",
        ),
        (
            "an empty name",
            &format!("{HEAD}[[environment]]\nname = \"\"\n[[environment]]\nname = \"pre prod\"\n"),
        ),
        (
            "an unknown environment",
            &format!("{HEAD}[[database]]\nname = \"a\"\nenvironment = \"prdo\"\nurl = \"env:A\"\n"),
        ),
        (
            "no environments",
            "[project]\nname = \"shop\"\n[[database]]\nname = \"a\"\nenvironment = \"prod\"\nurl = \"env:A\"\n",
        ),
        (
            "an incomplete database",
            &format!("{HEAD}[[database]]\nlabels = {{ canary = true, \"a b\" = \"x\" }}\n"),
        ),
        (
            "secrets",
            &format!(
                "{HEAD}[[database]]\nname = \"a\"\nenvironment = \"prod\"\nurl = \"postgres://app:hunter2@db/shop\"\n[[database]]\nname = \"b\"\nenvironment = \"prod\"\nurl = \"evn:SHOP\"\n[[database]]\nname = \"c\"\nenvironment = \"prod\"\nurl = \"hunter2\"\n[[database]]\nname = \"d\"\nenvironment = \"prod\"\nurl = \"vault:secret/shop\"\n[[database]]\nname = \"e\"\nenvironment = \"prod\"\nurl = \"env:$SHOP\"\n"
            ),
        ),
        (
            "approvals",
            &format!(
                "{HEAD}approvals = [{{ required = 3, from = [\"group:dba\", \"ANN@example.com\"] }}, {{ from = [\"group:dbas\", \"dba\", \"eve\"] }}, {{ required = 0 }}, {{ from = [] }}]\n[people]\ndba = [\"ann@example.com\", \"bob@example.com\"]\nops = []\ndev = [\"ann\"]\n"
            ),
        ),
        (
            "windows",
            &format!(
                "{HEAD}window = [{{ days = \"monday\" }}, {{ from = \"25:00\", to = \"4\", zone = \"Europe/Berln\" }}, {{ day = \"mon\" }}, {{ zone = \"Moon\" }}]\n"
            ),
        ),
        (
            "freezes",
            &format!(
                "{HEAD}freeze = [{{ from = \"20.12.2026\", to = \"2027-02-30\" }}, {{ from = \"2027-01-03\", to = \"2026-12-20\" }}, {{ to = \"2026-12-20\" }}]\n"
            ),
        ),
        (
            "waves",
            &format!(
                "{HEAD}waves = [\"canary = 'true'\", \"0%\", \"50%\", \"25%\", \"0\", \"\", \"canary\", \"101%\", 3, \"frobnicate(name)\"]\nmax_parallel = 0\nmax_failures = -1\nsoak = \"2 h\"\n"
            ),
        ),
        (
            "groups",
            "[project]\nname = \"shop\"\n[[group]]\nname = \"eu\"\nwhere = \"region ==\"\n[[group]]\nname = \"us\"\n",
        ),
        (
            "review",
            "[project]\nname = \"shop\"\n[review]\nfail_on = \"warn\"\nrule = {}\n[review.rules]\n\"a/b\" = \"warn\"\n\"c/d\" = 3\n\"e/f\" = { severity = \"fatal\" }\n",
        ),
        (
            "placeholders",
            "[project]\nname = \"shop\"\n[placeholders]\nenabled = true\nvalues = { \"a b\" = \"x\", n = 3 }\n",
        ),
    ];
    let mut document = String::new();
    for (title, text) in cases {
        let shown = errors(text);
        assert!(!shown.contains("hunter2"), "{title}: {shown}");
        document.push_str(&format!("== {title}\n{shown}\n\n"));
    }
    insta::assert_snapshot!(document);
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let text = "[project]\nname = \"shop\"\n[placeholders]\nvalues = { a = \"b\" }\n[[environment]]\nname = \"dev\"\nsoak = \"1h\"\nwaves = [\"cannary == 'true'\"]\n[[environment]]\nname = \"prod\"\n[[database]]\nname = \"a\"\nenvironment = \"dev\"\nurl = \"env:A\"\nlabels = { canary = \"true\" }\n[[group]]\nname = \"eu\"\nwhere = \"region == 'eu'\"\n";
    let config = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let warnings: Vec<String> = config.warnings.iter().map(Message::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"));
}

#[test]
fn secrets_are_in_no_form_of_the_configuration() {
    let text = "[project]\nname = \"shop\"\n[[environment]]\nname = \"prod\"\n[[database]]\nname = \"a\"\nenvironment = \"prod\"\nurl = \"env:HOME\"\n";
    let config = parse(text).expect("a configuration");
    let home = std::env::var("HOME").unwrap_or_default();
    assert!(config.canonical_json().contains("\"url\":\"env:HOME\""));
    assert!(!format!("{config:?}").contains(&home) || home.len() < 3);
}

#[test]
fn the_example_project_has_nothing_to_complain_about() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop/sluice.toml");
    let config =
        parse(&std::fs::read_to_string(path).expect("the example")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.warnings, []);
}

#[test]
fn the_engine_is_known_where_the_url_is_in_the_open() {
    let text = format!(
        "{HEAD}[[database]]\nname = \"a\"\nenvironment = \"prod\"\nurl = \"postgresql://db/shop\"\n[[database]]\nname = \"b\"\nenvironment = \"prod\"\nurl = \"env:B\"\n"
    );
    let config = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let engines: Vec<Option<String>> =
        config.databases_of("prod").map(|database| database.target().engine).collect();
    assert_eq!(engines, [Some("postgres".to_owned()), None]);
}

#[test]
fn the_schema_is_a_draft_2020_12_schema_that_describes_every_key() {
    fn described(schema: &Value, path: &str) {
        assert!(schema["description"].is_string(), "{path}");
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            described(schema, &format!("{path}/{name}"));
        }
    }
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
    described(&schema, "");
}
