//! What a URL says: where the server is, who we are, how the line is protected.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_engine::{DbError, DbErrorKind};

/// A parsed URL. Holds the password: it has no `Debug` on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Where to try, in order; never empty.
    pub hosts: Vec<(Host, u16)>,
    /// User name; the server's default (name of the operating system's user) where absent.
    pub user: Option<String>,
    /// Password from the URL, `PGPASSWORD` or `~/.pgpass`.
    pub password: Option<String>,
    /// Database; the server takes the user's name where absent.
    pub database: Option<String>,
    /// How the line is protected.
    pub tls: TlsMode,
    /// Certificate authorities to trust instead of the system's.
    pub root_certificate: Option<PathBuf>,
    /// Our own certificate and key, where the server asks for one.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// `channel_binding=require`.
    pub channel_binding: Option<ChannelBinding>,
    /// `options=-c name=value …`, passed on to the server.
    pub options: Option<String>,
    /// `connect_timeout` of the URL, if given.
    pub connect_timeout: Option<Duration>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Name or address.
    Tcp(String),
    /// Folder of the Unix socket.
    Unix(PathBuf),
}

/// `sslmode`, as libpq names and orders the modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never encrypt.
    Disable,
    /// Encrypt where the server offers it, without checking who it is. Also `allow`.
    Prefer,
    /// Encrypt or fail, without checking who the server is.
    Require,
    /// Encrypt and check that a trusted authority signed the server's certificate.
    VerifyCa,
    /// As `VerifyCa`, and the certificate must name the host.
    VerifyFull,
}

/// `channel_binding`, as libpq names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// Where both sides can.
    Prefer,
    /// Or fail.
    Require,
}

impl Target {
    /// Parses `postgres://user:password@host:port/database?key=value`. Several hosts are divided by commas; a host that
    /// begins with `/` (percent-encoded in the authority, or as `?host=/folder`) is a socket folder. Environment: `PGPASSWORD`,
    /// `PGPASSFILE`, `PGUSER`, `PGDATABASE`, `PGSSLROOTCERT` fill what the URL leaves open.
    ///
    /// Without `sslmode`, remote hosts get `verify-full`, and the loopback interface `prefer`.
    ///
    /// # Errors
    /// [`DbErrorKind::Url`], never quoting what might be a secret.
    pub fn parse(url: &str) -> Result<Self, DbError> {
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .ok_or_else(|| invalid("the URL does not begin with postgres://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, places) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) =
            credentials.split_once(':').map_or((credentials, None), |(user, word)| (user, Some(word)));
        let mut target = Self {
            hosts: Vec::new(),
            user: non_empty(decode(user)?),
            password: password.map(decode).transpose()?,
            database: non_empty(decode(path)?),
            tls: TlsMode::Prefer,
            root_certificate: None,
            client_certificate: None,
            channel_binding: None,
            options: None,
            connect_timeout: None,
        };
        let parameters = Parameters::read(query, &mut target)?;
        target.hosts = hosts(places, &parameters)?;
        let local = target.hosts.iter().all(|(host, _)| host.is_local());
        target.tls = parameters.tls.unwrap_or(if local { TlsMode::Prefer } else { TlsMode::VerifyFull });
        target.fill_from_environment();
        Ok(target)
    }

    /// Host and database for people, without user and password.
    pub fn address(&self, host: &Host, port: u16) -> String {
        let database = self.database.as_deref().or(self.user.as_deref()).unwrap_or_default();
        match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}/{database}"),
            Host::Tcp(name) => format!("{name}:{port}/{database}"),
            Host::Unix(folder) => format!("{}/{database}", socket_path(folder, port).display()),
        }
    }

    fn fill_from_environment(&mut self) {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.user = self.user.take().or_else(|| variable("PGUSER"));
        self.database = self.database.take().or_else(|| variable("PGDATABASE"));
        self.root_certificate =
            self.root_certificate.take().or_else(|| variable("PGSSLROOTCERT").map(PathBuf::from));
        self.password =
            self.password.take().or_else(|| variable("PGPASSWORD")).or_else(|| self.password_file());
    }

    /// The first line of `~/.pgpass` (or `PGPASSFILE`) that fits. Like libpq, a file that others may read is ignored.
    fn password_file(&self) -> Option<String> {
        let path = std::env::var_os("PGPASSFILE").map(PathBuf::from).or_else(|| {
            let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
            Some(Path::new(&home).join(".pgpass"))
        })?;
        let metadata = std::fs::metadata(&path).ok()?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
            return None;
        }
        if !metadata.is_file() {
            return None;
        }
        let text = std::fs::read_to_string(path).ok()?;
        let user = self.user.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_default();
        let database = self.database.clone().unwrap_or_else(|| user.clone());
        self.hosts.iter().find_map(|(host, port)| {
            let host = match host {
                Host::Tcp(name) => name.as_str(),
                Host::Unix(_) => "localhost",
            };
            find_password(&text, &[host, &port.to_string(), &database, &user])
        })
    }
}

