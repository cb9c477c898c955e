//! The pages of a daemon at work, asked as browsers and proxies do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::{Duration, Instant};

use crate::bot::Bot;

/// A daemon that serves pages.
pub struct Site {
    pub bot: Bot,
    pub port: u16,
    daemon: Option<Child>,
}

pub struct Page {
    pub status: u16,
    /// In small letters.
    pub head: String,
    pub body: String,
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|line| line.split_once(": ")).find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Site {
    /// `{listen}` in the configuration stands for an address of its own.
    pub fn new(config: &str) -> Self {
        let port = free_port();
        Self { bot: Bot::new(&config.replace("{listen}", &format!("127.0.0.1:{port}"))), port, daemon: None }
    }

    pub fn start(&mut self) {
        self.daemon = Some(self.bot.start(&["run"]));
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "no pages: {}", self.bot.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn get(&self, path: &str) -> Page {
        self.ask(self.port, "GET", path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.ask(self.port, "GET", path, headers)
    }

    /// Sends a form.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.post_with(path, form, &[])
    }

    pub fn post_with(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut headers = headers.to_vec();
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        self.say(self.port, "POST", path, &headers, &body)
    }

    pub fn ask(&self, port: u16, method: &str, path: &str, headers: &[(&str, &str)]) -> Page {
        self.say(port, method, path, headers, "")
    }

    pub fn say(&self, port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer");
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase().replace("\r\n", "\n");
        let mut body = answer[end + 4..].to_vec();
        if head.contains("transfer-encoding: chunked") {
            body = unchunked(&body);
        }
        if head.contains("content-encoding: gzip") {
            let mut whole = Vec::new();
            flate2::read::GzDecoder::new(body.as_slice()).read_to_end(&mut whole).unwrap();
            body = whole;
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, head, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16).unwrap();
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}
