//! Reads the process id that the server announces when a session begins.
//!
//! The driver keeps it to itself. It matters because a pooler announces an invented one: where it differs from
//! `pg_backend_pid()`, something stands between us and the server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The process id as announced; 0 until it is known.
#[derive(Debug, Clone, Default)]
pub struct KeyCell(Arc<AtomicI32>);

impl KeyCell {
    /// The announced process id.
    pub fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }
}

/// A stream that passes everything on and looks at the frames up to the first `ReadyForQuery`.
pub struct KeyReader<S> {
    inner: S,
    scan: Option<Scan>,
    key: KeyCell,
}

impl<S> KeyReader<S> {
    /// Watches `inner`.
    pub fn new(inner: S, key: KeyCell) -> Self {
        Self { inner, scan: Some(Scan::default()), key }
    }

    /// The stream below.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

/// Bytes of frames not yet complete. Frames of a start-up are small; past a limit we stop looking.
#[derive(Default)]
struct Scan {
    pending: Vec<u8>,
    begun: bool,
}

/// Frames before `ReadyForQuery` are a few hundred bytes; error messages may be longer.
const LIMIT: usize = 1 << 16;

impl Scan {
    /// Takes more bytes; `true` when there is nothing more to look for.
    fn feed(&mut self, bytes: &[u8], key: &KeyCell) -> bool {
        let mut bytes = bytes;
        if !self.begun {
            self.begun = true;
            match bytes.first() {
                // The answer to SSLRequest: yes (the rest is encrypted) or no. A start-up never begins with a notice.
                Some(b'S') if bytes.len() == 1 => return true,
                Some(b'N') => {
                    bytes = bytes.get(1..).unwrap_or_default();
                    self.begun = true;
                }
                _ => {}
            }
        }
        self.pending.extend_from_slice(bytes);
        while let Some((kind, length)) = self.frame() {
            match kind {
                b'K' => {
                    if let Some(pid) = self.pending.get(5..9).and_then(|bytes| bytes.try_into().ok()) {
                        key.0.store(i32::from_be_bytes(pid), Ordering::Relaxed);
                    }
                    return true;
                }
                b'Z' | b'E' => return true,
                _ => drop(self.pending.drain(..length)),
            }
        }
        self.pending.len() > LIMIT
    }

    /// Kind and length of the first frame, if all of it is here.
    fn frame(&self) -> Option<(u8, usize)> {
        let kind = *self.pending.first()?;
        let length: [u8; 4] = self.pending.get(1..5)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?.checked_add(1)?;
        (length >= 5 && length <= self.pending.len()).then_some((kind, length))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for KeyReader<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let this = &mut *self;
        if let Some(scan) = &mut this.scan {
            let new = buffer.filled().get(before..).unwrap_or_default();
            if !new.is_empty() && scan.feed(new, &this.key) {
                this.scan = None;
            }
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for KeyReader<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    #[test]
    fn the_process_id_is_found_however_the_bytes_arrive() {
        let mut bytes = vec![b'N'];
        bytes.extend(frame(b'R', &[0, 0, 0, 0]));
        bytes.extend(frame(b'S', b"server_version\x0018.4\0"));
        bytes.extend(frame(b'K', &[0, 0, 16, 1, 9, 9, 9, 9]));
        bytes.extend(frame(b'Z', b"I"));
        for size in [1, 2, 3, 7, 1000] {
            let (mut scan, key) = (Scan::default(), KeyCell::default());
            let done = bytes.chunks(size).any(|chunk| scan.feed(chunk, &key));
            assert!(done);
            assert_eq!(key.get(), Some(4097), "in chunks of {size}");
        }
    }

    #[test]
    fn nothing_is_read_from_an_encrypted_line() {
        let (mut scan, key) = (Scan::default(), KeyCell::default());
        assert!(scan.feed(b"S", &key));
        assert_eq!(key.get(), None);
    }
}