impl Host {
    fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp(name) => {
                name == "localhost"
                    || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

/// The socket in `folder` for `port`.
pub fn socket_path(folder: &Path, port: u16) -> PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

#[derive(Default)]
struct Parameters {
    tls: Option<TlsMode>,
    host: Option<String>,
    port: Option<String>,
}

impl Parameters {
    fn read(query: &str, target: &mut Target) -> Result<Self, DbError> {
        let mut parameters = Self::default();
        let mut certificate = None;
        let mut key = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            match name.as_str() {
                "host" => parameters.host = Some(value),
                "port" => parameters.port = Some(value),
                "user" => target.user = Some(value),
                "password" => target.password = Some(value),
                "dbname" => target.database = Some(value),
                "sslmode" => parameters.tls = Some(tls_mode(&value)?),
                // `system` is libpq's word for what is the default here.
                "sslrootcert" => target.root_certificate = (value != "system").then(|| PathBuf::from(value)),
                "sslcert" => certificate = Some(PathBuf::from(value)),
                "sslkey" => key = Some(PathBuf::from(value)),
                "options" => target.options = Some(value),
                "channel_binding" => target.channel_binding = Some(channel_binding(&value)?),
                "connect_timeout" => {
                    let seconds = value
                        .parse()
                        .map_err(|_| invalid("connect_timeout is not a whole number of seconds"))?;
                    target.connect_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
                }
                // Ours, or settings of other clients that change nothing here.
                "application_name"
                | "target_session_attrs"
                | "gssencmode"
                | "sslsni"
                | "keepalives"
                | "keepalives_idle"
                | "keepalives_interval"
                | "keepalives_count"
                | "tcp_user_timeout"
                | "pgbouncer"
                | "schema"
                | "connection_limit"
                | "pool_timeout" => {}
                // A password with an unescaped `?` must not end up in the message.
                name if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => {
                    return Err(invalid(format!("the URL's parameter `{name}` is not known")));
                }
                _ => {
                    return Err(invalid(
                        "the URL has a parameter that is not known: write `?` and `&` in a password as %3F and %26",
                    ));
                }
            }
        }
        target.client_certificate = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(invalid("sslcert and sslkey belong together: give both or none")),
        };
        Ok(parameters)
    }
}

fn hosts(places: &str, parameters: &Parameters) -> Result<Vec<(Host, u16)>, DbError> {
    let mut hosts = Vec::new();
    for place in places.split(',') {
        let (name, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (name, port) =
                    rest.split_once(']').ok_or_else(|| invalid("the URL's host has no closing `]`"))?;
                (name, port.strip_prefix(':'))
            }
            None => place.split_once(':').map_or((place, None), |(name, port)| (name, Some(port))),
        };
        let name = decode(name)?;
        let name = if name.is_empty() { parameters.host.clone().unwrap_or_default() } else { name };
        let port = port.filter(|port| !port.is_empty()).or(parameters.port.as_deref());
        let port = match port {
            Some(port) => {
                port.parse().map_err(|_| invalid("the URL's port is not a number from 1 to 65535"))?
            }
            None => 5432,
        };
        hosts.extend(name.split(',').map(|name| (host(name), port)));
    }
    Ok(hosts)
}

fn host(name: &str) -> Host {
    match name {
        "" => default_host(),
        folder if folder.starts_with('/') => Host::Unix(PathBuf::from(folder)),
        name => Host::Tcp(name.to_owned()),
    }
}

/// Where servers of distributions put their socket; `localhost` where there is none.
fn default_host() -> Host {
    let folders = ["/var/run/postgresql", "/run/postgresql", "/tmp"];
    let found = folders.iter().find(|folder| socket_path(Path::new(folder), 5432).exists());
    found.map_or_else(|| Host::Tcp("localhost".to_owned()), |folder| Host::Unix(PathBuf::from(folder)))
}

fn tls_mode(value: &str) -> Result<TlsMode, DbError> {
    Ok(match value {
        "disable" => TlsMode::Disable,
        "allow" | "prefer" => TlsMode::Prefer,
        "require" => TlsMode::Require,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-full" => TlsMode::VerifyFull,
        _ => {
            return Err(invalid(
                "sslmode is none of disable, allow, prefer, require, verify-ca, verify-full",
            ));
        }
    })
}

fn channel_binding(value: &str) -> Result<ChannelBinding, DbError> {
    Ok(match value {
        "disable" => ChannelBinding::Disable,
        "prefer" => ChannelBinding::Prefer,
        "require" => ChannelBinding::Require,
        _ => return Err(invalid("channel_binding is none of disable, prefer, require")),
    })
}

