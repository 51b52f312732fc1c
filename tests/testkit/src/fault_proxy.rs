//! A TCP proxy that breaks connections on purpose: at once, after a number of bytes, or at a named message.
//!
//! Messages are found by their bytes, so it serves every protocol that is not encrypted.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Direction of the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// What strikes. The faults with a pattern or a count strike once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Every chunk of data is held back this long, in both directions.
    Latency(Duration),
    /// Everything is swallowed in both directions: no data, no FIN, no RST.
    BlackHole,
    /// The client gets an RST instead of the first data that hold `pattern`. With [`Direction::ToServer`], the server never sees the
    /// request; with [`Direction::ToClient`], it has done the work and its answer is lost.
    CutBefore(Direction, Vec<u8>),
    /// The request that holds `pattern` is let through, and the client gets an RST instead of what the server sends next.
    CutAnswerTo(Vec<u8>),
    /// The request that holds `pattern` is let through, and nothing of what the server sends reaches the client any more.
    SilenceAfter(Vec<u8>),
    /// An RST after so many bytes in this direction.
    CutAfterBytes(Direction, usize),
}

/// A proxy on the loopback interface. Stops with the value; connections are reset.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    struck: Condvar,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    strikes: u32,
    accepted: u32,
    stopped: bool,
    pairs: Vec<Weak<Pair>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultProxy {
    /// A proxy in front of a server on the loopback interface; it lets everything through until told otherwise.
    pub fn start(server_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let shared = Arc::new(Shared::default());
        let accept = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accept.lock().stopped {
                    return;
                }
                serve(client, server_port, &accept);
            }
        });
        Self { port, shared }
    }

    /// Port to connect to instead of the server's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL with the proxy's port in place of `server_port`.
    pub fn url(&self, url: &str, server_port: u16) -> String {
        url.replace(&format!(":{server_port}"), &format!(":{}", self.port))
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Takes all faults away. Connections that were broken stay so.
    pub fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// Resets all connections now.
    pub fn reset_all(&self) {
        let pairs = std::mem::take(&mut self.shared.lock().pairs);
        pairs.iter().filter_map(Weak::upgrade).for_each(|pair| pair.reset_client());
    }

    /// How many connections were accepted so far.
    pub fn accepted(&self) -> u32 {
        self.shared.lock().accepted
    }

    /// Waits until `count` faults have struck.
    ///
    /// # Panics
    /// After 30 seconds: a fault that does not strike is a failed test.
    pub fn wait_for_strikes(&self, count: u32) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut state = self.shared.lock();
        while state.strikes < count {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the fault did not strike: {:?}", state.faults);
            state = self.shared.struck.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.reset_all();
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(client: TcpStream, server_port: u16, shared: &Arc<Shared>) {
    let Ok(server) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server_port))) else { return };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let pair =
        Arc::new(Pair { client: Mutex::new(Some(Arc::new(client))), server, silent: Mutex::new(false) });
    {
        let mut state = shared.lock();
        state.accepted += 1;
        state.pairs.push(Arc::downgrade(&pair));
    }
    for direction in [Direction::ToServer, Direction::ToClient] {
        let (pair, shared) = (pair.clone(), shared.clone());
        thread::spawn(move || pump(&pair, direction, &shared));
    }
}

#[derive(Debug)]
struct Pair {
    /// Taken away when the connection is reset. Only the thread that reads from it keeps it for longer.
    client: Mutex<Option<Arc<TcpStream>>>,
    server: TcpStream,
    /// Nothing more reaches the client.
    silent: Mutex<bool>,
}

impl Pair {
    fn client(&self) -> Option<Arc<TcpStream>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The client gets an RST: the socket is closed with data pending in neither direction. The reader wakes up and lets go.
    fn reset_client(&self) {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(client) = client {
            let _ = socket2::SockRef::from(&*client).set_linger(Some(Duration::ZERO));
            let _ = client.shutdown(Shutdown::Read);
        }
    }
}

/// What becomes of a chunk.
enum Action {
    Pass,
    Swallow,
    Cut,
    PassThenCut,
}

fn pump(pair: &Pair, direction: Direction, shared: &Shared) {
    let reader = match direction {
        Direction::ToServer => pair.client(),
        Direction::ToClient => None,
    };
    let read = |buffer: &mut [u8]| match &reader {
        Some(client) => (&**client).read(buffer),
        None if direction == Direction::ToClient => (&pair.server).read(buffer),
        None => Ok(0),
    };
    let write = |chunk: &[u8]| match direction {
        Direction::ToServer => (&pair.server).write_all(chunk).is_ok(),
        Direction::ToClient => pair.client().is_some_and(|client| (&*client).write_all(chunk).is_ok()),
    };
    let mut buffer = [0; 16 * 1024];
    // The end of the last chunk: a pattern may lie across two.
    let mut seen: Vec<u8> = Vec::new();
    loop {
        let length = match read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        seen.extend_from_slice(&buffer[..length]);
        let (action, latency) = decide(pair, direction, &seen, length, shared);
        seen.drain(..seen.len().saturating_sub(64));
        if let Some(latency) = latency {
            thread::sleep(latency);
        }
        if matches!(action, Action::Pass | Action::PassThenCut) && !write(&buffer[..length]) {
            break;
        }
        if matches!(action, Action::Cut | Action::PassThenCut) {
            pair.reset_client();
            break;
        }
    }
    match direction {
        Direction::ToServer => drop(pair.server.shutdown(Shutdown::Write)),
        Direction::ToClient => {
            // The server goes on undisturbed with what it has: its answers are read until it ends.
            while (&pair.server).read(&mut buffer).is_ok_and(|length| length > 0) {}
            if let Some(client) = pair.client() {
                let _ = client.shutdown(Shutdown::Write);
            }
        }
    }
}

fn decide(
    pair: &Pair,
    direction: Direction,
    seen: &[u8],
    length: usize,
    shared: &Shared,
) -> (Action, Option<Duration>) {
    let mut state = shared.lock();
    let mut latency = None;
    let mut silent = pair.silent.lock().unwrap_or_else(PoisonError::into_inner);
    if *silent && direction == Direction::ToClient {
        return (Action::Swallow, None);
    }
    let holds = |pattern: &[u8]| seen.windows(pattern.len()).any(|window| window == pattern);
    let mut action = Action::Pass;
    let mut index = 0;
    while index < state.faults.len() {
        let fault = state.faults[index].clone();
        let strikes = match &fault {
            Fault::Latency(time) => {
                latency = Some(*time);
                false
            }
            Fault::BlackHole => {
                action = Action::Swallow;
                false
            }
            Fault::CutBefore(wanted, pattern) if *wanted == direction && holds(pattern) => {
                action = Action::Cut;
                true
            }
            Fault::CutAnswerTo(pattern) if direction == Direction::ToServer && holds(pattern) => {
                // Whatever the server says next.
                state.faults.push(Fault::CutAfterBytes(Direction::ToClient, 0));
                true
            }
            Fault::SilenceAfter(pattern) if direction == Direction::ToServer && holds(pattern) => {
                *silent = true;
                true
            }
            Fault::CutAfterBytes(wanted, left) if *wanted == direction => {
                if length > *left || *left == 0 {
                    action = if *left == 0 { Action::Cut } else { Action::PassThenCut };
                    true
                } else {
                    state.faults[index] = Fault::CutAfterBytes(direction, left - length);
                    false
                }
            }
            _ => false,
        };
        if strikes {
            state.faults.remove(index);
            state.strikes += 1;
            shared.struck.notify_all();
        } else {
            index += 1;
        }
    }
    (action, latency)
}
