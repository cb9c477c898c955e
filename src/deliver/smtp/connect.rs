//! From a host's name to a session that is ready to send: connect, TLS, EHLO, login. Each step
//! has a deadline and says what went wrong in words for the owner.

use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::{Auth, Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::advice;
use super::extensions::Extensions;
use super::trust::Trust;
use super::wire::{Stream, Wire, broken, within};
use super::{Login, Relay, Session, Tls};
use crate::deliver::RelayError;
use crate::deliver::reply::Received;
use crate::model::{Reply, Secret};

/// A name that does not resolve, a host that does not answer: no patience helps.
const CONNECT: Duration = Duration::from_secs(30);
/// A server that says nothing for so long may be waiting for TLS.
const SILENCE: Duration = Duration::from_secs(5);

impl Relay {
    pub(in crate::deliver) async fn connect(&self) -> Result<Session, RelayError> {
        let server = format!("{}:{}", self.host, self.port);
        let connecting = Connecting { relay: self, server: &server };
        let (wire, extensions) = connecting.run().await?;
        let has_login = self.login.is_some();
        Ok(Session::new(wire, server.clone(), extensions, self.timeout, self.per_connection, has_login))
    }
}

type Boxed = Box<dyn Stream>;

struct Connecting<'a> {
    relay: &'a Relay,
    server: &'a str,
}