/// Looks for `host:port:database:user:password`; `*` fits everything, `\` escapes `:` and `\`.
fn find_password(text: &str, wanted: &[&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = password_line(line);
        let (fields, password) = fields.split_at_checked(4)?;
        let fits = fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        fits.then(|| password.join(":")).filter(|password| !password.is_empty())
    })
}

fn password_line(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' => fields.push(String::new()),
            other => {
                let character = if other == '\\' { characters.next().unwrap_or('\\') } else { other };
                if let Some(field) = fields.last_mut() {
                    field.push(character);
                }
            }
        }
    }
    fields
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn decode(text: &str) -> Result<String, DbError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let value = digit(rest.next()).zip(digit(rest.next())).map(|(high, low)| high * 16 + low);
        let value = value.and_then(|value| u8::try_from(value).ok());
        bytes.push(value.ok_or_else(|| invalid("the URL has a `%` that is not followed by two hexadecimal digits: write a literal `%` as `%25`"))?);
    }
    String::from_utf8(bytes).map_err(|_| invalid("the URL is not UTF-8 after percent-decoding"))
}

fn invalid(message: impl Into<String>) -> DbError {
    let mut error = DbError::new(DbErrorKind::Url, message);
    error.hint = Some("write it as postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full".to_owned());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Target {
        Target::parse(url).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_part_of_a_url_is_read() {
        let target = parse(
            "postgresql://a%40b:s%3Ae%2Fc@db.example.com:6432/shop?sslmode=verify-ca&sslrootcert=%2Fca.pem&connect_timeout=3",
        );
        assert_eq!(target.hosts, [(Host::Tcp("db.example.com".into()), 6432)]);
        assert_eq!(target.user.as_deref(), Some("a@b"));
        assert_eq!(target.password.as_deref(), Some("s:e/c"));
        assert_eq!(target.database.as_deref(), Some("shop"));
        assert_eq!(target.tls, TlsMode::VerifyCa);
        assert_eq!(target.root_certificate, Some(PathBuf::from("/ca.pem")));
        assert_eq!(target.connect_timeout, Some(Duration::from_secs(3)));
    }

    #[test]
    fn hosts_come_as_names_addresses_sockets_and_lists() {
        for (url, hosts) in [
            ("postgres://h/d", vec![(Host::Tcp("h".into()), 5432)]),
            ("postgres://[::1]:9/d", vec![(Host::Tcp("::1".into()), 9)]),
            ("postgres:///d?host=/run/pg&port=7", vec![(Host::Unix("/run/pg".into()), 7)]),
            ("postgres://u@%2Frun%2Fpg/d", vec![(Host::Unix("/run/pg".into()), 5432)]),
            ("postgres://a:1,b:2/d", vec![(Host::Tcp("a".into()), 1), (Host::Tcp("b".into()), 2)]),
        ] {
            assert_eq!(parse(url).hosts, hosts, "{url}");
        }
    }

    #[test]
    fn remote_hosts_are_verified_unless_the_url_says_otherwise() {
        for (url, mode) in [
            ("postgres://db.example.com/d", TlsMode::VerifyFull),
            ("postgres://10.0.0.1/d", TlsMode::VerifyFull),
            ("postgres://localhost,db.example.com/d", TlsMode::VerifyFull),
            ("postgres://localhost/d", TlsMode::Prefer),
            ("postgres://127.0.0.9/d", TlsMode::Prefer),
            ("postgres://[::1]/d", TlsMode::Prefer),
            ("postgres:///d?host=/s", TlsMode::Prefer),
            ("postgres://db/d?sslmode=require", TlsMode::Require),
        ] {
            assert!(parse(url).tls == mode, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_it() {
        for url in [
            "mysql://u:secret@h/d",
            "postgres://u:secret@h:port/d",
            "postgres://u:secret%zz@h/d",
            "postgres://u:secret@h/d?sslmode=secret",
            "postgres://u:secret@h/d?sslcert=secret",
            "postgres://u:secret@[h/d",
            "postgres://u:secret@h/d?nonsense=secret",
        ] {
            let error = Target::parse(url).err().unwrap_or_else(|| panic!("{url} is accepted"));
            assert_eq!(error.kind, DbErrorKind::Url, "{url}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn a_password_file_gives_the_first_line_that_fits() {
        let text = "# comment\nother:*:*:*:no\n*:5432:shop:bob:a\\:b\\\\c:d\n*:*:*:*:last\n";
        assert_eq!(find_password(text, &["h", "5432", "shop", "bob"]).as_deref(), Some("a:b\\c:d"));
        assert_eq!(find_password(text, &["h", "1", "shop", "bob"]).as_deref(), Some("last"));
        assert_eq!(find_password("a:b\n", &["a", "b", "c", "d"]), None);
    }
}
