//! A web server that answers by script, and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a path answers.
#[derive(Clone)]
pub enum Answer {
    /// 200 with this body; with an ETag of the body, honoured.
    Feed(String),
    /// Status line and headers, then the body, as they are.
    Raw(&'static str, Vec<u8>),
    /// Nothing, for as long as anybody waits.
    Hang,
    /// A byte now and then.
    Drip(String),
    /// 200 with this body, after a while.
    Slow(Duration, String),
}

#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    /// By lower-case name.
    pub headers: HashMap<String, String>,
    pub status: u16,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    requests: Vec<Request>,
    /// Requests under way, and the most there were at once.
    busy: usize,
    busiest: usize,
}

pub struct FeedServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FeedServer {
    pub fn start() -> Self {
        Self::start_on("127.0.0.1:0")
    }

    /// On every address of the loopback network, so that each feed can have a host of its own.
    pub fn start_on_all_of_loopback() -> Self {
        Self::start_on("0.0.0.0:0")
    }

    fn start_on(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()) {
                    continue;
                }
                let state = Arc::clone(&shared);
                thread::spawn(move || answer(stream, &state));
            }
        });
        Self { address, state }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.address.port())
    }

    /// The same server under another number of loopback, which no configuration names.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    pub fn serve(&self, path: &str, answer: Answer) {
        self.state.lock().unwrap().answers.insert(path.into(), answer);
    }

    /// The most requests that were under way at once.
    pub fn busiest(&self) -> usize {
        self.state.lock().unwrap().busiest
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let chosen = state.lock().unwrap().answers.get(&path).cloned();
    let (status, bytes) = match chosen {
        Some(Answer::Feed(body)) => {
            let etag = format!("\"{}-{}\"", body.len(), body.bytes().map(u64::from).sum::<u64>());
            if headers.get("if-none-match") == Some(&etag) {
                (304, b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec())
            } else {
                let length = body.len();
                (200, format!("HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes())
            }
        }
        Some(Answer::Raw(head, body)) => {
            let status = head.split(' ').nth(1)?.parse().ok()?;
            let mut bytes = format!("{head}\r\nConnection: close\r\n\r\n").into_bytes();
            bytes.extend(body);
            (status, bytes)
        }
        Some(Answer::Hang) => (0, Vec::new()),
        Some(Answer::Slow(wait, body)) => {
            {
                let mut state = state.lock().unwrap();
                state.busy += 1;
                state.busiest = state.busiest.max(state.busy);
            }
            thread::sleep(wait);
            state.lock().unwrap().busy -= 1;
            (200, format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes())
        }
        Some(Answer::Drip(body)) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").ok()?;
            for byte in body.bytes() {
                stream.write_all(&[byte]).ok()?;
                thread::sleep(Duration::from_millis(100));
            }
            return None;
        }
        None => (404, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()),
    };
    state.lock().unwrap().requests.push(Request { path, headers, status });
    if status == 0 {
        // Until the client has had enough.
        stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        let _ = reader.read(&mut [0]);
        return None;
    }
    stream.write_all(&bytes).ok()
}
