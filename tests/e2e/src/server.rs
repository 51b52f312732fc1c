use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::binary;
use crate::run::Started;

/// A running `sluice serve`, in a folder of its own.
pub struct Server {
    folder: TempDir,
    started: Option<Started>,
    address: String,
    keeps: bool,
    environment: Vec<(String, String)>,
    options: Vec<String>,
    /// Token of the first admin.
    pub admin: String,
}

/// How long an answer or an event may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers, in lower case.
    pub headers: String,
    /// Body.
    pub text: String,
}

impl Answer {
    /// The body, parsed.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Asserts the status, and gives the body.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

impl Server {
    /// The first start, on an empty folder.
    #[track_caller]
    pub fn start(environment: &[(&str, &str)]) -> Self {
        Self::first(environment, &[])
    }

    /// The first start, with options.
    #[track_caller]
    pub fn start_with(options: &[&str]) -> Self {
        Self::first(&[], options)
    }

    #[track_caller]
    fn first(environment: &[(&str, &str)], options: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a temporary folder");
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut server = Self {
            folder,
            started: None,
            address: String::new(),
            keeps: false,
            environment: environment.collect(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            admin: String::new(),
        };
        let said = server.run();
        let token = said.lines().find_map(|line| line.split_once("shown this once: "));
        server.admin = token.expect("the first start tells a token").1.trim().to_owned();
        server
    }

    /// Another server on the same store, which both are told of in their environment; `changes` are what differs in its own.
    #[track_caller]
    pub fn replica(&self, changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a temporary folder");
        let (mut environment, admin) = (self.environment.clone(), self.admin.clone());
        environment.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let options = self.options.clone();
        let address = String::new();
        let mut replica = Self { folder, started: None, address, keeps: false, environment, options, admin };
        std::fs::create_dir(replica.data()).expect("a folder");
        std::fs::copy(self.data().join("server.key"), replica.data().join("server.key")).expect("a key");
        replica.run();
        replica
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        self.started.as_ref().expect("it runs").signal(signal);
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        self.started.as_ref().map(Started::said).unwrap_or_default()
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port that it listens at.
    pub fn port(&self) -> u16 {
        let port = self.address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        port.expect("an address has a port")
    }

    /// From here on it listens at the address that it has now, also when it is started again.
    #[must_use]
    pub fn keeping_its_address(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it again after it was stopped; what it says is given back.
    #[track_caller]
    pub fn run(&mut self) -> String {
        let data = self.data().display().to_string();
        let listen = if self.keeps { self.address.clone() } else { "127.0.0.1:0".to_owned() };
        let mut arguments = vec!["serve", "--data", &data, "--listen", &listen, "--allow-file-repositories"];
        arguments.extend(self.options.iter().map(String::as_str));
        let mut command = Command::new(binary());
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null()).args(&arguments);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", self.folder.path()).env("NO_COLOR", "1");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let mut started = Started::of(&mut command, &arguments);
        started.wait_for("ready on http://");
        started.wait_for("\n");
        let said = started.said();
        let url = said.lines().find_map(|line| line.strip_prefix("ready on http://"));
        self.address = url.expect("it says where").to_owned();
        self.started = Some(started);
        said
    }

    /// Sends it a signal and waits for its end; gives its exit code.
    #[track_caller]
    pub fn stop(&mut self, signal: &str) -> i32 {
        let started = self.started.take().expect("it runs");
        started.signal(signal);
        started.finish().code
    }

    /// Asks for something.
    #[track_caller]
    pub fn get(&self, token: &str, path: &str) -> Answer {
        self.send("GET", token, path, &[], "")
    }

    /// Has something done.
    #[track_caller]
    pub fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send("POST", token, path, &[], &body.to_string())
    }

    /// Any request.
    #[track_caller]
    pub fn send(
        &self,
        method: &str,
        token: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = self.connect(method, token, path, headers, body);
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the server answers");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, text) = text.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer {
            status: status.expect("an answer has a status"),
            headers: head.to_lowercase(),
            text: text.to_owned(),
        }
    }

    /// What happens from the event numbered `after` on.
    #[track_caller]
    pub fn events(&self, token: &str, after: u64) -> Stream {
        let id = after.to_string();
        let stream = self.connect("GET", token, "/api/v1/events", &[("Last-Event-ID", &id)], "");
        Stream { lines: BufReader::new(stream), last: after }
    }

    /// A token of a person or a program.
    #[track_caller]
    pub fn token(&self, kind: &str, identity: &str, grants: &Value) -> String {
        let body = json!({ "kind": kind, "identity": identity, "grants": grants });
        let made = self.post(&self.admin, "/api/v1/tokens", &body).is(201);
        made["secret"].as_str().expect("a token has a text").to_owned()
    }

    fn connect(
        &self,
        method: &str,
        token: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has timeouts");
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n");
        if !token.is_empty() {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).expect("the server reads");
        // It may refuse before it has read everything.
        let _ = stream.write_all(body.as_bytes());
        stream
    }
}

/// Events as the server sends them.
pub struct Stream {
    lines: BufReader<TcpStream>,
    /// Number of the latest event that was read.
    pub last: u64,
}

impl Stream {
    /// Waits for an event of a kind whose data fit; gives them back.
    #[track_caller]
    pub fn wait_for(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let (mut event, mut data) = (String::new(), Value::Null);
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line);
            assert!(read.is_ok_and(|count| count > 0), "no event {kind} comes any more");
            let line = line.trim_end();
            if let Some(id) = line.strip_prefix("id: ") {
                self.last = id.parse().expect("a number");
            } else if let Some(name) = line.strip_prefix("event: ") {
                event = name.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                data = serde_json::from_str(text).expect("JSON");
            } else if line.is_empty() && event == kind && fits(&data["data"]) {
                return data;
            }
        }
    }
}
