//! A mail server that answers by script: it accepts everything unless told otherwise, once
//! for each thing it was told.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::bot::Mail;

/// Where in the conversation something happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Greeting,
    Ehlo,
    Helo,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// In the middle of the message.
    Body,
    /// Once the message has been taken, in place of the reply. Whoever drops the line
    /// here keeps the message.
    Dot,
}

/// Something out of the ordinary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    Reply(&'static str),
    /// These bytes as they are; at the dot, whoever says them keeps the message.
    Say(&'static [u8]),
    /// The line breaks.
    Drop,
    /// Silence, for longer than anybody waits.
    Stall,
    /// The usual, after a while.
    Wait(Duration),
}

/// What is said, and where, to whoever comes when so many others are connected.
#[derive(Clone, Copy)]
struct Limit {
    most: usize,
    step: Step,
    reply: &'static str,
}

#[derive(Default)]
struct State {
    faults: HashMap<String, VecDeque<(Step, Does)>>,
    accepted: Vec<(String, Vec<u8>)>,
    senders: Vec<String>,
    commands: Vec<String>,
    connections: usize,
    open: usize,
    limit: Option<Limit>,
    /// How long a connection counts after it was closed.
    lingers: Duration,
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
    /// AUTH must carry this, in base64.
    login: Option<String>,
    /// Besides AUTH: what EHLO says.
    offers: Vec<String>,
    state: Arc<Mutex<State>>,
}

impl SmtpServer {
    pub fn start() -> Self {
        Self::with(Security::Plain, None, "127.0.0.1:0")
    }

    /// One whose EHLO says more.
    pub fn offering(offers: &[&str]) -> Self {
        Self::build(Security::Plain, None, "127.0.0.1:0", offers)
    }

    /// On an address that something else may have left a moment ago.
    pub fn start_at(address: SocketAddr) -> Self {
        Self::with(Security::Plain, None, &address.to_string())
    }

    pub fn with(security: Security, login: Option<&str>, address: &str) -> Self {
        Self::build(security, login, address, &[])
    }

    /// An address at which nobody listens.
    pub fn nowhere() -> Self {
        Self { address: ([127, 0, 0, 1], 9).into(), certificate: String::new(), state: Arc::default() }
    }

    /// One whose certificate is for another name, or over.
    pub fn certified(name: &str, last_year: i32) -> Self {
        let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).expect("a name");
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(last_year, 12, 31);
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        Self::with_key(Security::Implicit, None, "127.0.0.1:0", &[], &certificate, &key)
    }

    /// One whose certificate its owner made by one command: it signs itself, and may sign others.
    pub fn self_made(security: Security) -> Self {
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        Self::with_key(security, None, "127.0.0.1:0", &[], &certificate, &key)
    }

    fn build(security: Security, login: Option<&str>, address: &str, offers: &[&str]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        Self::with_key(security, login, address, offers, &made.cert, &made.signing_key)
    }

    fn with_key(
        security: Security,
        login: Option<&str>,
        address: &str,
        offers: &[&str],
        certificate: &rcgen::Certificate,
        key: &rcgen::KeyPair,
    ) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a usable certificate");
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let setup = Arc::new(Setup {
            security,
            tls: Arc::new(tls),
            login: login.map(str::to_owned),
            offers: offers.iter().map(|o| (*o).to_owned()).collect(),
            state: Arc::clone(&state),
        });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let setup = Arc::clone(&setup);
                thread::spawn(move || serve(stream, &setup));
            }
        });
        Self { address, certificate: certificate.pem(), state }
    }

    /// The `[smtp]` table that leads here.
    pub fn config(&self) -> String {
        format!("[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n", self.address.port())
    }

    /// The next mail to this recipient meets this; further calls, the mails after it. For
    /// steps before the recipient is known, the name is empty.
    pub fn fault(&self, recipient: &str, step: Step, does: Does) {
        self.state.lock().unwrap().faults.entry(recipient.into()).or_default().push_back((step, does));
    }

    /// Whoever comes when so many others are connected is turned away.
    pub fn limit_connections(&self, most: usize) {
        self.limit_connections_at(most, Step::Greeting, "421 4.7.0 too many connections");
    }

    /// The same, by another reply, or said later.
    pub fn limit_connections_at(&self, most: usize, step: Step, reply: &'static str) {
        self.state.lock().unwrap().limit = Some(Limit { most, step, reply });
    }

    /// A connection counts for so long after it was closed.
    pub fn count_closed_connections(&self, a_while: Duration) {
        self.state.lock().unwrap().lingers = a_while;
    }

    /// Connections made so far.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// The envelope senders of what was accepted.
    pub fn senders(&self) -> Vec<String> {
        self.state.lock().unwrap().senders.clone()
    }

    /// The bytes of what was accepted.
    pub fn raw(&self) -> Vec<Vec<u8>> {
        self.state.lock().unwrap().accepted.iter().map(|(_, bytes)| bytes.clone()).collect()
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
        self.say_bytes(format!("{text}\r\n").as_bytes())
    }

    fn say_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(s) => s.write_all(bytes),
            Self::Tls(s) => s.write_all(bytes).and_then(|()| s.flush()),
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

impl State {
    fn limit_at(&self, step: Step) -> Option<&'static str> {
        self.limit.filter(|limit| limit.step == step && self.open > limit.most).map(|limit| limit.reply)
    }
}

