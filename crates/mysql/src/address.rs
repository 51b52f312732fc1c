//! Connection URLs: `mysql://user:password@host:port/database?ssl-mode=…`.

use std::fmt;
use std::path::PathBuf;

use mysql_async::{Opts, OptsBuilder, SslOpts};
use sluice_engine::{DbError, DbErrorKind};
use url::Url;

/// The parameters that a URL may have, for error messages.
const PARAMETERS: &str = "socket, ssl-mode, ssl-ca, ssl-cert, ssl-key";

/// A name that no certificate carries. See [`Address::tls`].
const NAME_OF_NOBODY: &str = "NotValidForName";

/// Where to connect, as whom and how safely. `Debug` and `Display` never show the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub host: String,
    pub port: u16,
    pub socket: Option<String>,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub tls: TlsMode,
    pub ca: Option<PathBuf>,
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// What TLS must prove; the names are those of the `mysql` client program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// No TLS. Default for loopback addresses and sockets.
    Disabled,
    /// TLS where the server offers it, unverified.
    Preferred,
    /// TLS, unverified.
    Required,
    /// TLS with a certificate of a known authority.
    VerifyCa,
    /// TLS with a certificate of a known authority for this host. Default for other hosts.
    VerifyIdentity,
}

impl TlsMode {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "disabled" | "disable" => Self::Disabled,
            "preferred" | "prefer" => Self::Preferred,
            "required" | "require" => Self::Required,
            "verify-ca" => Self::VerifyCa,
            "verify-identity" | "verify-full" => Self::VerifyIdentity,
            _ => return None,
        })
    }
}

fn refuse(message: impl Into<String>, hint: impl Into<String>) -> DbError {
    let mut error = DbError::new(DbErrorKind::Url, message);
    error.hint = Some(hint.into());
    error
}

impl Address {
    /// Reads a URL. Errors name the part that is wrong, never the URL: it holds the password.
    pub fn parse(text: &str) -> Result<Self, DbError> {
        let url = parse_url(text)?;
        if !matches!(url.scheme(), "mysql" | "mariadb") {
            return Err(refuse(
                format!("the scheme `{}` is not known", url.scheme()),
                "URLs look like mysql://user:password@host:3306/database or mariadb://…",
            ));
        }
        let host = url.host_str().unwrap_or_default();
        let host = decode(host.trim_start_matches('[').trim_end_matches(']'), "host name")?;
        let database = decode(url.path().trim_start_matches('/'), "database name")?;
        if database.is_empty() {
            return Err(refuse("the URL names no database", "append it to the URL: mysql://…/shop"));
        }
        let password = url.password().map(|text| decode(text, "password")).transpose()?;
        let mut address = Self {
            host: if host.is_empty() { "localhost".to_owned() } else { host },
            port: url.port().unwrap_or(3306),
            socket: None,
            user: decode(url.username(), "user name")?,
            password,
            database,
            tls: TlsMode::VerifyIdentity,
            ca: None,
            identity: None,
        };
        if address.user.is_empty() {
            return Err(refuse("the URL names no user", "write mysql://user:password@host/database"));
        }
        address.read_parameters(&url)?;
        Ok(address)
    }

