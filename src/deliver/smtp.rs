//! The courier that speaks SMTP, on lettre's connection but not in its hands: lettre's
//! time-out covers only the connect (its issue #1027), its pool hands on connections whose
//! last reply is still to come, and its `send` ends the connection at the first refused
//! recipient. So the steps are taken one by one here, each with a deadline, and a
//! connection is dropped as soon as it is in doubt.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, MailParameter};
use lettre::transport::smtp::response::Response;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::message::address;
use super::watched::{HandedOver, Watched};
use super::{Envelope, NoService, refusal};
use crate::model::{Outcome, Refusal, Secret};

/// A name that does not resolve, a host that does not answer: no patience helps.
const CONNECT: Duration = Duration::from_secs(30);

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Plain until STARTTLS, which must be there.
    Starttls,
    /// From the first byte, as on port 465.
    Implicit,
    None,
}

/// How we show who we are.
#[derive(Debug, Clone)]
pub enum Login {
    /// PLAIN or LOGIN, whichever the server knows.
    Password(Secret),
    /// XOAUTH2, with an access token.
    Token(Secret),
}

/// The server that takes our mails.
#[derive(Debug, Clone)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<(String, Login)>,
    /// Certificates (PEM) trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// For each step. After the message there is five times as much: servers scan it
    /// meanwhile, and giving up early means a second copy (RFC 5321 4.5.3.2.6).
    pub timeout: Duration,
    /// So many messages, then a new connection.
    pub per_connection: u32,
}

impl Relay {
    pub(super) async fn connect(&self) -> Result<Session, NoService> {
        let server = format!("{}:{}", self.host, self.port);
        Steps { relay: self, server: &server }.connect().await
    }

    fn starttls(&self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.ca_file {
            let pem = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            let certificates =
                Certificate::from_pem(&pem).map_err(|e| format!("{}: {}", path.display(), reply(&e)))?;
            builder = builder.add_root_certificate(certificates);
        }
        builder.build().map_err(|e| reply(&e))
    }

    fn implicit_tls(&self) -> Result<(TlsConnector, ServerName<'static>), String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = self.ca_file.as_deref().map_or_else(|| Ok(Vec::new()), certificates)?;
        let verifier =
            Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(|e| e.to_string())?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let name = ServerName::try_from(self.host.clone()).map_err(|e| e.to_string())?;
        Ok((TlsConnector::from(Arc::new(config)), name))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| format!("cannot read certificates from {}: {e}", path.display()))
}

/// The way to a session, step by step.
struct Steps<'a> {
    relay: &'a Relay,
    server: &'a str,
}

