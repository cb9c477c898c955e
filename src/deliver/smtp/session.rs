//! A connection that is ready to send, and one message after the other over it.

use std::time::Duration;

use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::MailParameter;

use super::advice;
use super::extensions::Extensions;
use super::wire::{Stream, Unanswered, Wire, broken};
use crate::deliver::classify::{self, Phase};
use crate::deliver::message::address;
use crate::deliver::{Envelope, RelayError};
use crate::model::{Address, Diagnostic, Outcome, RejectionKind, Reply};

/// For a goodbye, when everything is settled.
const QUIT: Duration = Duration::from_secs(5);

/// A connection that has said hello.
pub struct Session {
    wire: Wire<Box<dyn Stream>>,
    server: String,
    extensions: Extensions,
    /// For each step.
    timeout: Duration,
    per_connection: u32,
    /// Messages it has been asked to carry.
    carried: u32,
    is_over: bool,
    has_login: bool,
}

/// Why a message did not go through.
enum Failure {
    /// The server answered, but not what the command wants.
    Answered(Phase, Reply),
    /// The line broke, or the time was up, before all of the message had left.
    Broken(Phase, String),
    /// The same after it had left, before the answer.
    Unanswered(String),
}

impl Session {
    pub(super) fn new(
        wire: Wire<Box<dyn Stream>>,
        server: String,
        extensions: Extensions,
        timeout: Duration,
        per_connection: u32,
        has_login: bool,
    ) -> Self {
        Self { wire, server, extensions, timeout, per_connection, carried: 0, is_over: false, has_login }
    }

    /// Whether the next message needs another session.
    pub(in crate::deliver) fn is_over(&self) -> bool {
        self.is_over || self.wire.is_broken() || self.carried >= self.per_connection
    }

    /// Whether the line broke, without a word from the server.
    pub(in crate::deliver) fn is_broken(&self) -> bool {
        self.wire.is_broken()
    }

    /// Whether it carried messages before the last one.
    pub(in crate::deliver) fn was_used(&self) -> bool {
        self.carried > 1
    }

    fn refuses(&self, sender: &Address, reply: &Reply) -> RelayError {
        let said = format!("{} refuses mails from {sender}: {reply}", self.server);
        RelayError::Permanent(advice::with(&said, advice::sender(reply, self.has_login)))
    }

    /// MAIL, and a reset: nothing is sent.
    pub(in crate::deliver) async fn takes_sender(&mut self, sender: &Address) -> Result<(), RelayError> {
        let transient = |why: String| RelayError::Transient(format!("{}: {why}", self.server));
        let written = address(sender).map_err(|e| RelayError::Permanent(e.to_string()))?;
        let reply = self.wire.command(Mail::new(Some(written), Vec::new()), self.timeout).await;
        let reply = reply.map_err(|e| transient(broken("MAIL", &e)))?.reply;
        if reply.is_permanent_failure() {
            return Err(self.refuses(sender, &reply));
        }
        if !reply.is_completion() {
            return Err(transient(format!("MAIL: {reply}")));
        }
        let reset = self.wire.command(Rset, self.timeout).await;
        reset.map(drop).map_err(|e| transient(broken("RSET", &e)))
    }