    fn read_parameters(&mut self, url: &Url) -> Result<(), DbError> {
        let (mut mode, mut certificate, mut key) = (None, None, None);
        for (name, value) in url.query_pairs() {
            match name.to_ascii_lowercase().replace('_', "-").as_str() {
                "socket" => self.socket = Some(value.into_owned()),
                "ssl-mode" | "sslmode" => {
                    mode = Some(TlsMode::parse(&value).ok_or_else(|| {
                        refuse(
                            format!("ssl-mode `{value}` is not known"),
                            "known are disabled, preferred, required, verify-ca, verify-identity",
                        )
                    })?);
                }
                "ssl-ca" => self.ca = Some(PathBuf::from(value.into_owned())),
                "ssl-cert" => certificate = Some(PathBuf::from(value.into_owned())),
                "ssl-key" => key = Some(PathBuf::from(value.into_owned())),
                _ => {
                    return Err(refuse(
                        format!("the URL parameter `{name}` is not known"),
                        format!("known are {PARAMETERS}"),
                    ));
                }
            }
        }
        self.identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(refuse("ssl-cert and ssl-key need each other", "give both or none")),
        };
        let near = self.socket.is_some() || is_loopback(&self.host);
        let verifies = self.ca.is_some();
        self.tls = mode.unwrap_or(match (near, verifies) {
            (true, false) => TlsMode::Disabled,
            _ => TlsMode::VerifyIdentity,
        });
        Ok(())
    }

    /// Options of the driver. `encrypted` is false for the second try of [`TlsMode::Preferred`].
    pub fn options(&self, run_id: &str, encrypted: bool) -> Opts {
        let builder = OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass(self.password.clone())
            .db_name(Some(self.database.clone()))
            .prefer_socket(false)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(std::time::Duration::from_secs(30)))
            // Both given: the driver asks the server for neither, which saves a round trip.
            .max_allowed_packet(Some(1 << 30))
            .wait_timeout(Some(28_800))
            .stmt_cache_size(64)
            .ssl_opts(if encrypted { self.tls() } else { None })
            .connect_attribute("program_name", "sluice")
            .connect_attribute("sluice_run", run_id);
        match &self.socket {
            Some(socket) => builder.socket(Some(socket.clone())),
            None => builder,
        }
        .into()
    }

    fn tls(&self) -> Option<SslOpts> {
        if self.tls == TlsMode::Disabled || self.socket.is_some() {
            return None;
        }
        let mut options = SslOpts::default();
        if let Some(ca) = &self.ca {
            options = options.with_root_certs(vec![ca.clone().into()]).with_disable_built_in_roots(true);
        }
        if let Some((certificate, key)) = &self.identity {
            let identity = mysql_async::ClientIdentity::new(certificate.clone().into(), key.clone().into());
            options = options.with_client_identity(Some(identity));
        }
        Some(match self.tls {
            TlsMode::Disabled | TlsMode::VerifyIdentity => options,
            TlsMode::Preferred | TlsMode::Required => options.with_danger_accept_invalid_certs(true),
            // mysql_async 0.37 forgives a wrong name only if the verifier's message has the word `NotValidForName` in it,
            // which rustls 0.23 no longer writes by itself. It does write the name that was asked for, and only into
            // that message: after the chain has been found good. Fails closed if either changes.
            TlsMode::VerifyCa => options
                .with_danger_skip_domain_validation(true)
                .with_danger_tls_hostname_override(Some(NAME_OF_NOBODY)),
        })
    }

    /// Removes the password from a text, should a server ever repeat it.
    pub fn scrub(&self, text: String) -> String {
        match &self.password {
            Some(password) if password.len() >= 4 && text.contains(password.as_str()) => {
                text.replace(password.as_str(), "***")
            }
            _ => text,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Some(socket) => write!(f, "{socket}/{}", self.database),
            None if self.host.contains(':') => write!(f, "[{}]:{}/{}", self.host, self.port, self.database),
            None => write!(f, "{}:{}/{}", self.host, self.port, self.database),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

fn parse_url(text: &str) -> Result<Url, DbError> {
    match Url::parse(text) {
        // `mysql://user@/database?socket=…`: no host is needed.
        Err(url::ParseError::EmptyHost) => Url::parse(&text.replacen("@/", "@localhost/", 1)),
        other => other,
    }
    .map_err(|error| {
        refuse(
            format!("the URL is not understood: {error}"),
            "URLs look like mysql://user:password@host:3306/database; in user and password write %XX for \
             characters such as @ : / ? # %",
        )
    })
}

fn decode(text: &str, what: &str) -> Result<String, DbError> {
    match percent_encoding::percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(refuse(format!("the {what} in the URL is not UTF-8"), "check its %XX sequences")),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let cases = [
            ("mysql://a@h/d", "h:3306/d", TlsMode::VerifyIdentity),
            ("mariadb://a:b%40c@h:3307/d", "h:3307/d", TlsMode::VerifyIdentity),
            ("mysql://a@127.0.0.1/d", "127.0.0.1:3306/d", TlsMode::Disabled),
            ("mysql://a@[::1]:5/d", "[::1]:5/d", TlsMode::Disabled),
            ("mysql://a@localhost/d?ssl-ca=/ca.pem", "localhost:3306/d", TlsMode::VerifyIdentity),
            ("mysql://a@h/d?ssl-mode=required", "h:3306/d", TlsMode::Required),
            ("mysql://a@h/d?sslmode=VERIFY_CA", "h:3306/d", TlsMode::VerifyCa),
            ("mysql://a@/d?socket=/run/s", "/run/s/d", TlsMode::Disabled),
            ("mysql://a@h/%C3%A4%20b", "h:3306/ä b", TlsMode::VerifyIdentity),
        ];
        for (text, shown, tls) in cases {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
            assert_eq!(address.tls, tls, "{text}");
        }
        assert_eq!(Address::parse("mysql://a:b%40c@h/d").unwrap().password.as_deref(), Some("b@c"));
    }

    #[test]
    fn a_wrong_url_is_named_without_its_password() {
        let cases = [
            ("mysql://a:hunter2@h", "the URL names no database"),
            ("mysql://a:hunter2@h/", "the URL names no database"),
            ("mysql://:hunter2@h/d", "the URL names no user"),
            ("postgres://a:hunter2@h/d", "the scheme `postgres` is not known"),
            ("mysql://a:hunter2@h/d?charset=utf8", "the URL parameter `charset` is not known"),
            ("mysql://a:hunter2@h/d?ssl-mode=maybe", "ssl-mode `maybe` is not known"),
            ("mysql://a:hunter2@h/d?ssl-key=k", "ssl-cert and ssl-key need each other"),
            ("mysql://a:hunter2@h:port/d", "the URL is not understood: invalid port number"),
            ("hunter2", "the URL is not understood: relative URL without a base"),
        ];
        for (text, message) in cases {
            let error = Address::parse(text).unwrap_err();
            assert_eq!(error.kind, DbErrorKind::Url, "{text}");
            assert_eq!(error.message, message, "{text}");
            assert!(!format!("{error:?}").contains("hunter2"), "{text}");
        }
    }
}
