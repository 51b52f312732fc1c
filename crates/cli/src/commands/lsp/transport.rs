use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};

use lsp_server::{Message, Response};

/// A message that claims to be longer is taken for no message.
const LONGEST: usize = 256 << 20;

/// What comes from the client.
pub(super) enum Incoming {
    Message(Message),
    /// Text in a frame of the protocol that is no message.
    Garbage(String),
    /// Nothing comes any more; why, where it is a fault.
    End(Option<String>),
}

/// Reads standard input on a thread of its own, so that what comes while something is worked on is seen: newer text, a request that
/// is called off.
pub(super) fn incoming() -> Receiver<Incoming> {
    let (sender, receiver) = channel();
    // It ends with the process: nothing can wake it from waiting for the client.
    std::thread::spawn(move || {
        let mut input = BufReader::new(std::io::stdin().lock());
        loop {
            let incoming = match frame(&mut input) {
                Ok(Some(body)) => match serde_json::from_slice(&body) {
                    Ok(message) => Incoming::Message(message),
                    Err(error) => Incoming::Garbage(error.to_string()),
                },
                Ok(None) => Incoming::End(None),
                Err(why) => Incoming::End(Some(why)),
            };
            let is_end = matches!(incoming, Incoming::End(_));
            if sender.send(incoming).is_err() || is_end {
                return;
            }
        }
    });
    receiver
}

/// The body of the next message; none at the end.
///
/// # Errors
/// What is no frame: nobody knows where the next one would begin.
fn frame(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, String> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        let read = input.take(4096).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if read == 0 {
            return if length.is_none() { Ok(None) } else { Err("it ends in a header".to_owned()) };
        }
        let line = String::from_utf8_lossy(&line);
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        let Some((name, value)) = header.split_once(':') else {
            return Err(format!("`{header}` is no header"));
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<usize>().ok().filter(|length| *length <= LONGEST);
            if length.is_none() {
                return Err(format!("`{header}` is no length"));
            }
        }
    }
    let length = length.ok_or("a message has no Content-Length")?;
    let mut body = vec![0; length];
    input.read_exact(&mut body).map_err(|error| error.to_string())?;
    Ok(Some(body))
}

/// Where messages to the client go: standard output, which holds nothing else.
pub(super) struct Outgoing {
    requests: i32,
    /// The client is gone.
    closed: bool,
}

impl Outgoing {
    pub(super) fn new() -> Self {
        Self { requests: 0, closed: false }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    fn send(&mut self, message: &Message) {
        self.closed |= message.write(&mut std::io::stdout().lock()).is_err();
    }

    pub(super) fn notify(&mut self, method: &str, params: impl serde::Serialize) {
        self.send(&lsp_server::Notification::new(method.to_owned(), params).into());
    }

    /// Asks the client; its answer is not waited for.
    pub(super) fn request(&mut self, method: &str, params: impl serde::Serialize) {
        self.requests += 1;
        self.send(&lsp_server::Request::new(self.requests.into(), method.to_owned(), params).into());
    }

    pub(super) fn respond(&mut self, response: Response) {
        self.send(&response.into());
    }

    /// Says that text was no message. Whose it was cannot be known.
    pub(super) fn refuse_garbage(&mut self, why: &str) {
        let answer = serde_json::json!({
            "jsonrpc": "2.0",
            "id": null,
            "error": { "code": -32700, "message": format!("this is no message: {why}") },
        });
        let text = answer.to_string();
        let mut out = std::io::stdout().lock();
        let written = write!(out, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| out.flush());
        self.closed |= written.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_until_there_is_none() {
        let text = b"Content-Length: 2\r\nContent-Type: x; charset=utf-8\r\n\r\n{}content-length:3\n\nabc";
        let mut input = &text[..];
        assert_eq!(frame(&mut input), Ok(Some(b"{}".to_vec())));
        assert_eq!(frame(&mut input), Ok(Some(b"abc".to_vec())));
        assert_eq!(frame(&mut input), Ok(None));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for text in [
            "GET / HTTP/1.1\r\n\r\n",
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 99999999999999\r\n\r\n",
            "Content-Type: x\r\n\r\n{}",
            "Content-Length: 9\r\n\r\n{}",
            "Content-Length: 9\r\n",
            "\r\n",
        ] {
            assert!(frame(&mut text.as_bytes()).is_err(), "{text}");
        }
        let endless = "x".repeat(1 << 20);
        assert!(frame(&mut endless.as_bytes()).is_err());
    }
}
