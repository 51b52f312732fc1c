//! What other programs read, held against their own schemas.

use std::path::{Path, PathBuf};
use std::process::Command;

use boon::{Compiler, Schemas};
use serde_json::Value;
use sluice_e2e::Project;
use sluice_testkit::tools;

/// Something of `tests/setup.sh ci`; none, said aloud, where it is not installed.
pub(crate) fn ci_tool(path: &str) -> Option<PathBuf> {
    let found = tools().join("ci").join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("SKIPPED: {} is not there; `tests/setup.sh ci` installs it", found.display());
    None
}

/// A file with a fix, one with none, one that cannot be read, and suppressions that are wrong; with names that mean something to
/// whoever reads the output.
fn project() -> (Project, Vec<&'static str>) {
    let project = Project::new();
    let files = [
        "1.sql",
        "a,b:c%0A.sql",
        "d\n::error ::x.sql",
        "<e>&\"'.sql",
        "f[|`@all`].sql",
        "open.sql",
        "nowhere.sql",
    ];
    let index = "CREATE INDEX \"<b>|`@all`\n::error ::\" ON orders (total);\n";
    for file in &files[..5] {
        project.write(
            file,
            &format!(
                "-- sluice: allow(locks/create-index)\n{index}DROP TABLE \"]]>&amp;\u{1}\";\nFROBNICATE;\n"
            ),
        );
    }
    project.write("open.sql", "SELECT 'open;");
    (project, files.to_vec())
}

fn check(format: &str) -> String {
    let (project, files) = project();
    let arguments = [&["check", "--engine", "postgres", "--format", format][..], &files].concat();
    project.sluice(&arguments).exits(1).stdout
}

#[test]
fn sarif_is_valid_by_the_schema_of_oasis() {
    let sarif: Value = serde_json::from_str(&check("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["fixes"].is_array()));
    let uris: Vec<&str> = results
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(uris.contains(&"d%0A%3A%3Aerror%20%3A%3Ax.sql"), "{uris:?}");
    let prints: std::collections::BTreeSet<String> =
        results.iter().map(|result| result["partialFingerprints"]["sluice/v1"].to_string()).collect();
    assert_eq!(prints.len(), results.len(), "each finding has a name of its own");
    let Some(path) = ci_tool("schemas/sarif-2.1.0.json") else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("memory:/sarif", schema).unwrap();
    let index = compiler.compile("memory:/sarif", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
    let empty = Project::new();
    empty.write("1.sql", "SELECT 1;\n");
    let empty =
        empty.sluice(&["check", "--engine", "postgres", "--format", "sarif", "1.sql"]).exits(0).stdout;
    for log in [sarif, serde_json::from_str(&empty).unwrap()] {
        if let Err(error) = schemas.validate(&log, index) {
            panic!("{error:#}");
        }
    }
    let wrong = serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [] }] });
    assert!(schemas.validate(&wrong, index).is_err(), "the schema can say no");
}

#[test]
fn junit_is_valid_by_the_schema_that_jenkins_reads_by() {
    let xml = check("junit");
    let (Some(validate), Some(schema)) =
        (ci_tool("python/bin/xmlschema-validate"), ci_tool("schemas/junit-10.xsd"))
    else {
        return;
    };
    let folder = Project::new();
    let is_valid = |xml: &str| {
        folder.write("junit.xml", xml);
        let run = Command::new(&validate)
            .arg("--schema")
            .arg(&schema)
            .arg(folder.path("junit.xml"))
            .output()
            .unwrap();
        (run.status.success(), String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let (valid, said) = is_valid(&xml);
    assert!(valid, "{said}\n{xml}");
    assert!(!is_valid("<testsuites><testsuite/></testsuites>").0, "the schema can say no");
}

#[test]
fn code_quality_has_what_gitlab_asks_for() {
    let report: Value = serde_json::from_str(&check("gitlab")).unwrap();
    let entries = report.as_array().unwrap();
    assert!(!entries.is_empty());
    let mut prints = std::collections::BTreeSet::new();
    for entry in entries {
        assert!(!entry["description"].as_str().unwrap().is_empty(), "{entry}");
        assert!(!entry["check_name"].as_str().unwrap().is_empty(), "{entry}");
        assert!(prints.insert(entry["fingerprint"].as_str().unwrap()), "{entry}");
        let severity = entry["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{entry}");
        let location = &entry["location"];
        assert!(!Path::new(location["path"].as_str().unwrap()).is_absolute(), "{entry}");
        assert!(location["lines"]["begin"].as_u64().unwrap() > 0, "{entry}");
    }
}

#[test]
fn annotations_are_one_line_for_a_finding_whatever_is_in_it() {
    let (project, files) = project();
    let json =
        project.sluice(&[&["check", "--engine", "postgres", "--format", "json"][..], &files].concat()).json();
    let findings = json["findings"].as_array().unwrap().clone();
    let annotations = check("github");
    let lines: Vec<&str> = annotations.lines().collect();
    assert_eq!(lines.len(), findings.len(), "{annotations}");
    for (line, finding) in lines.iter().zip(&findings) {
        let rest = line.strip_prefix("::").unwrap();
        let (head, message) = rest.split_once("::").unwrap();
        let (command, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&command), "{line}");
        let decoded = |text: &str| {
            text.replace("%2C", ",")
                .replace("%3A", ":")
                .replace("%0A", "\n")
                .replace("%0D", "\r")
                .replace("%25", "%")
        };
        let file = properties.split(',').find_map(|property| property.strip_prefix("file=")).unwrap();
        assert_eq!(Value::from(decoded(file)), finding["path"], "{line}");
        assert!(decoded(message).starts_with(finding["message"].as_str().unwrap()), "{line}");
    }
}

#[test]
fn a_comment_has_only_the_markup_that_is_ours() {
    let markdown = check("markdown");
    for text in ["<b>", "<e>", "@all", "[|", "&amp;"] {
        assert!(!markdown.contains(text), "{text} in\n{markdown}");
    }
    // Tags that are ours, and nothing else between angle brackets.
    let mut rest = markdown.as_str();
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        assert!(["details", "/details", "summary", "/summary", "code", "/code"].contains(&tag), "<{tag}>");
        rest = after;
    }
    for line in markdown.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(line.matches('|').count(), 7, "{line}");
    }
}
