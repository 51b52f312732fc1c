use std::path::PathBuf;

use clap::ValueEnum as _;
use gen_lsp_types::Uri;
use serde::Deserialize;
use serde_json::Value;

use super::text::Encoding;
use super::uri;
use crate::args;
use crate::commands::check;

/// What the client can do and wants. It is looked up piece by piece: whatever else a client says of itself, it is served.
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Edits may name a version of a document.
    pub(super) versioned_edits: bool,
    /// Edits may create files.
    pub(super) creates_files: bool,
    /// It asks for diagnostics when it wants them: they are not sent unasked.
    pub(super) pulls: bool,
    /// It asks again when it is told to.
    pub(super) refreshes: bool,
    /// It tells of changed files when it is asked to.
    pub(super) watches_files: bool,
    /// Where `docs/rules` is published.
    pub(super) rule_docs: Option<String>,
    /// Folders of the workspace.
    pub(super) folders: Vec<PathBuf>,
    /// Options of the review.
    pub(super) options: args::Check,
    /// What of the options cannot be taken.
    pub(super) complaint: Option<String>,
}

/// `initializationOptions`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    engine: Option<String>,
    server_version: Option<String>,
    extends: Option<String>,
    rule_docs: Option<String>,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub(super) fn of(params: &Value) -> Self {
        let capability = |path: &str| params.pointer(&format!("/capabilities{path}"));
        let can = |path: &str| capability(path).and_then(Value::as_bool).unwrap_or(false);
        let lists = |path: &str, item: &str| {
            let list = capability(path).and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|one| one.as_str() == Some(item)))
        };
        let encoding = if lists("/general/positionEncodings", "utf-8") {
            Encoding::Utf8
        } else if lists("/general/positionEncodings", "utf-32")
            && !lists("/general/positionEncodings", "utf-16")
        {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        };
        let versioned_edits = can("/workspace/workspaceEdit/documentChanges");
        let creates = lists("/workspace/workspaceEdit/resourceOperations", "create");
        let ((options, rule_docs), complaint) = match options(params.get("initializationOptions")) {
            Ok(options) => (options, None),
            Err(complaint) => ((args::Check::default(), None), Some(complaint)),
        };
        Self {
            encoding,
            versioned_edits,
            creates_files: versioned_edits && creates,
            pulls: capability("/textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: can("/workspace/diagnostics/refreshSupport"),
            watches_files: can("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            rule_docs,
            folders: folders(params),
            options,
            complaint,
        }
    }
}

/// Options of the review, and where the rules' documentation is.
///
/// # Errors
/// What of them cannot be taken.
fn options(given: Option<&Value>) -> Result<(args::Check, Option<String>), String> {
    let wrong = |message: String| format!("initializationOptions: {message}");
    let given = match given {
        None | Some(Value::Null) => Options::default(),
        Some(value) => Options::deserialize(value).map_err(|error| wrong(error.to_string()))?,
    };
    let engine = given.engine.map(|name| args::Engine::from_str(&name, false)).transpose();
    let engine =
        engine.map_err(|_| wrong("`engine` is none of postgres, mysql, mariadb, sqlite".to_owned()))?;
    let options = args::Check {
        engine,
        server_version: given.server_version,
        extends: given.extends,
        ..args::Check::default()
    };
    let first = |error: crate::error::CliError| {
        wrong(error.problems.first().map_or_else(String::new, |problem| problem.message.clone()))
    };
    check::server_version(&options).map_err(first)?;
    check::files::nothing(&options).map_err(first)?;
    Ok((options, given.rule_docs))
}

fn folders(params: &Value) -> Vec<PathBuf> {
    let path = |uri: Option<&Value>| {
        let uri = Uri(uri?.as_str()?.to_owned());
        uri::path_of(&uri)
    };
    match params.get("workspaceFolders").and_then(Value::as_array) {
        Some(folders) => folders.iter().filter_map(|folder| path(folder.get("uri"))).collect(),
        None => path(params.get("rootUri")).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_client_does_not_say_it_cannot() {
        for params in [json!({}), json!({"capabilities": 3, "workspaceFolders": "x"}), Value::Null] {
            let client = Client::of(&params);
            assert_eq!(client.encoding, Encoding::Utf16, "{params}");
            assert!(!client.creates_files && client.folders.is_empty() && client.complaint.is_none());
        }
    }

    #[test]
    fn bytes_are_taken_where_the_client_can_count_them() {
        let encoding = |list: Value| {
            Client::of(&json!({"capabilities": {"general": {"positionEncodings": list}}})).encoding
        };
        assert_eq!(encoding(json!(["utf-16", "utf-8"])), Encoding::Utf8);
        assert_eq!(encoding(json!(["utf-32", "utf-16"])), Encoding::Utf16);
        assert_eq!(encoding(json!(["utf-32"])), Encoding::Utf32);
    }

    #[test]
    fn options_that_cannot_be_taken_are_said() {
        let complaint = |options: Value| Client::of(&json!({"initializationOptions": options})).complaint;
        assert_eq!(
            complaint(json!({"engine": "mysql", "serverVersion": "8.0.36", "extends": "strict"})),
            None
        );
        for (options, said) in [
            (json!({"engine": "oracle"}), "postgres"),
            (json!({"serverVersion": "new"}), "new"),
            (json!({"extends": "lax"}), "lax"),
            (json!({"engines": "mysql"}), "engines"),
            (json!(["mysql"]), "initializationOptions"),
        ] {
            let complaint = complaint(options.clone()).unwrap_or_default();
            assert!(complaint.contains(said), "{options}: {complaint}");
        }
    }
}
