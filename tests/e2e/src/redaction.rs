use std::sync::LazyLock;

use insta::Settings;
use regex::Regex;

/// What differs from run to run, and what stands there instead.
const PATTERNS: &[(&str, &str)] = &[
    (r"/[^\s:'`\x22]*sluice-e2e-[A-Za-z0-9]+/project", "<project>"),
    (r"/[^\s:'`\x22]*sluice-e2e-[A-Za-z0-9]+/home", "<home>"),
    (r"\br-\d{8}-\d{6}-[0-9a-f]{4}\b", "<rollout>"),
    (r"\bsha256:[0-9a-f]{64}\b", "sha256:<digest>"),
    (r"\b[0-9a-f]{40}\b", "<commit>"),
    (r"\b[0-9a-f]{12}\b", "<digest>"),
    (r"\b[0-9a-f]{11}-[0-9a-f]{2,8}\b", "<run>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b", "<time>"),
    (r"\b2\d{13}_", "<version>_"),
    (r"\b\d+ ms\b", "<duration>"),
    (r#""(milliseconds|duration_ms)":\s*\d+"#, r#""$1": 0"#),
    (r"\b(process|pid) \d+\b", "$1 <pid>"),
    (r"\bt_\d+_\d+\b", "<database>"),
    (r"\b(127\.0\.0\.1|localhost):\d+\b", "$1:<port>"),
    (r"\btester@[A-Za-z0-9.-]+", "tester@<host>"),
    (r"\bSQLite 3\.\d+\.\d+", "SQLite <version>"),
];

/// Replaces what differs from run to run.
pub fn redact(text: &str) -> String {
    static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        PATTERNS.iter().map(|(pattern, with)| (compile(pattern), *with)).collect()
    });
    COMPILED
        .iter()
        .fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
}

/// Settings for snapshots: no expression in the head, no prefix of the module.
pub fn snapshot_settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
