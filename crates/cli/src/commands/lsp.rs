//! `sluice lsp`: the review, while somebody types.
//!
//! One thread reads messages, another answers them and reviews what was typed when there is nothing else to do. What lies before an
//! open file is replayed once and kept, so that typing costs the review of that file alone. Standard output holds the protocol and
//! nothing else.

mod actions;
mod before;
mod client;
mod configuration;
mod diagnostics;
mod documents;
mod hover;
mod projects;
mod server;
mod study;
mod text;
mod transport;
mod uri;
mod verdict;

use std::collections::VecDeque;
use std::path::PathBuf;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::Value;
use sluice_project::layout::without_dots;

use self::server::{Server, number};
use self::transport::{Incoming, Outgoing};
use crate::args::Global;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice lsp`
///
/// # Errors
/// A configuration that is named and cannot be found.
pub fn run(global: &Global, output: Output) -> Result<Exit, CliError> {
    let config = match &global.config {
        Some(path) => {
            let absolute = std::path::absolute(path)
                .map_err(|error| CliError::usage(format!("{} cannot be found: {error}", path.display())))?;
            Some(without_dots(&absolute))
        }
        None => None,
    };
    let incoming = transport::incoming();
    let mut session = Session { config, out: Outgoing::new(), server: None, shut_down: false };
    let mut queue: VecDeque<Incoming> = VecDeque::new();
    loop {
        queue.extend(incoming.try_iter());
        session.call_off(&mut queue);
        let ended = match queue.pop_front() {
            Some(next) => session.take(next, output),
            None => match session.server.as_mut().filter(|server| server.has_work()) {
                Some(server) => {
                    server.work(&mut session.out);
                    None
                }
                None => {
                    if let Some(server) = &mut session.server {
                        server.rest();
                    }
                    let next = incoming.recv().unwrap_or(Incoming::End(None));
                    queue.push_back(next);
                    None
                }
            },
        };
        if let Some(exit) = ended {
            return Ok(exit);
        }
        if session.out.is_closed() {
            return Ok(session.exit());
        }
    }
}

/// The life of a connection.
struct Session {
    config: Option<PathBuf>,
    out: Outgoing,
    /// None until the client has introduced itself.
    server: Option<Server>,
    /// The client has asked to end.
    shut_down: bool,
}

impl Session {
    /// Answers requests that wait and that the client does not want any more.
    fn call_off(&mut self, queue: &mut VecDeque<Incoming>) {
        let ids: Vec<RequestId> = queue.iter().filter_map(called_off).collect();
        for id in ids {
            let is_meant = |one: &Incoming| matches!(one, Incoming::Message(Message::Request(request)) if request.id == id);
            if let Some(at) = queue.iter().position(is_meant) {
                queue.remove(at);
                self.refuse(id, ErrorCode::RequestCanceled, "called off");
            }
        }
    }

    /// Works on what has come. The process ends with what it returns.
    fn take(&mut self, next: Incoming, output: Output) -> Option<Exit> {
        match next {
            Incoming::Message(Message::Request(request)) => self.request(request),
            Incoming::Message(Message::Notification(notification)) if notification.method == "exit" => {
                return Some(self.exit());
            }
            Incoming::Message(Message::Notification(notification)) => self.notification(notification),
            Incoming::Message(Message::Response(_)) => {}
            Incoming::Garbage(why) => self.out.refuse_garbage(&why),
            Incoming::End(why) => {
                if let Some(why) = why {
                    output.message(&format!("what the client sends is not the protocol: {why}"));
                }
                return Some(self.exit());
            }
        }
        None
    }

    fn request(&mut self, request: Request) {
        if self.shut_down {
            return self.refuse(request.id, ErrorCode::InvalidRequest, "after shutdown there is only exit");
        }
        match (request.method.as_str(), &mut self.server) {
            ("initialize", Some(_)) => {
                self.refuse(request.id, ErrorCode::InvalidRequest, "initialized already")
            }
            ("initialize", None) => {
                let server = Server::new(&request.params, self.config.clone());
                self.out.respond(Response::new_ok(request.id, server.capabilities()));
                self.server = Some(server);
            }
            ("shutdown", Some(_)) => {
                self.shut_down = true;
                self.out.respond(Response::new_ok(request.id, Value::Null));
            }
            (_, Some(server)) => server.request(request, &mut self.out),
            (_, None) => self.refuse(request.id, ErrorCode::ServerNotInitialized, "initialize comes first"),
        }
    }

    fn notification(&mut self, notification: Notification) {
        if let Some(server) = self.server.as_mut().filter(|_| !self.shut_down) {
            server.notification(notification, &mut self.out);
        }
    }

    fn refuse(&mut self, id: RequestId, code: ErrorCode, why: &str) {
        self.out.respond(Response::new_err(id, number(code), why.to_owned()));
    }

    /// The protocol wants 0 after shutdown, and 1 without it.
    fn exit(&self) -> Exit {
        if self.shut_down { Exit::Done } else { Exit::Findings }
    }
}

/// The request that a message calls off.
fn called_off(incoming: &Incoming) -> Option<RequestId> {
    match incoming {
        Incoming::Message(Message::Notification(Notification { method, params }))
            if method == "$/cancelRequest" =>
        {
            serde_json::from_value(params.get("id")?.clone()).ok()
        }
        _ => None,
    }
}
