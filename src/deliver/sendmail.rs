//! The courier that hands mails to the machine's own mail system, by the command that all
//! of them have: `sendmail -i -f SENDER -- RECIPIENT`, the message on its input, the answer
//! in its exit code (`sysexits.h`).

use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::{Envelope, RelayError};
use crate::model::{BounceKind, Diagnostic, Outcome, RejectionKind};
use crate::text::one_line;

/// Taking a mail is writing it into a queue.
const PATIENCE: Duration = Duration::from_secs(300);
/// Characters of what a command printed that are kept.
const LONGEST: usize = 500;
/// For what a command that has ended has still to say.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) async fn send(command: &str, envelope: &Envelope, message: &[u8]) -> Result<Outcome, RelayError> {
    match tokio::time::timeout(PATIENCE, run(command, envelope, message)).await {
        Err(_) => {
            let why = format!("`{command}` took longer than {} s", PATIENCE.as_secs());
            Ok(Outcome::Unknown(Diagnostic::Local(why)))
        }
        Ok(Err(e)) => Err(RelayError::Permanent(format!("cannot run `{command}`: {e}"))),
        Ok(Ok((code, said))) => outcome(command, code, &said),
    }
}

async fn run(command: &str, envelope: &Envelope, message: &[u8]) -> std::io::Result<(Option<i32>, String)> {
    // Commands of a mail system read text as the machine writes it.
    let mut text = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|b| *b == b'\n') {
        let bare = line.strip_suffix(b"\r\n");
        text.extend_from_slice(bare.unwrap_or(line));
        text.extend(bare.map(|_| b'\n'));
    }
    // The words of the command are the owner's; the addresses are never read by the shell.
    let mut child = Command::new("sh")
        .args(["-c", &format!("exec {command} -i -f \"$1\" -- \"$2\""), "sendmail"])
        .args([envelope.from.as_str(), envelope.to.as_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let input = child.stdin.take();
    let feed = async move {
        if let Some(mut input) = input {
            // Who stops reading says why by the exit code.
            let _ = input.write_all(&text).await;
        }
    };
    let mut said = Vec::new();
    let stderr = child.stderr.take();
    let status = {
        let mut listen = pin!(async {
            if let Some(mut stderr) = stderr {
                let _ = stderr.read_to_end(&mut said).await;
            }
        });
        let mut work = pin!(async { tokio::join!(feed, child.wait()).1 });
        tokio::select! {
            // What it has left running in the background may hold the line for ever.
            status = &mut work => {
                let _ = tokio::time::timeout(LAST_WORDS, listen).await;
                status
            }
            () = &mut listen => work.await,
        }
    };
    Ok((status?.code(), String::from_utf8_lossy(&said).into_owned()))
}

/// What an exit code of `sysexits.h` means.
fn outcome(command: &str, code: Option<i32>, said: &str) -> Result<Outcome, RelayError> {
    let said = one_line(said, LONGEST).map(|said| format!(": {said}")).unwrap_or_default();
    let Some(code) = code else {
        return Ok(Outcome::Unknown(Diagnostic::Local(format!("{command} was killed"))));
    };
    if code == 0 {
        return Ok(Outcome::Delivered(Diagnostic::Local(format!("taken by {command}"))));
    }
    let why = format!("{command} ended with {code}{said}");
    let rejected = |kind| Ok(Outcome::Rejected(kind, Diagnostic::Local(why.clone())));
    match code {
        // EX_NOUSER, EX_NOHOST
        67 | 68 => rejected(RejectionKind::Bounce(BounceKind::Hard)),
        // EX_NOPERM: to this one, or to anybody.
        77 => rejected(RejectionKind::Policy),
        // EX_DATAERR
        65 => rejected(RejectionKind::Message),
        // EX_USAGE, EX_CONFIG; and the shell's "not found".
        64 | 78 | 126 | 127 => Err(RelayError::Permanent(why)),
        _ => Ok(Outcome::Deferred(Diagnostic::Local(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_sysexits_says() {
        let outcome = |code| outcome("sendmail", Some(code), "no such\nuser");
        let local = |text: &str| Diagnostic::Local(text.into());
        assert_eq!(outcome(0), Ok(Outcome::Delivered(local("taken by sendmail"))));
        let hard = RejectionKind::Bounce(BounceKind::Hard);
        assert_eq!(outcome(67), Ok(Outcome::Rejected(hard, local("sendmail ended with 67: no such user"))));
        assert!(matches!(outcome(75), Ok(Outcome::Deferred(_))));
        assert!(matches!(outcome(77), Ok(Outcome::Rejected(RejectionKind::Policy, _))));
        assert!(matches!(outcome(78), Err(RelayError::Permanent(_))));
    }
}