/// What happens at this step instead of the usual.
fn fault(setup: &Setup, recipient: &str, step: Step) -> Option<Does> {
    let mut state = setup.state.lock().unwrap();
    if let Some(reply) = state.limit_at(step) {
        return Some(Does::Reply(reply));
    }
    let faults = state.faults.get_mut(recipient)?;
    let (at, does) = *faults.front()?;
    (at == step).then(|| {
        faults.pop_front();
        does
    })
}

/// Says what is usual, or does what is not. False when the conversation is over.
fn answer(line: &mut Line, does: Option<Does>, usual: &[&str]) -> io::Result<bool> {
    match does {
        None => usual.iter().try_for_each(|text| line.say(text)).map(|()| true),
        Some(Does::Reply(text)) => line.say(text).map(|()| !text.starts_with("421")),
        Some(Does::Say(bytes)) => line.say_bytes(bytes).map(|()| true),
        Some(Does::Drop) => Ok(false),
        Some(Does::Wait(a_while)) => {
            thread::sleep(a_while);
            answer(line, None, usual)
        }
        Some(Does::Stall) => {
            thread::sleep(Duration::from_secs(30));
            Ok(false)
        }
    }
}

fn serve(stream: TcpStream, setup: &Setup) -> io::Result<()> {
    let turned_away = {
        let mut state = setup.state.lock().unwrap();
        state.connections += 1;
        state.open += 1;
        state.limit_at(Step::Greeting)
    };
    let talked = match turned_away {
        None => talk(stream, setup),
        Some(reply) => Line::Plain(stream).say(reply),
    };
    let lingers = if turned_away.is_none() { setup.state.lock().unwrap().lingers } else { Duration::ZERO };
    thread::sleep(lingers);
    setup.state.lock().unwrap().open -= 1;
    talked
}

fn talk(stream: TcpStream, setup: &Setup) -> io::Result<()> {
    let mut line = match setup.security {
        Security::Implicit => Line::encrypted(stream, setup)?,
        _ => Line::Plain(stream),
    };
    if !answer(&mut line, fault(setup, "", Step::Greeting), &["220 test.example ESMTP"])? {
        return Ok(());
    }
    let (mut recipient, mut sender) = (String::new(), String::new());
    loop {
        let command = String::from_utf8_lossy(&line.hear()?).trim_end().to_owned();
        setup.state.lock().unwrap().commands.push(command.clone());
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let address = || command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let goes_on = match verb.as_str() {
            "EHLO" => {
                let mut says = vec!["250-test.example".to_owned()];
                says.extend(setup.offers.iter().map(|o| format!("250-{o}")));
                if setup.security == Security::Starttls && matches!(line, Line::Plain(_)) {
                    says.push("250-STARTTLS".into());
                }
                says.extend(["250-AUTH PLAIN LOGIN XOAUTH2".into(), "250 8BITMIME".into()]);
                let says: Vec<&str> = says.iter().map(String::as_str).collect();
                answer(&mut line, fault(setup, "", Step::Ehlo), &says)?
            }
            "STARTTLS" => {
                // Whoever sits in between may add to what is said in the clear.
                match fault(setup, "", Step::Starttls) {
                    Some(Does::Say(bytes)) => line.say_bytes(bytes)?,
                    _ => line.say("220 go ahead")?,
                }
                let Line::Plain(stream) = line else { return Ok(()) };
                line = Line::encrypted(stream, setup)?;
                true
            }
            "AUTH" => {
                let given = command.split(' ').nth(2).unwrap_or_default();
                let right = setup.login.as_deref().is_none_or(|l| l == given);
                if !right && command.contains("XOAUTH2") {
                    line.say("334 eyJzdGF0dXMiOiI0MDEifQ==")?;
                    line.hear()?;
                }
                let usual = if right { "235 welcome" } else { "535 5.7.8 wrong password" };
                answer(&mut line, fault(setup, "", Step::Auth), &[usual])?
            }
            "MAIL" => {
                sender = address();
                answer(&mut line, fault(setup, "", Step::Mail), &["250 2.1.0 sender ok"])?
            }
            "RCPT" => {
                recipient = address();
                answer(&mut line, fault(setup, &recipient, Step::Rcpt), &["250 2.1.5 recipient ok"])?
            }
            "DATA" => {
                let does = fault(setup, &recipient, Step::Data);
                let goes_on = answer(&mut line, does, &["354 go on"])?;
                if goes_on && matches!(does, None | Some(Does::Say(_))) {
                    take(&mut line, setup, &recipient, &sender)?
                } else {
                    goes_on
                }
            }
            "QUIT" => return line.say("221 bye"),
            "HELO" => answer(&mut line, fault(setup, "", Step::Helo), &["250 test.example"])?,
            _ => answer(&mut line, None, &["250 ok"])?,
        };
        if !goes_on {
            return Ok(());
        }
    }
}

/// The message itself.
fn take(line: &mut Line, setup: &Setup, recipient: &str, sender: &str) -> io::Result<bool> {
    let mut message = Vec::new();
    if let Some(does) = fault(setup, recipient, Step::Body) {
        line.hear()?;
        return answer(line, Some(does), &[]);
    }
    loop {
        let text = line.hear()?;
        if text == b".\r\n" {
            break;
        }
        message.extend_from_slice(text.strip_prefix(b".").unwrap_or(&text));
    }
    let does = fault(setup, recipient, Step::Dot);
    if !matches!(does, Some(Does::Reply(_))) {
        let mut state = setup.state.lock().unwrap();
        state.accepted.push((recipient.to_owned(), message));
        state.senders.push(sender.to_owned());
    }
    answer(line, does, &["250 2.0.0 queued"])
}