impl Steps<'_> {
    async fn connect(&self) -> Result<Session, NoService> {
        let relay = self.relay;
        let tcp = deadline(CONNECT.min(relay.timeout), "connecting", self.tcp()).await;
        let tcp = tcp.map_err(|e| self.passing(e))??;
        let hello = hello_name(&tcp);
        let handed_over = HandedOver::default();
        let stream: Box<dyn AsyncTokioStream> = match relay.tls {
            Tls::Implicit => {
                let (connector, name) = relay.implicit_tls().map_err(|e| self.lasting(e))?;
                let tls = deadline(relay.timeout, "the TLS handshake", connector.connect(name, tcp))
                    .await
                    .map_err(|e| self.passing(e))?
                    .map_err(|e| self.handshake(&e.to_string()))?;
                Box::new(Watched::new(tls, handed_over.clone()))
            }
            Tls::Starttls | Tls::None => Box::new(Watched::new(tcp, handed_over.clone())),
        };
        let hello_said = AsyncSmtpConnection::connect_with_transport(stream, &hello);
        let mut connection = self.step("the greeting", hello_said).await?;
        if relay.tls == Tls::Starttls {
            if !connection.can_starttls() {
                return Err(self.lasting(
                    "the server offers no STARTTLS; use another port, or `tls = \"none\"` on a network you trust".into(),
                ));
            }
            let parameters = relay.starttls().map_err(|e| self.lasting(e))?;
            deadline(relay.timeout, "STARTTLS", connection.starttls(parameters, &hello))
                .await
                .map_err(|e| self.passing(e))?
                .map_err(|e| self.handshake(&reply(&e)))?;
        }
        if let Some((user, login)) = &relay.login {
            self.login(&mut connection, user, login).await?;
        }
        // lettre has asked already, but keeps only the answers it knows how to use.
        let offers = self.step("EHLO", connection.command(Ehlo::new(hello))).await?;
        Ok(Session {
            connection,
            server: self.server.to_owned(),
            timeout: relay.timeout,
            handed_over,
            offers: Offers::read(&offers),
            per_connection: relay.per_connection,
            carried: 0,
            over: false,
            stale: false,
        })
    }

    async fn tcp(&self) -> Result<TcpStream, NoService> {
        let tcp = TcpStream::connect((self.relay.host.as_str(), self.relay.port))
            .await
            .map_err(|e| self.passing(format!("cannot connect: {e}")))?;
        // Small writes wait for each other's acknowledgement otherwise, 40 ms a mail.
        tcp.set_nodelay(true).map_err(|e| self.passing(e.to_string()))?;
        Ok(tcp)
    }

    async fn login(
        &self,
        connection: &mut AsyncSmtpConnection,
        user: &str,
        login: &Login,
    ) -> Result<(), NoService> {
        let secret = match login {
            Login::Password(secret) | Login::Token(secret) => secret,
        };
        let credentials = Credentials::new(user.to_owned(), secret.reveal().to_owned());
        let done = match login {
            Login::Password(_) => {
                let known = [Mechanism::Plain, Mechanism::Login];
                deadline(self.relay.timeout, "the login", connection.auth(&known, &credentials)).await
            }
            Login::Token(_) => {
                deadline(self.relay.timeout, "the login", with_token(connection, credentials)).await
            }
        };
        done.map_err(|e| self.passing(e))?.map(drop).map_err(|e| {
            let why = format!("the login as {user} failed: {}", redacted(&reply(&e), user, secret));
            match e.status() {
                // 454: the server's own trouble (RFC 4954).
                Some(code) if u16::from(code) < 500 => self.passing(why),
                None if e.is_timeout() => self.passing(why),
                _ => self.lasting(why),
            }
        })
    }

    async fn step<T>(
        &self,
        name: &str,
        step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, NoService> {
        deadline(self.relay.timeout, name, step).await.map_err(|e| self.passing(e))?.map_err(|e| {
            let why = format!("{name}: {}", reply(&e));
            if e.is_permanent() { self.lasting(why) } else { self.passing(why) }
        })
    }

    /// A certificate does not become right by waiting; a line that breaks may.
    fn handshake(&self, why: &str) -> NoService {
        let is_ours = why.to_lowercase().contains("certificate");
        let why = format!("the TLS handshake failed: {why}");
        if is_ours { self.lasting(why) } else { self.passing(why) }
    }

    fn passing(&self, why: String) -> NoService {
        NoService::passing(format!("{}: {why}", self.server))
    }

    fn lasting(&self, why: String) -> NoService {
        NoService::lasting(format!("{}: {why}", self.server))
    }
}

/// XOAUTH2, whose failure lettre cannot read: the server says why in a challenge, and its
/// reply comes after an empty answer.
async fn with_token(
    connection: &mut AsyncSmtpConnection,
    credentials: Credentials,
) -> Result<Response, lettre::transport::smtp::Error> {
    let response = connection.command(Auth::new(Mechanism::Xoauth2, credentials, None)?).await?;
    if response.has_code(334) { connection.command("\r\n").await } else { Ok(response) }
}

/// What a server can do besides.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Offers {
    /// The keyword SIZE, and the limit if it names one (RFC 1870: 0 means none).
    size: Option<Option<usize>>,
    smtputf8: bool,
}

impl Offers {
    fn read(ehlo: &Response) -> Self {
        let mut offers = Self::default();
        for line in ehlo.message() {
            let mut words = line.split_ascii_whitespace();
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                Some("SIZE") => {
                    let limit = words.next().and_then(|n| n.parse().ok());
                    offers.size = Some(limit.filter(|n| *n > 0));
                }
                Some("SMTPUTF8") => offers.smtputf8 = true,
                _ => {}
            }
        }
        offers
    }
}

