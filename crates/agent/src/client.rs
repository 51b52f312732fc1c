use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_project::tls;
use sluice_runner::remote::{VERSION, VERSION_HEADER};
use ureq::http::{Response, StatusCode};
use ureq::{Body, Error};

use crate::error::AgentError;

/// How long a question that is answered at once may take.
pub const SHORT: Duration = Duration::from_secs(10);
/// Most bytes of an answer: a release.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Asks the server.
pub struct Client {
    agent: ureq::Agent,
    server: String,
    key: Mutex<String>,
}

/// What a refusal says, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: String,
    detail: String,
    help: Option<String>,
}

impl Client {
    /// For a server; nothing is sent yet.
    pub fn new(server: &str, insecure_http: bool) -> Result<Self, AgentError> {
        let server = server.trim_end_matches('/');
        let is_http = server.starts_with("http://");
        if !is_http && !server.starts_with("https://") {
            return Err(AgentError::Server(format!("`{server}` is no URL of a server")));
        }
        if is_http && !insecure_http && !is_loopback(server) {
            return Err(AgentError::Server(format!(
                "{server} is another machine, and http:// can be listened to"
            )));
        }
        // Redirections are nothing that an agent may follow.
        let mut config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        if !is_http {
            config = config.tls_config(tls::trusting(&tls::machine_certificates()));
        }
        Ok(Self { agent: config.build().into(), server: server.to_owned(), key: Mutex::default() })
    }

    /// From here on it speaks with this key.
    pub fn use_key(&self, key: &str) {
        key.clone_into(&mut self.key.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn key(&self) -> String {
        format!("Bearer {}", self.key.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells something; what is answered, `None` where nothing is.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        limit: Duration,
    ) -> Result<Option<T>, AgentError> {
        let body = serde_json::to_vec(body).map_err(|error| AgentError::NotAllowed(error.to_string()))?;
        let request = self.agent.post(format!("{}/api/v1/agents/{path}", self.server));
        let request = request
            .config()
            .timeout_global(Some(limit))
            .build()
            .header("authorization", self.key())
            .header("content-type", "application/json")
            .header(VERSION_HEADER, VERSION);
        let (status, text) = read(request.send(&body[..]))?;
        if status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let parsed = serde_json::from_str(&text);
        parsed
            .map(Some)
            .map_err(|error| AgentError::Unreachable(format!("what it says is not understood: {error}")))
    }

    /// Asks for a text.
    pub fn get(&self, path: &str) -> Result<String, AgentError> {
        let request = self.agent.get(format!("{}/api/v1/agents/{path}", self.server));
        let request = request
            .config()
            .timeout_global(Some(SHORT.saturating_mul(6)))
            .build()
            .header("authorization", self.key())
            .header(VERSION_HEADER, VERSION);
        read(request.call()).map(|(_, text)| text)
    }
}

fn read(answer: Result<Response<Body>, Error>) -> Result<(StatusCode, String), AgentError> {
    let away = |error: Error| AgentError::Unreachable(error.to_string());
    let mut answer = answer.map_err(away)?;
    let status = answer.status();
    let text = answer.body_mut().with_config().limit(LARGEST).read_to_string().map_err(away)?;
    if status.is_success() {
        return Ok((status, text));
    }
    let Refusal { code, detail, help } = serde_json::from_str(&text).unwrap_or_default();
    Err(match (status.as_u16(), code.as_str()) {
        (409, "fenced") => AgentError::Fenced,
        (401 | 403 | 422 | 426, _) => AgentError::Refused { detail, help },
        // A proxy, or a server that is about to stop or to be there.
        _ => AgentError::Unreachable(format!("{status} {detail}")),
    })
}

/// Whether a URL leads to this machine.
fn is_loopback(server: &str) -> bool {
    let authority = server.strip_prefix("http://").unwrap_or_default();
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_asked() {
        for (server, asked) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost/", true),
            ("http://[::1]:80", true),
            ("https://sluice.example.com", true),
            ("http://sluice.example.com", false),
            ("http://127.0.0.1@evil.example", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://localhost.evil.example", false),
            ("ftp://127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(Client::new(server, false).is_ok(), asked, "{server}");
        }
        assert!(Client::new("http://sluice.example.com", true).is_ok());
    }
}