    /// Hands over one message.
    pub(in crate::deliver) async fn send(
        &mut self,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<Outcome, RelayError> {
        self.carried += 1;
        let (mail, rcpt) = match self.commands(envelope, message.len()) {
            Ok(commands) => commands,
            Err(why) => return Ok(Outcome::Rejected(RejectionKind::Message, Diagnostic::Local(why))),
        };
        let sent = self.transaction(mail, rcpt, message).await;
        if let Err(failure) = &sent {
            self.recover(failure).await;
        }
        match sent {
            Ok(reply) => Ok(Outcome::Delivered(reply.into())),
            Err(Failure::Answered(phase, reply)) => self.refused(phase, reply, envelope),
            // It is not about the recipient, who has not been named. Some servers end a conversation
            // without a word when it has been idle.
            Err(Failure::Broken(Phase::Sender, why)) => Err(RelayError::Transient(why)),
            Err(Failure::Broken(_, why)) => Ok(Outcome::Deferred(Diagnostic::Local(why))),
            Err(Failure::Unanswered(why)) => Ok(Outcome::Unknown(Diagnostic::Local(why))),
        }
    }

    /// What to say for this envelope; or why the server cannot carry it.
    fn commands(&self, envelope: &Envelope, bytes: usize) -> Result<(Mail, Rcpt), String> {
        let sender = address(&envelope.from).map_err(|e| e.to_string())?;
        let recipient = address(&envelope.to).map_err(|e| e.to_string())?;
        let mut parameters = Vec::new();
        if let Some(limit) = self.extensions.size {
            if let Some(limit) = limit.filter(|limit| bytes > *limit) {
                return Err(format!("the mail has {bytes} bytes, the server takes {limit}"));
            }
            parameters.push(MailParameter::Size(bytes));
        }
        if !(envelope.from.local_part().is_ascii() && envelope.to.local_part().is_ascii()) {
            if !self.extensions.smtputf8 {
                return Err(format!(
                    "{} cannot carry addresses of other letters (it lacks SMTPUTF8)",
                    self.server
                ));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        Ok((Mail::new(Some(sender), parameters), Rcpt::new(recipient, Vec::new())))
    }

    /// MAIL, RCPT, DATA, the message (RFC 5321 3.3).
    async fn transaction(&mut self, mail: Mail, rcpt: Rcpt, message: &[u8]) -> Result<Reply, Failure> {
        let (wire, timeout) = (&mut self.wire, self.timeout);
        let answered = |phase, name, reply: std::io::Result<_>, wanted: fn(&Reply) -> bool| match reply {
            Ok(crate::deliver::reply::Received { reply, .. }) if wanted(&reply) => Ok(reply),
            Ok(said) => Err(Failure::Answered(phase, said.reply)),
            Err(e) => Err(Failure::Broken(phase, broken(name, &e))),
        };
        let reply = wire.command(mail, timeout).await;
        answered(Phase::Sender, "MAIL", reply, Reply::is_completion)?;
        let reply = wire.command(rcpt, timeout).await;
        answered(Phase::Recipient, "RCPT", reply, Reply::is_completion)?;
        let reply = wire.command(Data, timeout).await;
        answered(Phase::Message, "DATA", reply, Reply::is_intermediate)?;
        match wire.message(message, timeout * 5).await {
            Ok(said) if said.reply.is_completion() => Ok(said.reply),
            // 3xx: the answer to something else, so this one is still unknown.
            Ok(said) if said.reply.code < 400 => {
                Err(Failure::Unanswered(format!("the server answered the message with `{}`", said.reply)))
            }
            Ok(said) => Err(Failure::Answered(Phase::Message, said.reply)),
            Err(Unanswered::Unsent(e)) => Err(Failure::Broken(Phase::Message, broken("the message", &e))),
            Err(Unanswered::Sent(e)) => {
                let why = broken("the message", &e);
                Err(Failure::Unanswered(format!("{why}, before the server's answer to it")))
            }
        }
    }

    fn refused(&self, phase: Phase, reply: Reply, envelope: &Envelope) -> Result<Outcome, RelayError> {
        match classify::failure(phase, &reply) {
            // 421 means the server. Once a recipient is named it may be about that one all the
            // same: whether it is, the next will show.
            classify::Failure::Closing if phase == Phase::Sender => {
                Err(RelayError::Transient(format!("{}: {reply}", self.server)))
            }
            classify::Failure::TooManyConnections => {
                Err(RelayError::Transient(format!("{}: {reply}", self.server)))
            }
            classify::Failure::Closing | classify::Failure::Transient => Ok(Outcome::Deferred(reply.into())),
            classify::Failure::OutOfStep => Ok(Outcome::Deferred(Diagnostic::Local(format!(
                "the server answered a command with `{reply}`, which is no answer to it"
            )))),
            classify::Failure::Permanent(RejectionKind::Message) => {
                Ok(Outcome::Rejected(RejectionKind::Message, reply.into()))
            }
            classify::Failure::Permanent(_) if phase == Phase::Sender => {
                Err(self.refuses(&envelope.from, &reply))
            }
            classify::Failure::Permanent(kind) => Ok(Outcome::Rejected(kind, reply.into())),
        }
    }

    /// After a refusal the transaction is reset; after anything else the line is not
    /// relied on again: its next reply may belong to the last command.
    async fn recover(&mut self, failure: &Failure) {
        let refused =
            matches!(failure, Failure::Answered(_, reply) if reply.code >= 400 && reply.code != 421);
        let goes_on = refused && !self.wire.is_broken() && {
            let reset = self.wire.command(Rset, self.timeout).await;
            reset.is_ok_and(|said| said.reply.is_completion())
        };
        self.is_over = !goes_on;
    }

    /// Says goodbye; how the server answers is all the same.
    pub(in crate::deliver) async fn quit(mut self) {
        if !self.is_over && !self.wire.is_broken() {
            let _ = self.wire.command(Quit, QUIT).await;
        }
    }
}
