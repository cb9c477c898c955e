//! The line to a server: commands out, replies in, each with a deadline.

use std::fmt::Display;
use std::future::Future;
use std::io;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use crate::deliver::reply::{self, Received};

/// What a line can run over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// For what a server has to say when it stops listening in the middle of a message.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub(super) struct Wire<S> {
    stream: BufReader<S>,
    /// The replies cannot be told apart any more.
    is_broken: bool,
}

/// A message that was not answered.
pub(super) enum Unanswered {
    /// The server cannot have had all of it.
    Unsent(io::Error),
    /// All of it had left, and no answer came.
    Sent(io::Error),
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), is_broken: false }
    }

    /// The stream alone. What has been read ahead is thrown away: behind STARTTLS, it is
    /// somebody else's (RFC 3207 6).
    pub(super) fn into_stream(self) -> S {
        self.stream.into_inner()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Waits for a reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> io::Result<Received> {
        let received = reply::read(&mut self.stream, limit).await.map_err(|e| match e.kind() {
            io::ErrorKind::TimedOut if e.get_ref().is_none() => late(limit),
            _ => e,
        });
        self.is_broken |= received.as_ref().map_or(true, |received| received.is_cut);
        received
    }

    /// Says a command, which ends in CRLF, and waits for its reply.
    pub(super) async fn command(&mut self, command: impl Display, limit: Duration) -> io::Result<Received> {
        let command = command.to_string();
        self.write(command.as_bytes(), limit).await?;
        self.reply(limit).await
    }

    /// Sends a message and waits for the reply. Both together may take `limit`.
    pub(super) async fn message(&mut self, message: &[u8], limit: Duration) -> Result<Received, Unanswered> {
        let begun = tokio::time::Instant::now();
        if let Err(e) = self.write(&dot_stuffed(message), limit).await {
            // A server that hangs up on a message may say why.
            return match self.reply(LAST_WORDS).await {
                Ok(said) if said.reply.code >= 400 => Ok(Received { is_cut: true, ..said }),
                _ => Err(Unanswered::Unsent(e)),
            };
        }
        let answered = self.reply(limit.saturating_sub(begun.elapsed())).await;
        answered
            .map_err(|e| Unanswered::Sent(if e.kind() == io::ErrorKind::TimedOut { late(limit) } else { e }))
    }

    async fn write(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let written = within(limit, written).await;
        self.is_broken |= written.is_err();
        written
    }
}

fn late(limit: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, Late(limit))
}

/// What a step that took too long says behind its name.
#[derive(Debug, thiserror::Error)]
#[error("took longer than {} s", .0.as_secs_f32())]
struct Late(Duration);

/// Waits for a step no longer than `limit`.
pub(super) async fn within<T>(limit: Duration, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, step).await.unwrap_or_else(|_| Err(late(limit)))
}

/// A step that failed, in words.
pub(super) fn broken(step: &str, why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::TimedOut if why.get_ref().is_some_and(|e| e.is::<Late>()) => format!("{step} {why}"),
        _ => format!("the line broke at {step}: {why}"),
    }
}

/// The message as it crosses the line: ended by a dot, so that a line that begins with one
/// begins with two (RFC 5321 4.5.2).
fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(message.len() + 100);
    if message.starts_with(b".") {
        data.push(b'.');
    }
    let mut rest = message;
    while let Some((before, from)) = memmem::find(rest, b"\n.").and_then(|at| rest.split_at_checked(at + 1)) {
        data.extend_from_slice(before);
        data.push(b'.');
        rest = from;
    }
    data.extend_from_slice(rest);
    data.extend_from_slice(if message.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" });
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_message_is_taken_for_its_end() {
        assert_eq!(dot_stuffed(b"A: b\r\n\r\n.\r\n..\r\nc.\r\n"), b"A: b\r\n\r\n..\r\n...\r\nc.\r\n.\r\n");
        assert_eq!(dot_stuffed(b"A: b\r\n\r\nc"), b"A: b\r\n\r\nc\r\n.\r\n");
    }
}
