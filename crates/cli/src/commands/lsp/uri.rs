use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;
use sluice_project::layout::without_dots;
use url::Url;

/// The file that a URI names; none where it names something else, such as a text that was never saved.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let url = Url::parse(&uri.0).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok().map(|path| without_dots(&path))
}

/// The URI of a file.
pub(super) fn of_path(path: &Path) -> Option<Uri> {
    Url::from_file_path(path).ok().map(|url| Uri(url.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_decoded() {
        let path = |uri: &str| path_of(&Uri(uri.to_owned()));
        assert_eq!(path("file:///a%20b/%C3%A9.sql"), Some(PathBuf::from("/a b/é.sql")));
        assert_eq!(path("file:///a/../b.sql"), Some(PathBuf::from("/b.sql")));
        for other in ["untitled:Untitled-1", "https://host/a.sql", "no uri", "", "file://host/a.sql"] {
            assert_eq!(path(other), None, "{other}");
        }
        assert_eq!(of_path(Path::new("/a b.sql")), Some(Uri("file:///a%20b.sql".to_owned())));
    }
}
