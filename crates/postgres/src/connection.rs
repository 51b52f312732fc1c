//! Opening a connection: TCP or Unix socket, TLS, start-up, and the driver's task that reads and writes.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sluice_engine::{DbError, DbErrorKind};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config};

use crate::failure::start_up_error;
use crate::key_reader::{KeyCell, KeyReader};
use crate::target::{ChannelBinding, Host, Target, TlsMode, socket_path};
use crate::tls::Tls;

/// An open connection.
pub struct Connection {
    /// Sends requests.
    pub client: Client,
    /// What the server told during start-up.
    pub greeting: Greeting,
    /// Where it is connected to, among the URL's hosts.
    pub place: Place,
    /// Drives the connection until it ends.
    pub task: Driver,
    /// Why the connection broke, once it has.
    pub broken: Broken,
}

/// The task that reads and writes a connection. It ends with its owner, and the socket with it: a session that is given up must
/// not keep its lock because an answer is still due.
pub struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Says goodbye; a line that does not take it is left to the operating system.
    pub async fn close(self) {
        let Self { client, mut task, .. } = self;
        drop(client);
        let _ = tokio::time::timeout(Duration::from_secs(2), &mut task.0).await;
    }
}

/// One host of a target.
#[derive(Clone)]
pub struct Place {
    /// What the URL says.
    pub target: Arc<Target>,
    /// The host.
    pub host: Host,
    /// Its port.
    pub port: u16,
}

/// What the server tells without being asked.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// `server_version`.
    pub version: String,
    /// Process id, as announced; invented by poolers.
    pub pid: Option<i32>,
    /// The server is a standby or refuses writes by default (PostgreSQL 14 and later report both).
    pub read_only: bool,
    /// Another product that speaks the protocol.
    pub other_product: Option<&'static str>,
}

/// Who is told of notifications: the channel's name.
pub type Heard = Arc<dyn Fn(&str) + Send + Sync>;

/// Why a connection broke.
#[derive(Debug, Clone, Default)]
pub struct Broken(Arc<Mutex<Option<String>>>);

