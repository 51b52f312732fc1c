//! `COPY … FROM stdin` with the data lines of a file.

use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt;
use sluice_engine::Statement;
use tokio_postgres::{Client, Error};

/// Bytes per message: large enough to be fast, small enough to keep memory flat.
const CHUNK: usize = 64 * 1024;

/// The data of a statement that wants some. A `COPY … FROM stdin` without data lines gets none rather than a server that waits for
/// ever: in this state it ignores everything else.
pub fn data<'a>(statement: &Statement<'a>) -> Option<&'a str> {
    statement.copy_data.or_else(|| reads_stdin(&statement.sql).then_some(""))
}

fn reads_stdin(sql: &str) -> bool {
    let is_copy = sql.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("copy"));
    is_copy
        && sql
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word.eq_ignore_ascii_case("stdin"))
}

/// Runs the statement and sends the data.
pub async fn copy_in(client: &Client, sql: &str, data: &str) -> Result<(), Error> {
    let mut sink = pin!(client.copy_in::<_, Bytes>(sql).await?);
    let mut rest = data.as_bytes();
    while !rest.is_empty() {
        let (chunk, later) = rest.split_at(CHUNK.min(rest.len()));
        sink.feed(Bytes::copy_from_slice(chunk)).await?;
        rest = later;
    }
    sink.as_mut().finish().await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_from_stdin_are_recognised() {
        for (sql, reads) in [
            ("COPY t (a, b) FROM stdin", true),
            ("copy t from STDIN with (format csv)", true),
            ("copy t to stdout", false),
            ("insert into stdin values (1)", false),
        ] {
            assert_eq!(reads_stdin(sql), reads, "{sql}");
        }
    }
}
