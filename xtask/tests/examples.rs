//! The examples are what people copy: their configuration is read without a word.

use std::path::Path;

use sluice_project::config::Config;
use sluice_text::SourceFile;

#[test]
fn configurations_of_the_examples_are_read_without_errors_and_warnings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for path in
        ["examples/shop/sluice.toml", "examples/shop/demo/sluice.toml", "examples/declared/sluice.toml"]
    {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        let config =
            Config::parse(&SourceFile::new(path, text)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(config.warnings.is_empty(), "{path}: {:?}", config.warnings);
        let environments: Vec<&str> =
            config.environments.iter().map(|environment| environment.name.as_str()).collect();
        assert_eq!(environments, ["dev", "staging", "prod"], "{path}");
    }
}
