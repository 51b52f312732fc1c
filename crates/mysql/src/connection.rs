//! One connection: text in, text out. Every result set is read to its end, so that an error of one statement never
//! comes up in the next one.

use std::time::Duration;

use mysql_async::consts::StatusFlags;
use mysql_async::prelude::{Protocol, Queryable};
use mysql_async::{Conn, DriverError, Error, IoError, Params, QueryResult, Value as Cell};
use sluice_engine::{Connect, DbError, DbErrorKind, Query, Row, Value};

use crate::address::{Address, TlsMode};
use crate::failure::{Phase, lost, translate};

/// A connection to the server of an address. After a future of it was dropped half-way, the connection is of no use any
/// more and says so.
#[derive(Debug)]
pub(crate) struct Connection {
    conn: Conn,
    address: Address,
}

impl Connection {
    /// Connects and authenticates within the time given.
    pub async fn open(address: &Address, run_id: &str, timeout: Duration) -> Result<Self, DbError> {
        let attempt = async {
            match Conn::new(address.options(run_id, true)).await {
                Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
                    if address.tls == TlsMode::Preferred =>
                {
                    Conn::new(address.options(run_id, false)).await
                }
                other => other,
            }
        };
        match tokio::time::timeout(timeout, attempt).await {
            Ok(Ok(conn)) => Ok(Self { conn, address: address.clone() }),
            Ok(Err(error)) => Err(connect_error(&error, address)),
            Err(_) => Err(DbError::new(
                DbErrorKind::Connect,
                format!("{address} did not answer within {} seconds", timeout.as_secs_f32()),
            )),
        }
    }

    /// Connects as a [`Connect`] says.
    pub async fn connect(address: &Address, connect: &Connect) -> Result<Self, DbError> {
        Self::open(address, &connect.run_id, connect.connect_timeout).await
    }

    /// Connection id of the server's greeting: the low 32 bits.
    pub fn greeting_id(&self) -> u32 {
        self.conn.id()
    }

    /// Version of the server's greeting.
    pub fn greeting_version(&self) -> (u16, u16, u16) {
        self.conn.server_version()
    }

    /// Runs text of ours or of the user's and reads all results to the end.
    pub async fn run(&mut self, sql: &str) -> Result<(), DbError> {
        let result = async { self.conn.query_iter(sql).await?.drop_result().await }.await;
        result.map_err(|error| self.explain(&error, sql))
    }

    /// Runs text without parameters; the rows of the first result.
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<Row>, DbError> {
        let result = async { first_rows(self.conn.query_iter(sql).await?).await }.await;
        result.map_err(|error| self.explain(&error, sql))
    }

    /// Runs several questions in one go; the rows of each.
    pub async fn answers(&mut self, sql: &str) -> Result<Vec<Vec<Row>>, DbError> {
        let result = async { all_rows(self.conn.query_iter(sql).await?).await }.await;
        result.map_err(|error| self.explain(&error, sql))
    }

    /// Runs a statement of ours; with parameters as a prepared one, which the connection keeps for the next time.
    pub async fn query(&mut self, query: &Query) -> Result<Vec<Row>, DbError> {
        if query.parameters.is_empty() {
            return self.rows(&query.sql).await;
        }
        let parameters = Params::Positional(query.parameters.iter().map(cell).collect());
        let result =
            async { first_rows(self.conn.exec_iter(query.sql.as_str(), parameters).await?).await }.await;
        result.map_err(|error| self.explain(&error, &query.sql))
    }

    /// Whether the server said with its last answer that a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.conn
            .last_ok_packet()
            .is_some_and(|packet| packet.status_flags().contains(StatusFlags::SERVER_STATUS_IN_TRANS))
    }

    /// Number of warnings of the last statement.
    pub fn warnings(&self) -> u16 {
        self.conn.get_warnings()
    }

    /// Says good-bye.
    pub async fn close(self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.conn.disconnect()).await;
    }

    fn explain(&self, error: &Error, sql: &str) -> DbError {
        let mut error = translate(error, Phase::Statement, sql);
        error.message = self.address.scrub(error.message);
        error
    }
}

fn connect_error(error: &Error, address: &Address) -> DbError {
    let mut found = match error {
        // rustls wraps its errors as invalid data.
        Error::Io(IoError::Io(error)) if error.kind() != std::io::ErrorKind::InvalidData => {
            lost(Phase::Connect, format!("cannot connect to {address}: {error}"))
        }
        _ => translate(error, Phase::Connect, ""),
    };
    found.message = address.scrub(found.message);
    found
}

async fn first_rows<P: Protocol>(mut result: QueryResult<'_, '_, P>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    result
        .for_each(|row| rows.push(row.unwrap_raw().into_iter().map(|cell| cell.and_then(text)).collect()))
        .await?;
    // An error behind the first result comes up here, and only here.
    result.drop_result().await?;
    Ok(rows)
}

async fn all_rows<P: Protocol>(mut result: QueryResult<'_, '_, P>) -> Result<Vec<Vec<Row>>, Error> {
    let mut all = Vec::new();
    while !result.is_empty() {
        let mut rows = Vec::new();
        result
            .for_each(|row| rows.push(row.unwrap_raw().into_iter().map(|cell| cell.and_then(text)).collect()))
            .await?;
        all.push(rows);
    }
    // An error that ended the results comes up here; otherwise the next statement would be told of it.
    result.drop_result().await?;
    Ok(all)
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::NULL,
        Value::Int(number) => Cell::Int(*number),
        Value::Text(text) => Cell::Bytes(text.as_bytes().to_vec()),
    }
}

/// A cell as text; the binary protocol of prepared statements has types.
fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::NULL => None,
        Cell::Bytes(bytes) => Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
        Cell::Int(number) => Some(number.to_string()),
        Cell::UInt(number) => Some(number.to_string()),
        Cell::Float(number) => Some(number.to_string()),
        Cell::Double(number) => Some(number.to_string()),
        Cell::Date(year, month, day, hour, minute, second, micros) => {
            Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}"))
        }
        Cell::Time(negative, days, hours, minutes, seconds, micros) => {
            let sign = if negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            Some(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}.{micros:06}"))
        }
    }
}