impl Broken {
    /// The reason, once it is known.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, reason: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

/// Tries the target's hosts in order; the error of the last one counts.
pub async fn open(target: &Arc<Target>, application: &str, timeout: Duration) -> Result<Connection, DbError> {
    let timeout = target.connect_timeout.unwrap_or(timeout);
    let mut last = DbError::new(DbErrorKind::Url, "the URL names no host");
    for (host, port) in &target.hosts {
        let place = Place { target: target.clone(), host: host.clone(), port: *port };
        match place.open(application, timeout).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Place {
    /// Host and database for people.
    pub fn address(&self) -> String {
        self.target.address(&self.host, self.port)
    }

    /// Opens a connection to this host.
    pub async fn open(&self, application: &str, timeout: Duration) -> Result<Connection, DbError> {
        self.open_and_hear(application, timeout, None).await
    }

    /// Opens a connection to this host; whoever wants to is told of its notifications.
    pub async fn open_and_hear(
        &self,
        application: &str,
        timeout: Duration,
        heard: Option<Heard>,
    ) -> Result<Connection, DbError> {
        let attempt = async {
            match &self.host {
                Host::Tcp(_) => self.start(self.dial_tcp().await?, application, heard).await,
                Host::Unix(_) => self.start(self.dial_unix().await?, application, heard).await,
            }
        };
        match tokio::time::timeout(timeout, attempt).await {
            Ok(result) => result,
            Err(_) => {
                let seconds = timeout.as_secs_f64();
                Err(unreachable(
                    format!("{} does not answer within {seconds} s", self.address()),
                    "check host, port and firewall; raise the limit with connect_timeout=SECONDS in the URL",
                ))
            }
        }
    }

    /// Asks the server to cancel what the session of `client` runs.
    pub async fn cancel(
        &self,
        client: &tokio_postgres::CancelToken,
        timeout: Duration,
    ) -> Result<(), DbError> {
        let attempt = async {
            let key = KeyCell::default();
            let result = match &self.host {
                Host::Tcp(name) => {
                    let stream = self.dial_tcp().await?;
                    client.cancel_query_raw(stream, Tls::new(&self.target, name, key)).await
                }
                Host::Unix(_) => {
                    let stream = self.dial_unix().await?;
                    client.cancel_query_raw(stream, Tls::new(&self.target, "localhost", key)).await
                }
            };
            result.map_err(|error| start_up_error(&error, &self.address()))
        };
        match tokio::time::timeout(timeout, attempt).await {
            Ok(result) => result,
            Err(_) => Err(unreachable(
                format!("{} does not take the request to cancel", self.address()),
                "the statement may still run on the server",
            )),
        }
    }

    async fn dial_tcp(&self) -> Result<TcpStream, DbError> {
        let Host::Tcp(name) = &self.host else {
            return Err(DbError::new(DbErrorKind::Url, "the host is a socket"));
        };
        let addresses = tokio::net::lookup_host((name.as_str(), self.port)).await.map_err(|error| {
            unreachable(
                format!("the host name {name} does not resolve: {error}"),
                "correct the host in the URL",
            )
        })?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    protect(&stream);
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(self.dial_error(&last))
    }

    async fn dial_unix(&self) -> Result<UnixStream, DbError> {
        let Host::Unix(folder) = &self.host else {
            return Err(DbError::new(DbErrorKind::Url, "the host is not a socket"));
        };
        UnixStream::connect(socket_path(folder, self.port)).await.map_err(|error| self.dial_error(&error))
    }

    fn dial_error(&self, error: &io::Error) -> DbError {
        let place = match &self.host {
            Host::Tcp(name) => format!("{name}:{}", self.port),
            Host::Unix(folder) => socket_path(folder, self.port).display().to_string(),
        };
        match error.kind() {
            io::ErrorKind::ConnectionRefused => unreachable(
                format!("nobody listens at {place}"),
                "start the server, or correct host and port in the URL",
            ),
            io::ErrorKind::NotFound => unreachable(
                format!("there is no socket {place}"),
                "start the server, or correct host and port in the URL",
            ),
            _ => unreachable(format!("cannot connect to {place}: {error}"), "check host, port and network"),
        }
    }

    async fn start<S>(
        &self,
        stream: S,
        application: &str,
        heard: Option<Heard>,
    ) -> Result<Connection, DbError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let key = KeyCell::default();
        let (name, mode) = match (&self.host, self.target.tls) {
            (Host::Unix(_), _) => ("localhost", SslMode::Disable),
            (Host::Tcp(name), TlsMode::Disable) => (name.as_str(), SslMode::Disable),
            (Host::Tcp(name), TlsMode::Prefer) => (name.as_str(), SslMode::Prefer),
            (Host::Tcp(name), _) => (name.as_str(), SslMode::Require),
        };
        let tls = Tls::new(&self.target, name, key.clone());
        let (client, mut connection) = self
            .config(application, mode)
            .connect_raw(KeyReader::new(stream, key.clone()), tls)
            .await
            .map_err(|error| start_up_error(&error, &self.address()))?;
        let is_on = |name: &str| connection.parameter(name) == Some("on");
        let greeting = Greeting {
            version: connection.parameter("server_version").unwrap_or_default().to_owned(),
            pid: key.get(),
            read_only: is_on("in_hot_standby") || is_on("default_transaction_read_only"),
            other_product: connection.parameter("crdb_version").map(|_| "CockroachDB"),
        };
        let broken = Broken::default();
        let task = tokio::spawn({
            let broken = broken.clone();
            async move {
                loop {
                    match std::future::poll_fn(|cx| connection.poll_message(cx)).await {
                        Some(Ok(AsyncMessage::Notification(notification))) => {
                            if let Some(heard) = &heard {
                                heard(notification.channel());
                            }
                        }
                        // Notices are for nobody here.
                        Some(Ok(_)) => {}
                        Some(Err(error)) => {
                            let cause = std::error::Error::source(&error).map(ToString::to_string);
                            broken.set(cause.unwrap_or_else(|| error.to_string()));
                            return;
                        }
                        None => return,
                    }
                }
            }
        });
        Ok(Connection { client, greeting, place: self.clone(), task: Driver(task), broken })
    }

    fn config(&self, application: &str, mode: SslMode) -> Config {
        let target = &self.target;
        let mut config = Config::new();
        config.application_name(application).ssl_mode(mode);
        if let Some(user) = &target.user {
            config.user(user);
        }
        if let Some(password) = &target.password {
            config.password(password);
        }
        if let Some(database) = &target.database {
            config.dbname(database);
        }
        if let Some(options) = &target.options {
            config.options(options);
        }
        if let Some(binding) = target.channel_binding {
            config.channel_binding(match binding {
                ChannelBinding::Disable => tokio_postgres::config::ChannelBinding::Disable,
                ChannelBinding::Prefer => tokio_postgres::config::ChannelBinding::Prefer,
                ChannelBinding::Require => tokio_postgres::config::ChannelBinding::Require,
            });
        }
        config
    }
}

/// No delay for small requests, and a line that nobody answers on any more is noticed within minutes. What cannot be set is
/// done without.
fn protect(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_nodelay(true);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(Duration::from_secs(60)));
}

fn unreachable(message: String, hint: &str) -> DbError {
    let mut error = DbError::new(DbErrorKind::Connect, message);
    error.hint = Some(hint.to_owned());
    error
}
