use schemars::JsonSchema;
use serde::Serialize;

use crate::Report;
use crate::paint::{Paint, Tone, line};

/// What `sluice serve` says when it is ready.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ServerStarted {
    /// Where it listens.
    pub url: String,
    /// Token of the first admin; only at the first start, and kept nowhere.
    pub admin_token: Option<String>,
}

/// Result of `sluice audit verify`: the log is whole and unchanged.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuditVerification {
    /// How many records there are.
    pub records: u64,
    /// Hash of the last one.
    pub head: String,
    /// When the checkpoint was made, RFC 3339 in UTC.
    pub at: String,
    /// Public key of the server that has signed it.
    pub key: String,
    /// Whether that is the key that was expected; without `--key` nobody has expected one.
    pub key_expected: bool,
}

impl Report for ServerStarted {
    const SCHEMA: &'static str = "sluice/serve/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        if let Some(token) = &self.admin_token {
            out.push_str(&format!(
                "token of the first admin, shown this once: {}\n",
                paint.tone(Tone::Strong, &line(token))
            ));
        }
        out.push_str(&format!("ready on {}\n", line(&self.url)));
        out
    }
}

impl Report for AuditVerification {
    const SCHEMA: &'static str = "sluice/audit-verify/v1";

    fn human(&self, paint: Paint) -> String {
        let records = crate::plan::counted(usize::try_from(self.records).unwrap_or(usize::MAX), "record");
        let whole = paint.tone(Tone::Good, "whole and unchanged");
        let mut out = format!("{records}, {whole}, signed at {}\nhead {}\n", self.at, self.head);
        out.push_str(&match self.key_expected {
            true => format!("key  {} (as expected)\n", self.key),
            false => format!("key  {} (compare it with the server's: --key)\n", self.key),
        });
        out
    }
}
