//! A language model that answers by script, over the chat completions API, and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    /// The key that it was shown.
    pub authorization: Option<String>,
    pub body: Value,
    pub system: String,
    /// The text to work on, without the marks around it.
    pub text: String,
}

impl Asked {
    /// Whether it is to translate a title, sum up and so on.
    pub fn is(&self, what: &str) -> bool {
        self.system.contains(what)
    }
}

/// How it answers.
#[derive(Clone)]
pub enum Answer {
    Say(String),
    /// In pieces, as server-sent events.
    Stream(String),
    /// The same, broken off in the middle.
    BrokenStream(String),
    /// As if there had been no room for more.
    CutOff(String),
    /// Status line and headers, then the body, as they are.
    Raw(&'static str, String),
    /// Nothing, for as long as anybody waits.
    Hang,
    /// After a while.
    Slow(Duration, String),
}

type Script = Arc<Mutex<Box<dyn FnMut(&Asked) -> Answer + Send>>>;

pub struct ModelServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Script,
}

impl ModelServer {
    pub fn start(script: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Script = Arc::new(Mutex::new(Box::new(script)));
        let (shared, scripted) = (Arc::clone(&asked), Arc::clone(&script));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, script) = (Arc::clone(&shared), Arc::clone(&scripted));
                thread::spawn(move || answer(stream, &asked, &script));
            }
        });
        Self { address, asked, script }
    }

    /// From now on it answers otherwise.
    pub fn change(&self, script: impl FnMut(&Asked) -> Answer + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn completion(text: &str, finish: &str) -> String {
    json!({
        "id": "1", "object": "chat.completion", "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 270, "completion_tokens": 30, "total_tokens": 300},
    })
    .to_string()
}

/// Two letters in each event.
fn events(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let delta = |piece: &str| json!({"choices": [{"index": 0, "delta": {"content": piece}}]});
    let mut events: Vec<Value> =
        letters.chunks(2).map(|piece| delta(&piece.iter().collect::<String>())).collect();
    events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"total_tokens": 300}}));
    let mut lines: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    lines.push("data: [DONE]\n\n".into());
    lines
}

fn answer(mut stream: TcpStream, asked: &Mutex<Vec<Asked>>, script: &Script) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let said = |n: usize| body["messages"][n]["content"].as_str().unwrap_or_default().to_owned();
    let text = said(1).trim_start_matches("<text>\n").trim_end_matches("\n</text>").to_owned();
    let ask = Asked {
        path: first.split(' ').nth(1)?.to_owned(),
        authorization: headers.get("authorization").cloned(),
        system: said(0),
        text,
        body,
    };
    let answer = script.lock().unwrap()(&ask);
    asked.lock().unwrap().push(ask);
    let ok = |kind: &str, length: usize| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    let whole = |text: &str| ok("application/json", text.len()) + text;
    let bytes = match answer {
        Answer::Say(text) => whole(&completion(&text, "stop")),
        Answer::CutOff(text) => whole(&completion(&text, "length")),
        Answer::Slow(wait, text) => {
            thread::sleep(wait);
            whole(&completion(&text, "stop"))
        }
        Answer::Stream(text) => {
            let events = events(&text);
            ok("text/event-stream", events.iter().map(String::len).sum()) + &events.concat()
        }
        Answer::BrokenStream(text) => {
            let events = events(&text);
            let half = &events[..events.len() / 2];
            ok("text/event-stream", half.iter().map(String::len).sum()) + &half.concat()
        }
        Answer::Raw(head, body) => format!("{head}\r\nConnection: close\r\n\r\n{body}"),
        Answer::Hang => {
            // Until the client has had enough.
            stream.set_read_timeout(Some(Duration::from_secs(120))).ok()?;
            let _ = reader.read(&mut [0]);
            return None;
        }
    };
    stream.write_all(bytes.as_bytes()).ok()
}
