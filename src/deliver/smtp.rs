//! The courier that speaks SMTP, on lettre's connection but not in its hands: lettre's
//! time-out covers only the connect (its issue #1027), its pool hands on connections whose
//! last reply is still to come, and its `send` ends the connection at the first refused
//! recipient. So the steps are taken one by one here, each with a deadline, and a
//! connection is dropped as soon as it is in doubt.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::message::envelope;
use super::{Envelope, NoService};
use crate::model::{Outcome, Secret};

/// To reach the server at all.
const CONNECT: Duration = Duration::from_secs(30);
/// For the greeting and each step up to the first mail. RFC 5321 4.5.3.2 allows minutes,
/// but a server that takes one is in trouble, and another attempt will follow.
const HELLO: Duration = Duration::from_secs(60);
/// For the reply to MAIL, RCPT, DATA: servers look things up meanwhile.
const COMMAND: Duration = Duration::from_secs(120);
/// For the message and the reply to it: servers scan it meanwhile, and giving up early
/// means a second copy.
const MESSAGE: Duration = Duration::from_secs(600);

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Plain until STARTTLS, which must be there.
    Starttls,
    /// From the first byte, as on port 465.
    Implicit,
    None,
}

/// The server that takes our mails.
#[derive(Debug, Clone)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<(String, Secret)>,
    /// Certificates (PEM) trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

impl Relay {
    pub(super) async fn connect(&self) -> Result<Session, NoService> {
        let server = format!("{}:{}", self.host, self.port);
        let trouble = |what: String| NoService(format!("{server}: {what}"));
        let tcp = deadline(CONNECT, "connecting", TcpStream::connect((self.host.as_str(), self.port)))
            .await
            .map_err(trouble)?
            .map_err(|e| trouble(format!("cannot connect: {e}")))?;
        let hello = hello_name(&tcp);
        // Small writes wait for each other's acknowledgement otherwise, 40 ms a mail.
        tcp.set_nodelay(true).map_err(|e| trouble(e.to_string()))?;
        let stream: Box<dyn AsyncTokioStream> = match self.tls {
            Tls::Implicit => {
                let tls =
                    deadline(HELLO, "the TLS handshake", self.implicit_tls(tcp)).await.map_err(trouble)?;
                Box::new(tls.map_err(trouble)?)
            }
            Tls::Starttls | Tls::None => Box::new(tcp),
        };
        let mut connection =
            deadline(HELLO, "the greeting", AsyncSmtpConnection::connect_with_transport(stream, &hello))
                .await
                .map_err(trouble)?
                .map_err(|e| trouble(reply(&e)))?;
        if self.tls == Tls::Starttls {
            if !connection.can_starttls() {
                return Err(trouble(
                    "the server offers no STARTTLS; use another port, or `tls = \"none\"` on a network you trust".into(),
                ));
            }
            let parameters = self.starttls().map_err(trouble)?;
            deadline(HELLO, "STARTTLS", connection.starttls(parameters, &hello))
                .await
                .map_err(trouble)?
                .map_err(|e| trouble(format!("STARTTLS failed: {}", reply(&e))))?;
        }
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            deadline(
                HELLO,
                "the login",
                connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials),
            )
            .await
            .map_err(trouble)?
            .map_err(|e| {
                trouble(format!("the login as {user} failed: {}", redacted(&reply(&e), user, password)))
            })?;
        }
        Ok(Session { connection, server, over: false })
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

    async fn implicit_tls(&self, tcp: TcpStream) -> Result<Encrypted, String> {
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
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .map_err(|e| format!("the TLS handshake failed: {e}"))?;
        Ok(Encrypted(stream))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| format!("cannot read certificates from {}: {e}", path.display()))
}

/// A connection that has said hello.
pub struct Session {
    connection: AsyncSmtpConnection,
    server: String,
    over: bool,
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
        self.over
    }

    pub(super) async fn send(&mut self, to: &Envelope, message: &[u8]) -> Result<Outcome, NoService> {
        let (from, recipient) = match envelope(&to.from, &to.to) {
            Ok(addresses) => addresses,
            Err(e) => return Ok(Outcome::Rejected(e.to_string())),
        };
        let connection = &mut self.connection;
        let steps = async {
            step("MAIL", COMMAND, connection.command(Mail::new(Some(from), Vec::new())))
                .await
                .map_err(|t| (Step::Mail, t))?;
            step("RCPT", COMMAND, connection.command(Rcpt::new(recipient, Vec::new())))
                .await
                .map_err(|t| (Step::Rcpt, t))?;
            // 354 is an intermediate reply, and positive to lettre.
            step("DATA", COMMAND, connection.command(Data)).await.map_err(|t| (Step::Data, t))?;
            step("the message", MESSAGE, connection.message(message)).await.map_err(|t| (Step::Message, t))
        };
        let result = steps.await;
        if result.is_err() {
            self.recover(&result).await;
        }
        match result {
            Ok(reply) => Ok(Outcome::Delivered(reply)),
            // 421 may come at any step, and means the server, not the mail.
            Err((_, Trouble::Refused { code: 421, reply, .. })) => {
                Err(NoService(format!("{}: {reply}", self.server)))
            }
            Err((Step::Mail, Trouble::Refused { permanent: true, reply, .. })) => {
                Err(NoService(format!("{} refuses the sender {}: {reply}", self.server, to.from)))
            }
            Err((_, Trouble::Refused { permanent: true, reply, .. })) => Ok(Outcome::Rejected(reply)),
            Err((_, Trouble::Refused { permanent: false, reply, .. })) => Ok(Outcome::Deferred(reply)),
            Err((Step::Message, Trouble::Broken(what))) => Ok(Outcome::Unknown(what)),
            Err((_, Trouble::Broken(what))) => Ok(Outcome::Deferred(what)),
        }
    }

    /// After a refusal the transaction is reset; after anything else the line is not
    /// trusted again: its next reply may belong to the last command.
    async fn recover(&mut self, result: &Result<String, (Step, Trouble)>) {
        let refused = matches!(result, Err((_, Trouble::Refused { code, .. })) if *code != 421);
        self.over = !(refused && step("RSET", COMMAND, self.connection.command(Rset)).await.is_ok());
    }

    pub(super) async fn quit(mut self) {
        if !self.over {
            // Everything is settled; how the server says goodbye is all the same.
            let _ = tokio::time::timeout(Duration::from_secs(5), self.connection.command(Quit)).await;
        }
    }
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
    F: Future<Output = Result<lettre::transport::smtp::response::Response, lettre::transport::smtp::Error>>,
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

/// What went wrong, as the server or the system put it.
fn reply(e: &lettre::transport::smtp::Error) -> String {
    let mut cause: &dyn std::error::Error = e;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match e.status() {
        Some(code) => format!("{code} {cause}"),
        None => cause.to_string(),
    }
}

/// A server's words without our password: some repeat what they were told.
fn redacted(text: &str, user: &str, password: &Secret) -> String {
    let password = password.reveal();
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    [base64(&format!("\0{user}\0{password}")), base64(password), password.to_owned()]
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

/// A TLS stream as lettre wants it.
struct Encrypted(TlsStream<TcpStream>);

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