impl Connecting<'_> {
    async fn run(&self) -> Result<(Wire<Boxed>, Extensions), RelayError> {
        let tcp = self.tcp().await?;
        let hello = client_id(&tcp);
        let (mut wire, extensions) = match self.relay.tls {
            Tls::None => {
                let mut wire = Wire::new(Box::new(tcp) as Boxed);
                self.plain_greeting(&mut wire).await?;
                let extensions = self.hello(&mut wire, &hello).await?;
                (wire, extensions)
            }
            Tls::Implicit => {
                let mut wire = Wire::new(Box::new(self.handshake(tcp).await?) as Boxed);
                self.greeting(&mut wire).await?;
                let extensions = self.hello(&mut wire, &hello).await?;
                (wire, extensions)
            }
            Tls::Starttls => {
                let mut wire = Wire::new(tcp);
                self.plain_greeting(&mut wire).await?;
                let before = self.hello(&mut wire, &hello).await?;
                let tcp = self.starttls(wire, &before).await?;
                let mut wire = Wire::new(Box::new(self.handshake(tcp).await?) as Boxed);
                // Nothing that was said before holds after (RFC 3207 4.2).
                let extensions = self.hello(&mut wire, &hello).await?;
                (wire, extensions)
            }
        };
        if let Some((user, login)) = &self.relay.login {
            self.login(&mut wire, &extensions, user, login).await?;
        }
        Ok((wire, extensions))
    }

    async fn tcp(&self) -> Result<TcpStream, RelayError> {
        let limit = CONNECT.min(self.relay.timeout);
        let connected = within(limit, TcpStream::connect((self.relay.host.as_str(), self.relay.port))).await;
        let tcp = connected.map_err(|e| match e.kind() {
            io::ErrorKind::TimedOut if self.relay.port != 25 => self.transient(broken("connecting", &e)),
            _ => self.transient(advice::connecting(&self.relay.host, self.relay.port, &e)),
        })?;
        // Small writes wait for each other's acknowledgement otherwise, 40 ms a mail.
        tcp.set_nodelay(true).map_err(|e| self.transient(e.to_string()))?;
        Ok(tcp)
    }

    async fn greeting<S: Stream>(&self, wire: &mut Wire<S>) -> Result<(), RelayError> {
        let greeting = wire.reply(self.relay.timeout).await;
        match greeting {
            Err(e) if e.kind() == io::ErrorKind::TimedOut => Err(self.transient(format!(
                "{}; is a mail server at this port? It is usually 587 (`tls = \"starttls\"`) or 465 (`tls = \"implicit\"`)",
                broken("the greeting", &e)
            ))),
            greeting => self.completed("the greeting", greeting).map(drop),
        }
    }

    /// The greeting on a line that is not encrypted. A server that speaks TLS from the start would
    /// wait for ours as long as we for its greeting.
    async fn plain_greeting(&self, wire: &mut Wire<impl Stream>) -> Result<(), RelayError> {
        let is_tls = async {
            tokio::time::sleep(SILENCE).await;
            self.speaks_tls().await
        };
        tokio::select! {
            greeting = self.greeting(wire) => greeting,
            true = is_tls => Err(self.permanent(
                "the server speaks TLS from the start here; set `tls = \"implicit\"`, usually with port 465",
            )),
        }
    }

    async fn speaks_tls(&self) -> bool {
        let Ok(tcp) = self.tcp().await else { return false };
        let Ok((connector, name)) = self.relay.tls() else { return false };
        match within(SILENCE, connector.connect(name, tcp)).await {
            Ok(_) => true,
            Err(e) => matches!(
                e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()),
                Some(rustls::Error::InvalidCertificate(_))
            ),
        }
    }

    /// EHLO, or HELO for servers that do not know it, when nothing that only EHLO offers is
    /// needed (RFC 5321 3.2).
    async fn hello<S: Stream>(&self, wire: &mut Wire<S>, hello: &ClientId) -> Result<Extensions, RelayError> {
        let timeout = self.relay.timeout;
        let ehlo = wire.command(Ehlo::new(hello.clone()), timeout).await;
        let needs_extensions = self.relay.tls == Tls::Starttls || self.relay.login.is_some();
        match ehlo {
            Ok(said) if said.reply.is_permanent_failure() && !needs_extensions => {
                let helo = wire.command(format!("HELO {hello}\r\n"), timeout).await;
                self.completed("HELO", helo)?;
                Ok(Extensions::default())
            }
            ehlo => Ok(Extensions::read(&self.completed("EHLO", ehlo)?.lines)),
        }
    }

    async fn starttls(
        &self,
        mut wire: Wire<TcpStream>,
        offered: &Extensions,
    ) -> Result<TcpStream, RelayError> {
        if !offered.starttls {
            return Err(self.permanent(
                "the server offers no STARTTLS; use another port, or `tls = \"none\"` on a network you trust",
            ));
        }
        let reply = wire.command(Starttls, self.relay.timeout).await;
        self.completed("STARTTLS", reply)?;
        Ok(wire.into_stream())
    }

    async fn handshake(&self, tcp: TcpStream) -> Result<TlsStream<TcpStream>, RelayError> {
        let (connector, name) = self.relay.tls().map_err(|e| self.permanent(e))?;
        within(self.relay.timeout, connector.connect(name, tcp)).await.map_err(|e| {
            // A certificate does not become right by waiting; a line that breaks may.
            match advice::handshake(&e) {
                (why, true) => self.permanent(why),
                (why, false) => self.transient(why),
            }
        })
    }

    async fn login<S: Stream>(
        &self,
        wire: &mut Wire<S>,
        offered: &Extensions,
        user: &str,
        login: &Login,
    ) -> Result<(), RelayError> {
        let secret = match login {
            Login::Password(secret) | Login::Token(secret) => secret,
        };
        let failed = |why: &str| format!("the login as {user} failed: {}", redacted(why, user, secret));
        let mechanism = match login {
            Login::Token(_) => Mechanism::Xoauth2,
            Login::Password(_) if offered.has_auth("PLAIN") => Mechanism::Plain,
            Login::Password(_) if offered.has_auth("LOGIN") => Mechanism::Login,
            Login::Password(_) => {
                let why = match offered.auth.as_slice() {
                    [] if offered.starttls => {
                        "the server takes logins only after STARTTLS: set `tls = \"starttls\"`".to_owned()
                    }
                    [] => "the server offers none on this connection".to_owned(),
                    offered => format!("the server knows only {}", offered.join(", ")),
                };
                return Err(self.permanent(failed(&why)));
            }
        };
        let credentials = Credentials::new(user.to_owned(), secret.reveal().to_owned());
        let answers = match mechanism {
            Mechanism::Login => vec![base64(user), base64(secret.reveal())],
            // A refused token is explained in a challenge, which wants an empty answer.
            Mechanism::Xoauth2 => vec![String::new()],
            _ => Vec::new(),
        };
        let reply = self.authenticate(wire, mechanism, credentials, answers).await;
        match reply {
            Ok(reply) if reply.is_completion() => Ok(()),
            // 454: the server's own trouble (RFC 4954).
            Ok(reply) if reply.code < 500 => Err(self.transient(failed(&reply.to_string()))),
            Ok(reply) => {
                let remedy = advice::login(&reply, self.relay.needs, matches!(login, Login::Token(_)));
                Err(self.permanent(advice::with(&failed(&reply.to_string()), &remedy)))
            }
            Err(e) => Err(self.transient(failed(&broken("AUTH", &e)))),
        }
    }

    async fn authenticate<S: Stream>(
        &self,
        wire: &mut Wire<S>,
        mechanism: Mechanism,
        credentials: Credentials,
        answers: Vec<String>,
    ) -> io::Result<Reply> {
        let auth = Auth::new(mechanism, credentials, None).map_err(io::Error::other)?;
        let mut reply = wire.command(auth, self.relay.timeout).await?.reply;
        for answer in answers {
            if !reply.is_intermediate() {
                break;
            }
            reply = wire.command(format!("{answer}\r\n"), self.relay.timeout).await?.reply;
        }
        Ok(reply)
    }

    /// A reply that must say that a step was done.
    fn completed(&self, step: &str, reply: io::Result<Received>) -> Result<Received, RelayError> {
        match reply {
            Ok(said) if said.reply.is_completion() => Ok(said),
            Ok(said) if said.reply.is_permanent_failure() => {
                Err(self.permanent(format!("{step}: {}", said.reply)))
            }
            Ok(said) => Err(self.transient(format!("{step}: {}", said.reply))),
            Err(e) => Err(self.transient(broken(step, &e))),
        }
    }

    fn transient(&self, why: impl Display) -> RelayError {
        RelayError::Transient(format!("{}: {why}", self.server))
    }

    fn permanent(&self, why: impl Display) -> RelayError {
        RelayError::Permanent(format!("{}: {why}", self.server))
    }
}

impl Relay {
    fn tls(&self) -> Result<(TlsConnector, ServerName<'static>), String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = Trust::new(self.ca_file.as_deref(), Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(trust))
            .with_no_client_auth();
        let name = ServerName::try_from(self.host.clone()).map_err(|e| e.to_string())?;
        Ok((TlsConnector::from(Arc::new(config)), name))
    }
}

fn base64(text: &str) -> String {
    data_encoding::BASE64.encode(text.as_bytes())
}

/// A server's words without our password: some repeat what they were told.
fn redacted(text: &str, user: &str, password: &Secret) -> String {
    let password = password.reveal();
    let token = format!("user={user}\x01auth=Bearer {password}\x01\x01");
    [base64(&token), base64(&format!("\0{user}\0{password}")), base64(password), password.to_owned()]
        .iter()
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
}

/// What we call ourselves: an address literal, since few senders have a name that resolves.
fn client_id(tcp: &TcpStream) -> ClientId {
    match tcp.local_addr().map(|a| a.ip()) {
        Ok(std::net::IpAddr::V4(ip)) => ClientId::Ipv4(ip),
        Ok(std::net::IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        Err(_) => ClientId::Domain("localhost".into()),
    }
}
