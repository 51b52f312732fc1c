//! An editor with the language server in it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use sluice_e2e::{Project, binary};

/// A running editor; see `client.cjs` for what it can do.
pub struct Editor {
    child: Child,
    commands: ChildStdin,
    results: BufReader<ChildStdout>,
    root: String,
}

/// What most clients say of themselves.
pub fn capabilities() -> Value {
    json!({
        "workspace": { "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] } },
    })
}

impl Editor {
    /// An editor whose workspace is the project; none, said aloud, where the client library is missing.
    pub fn of(project: &Project) -> Option<Self> {
        Self::with(project, json!({ "capabilities": capabilities() }))
    }

    /// An editor that introduces itself with these parameters of `initialize`.
    pub fn with(project: &Project, params: Value) -> Option<Self> {
        let mut editor = Self::silent(project, &[])?;
        let mut all = json!({ "rootUri": editor.root, "workspaceFolders": [{ "uri": editor.root, "name": "project" }] });
        all.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
        editor.act(json!({ "do": "initialize", "params": all }));
        Some(editor)
    }

    /// An editor that has said nothing yet.
    pub fn silent(project: &Project, arguments: &[&str]) -> Option<Self> {
        let modules = sluice_testkit::tools().join("lsp");
        let has_node = Command::new("node").arg("--version").output().is_ok_and(|out| out.status.success());
        if !has_node || !modules.join("node_modules/vscode-languageserver-protocol").is_dir() {
            eprintln!(
                "skipped: the client library of VS Code is not there (`tests/setup.sh lsp` installs it)"
            );
            return None;
        }
        // The environment in which commands run: nothing of the caller's.
        let sluice = project.command(&[]);
        let mut command = Command::new("node");
        command.env_clear().current_dir(project.root());
        command.envs(sluice.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lsp/client.cjs"));
        command.arg(modules).arg(binary()).arg("lsp").args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node starts");
        let commands = child.stdin.take().unwrap();
        let results = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, commands, results, root: format!("file://{}", project.root().display()) })
    }

    /// The URI of a file of the project.
    pub fn uri(&self, path: &str) -> String {
        let encoded: String = path
            .bytes()
            .map(|byte| match byte {
                b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect();
        format!("{}/{encoded}", self.root)
    }

    /// Lets it do something; the result.
    #[track_caller]
    pub fn act(&mut self, action: Value) -> Value {
        let mut answer = self.attempt(&action);
        assert!(answer.get("error").is_none(), "{action}: {answer}");
        answer["result"].take()
    }

    /// Lets it do something that the server may refuse.
    pub fn attempt(&mut self, action: &Value) -> Value {
        writeln!(self.commands, "{action}").unwrap();
        let mut line = String::new();
        self.results.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{action}: {error}: {line}"))
    }

    /// Opens a file with the text that it has on disk.
    pub fn open(&mut self, project: &Project, path: &str) {
        let text = project.read(path);
        self.open_with(path, &text);
    }

    /// Opens a file with a text of its own.
    pub fn open_with(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        self.act(json!({ "do": "open", "uri": uri, "text": text }));
    }

    /// Types over a text.
    pub fn replace(&mut self, path: &str, old: &str, new: &str) {
        let uri = self.uri(path);
        self.act(json!({ "do": "type", "uri": uri, "replace": old, "insert": new }));
    }

    /// Types at the end.
    pub fn append(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        self.act(json!({ "do": "type", "uri": uri, "insert": text }));
    }

    /// What is shown of a document as it is now.
    pub fn diagnostics(&mut self, path: &str) -> Value {
        let uri = self.uri(path);
        self.act(json!({ "do": "diagnostics", "uri": uri }))
    }

    /// Saves a document; the disk must have been written before.
    pub fn save(&mut self, path: &str) {
        let uri = self.uri(path);
        self.act(json!({ "do": "save", "uri": uri }));
    }

    /// What the server answers to a request about a document.
    pub fn request(&mut self, method: &str, path: &str, mut params: Value) -> Value {
        params["textDocument"] = json!({ "uri": self.uri(path) });
        self.act(json!({ "do": "request", "method": method, "params": params }))
    }

    /// Waits until the server has taken everything that was sent.
    pub fn request_nothing(&mut self) {
        self.attempt(&json!({ "do": "request", "method": "sluice/nothing", "params": {} }));
    }

    /// Where a text is in a document.
    pub fn position(&mut self, path: &str, of: &str) -> Value {
        let uri = self.uri(path);
        self.act(json!({ "do": "position", "uri": uri, "of": of }))
    }

    /// What can be done where a text is.
    pub fn actions(&mut self, path: &str, of: &str, context: Value) -> Vec<Value> {
        let at = self.position(path, of);
        let mut all = json!({ "diagnostics": [] });
        all.as_object_mut().unwrap().extend(context.as_object().unwrap().clone());
        let params = json!({ "range": { "start": at, "end": at }, "context": all });
        self.request("textDocument/codeAction", path, params).as_array().unwrap().clone()
    }

    /// What an action makes of the documents, by uri.
    pub fn preview(&mut self, action: &Value) -> Value {
        self.act(json!({ "do": "preview", "edit": action["edit"] }))
    }

    /// What is shown where the mouse is on a text.
    pub fn hover(&mut self, path: &str, of: &str) -> Value {
        let at = self.position(path, of);
        self.request("textDocument/hover", path, json!({ "position": at }))
    }

    /// Ends the server as editors do; nothing but the protocol was on its standard output.
    pub fn end(mut self) {
        let ended = self.act(json!({ "do": "end", "how": "shutdown" }));
        assert_eq!((&ended["code"], &ended["broken"], &ended["errors"]), (&json!(0), &json!([]), &json!("")));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
