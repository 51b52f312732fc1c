use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::binary;
use crate::run::{Run, Started};
use crate::server::Server;

/// A `sluice agent`, in a folder of its own.
pub struct Agent {
    folder: TempDir,
    started: Option<Started>,
    url: String,
    labels: String,
    more: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Agent {
    /// The first start, with an enrolment token for exactly these labels.
    #[track_caller]
    pub fn start(server: &Server, labels: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_with(server, &server.url(), labels, environment, &[])
    }

    /// As [`Agent::start`], where the server is reached at `url`, and with more options.
    #[track_caller]
    pub fn start_with(
        server: &Server,
        url: &str,
        labels: &str,
        environment: &[(&str, &str)],
        more: &[&str],
    ) -> Self {
        let mut agent = Self::prepared(server, url, labels, environment, more);
        agent.run();
        agent
    }

    /// With its token, but not started yet.
    #[track_caller]
    pub fn prepared(
        server: &Server,
        url: &str,
        labels: &str,
        environment: &[(&str, &str)],
        more: &[&str],
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-agent-").tempdir().expect("a temporary folder");
        let fixed: Value = labels
            .split(',')
            .filter_map(|label| label.split_once('='))
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let body = json!({ "labels": fixed });
        let made = server.post(&server.admin, "/api/v1/agents/enrolments", &body).is(201);
        let token = made["secret"].as_str().expect("a token has a text");
        std::fs::write(folder.path().join("token"), token).expect("a file");
        Self {
            folder,
            started: None,
            url: url.to_owned(),
            labels: labels.to_owned(),
            more: more.iter().map(|it| (*it).to_owned()).collect(),
            environment: environment
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// A file of its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The key that it speaks with.
    pub fn key(&self) -> String {
        let text = std::fs::read_to_string(self.path("data/agent.json")).expect("it is enrolled");
        let kept: Value = serde_json::from_str(&text).expect("JSON");
        kept["key"].as_str().expect("a key").to_owned()
    }

    fn begin(&self) -> Started {
        let mut arguments =
            vec!["agent", "--server", &self.url, "--token-file", "token", "--data", "data", "--name", "test"];
        if !self.labels.is_empty() {
            arguments.extend(["--labels", &self.labels]);
        }
        arguments.extend(self.more.iter().map(String::as_str));
        let mut command = Command::new(binary());
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null()).args(&arguments);
        command.env("HOME", self.folder.path()).env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Started::of(&mut command, &arguments)
    }

    /// Starts it, again after it was stopped.
    #[track_caller]
    pub fn run(&mut self) {
        let mut started = self.begin();
        started.wait_for("works for");
        self.started = Some(started);
    }

    /// Starts it where it ends by itself.
    #[track_caller]
    pub fn fails(&self) -> Run {
        self.begin().finish()
    }

    /// Waits until it has said something.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.started.as_mut().expect("it runs").wait_for(text);
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        self.started.as_ref().expect("it runs").signal(signal);
    }

    /// Sends it a signal and waits for its end.
    #[track_caller]
    pub fn stop(&mut self, signal: &str) -> Run {
        let started = self.started.take().expect("it runs");
        started.signal(signal);
        started.finish()
    }
}
