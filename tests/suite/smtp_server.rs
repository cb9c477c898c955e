//! A mail server that answers by script: it accepts everything unless told otherwise, for
//! a recipient or for everybody, once for each thing it was told.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::bot::Mail;

/// Something out of the ordinary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// This reply to RCPT.
    Rcpt(&'static str),
    /// This reply to the message.
    Message(&'static str),
    /// The line breaks after RCPT.
    DropAtRcpt,
    /// The line breaks once the message has been taken, before the reply.
    DropBeforeReply,
}

#[derive(Default)]
struct State {
    faults: HashMap<String, VecDeque<Fault>>,
    accepted: Vec<(String, Vec<u8>)>,
    commands: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Security {
    Plain,
    Starttls,
    Implicit,
}

pub struct SmtpServer {
    pub address: SocketAddr,
    /// The certificate of the server, PEM.
    pub certificate: String,
    state: Arc<Mutex<State>>,
}

struct Setup {
    security: Security,
    tls: Arc<ServerConfig>,
    /// `AUTH PLAIN` must carry this, in base64.
    login: Option<String>,
    state: Arc<Mutex<State>>,
}

impl SmtpServer {
    pub fn start() -> Self {
        Self::with(Security::Plain, None, "127.0.0.1:0")
    }

    /// On an address that something else may have left a moment ago.
    pub fn start_at(address: SocketAddr) -> Self {
        Self::with(Security::Plain, None, &address.to_string())
    }

    pub fn with(security: Security, login: Option<&str>, address: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a usable certificate");
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let setup = Arc::new(Setup {
            security,
            tls: Arc::new(tls),
            login: login.map(str::to_owned),
            state: Arc::clone(&state),
        });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let setup = Arc::clone(&setup);
                thread::spawn(move || serve(stream, &setup));
            }
        });
        Self { address, certificate: made.cert.pem(), state }
    }

    /// The `[smtp]` table that leads here.
    pub fn config(&self) -> String {
        format!("[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n", self.address.port())
    }

    /// The next mail to this recipient meets this fault; further calls, the mails after it.
    pub fn fault(&self, recipient: &str, fault: Fault) {
        self.state.lock().unwrap().faults.entry(recipient.into()).or_default().push_back(fault);
    }

    /// Envelope recipient and mail, in the order of arrival.
    pub fn accepted(&self) -> Vec<(String, Mail)> {
        let state = self.state.lock().unwrap();
        state.accepted.iter().map(|(to, bytes)| (to.clone(), Mail::read(bytes))).collect()
    }

    pub fn commands(&self) -> Vec<String> {
        self.state.lock().unwrap().commands.clone()
    }
}

enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    fn encrypted(stream: TcpStream, setup: &Setup) -> io::Result<Self> {
        let connection = ServerConnection::new(Arc::clone(&setup.tls)).map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        let bytes = format!("{text}\r\n");
        match self {
            Self::Plain(s) => s.write_all(bytes.as_bytes()),
            Self::Tls(s) => s.write_all(bytes.as_bytes()).and_then(|()| s.flush()),
        }
    }

    fn hear(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            match self {
                Self::Plain(s) => s.read_exact(&mut byte)?,
                Self::Tls(s) => s.read_exact(&mut byte)?,
            }
            line.push(byte[0]);
        }
        Ok(line)
    }
}

fn serve(stream: TcpStream, setup: &Setup) -> io::Result<()> {
    let mut line = match setup.security {
        Security::Implicit => Line::encrypted(stream, setup)?,
        _ => Line::Plain(stream),
    };
    line.say("220 test.example ESMTP")?;
    let (mut recipient, mut fault) = (String::new(), None);
    loop {
        let command = String::from_utf8_lossy(&line.hear()?).trim_end().to_owned();
        setup.state.lock().unwrap().commands.push(command.clone());
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                line.say("250-test.example")?;
                if setup.security == Security::Starttls && matches!(line, Line::Plain(_)) {
                    line.say("250-STARTTLS")?;
                }
                line.say("250-AUTH PLAIN LOGIN")?;
                line.say("250 8BITMIME")?;
            }
            "STARTTLS" => {
                line.say("220 go ahead")?;
                let Line::Plain(stream) = line else { return Ok(()) };
                line = Line::encrypted(stream, setup)?;
            }
            "AUTH" => {
                let given = command.split(' ').nth(2).unwrap_or_default();
                let right = setup.login.as_deref().is_none_or(|l| l == given);
                line.say(if right { "235 welcome" } else { "535 5.7.8 wrong password" })?;
            }
            "RCPT" => {
                recipient = command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                fault = setup.state.lock().unwrap().faults.get_mut(&recipient).and_then(VecDeque::pop_front);
                match fault {
                    Some(Fault::Rcpt(reply)) => line.say(reply)?,
                    Some(Fault::DropAtRcpt) => return Ok(()),
                    _ => line.say("250 2.1.5 recipient ok")?,
                }
            }
            "DATA" => {
                line.say("354 go on")?;
                let mut message = Vec::new();
                loop {
                    let text = line.hear()?;
                    if text == b".\r\n" {
                        break;
                    }
                    message.extend_from_slice(text.strip_prefix(b".").unwrap_or(&text));
                }
                match fault.take() {
                    Some(Fault::Message(reply)) => line.say(reply)?,
                    dropped => {
                        setup.state.lock().unwrap().accepted.push((recipient.clone(), message));
                        if dropped == Some(Fault::DropBeforeReply) {
                            return Ok(());
                        }
                        line.say("250 2.0.0 queued")?;
                    }
                }
            }
            "QUIT" => return line.say("221 bye"),
            _ => line.say("250 ok")?,
        }
    }
}
