use std::path::Path;

use similar::TextDiff;

/// How a file's text changes, in the form that `git apply` takes; no `old` for a new file.
pub(super) fn of(old: Option<&Path>, new: &Path, before: &str, after: &str) -> String {
    let from = old.map_or_else(|| "/dev/null".to_owned(), |path| format!("a/{}", path.display()));
    let to = format!("b/{}", new.display());
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(&from, &to).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_files_come_from_nowhere() {
        let shown = of(None, Path::new("m/2_x.sql"), "", "SELECT 1;\n");
        assert_eq!(shown, "--- /dev/null\n+++ b/m/2_x.sql\n@@ -0,0 +1 @@\n+SELECT 1;\n");
    }
}