/// A connection that has said hello.
pub struct Session {
    connection: AsyncSmtpConnection,
    server: String,
    timeout: Duration,
    handed_over: HandedOver,
    offers: Offers,
    per_connection: u32,
    /// Messages it has been asked to carry.
    carried: u32,
    over: bool,
    /// It broke before it was told anything of the last message.
    stale: bool,
}

/// A step that did not go well.
enum Trouble {
    /// The server said no: 4xx or 5xx.
    Refused { permanent: bool, code: u16, reply: String },
    /// The line broke, or the time was up.
    Broken(String),
}

impl Session {
    pub(super) fn is_over(&self) -> bool {
        self.over || self.carried >= self.per_connection
    }

    pub(super) fn is_worn(&self) -> bool {
        self.carried > 1
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    pub(super) async fn send(&mut self, to: &Envelope, message: &[u8]) -> Result<Outcome, NoService> {
        self.carried += 1;
        let (sender, recipient) = match (address(&to.from), address(&to.to)) {
            (Ok(sender), Ok(recipient)) => (sender, recipient),
            (Err(e), _) | (_, Err(e)) => return Ok(Outcome::Rejected(Refusal::Message, e.to_string())),
        };
        let mut parameters = Vec::new();
        if let Some(limit) = self.offers.size {
            if limit.is_some_and(|limit| message.len() > limit) {
                let limit = limit.unwrap_or_default();
                let why = format!("the mail has {} bytes, the server takes {limit}", message.len());
                return Ok(Outcome::Rejected(Refusal::Message, why));
            }
            parameters.push(MailParameter::Size(message.len()));
        }
        if !(to.from.local_part().is_ascii() && to.to.local_part().is_ascii()) {
            if !self.offers.smtputf8 {
                let why =
                    format!("{} cannot carry addresses of other letters (it lacks SMTPUTF8)", self.server);
                return Ok(Outcome::Rejected(Refusal::Message, why));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let Ok(message) = std::str::from_utf8(message) else {
            return Ok(Outcome::Rejected(Refusal::Message, "the mail is not UTF-8".into()));
        };
        let (connection, timeout) = (&mut self.connection, self.timeout);
        let steps = async {
            step("MAIL", timeout, connection.command(Mail::new(Some(sender), parameters)))
                .await
                .map_err(|t| (Step::Mail, t))?;
            step("RCPT", timeout, connection.command(Rcpt::new(recipient, Vec::new())))
                .await
                .map_err(|t| (Step::Rcpt, t))?;
            // 354 is an intermediate reply, and positive to lettre.
            step("DATA", timeout, connection.command(Data)).await.map_err(|t| (Step::Data, t))?;
            self.handed_over.begin();
            step("the message", timeout * 5, connection.command(data(message)))
                .await
                .map_err(|t| (Step::Message, t))
        };
        let result = steps.await;
        self.stale = matches!(result, Err((Step::Mail, Trouble::Broken(_))));
        if result.is_err() {
            self.recover(&result).await;
        }
        match result {
            Ok(reply) => Ok(Outcome::Delivered(reply)),
            Err((step, Trouble::Refused { permanent, code, reply })) => {
                self.refused(step, permanent, code, reply, to)
            }
            Err((Step::Message, Trouble::Broken(what))) if self.handed_over.is_done() => {
                Ok(Outcome::Unknown(format!("{what}, before the server's answer to it")))
            }
            Err((_, Trouble::Broken(what))) => Ok(Outcome::Deferred(what)),
        }
    }

    fn refused(
        &self,
        step: Step,
        permanent: bool,
        code: u16,
        reply: String,
        to: &Envelope,
    ) -> Result<Outcome, NoService> {
        // 421 may come at any step, and means the server. Once a recipient is named it may be
        // about that one all the same: whether it is, the next will show.
        if code == 421 && step == Step::Mail {
            return Err(NoService::passing(format!("{}: {reply}", self.server)));
        }
        if !permanent {
            return Ok(Outcome::Deferred(reply));
        }
        let said_to = match step {
            Step::Mail => refusal::Step::Sender,
            Step::Rcpt => refusal::Step::Recipient,
            Step::Data | Step::Message => refusal::Step::Message,
        };
        match refusal::meaning(said_to, code, &reply) {
            Refusal::Message => Ok(Outcome::Rejected(Refusal::Message, reply)),
            _ if step == Step::Mail => {
                Err(NoService::lasting(format!("{} refuses mails from {}: {reply}", self.server, to.from)))
            }
            refusal => Ok(Outcome::Rejected(refusal, reply)),
        }
    }

    /// After a refusal the transaction is reset; after anything else the line is not
    /// trusted again: its next reply may belong to the last command.
    async fn recover(&mut self, result: &Result<String, (Step, Trouble)>) {
        let refused = matches!(result, Err((_, Trouble::Refused { code, .. })) if *code != 421);
        self.over = !(refused && step("RSET", self.timeout, self.connection.command(Rset)).await.is_ok());
    }

    pub(super) async fn quit(mut self) {
        if !self.over {
            // Everything is settled; how the server says goodbye is all the same.
            let _ = tokio::time::timeout(Duration::from_secs(5), self.connection.command(Quit)).await;
        }
    }
}

/// The message as it crosses the line: ended by a dot, so that a line that begins with one
/// begins with two (RFC 5321 4.5.2). lettre's way to it looks at each byte by itself, which
/// takes longer than all the rest.
fn data(message: &str) -> String {
    let mut data = String::with_capacity(message.len() + 100);
    for line in message.split_inclusive('\n') {
        if line.starts_with('.') {
            data.push('.');
        }
        data.push_str(line);
    }
    data.push_str(if message.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" });
    data
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Mail,
    Rcpt,
    Data,
    Message,
}

async fn step<F>(name: &str, limit: Duration, command: F) -> Result<String, Trouble>
where
    F: Future<Output = Result<Response, lettre::transport::smtp::Error>>,
{
    match deadline(limit, name, command).await {
        Err(late) => Err(Trouble::Broken(late)),
        Ok(Ok(response)) => {
            let text = response.message().collect::<Vec<_>>().join(" ");
            Ok(format!("{} {text}", response.code()))
        }
        Ok(Err(e)) => Err(match e.status() {
            Some(code) => {
                Trouble::Refused { permanent: e.is_permanent(), code: code.into(), reply: reply(&e) }
            }
            None => Trouble::Broken(format!("the line broke at {name}: {}", reply(&e))),
        }),
    }
}

async fn deadline<F: Future>(limit: Duration, what: &str, future: F) -> Result<F::Output, String> {
    tokio::time::timeout(limit, future)
        .await
        .map_err(|_| format!("{what} took longer than {} s", limit.as_secs()))
}

/// What went wrong, as the server or the system put it, in one line.
fn reply(e: &lettre::transport::smtp::Error) -> String {
    let mut cause: &dyn std::error::Error = e;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let words = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    match e.status() {
        Some(code) => format!("{code} {words}"),
        None => words,
    }
}

/// A server's words without our password: some repeat what they were told.
fn redacted(text: &str, user: &str, password: &Secret) -> String {
    let password = password.reveal();
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let token = format!("user={user}\x01auth=Bearer {password}\x01\x01");
    [base64(&token), base64(&format!("\0{user}\0{password}")), base64(password), password.to_owned()]
        .iter()
        .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
}

/// What we call ourselves: an address literal, since few senders have a name that resolves.
fn hello_name(tcp: &TcpStream) -> ClientId {
    match tcp.local_addr().map(|a| a.ip()) {
        Ok(std::net::IpAddr::V4(ip)) => ClientId::Ipv4(ip),
        Ok(std::net::IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        Err(_) => ClientId::Domain("localhost".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::data;

    #[test]
    fn no_line_of_a_message_is_taken_for_its_end() {
        assert_eq!(data("A: b\r\n\r\n.\r\n..\r\nc.\r\n"), "A: b\r\n\r\n..\r\n...\r\nc.\r\n.\r\n");
        assert_eq!(data("A: b\r\n\r\nc"), "A: b\r\n\r\nc\r\n.\r\n");
    }
}
