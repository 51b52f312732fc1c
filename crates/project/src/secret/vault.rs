//! Reads one field of one secret of HashiCorp Vault or OpenBao over its HTTP API, key/value engines of version 1 and 2.
//!
//! Configured as Vault's own programs are: `VAULT_ADDR`, `VAULT_TOKEN` (or `VAULT_TOKEN_FILE`, the path of a file that
//! holds it), `VAULT_NAMESPACE`, `VAULT_CACERT`.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;
use ureq::RequestBuilder;
use ureq::http::StatusCode;
use ureq::tls::{Certificate, PemItem, parse_pem};
use ureq::typestate::WithoutBody;

use crate::tls;

use super::{Asking, Secret, SecretError, TIME_LIMIT};

/// Most bytes of an answer.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// `None` when it was cancelled.
pub(super) fn read(
    path: &str,
    field: &str,
    base: &Path,
    asking: Asking<'_>,
) -> Result<Option<String>, SecretError> {
    let fault = |reason: String, help: &str| SecretError::Vault {
        path: path.to_owned(),
        reason,
        help: help.to_owned(),
    };
    let variable = |name: &str| (asking.variable)(name).filter(|value| !value.is_empty());
    let address = variable("VAULT_ADDR").ok_or_else(|| {
        fault(
            "VAULT_ADDR is not set".to_owned(),
            "set VAULT_ADDR, for example https://vault.example.com:8200",
        )
    })?;
    let token = token(base, &variable).map_err(|reason| {
        fault(reason, "set VAULT_TOKEN, or VAULT_TOKEN_FILE to the path of a file that holds the token")
    })?;

    let mut config = ureq::Agent::config_builder()
        .timeout_global(Some(TIME_LIMIT))
        .http_status_as_error(false)
        .max_redirects(0);
    if address.starts_with("https:") {
        let roots = roots(base, variable("VAULT_CACERT")).map_err(|reason| {
            fault(reason, "VAULT_CACERT is the path of a file with certificates in PEM format")
        })?;
        config = config.tls_config(tls::trusting(&roots));
    }
    let agent: ureq::Agent = config.build().into();
    let mut request = agent
        .get(format!("{}/v1/{path}", address.trim_end_matches('/')))
        .header("X-Vault-Token", token.expose())
        .header("X-Vault-Request", "true");
    if let Some(namespace) = variable("VAULT_NAMESPACE") {
        request = request.header("X-Vault-Namespace", namespace);
    }
    let Some(answer) = unless(asking.cancelled, move || answer(request)) else { return Ok(None) };
    let (status, body) = answer.map_err(|error| {
        fault(format!("cannot ask {address}: {error}"), "check VAULT_ADDR and the network")
    })?;
    if status != StatusCode::OK {
        let said = complaint(&body).map_or_else(String::new, |text| format!(": {text}"));
        let help = match status {
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                "check that the token is valid and its policy allows to read the path"
            }
            StatusCode::NOT_FOUND => {
                "check the path; with version 2 of the key/value engine it is MOUNT/data/NAME"
            }
            _ => "check VAULT_ADDR and the state of the server",
        };
        return Err(fault(format!("{address} answers {status}{said}"), help));
    }
    if !body.is_object() {
        return Err(fault(
            format!("{address} answers something that is not JSON"),
            "check VAULT_ADDR: it is the address of Vault itself, not of its web pages or of a proxy",
        ));
    }
    let data = body.get("data");
    // Version 2 wraps the fields once more, next to metadata.
    let fields = match data.and_then(|data| Some((data.get("data")?, data.get("metadata")?))) {
        Some((fields, _)) => Some(fields),
        None => data,
    };
    match fields.and_then(|fields| fields.get(field)) {
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => {
            Err(fault(format!("field {field} is empty or not text"), "store the URL as text in that field"))
        }
        None => Err(fault(
            format!("there is no field {field}"),
            "check what follows # in the reference against the fields of the secret",
        )),
    }
}

/// Status and body. An answer without a readable body is judged by its status.
fn answer(request: RequestBuilder<WithoutBody>) -> Result<(StatusCode, Value), ureq::Error> {
    let mut answer = request.call()?;
    let body = answer
        .body_mut()
        .with_config()
        .limit(LONGEST_ANSWER)
        .read_to_vec()
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    Ok((answer.status(), body))
}

/// What `work` gives; `None` as soon as it is `cancelled`: then nobody waits for the rest of it.
fn unless<T: Send + 'static>(
    cancelled: &dyn Fn() -> bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || drop(sender.send(work())));
    loop {
        match receiver.recv_timeout(Duration::from_millis(20)) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Timeout) if !cancelled() => {}
            Err(_) => return None,
        }
    }
}

fn token(base: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Secret, String> {
    let text = match (variable("VAULT_TOKEN"), variable("VAULT_TOKEN_FILE")) {
        (Some(token), _) => token,
        (None, Some(path)) => std::fs::read_to_string(base.join(&path))
            .map_err(|error| format!("cannot read the token file {path}: {error}"))?,
        (None, None) => return Err("there is no token".to_owned()),
    };
    let text = text.trim();
    // A header cannot hold anything else, and the error for it would show the token.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token is empty or not a token".to_owned());
    }
    Ok(Secret::new(text))
}

/// The certificates of `VAULT_CACERT`, else those of the machine.
fn roots(base: &Path, file: Option<String>) -> Result<Vec<Certificate<'static>>, String> {
    let certificates: Vec<Certificate<'static>> = match file {
        Some(path) => {
            let pem =
                std::fs::read(base.join(&path)).map_err(|error| format!("cannot read {path}: {error}"))?;
            parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect()
        }
        None => tls::machine_certificates(),
    };
    if certificates.is_empty() {
        return Err("there are no trusted certificates".to_owned());
    }
    Ok(certificates)
}

/// What the server says is wrong: its `errors` and `warnings`.
fn complaint(body: &Value) -> Option<String> {
    let texts: Vec<&str> = ["errors", "warnings"]
        .iter()
        .filter_map(|key| body.get(key)?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    (!texts.is_empty()).then(|| texts.join("; ").chars().filter(|c| !c.is_control()).take(300).collect())
}
